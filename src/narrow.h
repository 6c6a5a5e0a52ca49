/* The narrow types, one number at a time: f16, bf16, f8_e4m3, f8_e5m2.
 *
 * Owns: the declarations of narrow.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_NARROW_H
#define KINIT_NARROW_H

#include <stdbool.h>
#include <stdint.h>

#include "kinit/kinit.h"

bool kinit_narrow_is(kinit_dtype dtype);

/* The bits of the float, rounded to nearest even: beyond the largest number infinity, or that number where the type has
 * no infinity. Call these in the default floating-point environment. */
uint32_t kinit_narrow_bits(kinit_dtype dtype, float value);

/* The number with these bits. */
float kinit_narrow_value(kinit_dtype dtype, uint32_t bits);

/* The largest number of the type below the one with these bits, which is not -infinity. */
float kinit_narrow_below(kinit_dtype dtype, uint32_t bits);

/* Magnitudes from this one on are beyond the largest number, and nearer to what would follow it. */
float kinit_narrow_overflow(kinit_dtype dtype);

#endif
