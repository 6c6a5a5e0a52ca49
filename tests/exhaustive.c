/* exhaustive [STEP]: the errors of the f32 normal's radius, cosine and sine over all 2^32 words, or every STEP-th.
 *
 * Owns: that measurement. Run by ctest in the long tier; some minutes on two cores. SPDX-License-Identifier: Apache-2.0
 *
 * Errors are in ulp of the exact value, which is computed in double by the C library: of the rounded u for the radius,
 * of the word for the angle. Prints the greatest and the mean error and the word of the greatest; fails beyond 2 ulp
 * for the radius and 3 ulp for cosine and sine. */
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "scalar/vec_scalar.h"
#define KV_STEP 1
#include "kernel/normal.h"

enum { RADIUS, COSINE, SINE, QUANTITIES };

typedef struct error {
  double worst, sum;
  uint32_t word;
} error;

/* A unit in the last place of a float near x. */
static double ulp(double x) {
  int exponent;
  frexp(x, &exponent);
  return ldexp(1, exponent - 24);
}

static void add(error *e, double exact, float measured, uint32_t word) {
  const double distance = fabs((double)measured - exact);
  const double ulps = distance == 0 ? 0 : distance / ulp(exact);
  e->sum += ulps;
  if (ulps > e->worst) {
    e->worst = ulps;
    e->word = word;
  }
}

/* Cosine and sine of (word + 1/2) 2^-32 turns: the nearest quarter turn is taken off in integers. */
static void exact_angle(uint32_t word, double *cosine, double *sine) {
  const uint32_t quarter = (word + 0x20000000u) >> 30;
  const int32_t rest = (int32_t)(word - (quarter << 30));
  const double x = ((double)rest + 0.5) * (0x1.921fb54442d18p+2 * 0x1p-32);
  const double c = cos(x), s = sin(x);
  *cosine = quarter == 0 ? c : quarter == 1 ? -s : quarter == 2 ? -c : s;
  *sine = quarter == 0 ? s : quarter == 1 ? c : quarter == 2 ? -s : -c;
}

static void measure(uint32_t word, error *errors) {
  float r, c, s;
  double cosine, sine;
  normal_radius(&word, &r, 1);
  normal_angle(&word, &c, &s, 1);
  const float u = fmaf((float)word, 0x1p-32f, 0x1p-33f);
  exact_angle(word, &cosine, &sine);
  add(&errors[RADIUS], sqrt(-2 * log((double)u)), r, word);
  add(&errors[COSINE], cosine, c, word);
  add(&errors[SINE], sine, s, word);
}

static void merge(error *into, const error *from) {
  into->sum += from->sum;
  if (from->worst > into->worst) {
    into->worst = from->worst;
    into->word = from->word;
  }
}

int main(int argc, char **argv) {
  const int64_t step = argc > 1 ? atoll(argv[1]) : 1;
  const int64_t chunk = INT64_C(1) << 24, chunks = (INT64_C(1) << 32) / chunk;
  const char *const names[QUANTITIES] = {"radius", "cosine", "sine"};
  const double allowed[QUANTITIES] = {2, 3, 3};
  error total[QUANTITIES] = {{0, 0, 0}};
  int failures = 0;
  if (step < 1 || step > chunk) {
    fprintf(stderr, "usage: exhaustive [STEP], 1 to 2^24\n");
    return 2;
  }
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
  for (int64_t i = 0; i < chunks; i++) {
    error part[QUANTITIES] = {{0, 0, 0}};
    for (int64_t word = i * chunk; word < (i + 1) * chunk; word += step) measure((uint32_t)word, part);
#ifdef _OPENMP
#pragma omp critical
#endif
    for (int k = 0; k < QUANTITIES; k++) merge(&total[k], &part[k]);
  }
  for (int k = 0; k < QUANTITIES; k++) {
    const double words = (double)(chunks * ((chunk + step - 1) / step));
    printf("%s: greatest error %.4f ulp at word 0x%08" PRIx32 ", mean %.4f ulp, %.0f words\n", names[k], total[k].worst,
           total[k].word, total[k].sum / words, words);
    failures += total[k].worst > allowed[k];
  }
  return failures;
}
