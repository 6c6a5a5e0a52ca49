/* Random123's own header in a plain loop: what a C programmer would write with it. One of the peers.
 *
 * Owns: the program kinit_bench_random123, which bench/peers runs. SPDX-License-Identifier: Apache-2.0
 *
 *   kinit_bench_random123 BYTES THREADS REPETITIONS
 *
 * Prints one line for each distribution: its name and the median of gigabytes per second. */
#define _POSIX_C_SOURCE 200809L
#include <Random123/philox.h>
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_THREADS = 1024, MAX_REPETITIONS = 101 };

/* count is a multiple of 4; elements from `first` on. */
typedef void loop(float *out, size_t first, size_t count);

typedef struct share {
  loop *loop;
  float *out;
  size_t first, count;
} share;

static philox4x32_ctr_t block(size_t index) {
  const uint64_t number = index / 4;
  const philox4x32_ctr_t counter = {{(uint32_t)number, (uint32_t)(number >> 32), 7, 0}};
  const philox4x32_key_t key = {{42, 0}};
  return philox4x32(counter, key);
}

static void uniform(float *out, size_t first, size_t count) {
  for (size_t i = 0; i < count; i += 4) {
    const philox4x32_ctr_t words = block(first + i);
    for (int k = 0; k < 4; k++) out[i + k] = -0.05f + (float)(words.v[k] >> 8) * (0.1f * 0x1p-24f);
  }
}

static void normal(float *out, size_t first, size_t count) {
  for (size_t i = 0; i < count; i += 4) {
    const philox4x32_ctr_t words = block(first + i);
    for (int k = 0; k < 4; k += 2) {
      const float u = (float)words.v[k] * 0x1p-32f + 0x1p-33f, v = (float)words.v[k + 1] * 0x1p-32f;
      const float r = 0.02f * sqrtf(-2.0f * logf(u));
      out[i + k] = r * cosf(6.28318531f * v);
      out[i + k + 1] = r * sinf(6.28318531f * v);
    }
  }
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static void *run(void *context) {
  const share *s = context;
  s->loop(s->out + s->first, s->first, s->count);
  return NULL;
}

static void fill(loop *body, float *out, size_t count, int threads) {
  pthread_t thread[MAX_THREADS];
  share shares[MAX_THREADS];
  const size_t each = count / (size_t)threads / 16 * 16;
  for (int i = 0; i < threads; i++) {
    const size_t first = (size_t)i * each;
    shares[i] = (share){body, out, first, i == threads - 1 ? count - first : each};
    if (i > 0 && pthread_create(&thread[i], NULL, run, &shares[i]) != 0) abort();
  }
  run(&shares[0]);
  for (int i = 1; i < threads; i++) pthread_join(thread[i], NULL);
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void measure(const char *name, loop *body, float *out, size_t count, int threads, int repetitions) {
  double rate[MAX_REPETITIONS];
  for (int i = 0; i < repetitions; i++) {
    const double begin = now();
    fill(body, out, count, threads);
    rate[i] = (double)count * 4e-9 / (now() - begin);
  }
  qsort(rate, (size_t)repetitions, sizeof rate[0], ascending);
  printf("%s %.4f\n", name, rate[repetitions / 2]);
}

int main(int argc, char **argv) {
  const size_t count = argc == 4 ? (size_t)strtoull(argv[1], NULL, 10) / 64 * 16 : 0;
  const int threads = argc == 4 ? atoi(argv[2]) : 0, repetitions = argc == 4 ? atoi(argv[3]) : 0;
  if (count == 0 || threads < 1 || threads > MAX_THREADS || repetitions < 1 || repetitions > MAX_REPETITIONS) {
    fputs("usage: kinit_bench_random123 BYTES THREADS REPETITIONS\n", stderr);
    return 2;
  }
  float *out = malloc(count * 4);
  if (out == NULL) return 1;
  memset(out, 1, count * 4);
  measure("uniform", uniform, out, count, threads, repetitions);
  measure("normal", normal, out, count, threads, repetitions);
  free(out);
  return 0;
}
