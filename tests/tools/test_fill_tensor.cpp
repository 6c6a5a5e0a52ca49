// Any range of a tensor has the bytes that it has in the whole tensor, for every initializer.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

extern "C" {
#include "fill_tensor.h"
}

namespace {

constexpr uint64_t kSeed = 42;

// An initializer, as a tensor with arguments, and the call of the library that fills the whole.
struct Initializer {
  const char *name;
  std::vector<int64_t> shape;
  void (*arguments)(tool_tensor *);
  kinit_status (*whole)(const kinit_tensor *, kinit_stream);
};

const Initializer kInitializers[] = {
    {"uniform",
     {5, 7, 3},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_UNIFORM, t->init.low = -2, t->init.high = 3; },
     [](const kinit_tensor *t, kinit_stream s) { return kinit_uniform(t, -2, 3, s); }},
    {"normal",
     {2, 3, 4, 5},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_NORMAL, t->init.mean = 1, t->init.stddev = 0.5; },
     [](const kinit_tensor *t, kinit_stream s) { return kinit_normal(t, 1, 0.5, s); }},
    {"truncated_normal",
     {101},
     [](tool_tensor *t) {
       t->init.scheme = KINIT_SCHEME_TRUNCATED_NORMAL, t->init.mean = 0.5, t->init.stddev = 2, t->init.low = -1,
       t->init.high = 3;
     },
     [](const kinit_tensor *t, kinit_stream s) { return kinit_truncated_normal(t, 0.5, 2, -1, 3, s); }},
    {"constant",
     {},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_CONSTANT, t->init.value = 0.75; },
     [](const kinit_tensor *t, kinit_stream) { return kinit_constant(t, 0.75); }},
    {"kaiming_normal",
     {12, 9},
     [](tool_tensor *t) {
       t->init.scheme = KINIT_SCHEME_KAIMING_NORMAL, t->init.a = 0.25, t->init.mode = KINIT_FAN_OUT,
       t->init.nonlinearity = KINIT_LEAKY_RELU;
     },
     [](const kinit_tensor *t, kinit_stream s) {
       return kinit_kaiming_normal(t, 0.25, KINIT_FAN_OUT, KINIT_LEAKY_RELU, s);
     }},
    {"kaiming_uniform",
     {4, 3, 3, 3},
     [](tool_tensor *t) {
       t->init.scheme = KINIT_SCHEME_KAIMING_UNIFORM, t->init.mode = KINIT_FAN_IN, t->init.nonlinearity = KINIT_RELU;
     },
     [](const kinit_tensor *t, kinit_stream s) { return kinit_kaiming_uniform(t, 0, KINIT_FAN_IN, KINIT_RELU, s); }},
    {"xavier_normal",
     {1, 64},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_XAVIER_NORMAL, t->init.gain = 1.5; },
     [](const kinit_tensor *t, kinit_stream s) { return kinit_xavier_normal(t, 1.5, s); }},
    {"xavier_uniform",
     {64, 1},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_XAVIER_UNIFORM, t->init.gain = 1; },
     [](const kinit_tensor *t, kinit_stream s) { return kinit_xavier_uniform(t, 1, s); }},
    {"variance_scaling",
     {3, 1, 11, 1},
     [](tool_tensor *t) {
       t->init.scheme = KINIT_SCHEME_VARIANCE_SCALING, t->init.scale = 2, t->init.mode = KINIT_FAN_AVG;
       t->init.distribution = KINIT_DIST_TRUNCATED_NORMAL;
     },
     [](const kinit_tensor *t, kinit_stream s) {
       return kinit_variance_scaling(t, 2, KINIT_FAN_AVG, KINIT_DIST_TRUNCATED_NORMAL, s);
     }},
    {"eye",
     {9, 12},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_EYE; },
     [](const kinit_tensor *t, kinit_stream) { return kinit_eye(t); }},
    {"dirac",
     {6, 3, 3, 2},
     [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_DIRAC, t->init.groups = 2; },
     [](const kinit_tensor *t, kinit_stream) { return kinit_dirac(t, 2); }},
};

class Range : public ::testing::TestWithParam<std::tuple<Initializer, kinit_dtype>> {
 protected:
  void SetUp() override {
    const Initializer &initializer = std::get<0>(GetParam());
    shape_ = initializer.shape;
    tensor_.init = kinit_initializer_default(KINIT_SCHEME_CONSTANT);
    initializer.arguments(&tensor_);
    tensor_.name = name_;
    tensor_.dtype = std::get<1>(GetParam());
    tensor_.ndim = static_cast<int>(shape_.size());
    tensor_.shape = shape_.data();
    if (tool_fill_check(&tensor_) == KINIT_ERROR_NEEDS_FMA) GTEST_SKIP() << "normals in f64 need FMA";
    ASSERT_EQ(tool_fill_check(&tensor_), KINIT_OK);
    size_ = tensor_.dtype == KINIT_F64 ? 8 : tensor_.dtype == KINIT_F32 ? 4 : 2;
    count_ = 1;
    for (const int64_t length : shape_) count_ *= static_cast<size_t>(length);
    whole_.resize(count_ * size_);
    const kinit_tensor whole = {whole_.data(), tensor_.dtype, tensor_.ndim, shape_.data(), nullptr, nullptr, nullptr};
    ASSERT_EQ(initializer.whole(&whole, kinit_stream_named(kSeed, name_)), KINIT_OK);
  }

  // A range, and that nothing beside it is touched.
  void Expect(size_t first, size_t count) {
    std::vector<char> part((count + 2) * size_, '\x5a');
    std::vector<char> expected = part;
    memcpy(expected.data() + size_, whole_.data() + first * size_, count * size_);
    ASSERT_EQ(tool_fill(&tensor_, kSeed, first, count, part.data() + size_), KINIT_OK);
    ASSERT_EQ(part, expected) << "elements " << first << " to " << first + count;
  }

  char name_[8] = "a.b.c";
  std::vector<int64_t> shape_;
  tool_tensor tensor_ = {};
  size_t size_ = 0, count_ = 0;
  std::vector<char> whole_;
};

TEST_P(Range, EqualsThatOfTheWhole) {
  for (size_t first = 0; first < count_; first++)
    for (size_t count = 0; count <= count_ - first; count++) ASSERT_NO_FATAL_FAILURE(Expect(first, count));
}

std::string NameOf(const ::testing::TestParamInfo<std::tuple<Initializer, kinit_dtype>> &instance) {
  static const char *const dtypes[] = {"f32", "f64", "f16", "bf16"};
  return std::string(std::get<0>(instance.param).name) + "_" + dtypes[std::get<1>(instance.param)];
}

INSTANTIATE_TEST_SUITE_P(Initializers, Range,
                         ::testing::Combine(::testing::ValuesIn(kInitializers),
                                            ::testing::Values(KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16)),
                         NameOf);

TEST(ZeroRow, IsZeroInEveryRange) {
  char name[] = "w";
  std::vector<int64_t> shape = {4, 3, 2};
  tool_tensor tensor = {};
  tensor.name = name;
  tensor.ndim = 3;
  tensor.shape = shape.data();
  tensor.init = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  std::vector<float> whole(24);
  ASSERT_EQ(tool_fill(&tensor, kSeed, 0, 24, whole.data()), KINIT_OK);
  for (size_t i = 12; i < 18; i++) whole[i] = 0;
  tensor.has_zero_row = true;
  tensor.zero_row = 2;
  for (size_t first = 0; first < 24; first++)
    for (size_t count = 0; count <= 24 - first; count++) {
      std::vector<float> part(count + 1, 7);
      ASSERT_EQ(tool_fill(&tensor, kSeed, first, count, part.data()), KINIT_OK);
      EXPECT_EQ(memcmp(part.data(), &whole[first], count * sizeof(float)), 0) << first << " " << count;
      EXPECT_EQ(part[count], 7);
    }
}

// ---- What is refused
// -------------------------------------------------------------------------------------------------

kinit_status Check(std::vector<int64_t> shape, kinit_dtype dtype, void (*arguments)(tool_tensor *)) {
  char name[] = "w";
  tool_tensor tensor = {};
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.ndim = static_cast<int>(shape.size());
  tensor.shape = shape.data();
  tensor.init = kinit_initializer_default(KINIT_SCHEME_CONSTANT);
  arguments(&tensor);
  return tool_fill_check(&tensor);
}

void Constant(tool_tensor *t) { t->init.scheme = KINIT_SCHEME_CONSTANT; }

TEST(FillCheck, SaysWhatTheLibrarySays) {
  EXPECT_EQ(Check({4}, KINIT_F32, [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_XAVIER_NORMAL; }),
            KINIT_ERROR_DIMENSIONS);
  EXPECT_EQ(Check({4, 4, 4}, KINIT_F32, [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_EYE; }),
            KINIT_ERROR_DIMENSIONS);
  EXPECT_EQ(
      Check({4, 2, 3}, KINIT_F32, [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_DIRAC, t->init.groups = 3; }),
      KINIT_ERROR_GROUPS);
  EXPECT_EQ(Check({}, KINIT_F32, [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_NORMAL, t->init.stddev = -1; }),
            KINIT_ERROR_NEGATIVE_SCALE);
  EXPECT_EQ(Check({4}, KINIT_F16, [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_CONSTANT, t->init.value = 1e6; }),
            KINIT_ERROR_NOT_FINITE);
  EXPECT_EQ(Check({4, -1}, KINIT_F32, Constant), KINIT_ERROR_SIZE);
  EXPECT_EQ(Check(std::vector<int64_t>(65, 1), KINIT_F32, Constant), KINIT_ERROR_DIMENSIONS);
}

TEST(FillCheck, RefusesMoreBytesThanAFileCanHave) {
  EXPECT_EQ(Check({INT64_MAX}, KINIT_F16, Constant), KINIT_ERROR_SIZE);
  EXPECT_EQ(Check({INT64_MAX / 2}, KINIT_F16, Constant), KINIT_OK);
  EXPECT_EQ(Check({INT64_C(1) << 40, INT64_C(1) << 40}, KINIT_F32, Constant), KINIT_ERROR_SIZE);
}

TEST(FillCheck, TakesTensorsWithoutElements) {
  EXPECT_EQ(
      Check({4, 0}, KINIT_F32, [](tool_tensor *t) { t->init.scheme = KINIT_SCHEME_XAVIER_NORMAL, t->init.gain = 1; }),
      KINIT_OK);
  EXPECT_EQ(Check(std::vector<int64_t>(64, 1), KINIT_F32, Constant), KINIT_OK);
}

}  // namespace
