/* Schemes: an initializer and a shape -> a distribution and its parameters.
 *
 * Owns: the declarations of scheme.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_SCHEME_H
#define KINIT_SCHEME_H

#include <stdbool.h>
#include <stdint.h>

#include "distribution.h"
#include "kinit/kinit.h"

/* The fans of a shape, before they are rounded to double. */
typedef struct kinit_fan_pair {
  int64_t in, out;
} kinit_fan_pair;

/* axes NULL or all zero: PyTorch's. Errors: DIMENSIONS, NULL, SIZE, GROUPS. */
kinit_status kinit_scheme_fans(int ndim, const int64_t *shape, const kinit_axes *axes, int64_t groups,
                               kinit_fan_pair *fans);

/* As kinit_gain. Call it, and the next one, in the default floating-point environment. */
kinit_status kinit_scheme_gain(kinit_nonlinearity nonlinearity, double param, double *gain);

/* The distribution of a checked initializer for the shape of a whole tensor. A fan of 0 counts as 1: nothing is filled
 * then. Of parameters that the user gave, whether they fit a dtype is not checked. *fans are those of the scheme; zeros
 * if the shape or the axes have none and the scheme needs none. Errors: those that the header names with the scheme. */
kinit_status kinit_scheme_resolve(const kinit_initializer *initializer, int ndim, const int64_t *shape,
                                  kinit_dist *dist, kinit_fan_pair *fans);

/* Whether the parameters follow from fans, so that they mean nothing for a tensor without elements. */
bool kinit_scheme_has_fans(kinit_scheme scheme);

#endif
