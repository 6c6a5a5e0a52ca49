/* Eye and dirac: ones at some places of a tensor, zeros elsewhere.
 *
 * Owns: where the ones stand. SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include "layout.h"

static const int64_t *whole_shape(const kinit_tensor *tensor) {
  return tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
}

static kinit_status fill_with(kinit_filling filling, const kinit_layout *layout, kinit_dtype dtype, double value) {
  const kinit_dist dist = {.family = KINIT_FAMILY_CONSTANT, .value = value};
  return filling.fill(filling.context, layout, dtype, &dist, (kinit_stream){0, 0, 0});
}

/* The element at an index of the whole tensor, or NULL if it is not in the block. */
static char *find_element(const kinit_tensor *tensor, const int64_t *index) {
  int64_t place = 0, dense = 1;
  for (int k = tensor->ndim - 1; k >= 0; k--) {
    const int64_t local = index[k] - (tensor->start != NULL ? tensor->start[k] : 0);
    if (local < 0 || local >= tensor->shape[k]) return NULL;
    place += local * (tensor->strides != NULL ? tensor->strides[k] : dense);
    dense *= tensor->shape[k];
  }
  return (char *)tensor->data + place * (int64_t)kinit_dtype_size(tensor->dtype);
}

/* In elements; of no meaning for a dimension of length 1. */
static int64_t stride_of(const kinit_tensor *tensor, int dimension) {
  if (tensor->strides != NULL) return tensor->strides[dimension];
  int64_t dense = 1;
  for (int k = tensor->ndim - 1; k > dimension; k--) dense *= tensor->shape[k];
  return dense;
}

/* Groups side by side, of `rows` outputs each, that have their ones in the same places. */
typedef struct groups {
  int64_t first, count, rows;
} groups;

/* The ones of those groups as a tensor of [groups, diagonal], which points to `shape` and `strides`; empty where none
 * is in the block. They stand where the channels of a group meet the first inputs, in the middle of the kernel. */
static kinit_tensor find_ones(const kinit_tensor *tensor, groups g, int64_t shape[2], int64_t strides[2]) {
  const int64_t *whole = whole_shape(tensor), zero[2] = {0, 0};
  const int64_t *start = tensor->start != NULL ? tensor->start : zero;
  const int64_t begin = g.first * g.rows, columns = start[1] + tensor->shape[1], rows = start[0] + tensor->shape[0];
  const int64_t from = begin + start[1] > start[0] ? begin + start[1] : start[0];
  const int64_t last = begin + (columns < g.rows ? columns : g.rows), end = last < rows ? last : rows;
  int64_t index[5] = {from, from - begin};
  for (int k = 2; k < tensor->ndim; k++) index[k] = whole[k] / 2;
  char *const data = from < end ? find_element(tensor, index) : NULL;
  shape[0] = data != NULL ? g.count : 0;
  shape[1] = data != NULL ? end - from : 0;
  strides[0] = shape[0] > 1 ? stride_of(tensor, 0) * g.rows : 0;
  strides[1] = shape[1] > 1 ? stride_of(tensor, 0) + stride_of(tensor, 1) : 0;
  return (kinit_tensor){.data = data, .dtype = tensor->dtype, .ndim = 2, .shape = shape, .strides = strides};
}

static kinit_status put_ones(kinit_filling filling, const kinit_tensor *tensor, groups g) {
  int64_t shape[2], strides[2];
  const kinit_tensor ones = find_ones(tensor, g, shape, strides);
  if (g.count <= 0 || ones.data == NULL) return KINIT_OK;
  const kinit_layout layout = kinit_layout_tensor(&ones, kinit_dtype_size(tensor->dtype), 0);
  return fill_with(filling, &layout, tensor->dtype, 1);
}

/* A block may hold its first and its last group in part, and holds those between them whole. */
static kinit_status put_all_ones(kinit_filling filling, const kinit_tensor *tensor, int64_t rows) {
  const int64_t start = tensor->start != NULL ? tensor->start[0] : 0;
  const int64_t first = start / rows, last = (start + tensor->shape[0] - 1) / rows;
  kinit_status status = put_ones(filling, tensor, (groups){first, 1, rows});
  if (status == KINIT_OK) status = put_ones(filling, tensor, (groups){first + 1, last - first - 1, rows});
  if (status == KINIT_OK && last > first) status = put_ones(filling, tensor, (groups){last, 1, rows});
  return status;
}

kinit_status kinit_identity_check(const kinit_initializer *initializer, int ndim, const int64_t *shape) {
  if (initializer->scheme == KINIT_SCHEME_EYE) return ndim == 2 ? KINIT_OK : KINIT_ERROR_DIMENSIONS;
  if (ndim < 3 || ndim > 5) return KINIT_ERROR_DIMENSIONS;
  return initializer->groups > 0 && shape[0] % initializer->groups == 0 ? KINIT_OK : KINIT_ERROR_GROUPS;
}

kinit_status kinit_identity_fill(kinit_filling filling, const kinit_tensor *tensor, uint64_t count,
                                 const kinit_initializer *initializer) {
  const int64_t *whole = whole_shape(tensor);
  if (count == 0) return KINIT_OK;
  const kinit_layout layout = kinit_layout_tensor(tensor, kinit_dtype_size(tensor->dtype), 0);
  const kinit_status status = fill_with(filling, &layout, tensor->dtype, 0);
  if (status != KINIT_OK) return status;
  return put_all_ones(filling, tensor,
                      initializer->scheme == KINIT_SCHEME_EYE ? whole[0] : whole[0] / initializer->groups);
}
