/* The kernels of a backend, and its table.
 *
 * Owns: the definition of the table. The last include of each kernels_<isa>.c, which names the
 * table (KS_BACKEND) and the instruction set (KS_NAME). SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_TABLE_H
#define KINIT_KERNEL_TABLE_H

#include "tiler.h"

/* ---- Kernels that draw ------------------------------------------------------------------------------------------- */

/* Groups of a tile that is streamed straight to its destination. The words of a tile are staged, and then its stores
 * come at once. Where little is computed between them, short tiles keep the write-combining buffers busy: 1 GiB of
 * uniforms on two threads of Zen 5 runs at 43 GB/s with tiles of 768 words, 35 with those of 3072. Normals want long
 * tiles: 30.7 and 32.7. */
enum {
  tile_bits = KS_TILE * GROUP_WORDS < 768 ? KS_TILE : 768 / GROUP_WORDS,
  tile_uniform = tile_bits,
  tile_normal = KS_TILE,
  tile_truncated = KS_TILE
};
static_assert(tile_bits % KS_GROUPS == 0, "a tile is made of whole steps");

#define DEFINE_KERNEL(name, dtype, place)                                                                            \
  static void transform_##name##_##dtype(const constants *c, const tile *t, int groups, char *out, bool streaming) { \
    transform_##name(dtype, c, t, groups, out, streaming);                                                           \
  }                                                                                                                  \
  static void kernel_##name##_##dtype(const kinit_parameters *p, const kinit_span *spans, size_t span_count) {       \
    constants c;                                                                                                     \
    prepare_##name(dtype, p, &c);                                                                                    \
    fill_spans(p, spans, span_count, transform_##name##_##dtype, dtype, tile_##name, &c);                            \
  }
KERNELS(DEFINE_KERNEL)
#if KS_HAVE_SINCOSPI
KERNELS_WITH_SINCOSPI(DEFINE_KERNEL)
#endif
#if KS_HAVE_FMA
KERNELS_WITH_FMA(DEFINE_KERNEL)
#endif

/* ---- The kernel that repeats a value ----------------------------------------------------------------------------- */

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

static void kernel_constant(const kinit_parameters *p, const kinit_span *spans, size_t span_count) {
  const size_t size = p->as.constant.size;
  const uint64_t pattern = p->as.constant.pattern;
  for (size_t i = 0; i < span_count; i++) {
    char *dst = spans[i].dst;
    if (spans[i].stride == 1)
      constant_span(dst, (size_t)spans[i].count * size, pattern, p->streaming);
    else
      for (uint64_t k = 0; k < spans[i].count; k++, dst += spans[i].stride * (int64_t)size) memcpy(dst, &pattern, size);
  }
  if (p->streaming) ks_fence();
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

#define NAME_OF(function) #function
#define NAME_OF_MACRO(function) NAME_OF(function)
#define TABLE_ENTRY(name, dtype, place) .place = kernel_##name##_##dtype,

extern const kinit_backend KS_BACKEND;
const kinit_backend KS_BACKEND = {.name = KS_NAME,
                                  .constant = kernel_constant,
                                  KERNELS(TABLE_ENTRY)
#if KS_HAVE_SINCOSPI
                                      .sincospi = {NAME_OF_MACRO(KS_SLEEF_SINCOSPI), &ks_sleef_sincospi},
                                  KERNELS_WITH_SINCOSPI(TABLE_ENTRY)
#endif
#if KS_HAVE_FMA
                                      KERNELS_WITH_FMA(TABLE_ENTRY)
#endif
};

#endif
