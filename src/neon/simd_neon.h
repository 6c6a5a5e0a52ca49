/* The SIMD primitives of the NEON backend: AArch64 with its baseline Advanced SIMD. The list stands in kernel/simd.h.
 *
 * Owns: the translation of each primitive into NEON. SPDX-License-Identifier: Apache-2.0
 *
 * A group is four blocks, with one vector for each of the four Philox words: umull and umull2 give the products, uzp1
 * and uzp2 their halves. The last round takes trn1 and trn2 instead, as many, after which a vector holds both even
 * words of two blocks, or both odd ones: zip1 and zip2 then put the elements in memory order. st4, which interleaves
 * four vectors, costs half as much again on Neoverse cores. */
#ifndef KINIT_SIMD_NEON_H
#define KINIT_SIMD_NEON_H

#include "../kernel/simd.h"

#ifndef __aarch64__
#error "this backend needs AArch64"
#endif
#include <arm_neon.h>
#include <sleef.h>

#define KS_LANES 4
#define KS_PAIRS 2
#define KS_GROUPS 4
#define KS_MULTIPLY_EARLY 0
#define KS_STEP_PAIRS 1
#define KS_STEP_WORDS 1
#define KS_STEP_F64 1
#define KS_TILE 48
#define KS_HALVES 2
#define KS_HAVE_FMA 1
#define KS_HAVE_SINCOSPI KS_HAVE_FMA
#define KS_ALIGN 16
#define KS_STREAMS 0

typedef uint32x4_t ks_word, ks_keys, ks_u32;
typedef struct ks_product {
  uint64x2_t low, high; /* products of blocks 0 and 1, and of 2 and 3 */
} ks_product;
typedef float32x4_t ks_f32;
typedef uint64x2_t ks_u64;
typedef uint32x4_t ks_mask;
typedef float64x2_t ks_f64;

KS_INLINE ks_word ks_word_splat(uint32_t x) { return vdupq_n_u32(x); }
KS_INLINE ks_word ks_word_xor(ks_word a, ks_word b) { return veorq_u32(a, b); }
KS_INLINE ks_word ks_word_xor3(ks_word a, ks_word b, ks_word c) { return veorq_u32(a, veorq_u32(b, c)); }
KS_INLINE ks_product ks_product_mul(ks_word a, ks_word b) {
  return (ks_product){vmull_u32(vget_low_u32(a), vget_low_u32(b)), vmull_high_u32(a, b)};
}
KS_INLINE ks_word ks_product_high(ks_product p) {
  return vuzp2q_u32(vreinterpretq_u32_u64(p.low), vreinterpretq_u32_u64(p.high));
}
KS_INLINE ks_word ks_product_low(ks_product p) {
  return vuzp1q_u32(vreinterpretq_u32_u64(p.low), vreinterpretq_u32_u64(p.high));
}
KS_INLINE ks_product ks_product_blocks(uint64_t p) {
  static const uint64_t order[4] = {0, 0xD2511F53u, 2 * UINT64_C(0xD2511F53), 3 * UINT64_C(0xD2511F53)};
  const uint64x2_t base = vdupq_n_u64(p);
  return (ks_product){vaddq_u64(base, vld1q_u64(order)), vaddq_u64(base, vld1q_u64(order + 2))};
}
KS_INLINE ks_keys ks_keys_splat(uint32_t k0, uint32_t k1) {
  return vreinterpretq_u32_u64(vdupq_n_u64((uint64_t)k1 << 32 | k0));
}
KS_INLINE ks_u32 low_low(uint64x2_t a, uint64x2_t b) {
  return vtrn1q_u32(vreinterpretq_u32_u64(a), vreinterpretq_u32_u64(b));
}
KS_INLINE ks_u32 high_high(uint64x2_t a, uint64x2_t b) {
  return vtrn2q_u32(vreinterpretq_u32_u64(a), vreinterpretq_u32_u64(b));
}
KS_INLINE void ks_word_roles(ks_product p0, ks_product p1, ks_product before0, ks_product before1, ks_keys keys,
                             ks_u32 *even, ks_u32 *odd) {
  even[0] = ks_word_xor3(high_high(p1.low, p0.low), low_low(before1.low, before0.low), keys);
  odd[0] = low_low(p1.low, p0.low);
  even[1] = ks_word_xor3(high_high(p1.high, p0.high), low_low(before1.high, before0.high), keys);
  odd[1] = low_low(p1.high, p0.high);
}

KS_INLINE ks_u32 ks_u32_splat(uint32_t x) { return vdupq_n_u32(x); }
KS_INLINE ks_u32 ks_u32_add(ks_u32 a, ks_u32 b) { return vaddq_u32(a, b); }
KS_INLINE ks_u32 ks_u32_sub(ks_u32 a, ks_u32 b) { return vsubq_u32(a, b); }
KS_INLINE ks_u32 ks_u32_and(ks_u32 a, ks_u32 b) { return vandq_u32(a, b); }
KS_INLINE ks_u32 ks_u32_or(ks_u32 a, ks_u32 b) { return vorrq_u32(a, b); }
KS_INLINE ks_u32 ks_u32_xor(ks_u32 a, ks_u32 b) { return veorq_u32(a, b); }
KS_INLINE ks_u32 ks_u32_shl(ks_u32 a, int n) { return vshlq_u32(a, vdupq_n_s32(n)); }
KS_INLINE ks_u32 ks_u32_shr(ks_u32 a, int n) { return vshlq_u32(a, vdupq_n_s32(-n)); }
KS_INLINE ks_u32 ks_u32_sign(ks_u32 a) { return vreinterpretq_u32_s32(vshrq_n_s32(vreinterpretq_s32_u32(a), 31)); }
KS_INLINE ks_u32 ks_u32_fold(ks_u32 a, ks_u32 turn, ks_mask *beyond) {
  *beyond = vcgtq_u32(a, turn);
  return veorq_u32(a, *beyond);
}

KS_INLINE ks_f32 ks_f32_splat(float x) { return vdupq_n_f32(x); }
KS_INLINE ks_f32 ks_f32_add(ks_f32 a, ks_f32 b) { return vaddq_f32(a, b); }
KS_INLINE ks_f32 ks_f32_mul(ks_f32 a, ks_f32 b) { return vmulq_f32(a, b); }
KS_INLINE ks_f32 ks_f32_div(ks_f32 a, ks_f32 b) { return vdivq_f32(a, b); }
KS_INLINE ks_f32 ks_f32_fma(ks_f32 a, ks_f32 b, ks_f32 c) { return vfmaq_f32(c, a, b); }
/* fmla overwrites its addend, so a constant one is copied first, by a vector operation. volatile makes compilers load
 * it anew instead, which is free while the vector pipes bind. Saves 0.41 cycles of a normal on Neoverse V2
 * (scripts/mca). */
#define KS_HAVE_FMA_CONSTANT 1
#define ks_f32_fma_constant(a, b, c)                         \
  __extension__({                                            \
    static const volatile float32x4_t addend = {c, c, c, c}; \
    vfmaq_f32(addend, a, b);                                 \
  })
KS_INLINE ks_f32 ks_f32_sqrt(ks_f32 a) { return vsqrtq_f32(a); }
/* Not fmin and fmax, which put the zeros in order. */
KS_INLINE ks_f32 ks_f32_min(ks_f32 a, ks_f32 b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
KS_INLINE ks_f32 ks_f32_max(ks_f32 a, ks_f32 b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
KS_INLINE ks_f32 ks_f32_from_u32(ks_u32 a) { return vcvtq_f32_u32(a); }
KS_INLINE ks_f32 ks_f32_from_i32(ks_u32 a) { return vcvtq_f32_s32(vreinterpretq_s32_u32(a)); }
KS_INLINE ks_u32 ks_u32_from_bits(ks_f32 a) { return vreinterpretq_u32_f32(a); }
KS_INLINE ks_f32 ks_f32_from_bits(ks_u32 a) { return vreinterpretq_f32_u32(a); }
KS_INLINE ks_f32 ks_f32_flip_sign(ks_f32 f, ks_u32 u) {
  return ks_f32_from_bits(veorq_u32(ks_u32_from_bits(f), vandq_u32(u, vdupq_n_u32(0x80000000u))));
}
KS_INLINE ks_f32 ks_f32_select_bit30(ks_u32 u, ks_f32 a, ks_f32 b) {
  return vbslq_f32(vtstq_u32(u, vdupq_n_u32(1u << 30)), b, a);
}
/* sli keeps two bits of the overwritten vector, and the conversion divides by 2^31: two operations fewer, 0.11 cycles
 * of a normal on Neoverse V2. */
#define KS_HAVE_EIGHTHS 1
KS_INLINE ks_f32 ks_f32_eighths(ks_u32 word) {
  static const volatile int32x4_t two = {2, 2, 2, 2};
  return vcvtq_n_f32_s32(vsliq_n_s32(two, vreinterpretq_s32_u32(word), 2), 31);
}
/* (cos, sin) = (q, p) after 0 quarter turns, (-p, q) after 1, -(q, p) after 2, -(-p, q) after 3. The common sign goes
 * to r, which has none: 6 operations instead of 10, 0.15 cycles of a normal on Neoverse V2. */
#define KS_HAVE_TURN 1
KS_INLINE void ks_f32_turn(ks_u32 word, ks_f32 p, ks_f32 q, ks_f32 *r, ks_f32 *cosine, ks_f32 *sine) {
  const ks_u32 turned = vaddq_u32(word, vdupq_n_u32(0x20000000));
  *r = vbslq_f32(vdupq_n_u32(0x80000000u), ks_f32_from_bits(turned), *r);
  *cosine = ks_f32_select_bit30(turned, q, vnegq_f32(p));
  *sine = ks_f32_select_bit30(turned, p, q);
}
KS_INLINE ks_f32 ks_mask_select(ks_mask m, ks_f32 a, ks_f32 b) { return vbslq_f32(m, b, a); }

KS_INLINE ks_u64 ks_u64_splat(uint64_t x) { return vdupq_n_u64(x); }
KS_INLINE ks_u64 ks_u64_and(ks_u64 a, ks_u64 b) { return vandq_u64(a, b); }
KS_INLINE ks_u64 ks_u64_xor(ks_u64 a, ks_u64 b) { return veorq_u64(a, b); }
KS_INLINE ks_u64 ks_u64_add(ks_u64 a, ks_u64 b) { return vaddq_u64(a, b); }
KS_INLINE ks_u64 ks_u64_shr(ks_u64 a, int n) { return vshlq_u64(a, vdupq_n_s64(-n)); }
KS_INLINE ks_u64 ks_u64_greater(ks_u64 a, ks_u64 b) { return vcgtq_u64(a, b); }
KS_INLINE void ks_u64_words(const ks_u32 *even, const ks_u32 *odd, int half, ks_u64 *w) {
  const ks_u64 low = vdupq_n_u64(UINT32_MAX);
  w[0] = vandq_u64(vreinterpretq_u64_u32(even[half]), low);
  w[1] = vandq_u64(vreinterpretq_u64_u32(odd[half]), low);
  w[2] = vshrq_n_u64(vreinterpretq_u64_u32(even[half]), 32);
  w[3] = vshrq_n_u64(vreinterpretq_u64_u32(odd[half]), 32);
}
KS_INLINE ks_f64 ks_f64_from_u64(ks_u64 a) { return vcvtq_f64_u64(a); }
KS_INLINE ks_u64 ks_u64_from_bits(ks_f64 a) { return vreinterpretq_u64_f64(a); }
KS_INLINE ks_f64 ks_f64_from_bits(ks_u64 a) { return vreinterpretq_f64_u64(a); }
KS_INLINE ks_f64 ks_f64_splat(double x) { return vdupq_n_f64(x); }
KS_INLINE ks_f64 ks_f64_add(ks_f64 a, ks_f64 b) { return vaddq_f64(a, b); }
KS_INLINE ks_f64 ks_f64_mul(ks_f64 a, ks_f64 b) { return vmulq_f64(a, b); }
KS_INLINE ks_f64 ks_f64_div(ks_f64 a, ks_f64 b) { return vdivq_f64(a, b); }
KS_INLINE ks_f64 ks_f64_fma(ks_f64 a, ks_f64 b, ks_f64 c) { return vfmaq_f64(c, a, b); }
KS_INLINE ks_f64 ks_f64_sqrt(ks_f64 a) { return vsqrtq_f64(a); }
KS_INLINE ks_f64 ks_f64_min(ks_f64 a, ks_f64 b) { return vbslq_f64(vcltq_f64(a, b), a, b); }
KS_INLINE ks_f64 ks_f64_max(ks_f64 a, ks_f64 b) { return vbslq_f64(vcgtq_f64(a, b), a, b); }
KS_INLINE ks_f64 ks_u64_select(ks_u64 m, ks_f64 a, ks_f64 b) { return vbslq_f64(m, b, a); }
#define KS_SLEEF_SINCOSPI Sleef_finz_sincospid2_u35advsimd
static __typeof__(&KS_SLEEF_SINCOSPI) ks_sleef_sincospi = KS_SLEEF_SINCOSPI;
KS_INLINE void ks_f64_sincospi(ks_f64 a, ks_f64 *sine, ks_f64 *cosine) {
  const Sleef_float64x2_t_2 r = ks_sleef_sincospi(a);
  *sine = r.x;
  *cosine = r.y;
}

/* Plain stores: Arm cores merge full lines by themselves. */
KS_INLINE void ks_store_32(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  (void)streaming;
  KS_EACH(k, KS_PAIRS) {
    vst1q_u32((uint32_t *)out + 8 * k, vzip1q_u32(even[k], odd[k]));
    vst1q_u32((uint32_t *)out + 8 * k + 4, vzip2q_u32(even[k], odd[k]));
  }
}
KS_INLINE void store_16(void *out, uint16x8_t even, uint16x8_t odd) {
  vst1q_u16((uint16_t *)out, vzip1q_u16(even, odd));
  vst1q_u16((uint16_t *)out + 8, vzip2q_u16(even, odd));
}
/* One more where the upper half is odd. */
KS_INLINE uint32x4_t add_odd(ks_f32 f) {
  const uint32x4_t x = ks_u32_from_bits(f);
  return vsubq_u32(x, vtstq_u32(x, vdupq_n_u32(1u << 16)));
}
/* Rounds to bfloat16, to nearest even. */
KS_INLINE uint16x8_t round_bf16(const ks_f32 *f) {
  const uint32x4_t half = vdupq_n_u32(0x7FFF);
  return vaddhn_high_u32(vaddhn_u32(add_odd(f[0]), half), add_odd(f[1]), half);
}
KS_INLINE void ks_store_bf16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  (void)streaming;
  store_16(out, round_bf16(even), round_bf16(odd));
}
KS_INLINE uint16x8_t round_f16(const ks_f32 *f) {
  return vreinterpretq_u16_f16(vcvt_high_f16_f32(vcvt_f16_f32(f[0]), f[1]));
}
KS_INLINE void ks_store_f16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  (void)streaming;
  store_16(out, round_f16(even), round_f16(odd));
}
KS_INLINE uint16x4_t pairs_of_bytes(uint32x4_t even, uint32x4_t odd) { return vmovn_u32(vsliq_n_u32(even, odd, 8)); }
KS_INLINE void ks_store_8(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  (void)streaming;
  vst1q_u16((uint16_t *)out, vcombine_u16(pairs_of_bytes(even[0], odd[0]), pairs_of_bytes(even[1], odd[1])));
}
KS_INLINE void ks_store_64(void *out, const ks_f64 *even, const ks_f64 *odd, bool streaming) {
  (void)streaming;
  KS_EACH(h, KS_HALVES) {
    const float64x2x2_t v = {{even[h], odd[h]}};
    vst2q_f64((double *)out + 4 * h, v);
  }
}
KS_INLINE void ks_stream_pattern(void *out, uint64_t pattern) { vst1q_u64(out, vdupq_n_u64(pattern)); }
KS_INLINE void ks_stream_copy(void *out, const void *from) { vst1q_u8(out, vld1q_u8(from)); }
KS_INLINE void ks_fence(void) {}

#endif
