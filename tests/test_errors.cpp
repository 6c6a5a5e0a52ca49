/* Bad arguments: the status says what is wrong, and not one byte is written.
 *
 * Owns: the errors of the flat fills and of the machine group. SPDX-License-Identifier: Apache-2.0 */
#include <climits>
#include <cmath>
#include <functional>

#include "support.h"

namespace kinit_test {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kBeyondFloat = 3.5e38; /* finite in double, infinite in float */
constexpr kinit_stream kStream = {1, 2, 3};
constexpr uint64_t kLast = ~uint64_t{0};       /* index of the last element, but of f64 */
constexpr uint64_t kEnd64 = uint64_t{1} << 63; /* number of elements of f64 */

/* ---- Calls that are refused -------------------------------------------------------------------------------------- */

struct Refused {
  const char *what;
  kinit_status expected;
  std::function<kinit_status(unsigned char *memory)> call; /* 4 KiB, aligned */
};

uint32_t *Words(unsigned char *memory) { return reinterpret_cast<uint32_t *>(memory); }

/* What every fill refuses; `dtype` is the one to ask for. */
void AddDestinations(std::vector<Refused> *calls, kinit_dtype dtype) {
  using Fill = std::function<kinit_status(void *, kinit_dtype, size_t, kinit_stream)>;
  struct Named {
    const char *name;
    Fill fill;
  };
  const Named fills[] = {
      {"uniform", FillUniform}, {"normal", FillNormal}, {"truncated", FillTruncated}, {"constant", FillConstant}};
  const size_t size = SizeOf(dtype);
  for (const Named &named : fills) {
    const Fill fill = named.fill;
    const auto add = [&](const char *what, kinit_status expected, std::function<kinit_status(unsigned char *)> call) {
      calls->push_back({what, expected, std::move(call)});
    };
    add("NULL with a count", KINIT_ERROR_NULL, [=](unsigned char *) { return fill(nullptr, dtype, 1, kStream); });
    for (size_t shift = 1; shift < size; shift++) {
      add("misaligned", KINIT_ERROR_MISALIGNED, [=](unsigned char *m) { return fill(m + shift, dtype, 16, kStream); });
      add("misaligned, count 0", KINIT_ERROR_MISALIGNED,
          [=](unsigned char *m) { return fill(m + shift, dtype, 0, kStream); });
    }
    for (const size_t count : {SIZE_MAX / size + 1, SIZE_MAX, SIZE_MAX / 2 / size + 1})
      add("size overflows", KINIT_ERROR_SIZE, [=](unsigned char *m) { return fill(m, dtype, count, {1, 2, 0}); });
  }
}

/* Called without the wrappers of support.h, in which an unknown value would be undefined behaviour of C++. */
void AddUnknownDtypes(std::vector<Refused> *calls) {
  for (const int value : {6, 99, -1, INT_MAX}) {
    for (const size_t count : {0, 4}) {
      const auto add = [&](const char *what, std::function<kinit_status(unsigned char *)> call) {
        calls->push_back({what, KINIT_ERROR_DTYPE, std::move(call)});
      };
      add("uniform of unknown dtype",
          [=](auto m) { return kinit_fill_uniform(m, static_cast<kinit_dtype>(value), count, 0, 1, kStream); });
      add("normal of unknown dtype",
          [=](auto m) { return kinit_fill_normal(m, static_cast<kinit_dtype>(value), count, 0, 1, kStream); });
      add("truncated normal of unknown dtype", [=](auto m) {
        return kinit_fill_truncated_normal(m, static_cast<kinit_dtype>(value), count, 0, 1, -1, 1, kStream);
      });
      add("constant of unknown dtype",
          [=](auto m) { return kinit_fill_constant(m, static_cast<kinit_dtype>(value), count, 1); });
    }
  }
}

void AddBits(std::vector<Refused> *calls) {
  calls->push_back({"bits to NULL", KINIT_ERROR_NULL, [](auto) { return kinit_fill_bits(nullptr, 1, kStream); }});
  calls->push_back(
      {"bits, misaligned", KINIT_ERROR_MISALIGNED, [](auto m) { return FillBits(m + 2, KINIT_F32, 1, kStream); }});
  calls->push_back({"bits, size", KINIT_ERROR_SIZE, [](auto m) {
                      return kinit_fill_bits(Words(m), SIZE_MAX / 4 + 1, {0, 0, 0});
                    }});
  calls->push_back({"bits past the end", KINIT_ERROR_STREAM_END, [](auto m) {
                      return kinit_fill_bits(Words(m), 2, {0, 0, kLast});
                    }});
}

void AddStreamEnds(std::vector<Refused> *calls) {
  for (const kinit_dtype dtype : {KINIT_F32, KINIT_F16, KINIT_BF16})
    for (const uint64_t left : {1u, 2u, 99u}) {
      const kinit_stream stream = {0, 0, kLast - left + 1};
      calls->push_back({"uniform past the end", KINIT_ERROR_STREAM_END,
                        [=](auto m) { return FillUniform(m, dtype, left + 1, stream); }});
      calls->push_back({"normal past the end", KINIT_ERROR_STREAM_END,
                        [=](auto m) { return FillNormal(m, dtype, left + 1, stream); }});
      calls->push_back({"truncated normal past the end", KINIT_ERROR_STREAM_END,
                        [=](auto m) { return FillTruncated(m, dtype, left + 1, stream); }});
    }
  for (const uint64_t offset : {kEnd64, kEnd64 + 1, kLast, kEnd64 - 1}) {
    const size_t count = offset == kEnd64 - 1 ? 2 : 1;
    calls->push_back({"f64 uniform past the end", KINIT_ERROR_STREAM_END, [=](auto m) {
                        return FillUniform(m, KINIT_F64, count, {0, 0, offset});
                      }});
    calls->push_back({"f64 normal past the end", KINIT_ERROR_STREAM_END, [=](auto m) {
                        return FillNormal(m, KINIT_F64, count, {0, 0, offset});
                      }});
  }
}

void AddUniformParameters(std::vector<Refused> *calls, kinit_dtype dtype) {
  const auto add = [&](const char *what, kinit_status expected, double low, double high) {
    for (const size_t count : {0, 8})
      calls->push_back(
          {what, expected, [=](auto m) { return kinit_fill_uniform(m, dtype, count, low, high, kStream); }});
  };
  add("low is NaN", KINIT_ERROR_NOT_FINITE, kNan, 1);
  add("high is NaN", KINIT_ERROR_NOT_FINITE, 0, kNan);
  add("low is infinite", KINIT_ERROR_NOT_FINITE, -kInfinity, 1);
  add("high is infinite", KINIT_ERROR_NOT_FINITE, 0, kInfinity);
  add("low > high", KINIT_ERROR_BOUNDS, 1, 0.5);
  add("low > high by one place", KINIT_ERROR_BOUNDS, std::nextafter(1.0f, 2.0f), 1);
  if (dtype == KINIT_F64) {
    add("the range overflows", KINIT_ERROR_NOT_FINITE, -1e308, 1e308);
  } else {
    add("the range overflows float", KINIT_ERROR_NOT_FINITE, -3e38, 3e38);
    add("high overflows float", KINIT_ERROR_NOT_FINITE, 0, kBeyondFloat);
    add("low overflows float", KINIT_ERROR_NOT_FINITE, -kBeyondFloat, 0);
  }
}

void AddNormalParameters(std::vector<Refused> *calls, kinit_dtype dtype) {
  const auto add = [&](const char *what, kinit_status expected, double mean, double stddev) {
    for (const size_t count : {0, 8})
      calls->push_back(
          {what, expected, [=](auto m) { return kinit_fill_normal(m, dtype, count, mean, stddev, kStream); }});
  };
  add("mean is NaN", KINIT_ERROR_NOT_FINITE, kNan, 1);
  add("stddev is NaN", KINIT_ERROR_NOT_FINITE, 0, kNan);
  add("mean is infinite", KINIT_ERROR_NOT_FINITE, kInfinity, 1);
  add("stddev is infinite", KINIT_ERROR_NOT_FINITE, 0, kInfinity);
  add("stddev is negative", KINIT_ERROR_NEGATIVE_SCALE, 0, -1);
  add("stddev is slightly negative", KINIT_ERROR_NEGATIVE_SCALE, 0, -1e-30);
  if (dtype != KINIT_F64) {
    add("mean overflows float", KINIT_ERROR_NOT_FINITE, -kBeyondFloat, 1);
    add("stddev overflows float", KINIT_ERROR_NOT_FINITE, 0, kBeyondFloat);
  }
}

void AddTruncatedParameters(std::vector<Refused> *calls, kinit_dtype dtype) {
  const auto add = [&](const char *what, kinit_status expected, double mean, double stddev, double low, double high) {
    for (const size_t count : {0, 8})
      calls->push_back({what, expected, [=](auto m) {
                          return kinit_fill_truncated_normal(m, dtype, count, mean, stddev, low, high, kStream);
                        }});
  };
  add("mean is NaN", KINIT_ERROR_NOT_FINITE, kNan, 1, -2, 2);
  add("stddev is infinite", KINIT_ERROR_NOT_FINITE, 0, kInfinity, -2, 2);
  add("low is NaN", KINIT_ERROR_NOT_FINITE, 0, 1, kNan, 2);
  add("low is minus infinity", KINIT_ERROR_NOT_FINITE, 0, 1, -kInfinity, 2);
  add("high is infinite", KINIT_ERROR_NOT_FINITE, 0, 1, -2, kInfinity);
  add("stddev is negative", KINIT_ERROR_NEGATIVE_SCALE, 0, -1, -2, 2);
  add("low > high", KINIT_ERROR_BOUNDS, 0, 1, 2, -2);
  add("low = high", KINIT_ERROR_BOUNDS, 0, 1, 0.5, 0.5);
  if (dtype != KINIT_F64) {
    add("low = high in float", KINIT_ERROR_BOUNDS, 0, 1, 1, 1 + 1e-9);
    add("high overflows float", KINIT_ERROR_NOT_FINITE, 0, 1, 0, kBeyondFloat);
  }
}

void AddConstants(std::vector<Refused> *calls, kinit_dtype dtype) {
  const auto add = [&](const char *what, double value) {
    for (const size_t count : {0, 8})
      calls->push_back(
          {what, KINIT_ERROR_NOT_FINITE, [=](auto m) { return kinit_fill_constant(m, dtype, count, value); }});
  };
  add("value is NaN", kNan);
  add("value is infinite", kInfinity);
  add("value is minus infinity", -kInfinity);
  if (dtype != KINIT_F64) add("value overflows float", kBeyondFloat);
  if (dtype == KINIT_F16) add("value rounds to infinity", 65520);
  if (dtype == KINIT_BF16) add("value rounds to infinity", 0x1.FFp127);
}

std::vector<Refused> AllRefused(kinit_dtype dtype) {
  std::vector<Refused> calls;
  AddDestinations(&calls, dtype);
  AddUniformParameters(&calls, dtype);
  AddNormalParameters(&calls, dtype);
  AddTruncatedParameters(&calls, dtype);
  AddConstants(&calls, dtype);
  return calls;
}

void ExpectRefused(const std::vector<Refused> &calls) {
  GuardedMemory memory(4096);
  memory.Paint();
  for (const Refused &refused : calls) {
    const kinit_status status = refused.call(memory.begin());
    EXPECT_EQ(status, refused.expected) << refused.what << ": " << kinit_status_message(status);
    ASSERT_TRUE(memory.Holds(memory.begin(), nullptr, 0)) << refused.what;
  }
}

class Errors : public testing::TestWithParam<kinit_dtype> {};

TEST_P(Errors, NotOneByteIsWritten) { ExpectRefused(AllRefused(GetParam())); }

TEST(FlatErrors, Bits) {
  std::vector<Refused> calls;
  AddBits(&calls);
  ExpectRefused(calls);
}

TEST(FlatErrors, UnknownDtypes) {
  std::vector<Refused> calls;
  AddUnknownDtypes(&calls);
  ExpectRefused(calls);
}

TEST(FlatErrors, EndOfTheStream) {
  std::vector<Refused> calls;
  AddStreamEnds(&calls);
  ExpectRefused(calls);
}

TEST(FlatErrors, NormalsInF64NeedFma) {
  if (!NeedsFma({"normal", KINIT_F64, FillNormal})) GTEST_SKIP() << "this processor has fused multiply-add";
  ExpectRefused({{"normal", KINIT_ERROR_NEEDS_FMA, [](auto m) { return FillNormal(m, KINIT_F64, 8, kStream); }},
                 {"truncated", KINIT_ERROR_NEEDS_FMA, [](auto m) { return FillTruncated(m, KINIT_F64, 8, kStream); }}});
}

/* ---- Calls at the edge that are accepted ------------------------------------------------------------------------- */

TEST_P(Errors, NothingToFillIsFine) {
  EXPECT_EQ(kinit_fill_bits(nullptr, 0, kStream), KINIT_OK);
  EXPECT_EQ(FillUniform(nullptr, GetParam(), 0, kStream), KINIT_OK);
  EXPECT_EQ(FillConstant(nullptr, GetParam(), 0, kStream), KINIT_OK);
  if (!NeedsFma({"normal", GetParam(), FillNormal})) {
    EXPECT_EQ(FillNormal(nullptr, GetParam(), 0, kStream), KINIT_OK);
  }
}

TEST_P(Errors, TheLastElementsOfTheStreamAreFine) {
  double values[8];
  const uint64_t end = GetParam() == KINIT_F64 ? kEnd64 : 0; /* 2^64 */
  for (const size_t count : {0u, 1u, 7u})
    EXPECT_EQ(FillUniform(values, GetParam(), count, {0, 0, end - std::max<size_t>(count, 1)}), KINIT_OK) << count;
}

TEST_P(Errors, LargeParametersAreFine) {
  double values[8];
  EXPECT_EQ(kinit_fill_uniform(values, GetParam(), 8, -1e38, 2e38, kStream), KINIT_OK);
  EXPECT_EQ(kinit_fill_uniform(values, GetParam(), 8, 0.1, 0.1, kStream), KINIT_OK);
  EXPECT_EQ(kinit_fill_uniform(values, GetParam(), 8, -0.0, 0.0, kStream), KINIT_OK);
  if (NeedsFma({"normal", GetParam(), FillNormal})) return;
  EXPECT_EQ(kinit_fill_normal(values, GetParam(), 8, 3.4e38, 3.4e38, kStream), KINIT_OK);
  EXPECT_EQ(kinit_fill_normal(values, GetParam(), 8, 0, -0.0, kStream), KINIT_OK);
}

INSTANTIATE_TEST_SUITE_P(Dtype, Errors, testing::Values(KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16),
                         [](const auto &chosen) { return NameOf(chosen.param); });

/* ---- The machine ------------------------------------------------------------------------------------------------- */

TEST(MachineErrors, UnknownIsa) {
  const std::string before = kinit_isa();
  for (const char *name : {"", "AVX2", "avx", "avx2 ", "sse2", "no such thing"}) {
    EXPECT_EQ(kinit_set_isa(name), KINIT_ERROR_ISA) << name;
    EXPECT_EQ(kinit_isa(), before) << name;
  }
}

TEST(MachineErrors, NegativeThreads) {
  const int before = kinit_num_threads();
  for (const int count : {-1, -64, INT_MIN}) {
    EXPECT_EQ(kinit_set_num_threads(count), KINIT_ERROR_THREADS);
    EXPECT_EQ(kinit_num_threads(), before);
  }
}

TEST(MachineErrors, IsaIndexOutOfRange) {
  EXPECT_EQ(kinit_isa_name(-1), nullptr);
  EXPECT_EQ(kinit_isa_name(INT_MIN), nullptr);
  EXPECT_EQ(kinit_isa_name(kinit_isa_count()), nullptr);
  EXPECT_EQ(kinit_isa_name(INT_MAX), nullptr);
}

}  // namespace
}  // namespace kinit_test
