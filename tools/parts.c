/* Where processes without MPI meet. Locks are those of flock(2), which NFS and the parallel file systems have for
 * files, so every lock is one. SPDX-License-Identifier: Apache-2.0 */
#include "parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ranks.h"

static const char *directory;
static int own = -1, lock = -1; /* descriptors: this rank's file, the lock of all */

static int system_error(const char *path, tool_error *error) {
  return tool_fail(error, TOOL_FAILED, path, 0, "%s", strerror(errno));
}

static void name_rank(int rank, char path[TOOL_PATH_SIZE]) {
  snprintf(path, TOOL_PATH_SIZE, "%s/rank-%d", directory, rank);
}

static void name_lock(char path[TOOL_PATH_SIZE]) { snprintf(path, TOOL_PATH_SIZE, "%s/lock", directory); }

/* Whether a rank's file says that its part is done. */
static bool is_done(int rank) {
  char path[TOOL_PATH_SIZE];
  struct stat status;
  name_rank(rank, path);
  return stat(path, &status) == 0 && status.st_size > 0;
}

static int take_lock(tool_error *error) {
  char path[TOOL_PATH_SIZE];
  name_lock(path);
  lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0) return system_error(path, error);
  while (flock(lock, LOCK_EX) != 0)
    if (errno != EINTR) return system_error(path, error);
  return TOOL_OK;
}

int tool_parts_enter(const char *path, bool *done, tool_error *error) {
  char name[TOOL_PATH_SIZE];
  directory = path;
  if (mkdir(path, 0777) != 0 && errno != EEXIST) return system_error(path, error);
  name_rank(tool_rank(), name);
  own = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (own < 0) return system_error(name, error);
  if (flock(own, LOCK_EX | LOCK_NB) != 0)
    return errno == EWOULDBLOCK
               ? tool_fail(error, TOOL_FAILED, path, 0, "another process is rank %d of this job", tool_rank())
               : system_error(name, error);
  *done = is_done(tool_rank());
  return TOOL_OK;
}

int tool_parts_finish(int *left, tool_error *error) {
  const int code = take_lock(error);
  *left = 0;
  if (code != TOOL_OK) return code;
  if (pwrite(own, "+", 1, 0) != 1 || fsync(own) != 0) return system_error(directory, error);
  for (int i = 0; i < tool_rank_count(); i++) *left += !is_done(i);
  if (*left > 0) {
    close(lock); /* and so unlocked */
    lock = -1;
  }
  return TOOL_OK;
}

void tool_parts_remove(void) {
  char path[TOOL_PATH_SIZE];
  for (int i = 0; i < tool_rank_count(); i++) {
    name_rank(i, path);
    unlink(path);
  }
  name_lock(path);
  unlink(path);
  rmdir(directory);
}
