/* Fans and gains -> parameters of a distribution.
 *
 * Owns: the declarations of scheme.c that are not public. Included by initialize.c and scheme.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_SCHEME_H
#define KINIT_SCHEME_H

#include <stdint.h>

#include "kinit/kinit.h"

/* How far the values of a scheme spread around 0. */
typedef struct kinit_spread {
  double stddev; /* of the normal; of a truncated one before the cut */
  double bound;  /* of the uniform, or where a truncated normal is cut: [-bound, bound] */
} kinit_spread;

/* The schemes as the public header states them, for the shape of a whole tensor. Where that has a fan of 0, nothing can
 * be drawn and the spread means nothing. The caller's floating-point environment does not matter and stays. */
kinit_status kinit_scheme_kaiming(int ndim, const int64_t *shape, double a, kinit_fan_mode mode,
                                  kinit_nonlinearity nonlinearity, kinit_spread *spread);
kinit_status kinit_scheme_xavier(int ndim, const int64_t *shape, double gain, kinit_spread *spread);
kinit_status kinit_scheme_variance_scaling(int ndim, const int64_t *shape, double scale, kinit_fan_mode mode,
                                           kinit_distribution distribution, kinit_spread *spread);

#endif
