/* The AVX-512 backend: its words and the algorithm make one table.
 *
 * Owns: kinit_backend_avx512, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "vec_avx512.h"

#define KV_BACKEND kinit_backend_avx512
#define KV_NAME "avx512"
#include "../kernel/fill_body.h"
