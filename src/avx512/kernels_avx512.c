/* The AVX-512 room: its words and the algorithm make one table.
 *
 * Owns: kinit_room_avx512, which dispatch.c lists. SPDX-License-Identifier: Apache-2.0 */
#include "vec_avx512.h"

#define KV_ROOM kinit_room_avx512
#define KV_NAME "avx512"
#include "../kernel/fill_body.h"
