/* What the processor and the operating system offer, and the floating-point environment.
 *
 * Owns: the declarations of cpu.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_CPU_H
#define KINIT_CPU_H

#include <stddef.h>
#include <stdint.h>

/* Sets of instructions that a backend may require, usable: the operating system saves their registers too. */
enum {
  KINIT_CPU_FMA = 1,    /* AVX and FMA3 */
  KINIT_CPU_AVX2 = 2,   /* AVX2 and F16C */
  KINIT_CPU_AVX512 = 4, /* AVX-512 F, DQ, BW, VL */
  KINIT_CPU_NEON = 8
};
unsigned kinit_cpu_features(void);

/* Processor cores, not hardware threads, that the calling thread may run on now: at least 1. */
int kinit_cpu_cores(void);

/* A number for the set of processors that the calling thread may run on now: other sets have others. */
uint64_t kinit_cpu_place(void);

/* Processors that the quotas of this process's control groups allow it, rounded up: at least 1, and 0 without a quota.
 * `root` stands before every path: "" but in tests. */
int kinit_cpu_quota(const char *root);

/* Rests for a moment, in a loop that waits for another thread. */
void kinit_cpu_pause(void);

/* Bytes of the last-level cache, or a usual value if the system does not tell. */
size_t kinit_cpu_cache_size(void);

/* Sets rounding to nearest, subnormals on and all exceptions masked, for this thread; returns what was set before. */
uint64_t kinit_cpu_float_begin(void);
void kinit_cpu_float_end(uint64_t before);

#endif
