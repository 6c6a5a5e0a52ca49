/* Which bytes stand where: a model -> files, each with its header and its tensors in order.
 *
 * Owns: the order of tensors, the text of headers and index, the names of shards. SPDX-License-Identifier: Apache-2.0
 */
#ifndef KINIT_TOOLS_SHARD_FILES_H
#define KINIT_TOOLS_SHARD_FILES_H

#include "error.h"
#include "model.h"

/* A tensor in a file, or a text between tensors, from its byte `begin` on. */
typedef struct tool_place {
  const tool_tensor *tensor; /* NULL: a text */
  char *text;
  uint64_t begin, size;
} tool_place;

/* A file: a text, then tensors without holes, or in DCP's format a text before each. */
typedef struct tool_file {
  char *path;
  char *text;
  size_t text_size;
  tool_place *places; /* by falling alignment, then by name, as safetensors has it */
  size_t count;
  uint64_t size; /* of the whole file */
} tool_file;

/* The files: config.json, if the model has one; those with tensors; if these are several, their index. */
typedef struct tool_layout {
  tool_file *files;
  size_t count;
  size_t first; /* the first one with tensors */
} tool_layout;

/* Lays out the model, which has to live longer. output: the path of the single file; several are named after it.
 * DIR/.metadata is a checkpoint of torch.distributed.checkpoint, see dcp.h, which has its index with one file, too.
 * Tensors go to files in the order of the plan; a file holds at most max_shard_size bytes of them (0: no limit), or one
 * tensor. Errors: INPUT (a header of more than 100 MB, a total beyond 2^63 - 1 bytes, the name "__metadata__"), FAILED.
 */
int tool_layout_make(const tool_model *model, const char *output, uint64_t seed, uint64_t max_shard_size,
                     tool_layout *layout, tool_error *error);

/* Makes an index like that of the layout, for files with tensors of other paths, one for each. The caller frees path
 * and text. */
int tool_layout_make_index(const tool_layout *layout, char *const *paths, const char *output, tool_file *index,
                           tool_error *error);

/* Puts bytes `begin` to begin + size of the file at dst, which is aligned as `begin` is, to 8 bytes at most; what lies
 * behind the file's end becomes 0. Thread-safe. Errors: INPUT, FAILED (of a tensor that is copied). */
int tool_layout_fill(const tool_file *file, uint64_t seed, uint64_t begin, size_t size, void *dst, tool_error *error);

/* Releases all that the layout holds. Zeroed ones are allowed. */
void tool_layout_free(tool_layout *layout);

#endif
