/* The plan of a truncated normal: its parameters -> the constants of the kernels.
 *
 * Owns: the declaration of plan_truncated.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_PLAN_TRUNCATED_H
#define KINIT_PLAN_TRUNCATED_H

#include <stdbool.h>

#include "kernel.h"

/* All four finite, stddev > 0, low < high; values of floats unless f64. Call it in the default floating-point
 * environment. docs/stream.md, "Truncated normal", defines every operation and their order. */
void kinit_plan_truncated(kinit_truncated *t, bool f64, double mean, double stddev, double low, double high);

#endif
