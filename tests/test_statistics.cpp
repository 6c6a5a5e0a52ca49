/* Statistics of the real output, and planted defects that each statistic must find.
 *
 * Owns: what is tested, with which seeds and how many elements; statistics.h owns the statistics. The seeds are fixed,
 * so a test passes always or never. Suites that begin with Long belong to the long tier.
 * SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>

#include "statistics.h"
#include "support.h"

namespace kinit_test {
namespace {

/* Some 400 p-values are looked at: by chance one would be below in 2500 choices of the seeds. */
constexpr double kSuspicious = 1e-6;
constexpr double kCertain = 1e-9; /* what a planted defect must fall below */

constexpr size_t kQuick = size_t{1} << 24, kStreams = size_t{1} << 18;
constexpr uint64_t kSeed = 20250101;

std::vector<float> Normals(size_t count, const kinit_stream &stream) {
  std::vector<float> values(count);
  EXPECT_EQ(kinit_fill_normal(values.data(), KINIT_F32, count, 0, 1, stream), KINIT_OK);
  return values;
}

std::vector<float> Uniforms(size_t count, const kinit_stream &stream) {
  std::vector<float> values(count);
  EXPECT_EQ(kinit_fill_uniform(values.data(), KINIT_F32, count, 0, 1, stream), KINIT_OK);
  return values;
}

void ExpectGood(const char *what, size_t count, const std::vector<Result> &results) {
  double smallest = 1;
  for (const Result &result : results) {
    EXPECT_GT(result.p, kSuspicious) << what << ", " << result.name;
    smallest = std::min(smallest, result.p);
  }
  std::printf("[ %s: %zu elements, %zu p-values, the smallest %.2g ]\n", what, count, results.size(), smallest);
}

double PValue(const std::vector<Result> &results, const std::string &name) {
  for (const Result &result : results)
    if (result.name == name) return result.p;
  ADD_FAILURE() << "no statistic is called " << name;
  return 1;
}

std::vector<Result> NormalResults(const std::vector<float> &values) {
  NormalBattery battery({4, 5});
  battery.Add(values);
  return battery.Results();
}

std::vector<Result> UniformResults(const std::vector<float> &values) {
  UniformBattery battery;
  battery.Add(values);
  return battery.Results();
}

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

/* ---- Truncated normals, through the distribution function -------------------------------------------------------- */

struct Interval {
  const char *name;
  double low, high; /* of a standard normal */
};
void PrintTo(const Interval &interval, std::ostream *out) { *out << interval.name; }

/* All see the same words, so they have the same shares, up to rounding, and should have the same p-values. */
const Interval kIntervals[] = {{"two_sigma", -2, 2},   {"beyond_the_mean", 1, 4}, {"upper_tail", 5, 1000},
                               {"lower_tail", -9, -3}, {"close", 0.5, 0.75},      {"everything", -100, 100}};

/* The share of the interval below x, from the nearer tail; never 0 or 1. */
double Share(const Interval &interval, double x) {
  const double side = interval.low + interval.high >= 0 ? 1 : -1;
  const double near = UpperTail(side * interval.low), far = UpperTail(side * interval.high);
  const double share = (near - UpperTail(side * x)) / (near - far);
  return std::min(std::max(share, 0x1p-60), 1 - 0x1p-53);
}

template <typename T>
std::vector<Result> TruncatedResults(const Interval &interval, const std::vector<T> &values) {
  std::vector<double> shares;
  for (const T value : values) {
    EXPECT_TRUE(value >= interval.low && value <= interval.high) << value;
    shares.push_back(Share(interval, value));
  }
  UnitBattery battery;
  battery.Add(shares);
  return battery.Results();
}

class TruncatedStatistics : public testing::TestWithParam<Interval> {};

TEST_P(TruncatedStatistics, F32) {
  std::vector<float> values(kQuick / 4);
  ASSERT_EQ(kinit_fill_truncated_normal(values.data(), KINIT_F32, values.size(), 0, 1, GetParam().low, GetParam().high,
                                        {kSeed, 7, 0}),
            KINIT_OK);
  ExpectGood(GetParam().name, values.size(), TruncatedResults(GetParam(), values));
}

TEST_P(TruncatedStatistics, F64) {
  std::vector<double> values(kQuick / 8);
  const kinit_status status = kinit_fill_truncated_normal(values.data(), KINIT_F64, values.size(), 0, 1, GetParam().low,
                                                          GetParam().high, {kSeed, 8, 0});
  if (status == KINIT_ERROR_NEEDS_FMA) GTEST_SKIP() << kinit_status_message(status);
  ExpectGood(GetParam().name, values.size(), TruncatedResults(GetParam(), values));
}

INSTANTIATE_TEST_SUITE_P(Interval, TruncatedStatistics, testing::ValuesIn(kIntervals),
                         [](const auto &chosen) { return chosen.param.name; });

/* ---- bf16 -------------------------------------------------------------------------------------------------------- */

double NormalBetween(double low, double high) { return UpperTail(low) - UpperTail(high); }
double UniformBetween(double low, double high) { return 0.5 * (std::min(high, 1.0) - std::min(low, 1.0)); }

TEST(Statistics, NormalBf16) {
  std::vector<uint16_t> values(kQuick);
  ASSERT_EQ(kinit_fill_normal(values.data(), KINIT_BF16, kQuick, 0, 1, {kSeed, 4, 0}), KINIT_OK);
  ExpectGood("normal bf16", kQuick, {{"chi-square", Bf16P(values, NormalBetween)}});
}

TEST(Statistics, UniformBf16) {
  std::vector<uint16_t> values(kQuick);
  ASSERT_EQ(kinit_fill_uniform(values.data(), KINIT_BF16, kQuick, -1, 1, {kSeed, 5, 0}), KINIT_OK);
  ExpectGood("uniform bf16", kQuick, {{"chi-square", Bf16P(values, UniformBetween)}});
}

TEST(Statistics, AnglesFollowTheirWords) {
  const size_t count = size_t{1} << 20;
  std::vector<uint32_t> words(count);
  ASSERT_EQ(kinit_fill_bits(words.data(), count, {kSeed, 6, 0}), KINIT_OK);
  EXPECT_EQ(WrongAngles(Normals(count, {kSeed, 6, 0}), words), 0);
}

/* ---- The same element of many streams ---------------------------------------------------------------------------- */

/* Element `index` of streams 0, 1, ...: neighbours in the array come from neighbouring streams. */
std::vector<float> AcrossStreams(uint64_t index, kinit_stream (*stream)(uint64_t i)) {
  std::vector<float> values(kStreams);
  for (size_t i = 0; i < kStreams; i++) {
    kinit_stream from = stream(i);
    from.offset = index;
    EXPECT_EQ(kinit_fill_normal(&values[i], KINIT_F32, 1, 0, 1, from), KINIT_OK);
  }
  return values;
}

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

class StatisticsAcross : public testing::TestWithParam<StreamFamily> {};

TEST_P(StatisticsAcross, FixedIndex) {
  for (const uint64_t index : {uint64_t{0}, uint64_t{1001}, uint64_t{1} << 40})
    ExpectGood(GetParam().name, kStreams, NormalResults(AcrossStreams(index, GetParam().stream)));
}

INSTANTIATE_TEST_SUITE_P(Streams, StatisticsAcross, testing::ValuesIn(kFamilies),
                         [](const auto &chosen) { return chosen.param.name; });

/* ---- Planted defects --------------------------------------------------------------------------------------------- */

constexpr size_t kPlanted = size_t{1} << 20;

TEST(PlantedDefect, TwentyThreeBitUniform) {
  std::vector<float> values = Uniforms(kPlanted, {kSeed, 10, 0});
  for (float &value : values) value = std::floor(value * 0x1p23f) * 0x1p-23f;
  EXPECT_LT(PValue(UniformResults(values), "bit 0"), kCertain);
}

TEST(PlantedDefect, ReusedCounter) {
  std::vector<float> values = Normals(kPlanted, {kSeed, 11, 0});
  for (size_t i = 0; i < values.size(); i += 8) std::copy_n(&values[i], 4, &values[i + 4]);
  const std::vector<Result> results = NormalResults(values);
  for (const char *name : {"z at lag 4", "|z| at lag 4", "z^2 at lag 4"}) EXPECT_LT(PValue(results, name), kCertain);
}

TEST(PlantedDefect, ClippedTail) {
  std::vector<float> values = Normals(kPlanted, {kSeed, 12, 0});
  for (float &value : values) value = std::max(-3.9f, std::min(3.9f, value));
  EXPECT_LT(PValue(NormalResults(values), "beyond 4.0"), kCertain);
}

TEST(PlantedDefect, SwappedPair) {
  std::vector<float> values = Normals(kPlanted, {kSeed, 13, 0});
  std::vector<uint32_t> words(kPlanted);
  ASSERT_EQ(kinit_fill_bits(words.data(), kPlanted, {kSeed, 13, 0}), KINIT_OK);
  for (size_t i = 0; i < kPlanted; i += 2) std::swap(values[i], values[i + 1]);
  EXPECT_GT(WrongAngles(values, words), 0.99);
}

/* Both of a pair from one word: neighbours depend on each other. */
TEST(PlantedDefect, PairOfOneWord) {
  std::vector<float> values = Normals(kPlanted, {kSeed, 14, 0});
  for (size_t i = 0; i < kPlanted; i += 2) {
    const double u = UpperTail(-static_cast<double>(values[i])), angle = 6.283185307179586 * u;
    const double radius = std::sqrt(-2 * std::log(u));
    values[i] = static_cast<float>(radius * std::cos(angle));
    values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  const std::vector<Result> results = NormalResults(values);
  EXPECT_LT(PValue(results, "r^2 with angle"), kCertain);
  EXPECT_GT(PValue(results, "r^2 of pairs"), kSuspicious) << "the margins are right";
}

/* A deviation of 1.02 and a mean of 0.02: the moments, the bins and the sorted statistics see them. */
TEST(PlantedDefect, WrongParameters) {
  std::vector<float> values = Normals(kPlanted, {kSeed, 15, 0});
  for (float &value : values) value = 1.02f * value + 0.02f;
  const std::vector<Result> results = NormalResults(values);
  for (const char *name : {"chi-square", "Kolmogorov-Smirnov", "Anderson-Darling", "moment 1", "moment 2", "moment 3",
                           "moment 4", "r^2 of pairs", "angle of pairs"})
    EXPECT_LT(PValue(results, name), kCertain) << name;
}

/* A uniform whose largest values are missing. */
TEST(PlantedDefect, ShortUniform) {
  std::vector<float> values = Uniforms(kPlanted, {kSeed, 16, 0});
  for (float &value : values) value *= 0.99f;
  const std::vector<Result> results = UniformResults(values);
  for (const char *name : {"chi-square", "Kolmogorov-Smirnov", "Anderson-Darling", "moment 1", "moment 2", "moment 4"})
    EXPECT_LT(PValue(results, name), kCertain) << name;
}

/* bf16 by truncation instead of rounding. */
TEST(PlantedDefect, TruncatedBf16) {
  std::vector<uint16_t> values;
  for (const float value : Normals(kPlanted, {kSeed, 17, 0})) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    values.push_back(static_cast<uint16_t>(bits >> 16));
  }
  EXPECT_LT(Bf16P(values, NormalBetween), kCertain);
}

TEST(PlantedDefect, Bf16ClippedAt3AndAHalf) {
  std::vector<uint16_t> values(kQuick);
  ASSERT_EQ(kinit_fill_normal(values.data(), KINIT_BF16, kQuick, 0, 1, {kSeed, 18, 0}), KINIT_OK);
  for (uint16_t &value : values) value = static_cast<uint16_t>((value & 0x8000u) | std::min(value & 0x7FFFu, 0x4060u));
  EXPECT_LT(Bf16P(values, NormalBetween), kCertain);
}

/* Streams that are equal in twos. */
TEST(PlantedDefect, SeedThatLosesABit) {
  const std::vector<float> values = AcrossStreams(0, [](uint64_t i) { return kinit_stream{i & ~uint64_t{1}, 0, 0}; });
  EXPECT_LT(PValue(NormalResults(values), "z at lag 1"), kCertain);
}

/* ---- Long tier: 2^30 elements ------------------------------------------------------------------------------------ */

constexpr size_t kLong = size_t{1} << 30;

TEST(LongStatistics, NormalF32) {
  NormalBattery battery({4, 5, 5.5, 6});
  for (size_t begin = 0; begin < kLong; begin += kQuick) battery.Add(Normals(kQuick, {kSeed, 20, begin}));
  ExpectGood("normal f32", kLong, battery.Results());
}

TEST(LongStatistics, UniformF32) {
  UniformBattery battery;
  for (size_t begin = 0; begin < kLong; begin += kQuick) battery.Add(Uniforms(kQuick, {kSeed, 21, begin}));
  ExpectGood("uniform f32", kLong, battery.Results());
}

}  // namespace
}  // namespace kinit_test
