# Where the libraries come from that kinit, its tests and its bench are built on: the system first, else upstream's
# repository.
#
# Owns: one function or macro per dependency. SPDX-License-Identifier: Apache-2.0

include(FetchContent)

# SLEEF::SLEEF. Upstream's build has targets of its own, so the imported target stands for them: kinit's package then
# names SLEEF::SLEEF in both cases.
macro(kinit_find_sleef)
  find_package(SLEEF 3.5.1 QUIET)
  if(SLEEF_FOUND)
    message(STATUS "kinit: SLEEF ${SLEEF_VERSION}, ${SLEEF_LIBRARY}")
    kinit_find_soname(KINIT_SLEEF_SONAME ${SLEEF_LIBRARY})
  elseif(KINIT_FETCH_SLEEF OR FETCHCONTENT_SOURCE_DIR_SLEEF)
    message(STATUS "kinit: no SLEEF on this system, building it")
    kinit_fetch_sleef()
  else()
    message(FATAL_ERROR "kinit needs SLEEF 3.5.1 or later, and finds none. Install it (Debian, Ubuntu: libsleef-dev; "
      "Fedora: sleef-devel; Homebrew and conda: sleef), name a prefix by -DCMAKE_PREFIX_PATH=..., name its source tree "
      "by -DFETCHCONTENT_SOURCE_DIR_SLEEF=..., or let the build fetch that: -DKINIT_FETCH_SLEEF=ON")
  endif()
endmacro()

# The name under which a program asks for a shared library; empty for a static one, and outside ELF.
function(kinit_find_soname result library)
  set(output "")
  if(CMAKE_READELF)
    execute_process(COMMAND ${CMAKE_READELF} -d ${library} OUTPUT_VARIABLE output ERROR_QUIET)
  endif()
  string(REGEX MATCH "\\(SONAME\\)[^[]*\\[([^]]*)\\]" matched "${output}")
  set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

function(kinit_fetch_sleef)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  set(BUILD_SHARED_LIBS OFF)
  foreach(part IN ITEMS TESTS DFT QUAD GNUABI_LIBS)
    set(SLEEF_BUILD_${part} OFF CACHE INTERNAL "")
  endforeach()
  FetchContent_Declare(sleef GIT_REPOSITORY https://github.com/shibatch/sleef.git GIT_TAG 3.6.1 GIT_SHALLOW ON)
  FetchContent_MakeAvailable(sleef)
  add_library(SLEEF::SLEEF INTERFACE IMPORTED GLOBAL)
  target_link_libraries(SLEEF::SLEEF INTERFACE sleef)
  target_include_directories(SLEEF::SLEEF INTERFACE ${sleef_BINARY_DIR}/include)
endfunction()

# KINIT_HAVE_THREADS, and Threads::Threads where it is true: POSIX's. Those of Windows are another interface.
macro(kinit_find_threads)
  set(KINIT_HAVE_THREADS OFF)
  if(KINIT_THREADS STREQUAL "AUTO")
    find_package(Threads)
    if(CMAKE_USE_PTHREADS_INIT AND NOT WIN32)
      set(KINIT_HAVE_THREADS ON)
    endif()
  elseif(KINIT_THREADS)
    find_package(Threads REQUIRED)
    if(WIN32 OR NOT CMAKE_USE_PTHREADS_INIT)
      message(FATAL_ERROR "KINIT_THREADS=${KINIT_THREADS}, but this system has no POSIX threads")
    endif()
    set(KINIT_HAVE_THREADS ON)
  endif()
endmacro()

# KINIT_HAVE_MPI, and MPI::MPI_C where it is true. For the command and an example; the library knows no MPI.
macro(kinit_find_mpi)
  set(KINIT_HAVE_MPI OFF)
  if(KINIT_MPI STREQUAL "AUTO")
    find_package(MPI QUIET COMPONENTS C)
    set(KINIT_HAVE_MPI ${MPI_C_FOUND})
  elseif(KINIT_MPI)
    find_package(MPI REQUIRED COMPONENTS C)
    set(KINIT_HAVE_MPI ON)
  endif()
endmacro()

# GTest::gmock and GTest::gtest_main. A cross build cannot link the system's libraries, but can compile Debian's copy
# of the source.
macro(kinit_find_googletest)
  if(CMAKE_CROSSCOMPILING AND EXISTS /usr/src/googletest AND NOT FETCHCONTENT_SOURCE_DIR_GOOGLETEST)
    set(FETCHCONTENT_SOURCE_DIR_GOOGLETEST /usr/src/googletest)
  endif()
  set(INSTALL_GTEST OFF)
  FetchContent_Declare(googletest GIT_REPOSITORY https://github.com/google/googletest.git GIT_TAG v1.14.0 GIT_SHALLOW ON
    FIND_PACKAGE_ARGS NAMES GTest)
  FetchContent_MakeAvailable(googletest)
endmacro()

# benchmark::benchmark.
macro(kinit_find_benchmark)
  set(BENCHMARK_ENABLE_TESTING OFF)
  set(BENCHMARK_ENABLE_INSTALL OFF)
  FetchContent_Declare(benchmark GIT_REPOSITORY https://github.com/google/benchmark.git GIT_TAG v1.8.3 GIT_SHALLOW ON
    FIND_PACKAGE_ARGS)
  FetchContent_MakeAvailable(benchmark)
endmacro()
