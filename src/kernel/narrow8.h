/* Floats -> the bits of 8-bit floats, rounded to nearest even (docs/stream.md, "Narrow types").
 *
 * Owns: that rounding. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_NARROW8_H
#define KINIT_KERNEL_NARROW8_H

#include "tile.h"

/* Bits of the fraction, and the exponent of the least normal number. */
#define FRACTION8(dtype) ((dtype) == F8_E4M3 ? 3 : 2)
#define LEAST8(dtype) ((dtype) == F8_E4M3 ? -6 : -14)

/* The sign stands in bit 7. Magnitudes are cut first, at the largest number of E4M3, at 2^16 in E5M2, which is rounded
 * to infinity. Of subnormal numbers the addition of a power of two rounds, whose last place is theirs; of others the
 * addition of half a last place, less one unit unless they are odd. */
KS_INLINE ks_u32 narrow8(int dtype, ks_f32 x) {
  const int dropped = 23 - FRACTION8(dtype);
  const float most = dtype == F8_E4M3 ? 448.0f : 0x1p16f, rounder = dtype == F8_E4M3 ? 0x1p14f : 0x1p7f;
  const uint32_t least = (uint32_t)(127 + LEAST8(dtype)) << 23, offset = (uint32_t)(126 + LEAST8(dtype)) << 23;
  const uint32_t rounder_bits = (uint32_t)(dtype == F8_E4M3 ? 127 + 14 : 127 + 7) << 23;
  const ks_u32 bits = ks_u32_from_bits(x), sign = ks_u32_and(ks_u32_shr(bits, 24), ks_u32_splat(0x80));
  const ks_f32 cut = ks_f32_min(ks_f32_from_bits(ks_u32_and(bits, ks_u32_splat(0x7FFFFFFF))), ks_f32_splat(most));
  const ks_u32 u = ks_u32_from_bits(cut), odd = ks_u32_and(ks_u32_shr(u, dropped), ks_u32_splat(1));
  const ks_u32 half = ks_u32_splat((1u << (dropped - 1)) - 1 - offset);
  const ks_u32 normal = ks_u32_shr(ks_u32_add(ks_u32_add(u, half), odd), dropped);
  const ks_u32 tiny = ks_u32_sub(ks_u32_from_bits(ks_f32_add(cut, ks_f32_splat(rounder))), ks_u32_splat(rounder_bits));
  ks_mask is_normal;
  (void)ks_u32_fold(u, ks_u32_splat(least - 1), &is_normal);
  const ks_f32 chosen = ks_mask_select(is_normal, ks_f32_from_bits(tiny), ks_f32_from_bits(normal));
  return ks_u32_or(ks_u32_from_bits(chosen), sign);
}

#endif
