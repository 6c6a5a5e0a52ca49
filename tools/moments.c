/* Mean and standard deviation. Four sums side by side, so that additions do not wait for one another.
 * SPDX-License-Identifier: Apache-2.0 */
#include "moments.h"

#include <math.h>

/* Squares of numbers below 2^LARGE do not overflow, nor do sums of 2^64 of them; above, all are divided by 2^SHIFT, and
 * what vanishes then is less than a rounding. */
enum { LARGE = 440, SHIFT = 700 };

static double sum_of(const double *values, size_t count) {
  double a = 0, b = 0, c = 0, d = 0;
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    a += values[i];
    b += values[i + 1];
    c += values[i + 2];
    d += values[i + 3];
  }
  for (; i < count; i++) a += values[i];
  return (a + b) + (c + d);
}

static double square(double distance) { return distance * distance; }

static double squares_of(const double *values, size_t count, double mean) {
  double a = 0, b = 0, c = 0, d = 0;
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    a += square(values[i] - mean);
    b += square(values[i + 1] - mean);
    c += square(values[i + 2] - mean);
    d += square(values[i + 3] - mean);
  }
  for (; i < count; i++) a += square(values[i] - mean);
  return (a + b) + (c + d);
}

static void scale(tool_moments *m, int exponent) {
  m->mean = ldexp(m->mean, m->exponent - exponent);
  m->squares = ldexp(m->squares, 2 * (m->exponent - exponent));
  m->exponent = exponent;
}

tool_moments tool_moments_of(double *values, size_t count, double largest) {
  tool_moments m = {.count = count};
  if (largest >= ldexp(1, LARGE)) m.exponent = SHIFT;
  for (size_t i = 0; i < count && m.exponent != 0; i++) values[i] = ldexp(values[i], -m.exponent);
  m.mean = sum_of(values, count) / (double)count;
  m.squares = squares_of(values, count, m.mean);
  return m;
}

tool_moments tool_moments_of_counts(const double *values, const uint64_t *counts, size_t count) {
  tool_moments m = {0};
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    sum += values[i] * (double)counts[i];
    m.count += counts[i];
  }
  if (m.count == 0) return m;
  m.mean = sum / (double)m.count;
  for (size_t i = 0; i < count; i++) m.squares += square(values[i] - m.mean) * (double)counts[i];
  return m;
}

/* By the formula of Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample Variances,
 * 1979. */
void tool_moments_merge(tool_moments *m, tool_moments other) {
  if (other.count == 0) return;
  if (m->count == 0) m->exponent = other.exponent;
  if (m->exponent < other.exponent) scale(m, other.exponent);
  if (other.exponent < m->exponent) scale(&other, m->exponent);
  const double distance = other.mean - m->mean, share = (double)other.count / (double)(m->count + other.count);
  m->squares += other.squares + distance * distance * (double)m->count * share;
  m->mean += distance * share;
  m->count += other.count;
}

double tool_moments_mean(const tool_moments *m) { return ldexp(m->mean, m->exponent); }

double tool_moments_deviation(const tool_moments *m) {
  return m->count > 0 ? ldexp(sqrt(m->squares / (double)m->count), m->exponent) : 0;
}
