/* Planted defects: that each statistic of statistics.h finds one.
 *
 * Owns: the defects, which are made here, of kinit's output. Suites that begin with Long belong to the long tier.
 * SPDX-License-Identifier: Apache-2.0 */
#include "samples.h"

namespace kinit_test {
namespace {

constexpr size_t kPlanted = size_t{1} << 20;

/* ---- The defects ------------------------------------------------------------------------------------------------- */

/* The counter of the last `distance` elements is used again for the next ones. */
template <typename T>
std::vector<T> ReusedCounter(std::vector<T> values, size_t distance) {
  for (size_t i = 0; i + 2 * distance <= values.size(); i += 2 * distance)
    std::copy_n(&values[i], distance, &values[i + distance]);
  return values;
}

std::vector<float> ClippedTail(std::vector<float> values, float most) {
  for (float &value : values) value = std::max(-most, std::min(most, value));
  return values;
}

/* One in 1024 is three times as large. */
std::vector<float> HeavyTail(std::vector<float> values) {
  for (size_t i = 0; i < values.size(); i += 1024) values[i] *= 3;
  return values;
}

std::vector<float> WrongParameters(std::vector<float> values) {
  for (float &value : values) value = 1.02f * value + 0.02f;
  return values;
}

/* Both of a pair from one word: neighbours depend on each other, the margins are right. */
std::vector<float> PairOfOneWord(std::vector<float> values) {
  for (size_t i = 0; i + 1 < values.size(); i += 2) {
    const double u = UpperTail(-static_cast<double>(values[i])), angle = 6.283185307179586 * u;
    const double radius = std::sqrt(-2 * std::log(u));
    values[i] = static_cast<float>(radius * std::cos(angle));
    values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
  return values;
}

/* A uniform without its largest values. */
std::vector<float> Short(std::vector<float> values) {
  for (float &value : values) value *= 0.99f;
  return values;
}

/* Bits of the 24 that are always 0. */
std::vector<float> StuckBits(std::vector<float> values, uint32_t stuck) {
  for (float &value : values) {
    const uint32_t integer = static_cast<uint32_t>(static_cast<double>(value) * 0x1p24) & ~stuck;
    value = static_cast<float>(integer) * 0x1p-24f;
  }
  return values;
}

std::vector<float> TwentyThreeBits(std::vector<float> values) {
  for (float &value : values) value = std::floor(value * 0x1p23f) * 0x1p-23f;
  return values;
}

/* ---- Every statistic finds one ----------------------------------------------------------------------------------- */

/* Each name among the results of sound numbers is one of which some defect makes a p-value below kCertain, and sound
 * numbers do not. */
void ExpectAllCrossed(const std::vector<Result> &sound, const std::vector<std::vector<Result>> &defects) {
  for (const Result &result : sound) {
    double least = 1;
    for (const std::vector<Result> &defect : defects) least = std::min(least, PValue(defect, result.name));
    EXPECT_LT(least, kCertain) << "no defect crosses " << result.name;
    EXPECT_GT(result.p, kSuspicious) << result.name;
  }
  std::printf("[ %zu statistics, each crossed by one of %zu defects ]\n", sound.size(), defects.size());
}

TEST(PlantedDefect, CrossesEveryStatisticOfNormals) {
  const std::vector<float> sound = Normals(kPlanted, {kSeed, 10, 0});
  const auto results = [](const std::vector<float> &values) { return NormalResults(values, {4, 5, 5.5, 6}); };
  std::vector<std::vector<Result>> defects = {results(WrongParameters(sound)), results(HeavyTail(sound)),
                                              results(PairOfOneWord(sound))};
  for (size_t lag = 1; lag <= Lags::kLags; lag++) {
    defects.push_back(results(ReusedCounter(sound, lag)));
    defects.push_back(results(ReusedCounter(sound, 2 * lag)));
  }
  ExpectAllCrossed(results(sound), defects);
}

TEST(PlantedDefect, CrossesEveryStatisticOfUniforms) {
  const std::vector<float> sound = Uniforms(kPlanted, {kSeed, 11, 0});
  std::vector<std::vector<Result>> defects = {UniformResults(Short(sound)), UniformResults(StuckBits(sound, 0x555555)),
                                              UniformResults(StuckBits(sound, 0xAAAAAA))};
  for (size_t lag = 1; lag <= Lags::kLags; lag++) defects.push_back(UniformResults(ReusedCounter(sound, lag)));
  ExpectAllCrossed(UniformResults(sound), defects);
}

TEST(PlantedDefect, CrossesEveryStatisticOfTruncatedNormals) {
  const Cut cut = {-5.8, 100};
  const auto results = [&](const std::vector<float> &values) { return CutResults(cut, values); };
  const std::vector<float> sound = Cuts(cut, kPlanted, {kSeed, 12, 0});
  std::vector<std::vector<Result>> defects = {results(WrongParameters(sound)), results(HeavyTail(sound))};
  for (size_t lag = 1; lag <= Lags::kLags; lag++) defects.push_back(results(ReusedCounter(sound, lag)));
  ExpectAllCrossed(results(sound), defects);
}

/* ---- The four that a generator is most likely to have ------------------------------------------------------------ */

TEST(PlantedDefect, TwentyThreeBitUniform) {
  const std::vector<float> values = TwentyThreeBits(Uniforms(kPlanted, {kSeed, 13, 0}));
  EXPECT_LT(PValue(UniformResults(values), "bit 0"), kCertain);
}

TEST(PlantedDefect, ReusedCounter) {
  const std::vector<Result> results = NormalResults(ReusedCounter(Normals(kPlanted, {kSeed, 14, 0}), 4));
  for (const char *name :
       {"z at lag 4", "|z| at lag 4", "z^2 at lag 4", "r^2 of pairs at lag 2", "angle of pairs at lag 2"})
    EXPECT_LT(PValue(results, name), kCertain) << name;
}

TEST(PlantedDefect, ClippedTail) {
  const std::vector<float> values = ClippedTail(Normals(kPlanted, {kSeed, 15, 0}), 3.9f);
  EXPECT_LT(PValue(NormalResults(values), "beyond 4.0"), kCertain);
}

/* Swapped pairs are as good a sample: only their words tell. */
TEST(PlantedDefect, SwappedPair) {
  std::vector<float> values = Normals(kPlanted, {kSeed, 16, 0});
  std::vector<uint32_t> words(kPlanted);
  ASSERT_EQ(kinit_fill_bits(words.data(), kPlanted, {kSeed, 16, 0}), KINIT_OK);
  for (size_t i = 0; i < kPlanted; i += 2) std::swap(values[i], values[i + 1]);
  EXPECT_GT(WrongAngles(values, words), 0.99);
}

/* ---- bf16, and streams ------------------------------------------------------------------------------------------- */

double NormalBetween(double low, double high) { return UpperTail(low) - UpperTail(high); }

/* bf16 by truncation instead of rounding: in its own cells, and unrounded. */
TEST(PlantedDefect, TruncatedBf16) {
  std::vector<uint16_t> values;
  for (const float value : Normals(kPlanted, {kSeed, 17, 0})) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof bits);
    values.push_back(static_cast<uint16_t>(bits >> 16));
  }
  EXPECT_LT(Bf16P(values, NormalBetween), kCertain);
  EXPECT_LT(PValue(NormalResults(Unrounded<float>(values, kNormalUnrounding)), "chi-square"), kCertain);
}

/* At 3.5, where another library's bf16 normals end. */
TEST(PlantedDefect, ClippedBf16) {
  std::vector<uint16_t> values = Bf16Normals(kQuick, {kSeed, 18, 0});
  for (uint16_t &value : values) value = static_cast<uint16_t>((value & 0x8000u) | std::min(value & 0x7FFFu, 0x4060u));
  EXPECT_LT(Bf16P(values, NormalBetween), kCertain);
  EXPECT_LT(PValue(NormalResults(Unrounded<float>(values, kNormalUnrounding)), "beyond 4.0"), kCertain);
}

/* Streams that are equal in twos. */
TEST(PlantedDefect, SeedThatLosesABit) {
  std::vector<float> values;
  for (uint64_t i = 0; i < kPlanted / 4; i++) values.push_back(Normals(1, {i & ~uint64_t{1}, 0, 0})[0]);
  EXPECT_LT(PValue(NormalResults(values), "z at lag 1"), kCertain);
}

/* ---- Long tier --------------------------------------------------------------------------------------------------- */

/* Beyond 6 only two are expected, so nothing can be missed there. */
TEST(LongPlantedDefect, ClippedFarTail) {
  Tails at_4_9 = NormalTails({4, 5, 5.5}), at_5_4 = NormalTails({5.5});
  for (size_t begin = 0; begin < kLong; begin += kQuick) {
    const std::vector<float> values = Normals(kQuick, {kSeed, 25, begin});
    at_4_9.Add(ClippedTail(values, 4.9f));
    at_5_4.Add(ClippedTail(values, 5.4f));
  }
  std::vector<Result> results, closer;
  at_4_9.Append(&results);
  at_5_4.Append(&closer);
  EXPECT_GT(PValue(results, "beyond 4.0"), kSuspicious);
  EXPECT_LT(PValue(results, "beyond 5.0"), kCertain);
  EXPECT_LT(PValue(closer, "beyond 5.5"), kCertain);
}

}  // namespace
}  // namespace kinit_test
