/* Threads that share one piece of work, each with memory of its own.
 *
 * Owns: how many there are, and that the work goes on with fewer. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_THREADS_H
#define KINIT_TOOLS_THREADS_H

#include <stdbool.h>
#include <stddef.h>

/* What each thread does, until nothing is left. memory: as many bytes as asked for, at a page. */
typedef void tool_thread_body(void *shared, void *memory);

/* Runs the body in this thread and in others, all of them at most `per_core` times as many as kinit has threads. Where
 * there is no memory or no thread for one of them, the others do the work. Fills of kinit use one thread meanwhile.
 * False, and nothing has happened: there is no memory for this thread. */
bool tool_threads_run(int per_core, size_t bytes, tool_thread_body *body, void *shared);

#endif
