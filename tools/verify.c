/* Whether a checkpoint is what a plan gives: --verify.
 *
 * Owns: the comparison, and how the first difference is named. All tiles of all tensors are one line, cut evenly among
 * the ranks; threads take them in order, so that what is before a difference is compared when all of them have ended.
 * SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fill_tensor.h"
#include "progress.h"
#include "ranks.h"
#include "text.h"
#include "threads.h"
#include "weights.h"

/* What is compared. */
typedef struct comparison {
  const char *path;
  tool_checkpoint checkpoint;
  uint64_t seed;
  tool_error *error;
} comparison;

/* At most TOOL_TILE_BYTES of a tensor. */
typedef struct tile {
  size_t entry;
  uint64_t at;
  size_t size;
  uint64_t number; /* in the line of all tiles */
} tile;

/* What the threads share; the lock guards all that changes. */
typedef struct work {
  const comparison *c;
  const tool_tensor *const *tensors; /* one for each entry */
  pthread_mutex_t lock;
  tile next;
  uint64_t first, end; /* this rank's tiles */
  int code;
  uint64_t place; /* of the code: the number of a tile */
} work;

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

/* Names the element of the tile that is different. */
static int name_difference(const work *w, const tile *t, const char *found, const char *expected, tool_error *error) {
  const tool_entry *const entry = &w->c->checkpoint.tensors[t->entry];
  const char *const file = w->c->checkpoint.files[entry->file];
  if (w->tensors[t->entry]->copy != NULL)
    return tool_fail(error, TOOL_DIFFERENT, file, 0, "\"%s\" is not a copy of that of the other checkpoint",
                     entry->name);
  const size_t size = tool_dtype_size(entry->dtype);
  size_t k = 0;
  while (memcmp(found + k * size, expected + k * size, size) == 0) k++;
  double values[2];
  tool_weights_convert(entry->dtype, found + k * size, 1, &values[0]);
  tool_weights_convert(entry->dtype, expected + k * size, 1, &values[1]);
  return tool_fail(error, TOOL_DIFFERENT, file, 0,
                   "the first difference is in \"%s\", element %" PRIu64 ", byte %" PRIu64
                   " of the file: %.17g, by the plan %.17g (seed %" PRIu64 ")",
                   entry->name, t->at / size + k, entry->begin + t->at + k * size, values[0], values[1], w->c->seed);
}

/* What the plan gives for a tile. */
static int expect_tile(const work *w, const tile *t, void *expected, tool_error *error) {
  const tool_tensor *const tensor = w->tensors[t->entry];
  if (tensor->copy != NULL) return tool_copy_read(tensor->copy, t->at, t->size, expected, error);
  const size_t size = tool_dtype_size(tensor->dtype);
  const kinit_status status = tool_fill(tensor, w->c->seed, t->at / size, t->size / size, expected);
  if (status == KINIT_OK) return TOOL_OK;
  return tool_fail(error, TOOL_FAILED, NULL, 0, "\"%s\": %s", tensor->name, kinit_status_message(status));
}

/* memory: two tiles. */
static int compare_tile(const work *w, const tile *t, tool_weights *weights, char *memory, tool_error *error) {
  char *const expected = memory + TOOL_TILE_BYTES;
  const tool_checkpoint *const checkpoint = &w->c->checkpoint;
  int code = tool_weights_read(weights, checkpoint, &checkpoint->tensors[t->entry], t->at, t->size, memory, error);
  if (code == TOOL_OK) code = expect_tile(w, t, expected, error);
  if (code != TOOL_OK) return code;
  if (memcmp(memory, expected, t->size) != 0) return name_difference(w, t, memory, expected, error);
  tool_progress_advance(t->size);
  return TOOL_OK;
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

static uint64_t tiles_of(const tool_entry *entry) { return (entry->size + TOOL_TILE_BYTES - 1) / TOOL_TILE_BYTES; }

/* Moves behind entries that have no byte left. */
static bool find_tile(const work *w, tile *t) {
  const tool_checkpoint *const checkpoint = &w->c->checkpoint;
  while (t->entry < checkpoint->count && t->at >= checkpoint->tensors[t->entry].size)
    *t = (tile){t->entry + 1, 0, 0, t->number};
  if (t->entry == checkpoint->count) return false;
  const uint64_t left = checkpoint->tensors[t->entry].size - t->at;
  t->size = left < TOOL_TILE_BYTES ? (size_t)left : TOOL_TILE_BYTES;
  return true;
}

static bool next_tile(work *w, tile *t) {
  pthread_mutex_lock(&w->lock);
  const bool there_is = w->code == TOOL_OK && w->next.number < w->end && find_tile(w, &w->next);
  *t = w->next;
  w->next.at += t->size;
  w->next.number++;
  pthread_mutex_unlock(&w->lock);
  return there_is;
}

/* Keeps the first error of the line. */
static void stop(work *w, int code, const tile *t, const tool_error *error) {
  pthread_mutex_lock(&w->lock);
  if (w->code == TOOL_OK || t->number < w->place) {
    w->code = code;
    w->place = t->number;
    *w->c->error = *error;
  }
  pthread_mutex_unlock(&w->lock);
}

static void compare_tiles(void *shared, void *memory) {
  work *const w = shared;
  tool_weights weights = {0};
  tool_error error;
  tile t;
  int code = TOOL_OK;
  while (code == TOOL_OK && next_tile(w, &t)) code = compare_tile(w, &t, &weights, memory, &error);
  if (code != TOOL_OK) stop(w, code, &t, &error);
  tool_weights_close(&weights);
}

/* Sets the rank's part of the line. */
static void divide(work *w) {
  const tool_checkpoint *const checkpoint = &w->c->checkpoint;
  const uint64_t rank = (uint64_t)tool_rank(), ranks = (uint64_t)tool_rank_count();
  uint64_t total = 0;
  for (size_t i = 0; i < checkpoint->count; i++) total += tiles_of(&checkpoint->tensors[i]);
  w->first = total / ranks * rank + (rank < total % ranks ? rank : total % ranks);
  w->end = w->first + total / ranks + (rank < total % ranks ? 1 : 0);
  w->next.number = w->first;
  uint64_t before = w->first;
  for (; w->next.entry < checkpoint->count && before >= tiles_of(&checkpoint->tensors[w->next.entry]); w->next.entry++)
    before -= tiles_of(&checkpoint->tensors[w->next.entry]);
  w->next.at = before * TOOL_TILE_BYTES;
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
static int compare_weights(const comparison *c, const tool_tensor *const *tensors) {
  work w = {.c = c, .tensors = tensors, .lock = PTHREAD_MUTEX_INITIALIZER};
  uint64_t bytes = 0;
  for (size_t i = 0; i < c->checkpoint.count; i++) bytes += c->checkpoint.tensors[i].size;
  divide(&w);
  if (tool_rank() == 0) tool_progress_start(bytes / (uint64_t)tool_rank_count());
  if (!tool_threads_run(1, (size_t)2 * TOOL_TILE_BYTES, compare_tiles, &w)) w.code = tool_fail_memory(c->error);
  if (tool_rank() == 0) tool_progress_stop();
  return w.code;
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
  int code = tool_checkpoint_read(c->path, &c->checkpoint, c->error);
  if (code == TOOL_OK) code = choose_seed(c, seed);
  return code == TOOL_OK ? compare_model(c, model) : code;
}

static void print_result(const comparison *c, size_t count) {
  if (tool_ranks_meet_in_files())
    printf("%s: part %d of %d, all bytes as the plan gives them with seed %" PRIu64 "\n", c->path, tool_rank() + 1,
           tool_rank_count(), c->seed);
  else if (tool_rank() == 0)
    printf("%s: %zu tensors, all bytes as the plan gives them with seed %" PRIu64 "\n", c->path, count, c->seed);
}

int tool_verify(const char *path, const tool_model *model, const uint64_t *seed, tool_error *error) {
  comparison c = {.path = path, .error = error};
  const int code = tool_ranks_agree(compare(&c, model, seed), error);
  if (code == TOOL_OK) print_result(&c, model->count);
  tool_checkpoint_free(&c.checkpoint);
  return code;
}
