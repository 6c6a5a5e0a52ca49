/* Memory for large tensors.
 *
 * Owns: the declarations of memory.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_MEMORY_H
#define KINIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* Asks for huge pages in memory that is about to be overwritten as a whole, where that pays and is allowed (see
 * kinit_set_huge_pages). Advice only. True if most of it was fresh: its pages are cleared, in the caches, as the fill
 * reaches them. */
bool kinit_memory_advise(void *destination, size_t bytes);

#endif
