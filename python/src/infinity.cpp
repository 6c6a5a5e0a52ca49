/* Constants that are infinite.
 *
 * Owns: what infinity.h says. SPDX-License-Identifier: Apache-2.0 */
#include "infinity.h"

#include <cmath>

namespace nb = nanobind;

namespace kinit_python {

namespace {

template <typename Bits>
void store(Bits *at, const Array &array, int dimension, Bits bits) {
  const bool inner = dimension + 1 >= array.ndim;
  const int64_t length = array.ndim > 0 ? array.shape[dimension] : 1,
                step = array.ndim > 0 ? array.strides[dimension] : 0;
  for (int64_t i = 0; i < length; i++, at += step) {
    if (inner)
      *at = bits;
    else
      store(at, array, dimension + 1, bits);
  }
}

/* Sign and exponent of a type with that many bits of fraction. */
template <typename Bits>
void store_infinity(const Array &array, int fraction, bool negative) {
  const Bits sign = static_cast<Bits>(Bits{1} << (8 * sizeof(Bits) - 1));
  const Bits exponent = static_cast<Bits>(static_cast<Bits>(sign - 1) >> fraction << fraction);
  store(static_cast<Bits *>(array.data), array, 0, static_cast<Bits>(negative ? sign | exponent : exponent));
}

}  // namespace

void fill_infinity(const Destination &destination, bool negative) {
  const Array &array = destination.array;
  array.require_cpu();
  const kinit_tensor tensor = destination.tensor();
  const double value = negative ? -INFINITY : INFINITY;
  if (array.element == Element::f8_e4m3) raise_status(KINIT_ERROR_NOT_FINITE, {{{"value", value}}}); /* it has none */
  raise_status(kinit_constant(&tensor, 0.0)); /* checks all else, and touches the memory with all threads */
  const nb::gil_scoped_release release;
  if (array.element == Element::f32) store_infinity<uint32_t>(array, 23, negative);
  if (array.element == Element::f64) store_infinity<uint64_t>(array, 52, negative);
  if (array.element == Element::f16) store_infinity<uint16_t>(array, 10, negative);
  if (array.element == Element::bf16) store_infinity<uint16_t>(array, 7, negative);
  if (array.element == Element::f8_e5m2) store_infinity<uint8_t>(array, 2, negative);
}

}  // namespace kinit_python
