/* The scalar room: its words and the algorithm make one table.
 *
 * Owns: kinit_room_scalar and, compiled a second time for processors with FMA, kinit_room_scalar_fma; the build names
 * the table (KV_ROOM). dispatch.c lists both under one name. SPDX-License-Identifier: Apache-2.0 */
#include "vec_scalar.h"

#define KV_NAME "scalar"
#include "../kernel/fill_body.h"
