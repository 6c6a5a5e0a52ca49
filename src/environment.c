/* The only file that reads the environment.
 *
 * Owns: its variables as they were when the library was loaded. Another thread may call setenv at any time later, and
 * the list of variables that getenv walks then moves. SPDX-License-Identifier: Apache-2.0 */
#include "environment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static kinit_environment seen;

static void copy_name(char *to, size_t size, const char *from) {
  if (from != NULL && strlen(from) < size) memcpy(to, from, strlen(from) + 1);
}

/* OMP_NUM_THREADS may list a number for each level of nesting: the first counts. */
static int positive(const char *text) {
  if (text == NULL) return 0;
  char *end;
  const long number = strtol(text, &end, 10);
  while (*end == ' ') end++;
  return number > 0 && number <= INT_MAX && (*end == '\0' || *end == ',') ? (int)number : 0;
}

/* Before main, and before the constructors of those who may call the library from theirs. */
__attribute__((constructor(101))) static void read_environment(void) {
  copy_name(seen.isa, sizeof seen.isa, getenv("KINIT_ISA"));
  const char *const huge_pages = getenv("KINIT_HUGE_PAGES");
  seen.huge_pages = huge_pages == NULL || strcmp(huge_pages, "0") != 0;
  seen.threads = positive(getenv("OMP_NUM_THREADS"));
}

const kinit_environment *kinit_environment_read(void) { return &seen; }
