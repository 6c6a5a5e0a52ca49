/* A library to preload: it kills the process before change number KINIT_KILL_AT of a name in a directory.
 *
 * Owns: which calls count. SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static void count(void) {
  static int changes;
  const char *const end = getenv("KINIT_KILL_AT");
  if (end != NULL && ++changes == atoi(end)) kill(getpid(), SIGKILL);
}

/* NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): the C library's names are reserved. */

int rename(const char *from, const char *to) {
  count();
  return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
  count();
  return (int)syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlink(const char *path) {
  count();
  return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
