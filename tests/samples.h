/* Samples of kinit's output, and what its statistics say of them.
 *
 * Owns: the sizes, the policy about p-values, and the way from a fill to a battery. SPDX-License-Identifier:
 * Apache-2.0
 *
 * The policy: seeds are fixed, so a test passes always or never. A p-value below kSuspicious fails; of the few
 * thousand that are looked at, one would be by chance for one in some hundred choices of the seeds. A planted defect
 * has to fall below kCertain. */
#ifndef KINIT_TESTS_SAMPLES_H
#define KINIT_TESTS_SAMPLES_H

#include <cstdio>

#include "statistics.h"
#include "support.h"

namespace kinit_test {

constexpr double kSuspicious = 1e-6, kCertain = 1e-9;
constexpr size_t kQuick = size_t{1} << 24, kLong = size_t{1} << 30;
constexpr uint64_t kSeed = 20250101;

inline std::vector<float> Normals(size_t count, const kinit_stream &stream) {
  std::vector<float> values(count);
  EXPECT_EQ(kinit_fill_normal(values.data(), KINIT_F32, count, 0, 1, stream), KINIT_OK);
  return values;
}

inline std::vector<float> Uniforms(size_t count, const kinit_stream &stream) {
  std::vector<float> values(count);
  EXPECT_EQ(kinit_fill_uniform(values.data(), KINIT_F32, count, 0, 1, stream), KINIT_OK);
  return values;
}

inline std::vector<float> Cuts(const Cut &cut, size_t count, const kinit_stream &stream) {
  std::vector<float> values(count);
  EXPECT_EQ(kinit_fill_truncated_normal(values.data(), KINIT_F32, count, 0, 1, cut.low, cut.high, stream), KINIT_OK);
  return values;
}

inline std::vector<uint16_t> Bf16Normals(size_t count, const kinit_stream &stream) {
  std::vector<uint16_t> values(count);
  EXPECT_EQ(kinit_fill_normal(values.data(), KINIT_BF16, count, 0, 1, stream), KINIT_OK);
  return values;
}

/* Numbers of the distribution before rounding: see Unrounding. */
template <typename T>
std::vector<T> Unrounded(const std::vector<uint16_t> &values, Unrounding unrounding) {
  std::vector<T> numbers;
  for (const uint16_t bits : values) numbers.push_back(static_cast<T>(unrounding(bits)));
  return numbers;
}

inline const Unrounding kNormalUnrounding(false, -INFINITY, INFINITY);

/* ---- Batteries --------------------------------------------------------------------------------------------------- */

inline std::vector<Result> NormalResults(const std::vector<float> &values,
                                         const std::vector<double> &thresholds = {4, 5}) {
  NormalBattery battery(thresholds);
  battery.Add(values);
  return battery.Results();
}

inline std::vector<Result> UniformResults(const std::vector<float> &values) {
  UniformBattery battery;
  battery.Add(values);
  return battery.Results();
}

template <typename T>
std::vector<Result> CutResults(const Cut &cut, const std::vector<T> &values) {
  CutBattery battery(cut, {4, 5});
  battery.Add(values);
  return battery.Results();
}

inline void ExpectGood(const char *what, size_t count, const std::vector<Result> &results) {
  const Result *smallest = &results[0];
  for (const Result &result : results) {
    EXPECT_GT(result.p, kSuspicious) << what << ", " << result.name;
    if (result.p < smallest->p) smallest = &result;
  }
  std::printf("[ %s: %zu elements, %zu p-values, the smallest %.2g, of %s ]\n", what, count, results.size(),
              smallest->p, smallest->name.c_str());
}

inline double PValue(const std::vector<Result> &results, const std::string &name) {
  for (const Result &result : results)
    if (result.name == name) return result.p;
  ADD_FAILURE() << "no statistic is called " << name;
  return 1;
}

}  // namespace kinit_test

#endif
