/* A checked fill -> the arguments of a kernel's launch.
 *
 * Owns: the choice of the kernel of a GPU, and how a layout is cut into units. SPDX-License-Identifier: Apache-2.0 */
#include "launch.h"

#include "../check.h"
#include "../kernel/list.h"
#include "../plan.h"

/* The names of the kernels, in the places of a backend's table. */
typedef struct kernel_names {
  const char *bits;
  const char *constant[KINIT_KERNEL_DTYPES];
  const char *uniform[KINIT_KERNEL_DTYPES];
  const char *normal[KINIT_KERNEL_DTYPES];
  const char *truncated[KINIT_KERNEL_DTYPES];
} kernel_names;

/* A constant's kernel knows a size only. */
#define CONSTANT(dtype, of) .constant[dtype] = "kinit_constant_" #of,
#define NAME(distribution, dtype, place) .place = "kinit_" #distribution "_" #dtype,

static const kernel_names names = {CONSTANT(F32, F32) CONSTANT(F64, F64) CONSTANT(F16, F16) CONSTANT(
    BF16, F16) CONSTANT(F8_E4M3, F8_E4M3) CONSTANT(F8_E5M2, F8_E4M3) KERNELS(NAME) KERNELS_WITH_FMA(NAME)};

static const char *name_of(kinit_family family, kinit_dtype dtype) {
  switch (family) {
    case KINIT_FAMILY_NORMAL:
      return names.normal[dtype];
    case KINIT_FAMILY_TRUNCATED_NORMAL:
      return names.truncated[dtype];
    case KINIT_FAMILY_UNIFORM:
      return names.uniform[dtype];
    case KINIT_FAMILY_CONSTANT:
      return names.constant[dtype];
    case KINIT_FAMILY_BITS:
      return names.bits;
  }
  return NULL;
}

/* Blocks of Philox that a row touches, wherever in a block it begins; of a single row, exactly. */
static void cut(kinit_cuda_job *job, kinit_dtype dtype) {
  const uint64_t elements = dtype == KINIT_F64 ? 2 : 4; /* of a block */
  job->units = 0;
  if (job->layout.count == 0) return;
  const uint64_t length = job->layout.length[job->layout.ndim - 1], rows = job->layout.count / length;
  const uint64_t before = rows == 1 ? job->layout.first % elements : elements - 1;
  job->row_units = (before + length + elements - 1) / elements;
  job->units = rows * job->row_units;
}

kinit_status kinit_cuda_job_make(kinit_cuda_job *job, const char **kernel, const kinit_layout *layout,
                                 kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream) {
  const kinit_status status = kinit_check_distribution(dtype, dist);
  if (status != KINIT_OK) return status;
  *kernel = name_of(dist->family, dtype);
  if (*kernel == NULL) return KINIT_ERROR_CUDA_KERNEL;
  *kernel = name_of(kinit_plan_parameters(&job->parameters, dtype, dist, stream), dtype);
  job->parameters.streaming = false;
  job->layout = *layout;
  cut(job, dtype);
  return KINIT_OK;
}
