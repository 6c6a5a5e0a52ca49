/* An initializer as a value, whatever fills by it.
 *
 * Owns: the declaration of initialize.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_INITIALIZE_H
#define KINIT_INITIALIZE_H

#include "fill.h"
#include "kinit/kinit.h"

/* kinit_initialize by this filling: all that can be wrong with the arguments is found before it is called. */
kinit_status kinit_initialize_by(kinit_filling filling, const kinit_tensor *tensor,
                                 const kinit_initializer *initializer, kinit_stream stream);

#endif
