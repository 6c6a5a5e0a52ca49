/* Uniform numbers from words (docs/stream.md, "Uniform").
 *
 * Owns: word -> u -> [low, high). Included by fill_body.h only. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_UNIFORM_H
#define KINIT_KERNEL_UNIFORM_H

#include <math.h>

#include "words.h"

typedef struct uniform_f32 {
  float low, span, limit;
  float step;   /* span * 2^-24 */
  bool guarded; /* the plain formula is not enough: see below */
} uniform_f32;

/* The plain formula is fma(word mod 2^24, span * 2^-24, low). It gives the stream's bits as long as span * 2^-24 is
 * exact, and needs no limit if the largest word does not reach past it. */
KV_INLINE uniform_f32 uniform_f32_prepare(double low, double span, double limit) {
  uniform_f32 p = {(float)low, (float)span, (float)limit, (float)span * 0x1p-24f, false};
  const bool exact = p.span == 0 || p.span >= 0x1p-102f;
  p.guarded = !exact || fmaf(0x1.fffffep-1f, p.span, p.low) > p.limit;
  return p;
}

KV_INLINE vf uniform_f32_map(vu word, const uniform_f32 *p, bool guarded) {
  const vf n = vf_from_i32(vu_and(word, vu_splat(0xFFFFFF)));
  if (!guarded) return vf_fma(n, vf_splat(p->step), vf_splat(p->low));
  const vf u = vf_mul(n, vf_splat(0x1p-24f));
  return vf_min(vf_fma(u, vf_splat(p->span), vf_splat(p->low)), vf_splat(p->limit));
}

typedef struct uniform_f64 {
  double low, span, limit;
} uniform_f64;

/* (high * 2^32 + low) mod 2^53 * 2^-53, exactly, then to the range. */
KV_INLINE vd uniform_f64_map(vq high, vq low, const uniform_f64 *p) {
  const vd upper = vd_from_vq(vq_and(high, vq_splat(0x1FFFFF)));
  const vd u = vd_fma(upper, vd_splat(0x1p-21), vd_mul(vd_from_vq(low), vd_splat(0x1p-53)));
  return vd_min(vd_fma(u, vd_splat(p->span), vd_splat(p->low)), vd_splat(p->limit));
}

#endif
