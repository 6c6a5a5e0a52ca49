/* Eye and dirac: ones at some places of a tensor, zeros elsewhere.
 *
 * Owns: the declaration of identity.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_IDENTITY_H
#define KINIT_IDENTITY_H

#include "fill.h"
#include "kinit/kinit.h"

/* Whether eye or dirac fits the shape of a whole tensor. Errors: DIMENSIONS, GROUPS. */
kinit_status kinit_identity_check(const kinit_initializer *initializer, int ndim, const int64_t *shape);

/* The initializer's scheme is eye or dirac, and fits; its tensor is checked and has `count` elements. Errors: those of
 * the filling. */
kinit_status kinit_identity_fill(kinit_filling filling, const kinit_tensor *tensor, uint64_t count,
                                 const kinit_initializer *initializer);

#endif
