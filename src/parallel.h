/* Threads.
 *
 * Owns: the declarations of parallel.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_PARALLEL_H
#define KINIT_PARALLEL_H

/* The body of a parallel loop: called once for each index in [0, pieces). */
typedef void kinit_piece(const void *context, int index);

/* Calls piece(context, i) for every i in [0, pieces), each in a thread of its own if possible; returns when all are
 * done. */
void kinit_parallel(int pieces, kinit_piece *piece, const void *context);

#endif
