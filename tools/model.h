/* A model to be written: tensors, each with the initializer that fills it.
 *
 * Owns: the types that the plan's reader makes and all else takes. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_MODEL_H
#define KINIT_TOOLS_MODEL_H

#include <kinit/kinit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOOL_MAX_DIMENSIONS = KINIT_MAX_DIMENSIONS, TOOL_DTYPE_NAME = 32 };

/* Bytes of another checkpoint that a tensor takes as they are, or zeros. */
typedef struct tool_copy {
  char dtype[TOOL_DTYPE_NAME]; /* as safetensors names it */
  bool narrows;                /* from F32, as which it stands in the file, to BF16, of which size is */
  uint64_t size;
  char *path; /* NULL: zeros */
  uint64_t begin;
} tool_copy;

/* A tensor and its initializer. */
typedef struct tool_tensor {
  char *name;
  kinit_dtype dtype;
  int ndim;
  int64_t *shape; /* ndim lengths */
  kinit_initializer init;
  bool has_zero_row;
  int64_t zero_row;      /* of the first dimension: zero, whatever the initializer gives, as padding of embeddings */
  const char *init_name; /* as the plan has it; static */
  tool_copy *copy;       /* NULL: it is filled by its initializer; otherwise dtype and init are not read */
} tool_tensor;

/* Tensors in the order of the plan; names differ. Names and shapes are allocated one by one. */
typedef struct tool_model {
  tool_tensor *tensors;
  size_t count;
  char *config;    /* the text of config.json, which is written beside the weights; NULL: none */
  char digest[65]; /* SHA-256 of the plan's bytes, in hexadecimal */
} tool_model;

/* Releases all that the model holds. Zeroed models are allowed. */
void tool_model_free(tool_model *model);

/* Bytes of an element; number of elements; bytes of the whole. Sizes are those that tool_fill_check accepts, so they do
 * not overflow. */
size_t tool_dtype_size(kinit_dtype dtype);
uint64_t tool_tensor_elements(const tool_tensor *tensor);
uint64_t tool_tensor_bytes(const tool_tensor *tensor);

/* The dtype as safetensors names it. */
const char *tool_tensor_dtype(const tool_tensor *tensor);

#endif
