/* A checked fill -> pieces -> threads -> the kernels of the active backend.
 *
 * Owns: the one entrance to the kernels, and the floating-point environment of all that computes.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_FILL_H
#define KINIT_FILL_H

#include "distribution.h"
#include "layout.h"

/* Fills every element of a checked layout. Errors: those of the parameters (kinit_check_distribution), NEEDS_FMA;
 * nothing is written then. */
kinit_status kinit_fill(const kinit_layout *layout, kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream);

/* What fills a checked layout: kinit_fill, or a GPU. */
typedef struct kinit_filling {
  kinit_status (*fill)(void *context, const kinit_layout *layout, kinit_dtype dtype, const kinit_dist *dist,
                       kinit_stream stream);
  void *context;
} kinit_filling;

/* Returns compute(context), called in the default floating-point environment. */
typedef kinit_status kinit_computation(void *context);
kinit_status kinit_fill_compute(kinit_computation *compute, void *context);

#endif
