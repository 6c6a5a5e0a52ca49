/* The NEON backend: its SIMD primitives and the algorithm make one table.
 *
 * Owns: kinit_backend_neon, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "simd_neon.h"

#define KS_BACKEND kinit_backend_neon
#define KS_NAME "neon"
#include "../kernel/table.h"
