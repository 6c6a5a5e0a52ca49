/* The NEON backend: its words and the algorithm make one table.
 *
 * Owns: kinit_backend_neon, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "vec_neon.h"

#define KV_BACKEND kinit_backend_neon
#define KV_NAME "neon"
#include "../kernel/fill_body.h"
