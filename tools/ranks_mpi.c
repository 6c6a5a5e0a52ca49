/* The processes of a job: MPI's ranks. The only file with MPI.
 *
 * A process that no launcher started does not start MPI: that takes longer than a small checkpoint, and needs a
 * network. SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <mpi.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "ranks.h"

struct tool_rank_file {
  MPI_File file;
};

static bool started;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER; /* what MPI_THREAD_SERIALIZED asks for */

bool tool_ranks_start_mpi(int *rank, int *count) {
  int provided;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  started = true;
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, count);
  if (provided >= MPI_THREAD_SERIALIZED) return true;
  fputs("kinit-fill: this MPI does not support threads (MPI_THREAD_SERIALIZED)\n", stderr);
  MPI_Abort(MPI_COMM_WORLD, 1);
  return true;
}

void tool_ranks_stop(void) {
  if (started) MPI_Finalize();
}

void tool_ranks_abort(int code) {
  if (started) MPI_Abort(MPI_COMM_WORLD, code);
}

const char *tool_ranks_kind(void) { return "MPI"; }

int tool_ranks_agree(int code, tool_error *error) {
  int failed = code != 0 ? tool_rank() : INT_MAX, first, worst;
  if (!started) return code;
  MPI_Allreduce(&failed, &first, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
  MPI_Allreduce(&code, &worst, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  if (tool_rank() != first) error->reason[0] = '\0';
  return worst;
}

void tool_ranks_share(void *bytes, size_t size) {
  if (started) MPI_Bcast(bytes, (int)size, MPI_BYTE, 0, MPI_COMM_WORLD);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

/* NULL for success. The text lasts until the process ends, because a job ends with its first error. */
static const char *text_of(int code) {
  static char text[MPI_MAX_ERROR_STRING];
  int length;
  if (code == MPI_SUCCESS) return NULL;
  MPI_Error_string(code, text, &length);
  return text;
}

const char *tool_rank_file_open(const char *path, tool_rank_file **file) {
  *file = malloc(sizeof **file);
  if (*file == NULL) return "out of memory";
  const char *error = text_of(MPI_File_open(MPI_COMM_SELF, path, MPI_MODE_WRONLY, MPI_INFO_NULL, &(*file)->file));
  if (error == NULL) return NULL;
  free(*file);
  *file = NULL;
  return error;
}

const char *tool_rank_file_write(tool_rank_file *file, const void *bytes, size_t size, uint64_t offset) {
  MPI_Status status;
  int written = 0;
  pthread_mutex_lock(&one_at_a_time);
  const int code = MPI_File_write_at(file->file, (MPI_Offset)offset, bytes, (int)size, MPI_BYTE, &status);
  const char *error = text_of(code);
  if (error == NULL) MPI_Get_count(&status, MPI_BYTE, &written);
  pthread_mutex_unlock(&one_at_a_time);
  return error != NULL || written == (int)size ? error : "fewer bytes were written than asked for";
}

const char *tool_rank_file_close(tool_rank_file *file) {
  if (file == NULL) return NULL;
  const int synced = MPI_File_sync(file->file), closed = MPI_File_close(&file->file);
  free(file);
  return text_of(synced != MPI_SUCCESS ? synced : closed);
}
