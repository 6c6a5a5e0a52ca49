/* A checked fill -> a launch on the current GPU.
 *
 * Owns: the declarations of driver.c that are not public, and the image of the kernels, where a build has one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_CUDA_DRIVER_H
#define KINIT_CUDA_DRIVER_H

#include "launch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The fat binary that nvcc makes of kernels.cu. In builds with KINIT_HAVE_CUDA. */
extern const unsigned char kinit_cuda_image[];

/* Puts the fill of a checked layout into a CUDA stream of the current context. Errors: those of kinit_cuda_job_make,
 * then those of the driver. */
kinit_status kinit_cuda_fill(void *cuda_stream, const kinit_layout *layout, kinit_dtype dtype, const kinit_dist *dist,
                             kinit_stream stream);

#ifdef __cplusplus
}
#endif

#endif
