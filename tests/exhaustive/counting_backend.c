/* A backend that counts. Compiled once for each backend of the library, with that backend's flags.
 *
 * Owns: the replacement of Philox by a counter, and kernels for what the backend computes on the way to a normal. All
 * else is the backend's own: its words, its maps, its stores. The build gives its vocabulary (COUNTING_VOCABULARY) and
 * the names of the tables (COUNTING_BACKEND, COUNTING_NAME; KV_BACKEND, for which nobody asks).
 * SPDX-License-Identifier: Apache-2.0 */
#include "counting.h"

#include COUNTING_VOCABULARY

/* ---- In the place of kernel/philox.h ----------------------------------------------------------------------------- */

#define KINIT_KERNEL_PHILOX_H
#define PHILOX_M0 1u /* the factor of the block numbers that philox_tile gets */

enum { LANES = KV_PAIRS * KV_LANES };

/* For every lane, the place of its element in memory within a group. */
typedef struct philox {
  vu even[KV_PAIRS], odd[KV_PAIRS];
} philox;

/* The store tells where each lane goes. */
static void philox_prepare(philox *ph, uint64_t seed, uint64_t subsequence, uint32_t block_high) {
  uint32_t lane[2 * LANES], stored[2 * LANES], place[2 * LANES];
  (void)seed, (void)subsequence, (void)block_high;
  for (uint32_t i = 0; i < 2 * LANES; i++) lane[i] = i;
  memcpy(ph->even, lane, sizeof ph->even);
  memcpy(ph->odd, lane + LANES, sizeof ph->odd);
  kv_store_32(stored, ph->even, ph->odd, false);
  for (uint32_t i = 0; i < 2 * LANES; i++) place[stored[i]] = i;
  memcpy(ph->even, place, sizeof ph->even);
  memcpy(ph->odd, place + LANES, sizeof ph->odd);
}

static void philox_tile(const philox *ph, const uint64_t *blocks, int groups, vu *even, vu *odd) {
  for (int g = 0; g < groups; g++) {
    const vu first = vu_splat((uint32_t)blocks[g] * 4);
    for (int i = 0; i < KV_PAIRS; i++) {
      even[g * KV_PAIRS + i] = vu_add(first, ph->even[i]);
      odd[g * KV_PAIRS + i] = vu_add(first, ph->odd[i]);
    }
  }
}

#include "kernel/fill_body.h"

/* ---- Kernels of parts -------------------------------------------------------------------------------------------- */

enum part { RADIUS, COSINE, SINE, WORD };

KV_INLINE void part_of(enum part part, const vu *word, vf *x) {
  vf r[KV_PAIRS], cosine[KV_PAIRS], sine[KV_PAIRS];
  KV_EACH(i, KV_PAIRS) r[i] = vf_splat(1.0f); /* or -1 afterwards, if it took the sign of cosine and sine */
  normal_angle(word, r, cosine, sine, KV_PAIRS);
  if (part == RADIUS)
    normal_radius(word, x, KV_PAIRS);
  else if (part == COSINE)
    KV_EACH(i, KV_PAIRS) x[i] = vf_mul(r[i], cosine[i]);
  else if (part == SINE)
    KV_EACH(i, KV_PAIRS) x[i] = vf_mul(r[i], sine[i]);
  else
    KV_EACH(i, KV_PAIRS) x[i] = vf_from_bits(word[i]);
}

KV_INLINE void map_part(enum part part, int dtype, const words *w, int groups, char *out) {
  for (int g = 0; g < groups; g++) {
    vf x[KV_PAIRS], y[KV_PAIRS];
    part_of(part, w->even + g * KV_PAIRS, x);
    part_of(part, w->odd + g * KV_PAIRS, y);
    store_step_f32(dtype, x, y, out + (size_t)g * group_size(dtype), false, 1);
  }
}

#define PART(name, part, dtype)                                                                        \
  static void map_##name(const parameters *p, const words *w, int groups, char *out, bool streaming) { \
    (void)p, (void)streaming;                                                                          \
    map_part(part, dtype, w, groups, out);                                                             \
  }                                                                                                    \
  static void kernel_##name(const kinit_draw *draw, const kinit_run *runs, size_t run_count) {         \
    draw_runs(draw, runs, run_count, map_##name, dtype, NULL);                                         \
  }

PART(radius, RADIUS, F32)
PART(cosine, COSINE, F32)
PART(sine, SINE, F32)
PART(word_f16, WORD, F16)
PART(word_bf16, WORD, BF16)

extern const counting_backend COUNTING_BACKEND;
const counting_backend COUNTING_BACKEND = {
    COUNTING_NAME, kernel_radius, kernel_cosine, kernel_sine, kernel_word_f16, kernel_word_bf16, kernel_truncated_f32,
};
