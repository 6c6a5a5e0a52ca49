/* The public functions on a tensor.
 *
 * Owns: their order of work: check the tensor, ask the scheme, plan, run. SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fill.h"
#include "plan.h"
#include "scheme.h"

static const int64_t *whole_shape(const kinit_tensor *tensor) {
  return tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
}

static void run(kinit_plan *plan, const kinit_tensor *tensor, uint64_t offset) {
  const kinit_layout layout = kinit_layout_tensor(tensor, kinit_dtype_size(tensor->dtype), offset);
  kinit_fill_layout(plan, &layout);
}

/* ---- Distributions ---------------------------------------------------------------------------------------------- */

/* These take a checked tensor. */

static kinit_status draw_uniform(const kinit_tensor *tensor, double low, double high, kinit_stream stream) {
  kinit_plan plan;
  const kinit_status status = kinit_plan_uniform(&plan, tensor->dtype, low, high, stream);
  if (status == KINIT_OK) run(&plan, tensor, stream.offset);
  return status;
}

static kinit_status draw_normal(const kinit_tensor *tensor, double mean, double stddev, kinit_stream stream) {
  kinit_plan plan;
  const kinit_status status = kinit_plan_normal(&plan, tensor->dtype, mean, stddev, stream);
  if (status == KINIT_OK) run(&plan, tensor, stream.offset);
  return status;
}

static kinit_status draw_truncated(const kinit_tensor *tensor, double mean, double stddev, double low, double high,
                                   kinit_stream stream) {
  kinit_plan plan;
  const kinit_status status = kinit_plan_truncated(&plan, tensor->dtype, mean, stddev, low, high, stream);
  if (status == KINIT_OK) run(&plan, tensor, stream.offset);
  return status;
}

kinit_status kinit_uniform(const kinit_tensor *tensor, double low, double high, kinit_stream stream) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  return status != KINIT_OK ? status : draw_uniform(tensor, low, high, stream);
}

kinit_status kinit_normal(const kinit_tensor *tensor, double mean, double stddev, kinit_stream stream) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  return status != KINIT_OK ? status : draw_normal(tensor, mean, stddev, stream);
}

kinit_status kinit_truncated_normal(const kinit_tensor *tensor, double mean, double stddev, double low, double high,
                                    kinit_stream stream) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  return status != KINIT_OK ? status : draw_truncated(tensor, mean, stddev, low, high, stream);
}

kinit_status kinit_constant(const kinit_tensor *tensor, double value) {
  uint64_t count;
  kinit_plan plan;
  kinit_status status = kinit_check_tensor(tensor, 0, &count);
  if (status == KINIT_OK) status = kinit_plan_constant(&plan, tensor->dtype, value);
  if (status == KINIT_OK) run(&plan, tensor, 0);
  return status;
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

/* The spread of a scheme means nothing for a tensor without elements, so it is not handed on. */
static kinit_status draw_spread(const kinit_tensor *tensor, uint64_t count, kinit_distribution distribution,
                                kinit_spread spread, kinit_stream stream) {
  if (count == 0) return KINIT_OK;
  switch (distribution) {
    case KINIT_DIST_NORMAL:
      return draw_normal(tensor, 0, spread.stddev, stream);
    case KINIT_DIST_TRUNCATED_NORMAL:
      return draw_truncated(tensor, 0, spread.stddev, -spread.bound, spread.bound, stream);
    case KINIT_DIST_UNIFORM:
      return draw_uniform(tensor, -spread.bound, spread.bound, stream);
  }
  return KINIT_ERROR_ENUM;
}

static kinit_status kaiming(const kinit_tensor *tensor, double a, kinit_fan_mode mode, kinit_nonlinearity nonlinearity,
                            kinit_distribution distribution, kinit_stream stream) {
  uint64_t count;
  kinit_spread spread;
  kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  if (status != KINIT_OK) return status;
  status = kinit_scheme_kaiming(tensor->ndim, whole_shape(tensor), a, mode, nonlinearity, &spread);
  return status != KINIT_OK ? status : draw_spread(tensor, count, distribution, spread, stream);
}

kinit_status kinit_kaiming_normal(const kinit_tensor *tensor, double a, kinit_fan_mode mode,
                                  kinit_nonlinearity nonlinearity, kinit_stream stream) {
  return kaiming(tensor, a, mode, nonlinearity, KINIT_DIST_NORMAL, stream);
}

kinit_status kinit_kaiming_uniform(const kinit_tensor *tensor, double a, kinit_fan_mode mode,
                                   kinit_nonlinearity nonlinearity, kinit_stream stream) {
  return kaiming(tensor, a, mode, nonlinearity, KINIT_DIST_UNIFORM, stream);
}

static kinit_status xavier(const kinit_tensor *tensor, double gain, kinit_distribution distribution,
                           kinit_stream stream) {
  uint64_t count;
  kinit_spread spread;
  kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  if (status != KINIT_OK) return status;
  status = kinit_scheme_xavier(tensor->ndim, whole_shape(tensor), gain, &spread);
  return status != KINIT_OK ? status : draw_spread(tensor, count, distribution, spread, stream);
}

kinit_status kinit_xavier_normal(const kinit_tensor *tensor, double gain, kinit_stream stream) {
  return xavier(tensor, gain, KINIT_DIST_NORMAL, stream);
}

kinit_status kinit_xavier_uniform(const kinit_tensor *tensor, double gain, kinit_stream stream) {
  return xavier(tensor, gain, KINIT_DIST_UNIFORM, stream);
}

kinit_status kinit_variance_scaling(const kinit_tensor *tensor, double scale, kinit_fan_mode mode,
                                    kinit_distribution distribution, kinit_stream stream) {
  uint64_t count;
  kinit_spread spread;
  kinit_status status = kinit_check_tensor(tensor, stream.offset, &count);
  if (status != KINIT_OK) return status;
  status = kinit_scheme_variance_scaling(tensor->ndim, whole_shape(tensor), scale, mode, distribution, &spread);
  return status != KINIT_OK ? status : draw_spread(tensor, count, distribution, spread, stream);
}

/* ---- Identities ------------------------------------------------------------------------------------------------- */

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
    if (element != NULL) kinit_fill_constant(element, tensor->dtype, 1, 1);
  }
}

static kinit_status identity(const kinit_tensor *tensor, uint64_t count, int64_t groups) {
  if (count == 0) return KINIT_OK;
  kinit_plan plan;
  kinit_status status = kinit_plan_constant(&plan, tensor->dtype, 0);
  if (status != KINIT_OK) return status;
  run(&plan, tensor, 0);
  put_ones(tensor, whole_shape(tensor)[0] / groups);
  return KINIT_OK;
}

kinit_status kinit_eye(const kinit_tensor *tensor) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, 0, &count);
  if (status != KINIT_OK) return status;
  return tensor->ndim == 2 ? identity(tensor, count, 1) : KINIT_ERROR_DIMENSIONS;
}

kinit_status kinit_dirac(const kinit_tensor *tensor, int64_t groups) {
  uint64_t count;
  const kinit_status status = kinit_check_tensor(tensor, 0, &count);
  if (status != KINIT_OK) return status;
  if (tensor->ndim < 3 || tensor->ndim > 5) return KINIT_ERROR_DIMENSIONS;
  if (groups <= 0 || whole_shape(tensor)[0] % groups != 0) return KINIT_ERROR_GROUPS;
  return identity(tensor, count, groups);
}
