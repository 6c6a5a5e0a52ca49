/* The narrow types, one number at a time: f16, bf16, f8_e4m3, f8_e5m2.
 *
 * Owns: their description, and the conversions of plans. The kernels' own are in the backends (f16, bf16) and in
 * kernel/narrow8.h. SPDX-License-Identifier: Apache-2.0 */
#include "narrow.h"

#include <math.h>
#include <string.h>

/* A number is (-1)^sign 2^(e + least - 1) (1 + f / 2^fraction), e from 1 on the field of the exponent, f that of the
 * fraction; with e = 0 it is (-1)^sign 2^least f / 2^fraction. */
typedef struct format {
  int bits, fraction; /* of the whole, of the fraction */
  int least;          /* exponent of the least normal number */
  float normal;       /* the least normal number */
  float rounder;      /* 2^23 times the least number above 0, of which all numbers below `normal` are multiples */
  uint32_t most;      /* the largest magnitude's bits: infinity, or the largest number where there is none */
  bool infinite;      /* whether `most` is infinity */
  float overflow;     /* halfway between the largest number and what would follow it; beyond, if that is even */
} format;

static const format formats[] = {
    [KINIT_F16] = {16, 10, -14, 0x1p-14f, 0x1p-1f, 0x7C00, true, 65520.0f},
    [KINIT_BF16] = {16, 7, -126, 0x1p-126f, 0x1p-110f, 0x7F80, true, 0x1.FFp127f},
    [KINIT_F8_E4M3] = {8, 3, -6, 0x1p-6f, 0x1p14f, 0x7E, false, 0x1.D00002p8f},
    [KINIT_F8_E5M2] = {8, 2, -14, 0x1p-14f, 0x1p7f, 0x7C, true, 61440.0f},
};

bool kinit_narrow_is(kinit_dtype dtype) {
  return dtype == KINIT_F16 || dtype == KINIT_BF16 || dtype == KINIT_F8_E4M3 || dtype == KINIT_F8_E5M2;
}

float kinit_narrow_overflow(kinit_dtype dtype) { return formats[dtype].overflow; }

static uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

uint32_t kinit_narrow_bits(kinit_dtype dtype, float value) {
  const format *f = &formats[dtype];
  const float magnitude = fabsf(value);
  const uint32_t x = float_bits(magnitude), sign = float_bits(value) >> 31 << (f->bits - 1);
  const int dropped = 23 - f->fraction;
  uint32_t bits;
  if (magnitude < f->normal) {
    bits = float_bits(magnitude + f->rounder) - float_bits(f->rounder);
  } else {
    const uint32_t half = (1u << (dropped - 1)) - 1, odd = x >> dropped & 1;
    bits = ((x + half + odd) >> dropped) - ((uint32_t)(126 + f->least) << f->fraction);
  }
  return sign | (bits < f->most ? bits : f->most);
}

float kinit_narrow_value(kinit_dtype dtype, uint32_t bits) {
  const format *f = &formats[dtype];
  const uint32_t magnitude = bits & ((1u << (f->bits - 1)) - 1);
  const bool normal = magnitude >> f->fraction != 0;
  const int bias = 126 + f->least + (normal ? 0 : 1);
  const uint32_t x = (magnitude << (23 - f->fraction)) + ((uint32_t)bias << 23);
  float value;
  memcpy(&value, &x, sizeof value);
  if (!normal) value -= f->normal;
  if (f->infinite && magnitude == f->most) value = INFINITY;
  return bits == magnitude ? value : -value;
}

float kinit_narrow_below(kinit_dtype dtype, uint32_t bits) {
  const uint32_t sign = 1u << (formats[dtype].bits - 1);
  if ((bits & (sign - 1)) == 0) return kinit_narrow_value(dtype, sign | 1);
  return kinit_narrow_value(dtype, (bits & sign) != 0 ? bits + 1 : bits - 1);
}
