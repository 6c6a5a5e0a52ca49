/* The scalar backend: its words and the algorithm make one table.
 *
 * Owns: kinit_backend_scalar and, compiled a second time for processors with FMA, kinit_backend_scalar_fma; the build
 * names the table (KV_BACKEND). dispatch.c lists both under one name. SPDX-License-Identifier: Apache-2.0 */
#include "vec_scalar.h"

#define KV_NAME "scalar"
#include "../kernel/fill_body.h"
