/* A range of a tensor's elements, by the public header alone.
 *
 * Owns: the way from a tensor and its initializer to a call of kinit. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_FILL_TENSOR_H
#define KINIT_TOOLS_FILL_TENSOR_H

#include "error.h"
#include "model.h"

/* Whether the initializer takes the tensor's shape, dtype and arguments: what the library says of them. Fills nothing.
 */
kinit_status tool_fill_check(const tool_tensor *tensor);

/* Fills count elements from `first` on, in C order, as the initializer would when it fills the whole tensor with
 * kinit_stream_named(seed, tensor->name). dst: aligned to an element. Thread-safe.
 * first + count is at most the number of elements, and tool_fill_check said KINIT_OK; an error is the library's. */
kinit_status tool_fill(const tool_tensor *tensor, uint64_t seed, uint64_t first, uint64_t count, void *dst);

/* The probability that an element lies beyond what the dtype holds, so that it would become infinite; 0 if it cannot.
 * *largest: the largest number of the dtype. tool_fill_check said KINIT_OK. */
double tool_fill_overflow(const tool_tensor *tensor, double *largest);

#endif
