/* The public functions that fill, or say with what: check, then fill.
 *
 * Owns: streams, flat fills, the functions of 1.0 on tensors, fans and gains. What is an initializer stands in
 * initialize.c. SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fill.h"
#include "kinit/kinit.h"
#include "layout.h"
#include "scheme.h"

/* ---- Streams ----------------------------------------------------------------------------------------------------- */

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv */
kinit_stream kinit_stream_named(uint64_t seed, const char *name) {
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (const char *c = name; c != NULL && *c != '\0'; c++) hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
  return (kinit_stream){seed, hash, 0};
}

/* ---- The steps --------------------------------------------------------------------------------------------------- */

static const kinit_stream no_stream = {0, 0, 0};

static kinit_status fill_flat(void *dst, kinit_dtype dtype, size_t count, const kinit_dist *dist, kinit_stream stream) {
  const kinit_status status = kinit_check_flat(dst, dtype, count, stream.offset);
  if (status != KINIT_OK) return status;
  const kinit_layout layout = kinit_layout_flat(dst, kinit_dtype_size(dtype), stream.offset, count);
  return kinit_fill(&layout, dtype, dist, stream);
}

static kinit_status fill_tensor(const kinit_tensor *tensor, const kinit_dist *dist, kinit_stream stream) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  if (status != KINIT_OK) return status;
  const kinit_layout layout = kinit_layout_tensor(tensor, kinit_dtype_size(tensor->dtype), stream.offset);
  return kinit_fill(&layout, tensor->dtype, dist, stream);
}

/* ---- Flat fills -------------------------------------------------------------------------------------------------- */

kinit_status kinit_fill_bits(uint32_t *dst, size_t count, kinit_stream stream) {
  return fill_flat(dst, KINIT_F32, count, &(kinit_dist){.family = KINIT_FAMILY_BITS}, stream);
}

kinit_status kinit_fill_uniform(void *dst, kinit_dtype dtype, size_t count, double low, double high,
                                kinit_stream stream) {
  return fill_flat(dst, dtype, count, &(kinit_dist){.family = KINIT_FAMILY_UNIFORM, .low = low, .high = high}, stream);
}

kinit_status kinit_fill_normal(void *dst, kinit_dtype dtype, size_t count, double mean, double stddev,
                               kinit_stream stream) {
  const kinit_dist dist = {.family = KINIT_FAMILY_NORMAL, .mean = mean, .stddev = stddev};
  return fill_flat(dst, dtype, count, &dist, stream);
}

kinit_status kinit_fill_truncated_normal(void *dst, kinit_dtype dtype, size_t count, double mean, double stddev,
                                         double low, double high, kinit_stream stream) {
  const kinit_dist dist = {KINIT_FAMILY_TRUNCATED_NORMAL, mean, stddev, low, high, 0};
  return fill_flat(dst, dtype, count, &dist, stream);
}

kinit_status kinit_fill_constant(void *dst, kinit_dtype dtype, size_t count, double value) {
  return fill_flat(dst, dtype, count, &(kinit_dist){.family = KINIT_FAMILY_CONSTANT, .value = value}, no_stream);
}

/* ---- Initializers on a tensor ------------------------------------------------------------------------------------ */

#define INITIALIZER(...) (&(kinit_initializer){.size = sizeof(kinit_initializer), .groups = 1, __VA_ARGS__})

kinit_status kinit_uniform(const kinit_tensor *tensor, double low, double high, kinit_stream stream) {
  return fill_tensor(tensor, &(kinit_dist){.family = KINIT_FAMILY_UNIFORM, .low = low, .high = high}, stream);
}

kinit_status kinit_normal(const kinit_tensor *tensor, double mean, double stddev, kinit_stream stream) {
  return fill_tensor(tensor, &(kinit_dist){.family = KINIT_FAMILY_NORMAL, .mean = mean, .stddev = stddev}, stream);
}

kinit_status kinit_truncated_normal(const kinit_tensor *tensor, double mean, double stddev, double low, double high,
                                    kinit_stream stream) {
  return fill_tensor(tensor, &(kinit_dist){KINIT_FAMILY_TRUNCATED_NORMAL, mean, stddev, low, high, 0}, stream);
}

kinit_status kinit_constant(const kinit_tensor *tensor, double value) {
  return fill_tensor(tensor, &(kinit_dist){.family = KINIT_FAMILY_CONSTANT, .value = value}, no_stream);
}

kinit_status kinit_kaiming_normal(const kinit_tensor *tensor, double a, kinit_fan_mode mode,
                                  kinit_nonlinearity nonlinearity, kinit_stream stream) {
  return kinit_initialize(
      tensor, INITIALIZER(.scheme = KINIT_SCHEME_KAIMING_NORMAL, .a = a, .mode = mode, .nonlinearity = nonlinearity),
      stream);
}

kinit_status kinit_kaiming_uniform(const kinit_tensor *tensor, double a, kinit_fan_mode mode,
                                   kinit_nonlinearity nonlinearity, kinit_stream stream) {
  return kinit_initialize(
      tensor, INITIALIZER(.scheme = KINIT_SCHEME_KAIMING_UNIFORM, .a = a, .mode = mode, .nonlinearity = nonlinearity),
      stream);
}

kinit_status kinit_xavier_normal(const kinit_tensor *tensor, double gain, kinit_stream stream) {
  return kinit_initialize(tensor, INITIALIZER(.scheme = KINIT_SCHEME_XAVIER_NORMAL, .gain = gain), stream);
}

kinit_status kinit_xavier_uniform(const kinit_tensor *tensor, double gain, kinit_stream stream) {
  return kinit_initialize(tensor, INITIALIZER(.scheme = KINIT_SCHEME_XAVIER_UNIFORM, .gain = gain), stream);
}

kinit_status kinit_variance_scaling(const kinit_tensor *tensor, double scale, kinit_fan_mode mode,
                                    kinit_distribution distribution, kinit_stream stream) {
  return kinit_initialize(
      tensor,
      INITIALIZER(.scheme = KINIT_SCHEME_VARIANCE_SCALING, .scale = scale, .mode = mode, .distribution = distribution),
      stream);
}

kinit_status kinit_eye(const kinit_tensor *tensor) {
  return kinit_initialize(tensor, INITIALIZER(.scheme = KINIT_SCHEME_EYE), no_stream);
}

kinit_status kinit_dirac(const kinit_tensor *tensor, int64_t groups) {
  return kinit_initialize(
      tensor, &(kinit_initializer){.size = sizeof(kinit_initializer), .scheme = KINIT_SCHEME_DIRAC, .groups = groups},
      no_stream);
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

kinit_status kinit_fans(int ndim, const int64_t *shape, int64_t *fan_in, int64_t *fan_out) {
  kinit_fan_pair fans;
  const kinit_status status = kinit_scheme_fans(ndim, shape, NULL, 1, &fans);
  if (status == KINIT_ERROR_DIMENSIONS) return status;
  if (fan_in == NULL || fan_out == NULL) return KINIT_ERROR_NULL;
  if (status != KINIT_OK) return status;
  *fan_in = fans.in;
  *fan_out = fans.out;
  return KINIT_OK;
}

kinit_status kinit_fans_axes(int ndim, const int64_t *shape, const kinit_axes *axes, int64_t groups, double *fan_in,
                             double *fan_out) {
  kinit_fan_pair fans;
  const kinit_status status = kinit_scheme_fans(ndim, shape, axes, groups, &fans);
  if (status == KINIT_ERROR_DIMENSIONS) return status;
  if (fan_in == NULL || fan_out == NULL) return KINIT_ERROR_NULL;
  if (status != KINIT_OK) return status;
  *fan_in = (double)fans.in;
  *fan_out = (double)fans.out;
  return KINIT_OK;
}

typedef struct gain_call {
  kinit_nonlinearity nonlinearity;
  double param, gain;
} gain_call;

static kinit_status compute_gain(void *context) {
  gain_call *call = context;
  return kinit_scheme_gain(call->nonlinearity, call->param, &call->gain);
}

kinit_status kinit_gain(kinit_nonlinearity nonlinearity, double param, double *gain) {
  gain_call call = {nonlinearity, param, 0};
  if (gain == NULL) return KINIT_ERROR_NULL;
  const kinit_status status = kinit_fill_compute(compute_gain, &call);
  if (status == KINIT_OK) *gain = call.gain;
  return status;
}
