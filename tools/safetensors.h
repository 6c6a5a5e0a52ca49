/* The headers of safetensors files, and the index of a checkpoint in several files.
 *
 * Owns: the format, https://huggingface.co/docs/safetensors: eight bytes with the length of a JSON text, least
 * significant first; that text; then the tensors' bytes without holes. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_SAFETENSORS_H
#define KINIT_TOOLS_SAFETENSORS_H

#include <stdbool.h>

#include "error.h"
#include "model.h"

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* A tensor that a file holds. */
typedef struct tool_entry {
  char *name;
  char dtype_name[TOOL_DTYPE_NAME]; /* as the file has it: "BF16"; it may be unknown */
  bool is_float;                    /* the dtype is one of kinit's: the next field */
  kinit_dtype dtype;
  int ndim;
  int64_t *shape;
  size_t file;          /* index in tool_checkpoint.files */
  uint64_t begin, size; /* its bytes, from the beginning of the file */
} tool_entry;

/* One file, or the files of an index; tensors in the order of the files, then of their bytes. The weights are not
 * read. */
typedef struct tool_checkpoint {
  char **files;
  size_t file_count;
  tool_entry *tensors;
  size_t count;
  char **metadata; /* key, value, key, value ... of the first file */
  size_t metadata_count;
} tool_checkpoint;

/* Reads the header of a file, or, where the path ends in ".json", of all files that this index names, which lie beside
 * it. Accepts what the reference reader accepts; names may not be given twice nor hold a NUL. Errors: INPUT, FAILED. */
int tool_checkpoint_read(const char *path, tool_checkpoint *checkpoint, tool_error *error);

/* The same for a header in memory: `bytes` begins a file of file_size bytes, and holds its header at least. For
 * fuzzing; `path` is for messages. */
int tool_checkpoint_parse(const char *path, const void *bytes, size_t size, uint64_t file_size,
                          tool_checkpoint *checkpoint, tool_error *error);

/* The value of a key of the metadata, or NULL. */
const char *tool_checkpoint_metadata(const tool_checkpoint *checkpoint, const char *key);

/* Releases all that the checkpoint holds. Zeroed ones are allowed. */
void tool_checkpoint_free(tool_checkpoint *checkpoint);

#endif
