/* The SIMD primitives of the AVX2 backend: AVX2, FMA and F16C. The list and its meaning stand in kernel/simd.h.
 *
 * Owns: the translation of each primitive into AVX2. SPDX-License-Identifier: Apache-2.0
 *
 * Philox words sit in the low halves of 64-bit lanes, one block a lane: vpmuludq ignores the high halves, so a round
 * needs no shuffle. Blocks stand in the order 0 2 1 3, so that one unpack of the even with the odd elements puts them
 * in memory order. */
#ifndef KINIT_SIMD_AVX2_H
#define KINIT_SIMD_AVX2_H

#include "../kernel/simd.h"

#if !defined(__AVX2__) || !defined(__FMA__) || !defined(__F16C__)
#error "compile this backend with -mavx2 -mfma -mf16c"
#endif
#include <immintrin.h>
#include <sleef.h>

#define KS_LANES 8
#define KS_PAIRS 1
#ifdef __clang__ /* 1.48 cycles of a uniform on Zen 4; GCC's choice costs it 1.80, and its choice costs GCC 1.60 */
#define KS_GROUPS 8
#define KS_MULTIPLY_EARLY 1
#else /* 1.56 */
#define KS_GROUPS 6
#define KS_MULTIPLY_EARLY 0
#endif
#define KS_STEP_PAIRS 3
#define KS_STEP_WORDS 4
#define KS_STEP_F64 3
#define KS_TILE 96
#define KS_HALVES 1
#define KS_HAVE_FMA 1
#define KS_HAVE_SINCOSPI KS_HAVE_FMA
#define KS_ALIGN 32
#define KS_STREAMS 1

typedef __m256i ks_word, ks_product, ks_keys, ks_u32, ks_u64;
typedef __m256 ks_f32;
typedef __m256d ks_f64;
typedef __m256i ks_mask;

KS_INLINE ks_word ks_word_splat(uint32_t x) { return _mm256_set1_epi32((int)x); }
KS_INLINE ks_word ks_word_xor(ks_word a, ks_word b) { return _mm256_xor_si256(a, b); }
KS_INLINE ks_word ks_word_xor3(ks_word a, ks_word b, ks_word c) { return _mm256_xor_si256(_mm256_xor_si256(b, c), a); }
KS_INLINE ks_product ks_product_mul(ks_word a, ks_word b) { return _mm256_mul_epu32(a, b); }
KS_INLINE ks_word ks_product_high(ks_product p) { return _mm256_srli_epi64(p, 32); }
KS_INLINE ks_word ks_product_low(ks_product p) { return p; }
KS_INLINE ks_product ks_product_blocks(uint64_t p) {
  const uint64_t m = 0xD2511F53u;
  const __m256i order = _mm256_set_epi64x((int64_t)(3 * m), (int64_t)(1 * m), (int64_t)(2 * m), 0);
  return _mm256_add_epi64(_mm256_set1_epi64x((int64_t)p), order);
}
/* a's low halves, and b's low halves moved to the high halves */
KS_INLINE ks_u32 low_low(ks_product a, ks_product b) {
  return _mm256_blend_epi32(a, _mm256_shuffle_epi32(b, 0xA0), 0xAA);
}
/* a's high halves moved to the low halves, and b's high halves */
KS_INLINE ks_u32 high_high(ks_product a, ks_product b) {
  return _mm256_blend_epi32(b, _mm256_shuffle_epi32(a, 0xF5), 0x55);
}
KS_INLINE ks_keys ks_keys_splat(uint32_t k0, uint32_t k1) {
  return _mm256_set1_epi64x((int64_t)((uint64_t)k1 << 32 | k0));
}
KS_INLINE void ks_word_roles(ks_product p0, ks_product p1, ks_product before0, ks_product before1, ks_keys keys,
                             ks_u32 *even, ks_u32 *odd) {
  even[0] = ks_word_xor3(high_high(p1, p0), low_low(before1, before0), keys);
  odd[0] = low_low(p1, p0);
}

KS_INLINE ks_u32 ks_u32_splat(uint32_t x) { return _mm256_set1_epi32((int)x); }
KS_INLINE ks_u32 ks_u32_add(ks_u32 a, ks_u32 b) { return _mm256_add_epi32(a, b); }
KS_INLINE ks_u32 ks_u32_sub(ks_u32 a, ks_u32 b) { return _mm256_sub_epi32(a, b); }
KS_INLINE ks_u32 ks_u32_and(ks_u32 a, ks_u32 b) { return _mm256_and_si256(a, b); }
KS_INLINE ks_u32 ks_u32_or(ks_u32 a, ks_u32 b) { return _mm256_or_si256(a, b); }
KS_INLINE ks_u32 ks_u32_xor(ks_u32 a, ks_u32 b) { return _mm256_xor_si256(a, b); }
KS_INLINE ks_u32 ks_u32_shl(ks_u32 a, int n) { return _mm256_slli_epi32(a, n); }
KS_INLINE ks_u32 ks_u32_shr(ks_u32 a, int n) { return _mm256_srli_epi32(a, n); }
KS_INLINE ks_u32 ks_u32_sign(ks_u32 a) { return _mm256_srai_epi32(a, 31); }
/* AVX2 compares signed numbers only. */
KS_INLINE ks_u32 ks_u32_fold(ks_u32 a, ks_u32 turn, ks_mask *beyond) {
  const __m256i top = _mm256_set1_epi32(INT32_MIN);
  *beyond = _mm256_cmpgt_epi32(_mm256_xor_si256(a, top), _mm256_xor_si256(turn, top));
  return _mm256_xor_si256(a, *beyond);
}

KS_INLINE ks_f32 ks_f32_splat(float x) { return _mm256_set1_ps(x); }
KS_INLINE ks_f32 ks_f32_add(ks_f32 a, ks_f32 b) { return _mm256_add_ps(a, b); }
KS_INLINE ks_f32 ks_f32_mul(ks_f32 a, ks_f32 b) { return _mm256_mul_ps(a, b); }
KS_INLINE ks_f32 ks_f32_div(ks_f32 a, ks_f32 b) { return _mm256_div_ps(a, b); }
KS_INLINE ks_f32 ks_f32_fma(ks_f32 a, ks_f32 b, ks_f32 c) { return _mm256_fmadd_ps(a, b, c); }
KS_INLINE ks_f32 ks_f32_sqrt(ks_f32 a) { return _mm256_sqrt_ps(a); }
KS_INLINE ks_f32 ks_f32_min(ks_f32 a, ks_f32 b) { return _mm256_min_ps(a, b); }
KS_INLINE ks_f32 ks_f32_max(ks_f32 a, ks_f32 b) { return _mm256_max_ps(a, b); }
/* The two halves of the word are placed behind the exponents of 2^39 and 2^23: the subtraction is exact, the addition
 * rounds once. */
KS_INLINE ks_f32 ks_f32_from_u32(ks_u32 a) {
  const __m256i low = _mm256_blend_epi16(a, _mm256_set1_epi32(0x4B000000), 0xAA);
  const __m256i high = _mm256_or_si256(_mm256_srli_epi32(a, 16), _mm256_set1_epi32(0x53000000));
  const __m256 rest = _mm256_sub_ps(_mm256_castsi256_ps(high), _mm256_set1_ps(0x1.0001p39f));
  return _mm256_add_ps(rest, _mm256_castsi256_ps(low));
}
KS_INLINE ks_f32 ks_f32_from_i32(ks_u32 a) { return _mm256_cvtepi32_ps(a); }
KS_INLINE ks_u32 ks_u32_from_bits(ks_f32 a) { return _mm256_castps_si256(a); }
KS_INLINE ks_f32 ks_f32_from_bits(ks_u32 a) { return _mm256_castsi256_ps(a); }
KS_INLINE ks_f32 ks_f32_flip_sign(ks_f32 f, ks_u32 u) {
  return _mm256_xor_ps(f, _mm256_and_ps(_mm256_castsi256_ps(u), _mm256_set1_ps(-0.0f)));
}
KS_INLINE ks_f32 ks_f32_select_bit30(ks_u32 u, ks_f32 a, ks_f32 b) {
  return _mm256_blendv_ps(a, b, _mm256_castsi256_ps(_mm256_slli_epi32(u, 1)));
}
KS_INLINE ks_f32 ks_mask_select(ks_mask m, ks_f32 a, ks_f32 b) {
  return _mm256_blendv_ps(a, b, _mm256_castsi256_ps(m));
}

KS_INLINE ks_u64 ks_u64_splat(uint64_t x) { return _mm256_set1_epi64x((int64_t)x); }
KS_INLINE ks_u64 ks_u64_and(ks_u64 a, ks_u64 b) { return _mm256_and_si256(a, b); }
KS_INLINE ks_u64 ks_u64_xor(ks_u64 a, ks_u64 b) { return _mm256_xor_si256(a, b); }
KS_INLINE ks_u64 ks_u64_add(ks_u64 a, ks_u64 b) { return _mm256_add_epi64(a, b); }
KS_INLINE ks_u64 ks_u64_shr(ks_u64 a, int n) { return _mm256_srli_epi64(a, n); }
KS_INLINE ks_u64 ks_u64_greater(ks_u64 a, ks_u64 b) { return _mm256_cmpgt_epi64(a, b); }
KS_INLINE void ks_u64_words(const ks_u32 *even, const ks_u32 *odd, int half, ks_u64 *w) {
  const __m256i zero = _mm256_setzero_si256();
  (void)half;
  w[0] = _mm256_blend_epi32(even[0], zero, 0xAA);
  w[1] = _mm256_blend_epi32(odd[0], zero, 0xAA);
  w[2] = _mm256_srli_epi64(even[0], 32);
  w[3] = _mm256_srli_epi64(odd[0], 32);
}
/* Behind the exponent of 2^52; the subtraction is exact. */
KS_INLINE ks_f64 ks_f64_from_u64(ks_u64 a) {
  const __m256i magic = _mm256_set1_epi64x(0x4330000000000000);
  return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(a, magic)), _mm256_set1_pd(0x1p52));
}
KS_INLINE ks_u64 ks_u64_from_bits(ks_f64 a) { return _mm256_castpd_si256(a); }
KS_INLINE ks_f64 ks_f64_from_bits(ks_u64 a) { return _mm256_castsi256_pd(a); }
KS_INLINE ks_f64 ks_f64_splat(double x) { return _mm256_set1_pd(x); }
KS_INLINE ks_f64 ks_f64_add(ks_f64 a, ks_f64 b) { return _mm256_add_pd(a, b); }
KS_INLINE ks_f64 ks_f64_mul(ks_f64 a, ks_f64 b) { return _mm256_mul_pd(a, b); }
KS_INLINE ks_f64 ks_f64_div(ks_f64 a, ks_f64 b) { return _mm256_div_pd(a, b); }
KS_INLINE ks_f64 ks_f64_fma(ks_f64 a, ks_f64 b, ks_f64 c) { return _mm256_fmadd_pd(a, b, c); }
KS_INLINE ks_f64 ks_f64_sqrt(ks_f64 a) { return _mm256_sqrt_pd(a); }
KS_INLINE ks_f64 ks_f64_min(ks_f64 a, ks_f64 b) { return _mm256_min_pd(a, b); }
KS_INLINE ks_f64 ks_f64_max(ks_f64 a, ks_f64 b) { return _mm256_max_pd(a, b); }
KS_INLINE ks_f64 ks_u64_select(ks_u64 m, ks_f64 a, ks_f64 b) { return _mm256_blendv_pd(a, b, _mm256_castsi256_pd(m)); }
#define KS_SLEEF_SINCOSPI Sleef_finz_sincospid4_u35avx2
static __typeof__(&KS_SLEEF_SINCOSPI) ks_sleef_sincospi = KS_SLEEF_SINCOSPI;
KS_INLINE void ks_f64_sincospi(ks_f64 a, ks_f64 *sine, ks_f64 *cosine) {
  const Sleef___m256d_2 r = ks_sleef_sincospi(a);
  *sine = r.x;
  *cosine = r.y;
}

KS_INLINE void store(void *out, __m256i v, bool streaming) {
  if (streaming)
    _mm256_stream_si256((__m256i *)out, v);
  else
    _mm256_storeu_si256((__m256i *)out, v);
}
KS_INLINE void ks_store_32(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  store(out, _mm256_unpacklo_epi32(even[0], odd[0]), streaming);
  store((char *)out + 32, _mm256_unpackhi_epi32(even[0], odd[0]), streaming);
}
/* 16-bit elements: even ones in the lower halves of the lanes, odd ones in the upper; blocks back in order. */
KS_INLINE void store_16(void *out, __m256i even_low, __m256i odd_high, bool streaming) {
  const __m256i both = _mm256_blend_epi16(even_low, odd_high, 0xAA);
  store(out, _mm256_permute4x64_epi64(both, 0xD8), streaming);
}
/* Rounds to bfloat16, to nearest even; the result stands in the upper halves. */
KS_INLINE __m256i round_bf16(ks_f32 f) {
  const __m256i x = _mm256_castps_si256(f);
  const __m256i lsb = _mm256_and_si256(_mm256_srli_epi32(x, 16), _mm256_set1_epi32(1));
  return _mm256_add_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(0x7FFF)), lsb);
}
KS_INLINE void ks_store_bf16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  store_16(out, _mm256_srli_epi32(round_bf16(even[0]), 16), round_bf16(odd[0]), streaming);
}
KS_INLINE void ks_store_f16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  const __m128i a = _mm256_cvtps_ph(even[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m128i b = _mm256_cvtps_ph(odd[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  store_16(out, _mm256_cvtepu16_epi32(a), _mm256_slli_epi32(_mm256_cvtepu16_epi32(b), 16), streaming);
}
/* Pairs to 16 bits, which are packed; an unpack of both halves puts the blocks in order. */
KS_INLINE void ks_store_8(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  const __m256i pairs = _mm256_or_si256(even[0], _mm256_slli_epi32(odd[0], 8));
  const __m256i packed = _mm256_packus_epi32(pairs, pairs);
  const __m128i elements = _mm_unpacklo_epi32(_mm256_castsi256_si128(packed), _mm256_extracti128_si256(packed, 1));
  if (streaming)
    _mm_stream_si128((__m128i *)out, elements);
  else
    _mm_storeu_si128((__m128i *)out, elements);
}
KS_INLINE void ks_store_64(void *out, const ks_f64 *even, const ks_f64 *odd, bool streaming) {
  store(out, _mm256_castpd_si256(_mm256_unpacklo_pd(even[0], odd[0])), streaming);
  store((char *)out + 32, _mm256_castpd_si256(_mm256_unpackhi_pd(even[0], odd[0])), streaming);
}
KS_INLINE void ks_stream_pattern(void *out, uint64_t pattern) {
  _mm256_stream_si256((__m256i *)out, _mm256_set1_epi64x((int64_t)pattern));
}
KS_INLINE void ks_stream_copy(void *out, const void *from) {
  _mm256_stream_si256((__m256i *)out, _mm256_loadu_si256((const __m256i *)from));
}
KS_INLINE void ks_fence(void) { _mm_sfence(); }

#endif
