/* Uses all that the public headers declare; valid C11 and C++17.
 *
 * Owns: the list of the public functions, whose addresses are taken. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_HEADER_USE_H
#define KINIT_TESTS_HEADER_USE_H

#include "kinit/cuda.h"

typedef void (*any_function)(void);
#define ADDRESS(function) ((any_function)(function))

/* The number of functions that have an address; all of them. */
static int count_functions(void) {
  const any_function functions[] = {
      ADDRESS(kinit_version),
      ADDRESS(kinit_status_message),
      ADDRESS(kinit_stream_named),
      ADDRESS(kinit_fill_bits),
      ADDRESS(kinit_fill_uniform),
      ADDRESS(kinit_fill_normal),
      ADDRESS(kinit_fill_truncated_normal),
      ADDRESS(kinit_fill_constant),
      ADDRESS(kinit_uniform),
      ADDRESS(kinit_normal),
      ADDRESS(kinit_truncated_normal),
      ADDRESS(kinit_constant),
      ADDRESS(kinit_kaiming_normal),
      ADDRESS(kinit_kaiming_uniform),
      ADDRESS(kinit_xavier_normal),
      ADDRESS(kinit_xavier_uniform),
      ADDRESS(kinit_variance_scaling),
      ADDRESS(kinit_eye),
      ADDRESS(kinit_dirac),
      ADDRESS(kinit_initializer_default),
      ADDRESS(kinit_initialize),
      ADDRESS(kinit_resolve),
      ADDRESS(kinit_dtype_size),
      ADDRESS(kinit_dtype_name),
      ADDRESS(kinit_dtype_from_name),
      ADDRESS(kinit_scheme_name),
      ADDRESS(kinit_scheme_from_name),
      ADDRESS(kinit_distribution_from_name),
      ADDRESS(kinit_fans),
      ADDRESS(kinit_fans_axes),
      ADDRESS(kinit_gain),
      ADDRESS(kinit_fan_mode_from_name),
      ADDRESS(kinit_nonlinearity_from_name),
      ADDRESS(kinit_isa_count),
      ADDRESS(kinit_isa_name),
      ADDRESS(kinit_isa),
      ADDRESS(kinit_set_isa),
      ADDRESS(kinit_set_num_threads),
      ADDRESS(kinit_set_huge_pages),
      ADDRESS(kinit_num_threads),
      ADDRESS(kinit_alloc),
      ADDRESS(kinit_free),
      ADDRESS(kinit_cuda_available),
      ADDRESS(kinit_cuda_initialize),
  };
  const int count = (int)(sizeof functions / sizeof functions[0]);
  int present = 0;
  int i;
  for (i = 0; i < count; i++) present += functions[i] != 0;
  return present == count ? present : -1;
}

/* The values of the enumerations are part of the contract. Returns 0 if a fill of one tensor and the names work. */
static int use_header(void) {
  float value = 0;
  const int64_t shape[1] = {1};
  kinit_tensor tensor = {0, KINIT_F32, 1, 0, 0, 0, 0};
  const kinit_stream stream = kinit_stream_named(KINIT_STREAM_VERSION, "name");
  tensor.data = &value;
  tensor.shape = shape;
  if (KINIT_OK != 0 || KINIT_ERROR_THREADS != 17 || KINIT_F32 != 0 || KINIT_F64 != 1 || KINIT_F16 != 2) return 1;
  if (KINIT_BF16 != 3 || KINIT_FAN_AVG != 2 || KINIT_DIST_UNIFORM != 2 || KINIT_SELU != 11) return 2;
  if (KINIT_FAN_GEO_AVG != 3 || KINIT_DIST_IDENTITY != 4 || KINIT_SCHEME_CONSTANT != 0) return 2;
  if (KINIT_SCHEME_DIRAC != 10 || KINIT_ERROR_INITIALIZER != 18 || KINIT_MAX_DIMENSIONS != 64) return 2;
  if (KINIT_ERROR_CUDA != 19 || KINIT_ERROR_CUDA_KERNEL != 25) return 2;
  if (KINIT_VERSION_NUMBER < 10100) return 3;
  if (kinit_uniform(&tensor, 1, 2, stream) != KINIT_OK || value < 1 || value >= 2) return 4;
  return count_functions() > 0 ? 0 : 5;
}

#endif
