/* What the exhaustive programs share: the backends that count, a walk over all words, and errors.
 *
 * Owns: these helpers. SPDX-License-Identifier: Apache-2.0
 *
 * Usage of every program: [STEP]. Without it all 2^32 words are visited, with it every STEP-th of the 2^16 parts of
 * 2^16 words each. Prints its progress, what it tried, and what it found; the exit status tells whether that is within
 * the limits. */
#ifndef KINIT_TESTS_EXHAUSTIVE_H
#define KINIT_TESTS_EXHAUSTIVE_H

#include <cinttypes>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "counting.h"
#include "cpu.h"
#if KINIT_HAVE_AVX512
extern const counting_backend counting_avx512;
#endif
#if KINIT_HAVE_AVX2
extern const counting_backend counting_avx2;
#endif
#if KINIT_HAVE_NEON
extern const counting_backend counting_neon;
#endif
#if KINIT_HAVE_SCALAR_FMA
extern const counting_backend counting_scalar_fma;
#endif
extern const counting_backend counting_scalar;
}

namespace exhaustive {

constexpr uint32_t kPart = 1 << 16, kParts = 1 << 16; /* words of a part, and parts */

/* ---- Backends ---------------------------------------------------------------------------------------------------- */

/* Those that this processor runs, scalar first; the others are named. */
inline std::vector<const counting_backend *> Backends() {
  const struct {
    const char *name;
    const counting_backend *backend; /* null: not in this build */
    unsigned required;
  } all[] = {
    {"scalar", &counting_scalar, 0},
#if KINIT_HAVE_SCALAR_FMA
    {"scalar_fma", &counting_scalar_fma, KINIT_CPU_FMA},
#else
    {"scalar_fma", nullptr, 0},
#endif
#if KINIT_HAVE_AVX2
    {"avx2", &counting_avx2, KINIT_CPU_AVX2},
#else
    {"avx2", nullptr, 0},
#endif
#if KINIT_HAVE_AVX512
    {"avx512", &counting_avx512, KINIT_CPU_AVX512},
#else
    {"avx512", nullptr, 0},
#endif
#if KINIT_HAVE_NEON
    {"neon", &counting_neon, KINIT_CPU_NEON},
#else
    {"neon", nullptr, 0},
#endif
  };
  std::vector<const counting_backend *> backends;
  for (const auto &entry : all) {
    if (entry.backend == nullptr)
      std::printf("skipped: backend %s, not in this build\n", entry.name);
    else if ((entry.required & ~kinit_cpu_features()) != 0)
      std::printf("skipped: backend %s, not of this processor\n", entry.name);
    else
      backends.push_back(entry.backend);
  }
  return backends;
}

/* "scalar, avx2" */
inline std::string NamesOf(const std::vector<const counting_backend *> &backends) {
  std::string names;
  for (const counting_backend *backend : backends) names += (names.empty() ? "" : ", ") + std::string(backend->name);
  return names;
}

/* What a kernel gives for the words first, first + 1, ... */
template <typename T>
void Fill(kinit_kernel *kernel, const kinit_parameters &parameters, uint32_t first, std::vector<T> *values) {
  const kinit_span run = {values->data(), 1, first, values->size()};
  kernel(&parameters, &run, 1);
}

/* ---- The walk ---------------------------------------------------------------------------------------------------- */

/* The program's argument; ends the program if it is none. */
inline uint32_t StepOf(int argc, char **argv) {
  const long step = argc > 1 ? std::atol(argv[1]) : 1;
  if (argc > 2 || step < 1 || step > kParts) {
    std::fprintf(stderr, "usage: %s [STEP], 1 to %" PRIu32 "\n", argv[0], kParts);
    std::exit(2);
  }
  return static_cast<uint32_t>(step);
}

/* Gives every step-th part to `measure(first word, &result)`, in several threads with a result for each part, and puts
 * the results together with result.Merge(other) in the order of the parts. */
template <typename Result, typename Measure>
Result Walk(const char *what, uint32_t step, const Result &start, const Measure &measure) {
  constexpr uint32_t kReports = 8;
  const uint32_t parts = (kParts + step - 1) / step, share = (parts + kReports - 1) / kReports;
  Result total = start;
  for (uint32_t begin = 0; begin < parts; begin += share) {
    const uint32_t end = begin + share < parts ? begin + share : parts;
    std::vector<Result> results(end - begin, start);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic)
#endif
    for (uint32_t part = begin; part < end; part++) measure(part * step * kPart, &results[part - begin]);
    for (const Result &result : results) total.Merge(result);
    std::printf("%s: %" PRIu32 " of %" PRIu32 " parts\n", what, end, parts);
    std::fflush(stdout);
  }
  return total;
}

inline double WordsOf(uint32_t step) { return static_cast<double>((kParts + step - 1) / step) * kPart; }

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

/* A unit in the last place of a float of the size of x, which is not 0. */
inline double Ulp(double x) {
  uint64_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  bits &= UINT64_C(0x7FF) << 52; /* the power of two below */
  std::memcpy(&x, &bits, sizeof x);
  return x * 0x1p-23;
}

struct Error {
  double worst = 0, sum = 0;
  uint32_t word = 0; /* of the worst */

  void Add(double error, uint32_t at) {
    sum += error;
    if (error > worst) {
      worst = error;
      word = at;
    }
  }
  void Merge(const Error &other) {
    const double both = sum + other.sum;
    if (other.worst > worst) *this = other;
    sum = both;
  }
};

}  // namespace exhaustive

#endif
