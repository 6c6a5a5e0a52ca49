/* Whether a checkpoint is what a plan gives: --verify.
 *
 * Owns: the comparison, and how the first difference is named. SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fill_tensor.h"
#include "progress.h"
#include "text.h"
#include "weights.h"

/* What is compared, and space for a tile of each. */
typedef struct comparison {
  const char *path;
  tool_checkpoint checkpoint;
  tool_weights weights;
  uint64_t seed;
  void *found, *expected;
  tool_error *error;
} comparison;

/* ---- Headers ----------------------------------------------------------------------------------------------------- */

static int compare_names(const void *a, const void *b) {
  const tool_tensor *const *const first = a, *const *const second = b;
  return strcmp((*first)->name, (*second)->name);
}

static const tool_tensor **sort_tensors(const tool_model *model) {
  const tool_tensor **const sorted = malloc((model->count + 1) * sizeof *sorted);
  if (sorted == NULL) return NULL;
  for (size_t i = 0; i < model->count; i++) sorted[i] = &model->tensors[i];
  qsort(sorted, model->count, sizeof *sorted, compare_names);
  return sorted;
}

static const tool_tensor *find_tensor(const tool_tensor *const *sorted, size_t count, const char *name) {
  const tool_tensor wanted = {.name = (char *)(uintptr_t)name}, *const key = &wanted;
  const tool_tensor *const *const found = bsearch(&key, sorted, count, sizeof *sorted, compare_names);
  return found != NULL ? *found : NULL;
}

static int compare_headers(const comparison *c, const tool_entry *entry, const tool_tensor *tensor) {
  char in_file[TOOL_SHAPE_TEXT], in_plan[TOOL_SHAPE_TEXT];
  const char *const file = c->checkpoint.files[entry->file];
  if (tensor == NULL)
    return tool_fail(c->error, TOOL_DIFFERENT, file, 0, "the plan has no \"%s\", which is in the file", entry->name);
  if (tensor->copy != NULL ? strcmp(entry->dtype_name, tensor->copy->dtype) != 0
                           : !entry->is_float || entry->dtype != tensor->dtype)
    return tool_fail(c->error, TOOL_DIFFERENT, file, 0, "\"%s\" is of dtype %s, in the plan %s", entry->name,
                     entry->dtype_name, tensor->copy != NULL ? tensor->copy->dtype : kinit_dtype_name(tensor->dtype));
  tool_text_shape(entry->ndim, entry->shape, in_file);
  tool_text_shape(tensor->ndim, tensor->shape, in_plan);
  if (strcmp(in_file, in_plan) == 0) return TOOL_OK;
  return tool_fail(c->error, TOOL_DIFFERENT, file, 0, "\"%s\" is of shape %.400s, in the plan %.400s", entry->name,
                   in_file, in_plan);
}

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

/* Names the element of the tile, which begins at element `first`, that is different. */
static int name_difference(const comparison *c, const tool_entry *entry, const tool_tensor *tensor, uint64_t first,
                           size_t size) {
  if (tensor->copy != NULL)
    return tool_fail(c->error, TOOL_DIFFERENT, c->checkpoint.files[entry->file], 0,
                     "\"%s\" is not a copy of that of the other checkpoint", entry->name);
  const char *const found = c->found, *const expected = c->expected;
  size_t k = 0;
  while (memcmp(found + k * size, expected + k * size, size) == 0) k++;
  double values[2];
  tool_weights_convert(entry->dtype, found + k * size, 1, &values[0]);
  tool_weights_convert(entry->dtype, expected + k * size, 1, &values[1]);
  return tool_fail(c->error, TOOL_DIFFERENT, c->checkpoint.files[entry->file], 0,
                   "the first difference is in \"%s\", element %" PRIu64 ", byte %" PRIu64
                   " of the file: %.17g, by the plan %.17g (seed %" PRIu64 ")",
                   entry->name, first + k, entry->begin + (first + k) * size, values[0], values[1], c->seed);
}

/* What the plan gives for a tile. */
static int expect_tile(comparison *c, const tool_tensor *tensor, uint64_t at, size_t bytes) {
  if (tensor->copy != NULL) return tool_copy_read(tensor->copy, at, bytes, c->expected, c->error);
  const size_t size = tool_dtype_size(tensor->dtype);
  const kinit_status status = tool_fill(tensor, c->seed, at / size, bytes / size, c->expected);
  if (status == KINIT_OK) return TOOL_OK;
  return tool_fail(c->error, TOOL_FAILED, NULL, 0, "\"%s\": %s", tensor->name, kinit_status_message(status));
}

static int compare_elements(comparison *c, const tool_entry *entry, const tool_tensor *tensor) {
  const size_t size = tool_dtype_size(entry->dtype);
  for (uint64_t at = 0; at < entry->size; at += TOOL_TILE_BYTES) {
    const uint64_t left = entry->size - at;
    const size_t bytes = left < TOOL_TILE_BYTES ? (size_t)left : TOOL_TILE_BYTES;
    int code = tool_weights_read(&c->weights, &c->checkpoint, entry, at, bytes, c->found, c->error);
    if (code == TOOL_OK) code = expect_tile(c, tensor, at, bytes);
    if (code != TOOL_OK) return code;
    if (memcmp(c->found, c->expected, bytes) != 0) return name_difference(c, entry, tensor, at / size, size);
    tool_progress_advance(bytes);
  }
  return TOOL_OK;
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

/* Finds the tensor of each entry, and compares all that is not the weights. */
static int match_tensors(const comparison *c, const tool_model *model, const tool_tensor *const *sorted,
                         const tool_tensor **tensors, bool *seen) {
  for (size_t i = 0; i < c->checkpoint.count; i++) {
    tensors[i] = find_tensor(sorted, model->count, c->checkpoint.tensors[i].name);
    const int code = compare_headers(c, &c->checkpoint.tensors[i], tensors[i]);
    if (code != TOOL_OK) return code;
    seen[tensors[i] - model->tensors] = true;
  }
  for (size_t i = 0; i < model->count; i++)
    if (!seen[i])
      return tool_fail(c->error, TOOL_DIFFERENT, c->path, 0, "the file has no \"%s\", which is in the plan",
                       model->tensors[i].name);
  return TOOL_OK;
}

/* tensors: one for each entry. */
static int compare_weights(comparison *c, const tool_tensor *const *tensors) {
  int code = TOOL_OK;
  uint64_t bytes = 0;
  for (size_t i = 0; i < c->checkpoint.count; i++) bytes += c->checkpoint.tensors[i].size;
  tool_progress_start(bytes);
  for (size_t i = 0; i < c->checkpoint.count && code == TOOL_OK; i++)
    code = compare_elements(c, &c->checkpoint.tensors[i], tensors[i]);
  tool_progress_stop();
  return code;
}

static int compare_model(comparison *c, const tool_model *model) {
  const tool_tensor **const sorted = sort_tensors(model);
  const tool_tensor **const tensors = calloc(c->checkpoint.count + 1, sizeof *tensors);
  bool *const seen = calloc(model->count + 1, sizeof *seen);
  int code;
  if (sorted == NULL || tensors == NULL || seen == NULL) {
    code = tool_fail_memory(c->error);
  } else {
    code = match_tensors(c, model, sorted, tensors, seen);
    if (code == TOOL_OK) code = compare_weights(c, tensors);
  }
  free(sorted);
  free(tensors);
  free(seen);
  return code;
}

/* The seed that the metadata name, if the user gives none. */
static int choose_seed(comparison *c, const uint64_t *given) {
  const char *const text = tool_checkpoint_metadata(&c->checkpoint, "kinit_seed");
  char *end = NULL;
  if (given != NULL) {
    c->seed = *given;
    return TOOL_OK;
  }
  errno = 0;
  if (text != NULL) c->seed = strtoull(text, &end, 10);
  if (text != NULL && *text >= '0' && *text <= '9' && *end == '\0' && errno == 0) return TOOL_OK;
  return tool_fail(c->error, TOOL_INPUT, c->path, 0, "the file's metadata name no seed: give --seed");
}

static int compare(comparison *c, const tool_model *model, const uint64_t *seed) {
  if (c->found == NULL || c->expected == NULL) return tool_fail_memory(c->error);
  int code = tool_checkpoint_read(c->path, &c->checkpoint, c->error);
  if (code == TOOL_OK) code = choose_seed(c, seed);
  return code == TOOL_OK ? compare_model(c, model) : code;
}

int tool_verify(const char *path, const tool_model *model, const uint64_t *seed, tool_error *error) {
  comparison c = {.path = path, .error = error};
  c.found = malloc(TOOL_TILE_BYTES);
  c.expected = malloc(TOOL_TILE_BYTES);
  const int code = compare(&c, model, seed);
  if (code == TOOL_OK)
    printf("%s: %zu tensors, all bytes as the plan gives them with seed %" PRIu64 "\n", path, model->count, c.seed);
  tool_weights_close(&c.weights);
  tool_checkpoint_free(&c.checkpoint);
  free(c.found);
  free(c.expected);
  return code;
}
