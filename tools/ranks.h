/* The processes of a job that write one checkpoint together: MPI's ranks, ranks that the command line or the
 * environment numbers, or this process alone.
 *
 * Owns: who this process is, and all that knows MPI. Ranks without MPI do not talk to one another; they meet in files
 * only, see parts.h. Where there is one rank, 0, the collective functions here do nothing.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_RANKS_H
#define KINIT_TOOLS_RANKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* First of all calls. rank_text, count_text: what --rank and --ranks say, both or none (NULL). Without them it is what
 * MPI says if one of its launchers started this process; or SLURM_PROCID of SLURM_NTASKS, or RANK of WORLD_SIZE.
 * Errors: USAGE (no numbers, a rank that is not below their number), FAILED (MPI sees fewer processes than the launcher
 * started). */
int tool_ranks_start(const char *rank_text, const char *count_text, tool_error *error);

/* Last of all calls. */
void tool_ranks_stop(void);

/* Ends a job of MPI at once, with this exit code; returns where there is none. */
void tool_ranks_abort(int code);

int tool_rank(void);
int tool_rank_count(void);

/* Whether there are several ranks, without MPI. */
bool tool_ranks_meet_in_files(void);

/* "MPI" or "no MPI": what this build can do. */
const char *tool_ranks_kind(void);

/* The rest is collective: all ranks of MPI call it, in the same order. */

/* The largest of all ranks' codes. The error stays with the lowest rank that has one; all others get an empty reason.
 */
int tool_ranks_agree(int code, tool_error *error);

/* Copies rank 0's bytes to all others. */
void tool_ranks_share(void *bytes, size_t size);

/* ---- MPI, as ranks.c needs it ------------------------------------------------------------------------------------ */

/* Starts it, and sets rank and number of ranks; false in a build without MPI. */
bool tool_ranks_start_mpi(int *rank, int *count);

/* ---- Files, by MPI-IO -------------------------------------------------------------------------------------------- */
/* Not collective: each rank opens the files that it writes to. Functions return NULL or what went wrong. */

typedef struct tool_rank_file tool_rank_file;

const char *tool_rank_file_open(const char *path, tool_rank_file **file);
/* Thread-safe. */
const char *tool_rank_file_write(tool_rank_file *file, const void *bytes, size_t size, uint64_t offset);
/* Syncs and closes; NULL is allowed. */
const char *tool_rank_file_close(tool_rank_file *file);

#endif
