/* Memory for large tensors.
 *
 * Owns: kinit_alloc and kinit_free, and the advice to use huge pages. SPDX-License-Identifier: Apache-2.0 */
#ifdef __linux__
#define _DEFAULT_SOURCE 1 /* madvise, mincore */
#include <sys/mman.h>
#endif

#ifdef _WIN32
#include <malloc.h>
#endif
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "environment.h"
#include "kinit/kinit.h"
#include "memory.h"

enum {
  HUGE_PAGE = 2 << 20,
  SMALLEST_PAGE = 4 << 10,
  SMALLEST_ADVISED = 4 << 20 /* bytes of a fill; holds one whole huge page wherever it lies */
};

enum { AS_ENVIRONMENT, ON, OFF };
static _Atomic int huge_pages; /* of these */

void kinit_set_huge_pages(int on) { atomic_store(&huge_pages, on != 0 ? ON : OFF); }

#if defined(MADV_HUGEPAGE) && defined(MADV_FREE)
static bool allowed(void) {
  const int chosen = atomic_load_explicit(&huge_pages, memory_order_relaxed);
  return chosen == AS_ENVIRONMENT ? kinit_environment_read()->huge_pages : chosen == ON;
}

/* Whether no page of these HUGE_PAGE bytes was touched, and they are mapped. */
static bool untouched(char *page) {
  unsigned char touched[HUGE_PAGE / SMALLEST_PAGE] = {0};
  if (mincore(page, HUGE_PAGE, touched) != 0) return false;
  unsigned any = 0;
  for (size_t i = 0; i < sizeof touched; i++) any |= touched[i];
  return (any & 1) == 0; /* the other bits are reserved */
}

/* The huge pages are advised from the first on, as far as they are untouched: of memory in use the first page tells.
 * MADV_FREE is refused for everything but private anonymous memory, at no cost, and there is nothing to lose in pages
 * that were never touched and will be overwritten. */
bool kinit_memory_advise(void *destination, size_t bytes) {
  if (bytes < SMALLEST_ADVISED || !allowed()) return false;
  char *const begin = (char *)destination + -(uintptr_t)destination % HUGE_PAGE;
  char *const end = (char *)destination + bytes;
  char *p = begin;
  while (end - p >= HUGE_PAGE && untouched(p)) p += HUGE_PAGE;
  const size_t fresh = (size_t)(p - begin);
  if (fresh == 0 || madvise(begin, fresh, MADV_FREE) != 0) return false;
  (void)madvise(begin, fresh, MADV_HUGEPAGE);
  return fresh > bytes / 2;
}
#else
bool kinit_memory_advise(void *destination, size_t bytes) {
  (void)destination, (void)bytes;
  return false;
}
#endif

#ifdef _WIN32
static void *aligned(size_t bytes) { return _aligned_malloc(bytes, HUGE_PAGE); }

void kinit_free(void *memory) { _aligned_free(memory); }
#else
static void *aligned(size_t bytes) { return aligned_alloc(HUGE_PAGE, bytes); }

void kinit_free(void *memory) { free(memory); }
#endif

void *kinit_alloc(size_t bytes) {
  if (bytes > SIZE_MAX - HUGE_PAGE) return NULL;
  const size_t rounded = bytes < HUGE_PAGE ? HUGE_PAGE : (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
  void *memory = aligned(rounded);
#ifdef MADV_HUGEPAGE
  /* Advice only: where the system has no huge pages the memory is as good as any other. */
  if (memory != NULL) (void)madvise(memory, rounded, MADV_HUGEPAGE);
#endif
  return memory;
}
