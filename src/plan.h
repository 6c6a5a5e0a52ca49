/* A distribution and its parameters -> what the kernels need.
 *
 * Owns: kinit_plan and one function per distribution, so that flat fills and tensors share one path: check the
 * destination, plan, kinit_fill_layout(&plan, &layout). Included by api.c, initialize.c, fill.c and plan.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_PLAN_H
#define KINIT_PLAN_H

#include "kernel.h"
#include "kinit/kinit.h"

typedef struct kinit_plan {
  kinit_kernel *kernel; /* of the active backend */
  kinit_parameters parameters;
  uint64_t float_environment; /* the caller's */
  kinit_truncated truncated;  /* for parameters to point to: a plan is not copied */
} kinit_plan;

/* Each checks the parameters, rounds them to the type used, and chooses the kernel. The dtype is one that check.c has
 * accepted. Only seed and subsequence of the stream are read. A plan that succeeds leaves the thread in the default
 * floating-point environment, which kinit_fill_layout ends: each plan is to be run, and once. On an error the plan is
 * undefined and the environment is the caller's again. */
void kinit_plan_bits(kinit_plan *plan, kinit_stream stream);
kinit_status kinit_plan_uniform(kinit_plan *plan, kinit_dtype dtype, double low, double high, kinit_stream stream);
kinit_status kinit_plan_normal(kinit_plan *plan, kinit_dtype dtype, double mean, double stddev, kinit_stream stream);
kinit_status kinit_plan_truncated(kinit_plan *plan, kinit_dtype dtype, double mean, double stddev, double low,
                                  double high, kinit_stream stream);
kinit_status kinit_plan_constant(kinit_plan *plan, kinit_dtype dtype, double value);

#endif
