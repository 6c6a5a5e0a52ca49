/* The parameters of a fill -> the constants of its kernel, in the type in which they are used.
 *
 * Owns: that step, for each distribution. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_PREPARE_H
#define KINIT_KERNEL_PREPARE_H

#include "transform.h"

/* Only what the distribution reads is set: clearing the rest costs a tenth of a small fill. */

KS_INLINE void prepare_bits(int dtype, const kinit_parameters *p, constants *c) {
  (void)dtype, (void)p;
  const normal_f32 none = {0, 0}; /* compilers want a value */
  c->normal32 = none;
}

KS_INLINE void prepare_uniform(int dtype, const kinit_parameters *p, constants *c) {
  const double low = p->as.uniform.low, range = p->as.uniform.range, limit = p->as.uniform.limit;
  if (dtype == F64) {
    const uniform_f64 values = {low, range, limit};
    c->uniform64 = values;
  } else {
    c->uniform32 = uniform_f32_prepare(low, range, limit);
  }
}

KS_INLINE void prepare_normal(int dtype, const kinit_parameters *p, constants *c) {
  const double mean = p->as.normal.mean, stddev = p->as.normal.stddev;
  if (dtype == F64) {
    const normal_f64 values = {mean, stddev};
    c->normal64 = values;
  } else {
    const normal_f32 values = {(float)mean, (float)stddev};
    c->normal32 = values;
  }
}

KS_INLINE void prepare_truncated(int dtype, const kinit_parameters *p, constants *c) {
  if (dtype == F64)
    c->truncated64 = &p->as.truncated;
  else
    c->truncated32 = truncated_f32_prepare(&p->as.truncated);
}

#endif
