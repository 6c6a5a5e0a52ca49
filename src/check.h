/* Every rule about arguments, once.
 *
 * Owns: the declarations of check.c. Included by api.c, initialize.c, scheme.c, plan.c and check.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_CHECK_H
#define KINIT_CHECK_H

#include <stddef.h>
#include <stdint.h>

#include "kinit/kinit.h"

/* Bytes of an element: 4, 8, 2, 2; 0 for an unknown dtype. */
size_t kinit_dtype_size(kinit_dtype dtype);

/* Destination of a flat fill: dtype, NULL with a count, alignment, size in bytes. */
kinit_status kinit_check_flat(const void *dst, kinit_dtype dtype, size_t count);

/* count elements from offset on lie within the stream, which has 2^63 elements of f64 and 2^64 of the others. */
kinit_status kinit_check_stream(kinit_dtype dtype, uint64_t count, uint64_t offset);

/* A tensor: all that the header says of kinit_tensor, and that the stream reaches from offset to the end of the whole
 * tensor's last element that the block holds. On success *count is the number of the block's elements. */
kinit_status kinit_check_tensor(const kinit_tensor *tensor, uint64_t offset, uint64_t *count);

/* Parameters of the distributions, in the type used (float, or double for f64); a constant also in its dtype. Call them
 * in the default floating-point environment. */
kinit_status kinit_check_uniform(kinit_dtype dtype, double low, double high);
kinit_status kinit_check_normal(kinit_dtype dtype, double mean, double stddev);
kinit_status kinit_check_truncated(kinit_dtype dtype, double mean, double stddev, double low, double high);
kinit_status kinit_check_constant(kinit_dtype dtype, double value);

#endif
