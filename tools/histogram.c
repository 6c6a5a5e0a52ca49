/* A histogram in one pass. SPDX-License-Identifier: Apache-2.0 */
#include "histogram.h"

#include <math.h>
#include <string.h>

enum { INDEX_BITS = 52 }; /* a bin is as wide as a last place, or wider */

static int64_t bin_of(double value, int exponent) { return (int64_t)floor(ldexp(value, -exponent)); }

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

void tool_histogram_add(tool_histogram *h, const double *values, size_t count) {
  if (count == 0) return;
  double low = values[0], high = values[0];
  for (size_t i = 1; i < count; i++) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  if (h->count == 0) {
    h->low = h->high = low;
    cover(h, low, high);
  } else if (low < h->low || high > h->high) {
    cover(h, fmin(low, h->low), fmax(high, h->high));
  }
  for (size_t i = 0; i < count; i++) h->counts[bin_of(values[i], h->exponent) - h->first]++;
  h->count += count;
}

int tool_histogram_bins(const tool_histogram *h) {
  return h->count == 0 ? 0 : (int)(bin_of(h->high, h->exponent) - h->first) + 1;
}
