/* Philox4x32-10 over a tile of groups (Salmon et al., SC 2011; docs/stream.md, "Words").
 *
 * Owns: the generator, from the stream's numbers to words in roles. Included by fill_body.h only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The counter of block b is (low b, high b, low subsequence, high subsequence). Within 2^32 blocks only its first word
 * changes, so the first three rounds are folded: in round 1 one product is a constant and the other is b * M0, which
 * costs no multiplication; in round 2 the other product is a constant. What remains constant is xored in beforehand. */
#ifndef KINIT_KERNEL_PHILOX_H
#define KINIT_KERNEL_PHILOX_H

#include "words.h"

#define PHILOX_M0 0xD2511F53u
#define PHILOX_M1 0xCD9E8D57u
#define PHILOX_W0 0x9E3779B9u
#define PHILOX_W1 0xBB67AE85u
#define PHILOX_ROUNDS 10

typedef struct philox {
  kw fold1;                                    /* round 1: word 2 = high(b * M0) ^ fold1 */
  kw fold2_0;                                  /* round 2: word 0 = high(p1) ^ fold2_0 */
  kw fold2_2;                                  /* round 2: word 2 = word 3 ^ fold2_2 */
  kw fold3;                                    /* round 3: word 2 = high(p0) ^ fold3 */
  kw key0[PHILOX_ROUNDS], key1[PHILOX_ROUNDS]; /* of rounds 3 to 9 */
  kr last;                                     /* the keys of the last round */
} philox;

KV_INLINE uint32_t high32(uint64_t x) { return (uint32_t)(x >> 32); }

/* The constants for all blocks whose number has this upper half. */
static void philox_prepare(philox *ph, uint64_t seed, uint64_t subsequence, uint32_t block_high) {
  const uint32_t seed_low = (uint32_t)seed, seed_high = high32(seed);
  uint32_t k0[PHILOX_ROUNDS], k1[PHILOX_ROUNDS];
  for (uint32_t round = 0; round < PHILOX_ROUNDS; round++) {
    k0[round] = seed_low + round * PHILOX_W0;
    k1[round] = seed_high + round * PHILOX_W1;
  }
  for (int round = 2; round < PHILOX_ROUNDS - 1; round++) {
    ph->key0[round] = kw_splat(k0[round]);
    ph->key1[round] = kw_splat(k1[round]);
  }
  const uint64_t p1 = (uint64_t)(uint32_t)subsequence * PHILOX_M1; /* round 1 */
  const uint32_t c0 = high32(p1) ^ block_high ^ k0[0];
  const uint64_t p0 = (uint64_t)c0 * PHILOX_M0; /* round 2 */
  ph->fold1 = kw_splat(high32(subsequence) ^ k1[0]);
  ph->fold2_0 = kw_splat((uint32_t)p1 ^ k0[1]);
  ph->fold2_2 = kw_splat(high32(p0) ^ k1[1]);
  ph->fold3 = kw_splat((uint32_t)p0 ^ k1[2]);
  ph->last = kr_splat(k0[PHILOX_ROUNDS - 1], k1[PHILOX_ROUNDS - 1]);
}

/* The groups under way: the four words of their blocks, the products of this round and those of the round before. */
typedef struct rounds {
  kw c0[KV_GROUPS], c1[KV_GROUPS], c2[KV_GROUPS], c3[KV_GROUPS];
  kp p0[KV_GROUPS], p1[KV_GROUPS], before0[KV_GROUPS], before1[KV_GROUPS];
} rounds;

/* Where in a step this stands is the backend's choice: the order of the code decides what compilers keep in registers.
 */
KV_INLINE void multiply(rounds *s, int g) {
  s->before0[g] = s->p0[g];
  s->before1[g] = s->p1[g];
  s->p0[g] = kp_mul(s->c0[g], kw_splat(PHILOX_M0));
  s->p1[g] = kp_mul(s->c2[g], kw_splat(PHILOX_M1));
}

/* Words of n groups, interleaved. products[g] is M0 * (number of the group's first block, lower half). */
KV_INLINE void philox_groups(const philox *ph, const uint64_t *products, vu *even, vu *odd, int n) {
  rounds s;
  KV_EACH(g, n) {
    s.p0[g] = kp_blocks(products[g]);
    s.p1[g] = kp_mul(kw_xor(kp_high(s.p0[g]), ph->fold1), kw_splat(PHILOX_M1));
    s.c0[g] = kw_xor(kp_high(s.p1[g]), ph->fold2_0);
    s.c1[g] = kp_low(s.p1[g]);
    s.c2[g] = kw_xor(kp_low(s.p0[g]), ph->fold2_2);
    if (KV_MULTIPLY_EARLY) multiply(&s, g);
  }
  KV_EACH(g, n) {
    if (!KV_MULTIPLY_EARLY) multiply(&s, g);
    s.c0[g] = kw_xor3(kp_high(s.p1[g]), s.c1[g], ph->key0[2]);
    s.c1[g] = kp_low(s.p1[g]);
    s.c2[g] = kw_xor(kp_high(s.p0[g]), ph->fold3);
    s.c3[g] = kp_low(s.p0[g]);
    if (KV_MULTIPLY_EARLY) multiply(&s, g);
  }
  KV_EACH(round, PHILOX_ROUNDS - 4) {
    KV_EACH(g, n) {
      if (!KV_MULTIPLY_EARLY) multiply(&s, g);
      s.c0[g] = kw_xor3(kp_high(s.p1[g]), s.c1[g], ph->key0[3 + round]);
      s.c1[g] = kp_low(s.p1[g]);
      s.c2[g] = kw_xor3(kp_high(s.p0[g]), s.c3[g], ph->key1[3 + round]);
      s.c3[g] = kp_low(s.p0[g]);
      if (KV_MULTIPLY_EARLY) multiply(&s, g);
    }
  }
  KV_EACH(g, n) {
    if (!KV_MULTIPLY_EARLY) multiply(&s, g);
    kw_roles(s.p0[g], s.p1[g], s.before0[g], s.before1[g], ph->last, even + g * KV_PAIRS, odd + g * KV_PAIRS);
  }
}

/* Words of the first `groups` groups. */
KV_NOINLINE void philox_tile(const philox *ph, const uint64_t *products, int groups, vu *even, vu *odd) {
  int g = 0;
  for (; groups - g >= KV_GROUPS; g += KV_GROUPS)
    philox_groups(ph, products + g, even + g * KV_PAIRS, odd + g * KV_PAIRS, KV_GROUPS);
  for (; groups > g; g++) philox_groups(ph, products + g, even + g * KV_PAIRS, odd + g * KV_PAIRS, 1);
}

#endif
