/* Mean and standard deviation, of numbers up to the largest.
 *
 * Owns: the declarations of moments.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_MOMENTS_H
#define KINIT_TOOLS_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

/* Of `count` numbers, divided by 2^exponent. Zeroed to begin with. */
typedef struct tool_moments {
  uint64_t count;
  int exponent;
  double mean, squares; /* sum of the squared distances from the mean */
} tool_moments;

/* Of finite numbers, at least one, and the largest magnitude of them; the numbers are divided by 2^exponent where they
 * are large. */
tool_moments tool_moments_of(double *values, size_t count, double largest);

/* Of values[i], counts[i] times. No value is beyond those of binary32. */
tool_moments tool_moments_of_counts(const double *values, const uint64_t *counts, size_t count);

/* Adds what the other ones are of. */
void tool_moments_merge(tool_moments *moments, tool_moments other);

double tool_moments_mean(const tool_moments *moments);
double tool_moments_deviation(const tool_moments *moments);

#endif
