/* Ways to bring a filled tensor to a file, measured: why kinit-fill writes as it does.
 *
 * Owns: the alternatives to tools/output.c, as short as they can be. Run by scripts/bench-checkpoint.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: checkpoint WAY FILE MEBIBYTES f32|bf16
 *   fill    normals into memory that stays in the cache, no file
 *   memory  normals into fresh memory of kinit_alloc    pages  of malloc, in pages of 4 KiB, as a memory file system's
 *   pwrite  fill, then pwrite    direct  the same with direct I/O    mmap  normals into the mapped file
 * Prints GB/s: from reserving the space to the end of fsync. All threads of kinit. */
#include <fcntl.h>
#include <kinit/kinit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { TILE = 1 << 20, WRITERS_PER_THREAD = 2, MAX_WRITERS = 128 };

static const char *way;
static kinit_dtype dtype;
static size_t size;
static int file = -1;
static _Atomic size_t next;

static void require(int ok, const char *what) {
  if (ok) return;
  perror(what);
  exit(1);
}

static void fill(void *memory, size_t at, size_t bytes) {
  const size_t element = dtype == KINIT_F32 ? 4 : 2;
  kinit_stream stream = kinit_stream_named(42, "w");
  stream.offset = at / element;
  require(kinit_fill_normal(memory, dtype, bytes / element, 0, 1, stream) == KINIT_OK, "fill");
}

static void fill_mapping(size_t at) {
  void *mapping = mmap(NULL, TILE, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)at);
  require(mapping != MAP_FAILED, "mmap");
  fill(mapping, at, TILE);
  munmap(mapping, TILE);
}

static void *write_tiles(void *unused) {
  void *memory = kinit_alloc(TILE);
  require(memory != NULL, "memory");
  for (size_t at; (at = atomic_fetch_add(&next, TILE)) < size;) {
    if (strcmp(way, "mmap") == 0) {
      fill_mapping(at);
      continue;
    }
    fill(memory, at, TILE);
    if (file >= 0) require(pwrite(file, memory, TILE, (off_t)at) == TILE, "pwrite");
  }
  kinit_free(memory);
  return unused;
}

static void run_threads(void) {
  pthread_t threads[MAX_WRITERS];
  const int wanted = kinit_num_threads() * (file >= 0 ? WRITERS_PER_THREAD : 1);
  const int count = wanted < MAX_WRITERS ? wanted : MAX_WRITERS;
  kinit_set_num_threads(1);
  for (int i = 0; i < count; i++) require(pthread_create(&threads[i], NULL, write_tiles, NULL) == 0, "thread");
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
}

static void fill_memory(void *memory) {
  require(memory != NULL, "memory");
  fill(memory, 0, size);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv) {
  require(argc == 5, "usage: checkpoint WAY FILE MEBIBYTES f32|bf16");
  way = argv[1];
  size = strtoull(argv[3], NULL, 10) << 20;
  dtype = strcmp(argv[4], "f32") == 0 ? KINIT_F32 : KINIT_BF16;
  const double start = now();
  if (strcmp(way, "fill") != 0 && strcmp(way, "memory") != 0 && strcmp(way, "pages") != 0) {
    file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0666);
    require(file >= 0 && fallocate(file, 0, 0, (off_t)size) == 0, argv[2]);
    if (strcmp(way, "direct") == 0) fcntl(file, F_SETFL, O_DIRECT);
  }
  if (strcmp(way, "memory") == 0)
    fill_memory(kinit_alloc(size));
  else if (strcmp(way, "pages") == 0)
    fill_memory(malloc(size));
  else
    run_threads();
  require(file < 0 || fsync(file) == 0, "fsync");
  printf("%.2f\n", (double)size / 1e9 / (now() - start));
  if (file >= 0) unlink(argv[2]);
  return 0;
}
