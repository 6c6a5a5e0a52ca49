/* Which of several processes this one is.
 *
 * Owns: the options and variables that say so, and in which order they count. SPDX-License-Identifier: Apache-2.0 */
#include "ranks.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static int rank, count = 1;
static bool with_mpi;

int tool_rank(void) { return rank; }
int tool_rank_count(void) { return count; }
bool tool_ranks_meet_in_files(void) { return count > 1 && !with_mpi; }

/* A whole number in decimal digits. */
static bool read_number(const char *text, int *number) {
  char *end;
  errno = 0;
  const long value = *text >= '0' && *text <= '9' ? strtol(text, &end, 10) : (end = (char *)(uintptr_t)text, -1);
  *number = (int)value;
  return value >= 0 && value <= INT_MAX && errno == 0 && *end == '\0';
}

/* Takes rank and number from texts; the names are for messages. */
static int take(const char *rank_name, const char *rank_text, const char *count_name, const char *count_text,
                tool_error *error) {
  if (!read_number(count_text, &count) || count == 0)
    return tool_fail(error, TOOL_USAGE, NULL, 0, "%s takes a whole number from 1 to %d, not \"%s\" (see --help)",
                     count_name, INT_MAX, count_text);
  if (read_number(rank_text, &rank) && rank < count) return TOOL_OK;
  return tool_fail(error, TOOL_USAGE, NULL, 0,
                   "%s takes a whole number from 0 to %d, below that of %s, not \"%s\" (see --help)", rank_name,
                   count - 1, count_name, rank_text);
}

/* ---- Launchers --------------------------------------------------------------------------------------------------- */

/* What launchers of MPI tell their processes: Open MPI, MVAPICH, PMI (MPICH, Intel MPI, Slurm), PMIx (PRRTE, Slurm). */
static const struct {
  const char *rank, *count;
} launchers[] = {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
                 {"MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"},
                 {"PMI_RANK", "PMI_SIZE"},
                 {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"}};

/* *name: the variable with their number, NULL if it tells none. Whether one of them started this process. */
static bool find_launcher(const char **name) {
  for (size_t i = 0; i < sizeof launchers / sizeof launchers[0]; i++)
    if (getenv(launchers[i].rank) != NULL) {
      *name = getenv(launchers[i].count) != NULL ? launchers[i].count : NULL;
      return true;
    }
  return false;
}

/* Several processes of which each takes itself for the only one would write the same files. */
static int check_launcher(const char *name, tool_error *error) {
  const char *const text = name != NULL ? getenv(name) : NULL;
  int started = 1;
  if (text == NULL || !read_number(text, &started) || started == count) return TOOL_OK;
  return tool_fail(error, TOOL_FAILED, NULL, 0,
                   "the launcher started %d processes (%s), and MPI sees %d%s: give --rank and --ranks, or use the "
                   "launcher of the MPI that kinit-fill was built with",
                   started, name, count, with_mpi ? "" : ", since this build has none");
}

/* Without MPI. In the script of a job, before any step, Slurm counts the tasks that are to come. */
static int take_variables(tool_error *error) {
  const char *const slurm_rank = getenv("SLURM_PROCID"), *const slurm_count = getenv("SLURM_NTASKS");
  const bool is_script = getenv("SLURM_JOB_ID") != NULL && getenv("SLURM_STEP_ID") == NULL;
  const char *const plain_rank = getenv("RANK"), *const plain_count = getenv("WORLD_SIZE");
  if (slurm_rank != NULL && slurm_count != NULL && !is_script)
    return take("SLURM_PROCID", slurm_rank, "SLURM_NTASKS", slurm_count, error);
  if (plain_rank != NULL && plain_count != NULL) return take("RANK", plain_rank, "WORLD_SIZE", plain_count, error);
  return TOOL_OK;
}

int tool_ranks_start(const char *rank_text, const char *count_text, tool_error *error) {
  const char *name;
  if (rank_text != NULL) return take("--rank", rank_text, "--ranks", count_text, error);
  if (!find_launcher(&name)) return take_variables(error);
  with_mpi = tool_ranks_start_mpi(&rank, &count);
  return check_launcher(name, error);
}
