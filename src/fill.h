/* A checked fill -> pieces -> threads -> the kernels of the active backend.
 *
 * Owns: the one entrance to the kernels. Included by api.c and fill.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_FILL_H
#define KINIT_FILL_H

#include "layout.h"
#include "plan.h"

/* Runs a plan: draws into every element of the layout, and returns to the caller's floating-point environment. */
void kinit_fill_layout(kinit_plan *plan, const kinit_layout *layout);

#endif
