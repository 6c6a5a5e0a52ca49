/* A distribution and its parameters: the value that travels from the public functions to the plan.
 *
 * Owns: kinit_dist. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_DISTRIBUTION_H
#define KINIT_DISTRIBUTION_H

#include "kinit/kinit.h"

typedef enum kinit_family {
  KINIT_FAMILY_NORMAL = KINIT_DIST_NORMAL,
  KINIT_FAMILY_TRUNCATED_NORMAL = KINIT_DIST_TRUNCATED_NORMAL,
  KINIT_FAMILY_UNIFORM = KINIT_DIST_UNIFORM,
  KINIT_FAMILY_CONSTANT = KINIT_DIST_CONSTANT,
  KINIT_FAMILY_BITS /* the words themselves */
} kinit_family;

/* Which parameters count depends on the family: mean and stddev of a normal, these and low and high of a truncated one,
 * low and high of a uniform, the value of a constant. They are doubles as the user gave them. */
typedef struct kinit_dist {
  kinit_family family;
  double mean, stddev, low, high, value;
} kinit_dist;

#endif
