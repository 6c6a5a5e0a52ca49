/* A checked fill -> the arguments of a kernel's launch. Plain C, without a driver.
 *
 * Owns: kinit_cuda_job, which kernels.cu reads, and the names of its kernels. C and C++.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_CUDA_LAUNCH_H
#define KINIT_CUDA_LAUNCH_H

#ifdef __cplusplus
extern "C" {
#endif

#include "../distribution.h"
#include "../kernel.h"
#include "../layout.h"
#include "kinit/kinit.h"

#define KINIT_CUDA_THREADS 256 /* of a block */

/* The argument of every kernel. A unit is what a thread does at a time: one block of Philox, for one row. */
typedef struct kinit_cuda_job {
  kinit_parameters parameters;
  kinit_layout layout;
  uint64_t units;     /* 0 if there are no elements: nothing is to be launched then */
  uint64_t row_units; /* of a row, that is of the last dimension; all, if there is one row */
} kinit_cuda_job;

/* Makes the job of a checked layout, and the name of its kernel. Call it in the default floating-point environment.
 * Errors: those of kinit_check_distribution; CUDA_KERNEL (a normal in f64). */
kinit_status kinit_cuda_job_make(kinit_cuda_job *job, const char **kernel, const kinit_layout *layout,
                                 kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream);

#ifdef __cplusplus
}
#endif

#endif
