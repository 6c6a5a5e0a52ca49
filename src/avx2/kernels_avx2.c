/* The AVX2 backend: its SIMD primitives and the algorithm make one table.
 *
 * Owns: kinit_backend_avx2, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "simd_avx2.h"

#define KS_BACKEND kinit_backend_avx2
#define KS_NAME "avx2"
#include "../kernel/table.h"
