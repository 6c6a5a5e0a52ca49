/* A tile: the words of up to KS_TILE groups of Philox blocks, from any places of the stream.
 *
 * Owns: the type, and the sizes of groups and elements. SPDX-License-Identifier: Apache-2.0
 *
 * The words are staged in the first-level cache, because generator and distribution want different interleaving. */
#ifndef KINIT_KERNEL_TILE_H
#define KINIT_KERNEL_TILE_H

#include <assert.h>

#include "list.h"
#include "simd.h"

#define GROUP_WORDS (2 * KS_PAIRS * KS_LANES)
#define GROUP_BLOCKS (GROUP_WORDS / 4)

static_assert(KS_TILE % KS_GROUPS == 0, "a tile is made of whole steps");

/* The words of pairs stand at the same places: of a group, KS_PAIRS vectors each. */
typedef struct tile {
  KS_ALIGNED ks_u32 even[KS_TILE * KS_PAIRS];
  KS_ALIGNED ks_u32 odd[KS_TILE * KS_PAIRS];
} tile;

KS_INLINE size_t element_size(int dtype) {
  return dtype == F64 ? 8 : dtype == F32 ? 4 : dtype == F16 || dtype == BF16 ? 2 : 1;
}
KS_INLINE uint64_t group_elements(int dtype) { return dtype == F64 ? GROUP_WORDS / 2 : GROUP_WORDS; }
KS_INLINE size_t group_size(int dtype) { return (size_t)group_elements(dtype) * element_size(dtype); }

#endif
