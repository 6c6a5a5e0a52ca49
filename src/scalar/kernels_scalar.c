/* The scalar backend: its SIMD primitives and the algorithm make one table.
 *
 * Owns: kinit_backend_scalar and, compiled a second time for processors with FMA, kinit_backend_scalar_fma; the build
 * names the table (KS_BACKEND). dispatch.c lists both under one name. SPDX-License-Identifier: Apache-2.0 */
#include "simd_scalar.h"

#define KS_NAME "scalar"
#include "../kernel/table.h"
