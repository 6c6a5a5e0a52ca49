/* The words of the AVX2 backend: AVX2, FMA and F16C. The list and its meaning stand in kernel/words.h.
 *
 * Owns: the translation of each word into AVX2. Included by kernels_avx2.c only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Philox words sit in the low halves of 64-bit lanes, one block a lane: vpmuludq ignores the high halves, so a round
 * needs no shuffle. Blocks stand in the order 0 2 1 3, so that one unpack of the even with the odd elements puts them
 * in memory order. */
#ifndef KINIT_VEC_AVX2_H
#define KINIT_VEC_AVX2_H

#include "../kernel/words.h"

#if !defined(__AVX2__) || !defined(__FMA__) || !defined(__F16C__)
#error "compile this backend with -mavx2 -mfma -mf16c"
#endif
#include <immintrin.h>
#include <sleef.h>

#define KV_LANES 8
#define KV_PAIRS 1
#ifdef __clang__ /* 1.48 cycles of a uniform on Zen 4; GCC's choice costs it 1.80, and its choice costs GCC 1.60 */
#define KV_GROUPS 8
#define KV_MULTIPLY_EARLY 1
#else /* 1.56 */
#define KV_GROUPS 6
#define KV_MULTIPLY_EARLY 0
#endif
#define KV_MAP_PAIRS 3
#define KV_MAP_WORDS 4
#define KV_MAP_F64 3
#define KV_TILE 96
#define KV_HALVES 1
#define KV_HAVE_FMA 1
#define KV_ALIGN 32
#define KV_STREAMS 1

typedef __m256i kw, kp, kr, vu, vq;
typedef __m256 vf;
typedef __m256d vd;
typedef __m256i vm;

KV_INLINE kw kw_splat(uint32_t x) { return _mm256_set1_epi32((int)x); }
KV_INLINE kw kw_xor(kw a, kw b) { return _mm256_xor_si256(a, b); }
KV_INLINE kw kw_xor3(kw a, kw b, kw c) { return _mm256_xor_si256(_mm256_xor_si256(b, c), a); }
KV_INLINE kp kp_mul(kw a, kw b) { return _mm256_mul_epu32(a, b); }
KV_INLINE kw kp_high(kp p) { return _mm256_srli_epi64(p, 32); }
KV_INLINE kw kp_low(kp p) { return p; }
KV_INLINE kp kp_blocks(uint64_t p) {
  const uint64_t m = 0xD2511F53u;
  const __m256i order = _mm256_set_epi64x((int64_t)(3 * m), (int64_t)(1 * m), (int64_t)(2 * m), 0);
  return _mm256_add_epi64(_mm256_set1_epi64x((int64_t)p), order);
}
/* a's low halves, and b's low halves moved to the high halves */
KV_INLINE vu low_low(kp a, kp b) { return _mm256_blend_epi32(a, _mm256_shuffle_epi32(b, 0xA0), 0xAA); }
/* a's high halves moved to the low halves, and b's high halves */
KV_INLINE vu high_high(kp a, kp b) { return _mm256_blend_epi32(b, _mm256_shuffle_epi32(a, 0xF5), 0x55); }
KV_INLINE kr kr_splat(uint32_t k0, uint32_t k1) { return _mm256_set1_epi64x((int64_t)((uint64_t)k1 << 32 | k0)); }
KV_INLINE void kw_roles(kp p0, kp p1, kp before0, kp before1, kr keys, vu *even, vu *odd) {
  even[0] = kw_xor3(high_high(p1, p0), low_low(before1, before0), keys);
  odd[0] = low_low(p1, p0);
}

KV_INLINE vu vu_splat(uint32_t x) { return _mm256_set1_epi32((int)x); }
KV_INLINE vu vu_add(vu a, vu b) { return _mm256_add_epi32(a, b); }
KV_INLINE vu vu_sub(vu a, vu b) { return _mm256_sub_epi32(a, b); }
KV_INLINE vu vu_and(vu a, vu b) { return _mm256_and_si256(a, b); }
KV_INLINE vu vu_or(vu a, vu b) { return _mm256_or_si256(a, b); }
KV_INLINE vu vu_xor(vu a, vu b) { return _mm256_xor_si256(a, b); }
KV_INLINE vu vu_shl(vu a, int n) { return _mm256_slli_epi32(a, n); }
KV_INLINE vu vu_sign(vu a) { return _mm256_srai_epi32(a, 31); }
/* AVX2 compares signed numbers only. */
KV_INLINE vu vu_fold(vu a, vu turn, vm *beyond) {
  const __m256i top = _mm256_set1_epi32(INT32_MIN);
  *beyond = _mm256_cmpgt_epi32(_mm256_xor_si256(a, top), _mm256_xor_si256(turn, top));
  return _mm256_xor_si256(a, *beyond);
}

KV_INLINE vf vf_splat(float x) { return _mm256_set1_ps(x); }
KV_INLINE vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
KV_INLINE vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
KV_INLINE vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
KV_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
KV_INLINE vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
KV_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
KV_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
/* The two halves of the word are placed behind the exponents of 2^39 and 2^23: the subtraction is exact, the addition
 * rounds once. */
KV_INLINE vf vf_from_u32(vu a) {
  const __m256i low = _mm256_blend_epi16(a, _mm256_set1_epi32(0x4B000000), 0xAA);
  const __m256i high = _mm256_or_si256(_mm256_srli_epi32(a, 16), _mm256_set1_epi32(0x53000000));
  const __m256 rest = _mm256_sub_ps(_mm256_castsi256_ps(high), _mm256_set1_ps(0x1.0001p39f));
  return _mm256_add_ps(rest, _mm256_castsi256_ps(low));
}
KV_INLINE vf vf_from_i32(vu a) { return _mm256_cvtepi32_ps(a); }
KV_INLINE vu vu_from_bits(vf a) { return _mm256_castps_si256(a); }
KV_INLINE vf vf_from_bits(vu a) { return _mm256_castsi256_ps(a); }
KV_INLINE vf vf_flip_sign(vf f, vu u) {
  return _mm256_xor_ps(f, _mm256_and_ps(_mm256_castsi256_ps(u), _mm256_set1_ps(-0.0f)));
}
KV_INLINE vf vf_select_bit30(vu u, vf a, vf b) {
  return _mm256_blendv_ps(a, b, _mm256_castsi256_ps(_mm256_slli_epi32(u, 1)));
}
KV_INLINE vf vm_select(vm m, vf a, vf b) { return _mm256_blendv_ps(a, b, _mm256_castsi256_ps(m)); }

KV_INLINE vq vq_splat(uint64_t x) { return _mm256_set1_epi64x((int64_t)x); }
KV_INLINE vq vq_and(vq a, vq b) { return _mm256_and_si256(a, b); }
KV_INLINE vq vq_xor(vq a, vq b) { return _mm256_xor_si256(a, b); }
KV_INLINE vq vq_add(vq a, vq b) { return _mm256_add_epi64(a, b); }
KV_INLINE vq vq_shr(vq a, int n) { return _mm256_srli_epi64(a, n); }
KV_INLINE vq vq_greater(vq a, vq b) { return _mm256_cmpgt_epi64(a, b); }
KV_INLINE void vq_words(const vu *even, const vu *odd, int half, vq *w) {
  const __m256i zero = _mm256_setzero_si256();
  (void)half;
  w[0] = _mm256_blend_epi32(even[0], zero, 0xAA);
  w[1] = _mm256_blend_epi32(odd[0], zero, 0xAA);
  w[2] = _mm256_srli_epi64(even[0], 32);
  w[3] = _mm256_srli_epi64(odd[0], 32);
}
/* Behind the exponent of 2^52; the subtraction is exact. */
KV_INLINE vd vd_from_vq(vq a) {
  const __m256i magic = _mm256_set1_epi64x(0x4330000000000000);
  return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(a, magic)), _mm256_set1_pd(0x1p52));
}
KV_INLINE vq vq_from_bits(vd a) { return _mm256_castpd_si256(a); }
KV_INLINE vd vd_from_bits(vq a) { return _mm256_castsi256_pd(a); }
KV_INLINE vd vd_splat(double x) { return _mm256_set1_pd(x); }
KV_INLINE vd vd_add(vd a, vd b) { return _mm256_add_pd(a, b); }
KV_INLINE vd vd_mul(vd a, vd b) { return _mm256_mul_pd(a, b); }
KV_INLINE vd vd_div(vd a, vd b) { return _mm256_div_pd(a, b); }
KV_INLINE vd vd_fma(vd a, vd b, vd c) { return _mm256_fmadd_pd(a, b, c); }
KV_INLINE vd vd_sqrt(vd a) { return _mm256_sqrt_pd(a); }
KV_INLINE vd vd_min(vd a, vd b) { return _mm256_min_pd(a, b); }
KV_INLINE vd vd_max(vd a, vd b) { return _mm256_max_pd(a, b); }
KV_INLINE vd vq_select(vq m, vd a, vd b) { return _mm256_blendv_pd(a, b, _mm256_castsi256_pd(m)); }
KV_INLINE void vd_sincospi(vd a, vd *sine, vd *cosine) {
  const Sleef___m256d_2 r = Sleef_finz_sincospid4_u35avx2(a);
  *sine = r.x;
  *cosine = r.y;
}

KV_INLINE void store(void *out, __m256i v, bool streaming) {
  if (streaming)
    _mm256_stream_si256((__m256i *)out, v);
  else
    _mm256_storeu_si256((__m256i *)out, v);
}
KV_INLINE void kv_store_32(void *out, const vu *even, const vu *odd, bool streaming) {
  store(out, _mm256_unpacklo_epi32(even[0], odd[0]), streaming);
  store((char *)out + 32, _mm256_unpackhi_epi32(even[0], odd[0]), streaming);
}
/* 16-bit elements: even ones in the lower halves of the lanes, odd ones in the upper; blocks back in order. */
KV_INLINE void store_16(void *out, __m256i even_low, __m256i odd_high, bool streaming) {
  const __m256i both = _mm256_blend_epi16(even_low, odd_high, 0xAA);
  store(out, _mm256_permute4x64_epi64(both, 0xD8), streaming);
}
/* Rounds to bfloat16, to nearest even; the result stands in the upper halves. */
KV_INLINE __m256i round_bf16(vf f) {
  const __m256i x = _mm256_castps_si256(f);
  const __m256i lsb = _mm256_and_si256(_mm256_srli_epi32(x, 16), _mm256_set1_epi32(1));
  return _mm256_add_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(0x7FFF)), lsb);
}
KV_INLINE void kv_store_bf16(void *out, const vf *even, const vf *odd, bool streaming) {
  store_16(out, _mm256_srli_epi32(round_bf16(even[0]), 16), round_bf16(odd[0]), streaming);
}
KV_INLINE void kv_store_f16(void *out, const vf *even, const vf *odd, bool streaming) {
  const __m128i a = _mm256_cvtps_ph(even[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m128i b = _mm256_cvtps_ph(odd[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  store_16(out, _mm256_cvtepu16_epi32(a), _mm256_slli_epi32(_mm256_cvtepu16_epi32(b), 16), streaming);
}
KV_INLINE void kv_store_64(void *out, const vd *even, const vd *odd, bool streaming) {
  store(out, _mm256_castpd_si256(_mm256_unpacklo_pd(even[0], odd[0])), streaming);
  store((char *)out + 32, _mm256_castpd_si256(_mm256_unpackhi_pd(even[0], odd[0])), streaming);
}
KV_INLINE void kv_stream_pattern(void *out, uint64_t pattern) {
  _mm256_stream_si256((__m256i *)out, _mm256_set1_epi64x((int64_t)pattern));
}
KV_INLINE void kv_stream_copy(void *out, const void *from) {
  _mm256_stream_si256((__m256i *)out, _mm256_loadu_si256((const __m256i *)from));
}
KV_INLINE void kv_fence(void) { _mm_sfence(); }

#endif
