/* The SIMD primitives of the scalar backend: portable C, one lane (a compiler may make vectors of it). The list and
 * its meaning stand in kernel/simd.h.
 *
 * Owns: the definition of each primitive in plain C, which the other backends must equal bit for bit.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_SIMD_SCALAR_H
#define KINIT_SIMD_SCALAR_H

#include <math.h>

#include "../kernel/simd.h"

#define KS_LANES 1
#define KS_PAIRS 2
#ifdef __clang__        /* cycles on Zen 4: */
#define KS_GROUPS 1     /* of a uniform 4.7, with GCC's choice 8.4 */
#define KS_STEP_PAIRS 2 /* of a normal 6.7, with GCC's choice 7.2 */
#define KS_STEP_WORDS 2 /* of an asymmetric truncated normal 7.9, with 1 9.8 */
#else
#define KS_GROUPS 4     /* 5.2, with clang's choice 6.3 */
#define KS_STEP_PAIRS 1 /* 7.1, with clang's choice 7.6 */
#define KS_STEP_WORDS 1 /* 9.8, with 2 9.6, and twice the time to compile */
#endif
#define KS_MULTIPLY_EARLY 0
#define KS_STEP_F64 2
#define KS_TILE 192
#define KS_HALVES 1
#define KS_ALIGN 8
#define KS_STREAMS 0

/* SLEEF's scalar functions of the fma family crash on a processor without it. */
#if defined(__FMA__) || defined(__aarch64__) || defined(FP_FAST_FMA)
#ifndef FP_FAST_FMA
#define FP_FAST_FMA 1 /* sleef.h asks for it, and clang does not define it */
#endif
#include <sleef.h>
#ifdef __ALTIVEC__ /* sleef.h includes a header that makes bool a vector */
#undef bool
#define bool _Bool
#endif
#define KS_HAVE_FMA 1
#else
#define KS_HAVE_FMA 0
#endif
#define KS_HAVE_SINCOSPI KS_HAVE_FMA

typedef uint32_t ks_word, ks_u32;
typedef uint64_t ks_product, ks_u64;
typedef float ks_f32;
typedef double ks_f64;
typedef bool ks_mask;
typedef struct ks_keys {
  uint32_t k0, k1;
} ks_keys;

KS_INLINE ks_word ks_word_splat(uint32_t x) { return x; }
KS_INLINE ks_word ks_word_xor(ks_word a, ks_word b) { return a ^ b; }
KS_INLINE ks_word ks_word_xor3(ks_word a, ks_word b, ks_word c) { return a ^ (b ^ c); }
KS_INLINE ks_product ks_product_mul(ks_word a, ks_word b) { return (uint64_t)a * b; }
KS_INLINE ks_word ks_product_high(ks_product p) { return (uint32_t)(p >> 32); }
KS_INLINE ks_word ks_product_low(ks_product p) { return (uint32_t)p; }
KS_INLINE ks_product ks_product_blocks(uint64_t p) { return p; }
KS_INLINE ks_keys ks_keys_splat(uint32_t k0, uint32_t k1) { return (ks_keys){k0, k1}; }
KS_INLINE void ks_word_roles(ks_product p0, ks_product p1, ks_product before0, ks_product before1, ks_keys keys,
                             ks_u32 *even, ks_u32 *odd) {
  even[0] = ks_word_xor3(ks_product_high(p1), ks_product_low(before1), keys.k0);
  odd[0] = ks_product_low(p1);
  even[1] = ks_word_xor3(ks_product_high(p0), ks_product_low(before0), keys.k1);
  odd[1] = ks_product_low(p0);
}

KS_INLINE ks_u32 ks_u32_splat(uint32_t x) { return x; }
KS_INLINE ks_u32 ks_u32_add(ks_u32 a, ks_u32 b) { return a + b; }
KS_INLINE ks_u32 ks_u32_sub(ks_u32 a, ks_u32 b) { return a - b; }
KS_INLINE ks_u32 ks_u32_and(ks_u32 a, ks_u32 b) { return a & b; }
KS_INLINE ks_u32 ks_u32_or(ks_u32 a, ks_u32 b) { return a | b; }
KS_INLINE ks_u32 ks_u32_xor(ks_u32 a, ks_u32 b) { return a ^ b; }
KS_INLINE ks_u32 ks_u32_shl(ks_u32 a, int n) { return a << n; }
KS_INLINE ks_u32 ks_u32_shr(ks_u32 a, int n) { return a >> n; }
KS_INLINE ks_u32 ks_u32_sign(ks_u32 a) { return -(a >> 31); }
KS_INLINE ks_u32 ks_u32_fold(ks_u32 a, ks_u32 turn, ks_mask *beyond) {
  *beyond = a > turn;
  return *beyond ? ~a : a;
}

KS_INLINE ks_f32 ks_f32_splat(float x) { return x; }
KS_INLINE ks_f32 ks_f32_add(ks_f32 a, ks_f32 b) { return a + b; }
KS_INLINE ks_f32 ks_f32_mul(ks_f32 a, ks_f32 b) { return a * b; }
KS_INLINE ks_f32 ks_f32_div(ks_f32 a, ks_f32 b) { return a / b; }
KS_INLINE ks_f32 ks_f32_fma(ks_f32 a, ks_f32 b, ks_f32 c) { return fmaf(a, b, c); }
KS_INLINE ks_f32 ks_f32_sqrt(ks_f32 a) { return sqrtf(a); }
KS_INLINE ks_f32 ks_f32_min(ks_f32 a, ks_f32 b) { return a < b ? a : b; }
KS_INLINE ks_f32 ks_f32_max(ks_f32 a, ks_f32 b) { return a > b ? a : b; }
KS_INLINE ks_f32 ks_f32_from_u32(ks_u32 a) { return (float)a; }
KS_INLINE ks_f32 ks_f32_from_i32(ks_u32 a) { return (float)(int32_t)a; }
KS_INLINE ks_u32 ks_u32_from_bits(ks_f32 a) {
  ks_u32 u;
  memcpy(&u, &a, sizeof u);
  return u;
}
KS_INLINE ks_f32 ks_f32_from_bits(ks_u32 a) {
  ks_f32 f;
  memcpy(&f, &a, sizeof f);
  return f;
}
KS_INLINE ks_f32 ks_f32_flip_sign(ks_f32 f, ks_u32 u) {
  return ks_f32_from_bits(ks_u32_from_bits(f) ^ (u & 0x80000000u));
}
KS_INLINE ks_f32 ks_f32_select_bit30(ks_u32 u, ks_f32 a, ks_f32 b) { return u & 0x40000000u ? b : a; }
KS_INLINE ks_f32 ks_mask_select(ks_mask m, ks_f32 a, ks_f32 b) { return m ? b : a; }

KS_INLINE ks_u64 ks_u64_splat(uint64_t x) { return x; }
KS_INLINE ks_u64 ks_u64_and(ks_u64 a, ks_u64 b) { return a & b; }
KS_INLINE ks_u64 ks_u64_xor(ks_u64 a, ks_u64 b) { return a ^ b; }
KS_INLINE ks_u64 ks_u64_add(ks_u64 a, ks_u64 b) { return a + b; }
KS_INLINE ks_u64 ks_u64_shr(ks_u64 a, int n) { return a >> n; }
KS_INLINE ks_u64 ks_u64_greater(ks_u64 a, ks_u64 b) { return a > b ? UINT64_MAX : 0; }
KS_INLINE void ks_u64_words(const ks_u32 *even, const ks_u32 *odd, int half, ks_u64 *w) {
  (void)half;
  w[0] = even[0];
  w[1] = odd[0];
  w[2] = even[1];
  w[3] = odd[1];
}
KS_INLINE ks_f64 ks_f64_from_u64(ks_u64 a) { return (double)a; }
KS_INLINE ks_u64 ks_u64_from_bits(ks_f64 a) {
  ks_u64 q;
  memcpy(&q, &a, sizeof q);
  return q;
}
KS_INLINE ks_f64 ks_f64_from_bits(ks_u64 a) {
  ks_f64 d;
  memcpy(&d, &a, sizeof d);
  return d;
}
KS_INLINE ks_f64 ks_f64_splat(double x) { return x; }
KS_INLINE ks_f64 ks_f64_add(ks_f64 a, ks_f64 b) { return a + b; }
KS_INLINE ks_f64 ks_f64_mul(ks_f64 a, ks_f64 b) { return a * b; }
KS_INLINE ks_f64 ks_f64_div(ks_f64 a, ks_f64 b) { return a / b; }
KS_INLINE ks_f64 ks_f64_fma(ks_f64 a, ks_f64 b, ks_f64 c) { return fma(a, b, c); }
KS_INLINE ks_f64 ks_f64_sqrt(ks_f64 a) { return sqrt(a); }
KS_INLINE ks_f64 ks_f64_min(ks_f64 a, ks_f64 b) { return a < b ? a : b; }
KS_INLINE ks_f64 ks_f64_max(ks_f64 a, ks_f64 b) { return a > b ? a : b; }
KS_INLINE ks_f64 ks_u64_select(ks_u64 m, ks_f64 a, ks_f64 b) { return m != 0 ? b : a; }
#if KS_HAVE_FMA
#define KS_SLEEF_SINCOSPI Sleef_finz_sincospid1_u35purecfma
static __typeof__(&KS_SLEEF_SINCOSPI) ks_sleef_sincospi = KS_SLEEF_SINCOSPI;
KS_INLINE void ks_f64_sincospi(ks_f64 a, ks_f64 *sine, ks_f64 *cosine) {
  const Sleef_double_2 r = ks_sleef_sincospi(a);
  *sine = r.x;
  *cosine = r.y;
}
#endif

/* Stores are made one element at a time: of such loops GCC makes vectors, which it does not of a copied array. */
typedef uint32_t __attribute__((may_alias)) any32;
typedef uint16_t __attribute__((may_alias)) any16;
typedef uint8_t __attribute__((may_alias)) any8;
KS_INLINE void ks_store_32(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  any32 *o = out;
  (void)streaming;
  o[0] = even[0];
  o[1] = odd[0];
  o[2] = even[1];
  o[3] = odd[1];
}
KS_INLINE uint16_t round_bf16(ks_f32 f) {
  const uint32_t x = ks_u32_from_bits(f);
  return (uint16_t)((x + 0x7FFF + (x >> 16 & 1)) >> 16); /* an overflow carries into the exponent: infinity */
}
KS_INLINE void ks_store_bf16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  any16 *o = out;
  (void)streaming;
  o[0] = round_bf16(even[0]);
  o[1] = round_bf16(odd[0]);
  o[2] = round_bf16(even[1]);
  o[3] = round_bf16(odd[1]);
}
/* |f| is added to a float whose last place is that of the f16 next to it, so that the addition rounds, and whose lower
 * half already holds the f16's sign and exponent, so that the sum's holds all of it. */
KS_INLINE uint16_t round_f16(ks_f32 f) {
  const int32_t least = 0x38800000, most = 0x47800000; /* 2^-14, the least normal f16, and 2^16, which gives infinity */
  const uint32_t x = ks_u32_from_bits(f);
  const int32_t magnitude = (int32_t)(x & 0x7FFFFFFF), finite = magnitude < most ? magnitude : most;
  const int32_t power = finite & 0x7F800000, binade = power > least ? power : least;
  const uint32_t exponent = (uint32_t)(binade + (binade >> 13) + (13 << 23) - (least >> 13));
  const float rounder = ks_f32_from_bits(exponent + (x >> 16 & 0x8000));
  return (uint16_t)ks_u32_from_bits(ks_f32_from_bits((uint32_t)finite) + rounder);
}
KS_INLINE void ks_store_f16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  any16 *o = out;
  (void)streaming;
  o[0] = round_f16(even[0]);
  o[1] = round_f16(odd[0]);
  o[2] = round_f16(even[1]);
  o[3] = round_f16(odd[1]);
}
KS_INLINE void ks_store_8(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  any8 *o = out;
  (void)streaming;
  o[0] = (uint8_t)even[0];
  o[1] = (uint8_t)odd[0];
  o[2] = (uint8_t)even[1];
  o[3] = (uint8_t)odd[1];
}
KS_INLINE void ks_store_64(void *out, const ks_f64 *even, const ks_f64 *odd, bool streaming) {
  const double v[2] = {even[0], odd[0]};
  (void)streaming;
  memcpy(out, v, sizeof v);
}
KS_INLINE void ks_stream_pattern(void *out, uint64_t pattern) { memcpy(out, &pattern, sizeof pattern); }
KS_INLINE void ks_stream_copy(void *out, const void *from) { memcpy(out, from, KS_ALIGN); }
KS_INLINE void ks_fence(void) {}

#endif
