/* From spans to tiles, and from tiles to memory: the body of every kernel, and the table of a backend.
 *
 * Owns: the tile, the two ways to the destination, the kernels, and the definition of the backend's table. Included by
 * each kernels_<isa>.c, last, which names the table (KS_BACKEND) and the instruction set (KS_NAME).
 * SPDX-License-Identifier: Apache-2.0
 *
 * A tile is KS_TILE groups of Philox blocks, from any places of the stream. Its words are staged in the first-level
 * cache, because generator and distribution want different interleaving; a map then makes values of them. A long span
 * goes in whole tiles straight to its destination. What is left (heads, tails, short or strided spans, streaming to an
 * unaligned destination) waits until a tile is full of such pieces, goes to a small buffer,
 * and is copied from there. */
#ifndef KINIT_KERNEL_FILL_BODY_H
#define KINIT_KERNEL_FILL_BODY_H

#include "../kernel.h"
#include "simd.h"

/* Vectors of even, and of odd, words that advance together at most. */
#define KS_STEP ((KS_MAP_PAIRS > KS_MAP_WORDS ? KS_MAP_PAIRS : KS_MAP_WORDS) * KS_PAIRS)
#define KS_STEP_F64 (KS_MAP_F64 * KS_HALVES)

/* What a map does, known when it is compiled. The last four are truncated normals. */
enum kind { BITS, UNIFORM, UNIFORM_GUARDED, NORMAL, SYMMETRIC, CENTRAL, TAIL, NARROW };

#include "normal.h"
#include "philox.h"
#include "truncated.h"
#include "uniform.h"

#define GROUP_WORDS (2 * KS_PAIRS * KS_LANES)
#define GROUP_BLOCKS (GROUP_WORDS / 4)

/* The parameters of a distribution, in the type in which they are used. */
typedef union parameters {
  uniform_f32 uniform32;
  uniform_f64 uniform64;
  normal_f32 normal32;
  normal_f64 normal64;
  truncated_f32 truncated32;
  const kinit_truncated *truncated64;
} parameters;

typedef struct words {
  KS_ALIGNED ks_u32 even[KS_TILE * KS_PAIRS];
  KS_ALIGNED ks_u32 odd[KS_TILE * KS_PAIRS];
} words;

/* Values of the first `groups` groups, in memory order. */
typedef void mapping(const parameters *p, const words *w, int groups, char *out, bool streaming);

enum { F32 = KINIT_KERNEL_F32, F64 = KINIT_KERNEL_F64, F16 = KINIT_KERNEL_F16, BF16 = KINIT_KERNEL_BF16 };

KS_INLINE size_t element_size(int dtype) { return dtype == F64 ? 8 : dtype == F32 ? 4 : 2; }
KS_INLINE uint64_t group_elements(int dtype) { return dtype == F64 ? GROUP_WORDS / 2 : GROUP_WORDS; }
KS_INLINE size_t group_size(int dtype) { return (size_t)group_elements(dtype) * element_size(dtype); }

/* ---- Values -> memory, n groups a step ------------------------------------------------------------------------ */

KS_INLINE void store_step_f32(int dtype, const ks_f32 *x, const ks_f32 *y, char *out, bool streaming, int n) {
  KS_EACH(g, n) {
    const ks_f32 *even = x + g * KS_PAIRS, *odd = y + g * KS_PAIRS;
    char *dst = out + (size_t)g * group_size(dtype);
    ks_u32 i[KS_PAIRS], j[KS_PAIRS];
    if (dtype == BF16) {
      ks_store_bf16(dst, even, odd, streaming);
      continue;
    }
    if (dtype == F16) {
      ks_store_f16(dst, even, odd, streaming);
      continue;
    }
    KS_EACH(k, KS_PAIRS) i[k] = ks_u32_from_bits(even[k]);
    KS_EACH(k, KS_PAIRS) j[k] = ks_u32_from_bits(odd[k]);
    ks_store_32(dst, i, j, streaming);
  }
}

KS_INLINE void step_f32(enum kind kind, int dtype, const parameters *p, const ks_u32 *even, const ks_u32 *odd,
                        char *out, bool streaming, int n) {
  ks_f32 x[KS_STEP], y[KS_STEP];
  if (kind == NORMAL) {
    normal_f32_map(even, odd, &p->normal32, x, y, n * KS_PAIRS);
  } else {
    KS_EACH(i, n * KS_PAIRS) x[i] = uniform_f32_map(even[i], &p->uniform32, kind == UNIFORM_GUARDED);
    KS_EACH(i, n * KS_PAIRS) y[i] = uniform_f32_map(odd[i], &p->uniform32, kind == UNIFORM_GUARDED);
  }
  store_step_f32(dtype, x, y, out, streaming, n);
}

/* Each word by itself: even and odd ones advance together. */
KS_INLINE void step_truncated_f32(enum kind kind, int dtype, const truncated_f32 *p, const ks_u32 *even,
                                  const ks_u32 *odd, char *out, bool streaming, int n) {
  const int half = n * KS_PAIRS;
  ks_u32 word[2 * KS_STEP];
  ks_f32 x[2 * KS_STEP];
  KS_EACH(i, half) word[i] = even[i];
  KS_EACH(i, half) word[half + i] = odd[i];
  truncated_f32_map(kind, word, p, x, half);
  store_step_f32(dtype, x, x + half, out, streaming, n);
}

KS_INLINE void map_f64(enum kind kind, const parameters *p, ks_u64 (*w)[4], ks_f64 *x, ks_f64 *y, int n) {
#if KS_HAVE_FMA
  if (kind == NORMAL) {
    normal_f64_map(w, &p->normal64, x, y, n);
    return;
  }
  if (kind >= SYMMETRIC) {
    truncated_f64_map(kind, w, 0, p->truncated64, x, n);
    truncated_f64_map(kind, w, 2, p->truncated64, y, n);
    return;
  }
#endif
  (void)kind;
  KS_EACH(i, n) x[i] = uniform_f64_map(w[i][0], w[i][1], &p->uniform64);
  KS_EACH(i, n) y[i] = uniform_f64_map(w[i][2], w[i][3], &p->uniform64);
}

KS_INLINE void step_f64(enum kind kind, const parameters *p, const ks_u32 *even, const ks_u32 *odd, char *out,
                        bool streaming, int n) {
  ks_u64 w[KS_STEP_F64][4];
  ks_f64 x[KS_STEP_F64], y[KS_STEP_F64];
  KS_EACH(g, n) {
    KS_EACH(h, KS_HALVES) ks_u64_words(even + g * KS_PAIRS, odd + g * KS_PAIRS, h, w[g * KS_HALVES + h]);
  }
  map_f64(kind, p, w, x, y, n * KS_HALVES);
  KS_EACH(g, n) ks_store_64(out + (size_t)g * group_size(F64), x + g * KS_HALVES, y + g * KS_HALVES, streaming);
}

KS_INLINE void step_bits(const ks_u32 *even, const ks_u32 *odd, char *out, bool streaming, int n) {
  KS_EACH(g, n)
  ks_store_32(out + (size_t)g * group_size(F32), even + g * KS_PAIRS, odd + g * KS_PAIRS, streaming);
}

/* ---- Maps: one for each distribution and dtype ------------------------------------------------------------------ */

/* The n groups from g on. */
KS_INLINE void map_step(enum kind kind, int dtype, const parameters *p, const words *w, int g, char *out,
                        bool streaming, int n) {
  const ks_u32 *even = w->even + g * KS_PAIRS, *odd = w->odd + g * KS_PAIRS;
  char *dst = out + (size_t)g * group_size(dtype);
  if (kind == BITS)
    step_bits(even, odd, dst, streaming, n);
  else if (dtype == F64)
    step_f64(kind, p, even, odd, dst, streaming, n);
  else if (kind >= SYMMETRIC)
    step_truncated_f32(kind, dtype, &p->truncated32, even, odd, dst, streaming, n);
  else
    step_f32(kind, dtype, p, even, odd, dst, streaming, n);
}

KS_INLINE void map_steps(enum kind kind, int dtype, const parameters *p, const words *w, int groups, char *out,
                         bool streaming) {
  const int n = dtype == F64 ? KS_MAP_F64 : kind == NORMAL ? KS_MAP_PAIRS : KS_MAP_WORDS;
  int g = 0;
  for (; groups - g >= n; g += n) map_step(kind, dtype, p, w, g, out, streaming, n);
  for (; groups > g; g++) map_step(kind, dtype, p, w, g, out, streaming, 1);
}

/* The loop with each kind of store, so that the choice is made once a tile. */
KS_INLINE void map_any(enum kind kind, int dtype, const parameters *p, const words *w, int groups, char *out,
                       bool streaming) {
  if (KS_STREAMS && streaming)
    map_steps(kind, dtype, p, w, groups, out, true);
  else
    map_steps(kind, dtype, p, w, groups, out, false);
}

KS_INLINE void map_uniform(int dtype, const parameters *p, const words *w, int groups, char *out, bool streaming) {
  if (p->uniform32.guarded)
    map_any(UNIFORM_GUARDED, dtype, p, w, groups, out, streaming);
  else
    map_any(UNIFORM, dtype, p, w, groups, out, streaming);
}

KS_INLINE void map_truncated(int dtype, const parameters *p, const words *w, int groups, char *out, bool streaming) {
  if (p->truncated32.symmetric)
    map_any(SYMMETRIC, dtype, p, w, groups, out, streaming);
  else if (p->truncated32.variant == KINIT_TRUNCATED_CENTRAL)
    map_any(CENTRAL, dtype, p, w, groups, out, streaming);
  else if (p->truncated32.variant == KINIT_TRUNCATED_TAIL)
    map_any(TAIL, dtype, p, w, groups, out, streaming);
  else
    map_any(NARROW, dtype, p, w, groups, out, streaming);
}

static void map_bits(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_any(BITS, F32, p, w, groups, out, streaming);
}
static void map_uniform_f32(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_uniform(F32, p, w, groups, out, streaming);
}
static void map_uniform_f16(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_uniform(F16, p, w, groups, out, streaming);
}
static void map_uniform_bf16(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_uniform(BF16, p, w, groups, out, streaming);
}
static void map_uniform_f64(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_any(UNIFORM, F64, p, w, groups, out, streaming);
}
static void map_normal_f32(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_any(NORMAL, F32, p, w, groups, out, streaming);
}
static void map_normal_f16(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_any(NORMAL, F16, p, w, groups, out, streaming);
}
static void map_normal_bf16(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_any(NORMAL, BF16, p, w, groups, out, streaming);
}
static void map_truncated_f32(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_truncated(F32, p, w, groups, out, streaming);
}
static void map_truncated_f16(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_truncated(F16, p, w, groups, out, streaming);
}
static void map_truncated_bf16(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_truncated(BF16, p, w, groups, out, streaming);
}
#if KS_HAVE_FMA
static void map_normal_f64(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  map_any(NORMAL, F64, p, w, groups, out, streaming);
}
static void map_truncated_f64(const parameters *p, const words *w, int groups, char *out, bool streaming) {
  const int variant = p->truncated64->variant;
  if (variant == KINIT_TRUNCATED_CENTRAL)
    map_any(CENTRAL, F64, p, w, groups, out, streaming);
  else if (variant == KINIT_TRUNCATED_TAIL)
    map_any(TAIL, F64, p, w, groups, out, streaming);
  else
    map_any(NARROW, F64, p, w, groups, out, streaming);
}
#endif

/* ---- Spans -> tiles ---------------------------------------------------------------------------------------------- */

_Static_assert(KS_TILE % KS_GROUPS == 0, "a tile is made of whole steps");

/* Elements of the small buffer that belong to one span. */
typedef struct piece {
  char *dst;
  int64_t stride; /* elements */
  uint32_t from;  /* element in the buffer */
  uint32_t count; /* elements */
} piece;

/* A fill under way. */
typedef struct job {
  mapping *map;
  const parameters *parameters;
  bool streaming;
  unsigned size;        /* bytes of an element */
  unsigned group_shift; /* binary logarithm of the elements of a group */
  uint64_t seed, subsequence;
  uint32_t block_high; /* for which philox was prepared */
  int groups, pieces;  /* waiting */
  philox philox;
  uint64_t products[KS_TILE]; /* of the groups that wait */
  piece piece[KS_TILE];
  words words;
  KS_ALIGNED char values[KS_TILE * GROUP_WORDS * 4];
} job;

KS_INLINE uint64_t block_product(uint64_t block) { return (uint64_t)(uint32_t)block * PHILOX_M0; }

static void scatter(char *dst, int64_t stride, const char *from, uint64_t count, unsigned size) {
  for (uint64_t i = 0; i < count; i++) {
    memcpy(dst, from, size);
    dst += stride * (int64_t)size;
    from += size;
  }
}

/* Whole aligned vectors bypass the caches, the ends do not. */
static void copy_streaming(char *dst, const char *from, size_t bytes) {
  const size_t head = -(uintptr_t)dst % KS_ALIGN;
  if (bytes < head + KS_ALIGN) {
    memcpy(dst, from, bytes);
    return;
  }
  if (head > 0) memcpy(dst, from, head);
  size_t done = head;
  for (; bytes - done >= KS_ALIGN; done += KS_ALIGN) ks_stream_copy(dst + done, from + done);
  if (bytes > done) memcpy(dst + done, from + done, bytes - done);
}

/* Draws what waits and copies it to its places. */
KS_NOINLINE void flush(job *j) {
  if (j->groups == 0) return;
  philox_tile(&j->philox, j->products, j->groups, j->words.even, j->words.odd);
  j->map(j->parameters, &j->words, j->groups, j->values, false);
  for (int i = 0; i < j->pieces; i++) {
    const piece *p = &j->piece[i];
    const char *from = j->values + (size_t)p->from * j->size;
    if (p->stride != 1)
      scatter(p->dst, p->stride, from, p->count, j->size);
    else if (j->streaming)
      copy_streaming(p->dst, from, (size_t)p->count * j->size);
    else
      memcpy(p->dst, from, (size_t)p->count * j->size);
  }
  j->groups = 0;
  j->pieces = 0;
}

/* Up to `most` groups, the first of which has this first block: they must not reach a new upper half of the block
 * number, for which philox is not prepared. */
static int groups_until_wrap(uint64_t block, uint64_t most) {
  const uint64_t until_wrap = ((UINT64_C(1) << 32) - (uint32_t)block) / GROUP_BLOCKS;
  return (int)(most < until_wrap ? most : until_wrap);
}

/* Puts elements of one span among those that wait, as many as there is space for: the groups from `block` on, without
 * the first `skip` elements, for at most count elements. Returns the number of elements taken. */
static uint64_t wait(job *j, uint64_t block, unsigned skip, uint64_t count, char *dst, int64_t stride) {
  const uint64_t wanted = ((skip + count - 1) >> j->group_shift) + 1;
  const uint64_t space = (uint64_t)(KS_TILE - j->groups);
  const int groups = groups_until_wrap(block, wanted < space ? wanted : space);
  const uint64_t available = ((uint64_t)groups << j->group_shift) - skip;
  const uint64_t taken = count < available ? count : available;
  j->piece[j->pieces++] = (piece){dst, stride, ((unsigned)j->groups << j->group_shift) + skip, (uint32_t)taken};
  for (int g = 0; g < groups; g++) j->products[j->groups++] = block_product(block + (uint64_t)g * GROUP_BLOCKS);
  return taken;
}

/* Whole steps of groups, up to a tile, straight to their destination. Returns the number of elements. */
static uint64_t direct(job *j, uint64_t block, uint64_t count, char *dst) {
  const uint64_t wanted = count >> j->group_shift;
  int groups = groups_until_wrap(block, wanted < KS_TILE ? wanted : KS_TILE);
  groups -= groups % KS_GROUPS;
  uint64_t products[KS_TILE];
  for (int g = 0; g < groups; g++) products[g] = block_product(block + (uint64_t)g * GROUP_BLOCKS);
  philox_tile(&j->philox, products, groups, j->words.even, j->words.odd);
  j->map(j->parameters, &j->words, groups, dst, j->streaming);
  return (uint64_t)groups << j->group_shift;
}

static void prepare_blocks(job *j, uint32_t block_high) {
  flush(j);
  philox_prepare(&j->philox, j->seed, j->subsequence, block_high);
  j->block_high = block_high;
}

static void fill_span(job *j, const kinit_span *span) {
  const uint64_t step_elements = (uint64_t)KS_GROUPS << j->group_shift;
  uint64_t done = 0;
  while (done < span->count) {
    const uint64_t element = span->first + done, left = span->count - done;
    const uint64_t block = (element >> j->group_shift) * GROUP_BLOCKS;
    const unsigned skip = (unsigned)element & ((1u << j->group_shift) - 1);
    char *dst = (char *)span->dst + (int64_t)done * span->stride * (int64_t)j->size;
    if ((uint32_t)(block >> 32) != j->block_high) prepare_blocks(j, (uint32_t)(block >> 32));
    const bool fits = span->stride == 1 && (!j->streaming || (uintptr_t)dst % KS_ALIGN == 0);
    if (fits && skip == 0 && left >= step_elements && (uint32_t)block <= UINT32_MAX - KS_GROUPS * GROUP_BLOCKS) {
      done += direct(j, block, left, dst);
      continue;
    }
    done += wait(j, block, skip, left, dst, span->stride);
    if (j->groups == KS_TILE) flush(j);
  }
}

static void fill_spans(const kinit_parameters *draw, const kinit_span *spans, size_t span_count, mapping *map,
                       int dtype, const parameters *p) {
  job j;
  j.map = map;
  j.parameters = p;
  j.streaming = draw->streaming;
  j.size = (unsigned)element_size(dtype);
  j.group_shift = (unsigned)__builtin_ctzll(group_elements(dtype));
  j.seed = draw->seed;
  j.subsequence = draw->subsequence;
  j.groups = 0;
  j.pieces = 0;
  prepare_blocks(&j, (uint32_t)((spans[0].first >> j.group_shift) * GROUP_BLOCKS >> 32));
  for (size_t i = 0; i < span_count; i++) fill_span(&j, &spans[i]);
  flush(&j);
  if (j.streaming) ks_fence();
}

/* ---- Kernels ----------------------------------------------------------------------------------------------------- */

static void kernel_bits(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  fill_spans(draw, spans, span_count, map_bits, F32, NULL);
}

static void draw_uniform(const kinit_parameters *draw, const kinit_span *spans, size_t span_count, mapping *map,
                         int dtype) {
  const parameters p = {.uniform32 =
                            uniform_f32_prepare(draw->as.uniform.low, draw->as.uniform.span, draw->as.uniform.limit)};
  fill_spans(draw, spans, span_count, map, dtype, &p);
}
static void kernel_uniform_f32(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_uniform(draw, spans, span_count, map_uniform_f32, F32);
}
static void kernel_uniform_f16(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_uniform(draw, spans, span_count, map_uniform_f16, F16);
}
static void kernel_uniform_bf16(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_uniform(draw, spans, span_count, map_uniform_bf16, BF16);
}
static void kernel_uniform_f64(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  const parameters p = {.uniform64 = {draw->as.uniform.low, draw->as.uniform.span, draw->as.uniform.limit}};
  fill_spans(draw, spans, span_count, map_uniform_f64, F64, &p);
}

static void draw_normal(const kinit_parameters *draw, const kinit_span *spans, size_t span_count, mapping *map,
                        int dtype) {
  const parameters p = {.normal32 = {(float)draw->as.normal.mean, (float)draw->as.normal.stddev}};
  fill_spans(draw, spans, span_count, map, dtype, &p);
}
static void kernel_normal_f32(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_normal(draw, spans, span_count, map_normal_f32, F32);
}
static void kernel_normal_f16(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_normal(draw, spans, span_count, map_normal_f16, F16);
}
static void kernel_normal_bf16(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_normal(draw, spans, span_count, map_normal_bf16, BF16);
}

static void draw_truncated(const kinit_parameters *draw, const kinit_span *spans, size_t span_count, mapping *map,
                           int dtype) {
  const parameters p = {.truncated32 = truncated_f32_prepare(draw->as.truncated)};
  fill_spans(draw, spans, span_count, map, dtype, &p);
}
static void kernel_truncated_f32(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_truncated(draw, spans, span_count, map_truncated_f32, F32);
}
static void kernel_truncated_f16(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_truncated(draw, spans, span_count, map_truncated_f16, F16);
}
static void kernel_truncated_bf16(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  draw_truncated(draw, spans, span_count, map_truncated_bf16, BF16);
}

#if KS_HAVE_FMA
static void kernel_normal_f64(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  const parameters p = {.normal64 = {draw->as.normal.mean, draw->as.normal.stddev}};
  fill_spans(draw, spans, span_count, map_normal_f64, F64, &p);
}
static void kernel_truncated_f64(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  const parameters p = {.truncated64 = draw->as.truncated};
  fill_spans(draw, spans, span_count, map_truncated_f64, F64, &p);
}
#else
#define kernel_normal_f64 NULL
#define kernel_truncated_f64 NULL
#endif

/* The pattern has the period of an element, so it looks the same from every element on. */
static void constant_span(char *dst, size_t bytes, uint64_t pattern, bool streaming) {
  uint64_t line[8];
  for (int i = 0; i < 8; i++) line[i] = pattern;
  const size_t head = streaming ? -(uintptr_t)dst % KS_ALIGN : 0;
  size_t done = head < bytes ? head : bytes;
  memcpy(dst, line, done);
  if (streaming)
    for (; bytes - done >= KS_ALIGN; done += KS_ALIGN) ks_stream_pattern(dst + done, pattern);
  for (; bytes - done >= sizeof line; done += sizeof line) memcpy(dst + done, line, sizeof line);
  memcpy(dst + done, line, bytes - done);
}

static void kernel_constant(const kinit_parameters *draw, const kinit_span *spans, size_t span_count) {
  const size_t size = draw->as.constant.size;
  const uint64_t pattern = draw->as.constant.pattern;
  for (size_t i = 0; i < span_count; i++) {
    char *dst = spans[i].dst;
    if (spans[i].stride == 1)
      constant_span(dst, (size_t)spans[i].count * size, pattern, draw->streaming);
    else
      for (uint64_t k = 0; k < spans[i].count; k++, dst += spans[i].stride * (int64_t)size) memcpy(dst, &pattern, size);
  }
  if (draw->streaming) ks_fence();
}

extern const kinit_backend KS_BACKEND;
const kinit_backend KS_BACKEND = {
    .name = KS_NAME,
    .bits = kernel_bits,
    .constant = kernel_constant,
    .uniform = {kernel_uniform_f32, kernel_uniform_f64, kernel_uniform_f16, kernel_uniform_bf16},
    .normal = {kernel_normal_f32, kernel_normal_f64, kernel_normal_f16, kernel_normal_bf16},
    .truncated = {kernel_truncated_f32, kernel_truncated_f64, kernel_truncated_f16, kernel_truncated_bf16},
};

#endif
