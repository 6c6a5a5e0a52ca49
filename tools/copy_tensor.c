/* Tensors that are copied from another checkpoint. SPDX-License-Identifier: Apache-2.0 */
#include "copy_tensor.h"

#include <stdlib.h>
#include <string.h>

void tool_copy_header(tool_entry *entry, tool_tensor *tensor) {
  tensor->name = entry->name;
  tensor->dtype = entry->dtype;
  tensor->ndim = entry->ndim;
  tensor->shape = entry->shape;
  entry->name = NULL;
  entry->shape = NULL;
}

void tool_copy_narrow(tool_copy *copy) {
  copy->narrows = true;
  copy->size /= 2;
  memcpy(copy->dtype, "BF16", sizeof "BF16");
}

int tool_copy_bytes(const char *path, const tool_entry *entry, tool_tensor *tensor, tool_error *error) {
  tensor->copy = calloc(1, sizeof *tensor->copy);
  if (tensor->copy == NULL) return tool_fail_memory(error);
  memcpy(tensor->copy->dtype, entry->dtype_name, sizeof tensor->copy->dtype);
  tensor->copy->size = entry->size;
  tensor->copy->begin = entry->begin;
  tensor->init_name = path != NULL ? "copy" : "zeros";
  if (path != NULL && (tensor->copy->path = strdup(path)) == NULL) return tool_fail_memory(error);
  return TOOL_OK;
}
