/* The words of the scalar backend: portable C, one lane (a compiler may make vectors of it). The list and its meaning
 * stand in kernel/words.h.
 *
 * Owns: the definition of each word in plain C, which the other backends must equal bit for bit. Included by
 * kernels_scalar.c only, which is compiled twice on x86: for any processor, and with FMA (fmaf is then one instruction
 * instead of a call). SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_VEC_SCALAR_H
#define KINIT_VEC_SCALAR_H

#include <math.h>

#include "../kernel/words.h"

#define KV_LANES 1
#define KV_PAIRS 2
#ifdef __clang__       /* cycles on Zen 4: */
#define KV_GROUPS 1    /* of a uniform 4.7, with GCC's choice 8.4 */
#define KV_MAP_PAIRS 2 /* of a normal 6.7, with GCC's choice 7.2 */
#define KV_MAP_WORDS 2 /* of an asymmetric truncated normal 7.9, with 1 9.8 */
#else
#define KV_GROUPS 4    /* 5.2, with clang's choice 6.3 */
#define KV_MAP_PAIRS 1 /* 7.1, with clang's choice 7.6 */
#define KV_MAP_WORDS 1 /* 9.8, with 2 9.6, and twice the time to compile */
#endif
#define KV_MULTIPLY_EARLY 0
#define KV_MAP_F64 2
#define KV_TILE 192
#define KV_HALVES 1
#define KV_ALIGN 8
#define KV_STREAMS 0

/* SLEEF's scalar functions of the fma family crash on a processor without it. */
#if defined(__FMA__) || defined(__aarch64__)
#ifndef FP_FAST_FMA
#define FP_FAST_FMA 1 /* sleef.h asks for it, and clang does not define it */
#endif
#include <sleef.h>
#define KV_HAVE_FMA 1
#else
#define KV_HAVE_FMA 0
#endif

typedef uint32_t kw, vu;
typedef uint64_t kp, vq;
typedef float vf;
typedef double vd;
typedef bool vm;
typedef struct kr {
  uint32_t k0, k1;
} kr;

KV_INLINE kw kw_splat(uint32_t x) { return x; }
KV_INLINE kw kw_xor(kw a, kw b) { return a ^ b; }
KV_INLINE kw kw_xor3(kw a, kw b, kw c) { return a ^ (b ^ c); }
KV_INLINE kp kp_mul(kw a, kw b) { return (uint64_t)a * b; }
KV_INLINE kw kp_high(kp p) { return (uint32_t)(p >> 32); }
KV_INLINE kw kp_low(kp p) { return (uint32_t)p; }
KV_INLINE kp kp_blocks(uint64_t p) { return p; }
KV_INLINE kr kr_splat(uint32_t k0, uint32_t k1) { return (kr){k0, k1}; }
KV_INLINE void kw_roles(kp p0, kp p1, kp before0, kp before1, kr keys, vu *even, vu *odd) {
  even[0] = kw_xor3(kp_high(p1), kp_low(before1), keys.k0);
  odd[0] = kp_low(p1);
  even[1] = kw_xor3(kp_high(p0), kp_low(before0), keys.k1);
  odd[1] = kp_low(p0);
}

KV_INLINE vu vu_splat(uint32_t x) { return x; }
KV_INLINE vu vu_add(vu a, vu b) { return a + b; }
KV_INLINE vu vu_sub(vu a, vu b) { return a - b; }
KV_INLINE vu vu_and(vu a, vu b) { return a & b; }
KV_INLINE vu vu_or(vu a, vu b) { return a | b; }
KV_INLINE vu vu_xor(vu a, vu b) { return a ^ b; }
KV_INLINE vu vu_shl(vu a, int n) { return a << n; }
KV_INLINE vu vu_sign(vu a) { return -(a >> 31); }
KV_INLINE vu vu_fold(vu a, vu turn, vm *beyond) {
  *beyond = a > turn;
  return *beyond ? ~a : a;
}

KV_INLINE vf vf_splat(float x) { return x; }
KV_INLINE vf vf_add(vf a, vf b) { return a + b; }
KV_INLINE vf vf_mul(vf a, vf b) { return a * b; }
KV_INLINE vf vf_div(vf a, vf b) { return a / b; }
KV_INLINE vf vf_fma(vf a, vf b, vf c) { return fmaf(a, b, c); }
KV_INLINE vf vf_sqrt(vf a) { return sqrtf(a); }
KV_INLINE vf vf_min(vf a, vf b) { return a < b ? a : b; }
KV_INLINE vf vf_max(vf a, vf b) { return a > b ? a : b; }
KV_INLINE vf vf_from_u32(vu a) { return (float)a; }
KV_INLINE vf vf_from_i32(vu a) { return (float)(int32_t)a; }
KV_INLINE vu vu_from_bits(vf a) {
  vu u;
  memcpy(&u, &a, sizeof u);
  return u;
}
KV_INLINE vf vf_from_bits(vu a) {
  vf f;
  memcpy(&f, &a, sizeof f);
  return f;
}
KV_INLINE vf vf_flip_sign(vf f, vu u) { return vf_from_bits(vu_from_bits(f) ^ (u & 0x80000000u)); }
KV_INLINE vf vf_select_bit30(vu u, vf a, vf b) { return u & 0x40000000u ? b : a; }
KV_INLINE vf vm_select(vm m, vf a, vf b) { return m ? b : a; }

KV_INLINE vq vq_splat(uint64_t x) { return x; }
KV_INLINE vq vq_and(vq a, vq b) { return a & b; }
KV_INLINE vq vq_xor(vq a, vq b) { return a ^ b; }
KV_INLINE vq vq_add(vq a, vq b) { return a + b; }
KV_INLINE vq vq_shr(vq a, int n) { return a >> n; }
KV_INLINE vq vq_greater(vq a, vq b) { return a > b ? UINT64_MAX : 0; }
KV_INLINE void vq_words(const vu *even, const vu *odd, int half, vq *w) {
  (void)half;
  w[0] = even[0];
  w[1] = odd[0];
  w[2] = even[1];
  w[3] = odd[1];
}
KV_INLINE vd vd_from_vq(vq a) { return (double)a; }
KV_INLINE vq vq_from_bits(vd a) {
  vq q;
  memcpy(&q, &a, sizeof q);
  return q;
}
KV_INLINE vd vd_from_bits(vq a) {
  vd d;
  memcpy(&d, &a, sizeof d);
  return d;
}
KV_INLINE vd vd_splat(double x) { return x; }
KV_INLINE vd vd_add(vd a, vd b) { return a + b; }
KV_INLINE vd vd_mul(vd a, vd b) { return a * b; }
KV_INLINE vd vd_div(vd a, vd b) { return a / b; }
KV_INLINE vd vd_fma(vd a, vd b, vd c) { return fma(a, b, c); }
KV_INLINE vd vd_sqrt(vd a) { return sqrt(a); }
KV_INLINE vd vd_min(vd a, vd b) { return a < b ? a : b; }
KV_INLINE vd vd_max(vd a, vd b) { return a > b ? a : b; }
KV_INLINE vd vq_select(vq m, vd a, vd b) { return m != 0 ? b : a; }
#if KV_HAVE_FMA
KV_INLINE void vd_sincospi(vd a, vd *sine, vd *cosine) {
  const Sleef_double_2 r = Sleef_finz_sincospid1_u35purecfma(a);
  *sine = r.x;
  *cosine = r.y;
}
#endif

/* Stores are made one element at a time: of such loops GCC makes vectors, which it does not of a copied array. */
typedef uint32_t __attribute__((may_alias)) any32;
typedef uint16_t __attribute__((may_alias)) any16;
KV_INLINE void kv_store_32(void *out, const vu *even, const vu *odd, bool streaming) {
  any32 *o = out;
  (void)streaming;
  o[0] = even[0];
  o[1] = odd[0];
  o[2] = even[1];
  o[3] = odd[1];
}
KV_INLINE uint16_t round_bf16(vf f) {
  const uint32_t x = vu_from_bits(f);
  return (uint16_t)((x + 0x7FFF + (x >> 16 & 1)) >> 16); /* an overflow carries into the exponent: infinity */
}
KV_INLINE void kv_store_bf16(void *out, const vf *even, const vf *odd, bool streaming) {
  any16 *o = out;
  (void)streaming;
  o[0] = round_bf16(even[0]);
  o[1] = round_bf16(odd[0]);
  o[2] = round_bf16(even[1]);
  o[3] = round_bf16(odd[1]);
}
/* |f| is added to a float whose last place is that of the f16 next to it, so that the addition rounds, and whose lower
 * half already holds the f16's sign and exponent, so that the sum's holds all of it. */
KV_INLINE uint16_t round_f16(vf f) {
  const int32_t least = 0x38800000, most = 0x47800000; /* 2^-14, the least normal f16, and 2^16, which gives infinity */
  const uint32_t x = vu_from_bits(f);
  const int32_t magnitude = (int32_t)(x & 0x7FFFFFFF), finite = magnitude < most ? magnitude : most;
  const int32_t power = finite & 0x7F800000, binade = power > least ? power : least;
  const uint32_t exponent = (uint32_t)(binade + (binade >> 13) + (13 << 23) - (least >> 13));
  const float rounder = vf_from_bits(exponent + (x >> 16 & 0x8000));
  return (uint16_t)vu_from_bits(vf_from_bits((uint32_t)finite) + rounder);
}
KV_INLINE void kv_store_f16(void *out, const vf *even, const vf *odd, bool streaming) {
  any16 *o = out;
  (void)streaming;
  o[0] = round_f16(even[0]);
  o[1] = round_f16(odd[0]);
  o[2] = round_f16(even[1]);
  o[3] = round_f16(odd[1]);
}
KV_INLINE void kv_store_64(void *out, const vd *even, const vd *odd, bool streaming) {
  const double v[2] = {even[0], odd[0]};
  (void)streaming;
  memcpy(out, v, sizeof v);
}
KV_INLINE void kv_stream_pattern(void *out, uint64_t pattern) { memcpy(out, &pattern, sizeof pattern); }
KV_INLINE void kv_stream_copy(void *out, const void *from) { memcpy(out, from, KV_ALIGN); }
KV_INLINE void kv_fence(void) {}

#endif
