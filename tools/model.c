/* A model to be written: sizes and release. SPDX-License-Identifier: Apache-2.0 */
#include "model.h"

#include <stdlib.h>

void tool_model_free(tool_model *model) {
  for (size_t i = 0; i < model->count; i++) {
    free(model->tensors[i].name);
    free(model->tensors[i].shape);
    if (model->tensors[i].copy != NULL) free(model->tensors[i].copy->path);
    free(model->tensors[i].copy);
  }
  free(model->tensors);
  free(model->config);
  *model = (tool_model){0};
}

size_t tool_dtype_size(kinit_dtype dtype) { return kinit_dtype_size(dtype); }

uint64_t tool_tensor_elements(const tool_tensor *tensor) {
  uint64_t count = 1;
  for (int k = 0; k < tensor->ndim; k++)
    if (tensor->shape[k] == 0) return 0;
  for (int k = 0; k < tensor->ndim; k++) count *= (uint64_t)tensor->shape[k];
  return count;
}

uint64_t tool_tensor_bytes(const tool_tensor *tensor) {
  if (tensor->copy != NULL) return tensor->copy->size;
  return tool_tensor_elements(tensor) * tool_dtype_size(tensor->dtype);
}

const char *tool_tensor_dtype(const tool_tensor *tensor) {
  static const char *const names[] = {"F32", "F64", "F16", "BF16", "F8_E4M3", "F8_E5M2"}; /* by kinit_dtype */
  return tensor->copy != NULL ? tensor->copy->dtype : names[tensor->dtype];
}
