/* The plan of a truncated normal: its parameters -> the constants of the kernels.
 *
 * Owns: the choice among the three methods, and the numerical analysis behind their constants.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The constants decide the bits of the values, so every operation here is one of + - * / sqrt floor in double, each
 * correctly rounded, in the order in which docs/stream.md has them: no function of a mathematical library, and nothing
 * contracted (the build says so). Where numbers overflow, infinity is the right limit.
 *
 * phi is the density of the standard normal, Q(z) the probability above z, m(z) = Q(z) / phi(z) Mills' ratio. */
#include "plan_truncated.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
  F32_POINTS = KINIT_TRUNCATED_DEGREE_F32 + 1,
  F64_POINTS = KINIT_TRUNCATED_DEGREE_F64 + 1,
  FIRST_TAIL_F32 = 5,
  FIRST_TAIL_F64 = 8, /* standard deviations; nearer bounds are the central variant's */
  SERIES_TERMS = 18   /* of the narrow variant's integral: the rest is below 2^-60 of it */
};

/* Made by scripts/polynomials/truncated.py, as are the constants of kernel/truncated.h. */
#define MILLS_K 5.0
/* (z + K) m(z) for z >= 0: a Chebyshev series in (z - K) / (z + K), whose rest is 2^-57.0; values from 1 to 7. */
static const double mills_series[] = {
    0x1.5c1ea559f5fc2p+1,   -0x1.2f3d9b78244b6p+1, 0x1.b3c4619af1bf5p-1,   -0x1.02bc3075db95cp-2,
    0x1.f3d68a252e1c6p-5,   -0x1.780796d304258p-7, 0x1.87cda3af15154p-10,  -0x1.3bc532f930455p-14,
    -0x1.249f4712620efp-16, 0x1.178358d6f32a1p-18, -0x1.cdeb91473e794p-24, -0x1.96c93c6022ed7p-24,
    0x1.910e3a200d64ap-27,  0x1.f4bafe0722f8fp-30, -0x1.028763229eb06p-31, -0x1.2ab95aa7463adp-35,
    0x1.29de531b58796p-36,  0x1.909c21f26a6f6p-41, -0x1.5c9d2dc28d477p-41, -0x1.986e99164adc2p-46,
    0x1.aac55c2c34116p-46,  0x1.5c9814828654fp-50, -0x1.0e97b936649b5p-50, -0x1.6ee3fdc84b8f2p-54,
    0x1.57a9f8d7ea832p-55};
/* The Chebyshev points -cos(pi (i + 1/2) / n). */
static const double points_f32[F32_POINTS] = {-0x1.ee8dd4748bf15p-1, -0x1.6a09e667f3bcdp-1, -0x1.0907dc1930690p-2,
                                              0x1.0907dc1930690p-2,  0x1.6a09e667f3bcdp-1,  0x1.ee8dd4748bf15p-1};
static const double points_f64[F64_POINTS] = {
    -0x1.fd31f94f867c6p-1, -0x1.e6f0e134454ffp-1, -0x1.bb67ae8584caap-1, -0x1.7c7d7a833bec2p-1,
    -0x1.2cf2304755a5ep-1, -0x1.a07f921061ad1p-2, -0x1.a9cd9ac4258f6p-3, 0x0.0p+0,
    0x1.a9cd9ac4258f6p-3,  0x1.a07f921061ad1p-2,  0x1.2cf2304755a5ep-1,  0x1.7c7d7a833bec2p-1,
    0x1.bb67ae8584caap-1,  0x1.e6f0e134454ffp-1,  0x1.fd31f94f867c6p-1};
/* 1 / n! */
static const double taylor_of_exp[] = {1,
                                       1,
                                       1 / 2.0,
                                       1 / 6.0,
                                       1 / 24.0,
                                       1 / 120.0,
                                       1 / 720.0,
                                       1 / 5040.0,
                                       1 / 40320.0,
                                       1 / 362880.0,
                                       1 / 3628800.0,
                                       1 / 39916800.0,
                                       1 / 479001600.0,
                                       1 / 6227020800.0,
                                       1 / 87178291200.0};

#define LENGTH(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* To the type in which the kernels use a number. Not inlined: GCC 12 with -O3 -fno-math-errno joins two such roundings
 * to a vector, and loses them. */
static __attribute__((noinline)) double to_type(bool f64, double x) { return f64 ? x : (double)(float)x; }

/* ---- Functions: errors of a few units in the last place ---------------------------------------------------------- */

static double double_of(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

/* exp(x) for x <= 0, and 0 below -700, where it is as good, and for the NaN of infinity times 0. */
static double exponential(double x) {
  if (!(x > -700)) return 0;
  const double k = floor(x * 0x1.71547652b82fep+0 + 0.5); /* x / ln 2 */
  const double r = (x - k * 0x1.62e42fee00000p-1) - k * 0x1.a39ef35793c76p-33;
  double p = taylor_of_exp[LENGTH(taylor_of_exp) - 1];
  for (int i = LENGTH(taylor_of_exp) - 2; i >= 0; i--) p = p * r + taylor_of_exp[i];
  return p * double_of((uint64_t)((int64_t)k + 1023) << 52);
}

/* ln(x) for a normal number x > 0: x = f * 2^e with f between the square roots of 1/2 and 2, and ln f is a series in
 * (f - 1) / (f + 1). */
static double logarithm(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint64_t bias = UINT64_C(1024) << 52; /* keeps the shifted number positive */
  const int64_t e = (int64_t)((bits - UINT64_C(0x3FE6A09E667F3BCD) + bias) >> 52) - 1024;
  const double f = double_of(bits - ((uint64_t)e << 52));
  const double s = (f - 1) / (f + 1), s2 = s * s;
  double p = 0;
  for (int i = 23; i >= 3; i -= 2) p = (p + 1.0 / i) * s2;
  return (double)e * 0x1.62e42fefa39efp-1 + (2 * s + 2 * s * p);
}

/* m(z), z >= 0, by Clenshaw's recurrence. */
static double mills_ratio(double z) {
  const double y = 1 - 2 * MILLS_K / (z + MILLS_K);
  double b1 = 0, b2 = 0;
  for (int i = LENGTH(mills_series) - 1; i >= 1; i--) {
    const double b = mills_series[i] + (2 * y * b1 - b2);
    b2 = b1;
    b1 = b;
  }
  return (mills_series[0] + (y * b1 - b2)) / (z + MILLS_K);
}

#define PHI_0 0x1.9884533d43651p-2 /* phi(0) = 1 / sqrt(2 pi) */

/* Q(z), z >= 0 */
static double upper_tail(double z) { return exponential(-0.5 * z * z) * PHI_0 * mills_ratio(z); }

/* ---- The polynomial of a fill ------------------------------------------------------------------------------------ */

/* Places where a function is known. */
typedef struct samples {
  int count;
  const double *points; /* as many Chebyshev points, for those who choose the places */
  double x[F64_POINTS], y[F64_POINTS];
} samples;

static void begin_samples(samples *s, bool f64) {
  s->count = f64 ? F64_POINTS : F32_POINTS;
  s->points = f64 ? points_f64 : points_f32;
}

/* Coefficients of the polynomial in x - centre through all samples, which lie at most about `half` from the centre.
 * Newton's form in 2 (x - centre) / half loses nothing if points that follow each other lie far apart; it is expanded
 * in the end. */
static void interpolate(const samples *s, double centre, double half, double *coefficients) {
  const int n = s->count, step = n == F64_POINTS ? 4 : 5;
  double t[F64_POINTS], d[F64_POINTS]; /* divided differences */
  for (int i = 0, j = 0; i < n; i++, j = (j + step) % n) {
    t[i] = 2 * (s->x[j] - centre) / half;
    d[i] = s->y[j];
  }
  for (int k = 1; k < n; k++)
    for (int i = n - 1; i >= k; i--) d[i] = (d[i] - d[i - 1]) / (t[i] - t[i - k]);
  for (int i = 0; i < n; i++) coefficients[i] = 0;
  for (int i = n - 1; i >= 0; i--) { /* the sum so far * (t - t[i]) + d[i] */
    for (int k = n - 1; k >= 1; k--) coefficients[k] = coefficients[k - 1] - coefficients[k] * t[i];
    coefficients[0] = d[i] - coefficients[0] * t[i];
  }
  double power = 1;
  for (int k = 0; k < n; k++, power *= 2 / half) coefficients[k] *= power;
}

/* ---- Narrow: the density hardly bends over the interval ---------------------------------------------------------- */

/* a[i]: of the integral of exp(-kappa t - h^2 t^2 / 2) from 0 to x, divided by x, from the differential equation of the
 * integrand. */
static void integral_series(double kappa, double h, double *a) {
  double y0 = 1, y1 = -kappa;
  a[0] = 1;
  for (int i = 1; i < SERIES_TERMS; i++) {
    a[i] = y1 / (i + 1);
    const double y2 = -(kappa * y1 + h * h * y0) / (i + 1);
    y0 = y1;
    y1 = y2;
  }
}

/* Samples of the inverse: x = 2 u - 1 -> the place in the interval, both from -1 to 1. The first term of the inverse's
 * own series turns a Chebyshev point into a place whose x lies near that point. */
static void sample_narrow(samples *s, double kappa, double h) {
  double a[SERIES_TERMS], even = 0, odd = 0;
  integral_series(kappa, h, a);
  for (int i = SERIES_TERMS - 1; i >= 0; i--) *(i % 2 ? &odd : &even) += a[i];
  for (int i = 0; i < s->count; i++) {
    const double x = s->points[i], place = x + 0.5 * kappa * (x * x - 1);
    double f = 0;
    for (int k = SERIES_TERMS - 1; k >= 0; k--) f = f * place + a[k];
    s->x[i] = (f * place - odd) / even;
    s->y[i] = place;
  }
}

/* value = middle + reach P(x). What rounding the middle loses goes into P. */
static void plan_narrow(kinit_truncated *t, bool f64, double kappa, double h) {
  const double middle = 0.5 * t->low + 0.5 * t->high, reach = 0.5 * t->high - 0.5 * t->low;
  samples s;
  begin_samples(&s, f64);
  sample_narrow(&s, kappa, h);
  t->variant = KINIT_TRUNCATED_NARROW;
  interpolate(&s, 0, 1, t->poly);
  t->anchor = to_type(f64, middle);
  t->poly[0] += ((0.5 * t->low - t->anchor) + 0.5 * t->high) / reach;
  t->scale = reach;
}

/* ---- Central: the mean lies inside, or less than FIRST_TAIL standard deviations outside -------------------------- */

/* v = k v_mul + v_side for the integer k of an element; half a step is added here, but for f64 by the kernel. */
static void set_probabilities(kinit_truncated *t, bool f64, double step, double left, double right) {
  const double half_step = f64 ? 0 : step * 0x1p-33;
  t->v_mul = f64 ? step : step * 0x1p-32;
  t->v_left = left + half_step;
  t->v_right = right + half_step;
}

/* a, b: the bounds in standard deviations from the mean, a + b >= 0. v is twice the probability of the nearer tail. */
static void plan_central(kinit_truncated *t, bool f64, double mean, double stddev, double a, double b) {
  const double right = upper_tail(b);
  const double left = -a == b ? right : a < 0 ? upper_tail(-a) : 1; /* not used if a >= 0 */
  const double inside = a < 0 ? (1 - left) - right : upper_tail(a) - right;
  t->variant = KINIT_TRUNCATED_CENTRAL;
  set_probabilities(t, f64, 2 * inside, 2 * left, 2 * right);
  if (a < 0) t->turn = (uint32_t)(0x1p32 - 1 - floor((0.5 - left) / inside * 0x1p32 + 0.5));
  t->scale = stddev;
  t->anchor = mean;
}

/* ---- Tail: both bounds on one side, at least FIRST_TAIL standard deviations from the mean ------------------------ */

/* Here v = Q(z) / Q(a), l = -2 ln v, and z = a + m(a)/2 * l P(sqrt(l + C) - centre). Samples of P from forward
 * evaluations only: a guess gives z - a near the place wanted, and its l follows. `smallest` is the least v. */
static void sample_tail(samples *s, kinit_truncated *t, bool f64, double a, double m, double smallest) {
  const double C = f64 ? KINIT_TRUNCATED_C_F64 : KINIT_TRUNCATED_C_F32, top = -2 * logarithm(smallest);
  const double r0 = sqrt(C), r1 = sqrt(C + top);
  const double centre = 0.5 * (r0 + r1), half = 0.5 * (r1 - r0);
  t->centre = to_type(f64, centre);
  const double k = a * a + 1.4;
  for (int i = 0; i < s->count; i++) {
    const double r = t->centre + half * s->points[i], wanted = r * r - C;
    const double guess = wanted - logarithm(1 + wanted / (k + 1)); /* of z^2 - a^2 */
    const double beyond = guess / (a + sqrt(a * a + guess));       /* z - a */
    const double l = beyond * (2 * a + beyond) - 2 * logarithm(mills_ratio(a + beyond) / m);
    s->x[i] = sqrt(l + C);
    s->y[i] = beyond / (l * (0.5 * m));
  }
  interpolate(s, t->centre, half, t->poly);
}

/* Beyond 1e8 standard deviations the tail is an exponential distribution, to all digits. */
static void plan_exponential(kinit_truncated *t) {
  t->centre = 9; /* any value will do, as P = 1 */
  t->poly[0] = 1;
}

/* a: the nearer bound in standard deviations from the mean, width: of the interval, likewise. */
static void plan_tail(kinit_truncated *t, bool f64, double stddev, double a, double width) {
  double rho, m; /* rho = Q(a + width) / Q(a) */
  t->variant = KINIT_TRUNCATED_TAIL;
  if (a > 1e8) {
    rho = exponential(-a * width);
    m = 1 / a;
    plan_exponential(t);
  } else {
    samples s;
    begin_samples(&s, f64);
    m = mills_ratio(a);
    rho = width < 1e3 ? exponential(-0.5 * width * (2 * a + width)) * (mills_ratio(a + width) / m) : 0;
    sample_tail(&s, t, f64, a, m, rho + (1 - rho) * (f64 ? 0x1p-65 : 0x1p-33));
  }
  set_probabilities(t, f64, 1 - rho, rho, rho);
  t->scale = 0.5 * m * stddev;
}

/* ---- The choice -------------------------------------------------------------------------------------------------- */

/* An interval more to the left of the mean than to the right is the mirror image of one more to the right: its words
 * are complemented, and its values lie to the other side. */
static void plan_one_sided(kinit_truncated *t, bool f64, double mean, double stddev, double width) {
  double a = (t->low - mean) / stddev, b = (t->high - mean) / stddev;
  const bool mirrored = a + b < 0;
  if (mirrored) {
    const double minus_a = -a;
    a = -b;
    b = minus_a;
    t->flip = 0;
  }
  t->anchor = mirrored ? t->high : t->low;
  if (a < (f64 ? FIRST_TAIL_F64 : FIRST_TAIL_F32))
    plan_central(t, f64, mean, stddev, a, b);
  else
    plan_tail(t, f64, stddev, a, width);
  if (mirrored) t->scale = -t->scale;
}

void kinit_plan_truncated(kinit_truncated *t, bool f64, double mean, double stddev, double low, double high) {
  *t = (kinit_truncated){.flip = UINT32_MAX, .turn = UINT32_MAX, .low = low, .high = high};
  const double h = (0.5 * high - 0.5 * low) / stddev, c = ((0.5 * low + 0.5 * high) - mean) / stddev;
  if (h <= 0.125 && fabs(c) * h <= 0.0625)
    plan_narrow(t, f64, c * h, h);
  else
    plan_one_sided(t, f64, mean, stddev, 2 * h);
}
