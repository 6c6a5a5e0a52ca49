/* The kernels of a GPU: the algorithm of src/kernel/ over the primitives of simd_cuda.h, a block of Philox at a time.
 *
 * Owns: which elements a thread writes, and where. nvcc makes device code of this file; a test includes it as C++, and
 * runs one thread after another. SPDX-License-Identifier: Apache-2.0 */
#include "launch.h"
#include "simd_cuda.h"

/* The elements `from` to `end` of a block that a unit writes, and the place of its element 0, in memory and elements.
 */
typedef struct place {
  uint64_t block;
  uint64_t from, end;
  int64_t at;
} place;

#include "../kernel/philox.h"
#include "../kernel/transform.h"

/* All of it in elements. The stream's index of an element may reach 2^64 - 1, but no further. */
KS_INLINE place locate(const kinit_layout &layout, uint64_t unit, uint64_t row_units, uint64_t elements) {
  const int last = layout.ndim - 1;
  uint64_t row = 0, stream = layout.first;
  int64_t at = 0;
  if (last > 0) {
    row = unit / row_units;
    unit -= row * row_units;
  }
  for (int k = last - 1; k >= 0; k--) {
    const uint64_t rest = row / layout.length[k], index = row - rest * layout.length[k];
    at += static_cast<int64_t>(index) * layout.stride[k];
    stream += index * layout.step[k];
    row = rest;
  }
  const uint64_t before = stream % elements, end = before + layout.length[last], first = unit * elements;
  const uint64_t left = end > first ? end - first : 0;
  place p;
  p.block = stream / elements + unit;
  p.from = unit == 0 ? before : 0;
  p.end = left < elements ? left : elements;
  p.at = at + (static_cast<int64_t>(first) - static_cast<int64_t>(before)) * layout.stride[last];
  return p;
}

KS_INLINE ks_group philox_block(const kinit_parameters &p, uint64_t block) {
  philox ph;
  ks_group g;
  ks_u32 even[KS_PAIRS], odd[KS_PAIRS];
  const uint64_t product = static_cast<uint64_t>(static_cast<uint32_t>(block)) * PHILOX_M0;
  philox_prepare(&ph, p.seed, p.subsequence, high32(block));
  philox_groups(&ph, &product, even, odd, 1);
  ks_store_32(&g, even, odd, false);
  return g;
}

KS_INLINE tile tile_of(const ks_group &g) {
  tile t;
  for (int i = 0; i < KS_PAIRS; i++) {
    t.even[i] = g.word[2 * i];
    t.odd[i] = g.word[2 * i + 1];
  }
  return t;
}

/* ---- Groups -> memory -------------------------------------------------------------------------------------------- */

template <typename T>
KS_INLINE void put(char *dst, T value) {
  memcpy(__builtin_assume_aligned(dst, sizeof value), &value, sizeof value);
}

KS_INLINE void put_element(int dtype, char *dst, const ks_group &g, int k) {
  const int size = static_cast<int>(element_size(dtype));
  const uint32_t word = g.word[k * size / 4] >> 8 * (k * size % 4);
  if (size == 8)
    put(dst, static_cast<uint64_t>(g.word[2 * k % 4 + 1]) << 32 | word);
  else if (size == 4)
    put(dst, word);
  else if (size == 2)
    put(dst, static_cast<uint16_t>(word));
  else
    put(dst, static_cast<uint8_t>(word));
}

/* Whole groups side by side are one store. */
KS_INLINE void put_group(int dtype, char *dst, const ks_group &g) {
#ifdef __CUDACC__
  if (group_size(dtype) == 16)
    *reinterpret_cast<uint4 *>(dst) = make_uint4(g.word[0], g.word[1], g.word[2], g.word[3]);
  else if (group_size(dtype) == 8)
    *reinterpret_cast<uint2 *>(dst) = make_uint2(g.word[0], g.word[1]);
  else
    *reinterpret_cast<uint32_t *>(dst) = g.word[0];
#else
  memcpy(dst, &g, group_size(dtype));
#endif
}

KS_INLINE void put_elements(int dtype, const kinit_layout &layout, const place &p, const ks_group &g) {
  const int64_t size = static_cast<int64_t>(element_size(dtype)), stride = layout.stride[layout.ndim - 1];
  const int elements = static_cast<int>(group_elements(dtype));
  char *dst = static_cast<char *>(layout.data) + p.at * size;
  const bool whole = p.from == 0 && p.end == static_cast<uint64_t>(elements) && stride == 1;
  if (whole && reinterpret_cast<uintptr_t>(dst) % group_size(dtype) == 0) {
    put_group(dtype, dst, g);
    return;
  }
  KS_EACH(k, elements) {
    const uint64_t element = static_cast<uint64_t>(k);
    if (p.from <= element && element < p.end) put_element(dtype, dst + k * stride * size, g, k);
  }
}

/* ---- The kernels ------------------------------------------------------------------------------------------------- */

#define DEFINE_KERNEL(name, dtype, in_table)                                          \
  KS_KERNEL kinit_##name##_##dtype(KS_ARGUMENT kinit_cuda_job job) {                  \
    constants c;                                                                      \
    prepare_##name(dtype, &job.parameters, &c);                                       \
    for (uint64_t unit = ks_thread(); unit < job.units; unit += ks_threads()) {       \
      const place p = locate(job.layout, unit, job.row_units, group_elements(dtype)); \
      const tile t = tile_of(philox_block(job.parameters, p.block));                  \
      ks_group g;                                                                     \
      transform_##name(dtype, &c, &t, 1, reinterpret_cast<char *>(&g), false);        \
      put_elements(dtype, job.layout, p, g);                                          \
    }                                                                                 \
  }
KERNELS(DEFINE_KERNEL)
KERNELS_WITH_FMA(DEFINE_KERNEL)

#define DEFINE_CONSTANT(dtype)                                                                                         \
  KS_KERNEL kinit_constant_##dtype(KS_ARGUMENT kinit_cuda_job job) {                                                   \
    ks_group g;                                                                                                        \
    for (int i = 0; i < 4; i++) g.word[i] = static_cast<uint32_t>(job.parameters.as.constant.pattern >> 32 * (i % 2)); \
    for (uint64_t unit = ks_thread(); unit < job.units; unit += ks_threads()) {                                        \
      const place p = locate(job.layout, unit, job.row_units, group_elements(dtype));                                  \
      put_elements(dtype, job.layout, p, g);                                                                           \
    }                                                                                                                  \
  }
DEFINE_CONSTANT(F64)
DEFINE_CONSTANT(F32)
DEFINE_CONSTANT(F16)
DEFINE_CONSTANT(F8_E4M3)
