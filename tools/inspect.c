/* What stands in a checkpoint: --inspect.
 *
 * Owns: the statistics of a tensor, and their columns. SPDX-License-Identifier: Apache-2.0 */
#include "inspect.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "histogram.h"
#include "model.h"
#include "text.h"
#include "weights.h"

enum { BATCH = TOOL_TILE_BYTES / 8 }; /* elements; no dtype is wider */

typedef struct statistics {
  uint64_t count, not_finite;
  double mean, squares; /* sum of the squared distances from the mean */
  tool_histogram histogram;
} statistics;

/* Space for one tile. */
typedef struct buffers {
  void *elements;
  double *values;
} buffers;

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

/* Moves the finite values to the front. Returns their number. */
static size_t keep_finite(double *values, size_t count) {
  size_t kept = 0;
  for (size_t i = 0; i < count; i++)
    if (isfinite(values[i])) values[kept++] = values[i];
  return kept;
}

/* Mean and squares of both parts together, by the formula of Chan, Golub and LeVeque, Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances, 1979. */
static void add_moments(statistics *s, const double *values, size_t count) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; i++) sum += values[i];
  const double mean = sum / (double)count;
  for (size_t i = 0; i < count; i++) squares += (values[i] - mean) * (values[i] - mean);
  const double distance = mean - s->mean, share = (double)count / (double)(s->count + count);
  s->squares += squares + distance * distance * (double)s->count * share;
  s->mean += distance * share;
  s->count += count;
}

static void add_values(statistics *s, double *values, size_t count) {
  const size_t kept = keep_finite(values, count);
  s->not_finite += count - kept;
  if (kept == 0) return;
  add_moments(s, values, kept);
  tool_histogram_add(&s->histogram, values, kept);
}

static int measure(const tool_checkpoint *checkpoint, const tool_entry *entry, tool_weights *weights,
                   const buffers *space, statistics *s, tool_error *error) {
  const size_t size = tool_dtype_size(entry->dtype);
  *s = (statistics){0};
  for (uint64_t at = 0; at < entry->size; at += BATCH * size) {
    const uint64_t left = entry->size - at;
    const size_t bytes = left < BATCH * size ? (size_t)left : BATCH * size;
    const int code = tool_weights_read(weights, checkpoint, entry, at, bytes, space->elements, error);
    if (code != TOOL_OK) return code;
    tool_weights_convert(entry->dtype, space->elements, bytes / size, space->values);
    add_values(s, space->values, bytes / size);
  }
  return TOOL_OK;
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
  if (s->count > 0)
    printf("  %12.5g  %11.5g  %12.5g  %12.5g  |%s|", s->mean, sqrt(s->squares / (double)s->count), s->histogram.low,
           s->histogram.high, bins);
  else
    printf("  %s", s->not_finite > 0 ? "no finite elements" : "no elements");
  if (s->not_finite > 0) printf("  %" PRIu64 " not finite", s->not_finite);
  printf("\n");
}

static int print_tensors(const tool_checkpoint *checkpoint, tool_weights *weights, const buffers *space,
                         tool_error *error) {
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
    const int code = measure(checkpoint, entry, weights, space, &s, error);
    if (code != TOOL_OK) return code;
    print_line(&s);
    fflush(stdout);
  }
  if (fflush(stdout) == 0 && !ferror(stdout)) return TOOL_OK;
  return tool_fail(error, TOOL_FAILED, NULL, 0, "standard output: %s", strerror(errno));
}

int tool_inspect(const char *path, tool_error *error) {
  tool_checkpoint checkpoint = {0};
  tool_weights weights = {0};
  const buffers space = {malloc(TOOL_TILE_BYTES), malloc(BATCH * sizeof(double))};
  int code = space.elements != NULL && space.values != NULL ? tool_checkpoint_read(path, &checkpoint, error)
                                                            : tool_fail_memory(error);
  if (code == TOOL_OK) code = print_tensors(&checkpoint, &weights, &space, error);
  tool_weights_close(&weights);
  tool_checkpoint_free(&checkpoint);
  free(space.elements);
  free(space.values);
  return code;
}
