/* The numbers of the narrow types, by their definition.
 *
 * Owns: their description in the tests, which no code of kinit shares. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_NARROW_NUMBERS_H
#define KINIT_TESTS_NARROW_NUMBERS_H

#include <algorithm>
#include <cmath>
#include <vector>

#include "kinit/kinit.h"

namespace kinit_test {

struct NarrowType {
  kinit_dtype dtype;
  const char *name;
  int exponent_bits, fraction_bits;
  int numbers; /* that are not negative: what would follow the largest stands for infinity; f8_e4m3 has none */

  int sign() const { return 1 << (exponent_bits + fraction_bits); }
};

constexpr NarrowType kNarrowTypes[] = {
    {KINIT_F16, "f16", 5, 10, 0x7C01},
    {KINIT_BF16, "bf16", 8, 7, 0x7F81},
    {KINIT_F8_E4M3, "f8_e4m3", 4, 3, 0x7F},
    {KINIT_F8_E5M2, "f8_e5m2", 5, 2, 0x7D},
};

/* In order: the index of a number is its bits. */
inline std::vector<double> NumbersOf(const NarrowType &type) {
  const int digits = type.fraction_bits, bias = (1 << (type.exponent_bits - 1)) - 1;
  std::vector<double> numbers;
  for (int bits = 0; bits < type.numbers; bits++) {
    const int exponent = bits >> digits, fraction = bits & ((1 << digits) - 1);
    const int significand = exponent > 0 ? fraction + (1 << digits) : fraction;
    numbers.push_back(std::ldexp(significand, std::max(exponent, 1) - bias - digits));
  }
  return numbers;
}

}  // namespace kinit_test

#endif
