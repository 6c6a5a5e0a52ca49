/* The progress bar: bytes, rate and remaining time on stderr, if that is a terminal; nothing otherwise.
 *
 * Owns: the declarations of progress.c. One bar at a time. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_PROGRESS_H
#define KINIT_TOOLS_PROGRESS_H

#include <stdint.h>

/* Begins a bar for work of so many bytes. */
void tool_progress_start(uint64_t total_bytes);

/* So many bytes more are done. Thread-safe; draws ten times a second at most. */
void tool_progress_advance(uint64_t bytes);

/* Ends the bar: with the bytes, the time and the mean rate, or, if the work is not complete, without a trace. Without a
 * bar nothing happens. */
void tool_progress_stop(void);

#endif
