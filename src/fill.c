/* A checked fill -> pieces -> threads -> kernels.
 *
 * Owns: how a fill is cut, when it is worth threads and streaming stores, and the floating-point environment.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fill.h"

#include <limits.h>
#include <stdatomic.h>

#include "check.h"
#include "cpu.h"
#include "kinit/kinit.h"
#include "memory.h"
#include "parallel.h"
#include "plan.h"

enum {
  SPANS = 48,                   /* spans handed to a kernel at a time */
  BYTES_PER_THREAD = 128 << 10, /* a thread is worth starting for so much */
  BYTES_PER_PIECE = 4 << 20,    /* a thread is worth another piece for so much */
  PIECES_PER_THREAD = 4,        /* so that threads that are not held up do more */
  SMALLEST_CACHE = 1 << 20,     /* no last-level cache is smaller */
  SHORTEST_STREAM = 256,        /* bytes of a row that are worth streaming stores */
  CACHE_LINE = 64,
  PAGE = 4 << 10,
  HUGE_PAGE = 2 << 20
};

typedef struct work {
  kinit_kernel *kernel;
  const kinit_parameters *parameters;
  const kinit_layout *layout;
  int pieces;
} work;

/* Bytes that lie side by side in memory. */
static uint64_t row_bytes(const kinit_layout *layout) {
  const int last = layout->ndim - 1;
  return layout->stride[last] == 1 ? layout->length[last] * layout->element_size : 0;
}

static int contiguous(const kinit_layout *layout) { return layout->ndim == 1 && layout->stride[0] == 1; }

/* Where pieces of so many bytes may be cut: at pages, so that each thread touches fresh memory of its own first; at
 * huge pages if the pieces are large enough to stay about equal. */
static size_t granule(uint64_t piece_bytes) {
  if (piece_bytes >= 8 * (uint64_t)HUGE_PAGE) return HUGE_PAGE;
  return piece_bytes >= 8 * PAGE ? PAGE : CACHE_LINE;
}

/* The element at which a piece begins: an even share, moved down to a boundary of memory or of a row. */
static uint64_t piece_begin(const work *w, int index) {
  const kinit_layout *layout = w->layout;
  if (index == w->pieces) return layout->count;
  const uint64_t share = layout->count / (uint64_t)w->pieces;
  const uint64_t even = share * (uint64_t)index;
  if (index == 0) return 0;
  if (!contiguous(layout)) {
    const uint64_t row = layout->length[layout->ndim - 1];
    return even - even % row;
  }
  const uint64_t address = (uint64_t)(uintptr_t)layout->data + even * layout->element_size;
  const uint64_t beyond = address % granule(share * layout->element_size) / layout->element_size;
  return beyond < even ? even - beyond : 0;
}

static void fill_elements(const work *w, uint64_t from, uint64_t end) {
  while (from < end) {
    kinit_span spans[SPANS];
    uint64_t taken;
    const size_t count = kinit_layout_spans(w->layout, from, end - from, spans, SPANS, &taken);
    w->kernel(w->parameters, spans, count);
    from += taken;
  }
}

static void fill_piece(const void *context, int index) {
  const work *w = context;
  const uint64_t environment = kinit_cpu_float_begin();
  fill_elements(w, piece_begin(w, index), piece_begin(w, index + 1));
  kinit_cpu_float_end(environment);
}

/* Streaming stores win where the caches cannot hold the result: they save reading each line before it is written. Not
 * in fresh memory, whose lines the system has just cleared, in the caches: there they would be written twice, and
 * normals into 256 MiB from malloc took a quarter longer (scripts/bench-against). The size of the caches is asked for
 * once, because the system takes its time to tell. */
static bool streaming_pays(uint64_t bytes) {
  static _Atomic size_t cache_size;
  if (bytes < SMALLEST_CACHE) return false;
  size_t size = atomic_load_explicit(&cache_size, memory_order_relaxed);
  if (size == 0) {
    size = kinit_cpu_cache_size();
    atomic_store_explicit(&cache_size, size, memory_order_relaxed);
  }
  return bytes >= size;
}

/* One for each thread that pays. Large fills are cut finer, so that a thread that is held up does less than others. */
static int count_pieces(uint64_t bytes, int limit) {
  const uint64_t useful = bytes / BYTES_PER_THREAD, most = (uint64_t)limit;
  if (useful <= most) return useful > 1 ? (int)useful : 1;
  const uint64_t worth = bytes / BYTES_PER_PIECE / most;
  const uint64_t pieces = most * (worth < 1 ? 1 : worth < PIECES_PER_THREAD ? worth : PIECES_PER_THREAD);
  return pieces < INT_MAX ? (int)pieces : INT_MAX;
}

static void fill_layout(kinit_plan *plan, const kinit_layout *layout) {
  const uint64_t bytes = layout->count * layout->element_size;
  const bool fresh = contiguous(layout) && kinit_memory_advise(layout->data, (size_t)bytes);
  plan->parameters.streaming = !fresh && row_bytes(layout) >= SHORTEST_STREAM && streaming_pays(bytes);
  const int limit = bytes < 2 * BYTES_PER_THREAD ? 1 : kinit_parallel_limit(bytes);
  const work w = {plan->kernel, &plan->parameters, layout, limit == 1 ? 1 : count_pieces(bytes, limit)};
  if (w.pieces == 1)
    fill_elements(&w, 0, layout->count);
  else
    kinit_parallel(limit, w.pieces, fill_piece, &w);
}

/* A function of its own, because a layout is large and most fills need no other. */
__attribute__((noinline)) static void fill_parts(kinit_plan *plan, const kinit_layout *layout) {
  kinit_layout part;
  for (int i = 0; kinit_layout_part(layout, i, &part); i++) fill_layout(plan, &part);
}

static void run(kinit_plan *plan, const kinit_layout *layout) {
  if (layout->ndim > 1 && kinit_layout_crosses(layout))
    fill_parts(plan, layout);
  else
    fill_layout(plan, layout);
}

kinit_status kinit_fill(const kinit_layout *layout, kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream) {
  kinit_plan plan;
  const uint64_t environment = kinit_cpu_float_begin();
  kinit_status status = kinit_check_distribution(dtype, dist);
  if (status == KINIT_OK) status = kinit_plan_make(&plan, dtype, dist, stream);
  if (status == KINIT_OK && layout->count > 0) run(&plan, layout);
  kinit_cpu_float_end(environment);
  return status;
}

kinit_status kinit_fill_compute(kinit_computation *compute, void *context) {
  const uint64_t environment = kinit_cpu_float_begin();
  const kinit_status status = compute(context);
  kinit_cpu_float_end(environment);
  return status;
}
