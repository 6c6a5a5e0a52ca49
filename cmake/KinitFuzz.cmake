# Harnesses of libFuzzer.
#
# Owns: kinit_add_fuzzer. SPDX-License-Identifier: Apache-2.0

add_custom_target(fuzzers)

# kinit_add_fuzzer(<name> CORPUS <directory> SOURCES <source>... LIBRARIES <target>... [OPTIONS <libFuzzer's>...])
# A harness defines LLVMFuzzerTestOneInput. In a build with KINIT_SANITIZE=fuzzer-no-link,... (the preset fuzz) the test
# <name>, labelled fuzz, runs it for a while; in every other build the test corpus.<name> gives it the corpus once.
function(kinit_add_fuzzer name)
  cmake_parse_arguments(PARSE_ARGV 1 fuzzer "" "CORPUS" "SOURCES;LIBRARIES;OPTIONS")
  add_executable(${name} ${fuzzer_SOURCES})
  set_target_properties(${name} PROPERTIES CXX_STANDARD 17 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF)
  target_compile_options(${name} PRIVATE ${KINIT_WARNINGS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz)
  target_link_libraries(${name} PRIVATE ${fuzzer_LIBRARIES})
  add_dependencies(fuzzers ${name})
  if(KINIT_SANITIZE MATCHES "fuzzer")
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME ${name} COMMAND ${PROJECT_SOURCE_DIR}/tests/fuzz/run.sh $<TARGET_FILE:${name}> ${fuzzer_CORPUS}
      ${fuzzer_OPTIONS})
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 1000000)
  else()
    target_sources(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cpp)
    add_test(NAME corpus.${name} COMMAND ${name} ${fuzzer_CORPUS})
  endif()
endfunction()
