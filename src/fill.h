/* A checked fill -> pieces -> threads -> the kernels of the active room.
 *
 * Owns: the one entrance to the kernels. Included by api.c and fill.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_FILL_H
#define KINIT_FILL_H

#include "kernel.h"
#include "shard.h"

/* Draws into every element of the layout with this kernel of the active room. draw->streaming is decided here. */
void kinit_fill_layout(kinit_kernel *kernel, const kinit_draw *draw, const kinit_layout *layout);

#endif
