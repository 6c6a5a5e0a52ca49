/* The NEON room: its words and the algorithm make one table.
 *
 * Owns: kinit_room_neon, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "vec_neon.h"

#define KV_ROOM kinit_room_neon
#define KV_NAME "neon"
#include "../kernel/fill_body.h"
