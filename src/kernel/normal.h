/* Normal numbers from pairs of words, after Box and Muller (docs/stream.md, "Normal").
 *
 * Owns: the logarithm, the radius, the angle, and their coefficients. Included by fill_body.h and truncated.h only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every step is one correctly rounded operation, so all rooms give the same bits. n is the number of vectors that
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

/* l = -2 ln u of a normal number u > 0; u and l may be the same array. */
KV_INLINE void minus_two_log(const vf *u, vf *l, int n) {
  vu bits[KV_STEP], exponent[KV_STEP];
  vf e[KV_STEP], g[KV_STEP], s[KV_STEP], a[KV_STEP], b[KV_STEP], c[KV_STEP];
  /* u = m * 2^e, m in [2/3, 4/3), and e * 2^23 as a float */
  KV_EACH(i, n) bits[i] = vu_from_bits(u[i]);
  KV_EACH(i, n) exponent[i] = vu_and(vu_sub(bits[i], vu_splat(0x3F2AAAAB)), vu_splat(0xFF800000));
  KV_EACH(i, n) e[i] = vf_from_i32(exponent[i]);
  /* -2 ln m = g + g^2 Q(g), g = 2 - 2 m; three short chains, then one in g^2 */
  KV_EACH(i, n) g[i] = vf_fma(vf_from_bits(vu_sub(bits[i], exponent[i])), vf_splat(-2.0f), vf_splat(2.0f));
  KV_EACH(i, n) s[i] = vf_mul(g[i], g[i]);
  KV_EACH(i, n) a[i] = vf_fma(vf_splat(NORMAL_LOG_Q1), g[i], vf_splat(NORMAL_LOG_Q0));
  KV_EACH(i, n) b[i] = vf_fma(vf_splat(NORMAL_LOG_Q3), g[i], vf_splat(NORMAL_LOG_Q2));
  KV_EACH(i, n) c[i] = vf_fma(vf_splat(NORMAL_LOG_Q5), g[i], vf_splat(NORMAL_LOG_Q4));
  KV_EACH(i, n) c[i] = vf_fma(vf_splat(NORMAL_LOG_Q6), s[i], c[i]);
  KV_EACH(i, n) b[i] = vf_fma(c[i], s[i], b[i]);
  KV_EACH(i, n) a[i] = vf_fma(b[i], s[i], a[i]);
  KV_EACH(i, n) g[i] = vf_fma(e[i], vf_splat(NORMAL_LOG_2), g[i]);
  KV_EACH(i, n) l[i] = vf_fma(s[i], a[i], g[i]);
}

/* r = sqrt(-2 ln u) of the word's u in (0, 1]. */
KV_INLINE void normal_radius(const vu *word, vf *r, int n) {
  KV_EACH(i, n) r[i] = vf_fma(vf_from_u32(word[i]), vf_splat(0x1p-32f), vf_splat(0x1p-33f));
  minus_two_log(r, r, n);
  KV_EACH(i, n) r[i] = vf_sqrt(r[i]);
}

/* Cosine and sine of v = (word + 1/2) * 2^-32 turns. */
KV_INLINE void normal_angle(const vu *word, vf *cosine, vf *sine, int n) {
  vu turned[KV_STEP];
  vf x[KV_STEP], y[KV_STEP], p[KV_STEP], q[KV_STEP];
  /* distance to the nearest quarter turn, in eighths of a turn: exact but for the conversion */
  KV_EACH(i, n) x[i] = vf_from_i32(vu_or(vu_shl(word[i], 2), vu_splat(2)));
  KV_EACH(i, n) x[i] = vf_from_bits(vu_sub(vu_from_bits(x[i]), vu_splat(31u << 23)));
  KV_EACH(i, n) y[i] = vf_mul(x[i], x[i]);
  KV_EACH(i, n) p[i] = vf_fma(vf_splat(NORMAL_SIN_7), y[i], vf_splat(NORMAL_SIN_5));
  KV_EACH(i, n) q[i] = vf_fma(vf_splat(NORMAL_COS_6), y[i], vf_splat(NORMAL_COS_4));
  KV_EACH(i, n) p[i] = vf_fma(p[i], y[i], vf_splat(NORMAL_SIN_3));
  KV_EACH(i, n) q[i] = vf_fma(q[i], y[i], vf_splat(NORMAL_COS_2));
  KV_EACH(i, n) p[i] = vf_fma(p[i], y[i], vf_splat(NORMAL_SIN_1));
  KV_EACH(i, n) q[i] = vf_fma(q[i], y[i], vf_splat(1.0f));
  KV_EACH(i, n) p[i] = vf_mul(p[i], x[i]);
  /* the quarter turn: swap, and signs */
  KV_EACH(i, n) {
    turned[i] = vu_add(word[i], vu_splat(0x20000000));
    cosine[i] = vf_select_bit30(turned[i], q[i], p[i]);
    sine[i] = vf_select_bit30(turned[i], p[i], q[i]);
    cosine[i] = vf_flip_sign(cosine[i], vu_add(word[i], vu_splat(0x60000000)));
    sine[i] = vf_flip_sign(sine[i], turned[i]);
  }
}

typedef struct normal_f32 {
  float mean, stddev;
} normal_f32;

/* even = mean + stddev * r cos, odd = mean + stddev * r sin */
KV_INLINE void normal_f32_map(const vu *radius, const vu *angle, const normal_f32 *p, vf *even, vf *odd, int n) {
  vf r[KV_STEP];
  normal_radius(radius, r, n);
  normal_angle(angle, even, odd, n);
  KV_EACH(i, n) {
    even[i] = vf_fma(vf_mul(r[i], even[i]), vf_splat(p->stddev), vf_splat(p->mean));
    odd[i] = vf_fma(vf_mul(r[i], odd[i]), vf_splat(p->stddev), vf_splat(p->mean));
  }
}

typedef struct normal_f64 {
  double mean, stddev;
} normal_f64;

#if KV_HAVE_FMA
/* (w0 * 2^32 + w1 + 1/2) * 2^-64, rounded once */
KV_INLINE vd unit_f64(vq w0, vq w1) {
  const vd low = vd_fma(vd_from_vq(w1), vd_splat(0x1p-64), vd_splat(0x1p-65));
  return vd_fma(vd_from_vq(w0), vd_splat(0x1p-32), low);
}

KV_INLINE void normal_f64_map(const vq *w, const normal_f64 *p, vd *even, vd *odd) {
  const vd r = vd_sqrt(vd_mul(vd_splat(-2.0), vd_log(unit_f64(w[0], w[1]))));
  const vd v = unit_f64(w[2], w[3]);
  vd sine, cosine;
  vd_sincospi(vd_add(v, v), &sine, &cosine);
  *even = vd_fma(vd_mul(r, cosine), vd_splat(p->stddev), vd_splat(p->mean));
  *odd = vd_fma(vd_mul(r, sine), vd_splat(p->stddev), vd_splat(p->mean));
}
#endif

#endif
