/* Normal numbers from pairs of words, after Box and Muller (docs/stream.md, "Normal").
 *
 * Owns: the logarithm, the radius, the angle, and their coefficients. Included by fill_body.h and truncated.h only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every step is one correctly rounded operation, so all backends give the same bits. n is the number of vectors that
 * advance together to hide latencies. */
#ifndef KINIT_KERNEL_NORMAL_H
#define KINIT_KERNEL_NORMAL_H

#include "words.h"

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

#ifndef KV_HAVE_FMA_CONSTANT
#define vf_fma_constant(a, b, c) vf_fma(a, b, vf_splat(c))
#endif

/* l = -2 ln u of a normal number u > 0; u and l may be the same array. */
KV_INLINE void minus_two_log(const vf *u, vf *l, int n) {
  vu bits[KV_STEP], exponent[KV_STEP];
  vf e[KV_STEP], g[KV_STEP], s[KV_STEP], a[KV_STEP], b[KV_STEP], c[KV_STEP];
  /* u = m * 2^e, m in [2/3, 4/3), and e * 2^23 as a float */
  KV_EACH(i, n) bits[i] = vu_from_bits(u[i]);
  KV_EACH(i, n) exponent[i] = vu_and(vu_sub(bits[i], vu_splat(0x3F2AAAAB)), vu_splat(0xFF800000));
  KV_EACH(i, n) e[i] = vf_from_i32(exponent[i]);
  /* g = 2 - 2 m, exactly: 2^31 + 2^23 make -2 m of m, in bits, and an addition does not wait for a multiplier */
  KV_EACH(i, n) bits[i] = vu_sub(vu_add(bits[i], vu_splat(0x80800000)), exponent[i]);
  KV_EACH(i, n) g[i] = vf_add(vf_from_bits(bits[i]), vf_splat(2.0f));
  /* -2 ln m = g + g^2 Q(g); three short chains, then one in g^2 */
  KV_EACH(i, n) s[i] = vf_mul(g[i], g[i]);
  KV_EACH(i, n) a[i] = vf_fma_constant(vf_splat(NORMAL_LOG_Q1), g[i], NORMAL_LOG_Q0);
  KV_EACH(i, n) b[i] = vf_fma_constant(vf_splat(NORMAL_LOG_Q3), g[i], NORMAL_LOG_Q2);
  KV_EACH(i, n) c[i] = vf_fma_constant(vf_splat(NORMAL_LOG_Q5), g[i], NORMAL_LOG_Q4);
  KV_EACH(i, n) c[i] = vf_fma(vf_splat(NORMAL_LOG_Q6), s[i], c[i]);
  KV_EACH(i, n) b[i] = vf_fma(c[i], s[i], b[i]);
  KV_EACH(i, n) a[i] = vf_fma(b[i], s[i], a[i]);
  KV_EACH(i, n) g[i] = vf_fma(e[i], vf_splat(NORMAL_LOG_2), g[i]);
  KV_EACH(i, n) l[i] = vf_fma(s[i], a[i], g[i]);
}

/* r = sqrt(-2 ln u) of the word's u in (0, 1]. */
KV_INLINE void normal_radius(const vu *word, vf *r, int n) {
  KV_EACH(i, n) r[i] = vf_fma_constant(vf_from_u32(word[i]), vf_splat(0x1p-32f), 0x1p-33f);
  minus_two_log(r, r, n);
  KV_EACH(i, n) r[i] = vf_sqrt(r[i]);
}

#ifndef KV_HAVE_EIGHTHS
/* The word's distance to the nearest quarter turn, in eighths of a turn: exact but for the conversion. */
KV_INLINE vf vf_eighths(vu word) {
  const vf x = vf_from_i32(vu_or(vu_shl(word, 2), vu_splat(2)));
  return vf_from_bits(vu_sub(vu_from_bits(x), vu_splat(31u << 23)));
}
#endif

#ifndef KV_HAVE_TURN
/* The quarter turns of the word: cosine and sine of all of it from those of the rest, q and p, by a swap and signs. A
 * backend's own way may change the sign of r instead of those of both. */
KV_INLINE void vf_turn(vu word, vf p, vf q, vf *r, vf *cosine, vf *sine) {
  const vu turned = vu_add(word, vu_splat(0x20000000));
  (void)r;
  *cosine = vf_select_bit30(turned, q, p);
  *sine = vf_select_bit30(turned, p, q);
  *cosine = vf_flip_sign(*cosine, vu_add(word, vu_splat(0x60000000)));
  *sine = vf_flip_sign(*sine, turned);
}
#endif

/* Cosine and sine of v = (word + 1/2) * 2^-32 turns, or the opposite of both and of r, which has no sign. */
KV_INLINE void normal_angle(const vu *word, vf *r, vf *cosine, vf *sine, int n) {
  vf x[KV_STEP], y[KV_STEP], p[KV_STEP], q[KV_STEP];
  KV_EACH(i, n) x[i] = vf_eighths(word[i]);
  KV_EACH(i, n) y[i] = vf_mul(x[i], x[i]);
  KV_EACH(i, n) p[i] = vf_fma_constant(vf_splat(NORMAL_SIN_7), y[i], NORMAL_SIN_5);
  KV_EACH(i, n) q[i] = vf_fma_constant(vf_splat(NORMAL_COS_6), y[i], NORMAL_COS_4);
  KV_EACH(i, n) p[i] = vf_fma_constant(p[i], y[i], NORMAL_SIN_3);
  KV_EACH(i, n) q[i] = vf_fma_constant(q[i], y[i], NORMAL_COS_2);
  KV_EACH(i, n) p[i] = vf_fma_constant(p[i], y[i], NORMAL_SIN_1);
  KV_EACH(i, n) q[i] = vf_fma_constant(q[i], y[i], 1.0f);
  KV_EACH(i, n) p[i] = vf_mul(p[i], x[i]);
  KV_EACH(i, n) vf_turn(word[i], p[i], q[i], &r[i], &cosine[i], &sine[i]);
}

typedef struct normal_f32 {
  float mean, stddev;
} normal_f32;

/* even = mean + stddev * r cos, odd = mean + stddev * r sin */
KV_INLINE void normal_f32_map(const vu *radius, const vu *angle, const normal_f32 *p, vf *even, vf *odd, int n) {
  vf r[KV_STEP];
  normal_radius(radius, r, n);
  normal_angle(angle, r, even, odd, n);
  KV_EACH(i, n) {
    even[i] = vf_fma(vf_mul(r[i], even[i]), vf_splat(p->stddev), vf_splat(p->mean));
    odd[i] = vf_fma(vf_mul(r[i], odd[i]), vf_splat(p->stddev), vf_splat(p->mean));
  }
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

typedef struct normal_f64 {
  double mean, stddev;
} normal_f64;

#if KV_HAVE_FMA
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
KV_INLINE vd unit_f64(vq w0, vq w1) {
  const vd low = vd_fma(vd_from_vq(w1), vd_splat(0x1p-64), vd_splat(0x1p-65));
  return vd_fma(vd_from_vq(w0), vd_splat(0x1p-32), low);
}

/* l = -2 ln u of a normal number u > 0; u and l may be the same array. */
KV_INLINE void minus_two_log_f64(const vd *u, vd *l, int n) {
  vq bits[KV_STEP_F64];
  vd e[KV_STEP_F64], s[KV_STEP_F64], s2[KV_STEP_F64], s4[KV_STEP_F64], a[KV_STEP_F64], b[KV_STEP_F64], c[KV_STEP_F64];
  /* u = m * 2^e, m from sqrt(1/2) to sqrt(2): 1 less sqrt(1/2), in bits, moves the exponent's steps there */
  KV_EACH(i, n) bits[i] = vq_add(vq_from_bits(u[i]), vq_splat(0x00095F619980C433));
  KV_EACH(i, n) e[i] = vd_add(vd_from_vq(vq_shr(bits[i], 52)), vd_splat(-1023.0));
  KV_EACH(i, n) bits[i] = vq_add(vq_and(bits[i], vq_splat(0x000FFFFFFFFFFFFF)), vq_splat(0x3FE6A09E667F3BCD));
  KV_EACH(i, n) a[i] = vd_from_bits(bits[i]);
  KV_EACH(i, n) s[i] = vd_div(vd_add(a[i], vd_splat(-1.0)), vd_add(a[i], vd_splat(1.0)));
  KV_EACH(i, n) s2[i] = vd_mul(s[i], s[i]);
  /* three short chains, then one in s^4 */
  KV_EACH(i, n) a[i] = vd_fma(vd_splat(NORMAL_LOG64_Q1), s2[i], vd_splat(NORMAL_LOG64_Q0));
  KV_EACH(i, n) b[i] = vd_fma(vd_splat(NORMAL_LOG64_Q3), s2[i], vd_splat(NORMAL_LOG64_Q2));
  KV_EACH(i, n) c[i] = vd_fma(vd_splat(NORMAL_LOG64_Q5), s2[i], vd_splat(NORMAL_LOG64_Q4));
  KV_EACH(i, n) s4[i] = vd_mul(s2[i], s2[i]);
  KV_EACH(i, n) c[i] = vd_fma(vd_splat(NORMAL_LOG64_Q6), s4[i], c[i]);
  KV_EACH(i, n) b[i] = vd_fma(c[i], s4[i], b[i]);
  KV_EACH(i, n) a[i] = vd_fma(b[i], s4[i], a[i]);
  KV_EACH(i, n) e[i] = vd_fma(e[i], vd_splat(NORMAL_LOG64_2), vd_mul(s[i], vd_splat(-4.0)));
  KV_EACH(i, n) l[i] = vd_fma(vd_mul(s2[i], s[i]), a[i], e[i]);
}

/* Of n vectors of pairs, four words each. */
KV_INLINE void normal_f64_map(vq (*w)[4], const normal_f64 *p, vd *even, vd *odd, int n) {
  vd r[KV_STEP_F64];
  KV_EACH(i, n) r[i] = unit_f64(w[i][0], w[i][1]);
  minus_two_log_f64(r, r, n);
  KV_EACH(i, n) r[i] = vd_sqrt(r[i]);
  KV_EACH(i, n) {
    const vd v = unit_f64(w[i][2], w[i][3]);
    vd sine, cosine;
    vd_sincospi(vd_add(v, v), &sine, &cosine);
    even[i] = vd_fma(vd_mul(r[i], cosine), vd_splat(p->stddev), vd_splat(p->mean));
    odd[i] = vd_fma(vd_mul(r[i], sine), vd_splat(p->stddev), vd_splat(p->mean));
  }
}
#endif

#endif
