/* The SIMD primitives of a GPU: one lane, which is a thread. The list and its meaning stand in kernel/simd.h.
 *
 * Owns: the definition of each primitive for CUDA, and for the host, where a test runs the same kernels one thread
 * after another. Of floats each is one operation of IEEE 754, rounded once to nearest, by the intrinsic that says so:
 * what those name no compiler may merge, approximate or flush. C++. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_SIMD_CUDA_H
#define KINIT_SIMD_CUDA_H

#ifdef __CUDACC__
#define KS_DEVICE __device__
#endif
#include <math.h>

#include "../kernel/simd.h"

#define KS_LANES 1
#define KS_PAIRS 2
#define KS_GROUPS 1
#define KS_STEP_PAIRS 1
#define KS_STEP_WORDS 1
#define KS_MULTIPLY_EARLY 0
#define KS_STEP_F64 1
#define KS_TILE 1
#define KS_HALVES 1
#define KS_ALIGN 16
#define KS_STREAMS 0
#define KS_HAVE_FMA 1
#define KS_HAVE_SINCOSPI 0 /* SLEEF has none for a GPU */

/* ---- The operations that round ----------------------------------------------------------------------------------- */

#ifdef __CUDACC__
#define KS_ROUNDED(on_device, on_host) (on_device)
#else
#define KS_ROUNDED(on_device, on_host) (on_host)
#endif

typedef uint32_t ks_word, ks_u32;
typedef uint64_t ks_product, ks_u64;
typedef float ks_f32;
typedef double ks_f64;
typedef bool ks_mask;
typedef struct ks_keys {
  uint32_t k0, k1;
} ks_keys;

KS_INLINE ks_f32 ks_f32_add(ks_f32 a, ks_f32 b) { return KS_ROUNDED(__fadd_rn(a, b), a + b); }
KS_INLINE ks_f32 ks_f32_mul(ks_f32 a, ks_f32 b) { return KS_ROUNDED(__fmul_rn(a, b), a * b); }
KS_INLINE ks_f32 ks_f32_div(ks_f32 a, ks_f32 b) { return KS_ROUNDED(__fdiv_rn(a, b), a / b); }
KS_INLINE ks_f32 ks_f32_fma(ks_f32 a, ks_f32 b, ks_f32 c) { return KS_ROUNDED(__fmaf_rn(a, b, c), fmaf(a, b, c)); }
KS_INLINE ks_f32 ks_f32_sqrt(ks_f32 a) { return KS_ROUNDED(__fsqrt_rn(a), sqrtf(a)); }
KS_INLINE ks_f32 ks_f32_from_u32(ks_u32 a) { return KS_ROUNDED(__uint2float_rn(a), static_cast<float>(a)); }
KS_INLINE ks_f32 ks_f32_from_i32(ks_u32 a) {
  const int32_t i = static_cast<int32_t>(a);
  return KS_ROUNDED(__int2float_rn(i), static_cast<float>(i));
}
KS_INLINE ks_f64 ks_f64_add(ks_f64 a, ks_f64 b) { return KS_ROUNDED(__dadd_rn(a, b), a + b); }
KS_INLINE ks_f64 ks_f64_mul(ks_f64 a, ks_f64 b) { return KS_ROUNDED(__dmul_rn(a, b), a * b); }
KS_INLINE ks_f64 ks_f64_div(ks_f64 a, ks_f64 b) { return KS_ROUNDED(__ddiv_rn(a, b), a / b); }
KS_INLINE ks_f64 ks_f64_fma(ks_f64 a, ks_f64 b, ks_f64 c) { return KS_ROUNDED(__fma_rn(a, b, c), fma(a, b, c)); }
KS_INLINE ks_f64 ks_f64_sqrt(ks_f64 a) { return KS_ROUNDED(__dsqrt_rn(a), sqrt(a)); }
KS_INLINE ks_f64 ks_f64_from_u64(ks_u64 a) { return KS_ROUNDED(__ull2double_rn(a), static_cast<double>(a)); }

/* ---- Philox ------------------------------------------------------------------------------------------------------ */

KS_INLINE ks_word ks_word_splat(uint32_t x) { return x; }
KS_INLINE ks_word ks_word_xor(ks_word a, ks_word b) { return a ^ b; }
KS_INLINE ks_word ks_word_xor3(ks_word a, ks_word b, ks_word c) { return a ^ b ^ c; }
KS_INLINE ks_product ks_product_mul(ks_word a, ks_word b) { return static_cast<uint64_t>(a) * b; }
KS_INLINE ks_word ks_product_high(ks_product p) { return static_cast<uint32_t>(p >> 32); }
KS_INLINE ks_word ks_product_low(ks_product p) { return static_cast<uint32_t>(p); }
KS_INLINE ks_product ks_product_blocks(uint64_t p) { return p; }
KS_INLINE ks_keys ks_keys_splat(uint32_t k0, uint32_t k1) {
  const ks_keys keys = {k0, k1};
  return keys;
}
KS_INLINE void ks_word_roles(ks_product p0, ks_product p1, ks_product before0, ks_product before1, ks_keys keys,
                             ks_u32 *even, ks_u32 *odd) {
  even[0] = ks_word_xor3(ks_product_high(p1), ks_product_low(before1), keys.k0);
  odd[0] = ks_product_low(p1);
  even[1] = ks_word_xor3(ks_product_high(p0), ks_product_low(before0), keys.k1);
  odd[1] = ks_product_low(p0);
}

/* ---- Integers, bits, choices ------------------------------------------------------------------------------------- */

KS_INLINE ks_u32 ks_u32_splat(uint32_t x) { return x; }
KS_INLINE ks_u32 ks_u32_add(ks_u32 a, ks_u32 b) { return a + b; }
KS_INLINE ks_u32 ks_u32_sub(ks_u32 a, ks_u32 b) { return a - b; }
KS_INLINE ks_u32 ks_u32_and(ks_u32 a, ks_u32 b) { return a & b; }
KS_INLINE ks_u32 ks_u32_or(ks_u32 a, ks_u32 b) { return a | b; }
KS_INLINE ks_u32 ks_u32_xor(ks_u32 a, ks_u32 b) { return a ^ b; }
KS_INLINE ks_u32 ks_u32_shl(ks_u32 a, int n) { return a << n; }
KS_INLINE ks_u32 ks_u32_shr(ks_u32 a, int n) { return a >> n; }
KS_INLINE ks_u32 ks_u32_sign(ks_u32 a) { return 0u - (a >> 31); }
KS_INLINE ks_u32 ks_u32_fold(ks_u32 a, ks_u32 turn, ks_mask *beyond) {
  *beyond = a > turn;
  return *beyond ? ~a : a;
}
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
KS_INLINE ks_f32 ks_f32_splat(float x) { return x; }
KS_INLINE ks_f32 ks_f32_min(ks_f32 a, ks_f32 b) { return a < b ? a : b; }
KS_INLINE ks_f32 ks_f32_max(ks_f32 a, ks_f32 b) { return a > b ? a : b; }
KS_INLINE ks_f32 ks_f32_flip_sign(ks_f32 f, ks_u32 u) {
  return ks_f32_from_bits(ks_u32_from_bits(f) ^ (u & 0x80000000u));
}
KS_INLINE ks_f32 ks_f32_select_bit30(ks_u32 u, ks_f32 a, ks_f32 b) { return (u & 0x40000000u) != 0 ? b : a; }
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
KS_INLINE ks_f64 ks_f64_min(ks_f64 a, ks_f64 b) { return a < b ? a : b; }
KS_INLINE ks_f64 ks_f64_max(ks_f64 a, ks_f64 b) { return a > b ? a : b; }
KS_INLINE ks_f64 ks_u64_select(ks_u64 m, ks_f64 a, ks_f64 b) { return m != 0 ? b : a; }

/* ---- Stores: into the registers of a group, from where kernels.cu takes the elements ----------------------------- */

/* The elements of a group, in memory order. */
typedef struct ks_group {
  uint32_t word[4];
} ks_group;

KS_INLINE void ks_store_32(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  uint32_t *word = static_cast<ks_group *>(out)->word;
  (void)streaming;
  word[0] = even[0];
  word[1] = odd[0];
  word[2] = even[1];
  word[3] = odd[1];
}
KS_INLINE uint32_t round_bf16(ks_f32 f) {
  const uint32_t x = ks_u32_from_bits(f);
  return (x + 0x7FFF + (x >> 16 & 1)) >> 16; /* an overflow carries into the exponent: infinity */
}
/* |f| is added to a float whose last place is that of the f16 next to it, as in the scalar backend. */
KS_INLINE uint32_t round_f16(ks_f32 f) {
  const int32_t least = 0x38800000, most = 0x47800000; /* 2^-14, the least normal f16, and 2^16, which gives infinity */
  const uint32_t x = ks_u32_from_bits(f);
  const int32_t magnitude = static_cast<int32_t>(x & 0x7FFFFFFF), finite = magnitude < most ? magnitude : most;
  const int32_t power = finite & 0x7F800000, binade = power > least ? power : least;
  const uint32_t exponent = static_cast<uint32_t>(binade + (binade >> 13) + (13 << 23) - (least >> 13));
  const float rounder = ks_f32_from_bits(exponent + (x >> 16 & 0x8000));
  return ks_u32_from_bits(ks_f32_add(ks_f32_from_bits(static_cast<uint32_t>(finite)), rounder)) & 0xFFFF;
}
KS_INLINE void ks_store_bf16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  uint32_t *word = static_cast<ks_group *>(out)->word;
  (void)streaming;
  word[0] = round_bf16(even[0]) | round_bf16(odd[0]) << 16;
  word[1] = round_bf16(even[1]) | round_bf16(odd[1]) << 16;
}
KS_INLINE void ks_store_f16(void *out, const ks_f32 *even, const ks_f32 *odd, bool streaming) {
  uint32_t *word = static_cast<ks_group *>(out)->word;
  (void)streaming;
  word[0] = round_f16(even[0]) | round_f16(odd[0]) << 16;
  word[1] = round_f16(even[1]) | round_f16(odd[1]) << 16;
}
KS_INLINE void ks_store_8(void *out, const ks_u32 *even, const ks_u32 *odd, bool streaming) {
  (void)streaming;
  static_cast<ks_group *>(out)->word[0] = even[0] | odd[0] << 8 | even[1] << 16 | odd[1] << 24;
}
KS_INLINE void ks_store_64(void *out, const ks_f64 *even, const ks_f64 *odd, bool streaming) {
  uint32_t *word = static_cast<ks_group *>(out)->word;
  const uint64_t first = ks_u64_from_bits(even[0]), second = ks_u64_from_bits(odd[0]);
  (void)streaming;
  word[0] = ks_product_low(first);
  word[1] = ks_product_high(first);
  word[2] = ks_product_low(second);
  word[3] = ks_product_high(second);
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

#ifdef __CUDACC__
#define KS_KERNEL extern "C" __global__ void __launch_bounds__(KINIT_CUDA_THREADS)
#define KS_ARGUMENT const __grid_constant__
KS_INLINE uint64_t ks_thread(void) { return static_cast<uint64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }
KS_INLINE uint64_t ks_threads(void) { return static_cast<uint64_t>(gridDim.x) * blockDim.x; }
#else
#define KS_KERNEL static void
#define KS_ARGUMENT const
static uint64_t ks_host_thread, ks_host_threads; /* the test sets them */
KS_INLINE uint64_t ks_thread(void) { return ks_host_thread; }
KS_INLINE uint64_t ks_threads(void) { return ks_host_threads; }
#endif

#endif
