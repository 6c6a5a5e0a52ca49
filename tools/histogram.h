/* A histogram of a stream of numbers whose range is not known beforehand, in one pass.
 *
 * Owns: the declarations of histogram.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_HISTOGRAM_H
#define KINIT_TOOLS_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum { TOOL_BINS = 32 };

/* Bin j counts the numbers x with floor(x / 2^exponent) = first + j. As the range grows, neighbours are joined. While
 * all numbers are equal there is one bin. Zeroed to begin with. */
typedef struct tool_histogram {
  int exponent;
  int64_t first;
  double low, high; /* the range */
  uint64_t counts[TOOL_BINS];
  uint64_t count;
} tool_histogram;

/* Adds finite numbers. */
void tool_histogram_add(tool_histogram *histogram, const double *values, size_t count);

/* Adds values[i], counts[i] times. */
void tool_histogram_add_counts(tool_histogram *histogram, const double *values, const uint64_t *counts, size_t count);

/* The least and the greatest of numbers, at least one. */
void tool_range_of(const double *values, size_t count, double *low, double *high);

/* Adds what the other one counts: the order does not matter. */
void tool_histogram_merge(tool_histogram *histogram, const tool_histogram *other);

/* Number of bins from the one of the least number to that of the greatest: at most TOOL_BINS, 0 without numbers. They
 * are counts[0] to counts[bins - 1]. */
int tool_histogram_bins(const tool_histogram *histogram);

#endif
