/* The AVX-512 backend: its SIMD primitives and the algorithm make one table.
 *
 * Owns: kinit_backend_avx512, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "simd_avx512.h"

#define KS_BACKEND kinit_backend_avx512
#define KS_NAME "avx512"
#include "../kernel/table.h"
