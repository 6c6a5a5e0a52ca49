/* An initializer as a value: fans by axes, what it resolves to, its fills, and what it refuses.
 *
 * Expectations are literals: standard deviations of jax.nn.initializers.variance_scaling (jax 0.10.2) and of
 * torch.nn.init, fans counted by hand, and the bytes of the functions that version 1.0 has.
 * SPDX-License-Identifier: Apache-2.0 */
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kinit/kinit.h"
#include "support.h"

namespace kinit_test {
namespace {

using Shape = std::vector<int64_t>;

constexpr kinit_stream kStream = {7, 11, 3};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

int Dimensions(const Shape &shape) { return static_cast<int>(shape.size()); }

constexpr uint64_t Bit(int dimension) { return uint64_t{1} << dimension; }

/* ---- Fans -------------------------------------------------------------------------------------------------------- */

const struct FansRow {
  const char *what;
  Shape shape;
  kinit_axes axes;
  int64_t groups;
  double fan_in, fan_out;
} kFans[] = {
    {"PyTorch's linear layer", {256, 64}, {0, 0, 0}, 1, 64, 256},
    {"the same, in words", {256, 64}, {Bit(1), Bit(0), 0}, 1, 64, 256},
    {"JAX's dense layer", {64, 256}, {Bit(0), Bit(1), 0}, 1, 64, 256},
    {"JAX's convolution", {3, 3, 16, 64}, {Bit(2), Bit(3), 0}, 1, 144, 576},
    {"experts", {8, 64, 256}, {Bit(1), Bit(2), Bit(0)}, 1, 64, 256},
    {"experts of PyTorch", {8, 128, 64}, {Bit(2), Bit(1), Bit(0)}, 1, 64, 128},
    {"an attention's output", {8, 16, 64}, {Bit(0) | Bit(1), Bit(2), 0}, 1, 128, 64},
    {"fused queries, keys and values", {64, 3, 8, 16}, {Bit(0), Bit(2) | Bit(3), Bit(1)}, 1, 64, 128},
    {"PyTorch's grouped convolution", {32, 4, 3, 3}, {0, 0, 0}, 8, 36, 36},
    {"PyTorch's transposed convolution", {16, 32, 3, 3}, {Bit(0), Bit(1), 0}, 1, 144, 288},
    {"no inputs, as for a bias of rows", {5, 7}, {0, Bit(1), 0}, 1, 5, 35},
    {"nothing to compute", {0, 7}, {Bit(0), Bit(1), 0}, 1, 0, 7},
};

TEST(FansAxes, CountByHand) {
  for (const FansRow &row : kFans) {
    double in = -1, out = -1;
    ASSERT_EQ(kinit_fans_axes(Dimensions(row.shape), row.shape.data(), &row.axes, row.groups, &in, &out), KINIT_OK)
        << row.what;
    EXPECT_EQ(in, row.fan_in) << row.what;
    EXPECT_EQ(out, row.fan_out) << row.what;
  }
}

TEST(FansAxes, NullIsPyTorchsOrder) {
  const int64_t shape[] = {20, 10, 5};
  double in = 0, out = 0;
  ASSERT_EQ(kinit_fans_axes(3, shape, nullptr, 1, &in, &out), KINIT_OK);
  EXPECT_EQ(in, 50);
  EXPECT_EQ(out, 100);
}

/* The upper half of 64 dimensions: lengths of 1 but for two. */
TEST(FansAxes, ReachTheLastDimension) {
  Shape shape(64, 1);
  shape[62] = 6;
  shape[63] = 10;
  const kinit_axes axes = {Bit(62), Bit(63), 0};
  double in = 0, out = 0;
  ASSERT_EQ(kinit_fans_axes(64, shape.data(), &axes, 1, &in, &out), KINIT_OK);
  EXPECT_EQ(in, 6);
  EXPECT_EQ(out, 10);
}

TEST(FansAxes, RefuseWithoutWriting) {
  const int64_t shape[] = {6, 4, 3}, negative[] = {6, -4},
                huge[] = {INT64_C(1) << 40, INT64_C(1) << 40, INT64_C(1) << 30};
  const struct {
    kinit_status status;
    int ndim;
    const int64_t *shape;
    kinit_axes axes;
    int64_t groups;
  } refusals[] = {
      {KINIT_ERROR_DIMENSIONS, 1, shape, {0, 0, 0}, 1},
      {KINIT_ERROR_DIMENSIONS, 65, shape, {0, 0, 0}, 1},
      {KINIT_ERROR_DIMENSIONS, 3, shape, {Bit(0), Bit(0), 0}, 1},
      {KINIT_ERROR_DIMENSIONS, 3, shape, {Bit(0), Bit(1), Bit(1)}, 1},
      {KINIT_ERROR_DIMENSIONS, 3, shape, {Bit(0), Bit(1), Bit(0)}, 1},
      {KINIT_ERROR_DIMENSIONS, 3, shape, {Bit(0), Bit(3), 0}, 1},
      {KINIT_ERROR_DIMENSIONS, 3, shape, {0, 0, Bit(63)}, 1},
      {KINIT_ERROR_GROUPS, 3, shape, {0, 0, 0}, 0},
      {KINIT_ERROR_GROUPS, 3, shape, {0, 0, 0}, -2},
      {KINIT_ERROR_GROUPS, 3, shape, {0, 0, 0}, 4},
      {KINIT_ERROR_NULL, 2, nullptr, {0, 0, 0}, 1},
      {KINIT_ERROR_SIZE, 2, negative, {0, 0, 0}, 1},
      {KINIT_ERROR_SIZE, 3, huge, {0, 0, 0}, 1},
      {KINIT_ERROR_SIZE, 3, huge, {Bit(0) | Bit(1), Bit(2), 0}, 1},
  };
  for (const auto &r : refusals) {
    double in = -1, out = -2;
    EXPECT_EQ(kinit_fans_axes(r.ndim, r.shape, &r.axes, r.groups, &in, &out), r.status);
    EXPECT_EQ(in, -1);
    EXPECT_EQ(out, -2);
  }
  double fan = 0;
  EXPECT_EQ(kinit_fans_axes(3, shape, nullptr, 1, nullptr, &fan), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_fans_axes(3, shape, nullptr, 1, &fan, nullptr), KINIT_ERROR_NULL);
}

/* ---- What an initializer resolves to ----------------------------------------------------------------------------- */

/* stddev of variance_scaling(1.0, mode, "normal", in_axis, out_axis, batch_axis). */
const struct JaxRow {
  const char *what;
  Shape shape;
  kinit_axes axes;
  kinit_fan_mode mode;
  double stddev;
} kJax[] = {
    {"Dense", {64, 256}, {Bit(0), Bit(1), 0}, KINIT_FAN_IN, 0.125},
    {"Conv HWIO", {3, 3, 16, 64}, {Bit(2), Bit(3), 0}, KINIT_FAN_IN, 0.08333333333333333},
    {"experts", {8, 64, 256}, {Bit(1), Bit(2), Bit(0)}, KINIT_FAN_IN, 0.125},
    {"attention output", {8, 16, 64}, {Bit(0) | Bit(1), Bit(2), 0}, KINIT_FAN_IN, 0.08838834764831845},
    {"torch experts", {8, 128, 64}, {Bit(2), Bit(1), Bit(0)}, KINIT_FAN_IN, 0.125},
    {"geometric mean", {64, 256}, {Bit(0), Bit(1), 0}, KINIT_FAN_GEO_AVG, 0.08838834764831845},
    {"geometric mean that is no integer", {3, 5}, {Bit(0), Bit(1), 0}, KINIT_FAN_GEO_AVG, 0.5081327481546147},
    {"mean", {64, 256}, {Bit(0), Bit(1), 0}, KINIT_FAN_AVG, 0.07905694150420949},
};

kinit_initializer Scaling(kinit_axes axes, kinit_fan_mode mode) {
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_VARIANCE_SCALING);
  initializer.distribution = KINIT_DIST_NORMAL;
  initializer.axes = axes;
  initializer.mode = mode;
  return initializer;
}

TEST(Resolve, StandardDeviationsAreJaxs) {
  for (const JaxRow &row : kJax) {
    const kinit_initializer initializer = Scaling(row.axes, row.mode);
    kinit_resolved resolved;
    ASSERT_EQ(kinit_resolve(&initializer, Dimensions(row.shape), row.shape.data(), &resolved), KINIT_OK) << row.what;
    EXPECT_EQ(resolved.distribution, KINIT_DIST_NORMAL) << row.what;
    EXPECT_EQ(resolved.stddev, row.stddev) << row.what;
  }
}

TEST(Resolve, TellsTheFansOfTheScheme) {
  const int64_t shape[] = {32, 4, 3, 3};
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_KAIMING_NORMAL);
  initializer.groups = 8;
  kinit_resolved resolved;
  ASSERT_EQ(kinit_resolve(&initializer, 4, shape, &resolved), KINIT_OK);
  EXPECT_EQ(resolved.fan_in, 36);
  EXPECT_EQ(resolved.fan_out, 36);
  initializer = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  ASSERT_EQ(kinit_resolve(&initializer, 1, shape, &resolved), KINIT_OK);
  EXPECT_EQ(resolved.fan_in, 0);
  EXPECT_EQ(resolved.fan_out, 0);
}

TEST(Resolve, GivesBackGivenParameters) {
  kinit_resolved r;
  kinit_initializer uniform = kinit_initializer_default(KINIT_SCHEME_UNIFORM);
  uniform.low = -1;
  uniform.high = 5;
  ASSERT_EQ(kinit_resolve(&uniform, 0, nullptr, &r), KINIT_OK);
  EXPECT_EQ(r.distribution, KINIT_DIST_UNIFORM);
  EXPECT_EQ(r.low, -1);
  EXPECT_EQ(r.high, 5);
  EXPECT_EQ(r.mean, 2);
  EXPECT_DOUBLE_EQ(r.stddev, 1.7320508075688772); /* 6 / sqrt(12) */

  kinit_initializer truncated = kinit_initializer_default(KINIT_SCHEME_TRUNCATED_NORMAL);
  truncated.mean = 0.5;
  ASSERT_EQ(kinit_resolve(&truncated, 0, nullptr, &r), KINIT_OK);
  EXPECT_EQ(r.distribution, KINIT_DIST_TRUNCATED_NORMAL);
  EXPECT_EQ(r.mean, 0.5);
  EXPECT_EQ(r.stddev, 1);
  EXPECT_EQ(r.low, -2);
  EXPECT_EQ(r.high, 2);

  kinit_initializer constant = kinit_initializer_default(KINIT_SCHEME_CONSTANT);
  constant.value = 0.25;
  ASSERT_EQ(kinit_resolve(&constant, 0, nullptr, &r), KINIT_OK);
  EXPECT_EQ(r.distribution, KINIT_DIST_CONSTANT);
  EXPECT_EQ(r.value, 0.25);

  const int64_t shape[] = {4, 4};
  const kinit_initializer eye = kinit_initializer_default(KINIT_SCHEME_EYE);
  ASSERT_EQ(kinit_resolve(&eye, 2, shape, &r), KINIT_OK);
  EXPECT_EQ(r.distribution, KINIT_DIST_IDENTITY);
}

/* A fan of 0 counts as 1: what would be infinite stays a number. */
TEST(Resolve, EmptyShapes) {
  const int64_t shape[] = {4, 0};
  const kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_KAIMING_UNIFORM);
  kinit_resolved resolved;
  ASSERT_EQ(kinit_resolve(&initializer, 2, shape, &resolved), KINIT_OK);
  EXPECT_EQ(resolved.fan_in, 0);
  EXPECT_EQ(resolved.stddev, std::sqrt(2.0));
}

/* ---- Fills ------------------------------------------------------------------------------------------------------- */

/* An initializer, and the function of 1.0 that it stands for. */
struct Twin {
  const char *name;
  Shape shape;
  kinit_scheme scheme;
  std::function<void(kinit_initializer *)> change;
  std::function<kinit_status(const kinit_tensor *)> fill;
};

const Twin kTwins[] = {
    {"constant",
     {5, 3},
     KINIT_SCHEME_CONSTANT,
     [](kinit_initializer *i) { i->value = 0.75; },
     [](const kinit_tensor *t) { return kinit_constant(t, 0.75); }},
    {"uniform",
     {5, 3},
     KINIT_SCHEME_UNIFORM,
     [](kinit_initializer *i) { i->low = -3; },
     [](const kinit_tensor *t) { return kinit_uniform(t, -3, 1, kStream); }},
    {"normal",
     {31},
     KINIT_SCHEME_NORMAL,
     [](kinit_initializer *i) { i->mean = 1, i->stddev = 0.5; },
     [](const kinit_tensor *t) { return kinit_normal(t, 1, 0.5, kStream); }},
    {"truncated_normal",
     {31},
     KINIT_SCHEME_TRUNCATED_NORMAL,
     [](kinit_initializer *i) { i->high = 1; },
     [](const kinit_tensor *t) { return kinit_truncated_normal(t, 0, 1, -2, 1, kStream); }},
    {"kaiming_normal",
     {6, 5, 3},
     KINIT_SCHEME_KAIMING_NORMAL,
     [](kinit_initializer *i) { i->a = 0.25; },
     [](const kinit_tensor *t) { return kinit_kaiming_normal(t, 0.25, KINIT_FAN_IN, KINIT_LEAKY_RELU, kStream); }},
    {"kaiming_uniform",
     {6, 5, 3},
     KINIT_SCHEME_KAIMING_UNIFORM,
     [](kinit_initializer *i) { i->mode = KINIT_FAN_OUT, i->nonlinearity = KINIT_RELU; },
     [](const kinit_tensor *t) { return kinit_kaiming_uniform(t, 0, KINIT_FAN_OUT, KINIT_RELU, kStream); }},
    {"xavier_normal",
     {6, 5},
     KINIT_SCHEME_XAVIER_NORMAL,
     [](kinit_initializer *i) { i->gain = 1.5; },
     [](const kinit_tensor *t) { return kinit_xavier_normal(t, 1.5, kStream); }},
    {"xavier_uniform",
     {6, 5},
     KINIT_SCHEME_XAVIER_UNIFORM,
     [](kinit_initializer *) {},
     [](const kinit_tensor *t) { return kinit_xavier_uniform(t, 1, kStream); }},
    {"variance_scaling",
     {6, 5},
     KINIT_SCHEME_VARIANCE_SCALING,
     [](kinit_initializer *i) { i->scale = 2, i->mode = KINIT_FAN_AVG; },
     [](const kinit_tensor *t) {
       return kinit_variance_scaling(t, 2, KINIT_FAN_AVG, KINIT_DIST_TRUNCATED_NORMAL, kStream);
     }},
    {"eye", {6, 5}, KINIT_SCHEME_EYE, [](kinit_initializer *) {}, [](const kinit_tensor *t) { return kinit_eye(t); }},
    {"dirac",
     {6, 2, 3},
     KINIT_SCHEME_DIRAC,
     [](kinit_initializer *i) { i->groups = 2; },
     [](const kinit_tensor *t) { return kinit_dirac(t, 2); }},
};

TEST(Initialize, GivesTheBytesOfTheFunction) {
  for (const Twin &twin : kTwins) {
    for (const kinit_dtype dtype : {KINIT_F32, KINIT_F16, KINIT_BF16}) {
      std::vector<uint32_t> expected(128, 0xA5A5A5A5), values = expected;
      kinit_tensor tensor = {expected.data(), dtype,  Dimensions(twin.shape), twin.shape.data(), nullptr,
                             nullptr,         nullptr};
      ASSERT_EQ(twin.fill(&tensor), KINIT_OK) << twin.name;
      kinit_initializer initializer = kinit_initializer_default(twin.scheme);
      twin.change(&initializer);
      tensor.data = values.data();
      ASSERT_EQ(kinit_initialize(&tensor, &initializer, kStream), KINIT_OK) << twin.name;
      EXPECT_EQ(values, expected) << twin.name << " " << NameOf(dtype);
    }
  }
}

/* A layer of JAX's is the transpose in roles, not in memory: the values of a normal with the deviation of its fan. */
TEST(Initialize, AxesChangeTheScaleOnly) {
  const int64_t shape[] = {64, 256};
  std::vector<float> expected(64 * 256), values(expected.size());
  kinit_tensor tensor = {expected.data(), KINIT_F32, 2, shape, nullptr, nullptr, nullptr};
  ASSERT_EQ(kinit_normal(&tensor, 0, 0.125, kStream), KINIT_OK);
  const kinit_initializer initializer = Scaling({Bit(0), Bit(1), 0}, KINIT_FAN_IN);
  tensor.data = values.data();
  ASSERT_EQ(kinit_initialize(&tensor, &initializer, kStream), KINIT_OK);
  EXPECT_EQ(values, expected);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

/* A later version's struct: this one's, and a member that is unknown here. */
struct Later {
  kinit_initializer known;
  uint64_t unknown;
};

class Refusals : public testing::Test {
 protected:
  void Expect(kinit_status status, const kinit_initializer *initializer) {
    kinit_resolved resolved = {};
    resolved.value = -7;
    EXPECT_EQ(kinit_initialize(&tensor_, initializer, kStream), status);
    EXPECT_EQ(values_, std::vector<float>(60, -1.0f));
    EXPECT_EQ(kinit_resolve(initializer, tensor_.ndim, tensor_.shape, &resolved), status);
    EXPECT_EQ(resolved.value, -7);
  }

  const Shape shape_ = {6, 10};
  std::vector<float> values_ = std::vector<float>(60, -1.0f);
  kinit_tensor tensor_ = {values_.data(), KINIT_F32, 2, shape_.data(), nullptr, nullptr, nullptr};
};

TEST_F(Refusals, SizesThatThisLibraryDoesNotKnow) {
  Later later = {kinit_initializer_default(KINIT_SCHEME_NORMAL), 0};
  for (const size_t size : {size_t{0}, size_t{8}, sizeof(kinit_initializer) - 1}) {
    later.known.size = size;
    Expect(KINIT_ERROR_INITIALIZER, &later.known);
  }
  later.known.size = sizeof later;
  later.unknown = 1;
  Expect(KINIT_ERROR_INITIALIZER, &later.known);
  later.unknown = 0;
  EXPECT_EQ(kinit_initialize(&tensor_, &later.known, kStream), KINIT_OK);
}

TEST_F(Refusals, WrongMembers) {
  const struct {
    kinit_status status;
    kinit_scheme scheme;
    std::function<void(kinit_initializer *)> change;
  } wrong[] = {
      {KINIT_ERROR_ENUM, Unknown<kinit_scheme>(11), [](kinit_initializer *) {}},
      {KINIT_ERROR_ENUM, Unknown<kinit_scheme>(-1), [](kinit_initializer *) {}},
      {KINIT_ERROR_ENUM, KINIT_SCHEME_KAIMING_NORMAL,
       [](kinit_initializer *i) { i->mode = Unknown<kinit_fan_mode>(4); }},
      {KINIT_ERROR_ENUM, KINIT_SCHEME_KAIMING_NORMAL,
       [](kinit_initializer *i) { i->nonlinearity = Unknown<kinit_nonlinearity>(12); }},
      {KINIT_ERROR_ENUM, KINIT_SCHEME_VARIANCE_SCALING,
       [](kinit_initializer *i) { i->distribution = KINIT_DIST_CONSTANT; }},
      {KINIT_ERROR_ENUM, KINIT_SCHEME_VARIANCE_SCALING,
       [](kinit_initializer *i) { i->distribution = KINIT_DIST_IDENTITY; }},
      {KINIT_ERROR_DIMENSIONS, KINIT_SCHEME_XAVIER_NORMAL,
       [](kinit_initializer *i) {
         i->axes = {1, 1, 0};
       }},
      {KINIT_ERROR_DIMENSIONS, KINIT_SCHEME_XAVIER_NORMAL,
       [](kinit_initializer *i) {
         i->axes = {1, 4, 0};
       }},
      {KINIT_ERROR_DIMENSIONS, KINIT_SCHEME_NORMAL,
       [](kinit_initializer *i) {
         i->axes = {1, 1, 0};
       }},
      {KINIT_ERROR_DIMENSIONS, KINIT_SCHEME_EYE,
       [](kinit_initializer *i) {
         i->axes = {1, 4, 0};
       }},
      {KINIT_ERROR_DIMENSIONS, KINIT_SCHEME_DIRAC, [](kinit_initializer *) {}},
      {KINIT_ERROR_GROUPS, KINIT_SCHEME_XAVIER_NORMAL, [](kinit_initializer *i) { i->groups = 0; }},
      {KINIT_ERROR_GROUPS, KINIT_SCHEME_XAVIER_NORMAL, [](kinit_initializer *i) { i->groups = 4; }},
      {KINIT_ERROR_NOT_FINITE, KINIT_SCHEME_NORMAL, [](kinit_initializer *i) { i->mean = kNan; }},
      {KINIT_ERROR_NOT_FINITE, KINIT_SCHEME_UNIFORM, [](kinit_initializer *i) { i->high = kInfinity; }},
      {KINIT_ERROR_NOT_FINITE, KINIT_SCHEME_CONSTANT, [](kinit_initializer *i) { i->value = kNan; }},
      {KINIT_ERROR_NOT_FINITE, KINIT_SCHEME_KAIMING_NORMAL, [](kinit_initializer *i) { i->a = kInfinity; }},
      {KINIT_ERROR_NOT_FINITE, KINIT_SCHEME_XAVIER_UNIFORM, [](kinit_initializer *i) { i->gain = kNan; }},
      {KINIT_ERROR_NOT_FINITE, KINIT_SCHEME_VARIANCE_SCALING, [](kinit_initializer *i) { i->scale = kNan; }},
      {KINIT_ERROR_NEGATIVE_SCALE, KINIT_SCHEME_NORMAL, [](kinit_initializer *i) { i->stddev = -1; }},
      {KINIT_ERROR_NEGATIVE_SCALE, KINIT_SCHEME_VARIANCE_SCALING, [](kinit_initializer *i) { i->scale = 0; }},
      {KINIT_ERROR_BOUNDS, KINIT_SCHEME_UNIFORM, [](kinit_initializer *i) { i->low = 2; }},
      {KINIT_ERROR_BOUNDS, KINIT_SCHEME_TRUNCATED_NORMAL, [](kinit_initializer *i) { i->low = 2; }},
  };
  for (const auto &w : wrong) {
    SCOPED_TRACE(&w - wrong);
    kinit_initializer initializer = kinit_initializer_default(w.scheme);
    w.change(&initializer);
    Expect(w.status, &initializer);
  }
  Expect(KINIT_ERROR_NULL, nullptr);
}

TEST_F(Refusals, TheTensorComesFirst) {
  const kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  tensor_.dtype = Unknown<kinit_dtype>(99);
  EXPECT_EQ(kinit_initialize(&tensor_, nullptr, kStream), KINIT_ERROR_DTYPE);
  EXPECT_EQ(kinit_initialize(nullptr, &initializer, kStream), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_resolve(&initializer, 2, shape_.data(), nullptr), KINIT_ERROR_NULL);
  kinit_resolved resolved;
  EXPECT_EQ(kinit_resolve(&initializer, 65, shape_.data(), &resolved), KINIT_ERROR_DIMENSIONS);
  EXPECT_EQ(kinit_resolve(&initializer, -1, shape_.data(), &resolved), KINIT_ERROR_DIMENSIONS);
  EXPECT_EQ(kinit_resolve(&initializer, 2, nullptr, &resolved), KINIT_ERROR_NULL);
  const int64_t negative[] = {-1};
  EXPECT_EQ(kinit_resolve(&initializer, 1, negative, &resolved), KINIT_ERROR_SIZE);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

TEST(SchemeNames, AreThoseOfTheFunctions) {
  for (const Twin &twin : kTwins) {
    EXPECT_STREQ(kinit_scheme_name(twin.scheme), twin.name);
    kinit_scheme scheme = KINIT_SCHEME_CONSTANT;
    ASSERT_EQ(kinit_scheme_from_name(twin.name, &scheme), KINIT_OK);
    EXPECT_EQ(scheme, twin.scheme);
  }
  kinit_scheme scheme = KINIT_SCHEME_EYE;
  EXPECT_EQ(kinit_scheme_name(Unknown<kinit_scheme>(11)), nullptr);
  EXPECT_EQ(kinit_scheme_name(Unknown<kinit_scheme>(-1)), nullptr);
  EXPECT_EQ(kinit_scheme_from_name("Normal", &scheme), KINIT_ERROR_NAME);
  EXPECT_EQ(kinit_scheme_from_name(nullptr, &scheme), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_scheme_from_name("normal", nullptr), KINIT_ERROR_NULL);
  EXPECT_EQ(scheme, KINIT_SCHEME_EYE);
}

TEST(DistributionNames, AreThoseOfVarianceScaling) {
  kinit_distribution distribution;
  ASSERT_EQ(kinit_distribution_from_name("normal", &distribution), KINIT_OK);
  EXPECT_EQ(distribution, KINIT_DIST_NORMAL);
  ASSERT_EQ(kinit_distribution_from_name("truncated_normal", &distribution), KINIT_OK);
  EXPECT_EQ(distribution, KINIT_DIST_TRUNCATED_NORMAL);
  ASSERT_EQ(kinit_distribution_from_name("uniform", &distribution), KINIT_OK);
  EXPECT_EQ(distribution, KINIT_DIST_UNIFORM);
  EXPECT_EQ(kinit_distribution_from_name("constant", &distribution), KINIT_ERROR_NAME);
  EXPECT_EQ(kinit_distribution_from_name(nullptr, &distribution), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_distribution_from_name("normal", nullptr), KINIT_ERROR_NULL);
}

TEST(DtypeNames, HaveSizes) {
  const struct {
    const char *name;
    kinit_dtype dtype;
    size_t size;
  } rows[] = {{"f32", KINIT_F32, 4},   {"f64", KINIT_F64, 8},         {"f16", KINIT_F16, 2},
              {"bf16", KINIT_BF16, 2}, {"f8_e4m3", KINIT_F8_E4M3, 1}, {"f8_e5m2", KINIT_F8_E5M2, 1}};
  for (const auto &row : rows) {
    EXPECT_STREQ(kinit_dtype_name(row.dtype), row.name);
    EXPECT_EQ(kinit_dtype_size(row.dtype), row.size);
    kinit_dtype dtype = KINIT_F32;
    ASSERT_EQ(kinit_dtype_from_name(row.name, &dtype), KINIT_OK);
    EXPECT_EQ(dtype, row.dtype);
  }
  kinit_dtype dtype = KINIT_F64;
  EXPECT_EQ(kinit_dtype_from_name("float32", &dtype), KINIT_ERROR_NAME);
  EXPECT_EQ(kinit_dtype_from_name(nullptr, &dtype), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_dtype_from_name("f32", nullptr), KINIT_ERROR_NULL);
  EXPECT_EQ(dtype, KINIT_F64);
  EXPECT_EQ(kinit_dtype_name(Unknown<kinit_dtype>(99)), nullptr);
  EXPECT_EQ(kinit_dtype_size(Unknown<kinit_dtype>(99)), 0u);
}

}  // namespace
}  // namespace kinit_test
