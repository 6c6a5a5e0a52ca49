/* The choice of the instruction set.
 *
 * Owns: the declarations of dispatch.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_DISPATCH_H
#define KINIT_DISPATCH_H

#include "kernel.h"

/* The backend in use; chosen at first use. */
const kinit_backend *kinit_active_backend(void);

#endif
