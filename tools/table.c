/* The table of --dry-run.
 *
 * Owns: its columns, and what an initializer comes to, in words.
 * SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

enum { SPREAD_TEXT = 128 };

/* ---- What an initializer comes to -------------------------------------------------------------------------------- */

static void text_normal(double mean, double stddev, char *text) {
  if (mean == 0)
    snprintf(text, SPREAD_TEXT, "std %.6g", stddev);
  else
    snprintf(text, SPREAD_TEXT, "mean %.6g, std %.6g", mean, stddev);
}

static void text_uniform(double low, double high, char *text) {
  snprintf(text, SPREAD_TEXT, "[%.6g, %.6g)", low, high);
}

static void text_truncated(double mean, double stddev, double low, double high, char *text) {
  text_normal(mean, stddev, text);
  const size_t length = strlen(text);
  snprintf(text + length, SPREAD_TEXT - length, " in [%.6g, %.6g]", low, high);
}

static void text_spread(const tool_tensor *t, char *text) {
  kinit_resolved r = {0};
  const kinit_scheme scheme = t->init.scheme;
  kinit_resolve(&t->init, t->ndim, t->shape, &r);
  if (scheme == KINIT_SCHEME_EYE || scheme == KINIT_SCHEME_DIRAC)
    snprintf(text, SPREAD_TEXT, "0 and 1");
  else if (scheme == KINIT_SCHEME_CONSTANT)
    snprintf(text, SPREAD_TEXT, "%.6g", r.value);
  else if (r.distribution == KINIT_DIST_UNIFORM)
    text_uniform(r.low, r.high, text);
  else if (r.distribution == KINIT_DIST_NORMAL)
    text_normal(r.mean, r.stddev, text);
  else
    text_truncated(r.mean, r.stddev, r.low, r.high, text);
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

enum { NAME, DTYPE, SHAPE, INIT, SPREAD, BYTES, COLUMNS };

typedef struct row {
  const char *cells[COLUMNS];
  char shape[TOOL_SHAPE_TEXT], spread[SPREAD_TEXT], bytes[24];
} row;

static const row heading = {.cells = {"name", "dtype", "shape", "init", "std or bounds", "bytes"}};

static void make_row(const tool_tensor *t, row *r) {
  tool_text_shape(t->ndim, t->shape, r->shape);
  snprintf(r->spread, sizeof r->spread, "nothing to draw");
  if (t->copy != NULL)
    snprintf(r->spread, sizeof r->spread, "as in the other checkpoint");
  else if (tool_tensor_elements(t) > 0)
    text_spread(t, r->spread);
  snprintf(r->bytes, sizeof r->bytes, "%" PRIu64, tool_tensor_bytes(t));
  const char *const cells[COLUMNS] = {t->name,   t->copy != NULL ? t->copy->dtype : kinit_dtype_name(t->dtype),
                                      r->shape,  t->init_name,
                                      r->spread, r->bytes};
  memcpy(r->cells, cells, sizeof cells);
}

static void widen(int *widths, const row *r) {
  for (int i = 0; i < COLUMNS; i++) {
    const int length = tool_text_width(r->cells[i]);
    if (length > widths[i]) widths[i] = length;
  }
}

static void print_row(const int *widths, const row *r) {
  for (int i = 0; i < BYTES; i++) tool_text_put(stdout, r->cells[i], widths[i] + 2);
  printf("%*s\n", widths[BYTES], r->cells[BYTES]);
}

int tool_table_print(const tool_model *model, tool_error *error) {
  row r;
  int widths[COLUMNS] = {0};
  uint64_t elements = 0, bytes = 0;
  char text[TOOL_BYTES_TEXT];
  widen(widths, &heading);
  for (size_t i = 0; i < model->count; i++) {
    make_row(&model->tensors[i], &r);
    widen(widths, &r);
  }
  print_row(widths, &heading);
  for (size_t i = 0; i < model->count; i++) {
    make_row(&model->tensors[i], &r);
    print_row(widths, &r);
    elements += tool_tensor_elements(&model->tensors[i]);
    bytes += tool_tensor_bytes(&model->tensors[i]);
  }
  tool_text_bytes(bytes, text);
  printf("total: %zu tensors, %" PRIu64 " parameters, %" PRIu64 " bytes (%s)\n", model->count, elements, bytes, text);
  if (fflush(stdout) == 0 && !ferror(stdout)) return TOOL_OK;
  return tool_fail(error, TOOL_FAILED, NULL, 0, "standard output: %s", strerror(errno));
}
