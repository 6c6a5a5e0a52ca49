/* The words of the NEON backend: AArch64 with its baseline Advanced SIMD. The list stands in kernel/words.h.
 *
 * Owns: the translation of each word into NEON. Included by kernels_neon.c only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A group is four blocks, with one vector for each of the four Philox words: umull and umull2 give the products, uzp1
 * and uzp2 their halves. The last round takes trn1 and trn2 instead, as many, after which a vector holds both even
 * words of two blocks, or both odd ones: zip1 and zip2 then put the elements in memory order. st4, which interleaves
 * four vectors, costs half as much again on Neoverse cores. */
#ifndef KINIT_VEC_NEON_H
#define KINIT_VEC_NEON_H

#include "../kernel/words.h"

#ifndef __aarch64__
#error "this backend needs AArch64"
#endif
#include <arm_neon.h>
#include <sleef.h>

#define KV_LANES 4
#define KV_PAIRS 2
#define KV_GROUPS 4
#define KV_MULTIPLY_EARLY 0
#define KV_MAP_PAIRS 1
#define KV_MAP_WORDS 1
#define KV_MAP_F64 1
#define KV_TILE 48
#define KV_HALVES 2
#define KV_HAVE_FMA 1
#define KV_ALIGN 16
#define KV_STREAMS 0

typedef uint32x4_t kw, kr, vu;
typedef struct kp {
  uint64x2_t low, high; /* products of blocks 0 and 1, and of 2 and 3 */
} kp;
typedef float32x4_t vf;
typedef uint64x2_t vq;
typedef uint32x4_t vm;
typedef float64x2_t vd;

KV_INLINE kw kw_splat(uint32_t x) { return vdupq_n_u32(x); }
KV_INLINE kw kw_xor(kw a, kw b) { return veorq_u32(a, b); }
KV_INLINE kw kw_xor3(kw a, kw b, kw c) { return veorq_u32(a, veorq_u32(b, c)); }
KV_INLINE kp kp_mul(kw a, kw b) { return (kp){vmull_u32(vget_low_u32(a), vget_low_u32(b)), vmull_high_u32(a, b)}; }
KV_INLINE kw kp_high(kp p) { return vuzp2q_u32(vreinterpretq_u32_u64(p.low), vreinterpretq_u32_u64(p.high)); }
KV_INLINE kw kp_low(kp p) { return vuzp1q_u32(vreinterpretq_u32_u64(p.low), vreinterpretq_u32_u64(p.high)); }
KV_INLINE kp kp_blocks(uint64_t p) {
  static const uint64_t order[4] = {0, 0xD2511F53u, 2 * UINT64_C(0xD2511F53), 3 * UINT64_C(0xD2511F53)};
  const uint64x2_t base = vdupq_n_u64(p);
  return (kp){vaddq_u64(base, vld1q_u64(order)), vaddq_u64(base, vld1q_u64(order + 2))};
}
KV_INLINE kr kr_splat(uint32_t k0, uint32_t k1) { return vreinterpretq_u32_u64(vdupq_n_u64((uint64_t)k1 << 32 | k0)); }
KV_INLINE vu low_low(uint64x2_t a, uint64x2_t b) {
  return vtrn1q_u32(vreinterpretq_u32_u64(a), vreinterpretq_u32_u64(b));
}
KV_INLINE vu high_high(uint64x2_t a, uint64x2_t b) {
  return vtrn2q_u32(vreinterpretq_u32_u64(a), vreinterpretq_u32_u64(b));
}
KV_INLINE void kw_roles(kp p0, kp p1, kp before0, kp before1, kr keys, vu *even, vu *odd) {
  even[0] = kw_xor3(high_high(p1.low, p0.low), low_low(before1.low, before0.low), keys);
  odd[0] = low_low(p1.low, p0.low);
  even[1] = kw_xor3(high_high(p1.high, p0.high), low_low(before1.high, before0.high), keys);
  odd[1] = low_low(p1.high, p0.high);
}

KV_INLINE vu vu_splat(uint32_t x) { return vdupq_n_u32(x); }
KV_INLINE vu vu_add(vu a, vu b) { return vaddq_u32(a, b); }
KV_INLINE vu vu_sub(vu a, vu b) { return vsubq_u32(a, b); }
KV_INLINE vu vu_and(vu a, vu b) { return vandq_u32(a, b); }
KV_INLINE vu vu_or(vu a, vu b) { return vorrq_u32(a, b); }
KV_INLINE vu vu_xor(vu a, vu b) { return veorq_u32(a, b); }
KV_INLINE vu vu_shl(vu a, int n) { return vshlq_u32(a, vdupq_n_s32(n)); }
KV_INLINE vu vu_sign(vu a) { return vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(a), 31)); }
KV_INLINE vu vu_fold(vu a, vu turn, vm *beyond) {
  *beyond = vcgtq_u32(a, turn);
  return veorq_u32(a, *beyond);
}

KV_INLINE vf vf_splat(float x) { return vdupq_n_f32(x); }
KV_INLINE vf vf_add(vf a, vf b) { return vaddq_f32(a, b); }
KV_INLINE vf vf_mul(vf a, vf b) { return vmulq_f32(a, b); }
KV_INLINE vf vf_div(vf a, vf b) { return vdivq_f32(a, b); }
KV_INLINE vf vf_fma(vf a, vf b, vf c) { return vfmaq_f32(c, a, b); }
/* fmla overwrites its addend, so a constant one is copied first, by a vector operation. volatile makes compilers load
 * it anew instead, which is free while the vector pipes bind. Saves 0.41 cycles of a normal on Neoverse V2
 * (scripts/mca). */
#define KV_HAVE_FMA_CONSTANT 1
#define vf_fma_constant(a, b, c)                             \
  __extension__({                                            \
    static const volatile float32x4_t addend = {c, c, c, c}; \
    vfmaq_f32(addend, a, b);                                 \
  })
KV_INLINE vf vf_sqrt(vf a) { return vsqrtq_f32(a); }
/* Not fmin and fmax, which put the zeros in order. */
KV_INLINE vf vf_min(vf a, vf b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
KV_INLINE vf vf_max(vf a, vf b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
KV_INLINE vf vf_from_u32(vu a) { return vcvtq_f32_u32(a); }
KV_INLINE vf vf_from_i32(vu a) { return vcvtq_f32_s32(vreinterpretq_s32_u32(a)); }
KV_INLINE vu vu_from_bits(vf a) { return vreinterpretq_u32_f32(a); }
KV_INLINE vf vf_from_bits(vu a) { return vreinterpretq_f32_u32(a); }
KV_INLINE vf vf_flip_sign(vf f, vu u) {
  return vf_from_bits(veorq_u32(vu_from_bits(f), vandq_u32(u, vdupq_n_u32(0x80000000u))));
}
KV_INLINE vf vf_select_bit30(vu u, vf a, vf b) { return vbslq_f32(vtstq_u32(u, vdupq_n_u32(1u << 30)), b, a); }
/* sli keeps two bits of the overwritten vector, and the conversion divides by 2^31: two operations fewer, 0.11 cycles
 * of a normal on Neoverse V2. */
#define KV_HAVE_EIGHTHS 1
KV_INLINE vf vf_eighths(vu word) {
  static const volatile int32x4_t two = {2, 2, 2, 2};
  return vcvtq_n_f32_s32(vsliq_n_s32(two, vreinterpretq_s32_u32(word), 2), 31);
}
/* (cos, sin) = (q, p) after 0 quarter turns, (-p, q) after 1, -(q, p) after 2, -(-p, q) after 3. The common sign goes
 * to r, which has none: 6 operations instead of 10, 0.15 cycles of a normal on Neoverse V2. */
#define KV_HAVE_TURN 1
KV_INLINE void vf_turn(vu word, vf p, vf q, vf *r, vf *cosine, vf *sine) {
  const vu turned = vaddq_u32(word, vdupq_n_u32(0x20000000));
  *r = vbslq_f32(vdupq_n_u32(0x80000000u), vf_from_bits(turned), *r);
  *cosine = vf_select_bit30(turned, q, vnegq_f32(p));
  *sine = vf_select_bit30(turned, p, q);
}
KV_INLINE vf vm_select(vm m, vf a, vf b) { return vbslq_f32(m, b, a); }

KV_INLINE vq vq_splat(uint64_t x) { return vdupq_n_u64(x); }
KV_INLINE vq vq_and(vq a, vq b) { return vandq_u64(a, b); }
KV_INLINE vq vq_xor(vq a, vq b) { return veorq_u64(a, b); }
KV_INLINE vq vq_add(vq a, vq b) { return vaddq_u64(a, b); }
KV_INLINE vq vq_shr(vq a, int n) { return vshlq_u64(a, vdupq_n_s64(-n)); }
KV_INLINE vq vq_greater(vq a, vq b) { return vcgtq_u64(a, b); }
KV_INLINE void vq_words(const vu *even, const vu *odd, int half, vq *w) {
  const vq low = vdupq_n_u64(UINT32_MAX);
  w[0] = vandq_u64(vreinterpretq_u64_u32(even[half]), low);
  w[1] = vandq_u64(vreinterpretq_u64_u32(odd[half]), low);
  w[2] = vshrq_n_u64(vreinterpretq_u64_u32(even[half]), 32);
  w[3] = vshrq_n_u64(vreinterpretq_u64_u32(odd[half]), 32);
}
KV_INLINE vd vd_from_vq(vq a) { return vcvtq_f64_u64(a); }
KV_INLINE vq vq_from_bits(vd a) { return vreinterpretq_u64_f64(a); }
KV_INLINE vd vd_from_bits(vq a) { return vreinterpretq_f64_u64(a); }
KV_INLINE vd vd_splat(double x) { return vdupq_n_f64(x); }
KV_INLINE vd vd_add(vd a, vd b) { return vaddq_f64(a, b); }
KV_INLINE vd vd_mul(vd a, vd b) { return vmulq_f64(a, b); }
KV_INLINE vd vd_div(vd a, vd b) { return vdivq_f64(a, b); }
KV_INLINE vd vd_fma(vd a, vd b, vd c) { return vfmaq_f64(c, a, b); }
KV_INLINE vd vd_sqrt(vd a) { return vsqrtq_f64(a); }
KV_INLINE vd vd_min(vd a, vd b) { return vbslq_f64(vcltq_f64(a, b), a, b); }
KV_INLINE vd vd_max(vd a, vd b) { return vbslq_f64(vcgtq_f64(a, b), a, b); }
KV_INLINE vd vq_select(vq m, vd a, vd b) { return vbslq_f64(m, b, a); }
KV_INLINE void vd_sincospi(vd a, vd *sine, vd *cosine) {
  const Sleef_float64x2_t_2 r = Sleef_finz_sincospid2_u35advsimd(a);
  *sine = r.x;
  *cosine = r.y;
}

/* Plain stores: Arm cores merge full lines by themselves. */
KV_INLINE void kv_store_32(void *out, const vu *even, const vu *odd, bool streaming) {
  (void)streaming;
  KV_EACH(k, KV_PAIRS) {
    vst1q_u32((uint32_t *)out + 8 * k, vzip1q_u32(even[k], odd[k]));
    vst1q_u32((uint32_t *)out + 8 * k + 4, vzip2q_u32(even[k], odd[k]));
  }
}
KV_INLINE void store_16(void *out, uint16x8_t even, uint16x8_t odd) {
  vst1q_u16((uint16_t *)out, vzip1q_u16(even, odd));
  vst1q_u16((uint16_t *)out + 8, vzip2q_u16(even, odd));
}
/* One more where the upper half is odd. */
KV_INLINE uint32x4_t add_odd(vf f) {
  const uint32x4_t x = vu_from_bits(f);
  return vsubq_u32(x, vtstq_u32(x, vdupq_n_u32(1u << 16)));
}
/* Rounds to bfloat16, to nearest even. */
KV_INLINE uint16x8_t round_bf16(const vf *f) {
  const uint32x4_t half = vdupq_n_u32(0x7FFF);
  return vaddhn_high_u32(vaddhn_u32(add_odd(f[0]), half), add_odd(f[1]), half);
}
KV_INLINE void kv_store_bf16(void *out, const vf *even, const vf *odd, bool streaming) {
  (void)streaming;
  store_16(out, round_bf16(even), round_bf16(odd));
}
KV_INLINE uint16x8_t round_f16(const vf *f) {
  return vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(f[0]), f[1]));
}
KV_INLINE void kv_store_f16(void *out, const vf *even, const vf *odd, bool streaming) {
  (void)streaming;
  store_16(out, round_f16(even), round_f16(odd));
}
KV_INLINE void kv_store_64(void *out, const vd *even, const vd *odd, bool streaming) {
  (void)streaming;
  KV_EACH(h, KV_HALVES) {
    const float64x2x2_t v = {{even[h], odd[h]}};
    vst2q_f64((double *)out + 4 * h, v);
  }
}
KV_INLINE void kv_stream_pattern(void *out, uint64_t pattern) { vst1q_u64(out, vdupq_n_u64(pattern)); }
KV_INLINE void kv_stream_copy(void *out, const void *from) { vst1q_u8(out, vld1q_u8(from)); }
KV_INLINE void kv_fence(void) {}

#endif
