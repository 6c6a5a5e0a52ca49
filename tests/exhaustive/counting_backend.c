/* A backend that counts. Compiled once for each backend of the library, with that backend's flags.
 *
 * Owns: the replacement of Philox by a counter, and kernels for what the backend computes on the way to a normal. All
 * else is the backend's own: its primitives, its transforms, its stores. The build gives its primitives
 * (COUNTING_PRIMITIVES) and the names of the tables (COUNTING_BACKEND, COUNTING_NAME; KS_BACKEND, for which nobody
 * asks). SPDX-License-Identifier: Apache-2.0 */
#include "counting.h"

#include COUNTING_PRIMITIVES

/* ---- In the place of kernel/philox.h ----------------------------------------------------------------------------- */

#define KINIT_KERNEL_PHILOX_H
#define PHILOX_M0 1u /* the factor of the block numbers that philox_tile gets */

enum { LANES = KS_PAIRS * KS_LANES };

/* For every lane, the place of its element in memory within a group. */
typedef struct philox {
  ks_u32 even[KS_PAIRS], odd[KS_PAIRS];
} philox;

/* The store tells where each lane goes. */
static void philox_prepare(philox *ph, uint64_t seed, uint64_t subsequence, uint32_t block_high) {
  uint32_t lane[2 * LANES], stored[2 * LANES], place[2 * LANES];
  (void)seed, (void)subsequence, (void)block_high;
  for (uint32_t i = 0; i < 2 * LANES; i++) lane[i] = i;
  memcpy(ph->even, lane, sizeof ph->even);
  memcpy(ph->odd, lane + LANES, sizeof ph->odd);
  ks_store_32(stored, ph->even, ph->odd, false);
  for (uint32_t i = 0; i < 2 * LANES; i++) place[stored[i]] = i;
  memcpy(ph->even, place, sizeof ph->even);
  memcpy(ph->odd, place + LANES, sizeof ph->odd);
}

static void philox_tile(const philox *ph, const uint64_t *blocks, int groups, ks_u32 *even, ks_u32 *odd) {
  for (int g = 0; g < groups; g++) {
    const ks_u32 first = ks_u32_splat((uint32_t)blocks[g] * 4);
    for (int i = 0; i < KS_PAIRS; i++) {
      even[g * KS_PAIRS + i] = ks_u32_add(first, ph->even[i]);
      odd[g * KS_PAIRS + i] = ks_u32_add(first, ph->odd[i]);
    }
  }
}

#include "kernel/table.h"

/* ---- Kernels of parts -------------------------------------------------------------------------------------------- */

enum part { RADIUS, COSINE, SINE, WORD };

KS_INLINE void part_of(enum part part, const ks_u32 *word, ks_f32 *x) {
  ks_f32 r[KS_PAIRS], cosine[KS_PAIRS], sine[KS_PAIRS];
  KS_EACH(i, KS_PAIRS) r[i] = ks_f32_splat(1.0f); /* or -1 afterwards, if it took the sign of cosine and sine */
  normal_angle(word, r, cosine, sine, KS_PAIRS);
  if (part == RADIUS)
    normal_radius(word, x, KS_PAIRS);
  else if (part == COSINE)
    KS_EACH(i, KS_PAIRS) x[i] = ks_f32_mul(r[i], cosine[i]);
  else if (part == SINE)
    KS_EACH(i, KS_PAIRS) x[i] = ks_f32_mul(r[i], sine[i]);
  else
    KS_EACH(i, KS_PAIRS) x[i] = ks_f32_from_bits(word[i]);
}

KS_INLINE void transform_part(enum part part, int dtype, const tile *t, int groups, char *out) {
  for (int g = 0; g < groups; g++) {
    ks_f32 x[KS_PAIRS], y[KS_PAIRS];
    part_of(part, t->even + g * KS_PAIRS, x);
    part_of(part, t->odd + g * KS_PAIRS, y);
    store_step_f32(dtype, x, y, out + (size_t)g * group_size(dtype), false, 1);
  }
}

#define PART(name, part, dtype)                                                                            \
  static void transform_##name(const constants *c, const tile *t, int groups, char *out, bool streaming) { \
    (void)c, (void)streaming;                                                                              \
    transform_part(part, dtype, t, groups, out);                                                           \
  }                                                                                                        \
  static void kernel_##name(const kinit_parameters *p, const kinit_span *spans, size_t span_count) {       \
    fill_spans(p, spans, span_count, transform_##name, dtype, KS_TILE, NULL);                              \
  }

PART(radius, RADIUS, F32)
PART(cosine, COSINE, F32)
PART(sine, SINE, F32)
PART(word_f16, WORD, F16)
PART(word_bf16, WORD, BF16)
PART(word_f8_e4m3, WORD, F8_E4M3)
PART(word_f8_e5m2, WORD, F8_E5M2)

extern const counting_backend COUNTING_BACKEND;
const counting_backend COUNTING_BACKEND = {
    .name = COUNTING_NAME,
    .radius = kernel_radius,
    .cosine = kernel_cosine,
    .sine = kernel_sine,
    .f16 = kernel_word_f16,
    .bf16 = kernel_word_bf16,
    .f8_e4m3 = kernel_word_f8_e4m3,
    .f8_e5m2 = kernel_word_f8_e5m2,
    .truncated = kernel_truncated_F32,
};
