/* What stands in a checkpoint: --inspect.
 *
 * Owns: the statistics of a tensor, and their columns. SPDX-License-Identifier: Apache-2.0 */
#include "inspect.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "model.h"
#include "moments.h"
#include "text.h"
#include "threads.h"
#include "weights.h"

/* BATCH elements stay in the cache; tensors of LARGE bytes are worth threads; PATTERNS of 16 bits are counted. */
enum { BATCH = 4096, LARGE = 8 * TOOL_TILE_BYTES, PATTERNS = 1 << 16, MEMORY = TOOL_TILE_BYTES + 4 * PATTERNS };

/* What a part of a tensor has. */
typedef struct statistics {
  uint64_t not_finite;
  tool_moments moments;
  tool_histogram histogram;
} statistics;

/* What the threads share; the lock guards all that changes. */
typedef struct work {
  const tool_checkpoint *checkpoint;
  const tool_entry *entry;
  pthread_mutex_t lock;
  uint64_t next;         /* the first byte that no thread has taken */
  tool_moments *moments; /* of each tile, added up in their order in the end, so that no bit depends on threads */
  statistics *whole;
  int code;
  tool_error *error;
} work;

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

/* Moves the finite values to the front. Returns their number. */
static size_t keep_finite(double *values, size_t count) {
  size_t kept = 0, other = 0;
  for (size_t i = 0; i < count; i++) other += !(fabs(values[i]) <= DBL_MAX);
  if (other == 0) return count;
  for (size_t i = 0; i < count; i++)
    if (isfinite(values[i])) values[kept++] = values[i];
  return kept;
}

static void add_values(statistics *s, double *values, size_t count) {
  const size_t kept = keep_finite(values, count);
  s->not_finite += count - kept;
  if (kept == 0) return;
  tool_histogram_add(&s->histogram, values, kept);
  const double largest = fmax(fabs(s->histogram.low), fabs(s->histogram.high));
  tool_moments_merge(&s->moments, tool_moments_of(values, kept, largest));
}

static void add_batches(kinit_dtype dtype, const char *elements, size_t count, statistics *s) {
  const size_t size = tool_dtype_size(dtype);
  double values[BATCH];
  for (size_t i = 0; i < count; i += BATCH) {
    const size_t batch = count - i < BATCH ? count - i : BATCH;
    tool_weights_convert(dtype, elements + i * size, batch, values);
    add_values(s, values, batch);
  }
}

/* Elements of 16 bits, of which there are few different ones, are counted before anything is computed. */
static void add_patterns(kinit_dtype dtype, const uint16_t *elements, size_t count, uint32_t *patterns, statistics *s) {
  double values[BATCH];
  uint64_t counts[BATCH];
  memset(patterns, 0, PATTERNS * sizeof *patterns);
  for (size_t i = 0; i < count; i++) patterns[elements[i]]++;
  for (uint32_t begin = 0; begin < PATTERNS; begin += BATCH) {
    size_t found = 0;
    for (uint32_t bits = begin; bits < begin + BATCH; bits++) {
      if (patterns[bits] == 0) continue;
      const uint16_t element = (uint16_t)bits;
      tool_weights_convert(dtype, &element, 1, &values[found]);
      counts[found] = patterns[bits];
      if (isfinite(values[found]))
        found++;
      else
        s->not_finite += patterns[bits];
    }
    tool_histogram_add_counts(&s->histogram, values, counts, found);
    tool_moments_merge(&s->moments, tool_moments_of_counts(values, counts, found));
  }
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

static bool next_tile(work *w, uint64_t *at) {
  pthread_mutex_lock(&w->lock);
  *at = w->next;
  const bool there_is = w->code == TOOL_OK && *at < w->entry->size;
  if (there_is) w->next += TOOL_TILE_BYTES;
  pthread_mutex_unlock(&w->lock);
  return there_is;
}

/* Adds all but the moments, which are the tile's. */
static int measure_tile(const work *w, uint64_t at, tool_weights *weights, char *memory, statistics *s,
                        tool_error *error) {
  const uint64_t left = w->entry->size - at;
  const size_t bytes = left < TOOL_TILE_BYTES ? (size_t)left : TOOL_TILE_BYTES;
  const size_t size = tool_dtype_size(w->entry->dtype);
  const int code = tool_weights_read(weights, w->checkpoint, w->entry, at, bytes, memory, error);
  s->moments = (tool_moments){0};
  if (code != TOOL_OK) return code;
  if (size == 2 && bytes > PATTERNS)
    add_patterns(w->entry->dtype, (const uint16_t *)memory, bytes / size, (uint32_t *)(memory + TOOL_TILE_BYTES), s);
  else
    add_batches(w->entry->dtype, memory, bytes / size, s);
  w->moments[at / TOOL_TILE_BYTES] = s->moments;
  return code;
}

/* One thread's part joins the whole. */
static void join(work *w, const statistics *s, int code, const tool_error *error) {
  pthread_mutex_lock(&w->lock);
  w->whole->not_finite += s->not_finite;
  tool_histogram_merge(&w->whole->histogram, &s->histogram);
  if (code != TOOL_OK && w->code == TOOL_OK) {
    w->code = code;
    *w->error = *error;
  }
  pthread_mutex_unlock(&w->lock);
}

static void measure_tiles(void *shared, void *memory) {
  work *const w = shared;
  statistics s = {0};
  tool_weights weights = {0};
  tool_error error;
  uint64_t at;
  int code = TOOL_OK;
  while (code == TOOL_OK && next_tile(w, &at)) code = measure_tile(w, at, &weights, memory, &s, &error);
  join(w, &s, code, &error);
  tool_weights_close(&weights);
}

/* memory: MEMORY bytes, for tensors that are not worth threads. */
static int measure(const tool_checkpoint *checkpoint, const tool_entry *entry, void *memory, statistics *s,
                   tool_error *error) {
  const size_t tiles = (size_t)((entry->size + TOOL_TILE_BYTES - 1) / TOOL_TILE_BYTES);
  work w = {checkpoint, entry, PTHREAD_MUTEX_INITIALIZER, 0, calloc(tiles + 1, sizeof *w.moments), s, TOOL_OK, error};
  *s = (statistics){0};
  if (w.moments == NULL) return tool_fail_memory(error);
  if (entry->size < LARGE)
    measure_tiles(&w, memory);
  else if (!tool_threads_run(1, MEMORY, measure_tiles, &w))
    w.code = tool_fail_memory(error);
  for (size_t i = 0; i < tiles; i++) tool_moments_merge(&s->moments, w.moments[i]);
  free(w.moments);
  return w.code;
}

/* ---- Lines ------------------------------------------------------------------------------------------------------- */

/* A character for each bin, the denser the fuller, blank if it is empty. */
static void text_histogram(const tool_histogram *h, char text[TOOL_BINS + 1]) {
  static const char shades[] = ".:-=+*#%@";
  const int bins = tool_histogram_bins(h);
  uint64_t most = 1;
  for (int j = 0; j < bins; j++)
    if (h->counts[j] > most) most = h->counts[j];
  for (int j = 0; j < bins; j++) {
    const double share = (double)h->counts[j] / (double)most;
    text[j] = h->counts[j] == 0 ? ' ' : shades[(int)(share * 8.999)];
  }
  text[bins] = '\0';
}

static void print_name(const tool_entry *entry, int width) {
  char shape[TOOL_SHAPE_TEXT];
  tool_text_shape(entry->ndim, entry->shape, shape);
  tool_text_put(stdout, entry->name, width);
  printf("  %-7s  %-16s", entry->dtype_name, shape);
}

static void print_line(const statistics *s) {
  char bins[TOOL_BINS + 1];
  text_histogram(&s->histogram, bins);
  if (s->moments.count > 0)
    printf("  %12.5g  %11.5g  %12.5g  %12.5g  |%s|", tool_moments_mean(&s->moments),
           tool_moments_deviation(&s->moments), s->histogram.low, s->histogram.high, bins);
  else
    printf("  %s", s->not_finite > 0 ? "no finite elements" : "no elements");
  if (s->not_finite > 0) printf("  %" PRIu64 " not finite", s->not_finite);
  printf("\n");
}

static int print_tensors(const tool_checkpoint *checkpoint, void *memory, tool_error *error) {
  int width = (int)strlen("name");
  for (size_t i = 0; i < checkpoint->count; i++) {
    const int length = tool_text_width(checkpoint->tensors[i].name);
    if (length > width) width = length;
  }
  printf("%-*s  %-7s  %-16s  %12s  %11s  %12s  %12s  histogram from min to max\n", width, "name", "dtype", "shape",
         "mean", "std", "min", "max");
  for (size_t i = 0; i < checkpoint->count; i++) {
    const tool_entry *const entry = &checkpoint->tensors[i];
    statistics s;
    print_name(entry, width);
    if (!entry->is_float) {
      printf("  not a dtype of kinit, %" PRIu64 " bytes\n", entry->size);
      continue;
    }
    const int code = measure(checkpoint, entry, memory, &s, error);
    if (code != TOOL_OK) return code;
    print_line(&s);
    fflush(stdout);
  }
  if (fflush(stdout) == 0 && !ferror(stdout)) return TOOL_OK;
  return tool_fail(error, TOOL_FAILED, NULL, 0, "standard output: %s", strerror(errno));
}

int tool_inspect(const char *path, tool_error *error) {
  tool_checkpoint checkpoint = {0};
  void *const memory = malloc(MEMORY);
  int code = memory != NULL ? tool_checkpoint_read(path, &checkpoint, error) : tool_fail_memory(error);
  if (code == TOOL_OK) code = print_tensors(&checkpoint, memory, error);
  tool_checkpoint_free(&checkpoint);
  free(memory);
  return code;
}
