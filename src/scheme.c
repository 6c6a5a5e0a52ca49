/* Schemes: an initializer and a shape -> a distribution and its parameters.
 *
 * Owns: fans, gains, and the formulas of Kaiming, Xavier and variance scaling. SPDX-License-Identifier: Apache-2.0
 *
 * Only additions, products, quotients and square roots, all correctly rounded, in the order in which torch.nn.init and
 * jax.nn.initializers have them: so the last bit agrees, here and on every machine. */
#include "scheme.h"

#include <math.h>
#include <stddef.h>

/* Standard deviation of a standard normal that is cut at -2 and 2: sqrt(1 - 4 phi(2) / (2 Phi(2) - 1)). */
#define STDDEV_CUT_AT_2 0.87962566103423978

/* ---- Fans -------------------------------------------------------------------------------------------------------- */

static const kinit_axes pytorch_axes = {.in = 2, .out = 1, .batch = 0};

static bool is_default(const kinit_axes *axes) { return axes == NULL || (axes->in | axes->out | axes->batch) == 0; }

/* Every dimension has one role at most, and exists. */
static bool axes_fit(const kinit_axes *axes, int ndim) {
  const uint64_t all = axes->in | axes->out | axes->batch;
  const bool twice = (axes->in & axes->out) != 0 || ((axes->in | axes->out) & axes->batch) != 0;
  return !twice && (ndim >= 64 || all >> ndim == 0);
}

/* Product of the lengths of the dimensions that are in `set`. Lengths are not negative. */
static kinit_status product_of(int ndim, const int64_t *shape, uint64_t set, int64_t *product) {
  *product = 1;
  for (int k = 0; k < ndim; k++) {
    if ((set >> k & 1) == 0) continue;
    if (__builtin_mul_overflow(*product, shape[k], product)) return KINIT_ERROR_SIZE;
  }
  return KINIT_OK;
}

kinit_status kinit_scheme_fans(int ndim, const int64_t *shape, const kinit_axes *axes, int64_t groups,
                               kinit_fan_pair *fans) {
  if (ndim < 2 || ndim > KINIT_MAX_DIMENSIONS) return KINIT_ERROR_DIMENSIONS;
  if (shape == NULL || fans == NULL) return KINIT_ERROR_NULL;
  if (is_default(axes)) axes = &pytorch_axes;
  if (!axes_fit(axes, ndim)) return KINIT_ERROR_DIMENSIONS;
  for (int k = 0; k < ndim; k++)
    if (shape[k] < 0) return KINIT_ERROR_SIZE;
  kinit_fan_pair result;
  int64_t outputs;
  kinit_status status = product_of(ndim, shape, ~(axes->out | axes->batch), &result.in);
  if (status == KINIT_OK) status = product_of(ndim, shape, ~(axes->in | axes->batch), &result.out);
  if (status == KINIT_OK) status = product_of(ndim, shape, axes->out, &outputs);
  if (status != KINIT_OK) return status;
  if (groups <= 0 || (groups > 1 && outputs % groups != 0)) return KINIT_ERROR_GROUPS;
  if (groups > 1) result.out /= groups;
  *fans = result;
  return KINIT_OK;
}

/* The sum may exceed INT64_MAX, but not UINT64_MAX; it is rounded once. */
static double fan_sum(kinit_fan_pair fans) { return (double)((uint64_t)fans.in + (uint64_t)fans.out); }

static kinit_status choose_fan(kinit_fan_pair fans, kinit_fan_mode mode, double *fan) {
  switch (mode) {
    case KINIT_FAN_IN:
      *fan = (double)fans.in;
      return KINIT_OK;
    case KINIT_FAN_OUT:
      *fan = (double)fans.out;
      return KINIT_OK;
    case KINIT_FAN_AVG:
      *fan = fan_sum(fans) / 2;
      return KINIT_OK;
    case KINIT_FAN_GEO_AVG:
      *fan = sqrt((double)fans.in * (double)fans.out);
      return KINIT_OK;
  }
  return KINIT_ERROR_ENUM;
}

static double at_least_one(double fan) { return fan == 0 ? 1 : fan; }

/* ---- Gains ------------------------------------------------------------------------------------------------------- */

/* PyTorch squares with the C library's pow, which rounds one slope in a thousand differently. A product is the same
 * everywhere. */
static kinit_status leaky_gain(double slope, double *gain) {
  const double square = slope * slope;
  if (!isfinite(square)) return KINIT_ERROR_NOT_FINITE;
  *gain = sqrt(2.0 / (1 + square));
  return KINIT_OK;
}

kinit_status kinit_scheme_gain(kinit_nonlinearity nonlinearity, double param, double *gain) {
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
      return leaky_gain(param, gain);
    case KINIT_SELU:
      *gain = 3.0 / 4;
      return KINIT_OK;
  }
  return KINIT_ERROR_ENUM;
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

static kinit_dist centred_normal(double stddev) {
  return (kinit_dist){.family = KINIT_FAMILY_NORMAL, .stddev = stddev};
}

static kinit_dist centred_uniform(double stddev, double bound) {
  return (kinit_dist){.family = KINIT_FAMILY_UNIFORM, .stddev = stddev, .low = -bound, .high = bound};
}

/* The normal, or the uniform, distribution with this standard deviation. */
static kinit_dist centred(bool normal, double stddev) {
  return normal ? centred_normal(stddev) : centred_uniform(stddev, sqrt(3.0) * stddev);
}

static kinit_status resolve_kaiming(const kinit_initializer *i, kinit_fan_pair fans, kinit_dist *dist) {
  double fan, gain;
  kinit_status status = choose_fan(fans, i->mode, &fan);
  if (status == KINIT_OK) status = kinit_scheme_gain(i->nonlinearity, i->a, &gain);
  if (status == KINIT_OK) *dist = centred(i->scheme == KINIT_SCHEME_KAIMING_NORMAL, gain / sqrt(at_least_one(fan)));
  return status;
}

static kinit_status resolve_xavier(const kinit_initializer *i, kinit_fan_pair fans, kinit_dist *dist) {
  if (!isfinite(i->gain)) return KINIT_ERROR_NOT_FINITE;
  if (i->gain < 0) return KINIT_ERROR_NEGATIVE_SCALE;
  *dist = centred(i->scheme == KINIT_SCHEME_XAVIER_NORMAL, i->gain * sqrt(2.0 / at_least_one(fan_sum(fans))));
  return KINIT_OK;
}

static kinit_status distribute(kinit_distribution distribution, double variance, kinit_dist *dist) {
  const double stddev = sqrt(variance), uncut = stddev / STDDEV_CUT_AT_2;
  switch (distribution) {
    case KINIT_DIST_NORMAL:
      *dist = centred_normal(stddev);
      return KINIT_OK;
    case KINIT_DIST_UNIFORM:
      *dist = centred_uniform(stddev, sqrt(3 * variance));
      return KINIT_OK;
    case KINIT_DIST_TRUNCATED_NORMAL:
      *dist = (kinit_dist){
          .family = KINIT_FAMILY_TRUNCATED_NORMAL, .stddev = uncut, .low = -(2 * uncut), .high = 2 * uncut};
      return KINIT_OK;
    case KINIT_DIST_CONSTANT:
    case KINIT_DIST_IDENTITY:
      break; /* not distributions of a variance */
  }
  return KINIT_ERROR_ENUM;
}

static kinit_status resolve_variance_scaling(const kinit_initializer *i, kinit_fan_pair fans, kinit_dist *dist) {
  double fan;
  const kinit_status status = choose_fan(fans, i->mode, &fan);
  if (status != KINIT_OK) return status;
  if (!isfinite(i->scale)) return KINIT_ERROR_NOT_FINITE;
  if (i->scale <= 0) return KINIT_ERROR_NEGATIVE_SCALE;
  return distribute(i->distribution, i->scale / at_least_one(fan), dist);
}

bool kinit_scheme_has_fans(kinit_scheme scheme) {
  return scheme >= KINIT_SCHEME_KAIMING_NORMAL && scheme <= KINIT_SCHEME_VARIANCE_SCALING;
}

/* The distribution that the user names with its parameters. */
static kinit_dist given(const kinit_initializer *i) {
  switch (i->scheme) {
    case KINIT_SCHEME_UNIFORM:
      return (kinit_dist){.family = KINIT_FAMILY_UNIFORM,
                          .mean = i->low / 2 + i->high / 2,
                          .stddev = (i->high / 2 - i->low / 2) / sqrt(3.0),
                          .low = i->low,
                          .high = i->high};
    case KINIT_SCHEME_NORMAL:
      return (kinit_dist){.family = KINIT_FAMILY_NORMAL, .mean = i->mean, .stddev = i->stddev};
    case KINIT_SCHEME_TRUNCATED_NORMAL:
      return (kinit_dist){.family = KINIT_FAMILY_TRUNCATED_NORMAL,
                          .mean = i->mean,
                          .stddev = i->stddev,
                          .low = i->low,
                          .high = i->high};
    case KINIT_SCHEME_CONSTANT:
      return (kinit_dist){.family = KINIT_FAMILY_CONSTANT, .value = i->value};
    default: /* the zeros of eye and dirac */
      return (kinit_dist){.family = KINIT_FAMILY_CONSTANT, .value = 0};
  }
}

/* Not inlined: see plan.c. */
__attribute__((noinline)) kinit_status kinit_scheme_resolve(const kinit_initializer *initializer, int ndim,
                                                            const int64_t *shape, kinit_dist *dist,
                                                            kinit_fan_pair *fans) {
  kinit_status status = kinit_scheme_fans(ndim, shape, &initializer->axes, initializer->groups, fans);
  if (!kinit_scheme_has_fans(initializer->scheme)) {
    if (status == KINIT_ERROR_DIMENSIONS && ndim >= 2) return status; /* axes that do not fit */
    if (status != KINIT_OK) *fans = (kinit_fan_pair){0, 0};
    *dist = given(initializer);
    return KINIT_OK;
  }
  if (status != KINIT_OK) return status;
  switch (initializer->scheme) {
    case KINIT_SCHEME_KAIMING_NORMAL:
    case KINIT_SCHEME_KAIMING_UNIFORM:
      return resolve_kaiming(initializer, *fans, dist);
    case KINIT_SCHEME_XAVIER_NORMAL:
    case KINIT_SCHEME_XAVIER_UNIFORM:
      return resolve_xavier(initializer, *fans, dist);
    default:
      return resolve_variance_scaling(initializer, *fans, dist);
  }
}
