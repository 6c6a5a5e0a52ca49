/* Philox4x32-10 over a tile of groups (Salmon et al., SC 2011; docs/stream.md, "Words").
 *
 * Owns: the generator, from the stream's numbers to words in roles. SPDX-License-Identifier: Apache-2.0
 *
 * The counter of block b is (low b, high b, low subsequence, high subsequence). Within 2^32 blocks only its first word
 * changes, so the first three rounds are folded: in round 1 one product is a constant and the other is b * M0, which
 * costs no multiplication; in round 2 the other product is a constant. What remains constant is xored in beforehand. */
#ifndef KINIT_KERNEL_PHILOX_H
#define KINIT_KERNEL_PHILOX_H

#include "simd.h"

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u
#define PHILOX_ROUNDS 10

typedef struct philox {
  ks_word fold1;                                    /* round 1: word 2 = high(b * M0) ^ fold1 */
  ks_word fold2_0;                                  /* round 2: word 0 = high(p1) ^ fold2_0 */
  ks_word fold2_2;                                  /* round 2: word 2 = word 3 ^ fold2_2 */
  ks_word fold3;                                    /* round 3: word 2 = high(p0) ^ fold3 */
  ks_word key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS]; /* of rounds 3 to 9 */
  ks_keys last;                                     /* the keys of the last round */
} philox;

KS_INLINE uint32_t high32(uint64_t x) { return (uint32_t)(x >> 32); }

/* The constants for all blocks whose number has this upper half. */
KS_DEVICE static void philox_prepare(philox *ph, uint64_t seed, uint64_t subsequence, uint32_t block_high) {
  const uint32_t seed_low = (uint32_t)seed, seed_high = high32(seed);
  uint32_t k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS];
  for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
    k0[round] = seed_low + round * PHILOX_W0;
    k1[round] = seed_high + round * PHILOX_W1;
  }
  for (int round = 2; round < PHILOX_ROUNDS - 1; round++) {
    ph->key0[round] = ks_word_splat(k0[round]);
    ph->key1[round] = ks_word_splat(k1[round]);
  }
  const uint64_t p1 = (uint64_t)(uint32_t)subsequence * PHILOX_M1; /* round 1 */
  const uint32_t c0 = high32(p1) ^ block_high ^ k0[0];
  const uint64_t p0 = (uint64_t)c0 * PHILOX_M0; /* round 2 */
  ph->fold1 = ks_word_splat(high32(subsequence) ^ k1[0]);
  ph->fold2_0 = ks_word_splat((uint32_t)p1 ^ k0[1]);
  ph->fold2_2 = ks_word_splat(high32(p0) ^ k1[1]);
  ph->fold3 = ks_word_splat((uint32_t)p0 ^ k1[2]);
  ph->last = ks_keys_splat(k0[PHILOX_ROUNDS - 1], k1[PHILOX_ROUNDS - 1]);
}

/* The groups under way: the four words of their blocks, the products of this round and those of the round before. */
typedef struct rounds {
  ks_word c0[KS_GROUPS], c1[KS_GROUPS], c2[KS_GROUPS], c3[KS_GROUPS];
  ks_product p0[KS_GROUPS], p1[KS_GROUPS], before0[KS_GROUPS], before1[KS_GROUPS];
} rounds;

/* Where in a step this stands is the backend's choice: the order of the code decides what compilers keep in registers.
 */
KS_INLINE void multiply(rounds *s, int g) {
  s->before0[g] = s->p0[g];
  s->before1[g] = s->p1[g];
  s->p0[g] = ks_product_mul(s->c0[g], ks_word_splat(PHILOX_M0));
  s->p1[g] = ks_product_mul(s->c2[g], ks_word_splat(PHILOX_M1));
}

/* Words of n groups, interleaved. products[g] is M0 * (number of the group's first block, lower half). */
KS_INLINE void philox_groups(const philox *ph, const uint64_t *products, ks_u32 *even, ks_u32 *odd, int n) {
  rounds s;
  KS_EACH(g, n) {
    s.p0[g] = ks_product_blocks(products[g]);
    s.p1[g] = ks_product_mul(ks_word_xor(ks_product_high(s.p0[g]), ph->fold1), ks_word_splat(PHILOX_M1));
    s.c0[g] = ks_word_xor(ks_product_high(s.p1[g]), ph->fold2_0);
    s.c1[g] = ks_product_low(s.p1[g]);
    s.c2[g] = ks_word_xor(ks_product_low(s.p0[g]), ph->fold2_2);
    if (KS_MULTIPLY_EARLY) multiply(&s, g);
  }
  KS_EACH(g, n) {
    if (!KS_MULTIPLY_EARLY) multiply(&s, g);
    s.c0[g] = ks_word_xor3(ks_product_high(s.p1[g]), s.c1[g], ph->key0[2]);
    s.c1[g] = ks_product_low(s.p1[g]);
    s.c2[g] = ks_word_xor(ks_product_high(s.p0[g]), ph->fold3);
    s.c3[g] = ks_product_low(s.p0[g]);
    if (KS_MULTIPLY_EARLY) multiply(&s, g);
  }
  KS_EACH(round, PHILOX_ROUNDS - 4) {
    KS_EACH(g, n) {
      if (!KS_MULTIPLY_EARLY) multiply(&s, g);
      s.c0[g] = ks_word_xor3(ks_product_high(s.p1[g]), s.c1[g], ph->key0[3 + round]);
      s.c1[g] = ks_product_low(s.p1[g]);
      s.c2[g] = ks_word_xor3(ks_product_high(s.p0[g]), s.c3[g], ph->key1[3 + round]);
      s.c3[g] = ks_product_low(s.p0[g]);
      if (KS_MULTIPLY_EARLY) multiply(&s, g);
    }
  }
  KS_EACH(g, n) {
    if (!KS_MULTIPLY_EARLY) multiply(&s, g);
    ks_word_roles(s.p0[g], s.p1[g], s.before0[g], s.before1[g], ph->last, even + g * KS_PAIRS, odd + g * KS_PAIRS);
  }
}

/* Words of the first `groups` groups. */
KS_NOINLINE void philox_tile(const philox *ph, const uint64_t *products, int groups, ks_u32 *even, ks_u32 *odd) {
  int g = 0;
  for (; groups - g >= KS_GROUPS; g += KS_GROUPS)
    philox_groups(ph, products + g, even + g * KS_PAIRS, odd + g * KS_PAIRS, KS_GROUPS);
  for (; groups > g; g++) philox_groups(ph, products + g, even + g * KS_PAIRS, odd + g * KS_PAIRS, 1);
}

#endif
