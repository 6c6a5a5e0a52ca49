/* The SIMD primitives of the AVX-512 backend: F, DQ, BW and VL. The list and its meaning stand in kernel/simd.h.
 *
 * Owns: the translation of each primitive into AVX-512. SPDX-License-Identifier: Apache-2.0
 *
 * Philox words sit in the low halves of 64-bit lanes, one block a lane: vpmuludq ignores the high halves, so a round
 * is 2 multiplications, 2 shifts and 2 three-way xors, and no shuffle. Blocks stand in the order 0 4 1 5 2 6 3 7, so
 * that one unpack of the even with the odd elements puts them in memory order. */
#ifndef KINIT_SIMD_AVX512_H
#define KINIT_SIMD_AVX512_H

#include "../kernel/simd.h"

#if !defined(__AVX512F__) || !defined(__AVX512DQ__) || !defined(__AVX512BW__) || !defined(__AVX512VL__)
#error "compile this backend with -mavx512f -mavx512dq -mavx512bw -mavx512vl"
#endif
#include <immintrin.h>
#include <sleef.h>

#define KS_LANES 16
#define KS_PAIRS 1
#define KS_GROUPS 6
#define KS_MULTIPLY_EARLY 1
#define KS_STEP_PAIRS 2
#define KS_STEP_WORDS 2
#ifdef __clang__ /* 7.1 cycles of an f64 normal, 8.9 of a truncated one; with GCC's choice 10.0 and 8.7 */
#define KS_STEP_F64 2
#else /* 7.0 and 9.5; with clang's choice 6.9 and 10.3 */
#define KS_STEP_F64 4
#endif
#define KS_TILE 96
#define KS_HALVES 1
#define KS_HAVE_FMA 1
#define KS_HAVE_SINCOSPI KS_HAVE_FMA
#define KS_ALIGN 64
#define KS_STREAMS 1

typedef __m512i ks_word, ks_product, ks_keys, ks_u32, ks_u64;
typedef __m512 ks_f32;
typedef __m512d ks_f64;
typedef __mmask16 ks_mask;

/* A mask of which the compiler knows nothing: clang would make vpermt2d of the masked shuffles below, which keeps two
 * of Zen 4's pipes busy and costs 2 % of a uniform. */
KS_INLINE __mmask16 opaque(__mmask16 mask) {
  __asm__("" : "+k"(mask));
  return mask;
}
#define LOW_HALVES opaque(0x5555)
#define HIGH_HALVES opaque(0xAAAA)

KS_INLINE ks_word ks_word_splat(uint32_t x) { return _mm512_set1_epi32((int)x); }
KS_INLINE ks_word ks_word_xor(ks_word a, ks_word b) { return _mm512_xor_si512(a, b); }
KS_INLINE ks_word ks_word_xor3(ks_word a, ks_word b, ks_word c) { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
KS_INLINE ks_product ks_product_mul(ks_word a, ks_word b) { return _mm512_mul_epu32(a, b); }
KS_INLINE ks_word ks_product_high(ks_product p) { return _mm512_srli_epi64(p, 32); }
KS_INLINE ks_word ks_product_low(ks_product p) { return p; }
KS_INLINE ks_product ks_product_blocks(uint64_t p) {
  const uint64_t m = 0xD2511F53u;
  const __m512i order = _mm512_set_epi64((int64_t)(7 * m), (int64_t)(3 * m), (int64_t)(6 * m), (int64_t)(2 * m),
                                         (int64_t)(5 * m), (int64_t)(1 * m), (int64_t)(4 * m), 0);
  return _mm512_add_epi64(_mm512_set1_epi64((int64_t)p), order);
}
/* a's low halves, and b's low halves moved to the high halves */
KS_INLINE ks_u32 low_low(ks_product a, ks_product b) {
  return _mm512_mask_shuffle_epi32(a, HIGH_HALVES, b, _MM_PERM_CDAB);
}
/* a's high halves moved to the low halves, and b's high halves */
KS_INLINE ks_u32 high_high(ks_product a, ks_product b) {
  return _mm512_mask_shuffle_epi32(b, LOW_HALVES, a, _MM_PERM_CDAB);
}
KS_INLINE ks_keys ks_keys_splat(uint32_t k0, uint32_t k1) {
  return _mm512_set1_epi64((int64_t)((uint64_t)k1 << 32 | k0));
}
KS_INLINE void ks_word_roles(ks_product p0, ks_product p1, ks_product before0, ks_product before1, ks_keys keys,
                             ks_u32 *even, ks_u32 *odd) {
  even[0] = ks_word_xor3(high_high(p1, p0), low_low(before1, before0), keys);
  odd[0] = low_low(p1, p0);
}

KS_INLINE ks_u32 ks_u32_splat(uint32_t x) { return _mm512_set1_epi32((int)x); }
KS_INLINE ks_u32 ks_u32_add(ks_u32 a, ks_u32 b) { return _mm512_add_epi32(a, b); }
KS_INLINE ks_u32 ks_u32_sub(ks_u32 a, ks_u32 b) { return _mm512_sub_epi32(a, b); }
KS_INLINE ks_u32 ks_u32_and(ks_u32 a, ks_u32 b) { return _mm512_and_si512(a, b); }
KS_INLINE ks_u32 ks_u32_or(ks_u32 a, ks_u32 b) { return _mm512_or_si512(a, b); }
KS_INLINE ks_u32 ks_u32_xor(ks_u32 a, ks_u32 b) { return _mm512_xor_si512(a, b); }
KS_INLINE ks_u32 ks_u32_shl(ks_u32 a, int n) { return _mm512_slli_epi32(a, (unsigned)n); }
KS_INLINE ks_u32 ks_u32_shr(ks_u32 a, int n) { return _mm512_srli_epi32(a, (unsigned)n); }
KS_INLINE ks_u32 ks_u32_sign(ks_u32 a) { return _mm512_srai_epi32(a, 31); }
KS_INLINE ks_u32 ks_u32_fold(ks_u32 a, ks_u32 turn, ks_mask *beyond) {
  *beyond = _mm512_cmpgt_epu32_mask(a, turn);
  return _mm512_mask_xor_epi32(a, *beyond, a, _mm512_set1_epi32(-1));
}

KS_INLINE ks_f32 ks_f32_splat(float x) { return _mm512_set1_ps(x); }
KS_INLINE ks_f32 ks_f32_add(ks_f32 a, ks_f32 b) { return _mm512_add_ps(a, b); }
KS_INLINE ks_f32 ks_f32_mul(ks_f32 a, ks_f32 b) { return _mm512_mul_ps(a, b); }
KS_INLINE ks_f32 ks_f32_div(ks_f32 a, ks_f32 b) { return _mm512_div_ps(a, b); }
KS_INLINE ks_f32 ks_f32_fma(ks_f32 a, ks_f32 b, ks_f32 c) { return _mm512_fmadd_ps(a, b, c); }
KS_INLINE ks_f32 ks_f32_sqrt(ks_f32 a) { return _mm512_sqrt_ps(a); }
KS_INLINE ks_f32 ks_f32_min(ks_f32 a, ks_f32 b) { return _mm512_min_ps(a, b); }
KS_INLINE ks_f32 ks_f32_max(ks_f32 a, ks_f32 b) { return _mm512_max_ps(a, b); }
KS_INLINE ks_f32 ks_f32_from_u32(ks_u32 a) { return _mm512_cvtepu32_ps(a); }
KS_INLINE ks_f32 ks_f32_from_i32(ks_u32 a) { return _mm512_cvtepi32_ps(a); }
KS_INLINE ks_u32 ks_u32_from_bits(ks_f32 a) { return _mm512_castps_si512(a); }
KS_INLINE ks_f32 ks_f32_from_bits(ks_u32 a) { return _mm512_castsi512_ps(a); }
KS_INLINE ks_f32 ks_f32_flip_sign(ks_f32 f, ks_u32 u) {
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(f), u, sign, 0x78)); /* f ^ (u & sign) */
}
KS_INLINE ks_f32 ks_f32_select_bit30(ks_u32 u, ks_f32 a, ks_f32 b) {
  return _mm512_mask_blend_ps(_mm512_test_epi32_mask(u, _mm512_set1_epi32(1 << 30)), a, b);
}
KS_INLINE ks_f32 ks_mask_select(ks_mask m, ks_f32 a, ks_f32 b) { return _mm512_mask_blend_ps(m, a, b); }

KS_INLINE ks_u64 ks_u64_splat(uint64_t x) { return _mm512_set1_epi64((int64_t)x); }
KS_INLINE ks_u64 ks_u64_and(ks_u64 a, ks_u64 b) { return _mm512_and_si512(a, b); }
KS_INLINE ks_u64 ks_u64_xor(ks_u64 a, ks_u64 b) { return _mm512_xor_si512(a, b); }
KS_INLINE ks_u64 ks_u64_add(ks_u64 a, ks_u64 b) { return _mm512_add_epi64(a, b); }
KS_INLINE ks_u64 ks_u64_shr(ks_u64 a, int n) { return _mm512_srli_epi64(a, (unsigned)n); }
KS_INLINE ks_u64 ks_u64_greater(ks_u64 a, ks_u64 b) { return _mm512_movm_epi64(_mm512_cmpgt_epu64_mask(a, b)); }
KS_INLINE void ks_u64_words(const ks_u32 *even, const ks_u32 *odd, int half, ks_u64 *w) {
  const __m512i low = _mm512_set1_epi64(0xFFFFFFFF);
  (void)half;
  w[0] = _mm512_and_si512(even[0], low);
  w[1] = _mm512_and_si512(odd[0], low);
  w[2] = _mm512_srli_epi64(even[0], 32);
  w[3] = _mm512_srli_epi64(odd[0], 32);
}
KS_INLINE ks_f64 ks_f64_from_u64(ks_u64 a) { return _mm512_cvtepu64_pd(a); }
KS_INLINE ks_u64 ks_u64_from_bits(ks_f64 a) { return _mm512_castpd_si512(a); }
KS_INLINE ks_f64 ks_f64_from_bits(ks_u64 a) { return _mm512_castsi512_pd(a); }
KS_INLINE ks_f64 ks_f64_splat(double x) { return _mm512_set1_pd(x); }
KS_INLINE ks_f64 ks_f64_add(ks_f64 a, ks_f64 b) { return _mm512_add_pd(a, b); }
KS_INLINE ks_f64 ks_f64_mul(ks_f64 a, ks_f64 b) { return _mm512_mul_pd(a, b); }
KS_INLINE ks_f64 ks_f64_div(ks_f64 a, ks_f64 b) { return _mm512_div_pd(a, b); }
KS_INLINE ks_f64 ks_f64_fma(ks_f64 a, ks_f64 b, ks_f64 c) { return _mm512_fmadd_pd(a, b, c); }
KS_INLINE ks_f64 ks_f64_sqrt(ks_f64 a) { return _mm512_sqrt_pd(a); }
KS_INLINE ks_f64 ks_f64_min(ks_f64 a, ks_f64 b) { return _mm512_min_pd(a, b); }
KS_INLINE ks_f64 ks_f64_max(ks_f64 a, ks_f64 b) { return _mm512_max_pd(a, b); }
KS_INLINE ks_f64 ks_u64_select(ks_u64 m, ks_f64 a, ks_f64 b) {
  return _mm512_mask_blend_pd(_mm512_movepi64_mask(m), a, b);
}
#define KS_SLEEF_SINCOSPI Sleef_finz_sincospid8_u35avx512f
static __typeof__(&KS_SLEEF_SINCOSPI) ks_sleef_sincospi = KS_SLEEF_SINCOSPI;
KS_INLINE void ks_f64_sincospi(ks_f64 a, ks_f64 *sine, ks_f64 *cosine) {
  const Sleef___m512d_2 r = ks_sleef_sincospi(a);
  *sine = r.x;
  *cosine = r.y;
}

KS_INLINE void store(void *out, __m512i v, bool streaming) {
  if (streaming)
    _mm512_stream_si512((__m512i *)out, v);
  else
    _mm512_storeu_si512(out, v);
}
KS_INLINE void ks_store_32(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  store(out, _mm512_unpacklo_epi32(even[0], odd[0]), streaming);
  store((char *)out + 64, _mm512_unpackhi_epi32(even[0], odd[0]), streaming);
}
/* Upper halves of even and odd, interleaved; a permute puts the blocks, 0 4 1 5 ..., in order. */
KS_INLINE void store_16(void *out, __m512i even_low, __m512i odd_high, bool streaming) {
  const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
  const __m512i both = _mm512_mask_blend_epi16(0xAAAAAAAA, even_low, odd_high);
  store(out, _mm512_permutexvar_epi64(order, both), streaming);
}
/* Rounds to bfloat16, to nearest even; the result stands in the upper halves. */
KS_INLINE __m512i round_bf16(ks_f32 f) {
  const __m512i x = _mm512_castps_si512(f);
  const __mmask16 lsb = _mm512_test_epi32_mask(x, _mm512_set1_epi32(0x10000));
  const __m512i half = _mm512_add_epi32(x, _mm512_set1_epi32(0x7FFF));
  return _mm512_mask_sub_epi32(half, lsb, half, _mm512_set1_epi32(-1));
}
KS_INLINE void ks_store_bf16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  store_16(out, _mm512_srli_epi32(round_bf16(even[0]), 16), round_bf16(odd[0]), streaming);
}
KS_INLINE void ks_store_f16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  const __m256i a = _mm512_cvtps_ph(even[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256i b = _mm512_cvtps_ph(odd[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  store_16(out, _mm512_cvtepu16_epi32(a), _mm512_slli_epi32(_mm512_cvtepu16_epi32(b), 16), streaming);
}
/* Pairs to 16 bits, which are narrowed; a permute puts the blocks in order. */
KS_INLINE void ks_store_8(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  const __m256i order = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
  const __m256i pairs = _mm512_cvtepi32_epi16(_mm512_or_si512(even[0], _mm512_slli_epi32(odd[0], 8)));
  const __m256i elements = _mm256_permutevar8x32_epi32(pairs, order);
  if (streaming)
    _mm256_stream_si256((__m256i *)out, elements);
  else
    _mm256_storeu_si256((__m256i *)out, elements);
}
KS_INLINE void ks_store_64(void *out, const ks_f64 *even, const ks_f64 *odd, bool streaming) {
  store(out, _mm512_castpd_si512(_mm512_unpacklo_pd(even[0], odd[0])), streaming);
  store((char *)out + 64, _mm512_castpd_si512(_mm512_unpackhi_pd(even[0], odd[0])), streaming);
}
KS_INLINE void ks_stream_pattern(void *out, uint64_t pattern) {
  _mm512_stream_si512((__m512i *)out, _mm512_set1_epi64((int64_t)pattern));
}
KS_INLINE void ks_stream_copy(void *out, const void *from) {
  _mm512_stream_si512((__m512i *)out, _mm512_loadu_si512(from));
}
KS_INLINE void ks_fence(void) { _mm_sfence(); }

#undef LOW_HALVES
#undef HIGH_HALVES

#endif
