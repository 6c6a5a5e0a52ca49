/* Tensors that are copied from another checkpoint.
 *
 * Owns: the declarations of copy_tensor.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_COPY_TENSOR_H
#define KINIT_TOOLS_COPY_TENSOR_H

#include "error.h"
#include "model.h"
#include "safetensors.h"

/* Name, shape and dtype of the entry become those of the tensor; the entry has no name and no shape then. */
void tool_copy_header(tool_entry *entry, tool_tensor *tensor);

/* The copy of an F32 tensor becomes BF16, rounded to nearest even. */
void tool_copy_narrow(tool_copy *copy);

/* The tensor takes the entry's bytes in the file `path`, or zeros where path is NULL. Errors: FAILED. */
int tool_copy_bytes(const char *path, const tool_entry *entry, tool_tensor *tensor, tool_error *error);

#endif
