/* What a build without MPI has in its place: nothing. SPDX-License-Identifier: Apache-2.0 */
#include "ranks.h"

static const char no_mpi[] = "this build has no MPI";

bool tool_ranks_start_mpi(int *rank, int *count) {
  (void)rank;
  (void)count;
  return false;
}
void tool_ranks_stop(void) {}
void tool_ranks_abort(int code) { (void)code; }

const char *tool_ranks_kind(void) { return "no MPI"; }

int tool_ranks_agree(int code, tool_error *error) {
  (void)error;
  return code;
}

void tool_ranks_share(void *bytes, size_t size) {
  (void)bytes;
  (void)size;
}

const char *tool_rank_file_open(const char *path, tool_rank_file **file) {
  (void)path;
  *file = NULL;
  return no_mpi;
}

const char *tool_rank_file_write(tool_rank_file *file, const void *bytes, size_t size, uint64_t offset) {
  (void)file;
  (void)bytes;
  (void)size;
  (void)offset;
  return no_mpi;
}

const char *tool_rank_file_close(tool_rank_file *file) {
  (void)file;
  return NULL;
}
