/* The public header alone, as C11 with strict warnings: it needs no other header before it.
 *
 * Owns: a program without a framework; it returns 0. SPDX-License-Identifier: Apache-2.0 */
#include "header_use.h"

_Static_assert(sizeof(kinit_stream) == 24, "three integers of 64 bits");

int main(void) { return use_header(); }
