/* The only file with cpuid, hwcaps and control registers.
 *
 * Owns: detection of features, cores and cache, and the floating-point environment.
 * SPDX-License-Identifier: Apache-2.0 */
#ifdef __linux__
#define _GNU_SOURCE 1 /* sched_getaffinity, CPU_SET */
#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#endif

#include "cpu.h"

/* ---- Instruction sets -------------------------------------------------------------------------------------------- */

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

/* Register sets whose state the operating system saves (XCR0): bits 1 and 2 are SSE and AVX, 5 to 7 are AVX-512. */
static uint32_t saved_states(uint32_t leaf1_ecx) {
  if (!(leaf1_ecx & bit_OSXSAVE)) return 0;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

unsigned kinit_cpu_features(void) {
  const uint32_t avx_state = 0x06, avx512_state = 0xE6;
  const uint32_t avx512 = bit_AVX512F | bit_AVX512DQ | bit_AVX512BW | bit_AVX512VL;
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const uint32_t states = saved_states(c);
  if ((states & avx_state) != avx_state || !(c & bit_AVX) || !(c & bit_FMA)) return 0;
  unsigned features = KINIT_CPU_FMA;
  if (!(c & bit_F16C) || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_AVX2)) return features;
  features |= KINIT_CPU_AVX2;
  if ((states & avx512_state) == avx512_state && (b & avx512) == avx512) features |= KINIT_CPU_AVX512;
  return features;
}

/* MXCSR: 0x1F80 is the power-on value, and the lowest six bits are sticky flags. Writing it costs more than a small
 * fill, so it is only done where something differs. */
uint64_t kinit_cpu_float_begin(void) {
  const uint32_t before = _mm_getcsr();
  if ((before & ~0x3Fu) != 0x1F80) _mm_setcsr(0x1F80);
  return before;
}
void kinit_cpu_float_end(uint64_t before) {
  if (_mm_getcsr() != before) _mm_setcsr((uint32_t)before);
}

#elif defined(__aarch64__)

/* Advanced SIMD and fused multiply-add belong to every AArch64 that runs an operating system. */
unsigned kinit_cpu_features(void) { return KINIT_CPU_NEON | KINIT_CPU_FMA; }

static void write_control(uint64_t fpcr, uint64_t fpsr) {
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(fpcr), "r"(fpsr) : "memory");
}

/* The control register in the lower half, the status register, with its sticky flags, in the upper. */
uint64_t kinit_cpu_float_begin(void) {
  uint64_t fpcr, fpsr;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(fpcr), "=r"(fpsr) : : "memory");
  write_control(0, fpsr);
  return fpsr << 32 | (uint32_t)fpcr;
}
void kinit_cpu_float_end(uint64_t before) { write_control((uint32_t)before, before >> 32); }

#else
#error "kinit knows the floating-point control registers of x86-64 and AArch64 only"
#endif

/* ---- Cores and caches -------------------------------------------------------------------------------------------- */

#define USUAL_CACHE ((size_t)32 << 20)

#ifdef __linux__
/* The lowest hardware thread of the core to which `cpu` belongs; cpu itself if the system does not tell. */
static size_t first_sibling(size_t cpu) {
  char path[96];
  (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%zu/topology/thread_siblings_list", cpu);
  FILE *file = fopen(path, "r");
  size_t first = cpu;
  if (file != NULL) {
    if (fscanf(file, "%zu", &first) != 1) first = cpu;
    (void)fclose(file);
  }
  return first;
}

static void add_core(cpu_set_t *cores, size_t cpu) {
  const size_t core = first_sibling(cpu);
  if (core < CPU_SETSIZE) CPU_SET(core, cores);
}

static int count_of(const cpu_set_t *cores) {
  const int count = CPU_COUNT(cores);
  return count > 0 ? count : 1;
}

int kinit_cpu_cores(void) {
  cpu_set_t allowed, cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
  }
  for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &allowed)) add_core(&cores, cpu);
  return count_of(&cores);
}

int kinit_cpu_cores_of(const int *processors, int count) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (int i = 0; i < count; i++) add_core(&cores, (size_t)processors[i]);
  return count_of(&cores);
}

/* Bytes of a cache of the first processor, 0 if the system does not tell. */
static size_t cache_size(int index) {
  char path[80];
  (void)snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu0/cache/index%d/size", index);
  FILE *file = fopen(path, "r");
  size_t kibibytes = 0;
  if (file != NULL) {
    if (fscanf(file, "%zuK", &kibibytes) != 1) kibibytes = 0;
    (void)fclose(file);
  }
  return kibibytes << 10;
}

/* Not from sysconf, whose answer on virtual machines can be the sum over all processors of the host. */
size_t kinit_cpu_cache_size(void) {
  size_t largest = 0;
  for (int index = 0; index < 8; index++) {
    const size_t size = cache_size(index);
    if (size > largest) largest = size;
  }
  return largest > 0 ? largest : USUAL_CACHE;
}
#else
int kinit_cpu_cores(void) { return 1; }
int kinit_cpu_cores_of(const int *processors, int count) { return processors != NULL && count > 0 ? count : 1; }
size_t kinit_cpu_cache_size(void) { return USUAL_CACHE; }
#endif
