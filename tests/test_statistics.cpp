/* Statistics of the real output.
 *
 * Owns: what is looked at, with which seeds and how many elements; statistics.h owns the statistics, samples.h the
 * policy, and test_planted.cpp shows that each statistic finds a defect. Suites that begin with Long belong to the long
 * tier. SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

namespace kinit_test {
namespace {

/* ---- One stream -------------------------------------------------------------------------------------------------- */

TEST(Statistics, NormalF32) { ExpectGood("normal f32", kQuick, NormalResults(Normals(kQuick, {kSeed, 0, 0}))); }

TEST(Statistics, NormalF64) {
  std::vector<double> values(kQuick / 4);
  const kinit_status status = kinit_fill_normal(values.data(), KINIT_F64, values.size(), 0, 1, {kSeed, 1, 0});
  if (status == KINIT_ERROR_NEEDS_FMA) GTEST_SKIP() << kinit_status_message(status);
  ExpectGood("normal f64", values.size(), NormalResults({values.begin(), values.end()}));
}

TEST(Statistics, UniformF32) { ExpectGood("uniform f32", kQuick, UniformResults(Uniforms(kQuick, {kSeed, 2, 0}))); }

/* The upper 24 bits of 53; the lower ones follow. */
TEST(Statistics, UniformF64) {
  std::vector<double> values(kQuick / 4);
  ASSERT_EQ(kinit_fill_uniform(values.data(), KINIT_F64, values.size(), 0, 1, {kSeed, 3, 0}), KINIT_OK);
  std::vector<float> upper, lower;
  for (const double value : values) {
    const double scaled = value * 0x1p24, whole = std::floor(scaled);
    upper.push_back(static_cast<float>(whole * 0x1p-24));
    lower.push_back(static_cast<float>(std::floor((scaled - whole) * 0x1p24) * 0x1p-24));
  }
  ExpectGood("uniform f64, upper bits", values.size(), UniformResults(upper));
  ExpectGood("uniform f64, lower bits", values.size(), UniformResults(lower));
}

/* ---- Truncated normals ------------------------------------------------------------------------------------------- */

struct Interval {
  const char *name;
  Cut cut;
};
void PrintTo(const Interval &interval, std::ostream *out) { *out << interval.name; }

/* All see the same words, so they have the same shares, up to rounding, and should have the same p-values. */
const Interval kIntervals[] = {
    {"two_sigma", {-2, 2}},   {"beyond_the_mean", {1, 4}}, {"upper_tail", {5, 1000}},
    {"lower_tail", {-9, -3}}, {"close", {0.5, 0.75}},      {"everything", {-100, 100}},
};

template <typename T>
void ExpectGoodCut(const Interval &interval, const std::vector<T> &values) {
  for (const T value : values) ASSERT_TRUE(value >= interval.cut.low && value <= interval.cut.high) << value;
  ExpectGood(interval.name, values.size(), CutResults(interval.cut, values));
}

class TruncatedStatistics : public testing::TestWithParam<Interval> {};

TEST_P(TruncatedStatistics, F32) { ExpectGoodCut(GetParam(), Cuts(GetParam().cut, kQuick / 4, {kSeed, 7, 0})); }

TEST_P(TruncatedStatistics, F64) {
  std::vector<double> values(kQuick / 8);
  const kinit_status status = kinit_fill_truncated_normal(values.data(), KINIT_F64, values.size(), 0, 1,
                                                          GetParam().cut.low, GetParam().cut.high, {kSeed, 8, 0});
  if (status == KINIT_ERROR_NEEDS_FMA) GTEST_SKIP() << kinit_status_message(status);
  ExpectGoodCut(GetParam(), values);
}

INSTANTIATE_TEST_SUITE_P(Interval, TruncatedStatistics, testing::ValuesIn(kIntervals),
                         [](const auto &chosen) { return chosen.param.name; });

/* ---- bf16 -------------------------------------------------------------------------------------------------------- */

double NormalBetween(double low, double high) { return UpperTail(low) - UpperTail(high); }
double UniformBetween(double low, double high) { return 0.5 * (std::min(high, 1.0) - std::min(low, 1.0)); }

TEST(Statistics, NormalBf16) {
  const std::vector<uint16_t> values = Bf16Normals(kQuick, {kSeed, 4, 0});
  ExpectGood("normal bf16, rounded", kQuick, {{"chi-square", Bf16P(values, NormalBetween)}});
  ExpectGood("normal bf16", kQuick, NormalResults(Unrounded<float>(values, kNormalUnrounding)));
}

TEST(Statistics, UniformBf16) {
  std::vector<uint16_t> values(kQuick);
  ASSERT_EQ(kinit_fill_uniform(values.data(), KINIT_BF16, kQuick, -1, 1, {kSeed, 5, 0}), KINIT_OK);
  ExpectGood("uniform bf16, rounded", kQuick, {{"chi-square", Bf16P(values, UniformBetween, 0x3F7F)}});
  std::vector<double> units = Unrounded<double>(values, {true, -1, 1});
  for (double &unit : units) unit = 0.5 * (unit + 1);
  UnitBattery battery;
  battery.Add(units);
  ExpectGood("uniform bf16", kQuick, battery.Results());
}

TEST(Statistics, TruncatedBf16) {
  std::vector<uint16_t> values(kQuick / 4);
  ASSERT_EQ(kinit_fill_truncated_normal(values.data(), KINIT_BF16, values.size(), 0, 1, -2, 2, {kSeed, 9, 0}),
            KINIT_OK);
  ExpectGood("truncated bf16", values.size(), CutResults({-2, 2}, Unrounded<double>(values, {false, -2, 2})));
}

TEST(Statistics, AnglesFollowTheirWords) {
  const size_t count = size_t{1} << 20;
  std::vector<uint32_t> words(count);
  ASSERT_EQ(kinit_fill_bits(words.data(), count, {kSeed, 6, 0}), KINIT_OK);
  EXPECT_EQ(WrongAngles(Normals(count, {kSeed, 6, 0}), words), 0);
}

/* ---- The same element of many streams ---------------------------------------------------------------------------- */

kinit_stream NamedStream(uint64_t i) {
  return kinit_stream_named(kSeed, ("decoder.layers." + std::to_string(i) + ".weight").c_str());
}

struct StreamFamily {
  const char *name;
  kinit_stream (*stream)(uint64_t i);
};
void PrintTo(const StreamFamily &family, std::ostream *out) { *out << family.name; }

const StreamFamily kFamilies[] = {
    {"seeds",
     [](uint64_t i) {
       return kinit_stream{i, 0, 0};
     }},
    {"upper_halves_of_seeds",
     [](uint64_t i) {
       return kinit_stream{i << 32, 0, 0};
     }},
    {"subsequences",
     [](uint64_t i) {
       return kinit_stream{kSeed, i, 0};
     }},
    {"upper_halves_of_subsequences",
     [](uint64_t i) {
       return kinit_stream{kSeed, i << 32, 0};
     }},
    {"names", NamedStream},
};

/* Element `index` of streams 0, 1, ...: neighbours in the array come from neighbouring streams. */
template <typename Fill>
auto Across(const StreamFamily &family, uint64_t index, size_t count, const Fill &fill) {
  decltype(fill(1, kinit_stream{})) values;
  for (size_t i = 0; i < count; i++) {
    kinit_stream from = family.stream(i);
    from.offset = index;
    values.push_back(fill(1, from)[0]);
  }
  return values;
}

constexpr uint64_t kIndices[] = {0, 1001, uint64_t{1} << 40};

class StatisticsAcross : public testing::TestWithParam<StreamFamily> {
 protected:
  void ExpectGoodNormals(size_t count) {
    for (const uint64_t index : kIndices)
      ExpectGood(GetParam().name, count, NormalResults(Across(GetParam(), index, count, Normals)));
  }
};

constexpr size_t kStreams = size_t{1} << 18;

TEST_P(StatisticsAcross, Normal) { ExpectGoodNormals(kStreams); }

TEST_P(StatisticsAcross, Uniform) {
  for (const uint64_t index : kIndices)
    ExpectGood(GetParam().name, kStreams, UniformResults(Across(GetParam(), index, kStreams, Uniforms)));
}

TEST_P(StatisticsAcross, Truncated) {
  const Cut cut = {-2, 2};
  const auto fill = [&](size_t count, const kinit_stream &stream) { return Cuts(cut, count, stream); };
  for (const uint64_t index : kIndices)
    ExpectGood(GetParam().name, kStreams, CutResults(cut, Across(GetParam(), index, kStreams, fill)));
}

TEST_P(StatisticsAcross, NormalBf16) {
  for (const uint64_t index : kIndices) {
    const std::vector<uint16_t> values = Across(GetParam(), index, kStreams, Bf16Normals);
    ExpectGood(GetParam().name, kStreams, NormalResults(Unrounded<float>(values, kNormalUnrounding)));
  }
}

INSTANTIATE_TEST_SUITE_P(Streams, StatisticsAcross, testing::ValuesIn(kFamilies),
                         [](const auto &chosen) { return chosen.param.name; });

class LongStatisticsAcross : public StatisticsAcross {};

TEST_P(LongStatisticsAcross, Normal) { ExpectGoodNormals(kStreams << 5); }

INSTANTIATE_TEST_SUITE_P(Streams, LongStatisticsAcross, testing::ValuesIn(kFamilies),
                         [](const auto &chosen) { return chosen.param.name; });

/* ---- Long tier: 2^30 elements ------------------------------------------------------------------------------------ */

const std::vector<double> kFarTails = {4, 5, 5.5, 6};

/* kLong elements, an array at a time, which `draw(stream)` gives; says how far it is. */
template <typename Battery, typename Draw>
void ExpectGoodLong(const char *what, uint64_t subsequence, Battery battery, const Draw &draw) {
  for (size_t begin = 0; begin < kLong; begin += kQuick) {
    if (begin % (kLong / 8) == 0) std::printf("[ %s: %zu of %zu ]\n", what, begin, kLong), std::fflush(stdout);
    battery.Add(draw(kinit_stream{kSeed, subsequence, begin}));
  }
  ExpectGood(what, kLong, battery.Results());
}

TEST(LongStatistics, NormalF32) {
  ExpectGoodLong("normal f32", 20, NormalBattery(kFarTails),
                 [](const kinit_stream &stream) { return Normals(kQuick, stream); });
}

TEST(LongStatistics, UniformF32) {
  ExpectGoodLong("uniform f32", 21, UniformBattery(),
                 [](const kinit_stream &stream) { return Uniforms(kQuick, stream); });
}

TEST(LongStatistics, TruncatedF32) {
  const Cut cut = {-2, 2};
  ExpectGoodLong("truncated f32", 22, CutBattery(cut, kFarTails),
                 [&](const kinit_stream &stream) { return Cuts(cut, kQuick, stream); });
}

TEST(LongStatistics, HardlyTruncatedF32) {
  const Cut cut = {-100, 100};
  ExpectGoodLong("hardly truncated f32", 23, CutBattery(cut, kFarTails),
                 [&](const kinit_stream &stream) { return Cuts(cut, kQuick, stream); });
}

TEST(LongStatistics, NormalBf16) {
  ExpectGoodLong("normal bf16", 24, NormalBattery(kFarTails), [](const kinit_stream &stream) {
    return Unrounded<float>(Bf16Normals(kQuick, stream), kNormalUnrounding);
  });
}

}  // namespace
}  // namespace kinit_test
