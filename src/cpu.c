/* The only file with cpuid, hwcaps, control registers and quotas.
 *
 * Owns: detection of features, cores, quotas and cache, and the floating-point environment.
 * SPDX-License-Identifier: Apache-2.0 */
#ifdef __linux__
#define _GNU_SOURCE 1 /* sched_getaffinity, CPU_SET_S */
#include <limits.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#endif

#if !defined(__x86_64__) && !defined(__aarch64__)
#include <fenv.h>
#include <string.h>
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

/* The scalar backend alone, which asks for nothing. */
unsigned kinit_cpu_features(void) { return 0; }

/* What C knows of the environment. Where fenv_t is longer, its first bytes are those that count; on i386 they are the
 * control word of the x87, in which libm may compute, and SSE's register is another. */
#ifdef __i386__
#include <immintrin.h>
enum { FENV_BYTES = 4 };
static uint64_t other_register(void) { return (uint64_t)_mm_getcsr() << 32; }
static void set_other_register(uint64_t before) { _mm_setcsr((uint32_t)(before >> 32)); }
#else
enum { FENV_BYTES = sizeof(fenv_t) < sizeof(uint64_t) ? sizeof(fenv_t) : sizeof(uint64_t) };
static uint64_t other_register(void) { return 0; }
static void set_other_register(uint64_t before) { (void)before; }
#endif

uint64_t kinit_cpu_float_begin(void) {
  fenv_t environment;
  uint64_t before = 0;
  (void)fegetenv(&environment);
  memcpy(&before, &environment, FENV_BYTES);
  before |= other_register();
  (void)fesetenv(FE_DFL_ENV);
  return before;
}
void kinit_cpu_float_end(uint64_t before) {
  fenv_t environment;
  (void)fegetenv(&environment);
  memcpy(&environment, &before, FENV_BYTES);
  (void)fesetenv(&environment);
  set_other_register(before);
}
#endif

/* ---- Cores ------------------------------------------------------------------------------------------------------- */

#ifdef __linux__
/* As many processors as Linux can be built for. cpu_set_t alone holds 1,024. */
enum { MOST_PROCESSORS = 8192, SETS = MOST_PROCESSORS / CPU_SETSIZE };
typedef struct processor_set {
  cpu_set_t set[SETS];
} processor_set;

static bool find_allowed(processor_set *allowed) {
  memset(allowed, 0, sizeof *allowed);
  return sched_getaffinity(0, sizeof allowed->set, allowed->set) == 0;
}

/* FNV-1a, by words instead of bytes. */
static uint64_t number_of(const processor_set *p) {
  uint64_t words[sizeof *p / sizeof(uint64_t)], hash = UINT64_C(0xCBF29CE484222325);
  memcpy(words, p, sizeof words);
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) hash = (hash ^ words[i]) * UINT64_C(0x100000001B3);
  return hash;
}

uint64_t kinit_cpu_place(void) {
  processor_set allowed;
  return find_allowed(&allowed) ? number_of(&allowed) : 0;
}

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

static int count_cores(const processor_set *allowed) {
  processor_set cores;
  memset(&cores, 0, sizeof cores);
  for (size_t cpu = 0; cpu < MOST_PROCESSORS; cpu++)
    if (CPU_ISSET_S(cpu, sizeof allowed->set, allowed->set)) CPU_SET_S(first_sibling(cpu), sizeof cores.set, cores.set);
  const int count = CPU_COUNT_S(sizeof cores.set, cores.set);
  return count > 0 ? count : 1;
}

/* The last answer is kept, the number of its set in the upper 48 bits and the cores below, because the system takes its
 * time to tell siblings. */
int kinit_cpu_cores(void) {
  static _Atomic uint64_t last;
  const uint64_t low = 0xFFFF;
  processor_set allowed;
  if (!find_allowed(&allowed)) {
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
  }
  const uint64_t number = number_of(&allowed) & ~low, known = atomic_load(&last);
  if ((known & ~low) == number && (known & low) != 0) return (int)(known & low);
  const int cores = count_cores(&allowed);
  atomic_store(&last, number | (uint64_t)cores);
  return cores;
}
#else
int kinit_cpu_cores(void) { return 1; }
uint64_t kinit_cpu_place(void) { return 0; }
#endif

void kinit_cpu_pause(void) {
#ifdef __x86_64__
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/* ---- Quotas ------------------------------------------------------------------------------------------------------ */

#ifdef __linux__
enum { LINE = 1024, PATH = 512 };

/* A tree of control groups: where it is mounted, which of its groups is seen there, and whether it is of version 2. */
typedef struct hierarchy {
  char root[PATH], mount[PATH];
  bool unified;
} hierarchy;

/* Whether a list with commas holds the word. */
static bool lists(const char *list, const char *word) {
  const size_t length = strlen(word);
  for (const char *at = list; (at = strstr(at, word)) != NULL; at += length)
    if ((at == list || at[-1] == ',') && (at[length] == '\0' || at[length] == ',')) return true;
  return false;
}

static FILE *open_below(const char *directory, const char *name) {
  char path[2 * LINE];
  const int length = snprintf(path, sizeof path, "%s%s", directory, name);
  return length > 0 && (size_t)length < sizeof path ? fopen(path, "r") : NULL;
}

/* A line of /proc/self/mountinfo that mounts a tree with processor quotas. */
static bool parse_mount(const char *line, hierarchy *h) {
  char type[16], options[PATH] = "";
  const char *second = strstr(line, " - ");
  if (second == NULL || sscanf(line, "%*d %*d %*s %511s %511s", h->root, h->mount) != 2) return false;
  if (sscanf(second, " - %15s %*s %511s", type, options) < 1) return false;
  h->unified = strcmp(type, "cgroup2") == 0;
  return h->unified || (strcmp(type, "cgroup") == 0 && lists(options, "cpu"));
}

/* The group of this process in such a tree, from /proc/self/cgroup: "0::/path" or "4:cpu,cpuacct:/path". */
static bool find_group(const char *root, bool unified, char *group) {
  char line[LINE], controllers[PATH];
  bool found = false;
  FILE *file = open_below(root, "/proc/self/cgroup");
  while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
    if (unified)
      found = sscanf(line, "0::%511[^\n]", group) == 1;
    else
      found = sscanf(line, "%*d:%511[^:]:%511[^\n]", controllers, group) == 2 && lists(controllers, "cpu");
  }
  if (file != NULL) (void)fclose(file);
  return found;
}

static bool read_numbers(const char *directory, const char *name, const char *format, long long *first,
                         long long *second) {
  FILE *file = open_below(directory, name);
  if (file == NULL) return false;
  const int wanted = second != NULL ? 2 : 1;
  const bool read = (second != NULL ? fscanf(file, format, first, second) : fscanf(file, format, first)) == wanted;
  (void)fclose(file);
  return read;
}

/* Processors that one group allows, INT_MAX without a quota. */
static int quota_of(const char *directory, bool unified) {
  long long quota = -1, period = 0;
  const bool read = unified ? read_numbers(directory, "/cpu.max", "%lld %lld", &quota, &period)
                            : read_numbers(directory, "/cpu.cfs_quota_us", "%lld", &quota, NULL) &&
                                  read_numbers(directory, "/cpu.cfs_period_us", "%lld", &period, NULL);
  if (!read || quota <= 0 || period <= 0) return INT_MAX;
  const long long processors = (quota - 1) / period + 1;
  return processors < INT_MAX ? (int)processors : INT_MAX;
}

/* The least that the group and those above it allow, up to where the tree is mounted. */
static int quota_in(const char *root, const hierarchy *h) {
  char group[PATH], directory[2 * LINE];
  if (!find_group(root, h->unified, group)) return INT_MAX;
  const size_t above = strcmp(h->root, "/") == 0 ? 0 : strlen(h->root);
  const bool seen = strncmp(group, h->root, above) == 0 && strstr(group, "/..") == NULL;
  const int length = snprintf(directory, sizeof directory, "%s%s%s", root, h->mount, seen ? group + above : "");
  if (length < 0 || (size_t)length >= sizeof directory) return INT_MAX;
  const size_t top = strlen(root) + strlen(h->mount);
  int least = INT_MAX;
  for (char *end = directory + length; end != NULL && end >= directory + top; end = strrchr(directory, '/')) {
    *end = '\0';
    const int processors = quota_of(directory, h->unified);
    if (processors < least) least = processors;
  }
  return least;
}

int kinit_cpu_quota(const char *root) {
  char line[LINE];
  int least = INT_MAX;
  FILE *file = open_below(root, "/proc/self/mountinfo");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    hierarchy h;
    const int processors = parse_mount(line, &h) ? quota_in(root, &h) : INT_MAX;
    if (processors < least) least = processors;
  }
  if (file != NULL) (void)fclose(file);
  return least < INT_MAX ? least : 0;
}
#else
int kinit_cpu_quota(const char *root) {
  (void)root;
  return 0;
}
#endif

/* ---- Caches ------------------------------------------------------------------------------------------------------ */

#define USUAL_CACHE ((size_t)32 << 20)

#ifdef __linux__
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
size_t kinit_cpu_cache_size(void) { return USUAL_CACHE; }
#endif
