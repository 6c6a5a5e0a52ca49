/* An initializer as a value: check, then scheme, then a fill.
 *
 * Owns: the order of the steps, for the processor and for a GPU. SPDX-License-Identifier: Apache-2.0 */
#include "initialize.h"

#include "check.h"
#include "identity.h"
#include "scheme.h"

kinit_initializer kinit_initializer_default(kinit_scheme scheme) {
  const bool uniform = scheme == KINIT_SCHEME_UNIFORM;
  return (kinit_initializer){.size = sizeof(kinit_initializer),
                             .groups = 1,
                             .scheme = scheme,
                             .stddev = 1,
                             .low = uniform ? 0 : -2,
                             .high = uniform ? 1 : 2,
                             .mode = KINIT_FAN_IN,
                             .nonlinearity = KINIT_LEAKY_RELU,
                             .gain = 1,
                             .scale = 1,
                             .distribution = KINIT_DIST_TRUNCATED_NORMAL};
}

/* The arguments and the results of kinit_scheme_resolve. */
typedef struct resolution {
  const kinit_initializer *initializer;
  int ndim;
  const int64_t *shape;
  kinit_dist dist;
  kinit_fan_pair fans;
} resolution;

static bool is_identity(kinit_scheme scheme) { return scheme == KINIT_SCHEME_EYE || scheme == KINIT_SCHEME_DIRAC; }

static kinit_status resolve(void *context) {
  resolution *r = context;
  if (is_identity(r->initializer->scheme)) {
    const kinit_status status = kinit_identity_check(r->initializer, r->ndim, r->shape);
    if (status != KINIT_OK) return status;
  }
  return kinit_scheme_resolve(r->initializer, r->ndim, r->shape, &r->dist, &r->fans);
}

/* What a checked initializer makes of a checked tensor with `count` elements. */
static kinit_status initialize(kinit_filling filling, const kinit_tensor *tensor, uint64_t count,
                               const kinit_initializer *initializer, kinit_stream stream) {
  const int64_t *whole = tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
  resolution r = {.initializer = initializer, .ndim = tensor->ndim, .shape = whole};
  const kinit_status status = kinit_fill_compute(resolve, &r);
  if (status != KINIT_OK || (count == 0 && kinit_scheme_has_fans(initializer->scheme))) return status;
  if (is_identity(initializer->scheme)) return kinit_identity_fill(filling, tensor, count, initializer);
  const kinit_layout layout = kinit_layout_tensor(tensor, kinit_dtype_size(tensor->dtype), stream.offset);
  return filling.fill(filling.context, &layout, tensor->dtype, &r.dist, stream);
}

kinit_status kinit_initialize_by(kinit_filling filling, const kinit_tensor *tensor,
                                 const kinit_initializer *initializer, kinit_stream stream) {
  uint64_t count;
  kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  if (status == KINIT_OK) status = kinit_check_initializer(initializer);
  return status != KINIT_OK ? status : initialize(filling, tensor, count, initializer, stream);
}

static kinit_status fill_here(void *context, const kinit_layout *layout, kinit_dtype dtype, const kinit_dist *dist,
                              kinit_stream stream) {
  (void)context;
  return kinit_fill(layout, dtype, dist, stream);
}

kinit_status kinit_initialize(const kinit_tensor *tensor, const kinit_initializer *initializer, kinit_stream stream) {
  return kinit_initialize_by((kinit_filling){fill_here, NULL}, tensor, initializer, stream);
}

static kinit_status resolve_and_check(void *context) {
  const resolution *r = context;
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
