/* Truncated normal numbers from words, by the inverse distribution function (docs/stream.md, "Truncated normal").
 *
 * Owns: the three variants of the inverse, and the coefficients of the central one. Included by fill_body.h only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every step is one correctly rounded operation, so all backends give the same bits. KV_BATCH vectors of words, even
 * and odd ones, advance together to hide latencies, and half as many where many numbers are alive. What depends on the
 * fill comes from truncated.c. */
#ifndef KINIT_KERNEL_TRUNCATED_H
#define KINIT_KERNEL_TRUNCATED_H

#include "normal.h"

/* Made by scripts/polynomials/truncated.py: z = l N(r) / D(r) is the z with Q(z) = exp(-l/2) / 2, r = sqrt(l + C). It
 * is exact to 2^-25.9 of z in f32, l up to 74.5, and to 2^-52.1 in f64, l up to 158.8. D's leading coefficient is 1.
 */
#define TRUNCATED_C 0x1.62p+0f
#define TRUNCATED_N0 0x1.a36a56p+2f
#define TRUNCATED_N1 0x1.a81ab2p+4f
#define TRUNCATED_N2 0x1.7f9256p+3f
#define TRUNCATED_N3 0x1.001596p+0f
#define TRUNCATED_D0 0x1.68827ep+1f
#define TRUNCATED_D1 0x1.47ca5cp+4f
#define TRUNCATED_D2 0x1.d90122p+4f
#define TRUNCATED_D3 0x1.809b06p+3f

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

typedef struct truncated_f32 {
  int variant;
  bool symmetric; /* words turn in their middle, and both sides have the same probabilities */
  uint32_t flip, turn;
  float v_mul, v_left, v_right, scale, anchor, low, high, centre, poly[KINIT_TRUNCATED_DEGREE_F32 + 1];
} truncated_f32;

KV_INLINE truncated_f32 truncated_f32_prepare(const kinit_truncated *t) {
  truncated_f32 p = {.variant = t->variant,
                     .flip = t->flip,
                     .turn = t->turn,
                     .v_mul = (float)t->v_mul,
                     .v_left = (float)t->v_left,
                     .v_right = (float)t->v_right,
                     .scale = (float)t->scale,
                     .anchor = (float)t->anchor,
                     .low = (float)t->low,
                     .high = (float)t->high,
                     .centre = (float)t->centre};
  for (int i = 0; i <= KINIT_TRUNCATED_DEGREE_F32; i++) p.poly[i] = (float)t->poly[i];
  p.symmetric = p.turn == 0x7FFFFFFF && p.v_left == p.v_right;
  return p;
}

/* l N(r) / D(r): the terms of even and of odd power apart, which are polynomials in r^2 and need not wait for r. */
KV_INLINE void truncated_f32_quantile(const vf *l, vf *z, int n) {
  vf r[KV_STEP], r2[KV_STEP], d[KV_STEP], odd[KV_STEP];
  KV_EACH(i, n) r2[i] = vf_add(l[i], vf_splat(TRUNCATED_C));
  KV_EACH(i, n) r[i] = vf_sqrt(r2[i]);
  KV_EACH(i, n) z[i] = vf_fma(vf_splat(TRUNCATED_N2), r2[i], vf_splat(TRUNCATED_N0));
  KV_EACH(i, n) odd[i] = vf_fma(vf_splat(TRUNCATED_N3), r2[i], vf_splat(TRUNCATED_N1));
  KV_EACH(i, n) z[i] = vf_fma(odd[i], r[i], z[i]);
  KV_EACH(i, n) d[i] = vf_fma(vf_add(r2[i], vf_splat(TRUNCATED_D2)), r2[i], vf_splat(TRUNCATED_D0));
  KV_EACH(i, n) odd[i] = vf_fma(vf_splat(TRUNCATED_D3), r2[i], vf_splat(TRUNCATED_D1));
  KV_EACH(i, n) d[i] = vf_fma(odd[i], r[i], d[i]);
  KV_EACH(i, n) z[i] = vf_mul(l[i], vf_div(z[i], d[i]));
}

KV_INLINE void truncated_f32_central(const vu *word, const truncated_f32 *p, vf *x, int half) {
  vm left[2 * KV_STEP];
  vf l[2 * KV_STEP];
  KV_EACH(i, 2 * half) {
    const vu k = vu_fold(vu_xor(word[i], vu_splat(p->flip)), vu_splat(p->turn), &left[i]);
    const vf side = vm_select(left[i], vf_splat(p->v_right), vf_splat(p->v_left));
    l[i] = vf_fma(vf_from_u32(k), vf_splat(p->v_mul), side);
  }
  KV_EACH(h, 2) minus_two_log(l + h * half, l + h * half, half);
  KV_EACH(h, 2) truncated_f32_quantile(l + h * half, x + h * half, half);
  KV_EACH(i, 2 * half) {
    const vf scale = vm_select(left[i], vf_splat(p->scale), vf_splat(-p->scale));
    x[i] = vf_fma(x[i], scale, vf_splat(p->anchor));
  }
}

/* The same bits for a symmetric interval: the folded word is below 2^31, and its side is its upper bit. */
KV_INLINE void truncated_f32_symmetric(const vu *word, const truncated_f32 *p, vf *x, int half) {
  const float scale = p->flip != 0 ? -p->scale : p->scale; /* where the word's upper bit is 0 */
  vf l[2 * KV_STEP];
  KV_EACH(i, 2 * half) {
    const vf k = vf_from_i32(vu_xor(word[i], vu_sign(word[i])));
    l[i] = vf_fma(k, vf_splat(p->v_mul), vf_splat(p->v_right));
  }
  KV_EACH(h, 2) minus_two_log(l + h * half, l + h * half, half);
  KV_EACH(h, 2) truncated_f32_quantile(l + h * half, x + h * half, half);
  KV_EACH(i, 2 * half) x[i] = vf_fma(vf_flip_sign(x[i], word[i]), vf_splat(scale), vf_splat(p->anchor));
}

/* The fill's own polynomial, x -> P(x): three short chains, then one in x^2. */
KV_INLINE void truncated_f32_polynomial(const float *q, vf *x, int n) {
  vf a[KV_STEP], b[KV_STEP], c[KV_STEP], s[KV_STEP];
  KV_EACH(i, n) s[i] = vf_mul(x[i], x[i]);
  KV_EACH(i, n) a[i] = vf_fma(vf_splat(q[1]), x[i], vf_splat(q[0]));
  KV_EACH(i, n) b[i] = vf_fma(vf_splat(q[3]), x[i], vf_splat(q[2]));
  KV_EACH(i, n) c[i] = vf_fma(vf_splat(q[5]), x[i], vf_splat(q[4]));
  KV_EACH(i, n) b[i] = vf_fma(c[i], s[i], b[i]);
  KV_EACH(i, n) x[i] = vf_fma(b[i], s[i], a[i]);
}

KV_INLINE void truncated_f32_tail(const vu *word, const truncated_f32 *p, vf *x, int half) {
  vf l[2 * KV_STEP];
  KV_EACH(i, 2 * half) {
    const vf k = vf_from_u32(vu_xor(word[i], vu_splat(p->flip)));
    l[i] = vf_fma(k, vf_splat(p->v_mul), vf_splat(p->v_right));
  }
  KV_EACH(h, 2) minus_two_log(l + h * half, l + h * half, half);
  KV_EACH(i, 2 * half) x[i] = vf_add(vf_sqrt(vf_add(l[i], vf_splat(KINIT_TRUNCATED_C_F32))), vf_splat(-p->centre));
  KV_EACH(h, 2) truncated_f32_polynomial(p->poly, x + h * half, half);
  KV_EACH(i, 2 * half) x[i] = vf_fma(vf_mul(l[i], x[i]), vf_splat(p->scale), vf_splat(p->anchor));
}

KV_INLINE void truncated_f32_narrow(const vu *word, const truncated_f32 *p, vf *x, int half) {
  KV_EACH(i, 2 * half) {
    const vf k = vf_from_i32(vu_xor(word[i], vu_splat(0x80000000)));
    x[i] = vf_fma(k, vf_splat(0x1p-31f), vf_splat(0x1p-32f));
  }
  KV_EACH(h, 2) truncated_f32_polynomial(p->poly, x + h * half, half);
  KV_EACH(i, 2 * half) x[i] = vf_fma(x[i], vf_splat(p->scale), vf_splat(p->anchor));
}

/* Two halves of so many vectors, which advance together but where many numbers are alive. */
KV_INLINE void truncated_f32_map(enum kind kind, const vu *word, const truncated_f32 *p, vf *x, int half) {
  if (kind == SYMMETRIC)
    truncated_f32_symmetric(word, p, x, half);
  else if (kind == CENTRAL)
    truncated_f32_central(word, p, x, half);
  else if (kind == TAIL)
    truncated_f32_tail(word, p, x, half);
  else
    truncated_f32_narrow(word, p, x, half);
  KV_EACH(i, 2 * half) x[i] = vf_min(vf_max(x[i], vf_splat(p->low)), vf_splat(p->high));
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

#if KV_HAVE_FMA
static const double truncated_n[] = {
    0x1.0f8ba1cb95e18p+9,  0x1.b296a2ae052fep+11, 0x1.12ca6ffb95712p+13, 0x1.e232edf9818edp+13, 0x1.5c86753e680a0p+13,
    0x1.ef0b667d0c22ap+11, 0x1.58f0a2353da8cp+9,  0x1.87e01dbeae5bbp+5,  0x1.00041766a15ccp+0,  -0x1.20ac9034df6e2p-22};
static const double truncated_d[] = {
    0x1.ce44e9670c027p+7,  0x1.1a81e147ffeb6p+11, 0x1.d71ae4eb4870bp+12, 0x1.f85bd04e30050p+13, 0x1.3461f2922aff4p+14,
    0x1.81fe4f92b0a09p+13, 0x1.ffb69a7f3d3efp+11, 0x1.5b164c149298ep+9,  0x1.87f701ff60cc4p+5,  1};

/* x -> sum of q[k] x^k, k from 0 to the degree: the terms of even and of odd power apart, in x2 = x^2. */
KV_INLINE void truncated_f64_polynomial(const double *q, int degree, const vd *x2, const vd *x, vd *sum, int n) {
  vd even[KV_STEP_F64], odd[KV_STEP_F64];
  KV_EACH(i, n) even[i] = vd_splat(q[degree - degree % 2]);
  KV_EACH(i, n) odd[i] = vd_splat(q[degree - 1 + degree % 2]);
  KV_UNROLL for (int k = degree - 2; k >= 0; k--) {
    if (k % 2 == 0) {
      KV_EACH(i, n) even[i] = vd_fma(even[i], x2[i], vd_splat(q[k]));
    } else {
      KV_EACH(i, n) odd[i] = vd_fma(odd[i], x2[i], vd_splat(q[k]));
    }
  }
  KV_EACH(i, n) sum[i] = vd_fma(odd[i], x[i], even[i]);
}

/* Both words are complemented together; the upper one decides the side. */
KV_INLINE void truncated_f64_central(vq (*w)[4], int from, const kinit_truncated *p, vd *x, int n) {
  const vq flip = vq_splat(p->flip);
  vq left[KV_STEP_F64];
  vd l[KV_STEP_F64], r[KV_STEP_F64], r2[KV_STEP_F64], d[KV_STEP_F64];
  KV_EACH(i, n) {
    left[i] = vq_greater(vq_xor(w[i][from], flip), vq_splat(p->turn));
    const vq turned = vq_xor(vq_and(left[i], vq_splat(UINT32_MAX)), flip);
    const vd u = unit_f64(vq_xor(w[i][from], turned), vq_xor(w[i][from + 1], turned));
    l[i] = vd_fma(u, vd_splat(p->v_mul), vq_select(left[i], vd_splat(p->v_right), vd_splat(p->v_left)));
  }
  minus_two_log_f64(l, l, n);
  KV_EACH(i, n) r2[i] = vd_add(l[i], vd_splat(TRUNCATED_C));
  KV_EACH(i, n) r[i] = vd_sqrt(r2[i]);
  truncated_f64_polynomial(truncated_n, 9, r2, r, x, n);
  truncated_f64_polynomial(truncated_d, 9, r2, r, d, n);
  KV_EACH(i, n) {
    const vd scale = vq_select(left[i], vd_splat(p->scale), vd_splat(-p->scale));
    x[i] = vd_fma(vd_mul(l[i], vd_div(x[i], d[i])), scale, vd_splat(p->anchor));
  }
}

KV_INLINE void truncated_f64_tail(vq (*w)[4], int from, const kinit_truncated *p, vd *x, int n) {
  const vq flip = vq_splat(p->flip);
  vd l[KV_STEP_F64], x2[KV_STEP_F64];
  KV_EACH(i, n) {
    const vd u = unit_f64(vq_xor(w[i][from], flip), vq_xor(w[i][from + 1], flip));
    l[i] = vd_fma(u, vd_splat(p->v_mul), vd_splat(p->v_right));
  }
  minus_two_log_f64(l, l, n);
  KV_EACH(i, n) x[i] = vd_add(vd_sqrt(vd_add(l[i], vd_splat(KINIT_TRUNCATED_C_F64))), vd_splat(-p->centre));
  KV_EACH(i, n) x2[i] = vd_mul(x[i], x[i]);
  truncated_f64_polynomial(p->poly, KINIT_TRUNCATED_DEGREE_F64, x2, x, x, n);
  KV_EACH(i, n) x[i] = vd_fma(vd_mul(l[i], x[i]), vd_splat(p->scale), vd_splat(p->anchor));
}

KV_INLINE void truncated_f64_narrow(vq (*w)[4], int from, const kinit_truncated *p, vd *x, int n) {
  vd x2[KV_STEP_F64];
  KV_EACH(i, n) {
    const vd lower = vd_fma(vd_from_vq(w[i][from + 1]), vd_splat(0x1p-63), vd_splat(0x1p-64));
    x[i] = vd_fma(vd_add(vd_from_vq(w[i][from]), vd_splat(-0x1p31)), vd_splat(0x1p-31), lower);
  }
  KV_EACH(i, n) x2[i] = vd_mul(x[i], x[i]);
  truncated_f64_polynomial(p->poly, KINIT_TRUNCATED_DEGREE_F64, x2, x, x, n);
  KV_EACH(i, n) x[i] = vd_fma(x[i], vd_splat(p->scale), vd_splat(p->anchor));
}

/* Of words `from` and from + 1 of each block. */
KV_INLINE void truncated_f64_map(enum kind kind, vq (*w)[4], int from, const kinit_truncated *p, vd *x, int n) {
  if (kind == CENTRAL)
    truncated_f64_central(w, from, p, x, n);
  else if (kind == TAIL)
    truncated_f64_tail(w, from, p, x, n);
  else
    truncated_f64_narrow(w, from, p, x, n);
  KV_EACH(i, n) x[i] = vd_min(vd_max(x[i], vd_splat(p->low)), vd_splat(p->high));
}
#endif

#endif
