/* fill_bits on arrays of any strides and on shards, which the C library offers for flat memory.
 *
 * Owns: the way from a destination to flat runs of words. Used by module.cpp. SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "arguments.h"

namespace kinit_python {

/* Fills words with those of the stream: each gets the word whose index is stream.offset plus its row-major index in the
 * whole array. Throws TypeError if the elements are no words, ValueError for a block outside the whole array and past
 * the end of the stream; nothing is written then. Releases the GIL while it fills. */
void fill_bits(const Destination &destination, kinit_stream stream);

}  // namespace kinit_python
