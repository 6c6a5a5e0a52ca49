/* Eye and dirac: ones at some places of a tensor, zeros elsewhere.
 *
 * Owns: where the ones stand. SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include "fill.h"
#include "layout.h"

static const int64_t *whole_shape(const kinit_tensor *tensor) {
  return tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
}

static kinit_status fill_with(const kinit_layout *layout, kinit_dtype dtype, double value) {
  const kinit_dist dist = {.family = KINIT_FAMILY_CONSTANT, .value = value};
  return kinit_fill(layout, dtype, &dist, (kinit_stream){0, 0, 0});
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

/* Ones where the channels of a group of `rows` outputs meet the first inputs, in the middle of the kernel. */
static void put_ones(const kinit_tensor *tensor, int64_t rows) {
  const int64_t *whole = whole_shape(tensor);
  const int64_t start = tensor->start != NULL ? tensor->start[0] : 0;
  int64_t index[5] = {0};
  for (int k = 2; k < tensor->ndim; k++) index[k] = whole[k] / 2;
  for (int64_t i = start; i < start + tensor->shape[0]; i++) {
    index[0] = i;
    index[1] = i % rows;
    char *element = find_element(tensor, index);
    if (element == NULL) continue;
    const kinit_layout one = kinit_layout_flat(element, kinit_dtype_size(tensor->dtype), 0, 1);
    (void)fill_with(&one, tensor->dtype, 1); /* every dtype has a 1 */
  }
}

kinit_status kinit_identity_check(const kinit_initializer *initializer, int ndim, const int64_t *shape) {
  if (initializer->scheme == KINIT_SCHEME_EYE) return ndim == 2 ? KINIT_OK : KINIT_ERROR_DIMENSIONS;
  if (ndim < 3 || ndim > 5) return KINIT_ERROR_DIMENSIONS;
  return initializer->groups > 0 && shape[0] % initializer->groups == 0 ? KINIT_OK : KINIT_ERROR_GROUPS;
}

kinit_status kinit_identity_fill(const kinit_tensor *tensor, uint64_t count, const kinit_initializer *initializer) {
  const int64_t *whole = whole_shape(tensor);
  kinit_status status = kinit_identity_check(initializer, tensor->ndim, whole);
  if (status != KINIT_OK || count == 0) return status;
  const kinit_layout layout = kinit_layout_tensor(tensor, kinit_dtype_size(tensor->dtype), 0);
  status = fill_with(&layout, tensor->dtype, 0);
  if (status == KINIT_OK)
    put_ones(tensor, initializer->scheme == KINIT_SCHEME_EYE ? whole[0] : whole[0] / initializer->groups);
  return status;
}
