/* exhaustive_normal [STEP]: the errors of the f32 normal's radius, cosine and sine over all 2^32 words.
 *
 * Owns: that measurement. Part of the long tier. SPDX-License-Identifier: Apache-2.0
 *
 * Errors are in ulp of the exact value, for which SLEEF's double functions stand: of the rounded u for the radius, of
 * the word for the angle. The scalar backend is measured, and all others must give its bits. Fails beyond 2 ulp for the
 * radius and 3 ulp for cosine and sine. */
#include <sleef.h>

#include "exhaustive.h"

namespace {

using exhaustive::Error;
using exhaustive::kPart;

enum Quantity { kRadius, kCosine, kSine, kQuantities };
constexpr const char *kNames[kQuantities] = {"radius", "cosine", "sine"};
constexpr double kAllowed[kQuantities] = {2, 3, 3};

struct Result {
  Error errors[kQuantities];
  uint64_t differences = 0; /* values of other backends that are not scalar's */

  void Merge(const Result &other) {
    for (int k = 0; k < kQuantities; k++) errors[k].Merge(other.errors[k]);
    differences += other.differences;
  }
};

double Radius(uint32_t word) {
  const float u = std::fma(static_cast<float>(word), 0x1p-32f, 0x1p-33f);
  return std::sqrt(-2 * Sleef_log_u10(static_cast<double>(u)));
}

/* Of (word + 1/2) 2^-32 turns, which are exact. */
void Exact(uint32_t word, double *exact) {
  const auto pair = Sleef_sincospi_u05((static_cast<double>(word) + 0.5) * 0x1p-31);
  exact[kRadius] = Radius(word);
  exact[kCosine] = pair.y;
  exact[kSine] = pair.x;
}

kinit_kernel *KernelOf(const counting_backend *backend, int quantity) {
  return quantity == kRadius ? backend->radius : quantity == kCosine ? backend->cosine : backend->sine;
}

void Measure(const std::vector<const counting_backend *> &backends, uint32_t first, Result *result) {
  const kinit_parameters parameters = {};
  std::vector<float> values[kQuantities], others(kPart);
  for (int k = 0; k < kQuantities; k++) {
    values[k].resize(kPart);
    exhaustive::Fill(KernelOf(backends[0], k), parameters, first, &values[k]);
    for (size_t backend = 1; backend < backends.size(); backend++) {
      exhaustive::Fill(KernelOf(backends[backend], k), parameters, first, &others);
      for (uint32_t i = 0; i < kPart; i++) result->differences += std::memcmp(&others[i], &values[k][i], 4) != 0;
    }
  }
  for (uint32_t i = 0; i < kPart; i++) {
    double exact[kQuantities];
    Exact(first + i, exact);
    for (int k = 0; k < kQuantities; k++) {
      const double distance = std::fabs(static_cast<double>(values[k][i]) - exact[k]);
      if (distance > 0) result->errors[k].Add(distance / exhaustive::Ulp(exact[k]), first + i);
    }
  }
}

}  // namespace

int main(int argc, char **argv) {
  const uint32_t step = exhaustive::StepOf(argc, argv);
  const std::vector<const counting_backend *> backends = exhaustive::Backends();
  const Result result =
      exhaustive::Walk("normal", step, Result(), [&](uint32_t first, Result *part) { Measure(backends, first, part); });
  const double words = exhaustive::WordsOf(step);
  bool good = result.differences == 0;
  for (int k = 0; k < kQuantities; k++) {
    const Error &error = result.errors[k];
    std::printf("%s: greatest error %.4f ulp at word 0x%08" PRIx32 ", mean %.4f ulp, %.0f words\n", kNames[k],
                error.worst, error.word, error.sum / words, words);
    good = good && error.worst <= kAllowed[k];
  }
  std::printf("backends %s: %" PRIu64 " values differ from the first's\n", exhaustive::NamesOf(backends).c_str(),
              result.differences);
  return good ? 0 : 1;
}
