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

/* Rounds the parameters to the type used. dtype and distribution are those that check.c has accepted; of the stream,
 * seed and subsequence are read. Returns the family to draw: a constant where that is what a truncated normal comes to.
 * Leaves p->streaming. Call it in the default floating-point environment. */
kinit_family kinit_plan_parameters(kinit_parameters *p, kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream);

/* The same, and chooses the kernel. Leaves parameters.streaming to fill.c. Errors: NEEDS_FMA. */
kinit_status kinit_plan_make(kinit_plan *plan, kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream);

#endif
