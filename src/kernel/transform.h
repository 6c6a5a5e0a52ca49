/* Words -> values -> stores: what is done with a tile, for each distribution and dtype.
 *
 * Owns: the constants of a fill, made of its parameters, and the loops over a tile. SPDX-License-Identifier: Apache-2.0
 *
 * Distribution and dtype are constants wherever these functions are called, so that each call is a loop of its own
 * without a branch. */
#ifndef KINIT_KERNEL_TRANSFORM_H
#define KINIT_KERNEL_TRANSFORM_H

#include "tile.h"

/* Vectors of even, and of odd, words that advance together at most. */
#define KS_VECTORS ((KS_STEP_PAIRS > KS_STEP_WORDS ? KS_STEP_PAIRS : KS_STEP_WORDS) * KS_PAIRS)
#define KS_VECTORS_F64 (KS_STEP_F64 * KS_HALVES)

/* How words become values. The last four are truncated normals. */
enum method { BITS, UNIFORM, UNIFORM_LIMITED, UNIFORM_TINY, NORMAL, SYMMETRIC, CENTRAL, TAIL, NARROW };

#include "narrow8.h"
#include "normal.h"
#include "truncated.h"
#include "uniform.h"

/* The parameters of a distribution, in the type in which they are used. */
typedef union constants {
  uniform_f32 uniform32;
  uniform_f64 uniform64;
  normal_f32 normal32;
  normal_f64 normal64;
  truncated_f32 truncated32;
  const kinit_truncated *truncated64;
} constants;

/* ---- Parameters, in the type in which they are used -------------------------------------------------------------- */

/* Only what the distribution reads is set: clearing the rest costs a tenth of a small fill. */

KS_INLINE void prepare_bits(int dtype, const kinit_parameters *p, constants *c) {
  (void)dtype, (void)p;
  const normal_f32 none = {0, 0}; /* compilers want a value */
  c->normal32 = none;
}

KS_INLINE void prepare_uniform(int dtype, const kinit_parameters *p, constants *c) {
  const double low = p->as.uniform.low, range = p->as.uniform.range, limit = p->as.uniform.limit;
  if (dtype == F64) {
    const uniform_f64 values = {low, range, limit};
    c->uniform64 = values;
  } else {
    c->uniform32 = uniform_f32_prepare(low, range, limit);
  }
}

KS_INLINE void prepare_normal(int dtype, const kinit_parameters *p, constants *c) {
  const double mean = p->as.normal.mean, stddev = p->as.normal.stddev;
  if (dtype == F64) {
    const normal_f64 values = {mean, stddev};
    c->normal64 = values;
  } else {
    const normal_f32 values = {(float)mean, (float)stddev};
    c->normal32 = values;
  }
}

KS_INLINE void prepare_truncated(int dtype, const kinit_parameters *p, constants *c) {
  if (dtype == F64)
    c->truncated64 = &p->as.truncated;
  else
    c->truncated32 = truncated_f32_prepare(&p->as.truncated);
}

/* Values of the first `groups` groups, in memory order. */
typedef void transformation(const constants *c, const tile *t, int groups, char *out, bool streaming);

/* ---- Values -> memory, n groups a step ------------------------------------------------------------------------ */

KS_INLINE void store_step_f32(int dtype, const ks_f32 *x, const ks_f32 *y, char *out, bool streaming, int n) {
  KS_EACH(g, n) {
    const ks_f32 *even = x + g * KS_PAIRS, *odd = y + g * KS_PAIRS;
    char *dst = out + (size_t)g * group_size(dtype);
    ks_u32 i[KS_PAIRS], j[KS_PAIRS];
    if (dtype == BF16) {
      ks_store_bf16(dst, even, odd, streaming);
      continue;
    }
    if (dtype == F16) {
      ks_store_f16(dst, even, odd, streaming);
      continue;
    }
    KS_EACH(k, KS_PAIRS) i[k] = dtype == F32 ? ks_u32_from_bits(even[k]) : narrow8(dtype, even[k]);
    KS_EACH(k, KS_PAIRS) j[k] = dtype == F32 ? ks_u32_from_bits(odd[k]) : narrow8(dtype, odd[k]);
    if (dtype == F32)
      ks_store_32(dst, i, j, streaming);
    else
      ks_store_8(dst, i, j, streaming);
  }
}

KS_INLINE void step_f32(enum method method, int dtype, const constants *c, const ks_u32 *even, const ks_u32 *odd,
                        char *out, bool streaming, int n) {
  ks_f32 x[KS_VECTORS], y[KS_VECTORS];
  if (method == NORMAL) {
    normal_f32_values(even, odd, &c->normal32, x, y, n * KS_PAIRS);
  } else {
    KS_EACH(i, n * KS_PAIRS) x[i] = uniform_f32_values(method, even[i], &c->uniform32);
    KS_EACH(i, n * KS_PAIRS) y[i] = uniform_f32_values(method, odd[i], &c->uniform32);
  }
  store_step_f32(dtype, x, y, out, streaming, n);
}

/* Each word by itself: even and odd ones advance together. */
KS_INLINE void step_truncated_f32(enum method method, int dtype, const truncated_f32 *p, const ks_u32 *even,
                                  const ks_u32 *odd, char *out, bool streaming, int n) {
  const int half = n * KS_PAIRS;
  ks_u32 word[2 * KS_VECTORS];
  ks_f32 x[2 * KS_VECTORS];
  KS_EACH(i, half) word[i] = even[i];
  KS_EACH(i, half) word[half + i] = odd[i];
  truncated_f32_values(method, word, p, x, half);
  store_step_f32(dtype, x, x + half, out, streaming, n);
}

KS_INLINE void values_f64(enum method method, const constants *c, ks_u64 (*w)[4], ks_f64 *x, ks_f64 *y, int n) {
#if KS_HAVE_SINCOSPI
  if (method == NORMAL) {
    normal_f64_values(w, &c->normal64, x, y, n);
    return;
  }
#endif
#if KS_HAVE_FMA
  if (method >= SYMMETRIC) {
    truncated_f64_values(method, w, 0, c->truncated64, x, n);
    truncated_f64_values(method, w, 2, c->truncated64, y, n);
    return;
  }
#endif
  (void)method;
  KS_EACH(i, n) x[i] = uniform_f64_values(w[i][0], w[i][1], &c->uniform64);
  KS_EACH(i, n) y[i] = uniform_f64_values(w[i][2], w[i][3], &c->uniform64);
}

KS_INLINE void step_f64(enum method method, const constants *c, const ks_u32 *even, const ks_u32 *odd, char *out,
                        bool streaming, int n) {
  ks_u64 w[KS_VECTORS_F64][4];
  ks_f64 x[KS_VECTORS_F64], y[KS_VECTORS_F64];
  KS_EACH(g, n) {
    KS_EACH(h, KS_HALVES) ks_u64_words(even + g * KS_PAIRS, odd + g * KS_PAIRS, h, w[g * KS_HALVES + h]);
  }
  values_f64(method, c, w, x, y, n * KS_HALVES);
  KS_EACH(g, n) ks_store_64(out + (size_t)g * group_size(F64), x + g * KS_HALVES, y + g * KS_HALVES, streaming);
}

KS_INLINE void step_bits(const ks_u32 *even, const ks_u32 *odd, char *out, bool streaming, int n) {
  KS_EACH(g, n)
  ks_store_32(out + (size_t)g * group_size(F32), even + g * KS_PAIRS, odd + g * KS_PAIRS, streaming);
}

/* ---- The loop over a tile: one for each method and dtype --------------------------------------------------------- */

/* The n groups from g on. */
KS_INLINE void transform_step(enum method method, int dtype, const constants *c, const tile *t, int g, char *out,
                              bool streaming, int n) {
  const ks_u32 *even = t->even + g * KS_PAIRS, *odd = t->odd + g * KS_PAIRS;
  char *dst = out + (size_t)g * group_size(dtype);
  if (method == BITS)
    step_bits(even, odd, dst, streaming, n);
  else if (dtype == F64)
    step_f64(method, c, even, odd, dst, streaming, n);
  else if (method >= SYMMETRIC)
    step_truncated_f32(method, dtype, &c->truncated32, even, odd, dst, streaming, n);
  else
    step_f32(method, dtype, c, even, odd, dst, streaming, n);
}

KS_INLINE void transform_steps(enum method method, int dtype, const constants *c, const tile *t, int groups, char *out,
                               bool streaming) {
  const int n = dtype == F64 ? KS_STEP_F64 : method == NORMAL ? KS_STEP_PAIRS : KS_STEP_WORDS;
  int g = 0;
  for (; groups - g >= n; g += n) transform_step(method, dtype, c, t, g, out, streaming, n);
  for (; groups > g; g++) transform_step(method, dtype, c, t, g, out, streaming, 1);
}

/* The loop with each kind of store, so that the choice is made once a tile. */
KS_INLINE void transform_tile(enum method method, int dtype, const constants *c, const tile *t, int groups, char *out,
                              bool streaming) {
  if (KS_STREAMS && streaming)
    transform_steps(method, dtype, c, t, groups, out, true);
  else
    transform_steps(method, dtype, c, t, groups, out, false);
}

/* ---- The method of a distribution, by its constants -------------------------------------------------------------- */

KS_INLINE void transform_bits(int dtype, const constants *c, const tile *t, int groups, char *out, bool streaming) {
  transform_tile(BITS, dtype, c, t, groups, out, streaming);
}

KS_INLINE void transform_uniform(int dtype, const constants *c, const tile *t, int groups, char *out, bool streaming) {
  const enum method method = dtype == F64 ? UNIFORM : c->uniform32.method;
  if (method == UNIFORM_LIMITED)
    transform_tile(UNIFORM_LIMITED, dtype, c, t, groups, out, streaming);
  else if (method == UNIFORM_TINY)
    transform_tile(UNIFORM_TINY, dtype, c, t, groups, out, streaming);
  else
    transform_tile(UNIFORM, dtype, c, t, groups, out, streaming);
}

KS_INLINE void transform_normal(int dtype, const constants *c, const tile *t, int groups, char *out, bool streaming) {
  transform_tile(NORMAL, dtype, c, t, groups, out, streaming);
}

KS_INLINE void transform_truncated(int dtype, const constants *c, const tile *t, int groups, char *out,
                                   bool streaming) {
  const int variant = dtype == F64 ? c->truncated64->variant : c->truncated32.variant;
  if (dtype != F64 && c->truncated32.symmetric)
    transform_tile(SYMMETRIC, dtype, c, t, groups, out, streaming);
  else if (variant == KINIT_TRUNCATED_CENTRAL)
    transform_tile(CENTRAL, dtype, c, t, groups, out, streaming);
  else if (variant == KINIT_TRUNCATED_TAIL)
    transform_tile(TAIL, dtype, c, t, groups, out, streaming);
  else
    transform_tile(NARROW, dtype, c, t, groups, out, streaming);
}

#endif
