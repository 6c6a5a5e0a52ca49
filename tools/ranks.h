/* The processes of a job that write one checkpoint together: MPI's ranks, or this process alone.
 *
 * Owns: all that knows MPI. Without MPI, or when no launcher started the process, there is one rank, 0, and every
 * function here does nothing or says so. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_RANKS_H
#define KINIT_TOOLS_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* First and last of all calls. */
void tool_ranks_start(int *argc, char ***argv);
void tool_ranks_stop(void);

/* Ends the job at once, with this exit code; returns only if this process is alone. */
void tool_ranks_abort(int code);

int tool_rank(void);
int tool_rank_count(void);

/* "MPI" or "no MPI": what this build can do. */
const char *tool_ranks_kind(void);

/* The rest is collective: all ranks call it, in the same order. */

/* The largest of all ranks' codes. The error stays with the lowest rank that has one; all others get an empty reason.
 */
int tool_ranks_agree(int code, tool_error *error);

/* Copies rank 0's bytes to all others. */
void tool_ranks_share(void *bytes, size_t size);

/* ---- Files, by MPI-IO -------------------------------------------------------------------------------------------- */
/* Not collective: each rank opens the files that it writes to. Functions return NULL or what went wrong. */

typedef struct tool_rank_file tool_rank_file;

const char *tool_rank_file_open(const char *path, tool_rank_file **file);
/* Thread-safe. */
const char *tool_rank_file_write(tool_rank_file *file, const void *bytes, size_t size, uint64_t offset);
/* Syncs and closes; NULL is allowed. */
const char *tool_rank_file_close(tool_rank_file *file);

#endif
