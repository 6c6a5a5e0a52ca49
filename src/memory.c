/* Memory for large tensors.
 *
 * Owns: kinit_alloc and kinit_free. SPDX-License-Identifier: Apache-2.0 */
#ifdef __linux__
#define _DEFAULT_SOURCE 1 /* madvise */
#include <sys/mman.h>
#endif

#include <stdint.h>
#include <stdlib.h>

#include "kinit/kinit.h"

enum { HUGE_PAGE = 2 << 20 };

void *kinit_alloc(size_t bytes) {
  if (bytes > SIZE_MAX - HUGE_PAGE) return NULL;
  const size_t rounded = bytes < HUGE_PAGE ? HUGE_PAGE : (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  void *memory = aligned_alloc(HUGE_PAGE, rounded);
#ifdef MADV_HUGEPAGE
  /* Advice only: where the system has no huge pages the memory is as good as any other. */
  if (memory != NULL) (void)madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  return memory;
}

void kinit_free(void *memory) { free(memory); }
