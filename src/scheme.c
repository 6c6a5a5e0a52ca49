/* Fans and gains -> parameters of a distribution.
 *
 * Owns: the formulas of the schemes, and the names of their options. SPDX-License-Identifier: Apache-2.0
 *
 * Only additions, products, quotients and square roots, all correctly rounded, in the order in which torch.nn.init and
 * jax.nn.initializers have them: so the last bit agrees, here and on every machine. The functions named compute_... run
 * in the default floating-point environment and are not inlined, as in plan.c. */
#include "scheme.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "cpu.h"
#include "layout.h"

#define NOINLINE __attribute__((noinline))

/* Standard deviation of a standard normal that is cut at -2 and 2: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)). */
#define STDDEV_CUT_AT_2 0.87962566103423978

/* ---- Fans ------------------------------------------------------------------------------------------------------- */

/* *product *= length, for factors that are not negative. */
static kinit_status multiply(int64_t *product, int64_t length) {
  if (length != 0 && *product > INT64_MAX / length) return KINIT_ERROR_SIZE;
  *product *= length;
  return KINIT_OK;
}

kinit_status kinit_fans(int ndim, const int64_t *shape, int64_t *fan_in, int64_t *fan_out) {
  if (ndim < 2 || ndim > KINIT_MAX_DIMENSIONS) return KINIT_ERROR_DIMENSIONS;
  if (shape == NULL || fan_in == NULL || fan_out == NULL) return KINIT_ERROR_NULL;
  for (int k = 0; k < ndim; k++)
    if (shape[k] < 0) return KINIT_ERROR_SIZE;
  int64_t in = shape[1], out = shape[0];
  for (int k = 2; k < ndim; k++)
    if (multiply(&in, shape[k]) != KINIT_OK || multiply(&out, shape[k]) != KINIT_OK) return KINIT_ERROR_SIZE;
  *fan_in = in;
  *fan_out = out;
  return KINIT_OK;
}

/* The sum may exceed INT64_MAX, but not UINT64_MAX; it is rounded once. */
static double fan_sum(int64_t fan_in, int64_t fan_out) { return (double)((uint64_t)fan_in + (uint64_t)fan_out); }

static kinit_status choose_fan(int ndim, const int64_t *shape, kinit_fan_mode mode, double *fan) {
  int64_t in, out;
  const kinit_status status = kinit_fans(ndim, shape, &in, &out);
  if (status != KINIT_OK) return status;
  switch (mode) {
    case KINIT_FAN_IN:
      *fan = (double)in;
      return KINIT_OK;
    case KINIT_FAN_OUT:
      *fan = (double)out;
      return KINIT_OK;
    case KINIT_FAN_AVG:
      *fan = fan_sum(in, out) / 2;
      return KINIT_OK;
  }
  return KINIT_ERROR_ENUM;
}

/* ---- Gains ------------------------------------------------------------------------------------------------------ */

/* PyTorch squares with the C library's pow, which rounds one slope in a thousand differently. A product is the same
 * everywhere. */
static kinit_status compute_leaky_gain(double slope, double *gain) {
  const double square = slope * slope;
  if (!isfinite(square)) return KINIT_ERROR_NOT_FINITE;
  *gain = sqrt(2.0 / (1 + square));
  return KINIT_OK;
}

static NOINLINE kinit_status compute_gain(kinit_nonlinearity nonlinearity, double param, double *gain) {
  switch (nonlinearity) {
    case KINIT_LINEAR:
    case KINIT_CONV1D:
    case KINIT_CONV2D:
    case KINIT_CONV3D:
    case KINIT_CONV_TRANSPOSE1D:
    case KINIT_CONV_TRANSPOSE2D:
    case KINIT_CONV_TRANSPOSE3D:
    case KINIT_SIGMOID:
      *gain = 1;
      return KINIT_OK;
    case KINIT_TANH:
      *gain = 5.0 / 3;
      return KINIT_OK;
    case KINIT_RELU:
      *gain = sqrt(2.0);
      return KINIT_OK;
    case KINIT_LEAKY_RELU:
      return compute_leaky_gain(param, gain);
    case KINIT_SELU:
      *gain = 3.0 / 4;
      return KINIT_OK;
  }
  return KINIT_ERROR_ENUM;
}

kinit_status kinit_gain(kinit_nonlinearity nonlinearity, double param, double *gain) {
  if (gain == NULL) return KINIT_ERROR_NULL;
  const uint64_t before = kinit_cpu_float_begin();
  const kinit_status status = compute_gain(nonlinearity, param, gain);
  kinit_cpu_float_end(before);
  return status;
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

static kinit_spread spread_of(double stddev) {
  const kinit_spread spread = {stddev, sqrt(3.0) * stddev};
  return spread;
}

static NOINLINE kinit_status compute_kaiming(int ndim, const int64_t *shape, double a, kinit_fan_mode mode,
                                             kinit_nonlinearity nonlinearity, kinit_spread *spread) {
  double fan, gain;
  kinit_status status = choose_fan(ndim, shape, mode, &fan);
  if (status == KINIT_OK) status = compute_gain(nonlinearity, a, &gain);
  if (status == KINIT_OK) *spread = spread_of(gain / sqrt(fan));
  return status;
}

kinit_status kinit_scheme_kaiming(int ndim, const int64_t *shape, double a, kinit_fan_mode mode,
                                  kinit_nonlinearity nonlinearity, kinit_spread *spread) {
  const uint64_t before = kinit_cpu_float_begin();
  const kinit_status status = compute_kaiming(ndim, shape, a, mode, nonlinearity, spread);
  kinit_cpu_float_end(before);
  return status;
}

static NOINLINE kinit_status compute_xavier(int ndim, const int64_t *shape, double gain, kinit_spread *spread) {
  int64_t in, out;
  const kinit_status status = kinit_fans(ndim, shape, &in, &out);
  if (status != KINIT_OK) return status;
  if (!isfinite(gain)) return KINIT_ERROR_NOT_FINITE;
  if (gain < 0) return KINIT_ERROR_NEGATIVE_SCALE;
  *spread = spread_of(gain * sqrt(2.0 / fan_sum(in, out)));
  return KINIT_OK;
}

kinit_status kinit_scheme_xavier(int ndim, const int64_t *shape, double gain, kinit_spread *spread) {
  const uint64_t before = kinit_cpu_float_begin();
  const kinit_status status = compute_xavier(ndim, shape, gain, spread);
  kinit_cpu_float_end(before);
  return status;
}

static kinit_status spread_variance(kinit_distribution distribution, double variance, kinit_spread *spread) {
  switch (distribution) {
    case KINIT_DIST_NORMAL:
    case KINIT_DIST_UNIFORM:
      *spread = (kinit_spread){sqrt(variance), sqrt(3 * variance)};
      return KINIT_OK;
    case KINIT_DIST_TRUNCATED_NORMAL:
      spread->stddev = sqrt(variance) / STDDEV_CUT_AT_2;
      spread->bound = 2 * spread->stddev;
      return KINIT_OK;
  }
  return KINIT_ERROR_ENUM;
}

static NOINLINE kinit_status compute_variance_scaling(int ndim, const int64_t *shape, double scale, kinit_fan_mode mode,
                                                      kinit_distribution distribution, kinit_spread *spread) {
  double fan;
  const kinit_status status = choose_fan(ndim, shape, mode, &fan);
  if (status != KINIT_OK) return status;
  if (!isfinite(scale)) return KINIT_ERROR_NOT_FINITE;
  if (scale <= 0) return KINIT_ERROR_NEGATIVE_SCALE;
  return spread_variance(distribution, scale / fan, spread);
}

kinit_status kinit_scheme_variance_scaling(int ndim, const int64_t *shape, double scale, kinit_fan_mode mode,
                                           kinit_distribution distribution, kinit_spread *spread) {
  const uint64_t before = kinit_cpu_float_begin();
  const kinit_status status = compute_variance_scaling(ndim, shape, scale, mode, distribution, spread);
  kinit_cpu_float_end(before);
  return status;
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

/* The letters of ASCII only, whatever the locale. */
static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

static bool equal_in_any_case(const char *a, const char *b) {
  while (*a != '\0' && lower(*a) == lower(*b)) a++, b++;
  return lower(*a) == lower(*b);
}

kinit_status kinit_fan_mode_from_name(const char *name, kinit_fan_mode *mode) {
  static const char *const names[] = {
      [KINIT_FAN_IN] = "fan_in", [KINIT_FAN_OUT] = "fan_out", [KINIT_FAN_AVG] = "fan_avg"};
  if (name == NULL || mode == NULL) return KINIT_ERROR_NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (!equal_in_any_case(name, names[i])) continue;
    *mode = (kinit_fan_mode)i;
    return KINIT_OK;
  }
  return KINIT_ERROR_NAME;
}

kinit_status kinit_nonlinearity_from_name(const char *name, kinit_nonlinearity *nonlinearity) {
  static const char *const names[] = {
      [KINIT_LINEAR] = "linear",
      [KINIT_CONV1D] = "conv1d",
      [KINIT_CONV2D] = "conv2d",
      [KINIT_CONV3D] = "conv3d",
      [KINIT_CONV_TRANSPOSE1D] = "conv_transpose1d",
      [KINIT_CONV_TRANSPOSE2D] = "conv_transpose2d",
      [KINIT_CONV_TRANSPOSE3D] = "conv_transpose3d",
      [KINIT_SIGMOID] = "sigmoid",
      [KINIT_TANH] = "tanh",
      [KINIT_RELU] = "relu",
      [KINIT_LEAKY_RELU] = "leaky_relu",
      [KINIT_SELU] = "selu",
  };
  if (name == NULL || nonlinearity == NULL) return KINIT_ERROR_NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(name, names[i]) != 0) continue;
    *nonlinearity = (kinit_nonlinearity)i;
    return KINIT_OK;
  }
  return KINIT_ERROR_NAME;
}
