/* Constants that are infinite, which masks want and the C library refuses.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "arguments.h"

namespace kinit_python {

/* Fills with the infinity of this sign. ValueError for a shard outside the whole array. Needs the GIL. */
void fill_infinity(const Destination &destination, bool negative);

}  // namespace kinit_python
