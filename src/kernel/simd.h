/* The SIMD primitives: what every backend supplies, and the attributes with which they are written.
 *
 * Owns: KS_INLINE and friends, and the list of primitives. Prefix: KS_ and ks_, for kinit SIMD. The first include of
 * every simd_<isa>.h. SPDX-License-Identifier: Apache-2.0
 *
 * A primitive is one operation with one rounding, on all lanes. A backend defines, for its lanes:
 *   KS_LANES    32-bit lanes of a vector
 *   KS_PAIRS    vectors of even (and of odd) words that one group of Philox blocks gives: 4 * blocks / (2 * KS_LANES)
 *   KS_GROUPS   groups interleaved in the Philox loop, to hide the latency of its multiplications
 *   KS_MULTIPLY_EARLY  1 if a group's multiplications stand at the end of the step before theirs, where their factors
 *               are still in registers, else 0
 *   KS_STEP_PAIRS, KS_STEP_WORDS, KS_STEP_F64
 *               groups interleaved in the distribution loops: where a pair of words makes a pair of floats, where each
 *               word makes one, and in f64
 *   KS_TILE     groups whose words are staged in the first-level cache; a multiple of KS_GROUPS
 *   KS_HALVES   vectors of doubles that one group gives for each of the four words of a block
 *   KS_HAVE_FMA 1, or 0 where there is no hardware fma, and so nothing in f64 that needs it
 *   KS_HAVE_SINCOSPI  1 if there is ks_f64_sincospi, which needs that fma, else 0
 *   KS_ALIGN    bytes of a streaming store
 *   KS_STREAMS  1 if the stores of values heed `streaming`, else 0
 * types
 *   ks_word     one Philox word per block of a group; it may carry anything outside its 32 bits
 *   ks_product  one 64-bit product per block of a group
 *   ks_keys     the keys of the last round
 *   ks_u32      KS_LANES unsigned integers          ks_f32   KS_LANES floats
 *   ks_u64      unsigned 64-bit integers            ks_f64   doubles, as many
 *   ks_mask     a truth value per lane of a ks_f32
 * Philox
 *   ks_word_splat(u32)  ks_word_xor(a, b)  ks_word_xor3(a, b, c)
 *   ks_product_mul(word, word)  ks_product_high(product), ks_product_low(product): a word
 *   ks_product_blocks(u64 p)         p + (block number within the group) * PHILOX_M0, per block
 *   ks_keys_splat(u32 k0, u32 k1)
 *   ks_word_roles(p0, p1, before0, before1, keys, ks_u32 even[KS_PAIRS], ks_u32 odd[KS_PAIRS])
 *       the last Philox round, from its products and those of the round before: words 0 and 2 of each block go to even,
 *       words 1 and 3 to odd, at the same places
 * 32-bit integers
 *   ks_u32_splat _add _sub _and _or _xor _shl _shr _from_bits(ks_f32)
 *   ks_u32_sign(u)                   all ones where bit 31 of u is set, else 0
 *   ks_u32_fold(u, turn, ks_mask *beyond)  beyond where u > turn, unsigned; u is complemented there
 * floats
 *   ks_f32_splat _add _mul _div _fma _sqrt _from_u32 _from_i32 (correctly rounded) _from_bits(ks_u32)
 *   ks_f32_flip_sign(f, u)           the sign of f changes where bit 31 of u is set
 *   ks_f32_select_bit30(u, a, b)     b where bit 30 of u is set, else a
 *   ks_f32_min(a, b)                 a where a < b, else b, which tells zeros apart
 *   ks_f32_max(a, b)                 a where a > b, else b
 *   ks_mask_select(mask, a, b)       b where mask is true, else a
 *   and where the instruction set has a shorter way to the same bits, with KS_HAVE_FMA_CONSTANT, KS_HAVE_EIGHTHS,
 *   KS_HAVE_TURN:
 *   ks_f32_fma_constant(a, b, c)     a macro: ks_f32_fma with a literal c in every lane
 *   ks_f32_eighths(u)  ks_f32_turn(u, p, q, ks_f32 *r, ks_f32 *cosine, ks_f32 *sine)   those of kernel/normal.h
 * 64-bit integers and doubles
 *   ks_u64_words(even, odd, half, ks_u64 w[4])   the four words of each block, zero-extended
 *   ks_u64_splat _and _xor _add _shr _from_bits(ks_f64)
 *   ks_u64_greater(a, b)             all ones where a > b, values below 2^32, else 0
 *   ks_u64_select(mask, a, b)        b where mask is all ones, a where it is 0
 *   ks_f64_splat _add _mul _div _fma _sqrt _min _max, as those of floats; _from_bits(ks_u64)
 *   ks_f64_from_u64                  values below 2^32, exact
 *   ks_f64_sincospi                  SLEEF's finz family: by ks_sleef_sincospi, a pointer to KS_SLEEF_SINCOSPI, which
 *                                    dispatch.c sets when the library is loaded
 * stores
 *   ks_store_32 ks_store_f16 ks_store_bf16 (out, even[KS_PAIRS], odd[KS_PAIRS], streaming)
 *   ks_store_8                            likewise, of integers below 256
 *   ks_store_64(out, ks_f64 even[KS_HALVES], ks_f64 odd[KS_HALVES], streaming)
 *       in memory order; out is aligned to KS_ALIGN bytes if streaming
 *   ks_stream_pattern(out, u64 pattern)   KS_ALIGN bytes of it, aligned
 *   ks_stream_copy(out, from)             KS_ALIGN bytes, out aligned
 *   ks_fence()                            orders the streaming stores before all that follows
 */
#ifndef KINIT_KERNEL_SIMD_H
#define KINIT_KERNEL_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "kinit's bits need IEEE arithmetic: build without -ffast-math"
#endif

/* Of functions and constants that a GPU uses too; simd_cuda.h defines it. */
#ifndef KS_DEVICE
#define KS_DEVICE
#endif
#define KS_INLINE KS_DEVICE static inline __attribute__((always_inline))
#define KS_NOINLINE KS_DEVICE static __attribute__((noinline))
#define KS_ALIGNED __attribute__((aligned(64)))

/* The build defines it as nothing where sanitizers instrument the code, of which compilers would take minutes. */
#ifndef KS_UNROLL
#if defined(__CUDACC__)
#define KS_UNROLL _Pragma("unroll")
#elif defined(__clang__)
#define KS_UNROLL _Pragma("clang loop unroll(full)")
#else
#define KS_UNROLL _Pragma("GCC unroll 32")
#endif
#endif

/* for (i = 0; i < n; i++), unrolled: n is a constant wherever it stands. */
#define KS_EACH(i, n) KS_UNROLL for (int i = 0; i < (n); i++)

#endif
