/* Normal numbers from pairs of words, after Box and Muller (docs/stream.md, "Normal").
 *
 * Owns: the logarithm, the radius, the angle, and their coefficients. SPDX-License-Identifier: Apache-2.0
 *
 * Every step is one correctly rounded operation, so all backends give the same bits. n is the number of vectors that
 * advance together to hide latencies. */
#ifndef KINIT_KERNEL_NORMAL_H
#define KINIT_KERNEL_NORMAL_H

#include "simd.h"

/* Made by scripts/polynomials/polynomials.sollya. Errors over all 2^32 words, in ulp of the exact value, greatest and
 * mean: radius 1.6509, 0.3900; sine and cosine 2.3765, 0.4148.
 * Behind them the errors of the polynomials alone. */
#define NORMAL_LOG_2 -0x1.62e43p-23f /* -2 ln 2 * 2^-23 */
#define NORMAL_LOG_Q0 0x1.fffecp-3f  /* Q: 0.763 ulp of the radius */
#define NORMAL_LOG_Q1 0x1.55624cp-4f
#define NORMAL_LOG_Q2 0x1.0044e8p-5f
#define NORMAL_LOG_Q3 0x1.95131ap-7f
#define NORMAL_LOG_Q4 0x1.4b00b2p-8f
#define NORMAL_LOG_Q5 0x1.60bc0ep-9f
#define NORMAL_LOG_Q6 0x1.519328p-10f
#define NORMAL_SIN_1 0x1.921fb6p-1f /* sin(pi x / 4) / x: 2^-25.1 of it */
#define NORMAL_SIN_3 -0x1.4abbecp-4f
#define NORMAL_SIN_5 0x1.466b2p-9f
#define NORMAL_SIN_7 -0x1.2f5992p-15f
#define NORMAL_COS_2 -0x1.3bd39cp-2f /* cos(pi x / 4): 2^-24.6 of it */
#define NORMAL_COS_4 0x1.03b068p-6f
#define NORMAL_COS_6 -0x1.4e7de8p-12f

#ifndef KS_HAVE_FMA_CONSTANT
#define ks_f32_fma_constant(a, b, c) ks_f32_fma(a, b, ks_f32_splat(c))
#endif

/* l = -2 ln u of a normal number u > 0; u and l may be the same array. */
KS_INLINE void minus_two_log(const ks_f32 *u, ks_f32 *l, int n) {
  ks_u32 bits[KS_VECTORS], exponent[KS_VECTORS];
  ks_f32 e[KS_VECTORS], g[KS_VECTORS], s[KS_VECTORS], a[KS_VECTORS], b[KS_VECTORS], c[KS_VECTORS];
  /* u = m * 2^e, m in [2/3, 4/3), and e * 2^23 as a float */
  KS_EACH(i, n) bits[i] = ks_u32_from_bits(u[i]);
  KS_EACH(i, n) exponent[i] = ks_u32_and(ks_u32_sub(bits[i], ks_u32_splat(0x3F2AAAAB)), ks_u32_splat(0xFF800000));
  KS_EACH(i, n) e[i] = ks_f32_from_i32(exponent[i]);
  /* g = 2 - 2 m, exactly: 2^31 + 2^23 make -2 m of m, in bits, and an addition does not wait for a multiplier */
  KS_EACH(i, n) bits[i] = ks_u32_sub(ks_u32_add(bits[i], ks_u32_splat(0x80800000)), exponent[i]);
  KS_EACH(i, n) g[i] = ks_f32_add(ks_f32_from_bits(bits[i]), ks_f32_splat(2.0f));
  /* -2 ln m = g + g^2 Q(g); three short chains, then one in g^2 */
  KS_EACH(i, n) s[i] = ks_f32_mul(g[i], g[i]);
  KS_EACH(i, n) a[i] = ks_f32_fma_constant(ks_f32_splat(NORMAL_LOG_Q1), g[i], NORMAL_LOG_Q0);
  KS_EACH(i, n) b[i] = ks_f32_fma_constant(ks_f32_splat(NORMAL_LOG_Q3), g[i], NORMAL_LOG_Q2);
  KS_EACH(i, n) c[i] = ks_f32_fma_constant(ks_f32_splat(NORMAL_LOG_Q5), g[i], NORMAL_LOG_Q4);
  KS_EACH(i, n) c[i] = ks_f32_fma(ks_f32_splat(NORMAL_LOG_Q6), s[i], c[i]);
  KS_EACH(i, n) b[i] = ks_f32_fma(c[i], s[i], b[i]);
  KS_EACH(i, n) a[i] = ks_f32_fma(b[i], s[i], a[i]);
  KS_EACH(i, n) g[i] = ks_f32_fma(e[i], ks_f32_splat(NORMAL_LOG_2), g[i]);
  KS_EACH(i, n) l[i] = ks_f32_fma(s[i], a[i], g[i]);
}

/* r = sqrt(-2 ln u) of the word's u in (0, 1]. */
KS_INLINE void normal_radius(const ks_u32 *word, ks_f32 *r, int n) {
  KS_EACH(i, n) r[i] = ks_f32_fma_constant(ks_f32_from_u32(word[i]), ks_f32_splat(0x1p-32f), 0x1p-33f);
  minus_two_log(r, r, n);
  KS_EACH(i, n) r[i] = ks_f32_sqrt(r[i]);
}

#ifndef KS_HAVE_EIGHTHS
/* The word's distance to the nearest quarter turn, in eighths of a turn: exact but for the conversion. */
KS_INLINE ks_f32 ks_f32_eighths(ks_u32 word) {
  const ks_f32 x = ks_f32_from_i32(ks_u32_or(ks_u32_shl(word, 2), ks_u32_splat(2)));
  return ks_f32_from_bits(ks_u32_sub(ks_u32_from_bits(x), ks_u32_splat(31u << 23)));
}
#endif

#ifndef KS_HAVE_TURN
/* The quarter turns of the word: cosine and sine of all of it from those of the rest, q and p, by a swap and signs. A
 * backend's own way may change the sign of r instead of those of both. */
KS_INLINE void ks_f32_turn(ks_u32 word, ks_f32 p, ks_f32 q, ks_f32 *r, ks_f32 *cosine, ks_f32 *sine) {
  const ks_u32 turned = ks_u32_add(word, ks_u32_splat(0x20000000));
  (void)r;
  *cosine = ks_f32_select_bit30(turned, q, p);
  *sine = ks_f32_select_bit30(turned, p, q);
  *cosine = ks_f32_flip_sign(*cosine, ks_u32_add(word, ks_u32_splat(0x60000000)));
  *sine = ks_f32_flip_sign(*sine, turned);
}
#endif

/* Cosine and sine of v = (word + 1/2) * 2^-32 turns, or the opposite of both and of r, which has no sign. */
KS_INLINE void normal_angle(const ks_u32 *word, ks_f32 *r, ks_f32 *cosine, ks_f32 *sine, int n) {
  ks_f32 x[KS_VECTORS], y[KS_VECTORS], p[KS_VECTORS], q[KS_VECTORS];
  KS_EACH(i, n) x[i] = ks_f32_eighths(word[i]);
  KS_EACH(i, n) y[i] = ks_f32_mul(x[i], x[i]);
  KS_EACH(i, n) p[i] = ks_f32_fma_constant(ks_f32_splat(NORMAL_SIN_7), y[i], NORMAL_SIN_5);
  KS_EACH(i, n) q[i] = ks_f32_fma_constant(ks_f32_splat(NORMAL_COS_6), y[i], NORMAL_COS_4);
  KS_EACH(i, n) p[i] = ks_f32_fma_constant(p[i], y[i], NORMAL_SIN_3);
  KS_EACH(i, n) q[i] = ks_f32_fma_constant(q[i], y[i], NORMAL_COS_2);
  KS_EACH(i, n) p[i] = ks_f32_fma_constant(p[i], y[i], NORMAL_SIN_1);
  KS_EACH(i, n) q[i] = ks_f32_fma_constant(q[i], y[i], 1.0f);
  KS_EACH(i, n) p[i] = ks_f32_mul(p[i], x[i]);
  KS_EACH(i, n) ks_f32_turn(word[i], p[i], q[i], &r[i], &cosine[i], &sine[i]);
}

typedef struct normal_f32 {
  float mean, stddev;
} normal_f32;

/* even = mean + stddev * r cos, odd = mean + stddev * r sin */
KS_INLINE void normal_f32_values(const ks_u32 *radius, const ks_u32 *angle, const normal_f32 *p, ks_f32 *even,
                                 ks_f32 *odd, int n) {
  ks_f32 r[KS_VECTORS];
  normal_radius(radius, r, n);
  normal_angle(angle, r, even, odd, n);
  KS_EACH(i, n) {
    even[i] = ks_f32_fma(ks_f32_mul(r[i], even[i]), ks_f32_splat(p->stddev), ks_f32_splat(p->mean));
    odd[i] = ks_f32_fma(ks_f32_mul(r[i], odd[i]), ks_f32_splat(p->stddev), ks_f32_splat(p->mean));
  }
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

typedef struct normal_f64 {
  double mean, stddev;
} normal_f64;

#if KS_HAVE_FMA
/* Made by scripts/polynomials/polynomials.sollya: -2 ln((1 + s) / (1 - s)) = -4 s + s^3 Q(s^2), |s| < 0.1716, to
 * 2^-57.6 of it. */
#define NORMAL_LOG64_2 -0x1.62e42fefa39efp+0 /* -2 ln 2 */
#define NORMAL_LOG64_Q0 -0x1.5555555555558p+0
#define NORMAL_LOG64_Q1 -0x1.9999999995323p-1
#define NORMAL_LOG64_Q2 -0x1.2492492deec37p-1
#define NORMAL_LOG64_Q3 -0x1.c71c62e684aaap-2
#define NORMAL_LOG64_Q4 -0x1.7462b4ab7b36ap-2
#define NORMAL_LOG64_Q5 -0x1.39fe5b524b232p-2
#define NORMAL_LOG64_Q6 -0x1.2b58abb5a535ap-2

/* (w0 * 2^32 + w1 + 1/2) * 2^-64, rounded once */
KS_INLINE ks_f64 unit_f64(ks_u64 w0, ks_u64 w1) {
  const ks_f64 low = ks_f64_fma(ks_f64_from_u64(w1), ks_f64_splat(0x1p-64), ks_f64_splat(0x1p-65));
  return ks_f64_fma(ks_f64_from_u64(w0), ks_f64_splat(0x1p-32), low);
}

/* l = -2 ln u of a normal number u > 0; u and l may be the same array. */
KS_INLINE void minus_two_log_f64(const ks_f64 *u, ks_f64 *l, int n) {
  ks_u64 bits[KS_VECTORS_F64];
  ks_f64 e[KS_VECTORS_F64], s[KS_VECTORS_F64], s2[KS_VECTORS_F64], s4[KS_VECTORS_F64], a[KS_VECTORS_F64],
      b[KS_VECTORS_F64], c[KS_VECTORS_F64];
  /* u = m * 2^e, m from sqrt(1/2) to sqrt(2): 1 less sqrt(1/2), in bits, moves the exponent's steps there */
  KS_EACH(i, n) bits[i] = ks_u64_add(ks_u64_from_bits(u[i]), ks_u64_splat(0x00095F619980C433));
  KS_EACH(i, n) e[i] = ks_f64_add(ks_f64_from_u64(ks_u64_shr(bits[i], 52)), ks_f64_splat(-1023.0));
  KS_EACH(i, n)
  bits[i] = ks_u64_add(ks_u64_and(bits[i], ks_u64_splat(0x000FFFFFFFFFFFFF)), ks_u64_splat(0x3FE6A09E667F3BCD));
  KS_EACH(i, n) a[i] = ks_f64_from_bits(bits[i]);
  KS_EACH(i, n) s[i] = ks_f64_div(ks_f64_add(a[i], ks_f64_splat(-1.0)), ks_f64_add(a[i], ks_f64_splat(1.0)));
  KS_EACH(i, n) s2[i] = ks_f64_mul(s[i], s[i]);
  /* three short chains, then one in s^4 */
  KS_EACH(i, n) a[i] = ks_f64_fma(ks_f64_splat(NORMAL_LOG64_Q1), s2[i], ks_f64_splat(NORMAL_LOG64_Q0));
  KS_EACH(i, n) b[i] = ks_f64_fma(ks_f64_splat(NORMAL_LOG64_Q3), s2[i], ks_f64_splat(NORMAL_LOG64_Q2));
  KS_EACH(i, n) c[i] = ks_f64_fma(ks_f64_splat(NORMAL_LOG64_Q5), s2[i], ks_f64_splat(NORMAL_LOG64_Q4));
  KS_EACH(i, n) s4[i] = ks_f64_mul(s2[i], s2[i]);
  KS_EACH(i, n) c[i] = ks_f64_fma(ks_f64_splat(NORMAL_LOG64_Q6), s4[i], c[i]);
  KS_EACH(i, n) b[i] = ks_f64_fma(c[i], s4[i], b[i]);
  KS_EACH(i, n) a[i] = ks_f64_fma(b[i], s4[i], a[i]);
  KS_EACH(i, n) e[i] = ks_f64_fma(e[i], ks_f64_splat(NORMAL_LOG64_2), ks_f64_mul(s[i], ks_f64_splat(-4.0)));
  KS_EACH(i, n) l[i] = ks_f64_fma(ks_f64_mul(s2[i], s[i]), a[i], e[i]);
}

#endif

#if KS_HAVE_SINCOSPI
/* Of n vectors of pairs, four words each. */
KS_INLINE void normal_f64_values(ks_u64 (*w)[4], const normal_f64 *p, ks_f64 *even, ks_f64 *odd, int n) {
  ks_f64 r[KS_VECTORS_F64];
  KS_EACH(i, n) r[i] = unit_f64(w[i][0], w[i][1]);
  minus_two_log_f64(r, r, n);
  KS_EACH(i, n) r[i] = ks_f64_sqrt(r[i]);
  KS_EACH(i, n) {
    const ks_f64 v = unit_f64(w[i][2], w[i][3]);
    ks_f64 sine, cosine;
    ks_f64_sincospi(ks_f64_add(v, v), &sine, &cosine);
    even[i] = ks_f64_fma(ks_f64_mul(r[i], cosine), ks_f64_splat(p->stddev), ks_f64_splat(p->mean));
    odd[i] = ks_f64_fma(ks_f64_mul(r[i], sine), ks_f64_splat(p->stddev), ks_f64_splat(p->mean));
  }
}
#endif

#endif
