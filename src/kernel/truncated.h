/* Truncated normal numbers from words, by the inverse distribution function (docs/stream.md, "Truncated normal").
 *
 * Owns: the three variants of the inverse, and the coefficients of the central one. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Every step is one correctly rounded operation, so all backends give the same bits. The vectors of KS_STEP_WORDS
 * groups, even words and odd ones, advance together to hide latencies. What depends on the fill comes from
 * plan_truncated.c. */
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

KS_INLINE truncated_f32 truncated_f32_prepare(const kinit_truncated *t) {
  truncated_f32 p = {.variant = t->variant,
                     .symmetric = false,
                     .flip = t->flip,
                     .turn = t->turn,
                     .v_mul = (float)t->v_mul,
                     .v_left = (float)t->v_left,
                     .v_right = (float)t->v_right,
                     .scale = (float)t->scale,
                     .anchor = (float)t->anchor,
                     .low = (float)t->low,
                     .high = (float)t->high,
                     .centre = (float)t->centre,
                     .poly = {0}};
  for (int i = 0; i <= KINIT_TRUNCATED_DEGREE_F32; i++) p.poly[i] = (float)t->poly[i];
  p.symmetric = p.turn == 0x7FFFFFFF && p.v_left == p.v_right;
  return p;
}

/* l N(r) / D(r): the terms of even and of odd power apart, which are polynomials in r^2 and need not wait for r. */
KS_INLINE void truncated_f32_quantile(const ks_f32 *l, ks_f32 *z, int n) {
  ks_f32 r[KS_VECTORS], r2[KS_VECTORS], d[KS_VECTORS], odd[KS_VECTORS];
  KS_EACH(i, n) r2[i] = ks_f32_add(l[i], ks_f32_splat(TRUNCATED_C));
  KS_EACH(i, n) r[i] = ks_f32_sqrt(r2[i]);
  KS_EACH(i, n) z[i] = ks_f32_fma(ks_f32_splat(TRUNCATED_N2), r2[i], ks_f32_splat(TRUNCATED_N0));
  KS_EACH(i, n) odd[i] = ks_f32_fma(ks_f32_splat(TRUNCATED_N3), r2[i], ks_f32_splat(TRUNCATED_N1));
  KS_EACH(i, n) z[i] = ks_f32_fma(odd[i], r[i], z[i]);
  KS_EACH(i, n) d[i] = ks_f32_fma(ks_f32_add(r2[i], ks_f32_splat(TRUNCATED_D2)), r2[i], ks_f32_splat(TRUNCATED_D0));
  KS_EACH(i, n) odd[i] = ks_f32_fma(ks_f32_splat(TRUNCATED_D3), r2[i], ks_f32_splat(TRUNCATED_D1));
  KS_EACH(i, n) d[i] = ks_f32_fma(odd[i], r[i], d[i]);
  KS_EACH(i, n) z[i] = ks_f32_mul(l[i], ks_f32_div(z[i], d[i]));
}

KS_INLINE void truncated_f32_central(const ks_u32 *word, const truncated_f32 *p, ks_f32 *x, int half) {
  ks_mask left[2 * KS_VECTORS];
  ks_f32 l[2 * KS_VECTORS];
  KS_EACH(i, 2 * half) {
    const ks_u32 k = ks_u32_fold(ks_u32_xor(word[i], ks_u32_splat(p->flip)), ks_u32_splat(p->turn), &left[i]);
    const ks_f32 side = ks_mask_select(left[i], ks_f32_splat(p->v_right), ks_f32_splat(p->v_left));
    l[i] = ks_f32_fma(ks_f32_from_u32(k), ks_f32_splat(p->v_mul), side);
  }
  KS_EACH(h, 2) minus_two_log(l + h * half, l + h * half, half);
  KS_EACH(h, 2) truncated_f32_quantile(l + h * half, x + h * half, half);
  KS_EACH(i, 2 * half) {
    const ks_f32 scale = ks_mask_select(left[i], ks_f32_splat(p->scale), ks_f32_splat(-p->scale));
    x[i] = ks_f32_fma(x[i], scale, ks_f32_splat(p->anchor));
  }
}

/* The same bits for a symmetric interval: the folded word is below 2^31, and its side is its upper bit. */
KS_INLINE void truncated_f32_symmetric(const ks_u32 *word, const truncated_f32 *p, ks_f32 *x, int half) {
  const float scale = p->flip != 0 ? -p->scale : p->scale; /* where the word's upper bit is 0 */
  ks_f32 l[2 * KS_VECTORS];
  KS_EACH(i, 2 * half) {
    const ks_f32 k = ks_f32_from_i32(ks_u32_xor(word[i], ks_u32_sign(word[i])));
    l[i] = ks_f32_fma(k, ks_f32_splat(p->v_mul), ks_f32_splat(p->v_right));
  }
  KS_EACH(h, 2) minus_two_log(l + h * half, l + h * half, half);
  KS_EACH(h, 2) truncated_f32_quantile(l + h * half, x + h * half, half);
  KS_EACH(i, 2 * half) x[i] = ks_f32_fma(ks_f32_flip_sign(x[i], word[i]), ks_f32_splat(scale), ks_f32_splat(p->anchor));
}

/* The fill's own polynomial, x -> P(x): three short chains, then one in x^2. */
KS_INLINE void truncated_f32_polynomial(const float *q, ks_f32 *x, int n) {
  ks_f32 a[KS_VECTORS], b[KS_VECTORS], c[KS_VECTORS], s[KS_VECTORS];
  KS_EACH(i, n) s[i] = ks_f32_mul(x[i], x[i]);
  KS_EACH(i, n) a[i] = ks_f32_fma(ks_f32_splat(q[1]), x[i], ks_f32_splat(q[0]));
  KS_EACH(i, n) b[i] = ks_f32_fma(ks_f32_splat(q[3]), x[i], ks_f32_splat(q[2]));
  KS_EACH(i, n) c[i] = ks_f32_fma(ks_f32_splat(q[5]), x[i], ks_f32_splat(q[4]));
  KS_EACH(i, n) b[i] = ks_f32_fma(c[i], s[i], b[i]);
  KS_EACH(i, n) x[i] = ks_f32_fma(b[i], s[i], a[i]);
}

KS_INLINE void truncated_f32_tail(const ks_u32 *word, const truncated_f32 *p, ks_f32 *x, int half) {
  ks_f32 l[2 * KS_VECTORS];
  KS_EACH(i, 2 * half) {
    const ks_f32 k = ks_f32_from_u32(ks_u32_xor(word[i], ks_u32_splat(p->flip)));
    l[i] = ks_f32_fma(k, ks_f32_splat(p->v_mul), ks_f32_splat(p->v_right));
  }
  KS_EACH(h, 2) minus_two_log(l + h * half, l + h * half, half);
  KS_EACH(i, 2 * half)
  x[i] = ks_f32_add(ks_f32_sqrt(ks_f32_add(l[i], ks_f32_splat(KINIT_TRUNCATED_C_F32))), ks_f32_splat(-p->centre));
  KS_EACH(h, 2) truncated_f32_polynomial(p->poly, x + h * half, half);
  KS_EACH(i, 2 * half) x[i] = ks_f32_fma(ks_f32_mul(l[i], x[i]), ks_f32_splat(p->scale), ks_f32_splat(p->anchor));
}

KS_INLINE void truncated_f32_narrow(const ks_u32 *word, const truncated_f32 *p, ks_f32 *x, int half) {
  KS_EACH(i, 2 * half) {
    const ks_f32 k = ks_f32_from_i32(ks_u32_xor(word[i], ks_u32_splat(0x80000000)));
    x[i] = ks_f32_fma(k, ks_f32_splat(0x1p-31f), ks_f32_splat(0x1p-32f));
  }
  KS_EACH(h, 2) truncated_f32_polynomial(p->poly, x + h * half, half);
  KS_EACH(i, 2 * half) x[i] = ks_f32_fma(x[i], ks_f32_splat(p->scale), ks_f32_splat(p->anchor));
}

/* Two halves of so many vectors, which advance together but where many numbers are alive. */
KS_INLINE void truncated_f32_values(enum method method, const ks_u32 *word, const truncated_f32 *p, ks_f32 *x,
                                    int half) {
  if (method == SYMMETRIC)
    truncated_f32_symmetric(word, p, x, half);
  else if (method == CENTRAL)
    truncated_f32_central(word, p, x, half);
  else if (method == TAIL)
    truncated_f32_tail(word, p, x, half);
  else
    truncated_f32_narrow(word, p, x, half);
  KS_EACH(i, 2 * half) x[i] = ks_f32_min(ks_f32_max(x[i], ks_f32_splat(p->low)), ks_f32_splat(p->high));
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

#if KS_HAVE_FMA
KS_DEVICE static const double truncated_n[] = {
    0x1.0f8ba1cb95e18p+9,  0x1.b296a2ae052fep+11, 0x1.12ca6ffb95712p+13, 0x1.e232edf9818edp+13, 0x1.5c86753e680a0p+13,
    0x1.ef0b667d0c22ap+11, 0x1.58f0a2353da8cp+9,  0x1.87e01dbeae5bbp+5,  0x1.00041766a15ccp+0,  -0x1.20ac9034df6e2p-22};
KS_DEVICE static const double truncated_d[] = {
    0x1.ce44e9670c027p+7,  0x1.1a81e147ffeb6p+11, 0x1.d71ae4eb4870bp+12, 0x1.f85bd04e30050p+13, 0x1.3461f2922aff4p+14,
    0x1.81fe4f92b0a09p+13, 0x1.ffb69a7f3d3efp+11, 0x1.5b164c149298ep+9,  0x1.87f701ff60cc4p+5,  1};

/* x -> sum of q[k] x^k, k from 0 to the degree: the terms of even and of odd power apart, in x2 = x^2. */
KS_INLINE void truncated_f64_polynomial(const double *q, int degree, const ks_f64 *x2, const ks_f64 *x, ks_f64 *sum,
                                        int n) {
  ks_f64 even[KS_VECTORS_F64], odd[KS_VECTORS_F64];
  KS_EACH(i, n) even[i] = ks_f64_splat(q[degree - degree % 2]);
  KS_EACH(i, n) odd[i] = ks_f64_splat(q[degree - 1 + degree % 2]);
  KS_UNROLL for (int k = degree - 2; k >= 0; k--) {
    if (k % 2 == 0) {
      KS_EACH(i, n) even[i] = ks_f64_fma(even[i], x2[i], ks_f64_splat(q[k]));
    } else {
      KS_EACH(i, n) odd[i] = ks_f64_fma(odd[i], x2[i], ks_f64_splat(q[k]));
    }
  }
  KS_EACH(i, n) sum[i] = ks_f64_fma(odd[i], x[i], even[i]);
}

/* Both words are complemented together; the upper one decides the side. */
KS_INLINE void truncated_f64_central(ks_u64 (*w)[4], int from, const kinit_truncated *p, ks_f64 *x, int n) {
  const ks_u64 flip = ks_u64_splat(p->flip);
  ks_u64 left[KS_VECTORS_F64];
  ks_f64 l[KS_VECTORS_F64], r[KS_VECTORS_F64], r2[KS_VECTORS_F64], d[KS_VECTORS_F64];
  KS_EACH(i, n) {
    left[i] = ks_u64_greater(ks_u64_xor(w[i][from], flip), ks_u64_splat(p->turn));
    const ks_u64 turned = ks_u64_xor(ks_u64_and(left[i], ks_u64_splat(UINT32_MAX)), flip);
    const ks_f64 u = unit_f64(ks_u64_xor(w[i][from], turned), ks_u64_xor(w[i][from + 1], turned));
    l[i] = ks_f64_fma(u, ks_f64_splat(p->v_mul),
                      ks_u64_select(left[i], ks_f64_splat(p->v_right), ks_f64_splat(p->v_left)));
  }
  minus_two_log_f64(l, l, n);
  KS_EACH(i, n) r2[i] = ks_f64_add(l[i], ks_f64_splat(TRUNCATED_C));
  KS_EACH(i, n) r[i] = ks_f64_sqrt(r2[i]);
  truncated_f64_polynomial(truncated_n, 9, r2, r, x, n);
  truncated_f64_polynomial(truncated_d, 9, r2, r, d, n);
  KS_EACH(i, n) {
    const ks_f64 scale = ks_u64_select(left[i], ks_f64_splat(p->scale), ks_f64_splat(-p->scale));
    x[i] = ks_f64_fma(ks_f64_mul(l[i], ks_f64_div(x[i], d[i])), scale, ks_f64_splat(p->anchor));
  }
}

KS_INLINE void truncated_f64_tail(ks_u64 (*w)[4], int from, const kinit_truncated *p, ks_f64 *x, int n) {
  const ks_u64 flip = ks_u64_splat(p->flip);
  ks_f64 l[KS_VECTORS_F64], x2[KS_VECTORS_F64];
  KS_EACH(i, n) {
    const ks_f64 u = unit_f64(ks_u64_xor(w[i][from], flip), ks_u64_xor(w[i][from + 1], flip));
    l[i] = ks_f64_fma(u, ks_f64_splat(p->v_mul), ks_f64_splat(p->v_right));
  }
  minus_two_log_f64(l, l, n);
  KS_EACH(i, n)
  x[i] = ks_f64_add(ks_f64_sqrt(ks_f64_add(l[i], ks_f64_splat(KINIT_TRUNCATED_C_F64))), ks_f64_splat(-p->centre));
  KS_EACH(i, n) x2[i] = ks_f64_mul(x[i], x[i]);
  truncated_f64_polynomial(p->poly, KINIT_TRUNCATED_DEGREE_F64, x2, x, x, n);
  KS_EACH(i, n) x[i] = ks_f64_fma(ks_f64_mul(l[i], x[i]), ks_f64_splat(p->scale), ks_f64_splat(p->anchor));
}

KS_INLINE void truncated_f64_narrow(ks_u64 (*w)[4], int from, const kinit_truncated *p, ks_f64 *x, int n) {
  ks_f64 x2[KS_VECTORS_F64];
  KS_EACH(i, n) {
    const ks_f64 lower = ks_f64_fma(ks_f64_from_u64(w[i][from + 1]), ks_f64_splat(0x1p-63), ks_f64_splat(0x1p-64));
    x[i] = ks_f64_fma(ks_f64_add(ks_f64_from_u64(w[i][from]), ks_f64_splat(-0x1p31)), ks_f64_splat(0x1p-31), lower);
  }
  KS_EACH(i, n) x2[i] = ks_f64_mul(x[i], x[i]);
  truncated_f64_polynomial(p->poly, KINIT_TRUNCATED_DEGREE_F64, x2, x, x, n);
  KS_EACH(i, n) x[i] = ks_f64_fma(x[i], ks_f64_splat(p->scale), ks_f64_splat(p->anchor));
}

/* Of words `from` and from + 1 of each block. */
KS_INLINE void truncated_f64_values(enum method method, ks_u64 (*w)[4], int from, const kinit_truncated *p, ks_f64 *x,
                                    int n) {
  if (method == CENTRAL)
    truncated_f64_central(w, from, p, x, n);
  else if (method == TAIL)
    truncated_f64_tail(w, from, p, x, n);
  else
    truncated_f64_narrow(w, from, p, x, n);
  KS_EACH(i, n) x[i] = ks_f64_min(ks_f64_max(x[i], ks_f64_splat(p->low)), ks_f64_splat(p->high));
}
#endif

#endif
