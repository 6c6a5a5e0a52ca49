/* The kernels of a backend, and its table.
 *
 * Owns: the list of kernels, and the definition of the table. The last include of each kernels_<isa>.c, which names the
 * table (KS_BACKEND) and the instruction set (KS_NAME). SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_TABLE_H
#define KINIT_KERNEL_TABLE_H

#include "tiler.h"

/* ---- Parameters, in the type in which they are used -------------------------------------------------------------- */

/* Only what the distribution reads is set: clearing the rest costs a tenth of a small fill. */

KS_INLINE void prepare_bits(int dtype, const kinit_parameters *p, constants *c) {
  (void)dtype, (void)p;
  c->normal32 = (normal_f32){0, 0}; /* compilers want a value */
}

KS_INLINE void prepare_uniform(int dtype, const kinit_parameters *p, constants *c) {
  const double low = p->as.uniform.low, range = p->as.uniform.range, limit = p->as.uniform.limit;
  if (dtype == F64)
    c->uniform64 = (uniform_f64){low, range, limit};
  else
    c->uniform32 = uniform_f32_prepare(low, range, limit);
}

KS_INLINE void prepare_normal(int dtype, const kinit_parameters *p, constants *c) {
  const double mean = p->as.normal.mean, stddev = p->as.normal.stddev;
  if (dtype == F64)
    c->normal64 = (normal_f64){mean, stddev};
  else
    c->normal32 = (normal_f32){(float)mean, (float)stddev};
}

KS_INLINE void prepare_truncated(int dtype, const kinit_parameters *p, constants *c) {
  if (dtype == F64)
    c->truncated64 = &p->as.truncated;
  else
    c->truncated32 = truncated_f32_prepare(&p->as.truncated);
}

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
_Static_assert(tile_bits % KS_GROUPS == 0, "a tile is made of whole steps");

/* clang-format off */
/* row(distribution, dtype, place in the table) */
#define KERNELS(row)                          \
  row(bits, F32, bits)                        \
  row(uniform, F32, uniform[F32])             \
  row(uniform, F64, uniform[F64])             \
  row(uniform, F16, uniform[F16])             \
  row(uniform, BF16, uniform[BF16])           \
  row(uniform, F8_E4M3, uniform[F8_E4M3])     \
  row(uniform, F8_E5M2, uniform[F8_E5M2])     \
  row(normal, F32, normal[F32])               \
  row(normal, F16, normal[F16])               \
  row(normal, BF16, normal[BF16])             \
  row(normal, F8_E4M3, normal[F8_E4M3])       \
  row(normal, F8_E5M2, normal[F8_E5M2])       \
  row(truncated, F32, truncated[F32])         \
  row(truncated, F16, truncated[F16])         \
  row(truncated, BF16, truncated[BF16])       \
  row(truncated, F8_E4M3, truncated[F8_E4M3]) \
  row(truncated, F8_E5M2, truncated[F8_E5M2])
#if KS_HAVE_FMA
#define KERNELS_THAT_NEED_FMA(row) \
  row(normal, F64, normal[F64])    \
  row(truncated, F64, truncated[F64])
#else
#define KERNELS_THAT_NEED_FMA(row)
#endif
/* clang-format on */

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
KERNELS_THAT_NEED_FMA(DEFINE_KERNEL)

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

#define TABLE_ENTRY(name, dtype, place) .place = kernel_##name##_##dtype,

extern const kinit_backend KS_BACKEND;
const kinit_backend KS_BACKEND = {
    .name = KS_NAME, .constant = kernel_constant, KERNELS(TABLE_ENTRY) KERNELS_THAT_NEED_FMA(TABLE_ENTRY)};

#endif
