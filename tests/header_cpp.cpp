/* The public header alone, as C++17 with strict warnings: it needs no other header before it.
 *
 * Owns: a program without a framework; it returns 0. SPDX-License-Identifier: Apache-2.0 */
#include "header_use.h"

static_assert(sizeof(kinit_stream) == 24, "three integers of 64 bits");
static_assert(__is_trivial(kinit_tensor) && __is_standard_layout(kinit_tensor), "a struct of C");

int main() { return use_header(); }
