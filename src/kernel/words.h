/* What every backend's vocabulary is built with: attributes, and the list of words a backend has to supply.
 *
 * Owns: KV_INLINE and friends, and the contract of a vocabulary. Included by every vec_<isa>.h, first.
 * SPDX-License-Identifier: Apache-2.0
 *
 * A backend defines, for its lanes:
 *   KV_LANES    32-bit lanes of a vector
 *   KV_PAIRS    vectors of even (and of odd) words that one group of Philox blocks gives: 4 * blocks / (2 * KV_LANES)
 *   KV_GROUPS   groups interleaved in the Philox loop, to hide the latency of its multiplications
 *   KV_MULTIPLY_EARLY  1 if a group's multiplications stand at the end of the step before theirs, where their factors
 *               are still in registers, else 0
 *   KV_MAP_PAIRS, KV_MAP_WORDS, KV_MAP_F64
 *               groups interleaved in the distribution loops: where a pair of words makes a pair of floats, where each
 *               word makes one, and in f64
 *   KV_TILE     groups whose words are staged in the first-level cache; a multiple of KV_GROUPS
 *   KV_HALVES   vectors of doubles that one group gives for each of the four words of a block
 *   KV_HAVE_FMA 1, or 0 where there is no hardware fma and so no vd_sincospi
 *   KV_ALIGN    bytes of a streaming store
 *   KV_STREAMS  1 if the stores of values heed `streaming`, else 0
 * types
 *   kw  one Philox word per block of a group        kp  one 64-bit product per block of a group
 *   vu  KV_LANES unsigned words                     vf  KV_LANES floats
 *   vq  doublewords                                 vd  doubles, as many
 *   vm  a truth value per lane of a vf
 * Philox words: a kw may carry anything outside its 32 bits
 *   kw_splat(u32)  kw_xor(a,b)  kw_xor3(a,b,c)  kp_mul(kw,kw)  kp_high(kp)->kw  kp_low(kp)->kw
 *   kp_blocks(u64 p)   p + (block number within the group) * PHILOX_M0, per block
 *   kr_splat(u32 k0, u32 k1) -> kr, the last round's keys
 *   kw_roles(p0, p1, before0, before1, kr, vu even[KV_PAIRS], vu odd[KV_PAIRS])
 *       the last Philox round, from its products and those of the round before: words 0 and 2 of each block go to even,
 *       words 1 and 3 to odd, at the same places
 * integers  vu_splat vu_add vu_sub vu_and vu_or vu_xor vu_shl
 *           vu_sign(u): all ones where bit 31 of u is set, else 0
 *           vu_fold(u, turn, vm *beyond): beyond where u > turn, unsigned; u is complemented there
 * floats    vf_splat vf_add vf_mul vf_div vf_fma vf_sqrt, vf_from_u32 vf_from_i32 (correctly rounded),
 *           vu_from_bits(vf) vf_from_bits(vu)
 *           vf_flip_sign(f,u): the sign of f changes where bit 31 of u is set
 *           vf_select_bit30(u,a,b): b where bit 30 of u is set, else a
 *           vm_select(m,a,b): b where m is true, else a
 *           vf_min(a,b): a where a < b, else b; vf_max(a,b): a where a > b, else b, which tells zeros apart
 *   and where it has a shorter way to the same bits, with KV_HAVE_FMA_CONSTANT, KV_HAVE_EIGHTHS, KV_HAVE_TURN:
 *           vf_fma_constant(a,b,c): a macro, vf_fma with a literal c in every lane
 *           vf_eighths(u) vf_turn(u,p,q,vf *r,vf *cosine,vf *sine): those of kernel/normal.h
 * doubles   vq_words(even, odd, half, vq w[4])   the four words of each block, zero-extended
 *           vq_and vq_xor vq_add vq_shr vq_splat, vq_from_bits(vd) vd_from_bits(vq)
 *           vd_from_vq (values below 2^32, exact)
 *           vd_splat vd_add vd_mul vd_div vd_fma vd_sqrt, vd_min vd_max as those of floats
 *           vq_greater(a,b): all ones where a > b, values below 2^32, else 0
 *           vq_select(m,a,b): b where m is all ones, a where it is 0
 *           vd_sincospi (SLEEF's finz family)
 * stores    kv_store_32 kv_store_f16 kv_store_bf16 (out, even[KV_PAIRS], odd[KV_PAIRS], streaming)
 *           kv_store_64(out, vd even[KV_HALVES], vd odd[KV_HALVES], streaming)
 *               memory order; out is aligned to KV_ALIGN bytes if streaming
 *           kv_stream_pattern(out, u64 pattern)   KV_ALIGN bytes of it, aligned
 *           kv_stream_copy(out, from)   KV_ALIGN bytes, out aligned
 *           kv_fence()   orders the streaming stores before all that follows
 */
#ifndef KINIT_KERNEL_WORDS_H
#define KINIT_KERNEL_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "kinit's bits need IEEE arithmetic: build without -ffast-math"
#endif

#define KV_INLINE static inline __attribute__((always_inline))
#define KV_NOINLINE static __attribute__((noinline))
#define KV_ALIGNED __attribute__((aligned(64)))

/* The build defines it as nothing where sanitizers instrument the code, of which compilers would take minutes. */
#ifndef KV_UNROLL
#ifdef __clang__
#define KV_UNROLL _Pragma("clang loop unroll(full)")
#else
#define KV_UNROLL _Pragma("GCC unroll 32")
#endif
#endif

/* for (i = 0; i < n; i++), unrolled: n is a constant wherever it stands. */
#define KV_EACH(i, n) KV_UNROLL for (int i = 0; i < (n); i++)

#endif
