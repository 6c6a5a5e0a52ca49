/* Truncated normal numbers from words, by the inverse distribution function (docs/stream.md, "Truncated normal").
 *
 * Owns: the three variants of the inverse, and the coefficients of the central one. Included by fill_body.h only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every step is one correctly rounded operation, so all rooms give the same bits. KV_BATCH vectors of words, even and
 * odd ones, advance together to hide latencies, and half as many where many numbers are alive. What depends on the
 * fill comes from truncated.c. */
#ifndef KINIT_KERNEL_TRUNCATED_H
#define KINIT_KERNEL_TRUNCATED_H

#include "normal.h"

/* Made by scripts/polynomials/truncated.py: z = l N(r) / D(r) is the z with Q(z) = exp(-l/2) / 2, r = sqrt(l + C). It
 * is exact to 2^-29.4 of z in f32, l up to 51.9, and to 2^-52.0 in f64, l up to 96.2; there N has the factor -2,
 * because the kernel has ln v = -l/2. All terms of a sum have one sign. */
#define TRUNCATED_C 0x1.62p+0f
#define TRUNCATED_N0 0x1.4cdce6p-1f
#define TRUNCATED_N1 0x1.4c6f1cp+1f
#define TRUNCATED_N2 0x1.2f32a2p+0f
#define TRUNCATED_N3 0x1.9b7b3ep-4f
#define TRUNCATED_D0 0x1.1ea988p-2f
#define TRUNCATED_D1 0x1.01e17ap+1f
#define TRUNCATED_D2 0x1.7370b6p+1f
#define TRUNCATED_D3 0x1.300d48p+0f
#define TRUNCATED_D4 0x1.9b5618p-4f

/* ---- f32 --------------------------------------------------------------------------------------------------------- */

typedef struct truncated_f32 {
  int variant;
  bool symmetric; /* words turn in their middle, both sides have the same probabilities, and it is worth a kernel */
  uint32_t flip, turn;
  float v_mul, v_left, v_right, scale, anchor, low, high, c, centre, poly[KINIT_TRUNCATED_DEGREE_F32 + 1];
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
                     .c = (float)t->c,
                     .centre = (float)t->centre};
  for (int i = 0; i <= KINIT_TRUNCATED_DEGREE_F32; i++) p.poly[i] = (float)t->poly[i];
  p.symmetric = KV_LANES > 1 && p.turn == 0x7FFFFFFF && p.v_left == p.v_right; /* slower in scalar: 24 cycles, not 14 */
  return p;
}

KV_INLINE void truncated_f32_clamp(const truncated_f32 *p, vf *x) {
  KV_EACH(i, KV_BATCH) x[i] = vf_min(vf_max(x[i], vf_splat(p->low)), vf_splat(p->high));
}

/* l N(r) / D(r), of half a batch */
KV_INLINE void truncated_f32_quantile(const vf *l, vf *z) {
  vf r[KV_STEP], d[KV_STEP];
  KV_EACH(i, KV_STEP) r[i] = vf_sqrt(vf_add(l[i], vf_splat(TRUNCATED_C)));
  KV_EACH(i, KV_STEP) z[i] = vf_fma(vf_splat(TRUNCATED_N3), r[i], vf_splat(TRUNCATED_N2));
  KV_EACH(i, KV_STEP) d[i] = vf_fma(vf_splat(TRUNCATED_D4), r[i], vf_splat(TRUNCATED_D3));
  KV_EACH(i, KV_STEP) z[i] = vf_fma(z[i], r[i], vf_splat(TRUNCATED_N1));
  KV_EACH(i, KV_STEP) d[i] = vf_fma(d[i], r[i], vf_splat(TRUNCATED_D2));
  KV_EACH(i, KV_STEP) z[i] = vf_fma(z[i], r[i], vf_splat(TRUNCATED_N0));
  KV_EACH(i, KV_STEP) d[i] = vf_fma(d[i], r[i], vf_splat(TRUNCATED_D1));
  KV_EACH(i, KV_STEP) d[i] = vf_fma(d[i], r[i], vf_splat(TRUNCATED_D0));
  KV_EACH(i, KV_STEP) z[i] = vf_mul(l[i], vf_div(z[i], d[i]));
}

KV_INLINE void truncated_f32_central(const vu *word, const truncated_f32 *p, vf *x) {
  vm left[KV_BATCH];
  vf l[KV_BATCH];
  KV_EACH(i, KV_BATCH) {
    const vu k = vu_fold(vu_xor(word[i], vu_splat(p->flip)), vu_splat(p->turn), &left[i]);
    const vf side = vm_select(left[i], vf_splat(p->v_right), vf_splat(p->v_left));
    l[i] = vf_fma(vf_from_u32(k), vf_splat(p->v_mul), side);
  }
  KV_EACH(h, 2) minus_two_log(l + h * KV_STEP, l + h * KV_STEP, KV_STEP);
  KV_EACH(h, 2) truncated_f32_quantile(l + h * KV_STEP, x + h * KV_STEP);
  KV_EACH(i, KV_BATCH) {
    const vf scale = vm_select(left[i], vf_splat(p->scale), vf_splat(-p->scale));
    x[i] = vf_fma(x[i], scale, vf_splat(p->anchor));
  }
  truncated_f32_clamp(p, x);
}

/* The same bits for a symmetric interval: the folded word is below 2^31, and its side is its upper bit. */
KV_INLINE void truncated_f32_symmetric(const vu *word, const truncated_f32 *p, vf *x) {
  const float scale = p->flip != 0 ? -p->scale : p->scale; /* where the word's upper bit is 0 */
  vf l[KV_BATCH];
  KV_EACH(i, KV_BATCH) {
    const vf k = vf_from_i32(vu_xor(word[i], vu_sign(word[i])));
    l[i] = vf_fma(k, vf_splat(p->v_mul), vf_splat(p->v_right));
  }
  KV_EACH(h, 2) minus_two_log(l + h * KV_STEP, l + h * KV_STEP, KV_STEP);
  KV_EACH(h, 2) truncated_f32_quantile(l + h * KV_STEP, x + h * KV_STEP);
  KV_EACH(i, KV_BATCH) x[i] = vf_fma(vf_flip_sign(x[i], word[i]), vf_splat(scale), vf_splat(p->anchor));
  truncated_f32_clamp(p, x);
}

/* The fill's own polynomial, x -> P(x), of half a batch: five short chains, then two in x^2 and one in x^4. */
KV_INLINE void truncated_f32_polynomial(const float *q, vf *x) {
  vf a[KV_STEP], b[KV_STEP], c[KV_STEP], d[KV_STEP], e[KV_STEP], x2[KV_STEP], x4[KV_STEP];
  KV_EACH(i, KV_STEP) x2[i] = vf_mul(x[i], x[i]);
  KV_EACH(i, KV_STEP) a[i] = vf_fma(vf_splat(q[1]), x[i], vf_splat(q[0]));
  KV_EACH(i, KV_STEP) b[i] = vf_fma(vf_splat(q[3]), x[i], vf_splat(q[2]));
  KV_EACH(i, KV_STEP) c[i] = vf_fma(vf_splat(q[5]), x[i], vf_splat(q[4]));
  KV_EACH(i, KV_STEP) d[i] = vf_fma(vf_splat(q[7]), x[i], vf_splat(q[6]));
  KV_EACH(i, KV_STEP) e[i] = vf_fma(vf_splat(q[9]), x[i], vf_splat(q[8]));
  KV_EACH(i, KV_STEP) x4[i] = vf_mul(x2[i], x2[i]);
  KV_EACH(i, KV_STEP) a[i] = vf_fma(b[i], x2[i], a[i]);
  KV_EACH(i, KV_STEP) c[i] = vf_fma(d[i], x2[i], c[i]);
  KV_EACH(i, KV_STEP) e[i] = vf_fma(vf_splat(q[10]), x2[i], e[i]);
  KV_EACH(i, KV_STEP) c[i] = vf_fma(e[i], x4[i], c[i]);
  KV_EACH(i, KV_STEP) x[i] = vf_fma(c[i], x4[i], a[i]);
}

KV_INLINE void truncated_f32_tail(const vu *word, const truncated_f32 *p, vf *x) {
  vf l[KV_BATCH];
  KV_EACH(i, KV_BATCH) {
    const vf k = vf_from_u32(vu_xor(word[i], vu_splat(p->flip)));
    l[i] = vf_fma(k, vf_splat(p->v_mul), vf_splat(p->v_right));
  }
  KV_EACH(h, 2) minus_two_log(l + h * KV_STEP, l + h * KV_STEP, KV_STEP);
  KV_EACH(i, KV_BATCH) x[i] = vf_add(vf_sqrt(vf_add(l[i], vf_splat(p->c))), vf_splat(-p->centre));
  KV_EACH(h, 2) truncated_f32_polynomial(p->poly, x + h * KV_STEP);
  KV_EACH(i, KV_BATCH) x[i] = vf_fma(vf_mul(l[i], x[i]), vf_splat(p->scale), vf_splat(p->anchor));
  truncated_f32_clamp(p, x);
}

KV_INLINE void truncated_f32_narrow(const vu *word, const truncated_f32 *p, vf *x) {
  KV_EACH(i, KV_BATCH) {
    const vf k = vf_from_i32(vu_xor(word[i], vu_splat(0x80000000)));
    x[i] = vf_fma(k, vf_splat(0x1p-31f), vf_splat(0x1p-32f));
  }
  KV_EACH(h, 2) truncated_f32_polynomial(p->poly, x + h * KV_STEP);
  KV_EACH(i, KV_BATCH) x[i] = vf_fma(x[i], vf_splat(p->scale), vf_splat(p->anchor));
  truncated_f32_clamp(p, x);
}

/* ---- f64 --------------------------------------------------------------------------------------------------------- */

#if KV_HAVE_FMA
static const double truncated_n[] = {-0x1.ef72fc1d6489cp+10, -0x1.76bb687b0befdp+13, -0x1.8e5fd7b6d953ep+14,
                                     -0x1.45687f7a611a5p+15, -0x1.d48ef784e64fap+14, -0x1.4c39032e2ba06p+13,
                                     -0x1.bd06482075803p+10, -0x1.cc9ff5a0d4589p+6,  -0x1.0001c445a38a4p+1};
static const double truncated_d[] = {
    0x1.a5411e4bc2ec1p+8,  0x1.f1bf385625d59p+11, 0x1.70ee1ea039647p+13, 0x1.60d8107cb6cd3p+14, 0x1.a031dc0b7eae8p+14,
    0x1.034056e566f7dp+14, 0x1.56756ffa88c84p+12, 0x1.bf467f5972df2p+9,  0x1.ccb14ac6f997cp+5,  0x1.0000000000000p+0};

/* Terms `from` on, every step-th, in powers of x; n is one more than the last. */
KV_INLINE vd truncated_f64_horner(const double *q, int from, int step, int n, vd x) {
  const int last = n - 1 - (n - 1 - from) % step;
  vd sum = vd_splat(q[last]);
  KV_UNROLL for (int i = last - step; i >= from; i -= step) sum = vd_fma(sum, x, vd_splat(q[i]));
  return sum;
}

KV_INLINE vd truncated_f64_polynomial(const double *q, vd x) {
  const int n = KINIT_TRUNCATED_DEGREE_F64 + 1;
  const vd x2 = vd_mul(x, x);
  const vd odd = truncated_f64_horner(q, 1, 2, n, x2);
  return vd_fma(odd, x, truncated_f64_horner(q, 0, 2, n, x2));
}

KV_INLINE vd truncated_f64_clamp(const kinit_truncated *p, vd x) {
  return vd_min(vd_max(x, vd_splat(p->low)), vd_splat(p->high));
}

/* Both words are complemented together; the upper one decides the side. */
KV_INLINE vd truncated_f64_central(vq w0, vq w1, const kinit_truncated *p) {
  const vq flip = vq_splat(p->flip);
  const vq left = vq_greater(vq_xor(w0, flip), vq_splat(p->turn));
  const vq turned = vq_xor(vq_and(left, vq_splat(UINT32_MAX)), flip);
  const vd u = unit_f64(vq_xor(w0, turned), vq_xor(w1, turned));
  const vd side = vq_select(left, vd_splat(p->v_right), vd_splat(p->v_left));
  const vd log = vd_log(vd_fma(u, vd_splat(p->v_mul), side));
  const vd r = vd_sqrt(vd_fma(log, vd_splat(-2.0), vd_splat(TRUNCATED_C)));
  const vd ratio =
      vd_div(truncated_f64_horner(truncated_n, 0, 1, 9, r), truncated_f64_horner(truncated_d, 0, 1, 10, r));
  const vd scale = vq_select(left, vd_splat(p->scale), vd_splat(-p->scale));
  return truncated_f64_clamp(p, vd_fma(vd_mul(log, ratio), scale, vd_splat(p->anchor)));
}

KV_INLINE vd truncated_f64_tail(vq w0, vq w1, const kinit_truncated *p) {
  const vq flip = vq_splat(p->flip);
  const vd u = unit_f64(vq_xor(w0, flip), vq_xor(w1, flip));
  const vd l = vd_mul(vd_splat(-2.0), vd_log(vd_fma(u, vd_splat(p->v_mul), vd_splat(p->v_right))));
  const vd r = vd_sqrt(vd_add(l, vd_splat(p->c)));
  const vd z = vd_mul(l, truncated_f64_polynomial(p->poly, vd_add(r, vd_splat(-p->centre))));
  return truncated_f64_clamp(p, vd_fma(z, vd_splat(p->scale), vd_splat(p->anchor)));
}

KV_INLINE vd truncated_f64_narrow(vq w0, vq w1, const kinit_truncated *p) {
  const vd lower = vd_fma(vd_from_vq(w1), vd_splat(0x1p-63), vd_splat(0x1p-64));
  const vd x = vd_fma(vd_add(vd_from_vq(w0), vd_splat(-0x1p31)), vd_splat(0x1p-31), lower);
  const vd place = truncated_f64_polynomial(p->poly, x);
  return truncated_f64_clamp(p, vd_fma(place, vd_splat(p->scale), vd_splat(p->anchor)));
}
#endif

#endif
