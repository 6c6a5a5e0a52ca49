/* Shapes, strides and blocks -> spans. Integers only.
 *
 * Owns: kinit_layout, the one description of a destination that fill.c understands. SPDX-License-Identifier:
 * Apache-2.0 */
#ifndef KINIT_LAYOUT_H
#define KINIT_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel.h"
#include "kinit/kinit.h"

/* A checked destination: dimensions of length 1 are dropped, and neighbours that are contiguous both in memory and in
 * the stream are merged, so a dense whole tensor, and a flat fill, have one dimension. */
typedef struct kinit_layout {
  void *data;          /* of element 0, 0, ...; may be NULL if count is 0 */
  size_t element_size; /* bytes */
  uint64_t first;      /* index in the stream of element 0, 0, ... */
  uint64_t count;      /* number of elements; everything else but element_size is meaningless if it is 0 */
  int ndim;            /* >= 1 */
  uint64_t length[KINIT_MAX_DIMENSIONS];
  int64_t stride[KINIT_MAX_DIMENSIONS]; /* in memory, in elements */
  uint64_t step[KINIT_MAX_DIMENSIONS];  /* in the stream, in elements; 1 for the last dimension */
} kinit_layout;

/* The layout of count contiguous elements. */
kinit_layout kinit_layout_flat(void *data, size_t element_size, uint64_t first, uint64_t count);

/* The layout of a tensor that check.c has accepted; offset is that of its stream. */
kinit_layout kinit_layout_tensor(const kinit_tensor *tensor, size_t element_size, uint64_t offset);

/* Spans that hold elements [from, from + count) of the layout in row-major order, at most `capacity` (> 0) of them.
 * Returns how many were written; *taken is the number of elements they hold. */
size_t kinit_layout_spans(const kinit_layout *layout, uint64_t from, uint64_t count, kinit_span *spans, size_t capacity,
                          uint64_t *taken);

/* Whether a span would go across memory: neighbours along the stream lie farther apart than those of another dimension,
 * as in a transpose. Element by element, each span would then touch a cache line for every element. */
bool kinit_layout_crosses(const kinit_layout *layout);

/* The elements of such a layout as layouts whose spans are short, and follow each other along the dimension that lies
 * closest in memory, so that the kernels can fill cache lines from many spans. Makes part i, from 0 on; false if there
 * is none. */
bool kinit_layout_part(const kinit_layout *layout, int i, kinit_layout *part);

#endif
