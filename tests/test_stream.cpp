/* The stream against what others define: Random123, the C library in long double, published constants.
 *
 * Owns: the tests that the numbers are right, as opposed to equal everywhere. Nothing here is compared with another
 * part of kinit, but for rules such as f16 = rounded f32. SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <array>
#include <cmath>

#include "narrow_numbers.h"
#include "random123_words.h"
#include "support.h"

namespace kinit_test {
namespace {

/* ---- Words ------------------------------------------------------------------------------------------------------- */

std::vector<uint32_t> Bits(const kinit_stream &stream, size_t count) {
  std::vector<uint32_t> words(count);
  EXPECT_EQ(kinit_fill_bits(words.data(), count, stream), KINIT_OK);
  return words;
}

/* Salmon et al.: tests/kat_vectors of Random123. The library reaches only the first, because its blocks end at 2^62. */
TEST(Words, KnownAnswers) {
  const std::vector<uint32_t> zero = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
  EXPECT_EQ(Bits({0, 0, 0}, 4), zero);
  const std::array<uint32_t, 4> ones = {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd};
  EXPECT_EQ(Random123Block({~uint64_t{0}, ~uint64_t{0}, 0}, ~uint64_t{0}), ones);
  const std::array<uint32_t, 4> pi = {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1};
  EXPECT_EQ(Random123Block({0x299f31d0a4093822, 0x0370734413198a2e, 0}, 0x85a308d3243f6a88), pi);
}

/* C++26, [rand.predef]: the 10000th word of a default-constructed std::philox4x32. */
TEST(Words, StandardLibrarysTenThousandth) { EXPECT_EQ(Bits({20111115, 0, 9999}, 1)[0], 1955073260u); }

/* Seeds, subsequences and offsets of every size, and around multiples of 2^32 blocks. */
TEST(Words, EqualRandom123) {
  const uint64_t wrap = uint64_t{1} << 34, last = ~uint64_t{0} - 4095;
  for (const uint64_t seed : {uint64_t{0}, uint64_t{1}, uint64_t{1} << 32, uint64_t{0xDEADBEEFCAFEF00D}, ~uint64_t{0}})
    for (const uint64_t subsequence : {uint64_t{0}, uint64_t{3}, uint64_t{1} << 32, uint64_t{0xF000000000000001}})
      for (const uint64_t offset : {uint64_t{0}, uint64_t{1}, uint64_t{7}, uint64_t{0xFFFFFFFF}, wrap - 2000, wrap - 1,
                                    wrap, 77 * wrap - 1999, uint64_t{0xABCDEF0123456789}, last}) {
        const kinit_stream stream = {seed, subsequence, offset};
        ASSERT_EQ(Bits(stream, 4096), Random123Words(stream, offset, 4096))
            << std::hex << seed << " " << subsequence << " " << offset;
      }
}

TEST(Words, ContinueWhereTheLastFillEnded) {
  const std::vector<uint32_t> whole = Bits({5, 6, 100}, 1000), rest = Bits({5, 6, 100 + 333}, 667);
  EXPECT_TRUE(std::equal(rest.begin(), rest.end(), whole.begin() + 333));
}

/* ---- Named streams ----------------------------------------------------------------------------------------------- */

/* The values are those of Fowler, Noll and Vo's own tables of FNV-1a. */
TEST(NamedStream, HashesTheName) {
  EXPECT_EQ(kinit_stream_named(1, "").subsequence, 0xcbf29ce484222325u);
  EXPECT_EQ(kinit_stream_named(1, nullptr).subsequence, 0xcbf29ce484222325u);
  EXPECT_EQ(kinit_stream_named(1, "a").subsequence, 0xaf63dc4c8601ec8cu);
  EXPECT_EQ(kinit_stream_named(1, "foobar").subsequence, 0x85944171f73967e8u);
  EXPECT_EQ(kinit_stream_named(1, "chongo was here!\n").subsequence, 0x46810940eff5f915u);
}

TEST(NamedStream, KeepsTheSeedAndBeginsAtZero) {
  const kinit_stream stream = kinit_stream_named(0xFEDCBA9876543210, "decoder.layers.0.weight");
  EXPECT_EQ(stream.seed, 0xFEDCBA9876543210u);
  EXPECT_EQ(stream.offset, 0u);
}

/* Bytes are unsigned: a name beyond ASCII. 0xcbf29ce484222325 ^ 0xff, times the prime, by hand. */
TEST(NamedStream, BytesAreUnsigned) {
  EXPECT_EQ(kinit_stream_named(0, "\xff").subsequence, (0xcbf29ce484222325u ^ 0xffu) * 0x100000001b3u);
}

/* ---- Uniform ----------------------------------------------------------------------------------------------------- */

constexpr kinit_stream kStream = {0x5EED, 0x5B5E9, 12345};
constexpr size_t kCount = 100000;

template <typename T>
std::vector<T> Uniform(kinit_dtype dtype, double low, double high) {
  std::vector<T> values(kCount);
  EXPECT_EQ(kinit_fill_uniform(values.data(), dtype, kCount, low, high, kStream), KINIT_OK);
  return values;
}

/* On [0, 1) no operation rounds: the value times 2^24 is the word's lower 24 bits. */
TEST(Uniform, F32HasTheWords24LowerBits) {
  const std::vector<uint32_t> words = Random123Words(kStream, kStream.offset, kCount);
  const std::vector<float> values = Uniform<float>(KINIT_F32, 0, 1);
  for (size_t i = 0; i < kCount; i++)
    ASSERT_EQ(static_cast<double>(values[i]) * 16777216.0, static_cast<double>(words[i] % 16777216)) << i;
}

TEST(Uniform, F64HasThePairs53LowerBits) {
  const std::vector<uint32_t> words = Random123Words(kStream, 2 * kStream.offset, 2 * kCount);
  const std::vector<double> values = Uniform<double>(KINIT_F64, 0, 1);
  for (size_t i = 0; i < kCount; i++) {
    const uint64_t x = uint64_t{words[2 * i]} << 32 | words[2 * i + 1];
    ASSERT_EQ(std::ldexp(values[i], 53), static_cast<double>(x % (uint64_t{1} << 53))) << i;
  }
}

struct Range {
  double low, high;
};
const Range kRanges[] = {{-1, 1},        {-0.3, 0.7},           {5, 1e6},       {-0x1p-110, 0x1p-108},
                         {1e-45, 3e-39}, {1, 1 + 0x1p-22},      {-3e38, -2e38}, {1e5, 1e5 + 0.015625},
                         {0.1, 0.1},     {-0x1p-149, 0x1p-149}, {-1e-30, 1e30}};

/* u in floats; fmaf of the C library rounds once. */
TEST(Uniform, F32FollowsTheFormula) {
  const std::vector<uint32_t> words = Random123Words(kStream, kStream.offset, kCount);
  for (const Range &range : kRanges) {
    const float low = static_cast<float>(range.low), high = static_cast<float>(range.high);
    const std::vector<float> values = Uniform<float>(KINIT_F32, range.low, range.high);
    for (size_t i = 0; i < kCount; i++) {
      const float u = static_cast<float>(words[i] % 16777216) / 16777216.0f;
      float expected = std::fma(u, high - low, low);
      if (expected >= high) expected = low < high ? std::nextafter(high, -INFINITY) : high;
      ASSERT_EQ(values[i], expected) << range.low << " to " << range.high << ", element " << i;
    }
  }
}

TEST(Uniform, F64FollowsTheFormula) {
  const std::vector<double> units = Uniform<double>(KINIT_F64, 0, 1);
  for (const Range &range : {Range{-1, 1}, Range{-0.3, 0.7}, Range{1, 1 + 0x1p-51}, Range{-0x1p-1073, 0x1p-1070},
                             Range{0.1, 0.1}, Range{-8e307, 8e307}}) {
    const std::vector<double> values = Uniform<double>(KINIT_F64, range.low, range.high);
    for (size_t i = 0; i < kCount; i++) {
      double expected = std::fma(units[i], range.high - range.low, range.low);
      if (expected >= range.high && range.low < range.high) expected = std::nextafter(range.high, -INFINITY);
      ASSERT_EQ(values[i], expected) << range.low << " to " << range.high << ", element " << i;
    }
  }
}

/* ---- Normal ------------------------------------------------------------------------------------------------------ */

std::vector<float> NormalF32(double mean, double stddev, size_t count = kCount) {
  std::vector<float> values(count);
  EXPECT_EQ(kinit_fill_normal(values.data(), KINIT_F32, count, mean, stddev, kStream), KINIT_OK);
  return values;
}

struct Pair {
  long double even, odd;
};

/* r (cos, sin) of an angle, given as a number of quarter turns and a small rest in turns. */
Pair ExactPair(long double radius, unsigned quarter, long double rest) {
  const long double two_pi = 6.283185307179586476925286766559005768L;
  const long double c = radius * std::cos(two_pi * rest), s = radius * std::sin(two_pi * rest);
  switch (quarter % 4) {
    case 0:
      return {c, s};
    case 1:
      return {-s, c};
    case 2:
      return {-c, -s};
    default:
      return {s, -c};
  }
}

/* Box-Muller in exact arithmetic; u is the float of the definition, the angle the exact one of the word. */
Pair ExactF32(uint32_t radius_word, uint32_t angle_word) {
  const float u = std::fma(static_cast<float>(radius_word), 0x1p-32f, 0x1p-33f);
  const long double radius = std::sqrt(-2.0L * std::log(static_cast<long double>(u)));
  const unsigned quarter = (angle_word + 0x20000000u) >> 30;
  const long double rest = (static_cast<long double>(angle_word) - static_cast<long double>(quarter) * 0x1p30L + 0.5L);
  return ExactPair(radius, quarter, rest * 0x1p-32L);
}

TEST(Uniform, MinusZeroIsZero) {
  const double zeros[] = {0.0, -0.0};
  for (const double low : zeros) {
    for (const double high : zeros) {
      float f32 = 1;
      double f64 = 1;
      ASSERT_EQ(kinit_fill_uniform(&f32, KINIT_F32, 1, low, high, {1, 2, 3}), KINIT_OK);
      ASSERT_EQ(kinit_fill_uniform(&f64, KINIT_F64, 1, low, high, {1, 2, 3}), KINIT_OK);
      EXPECT_TRUE(f32 == 0 && !std::signbit(f32)) << low << " " << high;
      EXPECT_TRUE(f64 == 0 && !std::signbit(f64)) << low << " " << high;
    }
  }
}

/* The first element is odd, so pairs begin before the fill. */
TEST(Normal, F32WithinAMillionth) {
  static_assert(kStream.offset % 2 == 1, "the second half of a pair comes first");
  const size_t count = 400000;
  const std::vector<uint32_t> words = Random123Words(kStream, kStream.offset - 1, count + 2);
  const std::vector<float> values = NormalF32(0, 1, count);
  long double worst = 0;
  for (size_t i = 0; i < count; i++) {
    const size_t pair = (i + 1) / 2 * 2;
    const Pair exact = ExactF32(words[pair], words[pair + 1]);
    const long double expected = i % 2 == 1 ? exact.even : exact.odd;
    worst = std::max(worst, std::fabs((static_cast<long double>(values[i]) - expected) / expected));
  }
  RecordProperty("worst_relative_error", std::to_string(worst * 1e9L) + "e-9");
  EXPECT_LT(worst, 1e-6L);
}

/* The two parameters act by one fused multiply-add, after rounding to float. */
TEST(Normal, F32ParametersAreOneFma) {
  const std::vector<float> z = NormalF32(0, 1);
  for (const Range &p : {Range{0, 0.02}, Range{-1.5, 3}, Range{0.1, 0.3}, Range{1e30, 1e28}, Range{0, 0x1p-140}}) {
    const std::vector<float> values = NormalF32(p.low, p.high);
    for (size_t i = 0; i < kCount; i++)
      ASSERT_EQ(values[i], std::fma(z[i], static_cast<float>(p.high), static_cast<float>(p.low))) << i;
  }
}

TEST(Normal, StddevZeroGivesTheMean) {
  for (const float value : NormalF32(0.1, 0)) ASSERT_EQ(value, 0.1f);
}

std::vector<double> NormalF64(double mean, double stddev) {
  std::vector<double> values(kCount);
  const kinit_status status = kinit_fill_normal(values.data(), KINIT_F64, kCount, mean, stddev, kStream);
  if (status == KINIT_ERROR_NEEDS_FMA) values.clear();
  return values;
}

double UnitF64(uint32_t w0, uint32_t w1) { return std::fma(w0, 0x1p-32, static_cast<double>(w1) * 0x1p-64 + 0x1p-65); }

/* u and v are the doubles of the definition. */
Pair ExactF64(const uint32_t *w) {
  const long double radius = std::sqrt(-2.0L * std::log(static_cast<long double>(UnitF64(w[0], w[1]))));
  const double v = UnitF64(w[2], w[3]);
  const double quarter = std::round(4 * v);
  return ExactPair(radius, static_cast<unsigned>(quarter), v - quarter / 4);
}

TEST(Normal, F64WithinAFewUlp) {
  const std::vector<uint32_t> words = Random123Words(kStream, 2 * (kStream.offset - 1), 2 * (kCount + 2));
  const std::vector<double> values = NormalF64(0, 1);
  if (values.empty()) GTEST_SKIP() << "this processor has no fused multiply-add";
  long double worst = 0;
  for (size_t i = 0; i < kCount; i++) {
    const Pair exact = ExactF64(&words[(i + 1) / 2 * 4]);
    const long double expected = i % 2 == 1 ? exact.even : exact.odd;
    worst = std::max(worst, std::fabs((static_cast<long double>(values[i]) - expected) / expected));
  }
  RecordProperty("worst_relative_error", std::to_string(worst * 1e15L) + "e-15");
  EXPECT_LT(worst, 3e-15L);
}

TEST(Normal, F64ParametersAreOneFma) {
  const std::vector<double> z = NormalF64(0, 1), values = NormalF64(0.1, 0.3);
  if (z.empty()) GTEST_SKIP() << "this processor has no fused multiply-add";
  for (size_t i = 0; i < kCount; i++) ASSERT_EQ(values[i], std::fma(z[i], 0.3, 0.1)) << i;
}

/* ---- Narrow types: the f32 value, rounded -------------------------------------------------------------------------
 */

/* The bits of the nearest of the numbers by search; of two equally near the one whose bits are even. */
unsigned Nearest(const std::vector<double> &numbers, float value) {
  const double magnitude = std::min<double>(std::fabs(value), numbers.back());
  const size_t above =
      static_cast<size_t>(std::lower_bound(numbers.begin(), numbers.end(), magnitude) - numbers.begin());
  size_t nearest = above;
  if (numbers[above] != magnitude) {
    const double up = numbers[above] - magnitude, down = magnitude - numbers[above - 1];
    if (down < up || (down == up && above % 2 == 1)) nearest = above - 1;
  }
  return static_cast<unsigned>(nearest);
}

class Narrow : public testing::TestWithParam<NarrowType> {
 protected:
  unsigned Sign(float value) const { return std::signbit(value) ? static_cast<unsigned>(type_.sign()) : 0; }
  unsigned Rounded(float value) const { return Nearest(numbers_, value) | Sign(value); }

  /* A number of the type as a double, infinity as what would follow the largest. */
  double ValueOf(unsigned bits) const {
    const unsigned sign = static_cast<unsigned>(type_.sign());
    return bits & sign ? -numbers_[bits & (sign - 1)] : numbers_[bits];
  }

  /* The rounded value, or the largest number below the rounded high if it is not below. */
  unsigned RoundedUniform(float value, float low, float high) const {
    const unsigned bits = Rounded(value), last = Rounded(high);
    if (ValueOf(Rounded(low)) == ValueOf(last) || ValueOf(bits) < ValueOf(last)) return bits;
    const unsigned sign = static_cast<unsigned>(type_.sign());
    if ((last & (sign - 1)) == 0) return sign | 1;
    return last & sign ? last + 1 : last - 1;
  }

  template <typename Fill>
  std::vector<unsigned> Values(const Fill &fill) const {
    const size_t size = SizeOf(type_.dtype);
    std::vector<unsigned char> bytes(kCount * size);
    EXPECT_EQ(fill(bytes.data()), KINIT_OK);
    std::vector<unsigned> values(kCount);
    for (size_t i = 0; i < kCount; i++)
      values[i] = size == 1 ? bytes[i] : bytes[2 * i] | static_cast<unsigned>(bytes[2 * i + 1]) << 8;
    return values;
  }

  const NarrowType type_ = GetParam();
  const std::vector<double> numbers_ = NumbersOf(type_);
};

/* Deviations that reach the subnormal numbers, and the largest numbers and beyond. */
TEST_P(Narrow, NormalsAreRoundedFloats) {
  for (const double stddev : {1.0, 0.02, 0.002, 3e-5, 2e-7, 150.0, 20000.0, 1e38, 0x1p-131, 0x1p-140}) {
    const std::vector<unsigned> values =
        Values([&](void *dst) { return kinit_fill_normal(dst, type_.dtype, kCount, 0, stddev, kStream); });
    const std::vector<float> floats = NormalF32(0, stddev);
    for (size_t i = 0; i < kCount; i++) ASSERT_EQ(values[i], Rounded(floats[i])) << floats[i];
  }
}

TEST_P(Narrow, UniformsAreRoundedFloatsBelowTheUpperBound) {
  std::vector<Range> ranges(std::begin(kRanges), std::end(kRanges));
  ranges.insert(ranges.end(), {{-1, 0}, {0, 1}, {-3, -1}, {1, 1.004}, {0.9, 1e6}, {-0x1p-140, 0}, {1.0001, 1.0002}});
  for (const Range &range : ranges) {
    SCOPED_TRACE(testing::Message() << range.low << " " << range.high);
    const std::vector<unsigned> values =
        Values([&](void *dst) { return kinit_fill_uniform(dst, type_.dtype, kCount, range.low, range.high, kStream); });
    const std::vector<float> floats = Uniform<float>(KINIT_F32, range.low, range.high);
    const float low = static_cast<float>(range.low) + 0.0f, high = static_cast<float>(range.high) + 0.0f;
    for (size_t i = 0; i < kCount; i++) ASSERT_EQ(values[i], RoundedUniform(floats[i], low, high)) << floats[i];
  }
}

/* One of 2^9 words of a bf16 would be rounded to 1, and -log(1 - u) would be infinite. */
TEST(NarrowUniform, NeverOne) {
  std::vector<uint16_t> values(1 << 20);
  ASSERT_EQ(kinit_fill_uniform(values.data(), KINIT_BF16, values.size(), 0, 1, kStream), KINIT_OK);
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 0x3F7F);
  ASSERT_EQ(kinit_fill_uniform(values.data(), KINIT_F16, values.size(), 0, 1, kStream), KINIT_OK);
  EXPECT_EQ(*std::max_element(values.begin(), values.end()), 0x3BFF);
}

INSTANTIATE_TEST_SUITE_P(Dtype, Narrow, testing::ValuesIn(kNarrowTypes),
                         [](const auto &chosen) { return chosen.param.name; });

/* ---- Constants: IEEE 754 bits as literals ------------------------------------------------------------------------ */

struct ConstantCase {
  kinit_dtype dtype;
  double value;
  uint64_t bits;
};

const ConstantCase kConstants[] = {
    {KINIT_F8_E4M3, 0.1, 0x1D}, /* 1.625 / 16 */
    {KINIT_F8_E4M3, -448, 0xFE},
    {KINIT_F8_E4M3, 464, 0x7E}, /* half way to what is no number: to even */
    {KINIT_F8_E4M3, 0x1p-9, 0x01},
    {KINIT_F8_E4M3, -0.0, 0x80},
    {KINIT_F8_E5M2, 0.1, 0x2E}, /* 1.5 / 16 */
    {KINIT_F8_E5M2, 57344, 0x7B},
    {KINIT_F8_E5M2, 0x1p-16, 0x01},
    {KINIT_F8_E5M2, 0x1p-17, 0x00},
    {KINIT_F64, 0.1, 0x3FB999999999999A},
    {KINIT_F64, -0.0, 0x8000000000000000},
    {KINIT_F64, 0x1p-1074, 1},
    {KINIT_F32, 0.1, 0x3DCCCCCD},
    {KINIT_F32, -0.0, 0x80000000},
    {KINIT_F32, 1 + 0x1p-24, 0x3F800000}, /* half way: to even */
    {KINIT_F32, 1 + 0x3p-24, 0x3F800002},
    {KINIT_F32, 0x1p-149, 1},
    {KINIT_F32, 0x1p-150, 0},
    {KINIT_F16, 0, 0},
    {KINIT_F16, -0.0, 0x8000},
    {KINIT_F16, 1, 0x3C00},
    {KINIT_F16, -2, 0xC000},
    {KINIT_F16, 0.1, 0x2E66},
    {KINIT_F16, 65504, 0x7BFF},
    {KINIT_F16, -65519, 0xFBFF}, /* below half way to the next */
    {KINIT_F16, 1 + 0x1p-11, 0x3C00},
    {KINIT_F16, 1 + 0x3p-11, 0x3C02},
    {KINIT_F16, 0x1p-14, 0x0400}, /* smallest normal */
    {KINIT_F16, 0x1p-14 - 0x1p-25, 0x0400},
    {KINIT_F16, 0x1p-14 - 0x1p-24, 0x03FF},
    {KINIT_F16, 0x1p-24, 1},
    {KINIT_F16, 0x1p-25, 0},
    {KINIT_F16, 0x3p-25, 2},
    {KINIT_BF16, 1, 0x3F80},
    {KINIT_BF16, -0.0, 0x8000},
    {KINIT_BF16, 0.1, 0x3DCD},
    {KINIT_BF16, 1 + 0x1p-8, 0x3F80},
    {KINIT_BF16, 1 + 0x3p-8, 0x3F82},
    {KINIT_BF16, 0x1p-133, 1},
    {KINIT_BF16, 0x1.FEp127, 0x7F7F},
};

TEST(Constant, Literals) {
  for (const ConstantCase &c : kConstants) {
    const size_t size = SizeOf(c.dtype);
    for (const size_t count : {1u, 2u, 3u, 100u}) {
      alignas(8) unsigned char values[800];
      ASSERT_EQ(kinit_fill_constant(values, c.dtype, count, c.value), KINIT_OK) << c.value;
      for (size_t i = 0; i < count; i++) {
        uint64_t bits = 0;
        std::memcpy(&bits, values + i * size, size);
        ASSERT_EQ(bits, c.bits) << NameOf(c.dtype) << " " << c.value << " [" << i << "]";
      }
    }
  }
}

}  // namespace
}  // namespace kinit_test
