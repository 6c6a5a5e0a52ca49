/* Every rule about arguments, once.
 *
 * Owns: the rules, and the arithmetic that cannot overflow. SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <math.h>
#include <stdbool.h>

#include "layout.h"

/* No object is larger, so that distances in memory fit in signed arithmetic. */
#define MAX_BYTES ((uint64_t)PTRDIFF_MAX)
#define MAX_INDEX ((uint64_t)INT64_MAX)

size_t kinit_dtype_size(kinit_dtype dtype) {
  switch (dtype) {
    case KINIT_F32:
      return 4;
    case KINIT_F64:
      return 8;
    case KINIT_F16:
    case KINIT_BF16:
      return 2;
  }
  return 0;
}

static kinit_status check_data(const void *data, size_t element_size, uint64_t count) {
  if (data == NULL && count > 0) return KINIT_ERROR_NULL;
  return (uintptr_t)data % element_size == 0 ? KINIT_OK : KINIT_ERROR_MISALIGNED;
}

kinit_status kinit_check_flat(const void *dst, kinit_dtype dtype, size_t count) {
  const size_t size = kinit_dtype_size(dtype);
  if (size == 0) return KINIT_ERROR_DTYPE;
  if (count > MAX_BYTES / size) return KINIT_ERROR_SIZE;
  return check_data(dst, size, count);
}

kinit_status kinit_check_stream(kinit_dtype dtype, uint64_t count, uint64_t offset) {
  if (dtype == KINIT_F64) {
    const uint64_t end = UINT64_C(1) << 63;
    return offset <= end && count <= end - offset ? KINIT_OK : KINIT_ERROR_STREAM_END;
  }
  return count == 0 || count - 1 <= UINT64_MAX - offset ? KINIT_OK : KINIT_ERROR_STREAM_END;
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
  for (int k = 0; k < ndim && !empty; k++) {
    if ((uint64_t)shape[k] > limit / *count) return KINIT_ERROR_SIZE;
    *count *= (uint64_t)shape[k];
  }
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
  if (status == KINIT_OK) status = kinit_check_stream(tensor->dtype, *count > 0 ? last + 1 : 0, offset);
  return status;
}

/* ---- Parameters ------------------------------------------------------------------------------------------------- */

/* Finite in the type used. */
static bool finite_in(kinit_dtype dtype, double value) {
  return dtype == KINIT_F64 ? isfinite(value) : isfinite((float)value);
}

kinit_status kinit_check_uniform(kinit_dtype dtype, double low, double high) {
  if (!finite_in(dtype, low) || !finite_in(dtype, high)) return KINIT_ERROR_NOT_FINITE;
  if (low > high) return KINIT_ERROR_BOUNDS;
  const double span = dtype == KINIT_F64 ? high - low : (double)(float)high - (double)(float)low;
  return finite_in(dtype, span) ? KINIT_OK : KINIT_ERROR_NOT_FINITE;
}

kinit_status kinit_check_normal(kinit_dtype dtype, double mean, double stddev) {
  if (!finite_in(dtype, mean) || !finite_in(dtype, stddev)) return KINIT_ERROR_NOT_FINITE;
  return stddev >= 0 ? KINIT_OK : KINIT_ERROR_NEGATIVE_SCALE;
}

kinit_status kinit_check_truncated(kinit_dtype dtype, double mean, double stddev, double low, double high) {
  if (!finite_in(dtype, low) || !finite_in(dtype, high)) return KINIT_ERROR_NOT_FINITE;
  const kinit_status status = kinit_check_normal(dtype, mean, stddev);
  if (status != KINIT_OK) return status;
  const bool apart = dtype == KINIT_F64 ? low < high : (float)low < (float)high;
  return apart ? KINIT_OK : KINIT_ERROR_BOUNDS;
}

kinit_status kinit_check_constant(kinit_dtype dtype, double value) {
  if (!finite_in(dtype, value)) return KINIT_ERROR_NOT_FINITE;
  /* From here on, halfway between the largest value and the next power of two, rounding gives infinity. */
  const float overflow = dtype == KINIT_F16 ? 65520.0f : 0x1.FFp127f;
  const bool narrow = dtype == KINIT_F16 || dtype == KINIT_BF16;
  return narrow && fabsf((float)value) >= overflow ? KINIT_ERROR_NOT_FINITE : KINIT_OK;
}
