/* Every rule about arguments, once.
 *
 * Owns: the declarations of check.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_CHECK_H
#define KINIT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "distribution.h"
#include "kinit/kinit.h"

/* Destination of a flat fill: dtype, NULL with a count, alignment, size in bytes; and that the stream, which has 2^63
 * elements of f64 and 2^64 of the others, reaches from offset to the last element. */
kinit_status kinit_check_flat(const void *dst, kinit_dtype dtype, size_t count, uint64_t offset);

/* A tensor: all that the header says of kinit_tensor, and that the stream reaches from offset to the end of the whole
 * tensor's last element that the block holds. On success *count is the number of the block's elements. */
kinit_status kinit_check_tensor(const kinit_tensor *tensor, uint64_t offset, uint64_t *count);

/* A shape without a tensor: ndim, NULL with dimensions, lengths. */
kinit_status kinit_check_shape(int ndim, const int64_t *shape);

/* An initializer's size and scheme; what the scheme reads is scheme.c's to check. */
kinit_status kinit_check_initializer(const kinit_initializer *initializer);

/* The parameters of a distribution, in the type used (float, or double for f64); a constant also in its dtype. Call it
 * in the default floating-point environment. */
kinit_status kinit_check_distribution(kinit_dtype dtype, const kinit_dist *dist);

#endif
