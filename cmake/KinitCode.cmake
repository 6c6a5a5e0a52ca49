# How kinit's own code is compiled: standard, warnings, visibility, sanitizers.
#
# Owns: kinit_own_code. Included by the top CMakeLists.txt. SPDX-License-Identifier: Apache-2.0

# gcc's -Wconversion leaves signs alone in C++, clang's does not: the same rule for both.
set(KINIT_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  $<$<COMPILE_LANGUAGE:CXX>:-Wno-sign-conversion>)
if(KINIT_WERROR)
  list(APPEND KINIT_WARNINGS -Werror)
endif()

# Everything in this build, the tests too, has to agree on the sanitizers. C has all values of an int in an enumeration,
# and the tests, which are C++, hand over unknown ones on purpose: "enum" would refuse them.
if(KINIT_SANITIZE)
  add_compile_options(-fsanitize=${KINIT_SANITIZE} -fno-sanitize=enum -fno-sanitize-recover=all
    -fno-omit-frame-pointer -g)
  add_link_options(-fsanitize=${KINIT_SANITIZE})
endif()

# C11 without extensions, position-independent for both libraries, nothing visible but what the header exports. The bits
# are those of the source's operations one by one, so no two of them may be merged.
function(kinit_own_code target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(${target} PRIVATE ${KINIT_WARNINGS} -ffp-contract=off)
endfunction()
