/* Spans -> tiles: which words are made, and how their values come to their places.
 *
 * Owns: the two ways to the destination. SPDX-License-Identifier: Apache-2.0
 *
 * A long span goes in whole tiles straight to its destination. What is left (heads, tails, short or strided spans,
 * streaming to an unaligned destination) waits until a third of a tile is full of such pieces, goes to a small
 * buffer, and is copied from there. */
#ifndef KINIT_KERNEL_TILER_H
#define KINIT_KERNEL_TILER_H

#include "philox.h"
#include "transform.h"

/* Groups that wait at most. A fraction of a tile, so that a fill needs less than 32 KiB of stack in every backend; a
 * third, because the short spans of a transpose then fill whole cache lines: 1.3 times as fast as a quarter (AVX-512).
 */
enum { WAITING = KS_TILE / 3, PIECES = 3 * WAITING / 2 };

/* Elements of the small buffer that belong to one span. */
typedef struct piece {
  char *dst;
  int64_t stride; /* elements */
  uint32_t from;  /* element in the buffer */
  uint32_t count; /* elements */
} piece;

/* A fill under way. */
typedef struct job {
  transformation *transform;
  const constants *constants;
  bool streaming;
  int most;             /* groups of a tile that goes straight to its destination */
  unsigned size;        /* bytes of an element */
  unsigned group_shift; /* binary logarithm of the elements of a group */
  uint64_t seed, subsequence;
  uint32_t block_high; /* for which philox was prepared */
  int groups, pieces;  /* waiting */
  uint64_t last_block; /* the first block of the last group that waits */
  philox philox;
  uint64_t products[WAITING]; /* of the groups that wait */
  piece piece[PIECES];
  tile tile;
  KS_ALIGNED char values[WAITING * GROUP_WORDS * 4];
} job;

KS_INLINE uint64_t block_product(uint64_t block) { return (uint64_t)(uint32_t)block * PHILOX_M0; }

KS_INLINE void scatter_sized(const job *j, const piece *p, int pieces, int64_t step, unsigned size) {
  char *column = p->dst;
  for (uint32_t c = 0; c < p->count; c++, column += p->stride * (int64_t)size) {
    char *dst = column;
    for (int i = 0; i < pieces; i++, dst += step) memcpy(dst, j->values + (size_t)(p[i].from + c) * size, size);
  }
}

/* Copies strided pieces that are alike, and `step` bytes apart: the first element of all, then the second, because the
 * pieces lie closer together than their own elements, and so a cache line is filled while it is at hand. */
static void scatter(const job *j, const piece *p, int pieces, int64_t step) {
  if (j->size == 4)
    scatter_sized(j, p, pieces, step, 4);
  else if (j->size == 2)
    scatter_sized(j, p, pieces, step, 2);
  else
    scatter_sized(j, p, pieces, step, j->size);
}

KS_INLINE uint64_t magnitude(int64_t x) { return x < 0 ? -(uint64_t)x : (uint64_t)x; }

/* How many pieces from this one on, at most `most`, have its stride and count, and lie `step` bytes apart, which is
 * less than the distance between two elements of one. */
static int count_alike(const job *j, const piece *p, int most, int64_t *step) {
  *step = most > 1 ? p[1].dst - p[0].dst : 0;
  if (*step == 0 || magnitude(*step) >= magnitude(p->stride * (int64_t)j->size)) return 1;
  int n = 1;
  while (n < most && p[n].count == p->count && p[n].stride == p->stride && p[n].dst - p[n - 1].dst == *step) n++;
  return n;
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

/* Makes what waits, and copies it to its places. */
KS_NOINLINE void flush(job *j) {
  philox_tile(&j->philox, j->products, j->groups, j->tile.even, j->tile.odd);
  j->transform(j->constants, &j->tile, j->groups, j->values, false);
  for (int i = 0; i < j->pieces;) {
    const piece *p = &j->piece[i];
    const char *from = j->values + (size_t)p->from * j->size;
    int64_t step = 0;
    const int alike = p->stride == 1 ? 1 : count_alike(j, p, j->pieces - i, &step);
    i += alike;
    if (p->stride != 1)
      scatter(j, p, alike, step);
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

static void flush_if_full(job *j) {
  if (j->groups == WAITING || j->pieces == PIECES) flush(j);
}

/* Puts a span that lies in one group among those that wait. Where spans lie close together they share the group. False
 * if it reaches beyond its group. */
KS_INLINE bool wait_short(job *j, const kinit_span *span) {
  const uint64_t elements = UINT64_C(1) << j->group_shift, skip = span->first & (elements - 1);
  const uint64_t block = (span->first >> j->group_shift) * GROUP_BLOCKS;
  if (span->count > elements - skip || (uint32_t)(block >> 32) != j->block_high) return false;
  flush_if_full(j);
  if (j->groups == 0 || block != j->last_block) j->products[j->groups++] = block_product(block);
  j->last_block = block;
  const uint32_t from = (uint32_t)(((uint64_t)(j->groups - 1) << j->group_shift) + skip);
  j->piece[j->pieces++] = (piece){span->dst, span->stride, from, (uint32_t)span->count};
  return true;
}

/* Puts elements of one span among those that wait, as many as there is space for: the groups from `block` on, without
 * the first `skip` elements, for at most count elements. Returns the number of elements taken. */
static uint64_t wait(job *j, uint64_t block, unsigned skip, uint64_t count, char *dst, int64_t stride) {
  const uint64_t wanted = ((skip + count - 1) >> j->group_shift) + 1;
  const uint64_t space = (uint64_t)(WAITING - j->groups);
  const int groups = groups_until_wrap(block, wanted < space ? wanted : space);
  const uint64_t available = ((uint64_t)groups << j->group_shift) - skip;
  const uint64_t taken = count < available ? count : available;
  j->piece[j->pieces++] = (piece){dst, stride, ((unsigned)j->groups << j->group_shift) + skip, (uint32_t)taken};
  for (int g = 0; g < groups; g++) j->products[j->groups++] = block_product(block + (uint64_t)g * GROUP_BLOCKS);
  j->last_block = block + (uint64_t)(groups - 1) * GROUP_BLOCKS;
  return taken;
}

/* Whole steps of groups, up to a tile, straight to their destination. Returns the number of elements. */
static uint64_t direct(job *j, uint64_t block, uint64_t count, char *dst) {
  const uint64_t wanted = count >> j->group_shift;
  int groups = groups_until_wrap(block, wanted < (uint64_t)j->most ? wanted : (uint64_t)j->most);
  groups -= groups % KS_GROUPS;
  uint64_t products[KS_TILE];
  for (int g = 0; g < groups; g++) products[g] = block_product(block + (uint64_t)g * GROUP_BLOCKS);
  philox_tile(&j->philox, products, groups, j->tile.even, j->tile.odd);
  j->transform(j->constants, &j->tile, groups, dst, j->streaming);
  return (uint64_t)groups << j->group_shift;
}

static void prepare_blocks(job *j, uint32_t block_high) {
  if (j->groups > 0) flush(j);
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
    flush_if_full(j);
    done += wait(j, block, skip, left, dst, span->stride);
  }
}

/* most: groups of a tile that is streamed straight to its destination, at most KS_TILE. */
static void fill_spans(const kinit_parameters *parameters, const kinit_span *spans, size_t span_count,
                       transformation *transform, int dtype, int most, const constants *c) {
  job j;
  j.transform = transform;
  j.constants = c;
  j.streaming = parameters->streaming;
  j.most = parameters->streaming ? most : KS_TILE;
  j.size = (unsigned)element_size(dtype);
  j.group_shift = (unsigned)__builtin_ctzll(group_elements(dtype));
  j.seed = parameters->seed;
  j.subsequence = parameters->subsequence;
  j.groups = 0;
  j.pieces = 0;
  prepare_blocks(&j, (uint32_t)((spans[0].first >> j.group_shift) * GROUP_BLOCKS >> 32));
  for (size_t i = 0; i < span_count; i++)
    if (!wait_short(&j, &spans[i])) fill_span(&j, &spans[i]);
  if (j.groups > 0) flush(&j);
  if (j.streaming) ks_fence();
}

#endif
