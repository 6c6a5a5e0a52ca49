/* Version and status messages.
 *
 * Owns: the sentences. SPDX-License-Identifier: Apache-2.0 */
#include "kinit/kinit.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *kinit_version(void) {
  return TEXT(KINIT_VERSION_MAJOR) "." TEXT(KINIT_VERSION_MINOR) "." TEXT(KINIT_VERSION_PATCH);
}

const char *kinit_status_message(kinit_status status) {
  switch (status) {
    case KINIT_OK:
      return "success";
    case KINIT_ERROR_NULL:
      return "a required pointer is NULL";
    case KINIT_ERROR_MISALIGNED:
      return "the data is not aligned to the size of its elements";
    case KINIT_ERROR_DTYPE:
      return "unknown dtype";
    case KINIT_ERROR_ENUM:
      return "unknown value of an enumeration (scheme, fan mode, nonlinearity or distribution)";
    case KINIT_ERROR_NOT_FINITE:
      return "a parameter is NaN or infinite in the type used";
    case KINIT_ERROR_NEGATIVE_SCALE:
      return "a standard deviation or gain is negative, or a variance scale is not positive";
    case KINIT_ERROR_BOUNDS:
      return "low exceeds high, or the bounds of a truncated normal leave nothing between them";
    case KINIT_ERROR_SIZE:
      return "a dimension is negative, or the size overflows";
    case KINIT_ERROR_STREAM_END:
      return "offset plus count runs past the end of the stream";
    case KINIT_ERROR_DIMENSIONS:
      return "the number of dimensions does not fit the function, or an axis is named twice or not there";
    case KINIT_ERROR_STRIDE:
      return "a stride is zero on a dimension longer than 1, or the strides overflow";
    case KINIT_ERROR_BLOCK:
      return "the block lies outside its tensor, or only one of global_shape and start is set";
    case KINIT_ERROR_GROUPS:
      return "groups is not positive or does not divide the outputs";
    case KINIT_ERROR_NAME:
      return "no such name";
    case KINIT_ERROR_ISA:
      return "this machine or this build does not have that instruction set";
    case KINIT_ERROR_NEEDS_FMA:
      return "normals in f64 need a processor with fused multiply-add";
    case KINIT_ERROR_THREADS:
      return "the number of threads is negative";
    case KINIT_ERROR_INITIALIZER:
      return "the size of kinit_initializer is not set, or it has members that this library does not know";
    case KINIT_ERROR_CUDA:
      return "the CUDA driver reports an error";
    case KINIT_ERROR_CUDA_ABSENT:
      return "this build of kinit has no kernels for a GPU, or this machine has no CUDA driver or no GPU";
    case KINIT_ERROR_CUDA_CONTEXT:
      return "the calling thread has no current CUDA context";
    case KINIT_ERROR_CUDA_STREAM:
      return "the CUDA stream does not belong to the current context";
    case KINIT_ERROR_CUDA_ARCHITECTURE:
      return "this build of kinit has no kernels for this GPU, or its driver cannot translate them";
    case KINIT_ERROR_CUDA_MEMORY:
      return "the GPU has no memory left for the kernels of kinit";
    case KINIT_ERROR_CUDA_KERNEL:
      return "normals in f64 are not drawn on a GPU";
  }
  return "unknown status";
}
