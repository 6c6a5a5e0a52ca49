/* A range of a tensor's elements, by the public header alone.
 *
 * A range is cut into blocks, at most 2 ndim - 1 of them, and each is filled by the tensor's own initializer, so the
 * initializers stand in the library only. SPDX-License-Identifier: Apache-2.0 */
#include "fill_tensor.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static kinit_status fill_block(const tool_tensor *t, uint64_t seed, const int64_t *start, const int64_t *shape,
                               void *dst) {
  const bool has_parts = t->ndim > 0; /* without dimensions the one element is the whole */
  const kinit_tensor block = {
      dst, t->dtype, t->ndim, shape, NULL, has_parts ? t->shape : NULL, has_parts ? start : NULL};
  return kinit_initialize(&block, &t->init, kinit_stream_named(seed, t->name));
}

kinit_status tool_fill_check(const tool_tensor *tensor) {
  static const int64_t zeros[TOOL_MAX_DIMENSIONS];
  if (tensor->ndim < 0 || tensor->ndim > TOOL_MAX_DIMENSIONS) return KINIT_ERROR_DIMENSIONS;
  double element; /* what a tensor without dimensions has; a block of length 0 has none */
  const kinit_status status = fill_block(tensor, 0, zeros, zeros, &element);
  if (status != KINIT_OK) return status;
  return tool_tensor_elements(tensor) <= INT64_MAX / tool_dtype_size(tensor->dtype) ? KINIT_OK : KINIT_ERROR_SIZE;
}

/* The largest block that begins at element `first` and whose elements, at most `count`, follow one another. Returns
 * their number. */
static uint64_t cut_block(const tool_tensor *t, uint64_t first, uint64_t count, int64_t *start, int64_t *shape) {
  for (int k = t->ndim - 1; k >= 0; k--) {
    start[k] = (int64_t)(first % (uint64_t)t->shape[k]);
    first /= (uint64_t)t->shape[k];
    shape[k] = 1;
  }
  uint64_t inner = 1; /* elements of the whole dimensions behind k */
  int k = t->ndim - 1;
  for (; k > 0 && start[k] == 0 && (uint64_t)t->shape[k] <= count / inner; k--) {
    shape[k] = t->shape[k];
    inner *= (uint64_t)t->shape[k];
  }
  if (k < 0) return 1;
  const uint64_t left = (uint64_t)(t->shape[k] - start[k]), fits = count / inner;
  shape[k] = (int64_t)(left < fits ? left : fits);
  return inner * (uint64_t)shape[k];
}

/* Sets the part of the zero row to zero that is in elements `first` to first + count. */
static void clear_row(const tool_tensor *t, uint64_t first, uint64_t count, char *dst) {
  if (!t->has_zero_row || count == 0) return;
  const uint64_t length = tool_tensor_elements(t) / (uint64_t)t->shape[0], row = (uint64_t)t->zero_row * length;
  const uint64_t begin = first > row ? first : row;
  const uint64_t end = first + count < row + length ? first + count : row + length;
  const size_t size = tool_dtype_size(t->dtype);
  if (begin < end) memset(dst + (begin - first) * size, 0, (size_t)(end - begin) * size);
}

kinit_status tool_fill(const tool_tensor *tensor, uint64_t seed, uint64_t first, uint64_t count, void *dst) {
  const size_t size = tool_dtype_size(tensor->dtype);
  const uint64_t begin = first, whole = count;
  char *to = dst;
  while (count > 0) {
    int64_t start[TOOL_MAX_DIMENSIONS], shape[TOOL_MAX_DIMENSIONS];
    const uint64_t taken = cut_block(tensor, first, count, start, shape);
    const kinit_status status = fill_block(tensor, seed, start, shape, to);
    if (status != KINIT_OK) return status;
    first += taken;
    count -= taken;
    to += taken * size;
  }
  clear_row(tensor, begin, whole, dst);
  return KINIT_OK;
}

/* ---- What the dtype holds ---------------------------------------------------------------------------------------- */

/* The least magnitude that rounds to infinity (NaN where there is none), and the largest number. */
static const struct {
  double limit, largest;
} ranges[] = {[KINIT_F32] = {0x1.ffffffp127, 0x1.fffffep127},
              [KINIT_F64] = {INFINITY, 0x1.fffffffffffffp1023},
              [KINIT_F16] = {65520, 65504},
              [KINIT_BF16] = {0x1.ffp127, 0x1.fep127},
              [KINIT_F8_E4M3] = {0x1.d000000000001p8, 448},
              [KINIT_F8_E5M2] = {61440, 57344}};

/* Normals of kinit lie within 6.77 standard deviations. */
static double normal_overflow(double mean, double stddev, double limit) {
  const double above = (limit - mean) / stddev, below = (limit + mean) / stddev;
  return (above < 6.77 ? erfc(above / sqrt(2)) / 2 : 0) + (below < 6.77 ? erfc(below / sqrt(2)) / 2 : 0);
}

static double uniform_overflow(double low, double high, double limit) {
  if (low == high) return fabs(low) >= limit ? 1 : 0;
  return (fmax(0, fmin(high - limit, high - low)) + fmax(0, fmin(-limit - low, high - low))) / (high - low);
}

double tool_fill_overflow(const tool_tensor *tensor, double *largest) {
  kinit_resolved r;
  const double limit = ranges[tensor->dtype].limit;
  *largest = ranges[tensor->dtype].largest;
  const kinit_scheme scheme = tensor->init.scheme;
  if (scheme == KINIT_SCHEME_EYE || scheme == KINIT_SCHEME_DIRAC || isinf(limit)) return 0;
  if (kinit_resolve(&tensor->init, tensor->ndim, tensor->shape, &r) != KINIT_OK) return 0;
  if (scheme == KINIT_SCHEME_CONSTANT) return fabs(r.value) >= limit ? 1 : 0;
  if (r.distribution == KINIT_DIST_UNIFORM) return uniform_overflow(r.low, r.high, limit);
  if (r.distribution == KINIT_DIST_TRUNCATED_NORMAL && r.high < limit && r.low > -limit) return 0;
  return r.stddev > 0 ? normal_overflow(r.mean, r.stddev, limit) : fabs(r.mean) >= limit ? 1 : 0;
}
