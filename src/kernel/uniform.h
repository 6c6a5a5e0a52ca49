/* Uniform numbers from words (docs/stream.md, "Uniform").
 *
 * Owns: word -> u -> [low, high). SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_UNIFORM_H
#define KINIT_KERNEL_UNIFORM_H

#include <math.h>

#include "simd.h"

typedef struct uniform_f32 {
  float low, range, limit;
  float step;         /* range * 2^-24 */
  enum method method; /* the shortest that gives the stream's bits */
} uniform_f32;

/* The plain formula is fma(word mod 2^24, range * 2^-24, low). It gives the stream's bits as long as range * 2^-24 is
 * exact, and needs no limit if the largest word does not reach past it; that of narrow types it does. */
KS_INLINE uniform_f32 uniform_f32_prepare(double low, double range, double limit) {
  uniform_f32 p = {(float)low, (float)range, (float)limit, (float)range * 0x1p-24f, UNIFORM};
  if (fmaf(0x1.fffffep-1f, p.range, p.low) > p.limit) p.method = UNIFORM_LIMITED;
  if (p.range != 0 && p.range < 0x1p-102f) p.method = UNIFORM_TINY;
  return p;
}

KS_INLINE ks_f32 uniform_f32_values(enum method method, ks_u32 word, const uniform_f32 *p) {
  const ks_f32 n = ks_f32_from_i32(ks_u32_and(word, ks_u32_splat(0xFFFFFF)));
  const ks_f32 u = ks_f32_mul(n, ks_f32_splat(0x1p-24f)), limit = ks_f32_splat(p->limit);
  if (method == UNIFORM_TINY) return ks_f32_min(ks_f32_fma(u, ks_f32_splat(p->range), ks_f32_splat(p->low)), limit);
  const ks_f32 value = ks_f32_fma(n, ks_f32_splat(p->step), ks_f32_splat(p->low));
  return method == UNIFORM_LIMITED ? ks_f32_min(value, limit) : value;
}

typedef struct uniform_f64 {
  double low, range, limit;
} uniform_f64;

/* (high * 2^32 + low) mod 2^53 * 2^-53, exactly, then to the range. */
KS_INLINE ks_f64 uniform_f64_values(ks_u64 high, ks_u64 low, const uniform_f64 *p) {
  const ks_f64 upper = ks_f64_from_u64(ks_u64_and(high, ks_u64_splat(0x1FFFFF)));
  const ks_f64 u = ks_f64_fma(upper, ks_f64_splat(0x1p-21), ks_f64_mul(ks_f64_from_u64(low), ks_f64_splat(0x1p-53)));
  return ks_f64_min(ks_f64_fma(u, ks_f64_splat(p->range), ks_f64_splat(p->low)), ks_f64_splat(p->limit));
}

#endif
