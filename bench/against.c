/* kinit_bench_against OLD NEW [MiB]: two builds of the shared library side by side, in one process.
 *
 * Owns: the rows, and how they are compared: calls of both alternate, and medians count. SPDX-License-Identifier:
 * Apache-2.0
 *
 * Prints for each row the median time of a call with either library, and the median of the ratios old / new of each
 * turn: above 1 the new one is faster. Large rows take MiB mebibytes (default 1024). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "kinit/kinit.h"

enum { OLD, NEW, LIBRARIES };
enum { MOST_SAMPLES = 4001 };

/* What is called of either library. */
typedef struct library {
  kinit_status (*set_num_threads)(int);
  int (*num_threads)(void);
  kinit_status (*set_isa)(const char *);
  kinit_status (*fill_uniform)(void *, kinit_dtype, size_t, double, double, kinit_stream);
  kinit_status (*fill_normal)(void *, kinit_dtype, size_t, double, double, kinit_stream);
  kinit_status (*fill_truncated_normal)(void *, kinit_dtype, size_t, double, double, double, double, kinit_stream);
  kinit_status (*fill_bits)(uint32_t *, size_t, kinit_stream);
  kinit_status (*normal)(const kinit_tensor *, double, double, kinit_stream);
  kinit_status (*kaiming_uniform)(const kinit_tensor *, double, kinit_fan_mode, kinit_nonlinearity, kinit_stream);
} library;

typedef enum call { UNIFORM, NORMAL, TRUNCATED, BITS, TENSOR, KAIMING } call;

/* How the elements lie: flat, through a transpose of a square, in columns of so many of a matrix twice as wide, or in
 * fresh memory of malloc. */
typedef enum place { FLAT, TRANSPOSE, COLUMNS, FRESH } place;

typedef struct row {
  const char *name;
  const char *isa; /* NULL: the best */
  size_t count;    /* 0: as many as fill the large buffer */
  int64_t columns;
  call call;
  kinit_dtype dtype;
  place place;
  int threads; /* 0: all */
} row;

/* clang-format off */
#define SMALL(name, call, count) {name, NULL, count, 0, call, KINIT_F32, FLAT, 1}
#define CACHED(name, call, dtype, isa) {name " in the cache", isa, 32768, 0, call, dtype, FLAT, 1}
#define SHARED(name, call, count) {name ", all threads", NULL, count, 0, call, KINIT_F32, FLAT, 0}
#define LARGE(name, call, dtype, threads) {name, NULL, 0, 0, call, dtype, FLAT, threads}
#define STRIDED(name, dtype, place, columns) {name, NULL, 1 << 24, columns, TENSOR, dtype, place, 0}

static const row rows[] = {
    SMALL("16 normals", NORMAL, 16),
    SMALL("16 uniforms", UNIFORM, 16),
    SMALL("64 Kaiming uniforms", KAIMING, 64),
    SMALL("1,024 normals", NORMAL, 1024),
    CACHED("uniform f32", UNIFORM, KINIT_F32, NULL),
    CACHED("normal f32", NORMAL, KINIT_F32, NULL),
    CACHED("truncated f32", TRUNCATED, KINIT_F32, NULL),
    CACHED("uniform bf16", UNIFORM, KINIT_BF16, NULL),
    CACHED("normal bf16", NORMAL, KINIT_BF16, NULL),
    CACHED("uniform f16", UNIFORM, KINIT_F16, NULL),
    CACHED("normal f64", NORMAL, KINIT_F64, NULL),
    CACHED("uniform f32 avx2", UNIFORM, KINIT_F32, "avx2"),
    CACHED("normal f32 avx2", NORMAL, KINIT_F32, "avx2"),
    CACHED("uniform f32 scalar", UNIFORM, KINIT_F32, "scalar"),
    CACHED("normal f32 scalar", NORMAL, KINIT_F32, "scalar"),
    SHARED("normal f32 256 KiB", NORMAL, 1 << 16),
    SHARED("normal f32 1 MiB", NORMAL, 1 << 18),
    SHARED("normal f32 4 MiB", NORMAL, 1 << 20),
    LARGE("uniform f32 large, one thread", UNIFORM, KINIT_F32, 1),
    LARGE("uniform f32 large, all threads", UNIFORM, KINIT_F32, 0),
    LARGE("uniform bf16 large, all threads", UNIFORM, KINIT_BF16, 0),
    LARGE("uniform f64 large, all threads", UNIFORM, KINIT_F64, 0),
    LARGE("bits large, all threads", BITS, KINIT_F32, 0),
    LARGE("normal f32 large, one thread", NORMAL, KINIT_F32, 1),
    LARGE("normal f32 large, all threads", NORMAL, KINIT_F32, 0),
    LARGE("truncated f32 large, all threads", TRUNCATED, KINIT_F32, 0),
    STRIDED("normal f32, transpose of 4096 x 4096", KINIT_F32, TRANSPOSE, 0),
    STRIDED("normal bf16, transpose of 4096 x 4096", KINIT_BF16, TRANSPOSE, 0),
    STRIDED("normal f32, columns of 8", KINIT_F32, COLUMNS, 8),
    STRIDED("normal f32, columns of 64", KINIT_F32, COLUMNS, 64),
    {"normal f32, 256 MiB of fresh memory", NULL, 1 << 26, 0, NORMAL, KINIT_F32, FRESH, 0},
};
/* clang-format on */

static const kinit_stream stream = {1, 2, 0};

/* ---- Libraries --------------------------------------------------------------------------------------------------- */

static void *symbol(void *handle, const char *name) {
  void *const address = dlsym(handle, name);
  if (address == NULL) fprintf(stderr, "kinit_bench_against: %s\n", dlerror()), exit(1);
  return address;
}

#define BIND(member)                                        \
  do {                                                      \
    void *const address = symbol(handle, "kinit_" #member); \
    memcpy(&l->member, &address, sizeof address);           \
  } while (0)

static void open_library(const char *path, library *l) {
  void *const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) fprintf(stderr, "kinit_bench_against: %s\n", dlerror()), exit(1);
  BIND(set_num_threads);
  BIND(num_threads);
  BIND(set_isa);
  BIND(fill_uniform);
  BIND(fill_normal);
  BIND(fill_truncated_normal);
  BIND(fill_bits);
  BIND(normal);
  BIND(kaiming_uniform);
}

/* ---- One call ---------------------------------------------------------------------------------------------------- */

static size_t size_of(kinit_dtype dtype) { return dtype == KINIT_F64 ? 8 : dtype == KINIT_F32 ? 4 : 2; }

static kinit_status fill_tensor(const library *l, const row *r, void *memory, size_t count) {
  const int64_t side = 4096, columns = r->columns;
  const int64_t square[] = {side, side}, swapped[] = {1, side};
  const int64_t narrow[] = {columns > 0 ? (int64_t)count / columns : 0, columns}, wide[] = {narrow[0], 2 * columns};
  const int64_t start[] = {0, columns};
  const kinit_tensor transposed = {memory, r->dtype, 2, square, swapped, NULL, NULL};
  const kinit_tensor block = {memory, r->dtype, 2, narrow, NULL, wide, start};
  return l->normal(r->place == TRANSPOSE ? &transposed : &block, 0, 1, stream);
}

static kinit_status fill(const library *l, const row *r, void *memory, size_t count) {
  const int64_t shape[] = {8, (int64_t)count / 8};
  const kinit_tensor matrix = {memory, r->dtype, 2, shape, NULL, NULL, NULL};
  switch (r->call) {
    case UNIFORM:
      return l->fill_uniform(memory, r->dtype, count, 0, 1, stream);
    case NORMAL:
      return l->fill_normal(memory, r->dtype, count, 0, 1, stream);
    case TRUNCATED:
      return l->fill_truncated_normal(memory, r->dtype, count, 0, 1, -2, 2, stream);
    case BITS:
      return l->fill_bits(memory, count, stream);
    case KAIMING:
      return l->kaiming_uniform(&matrix, 0, KINIT_FAN_IN, KINIT_RELU, stream);
    case TENSOR:
      return fill_tensor(l, r, memory, count);
  }
  return KINIT_OK;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void fill_or_exit(const library *l, const row *r, void *memory, size_t count) {
  if (fill(l, r, memory, count) == KINIT_OK) return;
  fprintf(stderr, "kinit_bench_against: \"%s\" fails\n", r->name);
  exit(1);
}

/* Threads of the other library may still look for work, and take the processors: they get the time to fall asleep, and
 * the ones of this library to wake up. */
static void settle(const library *l, const row *r, void *memory, size_t count) {
  nanosleep(&(struct timespec){.tv_nsec = 50 * 1000 * 1000}, NULL);
  for (int i = 0; i < 20 && r->place == FLAT; i++) fill_or_exit(l, r, memory, count < 1 << 20 ? count : 1 << 20);
}

/* Seconds of one call, the mean of `repeat` in a row. */
static double time_of(const library *l, const row *r, void *memory, size_t count, int repeat) {
  void *const fresh = r->place == FRESH ? malloc(count * size_of(r->dtype)) : NULL;
  if (r->threads != 1) settle(l, r, memory, count);
  const double begin = now();
  for (int i = 0; i < repeat; i++) fill_or_exit(l, r, fresh != NULL ? fresh : memory, count);
  const double seconds = (now() - begin) / repeat;
  free(fresh);
  return seconds;
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *samples, int n) {
  qsort(samples, (size_t)n, sizeof *samples, compare);
  return samples[n / 2];
}

static void print_time(double seconds) {
  if (seconds < 1e-6)
    printf(" %8.1f ns", seconds * 1e9);
  else if (seconds < 1e-3)
    printf(" %8.2f us", seconds * 1e6);
  else
    printf(" %8.2f ms", seconds * 1e3);
}

static bool prepare(const library *libraries, const row *r) {
  for (int i = 0; i < LIBRARIES; i++) {
    libraries[i].set_num_threads(r->threads);
    if (libraries[i].set_isa(r->isa) != KINIT_OK) return false;
  }
  return true;
}

/* The two take turns, for a second, or five for large and shared rows, and at least five times each. */
static void measure(const library *libraries, const row *r, void *memory, size_t bytes) {
  static double samples[LIBRARIES][MOST_SAMPLES];
  const size_t count = r->count > 0 ? r->count : bytes / size_of(r->dtype);
  if (!prepare(libraries, r)) {
    printf("%-40s skipped: no %s here\n", r->name, r->isa);
    return;
  }
  const double first = time_of(&libraries[OLD], r, memory, count, 1);
  const int repeat = first < 1e-5 ? 1000 : first < 1e-2 && r->count > 0 ? 20 : 1;
  const double end = now() + (r->count == 0 || r->threads != 1 ? 5 : 1);
  int n = 0;
  for (; n < MOST_SAMPLES && (n < 5 || now() < end); n++)
    for (int i = 0; i < LIBRARIES; i++)
      samples[(i + n) % LIBRARIES][n] = time_of(&libraries[(i + n) % LIBRARIES], r, memory, count, repeat);
  static double ratios[MOST_SAMPLES];
  for (int i = 0; i < n; i++) ratios[i] = samples[OLD][i] / samples[NEW][i];
  printf("%-40s", r->name);
  print_time(median(samples[OLD], n));
  print_time(median(samples[NEW], n));
  printf(" %7.3f\n", median(ratios, n));
  fflush(stdout);
}

int main(int argc, char **argv) {
  library libraries[LIBRARIES];
  if (argc < 3 || argc > 4) return fprintf(stderr, "usage: kinit_bench_against OLD NEW [MiB]\n"), 2;
  const size_t bytes = (argc > 3 ? strtoul(argv[3], NULL, 10) : 1024) << 20;
  open_library(argv[1], &libraries[OLD]);
  open_library(argv[2], &libraries[NEW]);
  void *const memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED || bytes < (64u << 20)) return fprintf(stderr, "kinit_bench_against: no memory\n"), 1;
  madvise(memory, bytes, MADV_HUGEPAGE);
  memset(memory, 1, bytes); /* the host backs it now */
  printf("%-40s %11s %11s %7s\n", "", "old", "new", "old/new");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) measure(libraries, &rows[i], memory, bytes);
  return 0;
}
