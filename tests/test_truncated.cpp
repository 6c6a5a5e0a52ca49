/* The truncated normal: accuracy against the exact inverse distribution function, bounds, and edges.
 *
 * Owns: the tests that are about this distribution alone. SPDX-License-Identifier: Apache-2.0
 *
 * The exact values come from Boost.Math in long double, applied to the words that kinit_fill_bits gives; those are
 * Philox's, as test_stream.cpp shows. */
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "exact_truncated.h"
#include "support.h"

namespace kinit_test {
namespace {

constexpr kinit_stream kStream = {1952, 11, 0};
constexpr kinit_dtype kDtypes[] = {KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16};

std::string TextOf(const Parameters &p) {
  const auto text = [](double x) { return testing::PrintToString(x); };
  return "mean " + text(p.mean) + ", stddev " + text(p.stddev) + ", [" + text(p.low) + ", " + text(p.high) + "]";
}

kinit_status Fill(void *dst, kinit_dtype dtype, size_t count, const Parameters &p, kinit_stream stream = kStream) {
  return kinit_fill_truncated_normal(dst, dtype, count, p.mean, p.stddev, p.low, p.high, stream);
}

template <typename T>
std::vector<T> Values(const Parameters &p, size_t count, kinit_stream stream = kStream) {
  std::vector<T> values(count);
  EXPECT_EQ(Fill(values.data(), sizeof(T) == 8 ? KINIT_F64 : KINIT_F32, count, p, stream), KINIT_OK);
  return values;
}

/* False, and the test skipped, where f64 cannot be drawn. */
bool HaveF64() {
  double value;
  return Fill(&value, KINIT_F64, 1, {0, 1, -1, 1}) != KINIT_ERROR_NEEDS_FMA;
}

/* ---- Accuracy ---------------------------------------------------------------------------------------------------- */

struct AccuracyRow {
  const char *variant;
  Parameters parameters;
  double f32, f64; /* greatest errors allowed, in standard deviations */
};

/* A little above what was measured; the greatest part of [100, 101] is the last place of its numbers. */
const AccuracyRow kAccuracy[] = {
    {"central", {0, 1, -2, 2}, 7e-7, 2.2e-15},        {"central", {0, 0.02, -0.04, 0.04}, 8e-7, 2.4e-15},
    {"central", {0, 1, -3, 1}, 9e-7, 3e-15},          {"central", {0, 1, -1, 3}, 9e-7, 3e-15},
    {"central", {0, 1, 0, 5}, 1.3e-6, 3.5e-15},       {"central", {0, 1, -5e5, 5e5}, 1.1e-6, 3.5e-15},
    {"central", {0, 1, 1.9, 30}, 1.4e-6, 3.6e-15},    {"central", {10, 3, -1e30, 8.5}, 1.1e-6, 3.7e-15},
    {"central", {0, 1, -0.75, -0.2}, 2.3e-7, 7e-16},  {"central", {0, 1, -30, -3}, 1.1e-6, 3e-15},
    {"central", {0, 1, -0.5, 0.5}, 2e-7, 4e-16},      {"central", {-2, 1, 0, 0.3}, 6.5e-7, 2e-15},
    {"central", {-2, 1, 0, 30}, 9e-7, 3e-15},         {"tail", {0, 1, 5, 6}, 4.8e-7, 4e-15}, /* central in f64 */
    {"tail", {0, 1, -30, -5}, 1.3e-6, 4e-15},         {"tail", {0, 1, 20, 21}, 1.2e-6, 2.5e-15},
    {"tail", {0, 1, 100, 101}, 4.2e-6, 8e-15},        {"tail", {0, 1, -101, -100}, 4.2e-6, 8e-15},
    {"tail", {-100, 1, 0, 1}, 1.8e-8, 4.2e-17},       {"narrow", {0, 1, -0.0005, 0.0005}, 7e-11, 7e-19},
    {"narrow", {0, 1, 0.3, 0.301}, 2e-8, 4e-17},      {"narrow", {0, 1e6, -1, 1}, 4e-14, 6e-20},
    {"narrow", {0, 1, -0.125, 0.125}, 2e-8, 1.6e-16}, {"narrow", {-0.4, 1, 0, 0.2}, 2.2e-8, 1.5e-16},
};

class Accuracy : public testing::TestWithParam<AccuracyRow> {
 protected:
  static void Print(const char *type, Real error) {
    std::printf("%s, %s: errs by at most %.2Lg standard deviations\n", TextOf(GetParam().parameters).c_str(), type,
                static_cast<long double>(error));
  }
};

constexpr size_t kElements = 1 << 14;

template <typename T>
Real GreatestError(const Parameters &p, const std::vector<uint32_t> &words) {
  const std::vector<T> values = Values<T>(p, kElements);
  Real greatest = 0;
  for (size_t e = 0; e < kElements; e++) {
    const Real exact = sizeof(T) == 8 ? Exact(p, static_cast<uint64_t>(words[2 * e]) << 32 | words[2 * e + 1], 64)
                                      : Exact(ToFloats(p), words[e], 32);
    greatest = std::max(greatest, std::abs(static_cast<Real>(values[e]) - exact));
  }
  return greatest / p.stddev;
}

std::vector<uint32_t> Words(size_t count) {
  std::vector<uint32_t> words(count);
  EXPECT_EQ(kinit_fill_bits(words.data(), count, kStream), KINIT_OK);
  return words;
}

TEST_P(Accuracy, F32) {
  const Real error = GreatestError<float>(GetParam().parameters, Words(kElements));
  Print("f32", error);
  EXPECT_LE(error, GetParam().f32) << TextOf(GetParam().parameters);
}

TEST_P(Accuracy, F64) {
  if (!HaveF64()) GTEST_SKIP() << "f64 needs fused multiply-add";
  const Real error = GreatestError<double>(GetParam().parameters, Words(2 * kElements));
  Print("f64", error);
  EXPECT_LE(error, GetParam().f64) << TextOf(GetParam().parameters);
}

INSTANTIATE_TEST_SUITE_P(Truncated, Accuracy, testing::ValuesIn(kAccuracy),
                         [](const auto &row) { return std::string(row.param.variant) + std::to_string(row.index); });

/* Each variant once, mirrored and not, and the ends of what they accept. */
const Parameters kVariants[] = {
    {0, 1, -2, 2},    {0.5, 0.25, -3, 1}, {0, 1, -1, 3},         {1, 1, 1, 4},      {0, 1, -40, 40},  {0, 1, 5, 6},
    {0, 3, -40, -30}, {0, 1, 100, 101},   {0, 1, -0.001, 0.001}, {2, 1, 0.25, 0.5}, {-1e9, 1, -5, 3}, {7, 0, -2, 2},
};

/* ---- Bits -------------------------------------------------------------------------------------------------------- */

class AnyBackend : public testing::TestWithParam<const char *> {
 protected:
  /* All fills of this test are compared with those of scalar. */
  static std::vector<unsigned char> Draw(const Parameters &p, kinit_dtype dtype, size_t count, uint64_t offset) {
    std::vector<unsigned char> bytes(count * SizeOf(dtype));
    const kinit_stream stream = {kStream.seed, kStream.subsequence, offset};
    EXPECT_EQ(Fill(bytes.data(), dtype, count, p, stream), KINIT_OK) << TextOf(p);
    return bytes;
  }
};

TEST_P(AnyBackend, EqualsScalarInAnySlice) {
  const ScopedIsa isa(GetParam());
  if (!isa.supported()) GTEST_SKIP() << "this machine or build has no " << GetParam();
  for (const kinit_dtype dtype : kDtypes) {
    if (dtype == KINIT_F64 && !HaveF64()) continue;
    for (const Parameters &p : kVariants) {
      kinit_set_isa("scalar");
      const std::vector<unsigned char> whole = Draw(p, dtype, 4099, 0);
      kinit_set_isa(GetParam());
      ASSERT_EQ(Draw(p, dtype, 4099, 0), whole) << TextOf(p) << " in " << NameOf(dtype);
      for (const size_t begin : {1u, 2u, 3u, 7u, 64u, 1001u})
        for (const size_t count : {1u, 2u, 5u, 63u, 769u, 3001u}) {
          const std::vector<unsigned char> slice = Draw(p, dtype, count, begin);
          ASSERT_EQ(std::memcmp(slice.data(), &whole[begin * SizeOf(dtype)], slice.size()), 0)
              << TextOf(p) << " in " << NameOf(dtype) << ", " << count << " from " << begin;
        }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Truncated, AnyBackend, testing::ValuesIn(kIsaNames));

/* Where a value is 0 and a bound is the other 0, minima and maxima of machines differ. */
TEST(Truncated, ZerosAreTheSameInEveryBackend) {
  const Parameters tiny[] = {{-0.0, 1e-45, -1e-44, 0}, {0, 1e-44, -0.0, 1e-43}, {0, 1e-45, 0, 1e-43}};
  for (const Parameters &p : tiny) {
    kinit_set_isa("scalar");
    const std::vector<float> expected = Values<float>(p, 4096);
    for (int i = 0; i < kinit_isa_count(); i++) {
      const ScopedIsa isa(kinit_isa_name(i));
      const std::vector<float> values = Values<float>(p, 4096);
      EXPECT_EQ(std::memcmp(values.data(), expected.data(), 4096 * sizeof(float)), 0) << TextOf(p) << kinit_isa();
    }
  }
  kinit_set_isa(nullptr);
}

/* ---- Bounds ------------------------------------------------------------------------------------------------------ */

template <typename T>
void ExpectWithin(const Parameters &p) {
  const T low = static_cast<T>(p.low), high = static_cast<T>(p.high);
  for (const T value : Values<T>(p, 20000)) {
    ASSERT_GE(value, low) << TextOf(p);
    ASSERT_LE(value, high) << TextOf(p);
  }
}

TEST(Truncated, NoValueLeavesTheBounds) {
  const double largest = std::numeric_limits<float>::max(), least = std::numeric_limits<float>::denorm_min();
  const Parameters hostile[] = {
      {0, 1, -largest, largest},
      {0, largest, -largest, largest},
      {0, least, -largest, largest},
      {largest, 1, -largest, 0},
      {-largest, least, 0, largest},
      {0, 1, largest / 2, largest},
      {0, 1, 1, 1 + 0x1p-23},
      {0, 1, -least, least},
      {0, least, -least, least},
      {1e30, 1, 1e-30, 2e-30},
      {-1e8, 1, 0, 1},
      {-1e9, 1, 0, 1},
      {0, 1, 16777216, 16777218},
      {0, 1e-3, 1, 2},
      {0, 1e-20, -1e-20, 1e-20},
      {3, 0.7, -1e6, 3.5},
      {0, 1, 1.9999, 2.0001},
      {0, 1, 1.3, 1.8},
  };
  for (const Parameters &p : hostile) {
    ExpectWithin<float>(p);
    if (HaveF64()) ExpectWithin<double>(p);
  }
  for (const Parameters &p : kVariants) {
    ExpectWithin<float>(p);
    if (HaveF64()) ExpectWithin<double>(p);
  }
  const double huge = std::numeric_limits<double>::max();
  for (const Parameters &p : {Parameters{0, 1, -huge, huge}, Parameters{huge, 1e-300, -huge, 1}, {0, huge, -1, huge}})
    if (HaveF64()) ExpectWithin<double>(p);
}

/* Without a spread the mean is drawn, or the bound next to it. */
TEST(Truncated, NoStandardDeviation) {
  for (const float value : Values<float>({0.1, 0, -1, 1}, 1000)) ASSERT_EQ(value, 0.1f);
  for (const float value : Values<float>({-7, 0, -1, 1}, 1000)) ASSERT_EQ(value, -1.0f);
  for (const float value : Values<float>({7, 0, -1, 0.3}, 1000)) ASSERT_EQ(value, 0.3f);
  for (const float value : Values<float>({0.1, 1e-60, -1, 1}, 1000)) ASSERT_EQ(value, 0.1f); /* 0 as a float */
  uint16_t half[8];
  ASSERT_EQ(Fill(half, KINIT_F16, 8, {1e30, 0, -1, 1e30}), KINIT_OK);
  for (const uint16_t bits : half) EXPECT_EQ(bits, 0x7C00); /* infinity, as rounding of 1e30 gives */
  if (!HaveF64()) GTEST_SKIP() << "f64 needs fused multiply-add";
  for (const double value : Values<double>({0.1, 0, -1, 1}, 1000)) ASSERT_EQ(value, 0.1);
}

TEST(Truncated, StridedTensor) {
  const int64_t shape[] = {3, 5}, strides[] = {1, 4};
  for (const Parameters &p : kVariants) {
    float values[20];
    std::fill(std::begin(values), std::end(values), -99.0f);
    const kinit_tensor tensor = {values, KINIT_F32, 2, shape, strides, nullptr, nullptr};
    ASSERT_EQ(kinit_truncated_normal(&tensor, p.mean, p.stddev, p.low, p.high, kStream), KINIT_OK);
    const std::vector<float> flat = Values<float>(p, 15);
    for (size_t i = 0; i < 3; i++)
      for (size_t k = 0; k < 5; k++) EXPECT_EQ(values[i + 4 * k], flat[5 * i + k]) << TextOf(p);
    for (size_t k = 0; k < 5; k++) EXPECT_EQ(values[3 + 4 * k], -99.0f);
  }
}

/* ---- Distribution ------------------------------------------------------------------------------------------------ */

/* 64 cells of equal probability, whose edges are exact quantiles. */
template <typename T>
double PValue(const Parameters &p) {
  constexpr size_t kCells = 64, kCount = 1 << 18;
  std::vector<T> edges;
  for (uint64_t i = 1; i < kCells; i++) edges.push_back(static_cast<T>(Exact(p, i << 58, 64)));
  std::vector<size_t> counts(kCells);
  for (const T value : Values<T>(p, kCount)) {
    const auto edge = std::upper_bound(edges.begin(), edges.end(), value);
    counts[static_cast<size_t>(edge - edges.begin())]++;
  }
  double statistic = 0;
  const double expected = static_cast<double>(kCount) / kCells;
  for (const size_t count : counts) statistic += std::pow(static_cast<double>(count) - expected, 2) / expected;
  return cdf(complement(boost::math::chi_squared(kCells - 1), statistic));
}

/* A right generator fails here once in 1e6 seeds, and this seed passes; 1 - p guards against fits too good. */
TEST(Truncated, ChiSquare) {
  const Parameters cases[] = {{0, 1, -2, 2},  {0, 1, -3, 1},     {0, 1, 0, 5},    {0, 1, 5, 6},   {-2, 1, 0, 30},
                              {0, 1, 20, 21}, {0, 1, -0.5, 0.5}, {0, 1e6, -1, 1}, {0, 1, -30, -3}};
  for (const Parameters &p : cases) {
    const double p_value = PValue<float>(p);
    EXPECT_GT(p_value, 1e-6) << TextOf(p);
    EXPECT_LT(p_value, 1 - 1e-6) << TextOf(p);
    if (HaveF64()) {
      EXPECT_GT(PValue<double>(p), 1e-6) << TextOf(p);
    }
  }
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

TEST(Truncated, ErrorsLeaveTheBufferUntouched) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    Parameters parameters;
    kinit_dtype dtype;
    kinit_status status;
  } rows[] = {
      {{0, 1, 2, -2}, KINIT_F32, KINIT_ERROR_BOUNDS},
      {{0, 1, 2, 2}, KINIT_F64, KINIT_ERROR_BOUNDS},
      {{0, 1, 1, 1 + 1e-9}, KINIT_F32, KINIT_ERROR_BOUNDS}, /* equal as floats */
      {{0, 1, 1, 1 + 1e-9}, KINIT_BF16, KINIT_ERROR_BOUNDS},
      {{0, -1, -2, 2}, KINIT_F16, KINIT_ERROR_NEGATIVE_SCALE},
      {{kNan, 1, -2, 2}, KINIT_F32, KINIT_ERROR_NOT_FINITE},
      {{0, kInfinity, -2, 2}, KINIT_F64, KINIT_ERROR_NOT_FINITE},
      {{0, 1, -kInfinity, 2}, KINIT_F32, KINIT_ERROR_NOT_FINITE},
      {{0, 1, -2, kNan}, KINIT_F64, KINIT_ERROR_NOT_FINITE},
      {{0, 1, -2, 1e39}, KINIT_F32, KINIT_ERROR_NOT_FINITE}, /* not finite as a float */
      {{1e39, 1, -2, 2}, KINIT_BF16, KINIT_ERROR_NOT_FINITE},
  };
  for (const auto &row : rows) {
    double buffer[4] = {1.5, 2.5, 3.5, 4.5};
    EXPECT_EQ(Fill(buffer, row.dtype, 4, row.parameters), row.status) << TextOf(row.parameters);
    EXPECT_EQ(Fill(nullptr, row.dtype, 0, row.parameters), row.status) << TextOf(row.parameters);
    EXPECT_TRUE(buffer[0] == 1.5 && buffer[1] == 2.5 && buffer[2] == 3.5 && buffer[3] == 4.5);
  }
  EXPECT_EQ(Fill(nullptr, KINIT_F32, 1, {0, 1, -2, 2}), KINIT_ERROR_NULL);
  EXPECT_EQ(Fill(nullptr, KINIT_F32, 0, {0, 1, -2, 2}), KINIT_OK);
}

}  // namespace
}  // namespace kinit_test
