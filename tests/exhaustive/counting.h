/* Backends that count: the kernels of a backend with words 0, 1, 2, ... in the place of Philox's.
 *
 * Owns: the table that counting_backend.c makes of each backend. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_COUNTING_H
#define KINIT_TESTS_COUNTING_H

#include "kernel.h"

/* Each fills as a kernel does; word e of the stream is e mod 2^32. */
typedef struct counting_backend {
  const char *name;
  kinit_kernel *radius, *cosine, *sine;         /* f32: the parts of Box and Muller's transformation */
  kinit_kernel *f16, *bf16, *f8_e4m3, *f8_e5m2; /* the float whose bits are the word, rounded */
  kinit_kernel *truncated;                      /* f32 */
} counting_backend;

#endif
