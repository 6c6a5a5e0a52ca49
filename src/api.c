/* The public functions that fill, or say with what: check, then scheme, then fill.
 *
 * Owns: the order of the steps. SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fill.h"
#include "identity.h"
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

/* Of a checked tensor. */
static kinit_status fill_checked(const kinit_tensor *tensor, const kinit_dist *dist, kinit_stream stream) {
  const kinit_layout layout = kinit_layout_tensor(tensor, kinit_dtype_size(tensor->dtype), stream.offset);
  return kinit_fill(&layout, tensor->dtype, dist, stream);
}

static kinit_status fill_tensor(const kinit_tensor *tensor, const kinit_dist *dist, kinit_stream stream) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  return status != KINIT_OK ? status : fill_checked(tensor, dist, stream);
}

/* The arguments and the results of kinit_scheme_resolve. */
typedef struct resolution {
  const kinit_initializer *initializer;
  int ndim;
  const int64_t *shape;
  kinit_dist dist;
  kinit_fan_pair fans;
} resolution;

static kinit_status resolve(void *context) {
  resolution *r = context;
  return kinit_scheme_resolve(r->initializer, r->ndim, r->shape, &r->dist, &r->fans);
}

static bool is_identity(kinit_scheme scheme) { return scheme == KINIT_SCHEME_EYE || scheme == KINIT_SCHEME_DIRAC; }

/* What a checked initializer makes of a checked tensor with `count` elements. */
static kinit_status initialize(const kinit_tensor *tensor, uint64_t count, const kinit_initializer *initializer,
                               kinit_stream stream) {
  if (is_identity(initializer->scheme)) return kinit_identity_fill(tensor, count, initializer);
  const int64_t *whole = tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
  resolution r = {.initializer = initializer, .ndim = tensor->ndim, .shape = whole};
  const kinit_status status = kinit_fill_compute(resolve, &r);
  if (status != KINIT_OK || (count == 0 && kinit_scheme_has_fans(initializer->scheme))) return status;
  return fill_checked(tensor, &r.dist, stream);
}

kinit_status kinit_initialize(const kinit_tensor *tensor, const kinit_initializer *initializer, kinit_stream stream) {
  uint64_t count;
  kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  if (status == KINIT_OK) status = kinit_check_initializer(initializer);
  return status != KINIT_OK ? status : initialize(tensor, count, initializer, stream);
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

kinit_initializer kinit_initializer_default(kinit_scheme scheme) {
  const bool uniform = scheme == KINIT_SCHEME_UNIFORM;
  return *INITIALIZER(.scheme = scheme, .stddev = 1, .low = uniform ? 0 : -2, .high = uniform ? 1 : 2,
                      .mode = KINIT_FAN_IN, .nonlinearity = KINIT_LEAKY_RELU, .gain = 1, .scale = 1,
                      .distribution = KINIT_DIST_TRUNCATED_NORMAL);
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

static kinit_status resolve_and_check(void *context) {
  const resolution *r = context;
  if (is_identity(r->initializer->scheme)) {
    const kinit_status status = kinit_identity_check(r->initializer, r->ndim, r->shape);
    if (status != KINIT_OK) return status;
  }
  const kinit_status status = resolve(context);
  return status != KINIT_OK ? status : kinit_check_distribution(KINIT_F64, &r->dist);
}

static kinit_distribution distribution_of(const resolution *r) {
  return is_identity(r->initializer->scheme) ? KINIT_DIST_IDENTITY : (kinit_distribution)r->dist.family;
}

kinit_status kinit_resolve(const kinit_initializer *initializer, int ndim, const int64_t *shape,
                           kinit_resolved *resolved) {
  resolution r = {.initializer = initializer, .ndim = ndim, .shape = shape};
  if (resolved == NULL) return KINIT_ERROR_NULL;
  kinit_status status = kinit_check_initializer(initializer);
  if (status == KINIT_OK) status = kinit_check_shape(ndim, shape);
  if (status == KINIT_OK) status = kinit_fill_compute(resolve_and_check, &r);
  if (status != KINIT_OK) return status;
  const kinit_dist *d = &r.dist;
  *resolved = (kinit_resolved){distribution_of(&r), d->mean,           d->stddev, d->low, d->high, d->value,
                               (double)r.fans.in,   (double)r.fans.out};
  return KINIT_OK;
}

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
