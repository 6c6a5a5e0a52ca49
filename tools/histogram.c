/* A histogram in one pass. SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <math.h>
#include <string.h>

enum { INDEX_BITS = 52 }; /* a bin is as wide as a last place, or wider */

static int64_t bin_of(double value, int exponent) { return (int64_t)floor(ldexp(value, -exponent)); }

/* The same for a number that is scaled already, without a call. */
static int64_t floor_of(double scaled) {
  const int64_t whole = (int64_t)scaled;
  return whole - (scaled < (double)whole);
}

/* The narrowest bins of which TOOL_BINS hold both, and whose indices are not too large. */
static int exponent_for(double low, double high) {
  const double magnitude = fmax(fabs(low), fabs(high)), half = high / 2 - low / 2;
  int exponent = magnitude > 0 ? ilogb(magnitude) - INDEX_BITS : 0;
  if (half > 0 && ilogb(half) - 5 > exponent) exponent = ilogb(half) - 5;
  while (bin_of(high, exponent) - bin_of(low, exponent) >= TOOL_BINS) exponent++;
  return exponent;
}

static int64_t half_of(int64_t index) { return index >= 0 ? index / 2 : -((1 - index) / 2); }

/* Joins bins until they are 2^exponent wide, and makes `first` the first of them. */
static void widen(tool_histogram *h, int exponent, int64_t first) {
  uint64_t counts[TOOL_BINS] = {0};
  for (int j = 0; j < TOOL_BINS; j++) {
    if (h->counts[j] == 0) continue;
    int64_t index = h->first + j;
    for (int e = h->exponent; e < exponent; e++) index = half_of(index);
    counts[index - first] += h->counts[j];
  }
  memcpy(h->counts, counts, sizeof counts);
  h->exponent = exponent;
  h->first = first;
}

/* Where all numbers were equal so far, they are in one bin of any width. */
static void cover(tool_histogram *h, double low, double high) {
  const int exponent = exponent_for(low, high);
  if (h->low == h->high) {
    memset(h->counts, 0, sizeof h->counts);
    h->exponent = exponent;
    h->first = bin_of(h->low, exponent);
    h->counts[0] = h->count;
  }
  h->low = low;
  h->high = high;
  widen(h, exponent, bin_of(low, exponent));
}

/* Makes the bins wide enough for these, too. */
static void reach(tool_histogram *h, double low, double high) {
  if (h->count == 0) {
    h->low = h->high = low;
    cover(h, low, high);
  } else if (low < h->low || high > h->high) {
    cover(h, fmin(low, h->low), fmax(high, h->high));
  }
}

/* Four tables, so that equal neighbours do not wait for one another. */
static void count_values(tool_histogram *h, const double *values, size_t count) {
  uint64_t counts[4][TOOL_BINS] = {0};
  const double scale = ldexp(1, -h->exponent);
  const int64_t first = h->first;
  size_t i = 0;
  for (; i + 4 <= count && scale != 0 && isfinite(scale); i += 4) {
    counts[0][floor_of(values[i] * scale) - first]++;
    counts[1][floor_of(values[i + 1] * scale) - first]++;
    counts[2][floor_of(values[i + 2] * scale) - first]++;
    counts[3][floor_of(values[i + 3] * scale) - first]++;
  }
  for (; i < count; i++) counts[0][bin_of(values[i], h->exponent) - first]++;
  for (int j = 0; j < TOOL_BINS; j++) h->counts[j] += counts[0][j] + counts[1][j] + counts[2][j] + counts[3][j];
}

void tool_range_of(const double *values, size_t count, double *low, double *high) {
  double l[4] = {values[0], values[0], values[0], values[0]}, h[4] = {values[0], values[0], values[0], values[0]};
  size_t i = 0;
  for (; i + 4 <= count; i += 4)
    for (size_t k = 0; k < 4; k++) {
      l[k] = values[i + k] < l[k] ? values[i + k] : l[k];
      h[k] = values[i + k] > h[k] ? values[i + k] : h[k];
    }
  for (; i < count; i++) {
    l[0] = fmin(l[0], values[i]);
    h[0] = fmax(h[0], values[i]);
  }
  *low = fmin(fmin(l[0], l[1]), fmin(l[2], l[3]));
  *high = fmax(fmax(h[0], h[1]), fmax(h[2], h[3]));
}

void tool_histogram_add(tool_histogram *h, const double *values, size_t count) {
  double low, high;
  if (count == 0) return;
  tool_range_of(values, count, &low, &high);
  reach(h, low, high);
  count_values(h, values, count);
  h->count += count;
}

void tool_histogram_add_counts(tool_histogram *h, const double *values, const uint64_t *counts, size_t count) {
  double low, high;
  if (count == 0) return;
  tool_range_of(values, count, &low, &high);
  reach(h, low, high);
  for (size_t i = 0; i < count; i++) {
    h->counts[bin_of(values[i], h->exponent) - h->first] += counts[i];
    h->count += counts[i];
  }
}

void tool_histogram_merge(tool_histogram *h, const tool_histogram *other) {
  tool_histogram more = *other;
  if (more.count == 0) return;
  if (h->count > 0) {
    const double low = fmin(h->low, more.low), high = fmax(h->high, more.high);
    cover(h, low, high);
    cover(&more, low, high);
    for (int j = 0; j < TOOL_BINS; j++) more.counts[j] += h->counts[j];
    more.count += h->count;
  }
  *h = more;
}

int tool_histogram_bins(const tool_histogram *h) {
  return h->count == 0 ? 0 : (int)(bin_of(h->high, h->exponent) - h->first) + 1;
}
