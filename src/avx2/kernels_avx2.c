/* The AVX2 backend: its words and the algorithm make one table.
 *
 * Owns: kinit_backend_avx2, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "vec_avx2.h"

#define KV_BACKEND kinit_backend_avx2
#define KV_NAME "avx2"
#include "../kernel/fill_body.h"
