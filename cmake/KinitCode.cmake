# How kinit's own code is compiled: standard, warnings, visibility, sanitizers.
#
# Owns: kinit_own_code. SPDX-License-Identifier: Apache-2.0

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
    -fno-omit-frame-pointer -g1) # lines are enough: with all of -g gcc takes minutes for the scalar kernels
  add_link_options(-fsanitize=${KINIT_SANITIZE})
endif()

include(CheckCCompilerFlag)

# The bits are those of the source's operations, one by one, in the order and the type in which they stand there. So
# what a user's or another project's flags for all code may change is set back, as far as the compiler knows the flag.
# For C only, whose compiler was asked: gcc 12 refuses -fexcess-precision=standard in C++.
set(KINIT_IEEE -ffp-contract=off)
foreach(flag IN ITEMS -fno-unsafe-math-optimizations -fno-finite-math-only -fsigned-zeros -fno-associative-math
                      -fno-reciprocal-math -fno-rounding-math -mrecip=none -fno-approx-func
                      -fno-single-precision-constant -fexcess-precision=standard -fdenormal-fp-math=ieee)
  string(MAKE_C_IDENTIFIER "KINIT_KNOWS${flag}" known)
  set(CMAKE_REQUIRED_FLAGS -Werror)
  check_c_compiler_flag(${flag} ${known})
  unset(CMAKE_REQUIRED_FLAGS)
  if(${known})
    list(APPEND KINIT_IEEE ${flag})
  endif()
endforeach()

# On x86 the type of float operations has to be float, whatever unit the user prefers.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_FLAGS "-msse2 -mfpmath=sse -Werror")
check_c_source_compiles("#if !defined __i386__ && !defined __x86_64__
                         #error x86 only
                         #endif
                         int main(void) { return 0; }" KINIT_KNOWS_SSE)
unset(CMAKE_REQUIRED_FLAGS)
if(KINIT_KNOWS_SSE)
  list(APPEND KINIT_IEEE -msse2 -mfpmath=sse)
endif()

# A project that sets no build type gets what CMake then gives, no optimization: not for kernels. An -O in the flags, by
# which the user chooses, stays.
set(KINIT_OPTIMIZED "")
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND NOT " ${CMAKE_C_FLAGS}" MATCHES " -O")
  set(KINIT_OPTIMIZED -O3)
endif()

# C11 without extensions, position-independent for both libraries, nothing visible but what the header exports.
function(kinit_own_code target)
  set_target_properties(${target} PROPERTIES
    UNITY_BUILD OFF # a backend's file is a world of its own
    C_STANDARD 11 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF
    C_VISIBILITY_PRESET hidden POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/include)
  target_compile_options(${target} PRIVATE ${KINIT_WARNINGS} ${KINIT_OPTIMIZED} "$<$<COMPILE_LANGUAGE:C>:${KINIT_IEEE}>")
endfunction()
