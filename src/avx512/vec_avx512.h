/* The words of the AVX-512 backend: F, DQ, BW and VL. The list and its meaning stand in kernel/words.h.
 *
 * Owns: the translation of each word into AVX-512. Included by kernels_avx512.c only.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Philox words sit in the low halves of 64-bit lanes, one block a lane: vpmuludq ignores the high halves, so a round is
 * 2 multiplications, 2 shifts and 2 three-way xors, and no shuffle. Blocks stand in the order 0 4 1 5 2 6 3 7, so that
 * one unpack of the even with the odd elements puts them in memory order. */
#ifndef KINIT_VEC_AVX512_H
#define KINIT_VEC_AVX512_H

#include "../kernel/words.h"

#if !defined(__AVX512F__) || !defined(__AVX512DQ__) || !defined(__AVX512BW__) || !defined(__AVX512VL__)
#error "compile this backend with -mavx512f -mavx512dq -mavx512bw -mavx512vl"
#endif
#include <immintrin.h>
#include <sleef.h>

#define KV_LANES 16
#define KV_PAIRS 1
#define KV_GROUPS 6
#define KV_MULTIPLY_EARLY 1
#define KV_MAP_PAIRS 2
#define KV_MAP_WORDS 2
#ifdef __clang__ /* 7.1 cycles of an f64 normal, 8.9 of a truncated one; with GCC's choice 10.0 and 8.7 */
#define KV_MAP_F64 2
#else /* 7.0 and 9.5; with clang's choice 6.9 and 10.3 */
#define KV_MAP_F64 4
#endif
#define KV_TILE 96
#define KV_HALVES 1
#define KV_HAVE_FMA 1
#define KV_ALIGN 64
#define KV_STREAMS 1

typedef __m512i kw, kp, kr, vu, vq;
typedef __m512 vf;
typedef __m512d vd;
typedef __mmask16 vm;

/* A mask of which the compiler knows nothing: clang would make vpermt2d of the masked shuffles below, which keeps two
 * of Zen 4's pipes busy and costs 2 % of a uniform. */
KV_INLINE __mmask16 opaque(__mmask16 mask) {
  __asm__("" : "+k"(mask));
  return mask;
}
#define LOW_HALVES opaque(0x5555)
#define HIGH_HALVES opaque(0xAAAA)

KV_INLINE kw kw_splat(uint32_t x) { return _mm512_set1_epi32((int)x); }
KV_INLINE kw kw_xor(kw a, kw b) { return _mm512_xor_si512(a, b); }
KV_INLINE kw kw_xor3(kw a, kw b, kw c) { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
KV_INLINE kp kp_mul(kw a, kw b) { return _mm512_mul_epu32(a, b); }
KV_INLINE kw kp_high(kp p) { return _mm512_srli_epi64(p, 32); }
KV_INLINE kw kp_low(kp p) { return p; }
KV_INLINE kp kp_blocks(uint64_t p) {
  const uint64_t m = 0xD2511F53u;
  const __m512i order = _mm512_set_epi64((int64_t)(7 * m), (int64_t)(3 * m), (int64_t)(6 * m), (int64_t)(2 * m),
                                         (int64_t)(5 * m), (int64_t)(1 * m), (int64_t)(4 * m), 0);
  return _mm512_add_epi64(_mm512_set1_epi64((int64_t)p), order);
}
/* a's low halves, and b's low halves moved to the high halves */
KV_INLINE vu low_low(kp a, kp b) { return _mm512_mask_shuffle_epi32(a, HIGH_HALVES, b, _MM_PERM_CDAB); }
/* a's high halves moved to the low halves, and b's high halves */
KV_INLINE vu high_high(kp a, kp b) { return _mm512_mask_shuffle_epi32(b, LOW_HALVES, a, _MM_PERM_CDAB); }
KV_INLINE kr kr_splat(uint32_t k0, uint32_t k1) { return _mm512_set1_epi64((int64_t)((uint64_t)k1 << 32 | k0)); }
KV_INLINE void kw_roles(kp p0, kp p1, kp before0, kp before1, kr keys, vu *even, vu *odd) {
  even[0] = kw_xor3(high_high(p1, p0), low_low(before1, before0), keys);
  odd[0] = low_low(p1, p0);
}

KV_INLINE vu vu_splat(uint32_t x) { return _mm512_set1_epi32((int)x); }
KV_INLINE vu vu_add(vu a, vu b) { return _mm512_add_epi32(a, b); }
KV_INLINE vu vu_sub(vu a, vu b) { return _mm512_sub_epi32(a, b); }
KV_INLINE vu vu_and(vu a, vu b) { return _mm512_and_si512(a, b); }
KV_INLINE vu vu_or(vu a, vu b) { return _mm512_or_si512(a, b); }
KV_INLINE vu vu_xor(vu a, vu b) { return _mm512_xor_si512(a, b); }
KV_INLINE vu vu_shl(vu a, int n) { return _mm512_slli_epi32(a, (unsigned)n); }
KV_INLINE vu vu_sign(vu a) { return _mm512_srai_epi32(a, 31); }
KV_INLINE vu vu_fold(vu a, vu turn, vm *beyond) {
  *beyond = _mm512_cmpgt_epu32_mask(a, turn);
  return _mm512_mask_xor_epi32(a, *beyond, a, _mm512_set1_epi32(-1));
}

KV_INLINE vf vf_splat(float x) { return _mm512_set1_ps(x); }
KV_INLINE vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
KV_INLINE vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
KV_INLINE vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
KV_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
KV_INLINE vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
KV_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
KV_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
KV_INLINE vf vf_from_u32(vu a) { return _mm512_cvtepu32_ps(a); }
KV_INLINE vf vf_from_i32(vu a) { return _mm512_cvtepi32_ps(a); }
KV_INLINE vu vu_from_bits(vf a) { return _mm512_castps_si512(a); }
KV_INLINE vf vf_from_bits(vu a) { return _mm512_castsi512_ps(a); }
KV_INLINE vf vf_flip_sign(vf f, vu u) {
  const __m512i sign = _mm512_set1_epi32(INT32_MIN);
  return _mm512_castsi512_ps(_mm512_ternarylogic_epi32(_mm512_castps_si512(f), u, sign, 0x78)); /* f ^ (u & sign) */
}
KV_INLINE vf vf_select_bit30(vu u, vf a, vf b) {
  return _mm512_mask_blend_ps(_mm512_test_epi32_mask(u, _mm512_set1_epi32(1 << 30)), a, b);
}
KV_INLINE vf vm_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, a, b); }

KV_INLINE vq vq_splat(uint64_t x) { return _mm512_set1_epi64((int64_t)x); }
KV_INLINE vq vq_and(vq a, vq b) { return _mm512_and_si512(a, b); }
KV_INLINE vq vq_xor(vq a, vq b) { return _mm512_xor_si512(a, b); }
KV_INLINE vq vq_add(vq a, vq b) { return _mm512_add_epi64(a, b); }
KV_INLINE vq vq_shr(vq a, int n) { return _mm512_srli_epi64(a, (unsigned)n); }
KV_INLINE vq vq_greater(vq a, vq b) { return _mm512_movm_epi64(_mm512_cmpgt_epu64_mask(a, b)); }
KV_INLINE void vq_words(const vu *even, const vu *odd, int half, vq *w) {
  const __m512i low = _mm512_set1_epi64(0xFFFFFFFF);
  (void)half;
  w[0] = _mm512_and_si512(even[0], low);
  w[1] = _mm512_and_si512(odd[0], low);
  w[2] = _mm512_srli_epi64(even[0], 32);
  w[3] = _mm512_srli_epi64(odd[0], 32);
}
KV_INLINE vd vd_from_vq(vq a) { return _mm512_cvtepu64_pd(a); }
KV_INLINE vq vq_from_bits(vd a) { return _mm512_castpd_si512(a); }
KV_INLINE vd vd_from_bits(vq a) { return _mm512_castsi512_pd(a); }
KV_INLINE vd vd_splat(double x) { return _mm512_set1_pd(x); }
KV_INLINE vd vd_add(vd a, vd b) { return _mm512_add_pd(a, b); }
KV_INLINE vd vd_mul(vd a, vd b) { return _mm512_mul_pd(a, b); }
KV_INLINE vd vd_div(vd a, vd b) { return _mm512_div_pd(a, b); }
KV_INLINE vd vd_fma(vd a, vd b, vd c) { return _mm512_fmadd_pd(a, b, c); }
KV_INLINE vd vd_sqrt(vd a) { return _mm512_sqrt_pd(a); }
KV_INLINE vd vd_min(vd a, vd b) { return _mm512_min_pd(a, b); }
KV_INLINE vd vd_max(vd a, vd b) { return _mm512_max_pd(a, b); }
KV_INLINE vd vq_select(vq m, vd a, vd b) { return _mm512_mask_blend_pd(_mm512_movepi64_mask(m), a, b); }
KV_INLINE void vd_sincospi(vd a, vd *sine, vd *cosine) {
  const Sleef___m512d_2 r = Sleef_finz_sincospid8_u35avx512f(a);
  *sine = r.x;
  *cosine = r.y;
}

KV_INLINE void store(void *out, __m512i v, bool streaming) {
  if (streaming)
    _mm512_stream_si512((__m512i *)out, v);
  else
    _mm512_storeu_si512(out, v);
}
KV_INLINE void kv_store_32(void *out, const vu *even, const vu *odd, bool streaming) {
  store(out, _mm512_unpacklo_epi32(even[0], odd[0]), streaming);
  store((char *)out + 64, _mm512_unpackhi_epi32(even[0], odd[0]), streaming);
}
/* Upper halves of even and odd, interleaved; a permute puts the blocks, 0 4 1 5 ..., in order. */
KV_INLINE void store_16(void *out, __m512i even_low, __m512i odd_high, bool streaming) {
  const __m512i order = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
  const __m512i both = _mm512_mask_blend_epi16(0xAAAAAAAA, even_low, odd_high);
  store(out, _mm512_permutexvar_epi64(order, both), streaming);
}
/* Rounds to bfloat16, to nearest even; the result stands in the upper halves. */
KV_INLINE __m512i round_bf16(vf f) {
  const __m512i x = _mm512_castps_si512(f);
  const __mmask16 lsb = _mm512_test_epi32_mask(x, _mm512_set1_epi32(0x10000));
  const __m512i half = _mm512_add_epi32(x, _mm512_set1_epi32(0x7FFF));
  return _mm512_mask_sub_epi32(half, lsb, half, _mm512_set1_epi32(-1));
}
KV_INLINE void kv_store_bf16(void *out, const vf *even, const vf *odd, bool streaming) {
  store_16(out, _mm512_srli_epi32(round_bf16(even[0]), 16), round_bf16(odd[0]), streaming);
}
KV_INLINE void kv_store_f16(void *out, const vf *even, const vf *odd, bool streaming) {
  const __m256i a = _mm512_cvtps_ph(even[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m256i b = _mm512_cvtps_ph(odd[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  store_16(out, _mm512_cvtepu16_epi32(a), _mm512_slli_epi32(_mm512_cvtepu16_epi32(b), 16), streaming);
}
KV_INLINE void kv_store_64(void *out, const vd *even, const vd *odd, bool streaming) {
  store(out, _mm512_castpd_si512(_mm512_unpacklo_pd(even[0], odd[0])), streaming);
  store((char *)out + 64, _mm512_castpd_si512(_mm512_unpackhi_pd(even[0], odd[0])), streaming);
}
KV_INLINE void kv_stream_pattern(void *out, uint64_t pattern) {
  _mm512_stream_si512((__m512i *)out, _mm512_set1_epi64((int64_t)pattern));
}
KV_INLINE void kv_stream_copy(void *out, const void *from) {
  _mm512_stream_si512((__m512i *)out, _mm512_loadu_si512(from));
}
KV_INLINE void kv_fence(void) { _mm_sfence(); }

#undef LOW_HALVES
#undef HIGH_HALVES

#endif
