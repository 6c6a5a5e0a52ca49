# The kernels of a GPU: kernels.cu -> a fat binary -> the library.
#
# Owns: how nvcc is found and called. SPDX-License-Identifier: Apache-2.0
#
# kinit_add_cuda() sets KINIT_HAVE_CUDA. CUDA's language of CMake is not enabled: the host compiles nothing of CUDA, and links
# nothing of it. KINIT_CUDA_ARCHITECTURES lists what to compile for; by default machine code for each major architecture that
# nvcc knows, which every minor one of it runs, and PTX of the lowest, which the driver can translate for all others.

# The first of each major architecture that this nvcc compiles for: 75 80 90 100 ...
function(kinit_cuda_majors result)
  execute_process(COMMAND ${KINIT_NVCC} --list-gpu-code OUTPUT_VARIABLE listed COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "sm_[0-9]+" listed "${listed}")
  list(TRANSFORM listed REPLACE "sm_" "")
  list(SORT listed COMPARE NATURAL)
  set(majors "")
  set(last "")
  foreach(architecture IN LISTS listed)
    string(REGEX REPLACE ".$" "" major "${architecture}")
    if(NOT major STREQUAL last)
      list(APPEND majors ${architecture})
    endif()
    set(last ${major})
  endforeach()
  set(${result} ${majors} PARENT_SCOPE)
endfunction()

function(kinit_make_cuda_image image)
  list(GET KINIT_CUDA_ARCHITECTURES 0 lowest)
  list(TRANSFORM KINIT_CUDA_ARCHITECTURES PREPEND "sm_" OUTPUT_VARIABLE code)
  list(JOIN code "," code)
  set(sources ${PROJECT_SOURCE_DIR}/src)
  add_custom_command(OUTPUT ${image}
    COMMAND ${KINIT_NVCC} -std=c++20 -O3 -fmad=false --threads 0 -fatbin
      "--generate-code=arch=compute_${lowest},code=[compute_${lowest},${code}]"
      -I${PROJECT_SOURCE_DIR}/include -I${sources} -MD -MF ${image}.d -MT ${image}
      -o ${image} ${sources}/cuda/kernels.cu
    MAIN_DEPENDENCY ${sources}/cuda/kernels.cu DEPFILE ${image}.d VERBATIM
    COMMENT "Compiling the kernels of a GPU for ${KINIT_CUDA_ARCHITECTURES}")
endfunction()

macro(kinit_add_cuda)
  set(KINIT_HAVE_CUDA 0)
  if(KINIT_CUDA)
    find_program(KINIT_NVCC nvcc HINTS ENV CUDA_HOME PATHS /usr/local/cuda PATH_SUFFIXES bin)
    mark_as_advanced(KINIT_NVCC)
    if(KINIT_NVCC)
      set(KINIT_HAVE_CUDA 1)
    elseif(NOT KINIT_CUDA STREQUAL "AUTO")
      message(FATAL_ERROR "KINIT_CUDA=${KINIT_CUDA}, but there is no nvcc on the path; -DKINIT_NVCC=... names it")
    endif()
  endif()
  add_library(kinit_cuda OBJECT src/cuda/driver.c src/cuda/launch.c)
  if(KINIT_HAVE_CUDA)
    if(NOT KINIT_CUDA_ARCHITECTURES)
      kinit_cuda_majors(KINIT_CUDA_ARCHITECTURES)
    endif()
    set(KINIT_CUDA_IMAGE ${CMAKE_CURRENT_BINARY_DIR}/kernels.fatbin)
    kinit_make_cuda_image(${KINIT_CUDA_IMAGE})
    target_sources(kinit_cuda PRIVATE src/cuda/image.c)
    target_compile_definitions(kinit_cuda PRIVATE KINIT_HAVE_CUDA=1 KINIT_CUDA_IMAGE="${KINIT_CUDA_IMAGE}")
    set_source_files_properties(src/cuda/image.c PROPERTIES OBJECT_DEPENDS ${KINIT_CUDA_IMAGE})
  endif()
  kinit_own_code(kinit_cuda)
  # Link-time optimization does not see what assembly defines.
  target_compile_options(kinit_cuda PRIVATE -fno-lto)
  set_target_properties(kinit_cuda PROPERTIES INTERPROCEDURAL_OPTIMIZATION OFF)
  message(STATUS "kinit: kernels of a GPU ${KINIT_CUDA_ARCHITECTURES}")
endmacro()
