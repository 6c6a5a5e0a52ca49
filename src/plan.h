/* A distribution -> a kernel and its parameters.
 *
 * Owns: kinit_plan. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_PLAN_H
#define KINIT_PLAN_H

#include "distribution.h"
#include "kernel.h"
#include "kinit/kinit.h"

typedef struct kinit_plan {
  kinit_kernel *kernel; /* of the active backend */
  kinit_parameters parameters;
} kinit_plan;

/* Rounds the parameters to the type used, and chooses the kernel. dtype and distribution are those that check.c has
 * accepted; of the stream, seed and subsequence are read. Leaves parameters.streaming to fill.c. Call it in the default
 * floating-point environment. Errors: NEEDS_FMA. */
kinit_status kinit_plan_make(kinit_plan *plan, kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream);

#endif
