/* Constants that are infinite, which masks want and the C library refuses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "arguments.h"

namespace kinit_python {

/* Fills with the infinity of this sign. ValueError for a shard outside the whole array, and for the
 * type that has no infinity, f8_e4m3. Needs the GIL. */
void fill_infinity(const Destination &destination, bool negative);

}  // namespace kinit_python
