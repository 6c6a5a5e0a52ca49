/* exhaustive_truncated [STEP]: the f32 truncated normal's inverse distribution function over all 2^32 words.
 *
 * Owns: that measurement. Part of the long tier. SPDX-License-Identifier: Apache-2.0
 *
 * Errors are distances from the exact quantile, in standard deviations before the cut. Fails where one exceeds its row
 * of the table in docs/stream.md, "Errors", where a value leaves the bounds, where neighbouring words go back by more
 * than that page allows, and where a backend differs from the first. */
#include "../exact_truncated.h"
#include "exhaustive.h"
extern "C" {
#include "plan.h"
}

namespace {

using exhaustive::Error;
using exhaustive::kPart;
using kinit_test::Parameters;
using kinit_test::Real;

/* ---- The exact quantile of one word after the other -------------------------------------------------------------- */

/* By Boost.Math at some words, and between them by Taylor's series, whose remainder is below 2^-50 of a standard
 * deviation: with g = dz/du = P/phi(z), P the probability of the interval, z' = g and g' = z g^2. */
class Quantile {
 public:
  explicit Quantile(const Parameters &p) : p_(p) {
    const Real a = (static_cast<Real>(p.low) - p.mean) / p.stddev, b = (static_cast<Real>(p.high) - p.mean) / p.stddev;
    inside_ = a + b >= 0 ? Inside(a, b) : Inside(-b, -a);
  }

  /* Of (word + 1/2) 2^-32. Words are asked for in order. */
  double operator()(uint32_t word) {
    const double h = (static_cast<double>(word) - word_) * slope_;
    if (!(std::fabs(h) * (1 + std::fabs(z_)) < 0x1p-11)) {
      Anchor(word);
      return value_;
    }
    const double z2 = z_ * z_;
    const double rest = h * (z_ / 2 + h * ((1 + 2 * z2) / 6 + h * z_ * (7 + 6 * z2) / 24));
    return value_ + p_.stddev * (h * (1 + rest));
  }

 private:
  static Real Inside(Real a, Real b) {
    const Real right = kinit_test::Above(b);
    return a < 0 ? 1 - kinit_test::Above(-a) - right : kinit_test::Above(a) - right;
  }

  void Anchor(uint32_t word) {
    const Real value = kinit_test::Exact(p_, word, 32), z = (value - p_.mean) / p_.stddev;
    const Real density = std::exp(-z * z / 2) / 2.506628274631000502415765L;
    word_ = word;
    value_ = static_cast<double>(value);
    z_ = static_cast<double>(z);
    slope_ = static_cast<double>(std::ldexp(inside_ / density, -32));
  }

  Parameters p_;
  Real inside_;
  double word_ = 0, value_ = 0, z_ = 0, slope_ = INFINITY;
};

/* ---- What is measured -------------------------------------------------------------------------------------------- */

struct Row {
  const char *name;
  Parameters parameters;
  double allowed; /* docs/stream.md */
};

const Row kRows[] = {
    {"[-2, 2]", {0, 1, -2, 2}, 1e-6},
    {"[-3, 1]", {0, 1, -3, 1}, 1.5e-6},
    {"[0, 5]", {0, 1, 0, 5}, 1.5e-6},
    {"[-5e5, 5e5]", {0, 1, -5e5, 5e5}, 2e-6},
    {"[1.9, 30]", {0, 1, 1.9, 30}, 2e-6},
    {"[-30, -3]", {0, 1, -30, -3}, 2.5e-6},
    {"[5, 6]", {0, 1, 5, 6}, 5e-7},
    {"[20, 21]", {0, 1, 20, 21}, 1.5e-6},
    {"[100, 101]", {0, 1, 100, 101}, 5e-6},
    {"[0, 1], mean -100", {-100, 1, 0, 1}, 5e-8},
    {"[-0.0005, 0.0005]", {0, 1, -0.0005, 0.0005}, 8e-11},
    {"[-1, 1], stddev 1e6", {0, 1e6, -1, 1}, 5e-14},
};
constexpr int32_t kAllowedBack = 16; /* last places */

struct Result {
  Error error;
  Error back; /* of neighbouring words, in last places */
  uint64_t outside = 0, differences = 0;

  void Merge(const Result &other) {
    error.Merge(other.error);
    back.Merge(other.back);
    outside += other.outside;
    differences += other.differences;
  }
};

/* Numbers the floats in order. */
int64_t Place(float x) {
  int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits >= 0 ? bits : static_cast<int64_t>(INT32_MIN) - bits;
}

void Measure(const std::vector<const counting_backend *> &backends, const kinit_parameters &parameters,
             const Parameters &p, uint32_t first, Result *result) {
  const float low = static_cast<float>(p.low), high = static_cast<float>(p.high);
  std::vector<float> values(kPart + (first + kPart != 0)), others(values.size()); /* and the next part's first */
  exhaustive::Fill(backends[0]->truncated, parameters, first, &values);
  for (size_t backend = 1; backend < backends.size(); backend++) {
    exhaustive::Fill(backends[backend]->truncated, parameters, first, &others);
    for (uint32_t i = 0; i < kPart; i++) result->differences += std::memcmp(&others[i], &values[i], 4) != 0;
  }
  Quantile quantile(p);
  for (uint32_t i = 0; i < kPart; i++) {
    const double distance = std::fabs(static_cast<double>(values[i]) - quantile(first + i));
    result->error.Add(distance / p.stddev, first + i);
    result->outside += !(values[i] >= low && values[i] <= high);
    if (i + 1 < values.size() && values[i + 1] < values[i])
      result->back.Add(static_cast<double>(Place(values[i]) - Place(values[i + 1])), first + i);
  }
}

bool Try(const std::vector<const counting_backend *> &backends, uint32_t step, const Row &row) {
  const Parameters p = kinit_test::ToFloats(row.parameters);
  kinit_plan plan;
  const kinit_dist dist = {KINIT_FAMILY_TRUNCATED_NORMAL, p.mean, p.stddev, p.low, p.high, 0};
  if (kinit_plan_make(&plan, KINIT_F32, &dist, {0, 0, 0}) != KINIT_OK) return false;
  const Result result = exhaustive::Walk(row.name, step, Result(), [&](uint32_t first, Result *part) {
    Measure(backends, plan.parameters, p, first, part);
  });
  const double words = exhaustive::WordsOf(step);
  std::printf("%s: greatest error %.3g at word 0x%08" PRIx32
              ", mean %.3g, steps back at most %.0f last places at word "
              "0x%08" PRIx32 ", %" PRIu64 " outside, %" PRIu64 " values differ from the first backend's, %.0f words\n",
              row.name, result.error.worst, result.error.word, result.error.sum / words, result.back.worst,
              result.back.word, result.outside, result.differences, words);
  return result.error.worst <= row.allowed && result.back.worst <= kAllowedBack && result.outside == 0 &&
         result.differences == 0;
}

}  // namespace

int main(int argc, char **argv) {
  const uint32_t step = exhaustive::StepOf(argc, argv);
  std::vector<const counting_backend *> backends = exhaustive::Backends();
  if (step == 1 && backends.size() > 1 && std::string(backends[1]->name) == "scalar_fma") {
    std::printf("left out: scalar, slow, and of the same source as scalar_fma; with a STEP it takes part\n");
    backends.erase(backends.begin());
  }
  std::printf("backends %s\n", exhaustive::NamesOf(backends).c_str());
  int failures = 0;
  for (const Row &row : kRows) failures += !Try(backends, step, row);
  return failures;
}
