/* Shapes, strides and blocks -> spans. Integers only.
 *
 * Owns: how a tensor becomes spans of consecutive elements of the stream. SPDX-License-Identifier: Apache-2.0 */
#include "layout.h"

/* One dimension of a layout. */
typedef struct dimension {
  uint64_t length;
  int64_t stride;
  uint64_t step;
} dimension;

static void put_dimension(kinit_layout *layout, int k, dimension d) {
  layout->length[k] = d.length;
  layout->stride[k] = d.stride;
  layout->step[k] = d.step;
}

kinit_layout kinit_layout_flat(void *data, size_t element_size, uint64_t first, uint64_t count) {
  kinit_layout layout;
  layout.data = data;
  layout.element_size = element_size;
  layout.first = first;
  layout.count = count;
  layout.ndim = 1;
  put_dimension(&layout, 0, (dimension){count, 1, 1});
  return layout;
}

/* ---- Tensors ---------------------------------------------------------------------------------------------------- */

static uint64_t count_elements(const kinit_tensor *tensor) {
  uint64_t count = 1;
  for (int k = 0; k < tensor->ndim; k++)
    if (tensor->shape[k] == 0) return 0;
  for (int k = 0; k < tensor->ndim; k++) count *= (uint64_t)tensor->shape[k];
  return count;
}

/* Whether the elements of `outer` follow those of `inner` without a jump, in memory and in the stream. */
static bool continues(dimension outer, dimension inner) {
  return outer.stride == inner.stride * (int64_t)inner.length && outer.step == inner.step * inner.length;
}

/* The dimensions, last one first, dropped or merged where possible. Returns how many are left. */
static int collect(const kinit_tensor *tensor, dimension *left, uint64_t *first) {
  const int64_t *whole = tensor->global_shape != NULL ? tensor->global_shape : tensor->shape;
  int count = 0;
  int64_t dense = 1;
  uint64_t step = 1;
  for (int k = tensor->ndim - 1; k >= 0; k--) {
    const dimension d = {(uint64_t)tensor->shape[k], tensor->strides != NULL ? tensor->strides[k] : dense, step};
    dense *= tensor->shape[k];
    step *= (uint64_t)whole[k];
    if (tensor->start != NULL) *first += (uint64_t)tensor->start[k] * d.step;
    if (d.length == 1) continue;
    if (count > 0 && continues(d, left[count - 1]))
      left[count - 1].length *= d.length;
    else
      left[count++] = d;
  }
  return count;
}

kinit_layout kinit_layout_tensor(const kinit_tensor *tensor, size_t element_size, uint64_t offset) {
  const uint64_t count = count_elements(tensor);
  kinit_layout layout = kinit_layout_flat(tensor->data, element_size, offset, count);
  if (count == 0) return layout;
  dimension left[KINIT_MAX_DIMENSIONS];
  const int ndim = collect(tensor, left, &layout.first);
  for (int k = 0; k < ndim; k++) put_dimension(&layout, k, left[ndim - 1 - k]);
  layout.ndim = ndim;
  /* Spans go along the stream. Where it jumps between any two elements, each is a span of its own. At most 63
   * dimensions are there then, because one of length 1 was dropped. */
  if (ndim == 0 || left[0].step != 1) put_dimension(&layout, layout.ndim++, (dimension){1, 1, 1});
  return layout;
}

/* ---- Transposes ------------------------------------------------------------------------------------------------- */

/* Elements of a span that goes across memory: enough for whole groups of words, and so few that the spans of several
 * cache lines fit a tile. */
enum { SHORT_SPAN = 64 };

static uint64_t distance(const kinit_layout *layout, int k) {
  const int64_t stride = layout->stride[k];
  return stride < 0 ? -(uint64_t)stride : (uint64_t)stride;
}

static int closest(const kinit_layout *layout) {
  int best = layout->ndim - 1;
  for (int k = best - 1; k >= 0; k--)
    if (distance(layout, k) < distance(layout, best)) best = k;
  return best;
}

bool kinit_layout_crosses(const kinit_layout *layout) {
  const int last = layout->ndim - 1;
  return layout->length[last] > 1 && closest(layout) != last;
}

static dimension get_dimension(const kinit_layout *layout, int k) {
  return (dimension){layout->length[k], layout->stride[k], layout->step[k]};
}

/* The dimensions become: the others, the short spans of a row, the closest dimension, a short span. Part 0 holds the
 * whole spans, part 1 what is left at the end of the rows. */
bool kinit_layout_part(const kinit_layout *layout, int i, kinit_layout *part) {
  const int last = layout->ndim - 1, close = closest(layout);
  const dimension row = get_dimension(layout, last);
  const uint64_t whole = row.length / SHORT_SPAN * SHORT_SPAN, rest = row.length - whole;
  const uint64_t length = i == 0 && whole > 0 ? SHORT_SPAN : rest;
  const uint64_t skipped = i == 0 ? 0 : whole;
  if (i > (whole > 0) || length == 0) return false;
  *part = *layout;
  part->data = (char *)layout->data + (int64_t)skipped * row.stride * (int64_t)layout->element_size;
  part->first = layout->first + skipped;
  part->ndim = 0;
  for (int k = 0; k < last; k++)
    if (k != close) put_dimension(part, part->ndim++, get_dimension(layout, k));
  if (i == 0 && whole > 0)
    put_dimension(part, part->ndim++, (dimension){whole / SHORT_SPAN, row.stride * SHORT_SPAN, SHORT_SPAN});
  put_dimension(part, part->ndim++, get_dimension(layout, close));
  put_dimension(part, part->ndim++, (dimension){length, row.stride, 1});
  part->count = layout->count / row.length * (i == 0 && whole > 0 ? whole : rest);
  return true;
}

/* ---- Spans ------------------------------------------------------------------------------------------------------- */

/* A place in a layout: the index in all dimensions but the last, and what belongs to it with 0 in the last. */
typedef struct cursor {
  uint64_t index[KINIT_MAX_DIMENSIONS];
  int64_t place; /* in memory, in elements from layout->data */
  uint64_t stream;
} cursor;

/* Sets the cursor to the row that holds this element of the layout; returns the element's index in that row. */
static uint64_t seek(const kinit_layout *layout, uint64_t element, cursor *at) {
  const int last = layout->ndim - 1;
  at->place = 0;
  at->stream = layout->first;
  if (last == 0) return element; /* no division in small fills */
  const uint64_t column = element % layout->length[last];
  uint64_t rest = element / layout->length[last];
  for (int k = last - 1; k >= 0; k--) {
    at->index[k] = rest % layout->length[k];
    rest /= layout->length[k];
    at->place += (int64_t)at->index[k] * layout->stride[k];
    at->stream += at->index[k] * layout->step[k];
  }
  return column;
}

static void next_row(const kinit_layout *layout, cursor *at) {
  for (int k = layout->ndim - 2; k >= 0; k--) {
    if (++at->index[k] < layout->length[k]) {
      at->place += layout->stride[k];
      at->stream += layout->step[k];
      return;
    }
    at->index[k] = 0;
    at->place -= (int64_t)(layout->length[k] - 1) * layout->stride[k];
    at->stream -= (layout->length[k] - 1) * layout->step[k];
  }
}

static char *address(const kinit_layout *layout, int64_t place) {
  return (char *)layout->data + place * (int64_t)layout->element_size;
}

/* The rest of a row, from an element of it on, at most `most` elements. */
static kinit_span span_at(const kinit_layout *layout, const cursor *at, uint64_t column, uint64_t most) {
  const int last = layout->ndim - 1;
  const uint64_t rest = layout->length[last] - column;
  char *const data = address(layout, at->place + (int64_t)column * layout->stride[last]);
  return (kinit_span){data, layout->stride[last], at->stream + column, rest < most ? rest : most};
}

/* Whole rows from the cursor's on, at most `most` of them, along one dimension. Returns how many. */
static size_t span_rows(const kinit_layout *layout, cursor *at, kinit_span *spans, uint64_t most) {
  const int last = layout->ndim - 1, k = last - 1;
  const uint64_t left = layout->length[k] - at->index[k], rows = left < most ? left : most;
  const uint64_t length = layout->length[last], step = layout->step[k];
  const int64_t stride = layout->stride[last], distance = layout->stride[k] * (int64_t)layout->element_size;
  for (uint64_t i = 0; i < rows; i++)
    spans[i] = (kinit_span){address(layout, at->place) + (int64_t)i * distance, stride, at->stream + i * step, length};
  at->index[k] += rows - 1;
  at->place += (int64_t)(rows - 1) * layout->stride[k];
  at->stream += (rows - 1) * step;
  next_row(layout, at);
  return (size_t)rows;
}

size_t kinit_layout_spans(const kinit_layout *layout, uint64_t from, uint64_t count, kinit_span *spans, size_t capacity,
                          uint64_t *taken) {
  const uint64_t length = layout->length[layout->ndim - 1];
  cursor at;
  const uint64_t column = seek(layout, from, &at);
  uint64_t done = 0;
  size_t n = 0;
  while (n < capacity && done < count) {
    const uint64_t left = count - done;
    if (layout->ndim > 1 && left >= length && (n > 0 || column == 0)) {
      const uint64_t whole = left / length, space = capacity - n;
      const size_t rows = span_rows(layout, &at, spans + n, whole < space ? whole : space);
      n += rows;
      done += rows * length;
    } else {
      spans[n] = span_at(layout, &at, n == 0 ? column : 0, left);
      done += spans[n++].count;
      next_row(layout, &at);
    }
  }
  *taken = done;
  return n;
}
