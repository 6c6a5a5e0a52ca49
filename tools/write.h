/* A model -> safetensors files on disk.
 *
 * Owns: the way of bytes from the fill to the files, whole or not at all. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_WRITE_H
#define KINIT_TOOLS_WRITE_H

#include <stdbool.h>

#include "error.h"
#include "model.h"

typedef struct tool_write_options {
  const char *output; /* path of the file, or of the shards' common name: "dir/model.safetensors" */
  uint64_t seed;
  uint64_t max_shard_size; /* bytes of tensors in a file, unless it holds one tensor only; 0: no limit */
  bool force;              /* replace what exists */
  const char *directory;   /* of the output, to be made if it is not there; NULL: it has to be there */
} tool_write_options;

/* Writes the model. The files appear under their names only when all are complete and synced. Errors: FAILED, INPUT;
 * nothing is left then, and what existed is untouched. */
int tool_write(const tool_model *model, const tool_write_options *options, tool_error *error);

#endif
