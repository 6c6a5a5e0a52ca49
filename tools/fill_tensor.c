/* A range of a tensor's elements, by the public header alone.
 *
 * A range is cut into blocks, at most 2 ndim - 1 of them, and each is filled by the tensor's own initializer, so the
 * initializers stand in the library only. SPDX-License-Identifier: Apache-2.0 */
#include "fill_tensor.h"

#include <stdbool.h>

static kinit_status initialize(const tool_tensor *t, const kinit_tensor *block, kinit_stream stream) {
  switch (t->init) {
    case TOOL_INIT_UNIFORM:
      return kinit_uniform(block, t->low, t->high, stream);
    case TOOL_INIT_NORMAL:
      return kinit_normal(block, t->mean, t->stddev, stream);
    case TOOL_INIT_TRUNCATED_NORMAL:
      return kinit_truncated_normal(block, t->mean, t->stddev, t->low, t->high, stream);
    case TOOL_INIT_CONSTANT:
      return kinit_constant(block, t->value);
    case TOOL_INIT_KAIMING_NORMAL:
      return kinit_kaiming_normal(block, t->a, t->mode, t->nonlinearity, stream);
    case TOOL_INIT_KAIMING_UNIFORM:
      return kinit_kaiming_uniform(block, t->a, t->mode, t->nonlinearity, stream);
    case TOOL_INIT_XAVIER_NORMAL:
      return kinit_xavier_normal(block, t->gain, stream);
    case TOOL_INIT_XAVIER_UNIFORM:
      return kinit_xavier_uniform(block, t->gain, stream);
    case TOOL_INIT_VARIANCE_SCALING:
      return kinit_variance_scaling(block, t->scale, t->mode, t->distribution, stream);
    case TOOL_INIT_EYE:
      return kinit_eye(block);
    case TOOL_INIT_DIRAC:
      return kinit_dirac(block, t->groups);
  }
  return KINIT_ERROR_ENUM;
}

static kinit_status fill_block(const tool_tensor *t, uint64_t seed, const int64_t *start, const int64_t *shape,
                               void *dst) {
  const bool has_parts = t->ndim > 0; /* without dimensions the one element is the whole */
  const kinit_tensor block = {
      dst, t->dtype, t->ndim, shape, NULL, has_parts ? t->shape : NULL, has_parts ? start : NULL};
  return initialize(t, &block, kinit_stream_named(seed, t->name));
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

kinit_status tool_fill(const tool_tensor *tensor, uint64_t seed, uint64_t first, uint64_t count, void *dst) {
  const size_t size = tool_dtype_size(tensor->dtype);
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
  return KINIT_OK;
}
