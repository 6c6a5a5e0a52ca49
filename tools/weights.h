/* The weights of a checkpoint, a tile at a time.
 *
 * Owns: the declarations of weights.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_WEIGHTS_H
#define KINIT_TOOLS_WEIGHTS_H

#include "error.h"
#include "safetensors.h"

enum { TOOL_TILE_BYTES = 1 << 20 };

/* Keeps the file open that was read last. Zeroed to begin with. */
typedef struct tool_weights {
  int descriptor; /* 0: none */
  size_t file;
} tool_weights;

/* Reads `size` bytes of a tensor from `offset` on. Errors: FAILED, INPUT (the file has become shorter). */
int tool_weights_read(tool_weights *weights, const tool_checkpoint *checkpoint, const tool_entry *entry,
                      uint64_t offset, size_t size, void *dst, tool_error *error);

/* Puts `size` bytes of a copied tensor from `offset` on at dst. Thread-safe. Errors: FAILED, INPUT. */
int tool_copy_read(const tool_copy *copy, uint64_t offset, size_t size, void *dst, tool_error *error);

void tool_weights_close(tool_weights *weights);

/* count elements as doubles, exactly. */
void tool_weights_convert(kinit_dtype dtype, const void *elements, size_t count, double *values);

#endif
