/* Every rule about arguments, once.
 *
 * Owns: the rules, and the arithmetic that cannot overflow. SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <math.h>
#include <stdbool.h>

#include "narrow.h"

/* No object is larger, so that distances in memory fit in signed arithmetic. */
#define MAX_BYTES ((uint64_t)PTRDIFF_MAX)
#define MAX_INDEX ((uint64_t)INT64_MAX)

/* *product = a * b if that is `limit` at most. Not by a division, which costs a tenth of a small fill. */
static bool multiply(uint64_t a, uint64_t b, uint64_t limit, uint64_t *product) {
  return !__builtin_mul_overflow(a, b, product) && *product <= limit;
}

static kinit_status check_data(const void *data, size_t element_size, uint64_t count) {
  if (data == NULL && count > 0) return KINIT_ERROR_NULL;
  const uintptr_t within = element_size - 1; /* sizes are powers of 2 */
  return ((uintptr_t)data & within) == 0 ? KINIT_OK : KINIT_ERROR_MISALIGNED;
}

static kinit_status check_stream(kinit_dtype dtype, uint64_t count, uint64_t offset) {
  if (dtype == KINIT_F64) {
    const uint64_t end = UINT64_C(1) << 63;
    return offset <= end && count <= end - offset ? KINIT_OK : KINIT_ERROR_STREAM_END;
  }
  return count == 0 || count - 1 <= UINT64_MAX - offset ? KINIT_OK : KINIT_ERROR_STREAM_END;
}

kinit_status kinit_check_flat(const void *dst, kinit_dtype dtype, size_t count, uint64_t offset) {
  const size_t size = kinit_dtype_size(dtype);
  uint64_t bytes;
  if (size == 0) return KINIT_ERROR_DTYPE;
  if (!multiply(count, size, MAX_BYTES, &bytes)) return KINIT_ERROR_SIZE;
  const kinit_status status = check_data(dst, size, count);
  return status != KINIT_OK ? status : check_stream(dtype, count, offset);
}

/* ---- Tensors ---------------------------------------------------------------------------------------------------- */

/* Product of the lengths, at most `limit`; a zero among them makes it 0 however large the others are. */
static kinit_status count_elements(int ndim, const int64_t *shape, uint64_t limit, uint64_t *count) {
  bool empty = false;
  for (int k = 0; k < ndim; k++) {
    if (shape[k] < 0) return KINIT_ERROR_SIZE;
    empty = empty || shape[k] == 0;
  }
  *count = empty ? 0 : 1;
  for (int k = 0; k < ndim && !empty; k++)
    if (!multiply(*count, (uint64_t)shape[k], limit, count)) return KINIT_ERROR_SIZE;
  return KINIT_OK;
}

/* *last: index in the whole tensor of the block's last element, if it has one. */
static kinit_status check_block(const kinit_tensor *tensor, uint64_t *last) {
  const int64_t *whole = tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
  uint64_t whole_count;
  const kinit_status status = count_elements(tensor->ndim, whole, MAX_INDEX, &whole_count);
  if (status != KINIT_OK) return status;
  uint64_t index = 0;
  for (int k = 0; k < tensor->ndim; k++) {
    const int64_t start = tensor->start != NULL ? tensor->start[k] : 0;
    if (start < 0 || start > whole[k] || tensor->shape[k] > whole[k] - start) return KINIT_ERROR_BLOCK;
    index = index * (uint64_t)whole[k] + (uint64_t)start + (uint64_t)tensor->shape[k] - 1;
  }
  *last = index;
  return KINIT_OK;
}

/* The distance from the lowest to the highest address, both included, must be that of an object. */
static kinit_status check_strides(const kinit_tensor *tensor, size_t element_size) {
  uint64_t space = MAX_BYTES / element_size - 1;
  for (int k = 0; k < tensor->ndim && tensor->strides != NULL; k++) {
    if (tensor->shape[k] <= 1) continue;
    const int64_t stride = tensor->strides[k];
    const uint64_t distance = stride < 0 ? -(uint64_t)stride : (uint64_t)stride;
    const uint64_t steps = (uint64_t)tensor->shape[k] - 1;
    if (distance == 0 || distance > space / steps) return KINIT_ERROR_STRIDE;
    space -= distance * steps;
  }
  return KINIT_OK;
}

kinit_status kinit_check_shape(int ndim, const int64_t *shape) {
  uint64_t count;
  if (ndim < 0 || ndim > KINIT_MAX_DIMENSIONS) return KINIT_ERROR_DIMENSIONS;
  if (shape == NULL && ndim > 0) return KINIT_ERROR_NULL;
  return count_elements(ndim, shape, MAX_INDEX, &count);
}

static kinit_status check_arrays(const kinit_tensor *tensor) {
  if (tensor->ndim < 0 || tensor->ndim > KINIT_MAX_DIMENSIONS) return KINIT_ERROR_DIMENSIONS;
  if (tensor->shape == NULL && tensor->ndim > 0) return KINIT_ERROR_NULL;
  return (tensor->global_shape == NULL) == (tensor->start == NULL) ? KINIT_OK : KINIT_ERROR_BLOCK;
}

kinit_status kinit_check_tensor(const kinit_tensor *tensor, uint64_t offset, uint64_t *count) {
  if (tensor == NULL) return KINIT_ERROR_NULL;
  const size_t size = kinit_dtype_size(tensor->dtype);
  if (size == 0) return KINIT_ERROR_DTYPE;
  uint64_t last;
  kinit_status status = check_arrays(tensor);
  if (status == KINIT_OK) status = count_elements(tensor->ndim, tensor->shape, MAX_BYTES / size, count);
  if (status == KINIT_OK) status = check_block(tensor, &last);
  if (status == KINIT_OK) status = check_strides(tensor, size);
  if (status == KINIT_OK) status = check_data(tensor->data, size, *count);
  if (status == KINIT_OK) status = check_stream(tensor->dtype, *count > 0 ? last + 1 : 0, offset);
  return status;
}

/* ---- Initializers ------------------------------------------------------------------------------------------------ */

/* A caller with a newer header has a larger struct. What this library does not know must be left at zero. */
kinit_status kinit_check_initializer(const kinit_initializer *initializer) {
  if (initializer == NULL) return KINIT_ERROR_NULL;
  if (initializer->size < sizeof *initializer) return KINIT_ERROR_INITIALIZER;
  const unsigned char *bytes = (const unsigned char *)initializer;
  for (size_t i = sizeof *initializer; i < initializer->size; i++)
    if (bytes[i] != 0) return KINIT_ERROR_INITIALIZER;
  return kinit_scheme_name(initializer->scheme) != NULL ? KINIT_OK : KINIT_ERROR_ENUM;
}

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

/* Finite in the type used. */
static bool finite_in(kinit_dtype dtype, double value) {
  return dtype == KINIT_F64 ? isfinite(value) : isfinite((float)value);
}

static kinit_status check_uniform(kinit_dtype dtype, const kinit_dist *d) {
  if (!finite_in(dtype, d->low) || !finite_in(dtype, d->high)) return KINIT_ERROR_NOT_FINITE;
  if (d->low > d->high) return KINIT_ERROR_BOUNDS;
  const double range = dtype == KINIT_F64 ? d->high - d->low : (double)(float)d->high - (double)(float)d->low;
  return finite_in(dtype, range) ? KINIT_OK : KINIT_ERROR_NOT_FINITE;
}

static kinit_status check_normal(kinit_dtype dtype, const kinit_dist *d) {
  if (!finite_in(dtype, d->mean) || !finite_in(dtype, d->stddev)) return KINIT_ERROR_NOT_FINITE;
  return d->stddev >= 0 ? KINIT_OK : KINIT_ERROR_NEGATIVE_SCALE;
}

static kinit_status check_truncated(kinit_dtype dtype, const kinit_dist *d) {
  if (!finite_in(dtype, d->low) || !finite_in(dtype, d->high)) return KINIT_ERROR_NOT_FINITE;
  const kinit_status status = check_normal(dtype, d);
  if (status != KINIT_OK) return status;
  const bool apart = dtype == KINIT_F64 ? d->low < d->high : (float)d->low < (float)d->high;
  return apart ? KINIT_OK : KINIT_ERROR_BOUNDS;
}

static kinit_status check_constant(kinit_dtype dtype, const kinit_dist *d) {
  if (!finite_in(dtype, d->value)) return KINIT_ERROR_NOT_FINITE;
  const bool overflows = kinit_narrow_is(dtype) && fabsf((float)d->value) >= kinit_narrow_overflow(dtype);
  return overflows ? KINIT_ERROR_NOT_FINITE : KINIT_OK;
}

/* Not inlined: see plan.c. */
__attribute__((noinline)) kinit_status kinit_check_distribution(kinit_dtype dtype, const kinit_dist *dist) {
  switch (dist->family) {
    case KINIT_FAMILY_NORMAL:
      return check_normal(dtype, dist);
    case KINIT_FAMILY_TRUNCATED_NORMAL:
      return check_truncated(dtype, dist);
    case KINIT_FAMILY_UNIFORM:
      return check_uniform(dtype, dist);
    case KINIT_FAMILY_CONSTANT:
      return check_constant(dtype, dist);
    case KINIT_FAMILY_BITS:
      return KINIT_OK;
  }
  return KINIT_ERROR_ENUM;
}
