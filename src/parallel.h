/* Threads.
 *
 * Owns: the declarations of parallel.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_PARALLEL_H
#define KINIT_PARALLEL_H

#include <stdint.h>

/* Threads that a fill of so many bytes may use: what kinit_num_threads says, but a quota is only read again where the
 * fill takes much longer than that. */
int kinit_parallel_limit(uint64_t bytes);

/* The body of a parallel loop: called once for each index in [0, pieces). */
typedef void kinit_piece(const void *context, int index);

/* Calls piece(context, i) for every i in [0, pieces), in up to `limit` threads, of which the caller is one; returns
 * when all are done. Threads that the system refuses, or that other fills use, are not waited for. */
void kinit_parallel(int limit, int pieces, kinit_piece *piece, const void *context);

#endif
