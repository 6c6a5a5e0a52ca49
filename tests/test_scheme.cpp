/* The schemes: gains, fans, spreads, names, the initializers that use them, and the identities.
 *
 * Owns: what kinit promises to compute as torch.nn.init and jax.nn.initializers do. SPDX-License-Identifier: Apache-2.0
 *
 * The figures in the tables come from Python's math module, whose operations are those that torch.nn.init performs:
 *   gain = lambda a: math.sqrt(2.0 / (1 + a ** 2))                        # leaky_relu; tanh 5.0 / 3, selu 3.0 / 4
 *   kaiming: std = gain / math.sqrt(fan); bound = math.sqrt(3.0) * std    # fan: fan_in, fan_out or their sum / 2
 *   xavier:  std = gain * math.sqrt(2.0 / float(fan_in + fan_out)); bound = math.sqrt(3.0) * std
 * and those of jax.nn.initializers.variance_scaling, in double:
 *   v = scale / fan; math.sqrt(v); math.sqrt(v) / .87962566103423978; math.sqrt(3 * v)
 * each printed by float.hex. */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cfenv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kinit/kinit.h"
#include "support.h"

namespace {

using ::testing::ElementsAre;

using Shape = std::vector<int64_t>;

constexpr kinit_stream kStream = {2015, 7, 0};
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

int Dimensions(const Shape &shape) { return static_cast<int>(shape.size()); }

/* Values that the enumerations do not have. */
const auto kUnknownMode = kinit_test::Unknown<kinit_fan_mode>(4);
const auto kUnknownDistribution = kinit_test::Unknown<kinit_distribution>(5);
const auto kUnknownNonlinearity = kinit_test::Unknown<kinit_nonlinearity>(12);

/* A dense tensor with memory of its own, every byte of which is 0xA5 until something writes it. */
struct Canvas {
  explicit Canvas(Shape dimensions, kinit_dtype dtype = KINIT_F32) : shape(std::move(dimensions)) {
    size_t count = 1;
    for (const int64_t length : shape) count *= static_cast<size_t>(length);
    const size_t size = dtype == KINIT_F64 ? 8 : dtype == KINIT_F32 ? 4 : 2;
    bytes.assign(count * size, 0xA5);
    tensor = {bytes.data(), dtype, Dimensions(shape), shape.data(), nullptr, nullptr, nullptr};
  }
  Canvas(const Canvas &) = delete;
  bool Untouched() const {
    for (const uint8_t byte : bytes)
      if (byte != 0xA5) return false;
    return true;
  }
  std::vector<float> Floats() const {
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  Shape shape;
  std::vector<uint8_t> bytes;
  kinit_tensor tensor;
};

/* ---- Gains and fans ---------------------------------------------------------------------------------------------- */

struct GainRow {
  kinit_nonlinearity nonlinearity;
  double param;
  double gain;
};

const GainRow kGains[] = {
    {KINIT_LINEAR, kNan, 1},
    {KINIT_CONV1D, kNan, 1},
    {KINIT_CONV2D, kNan, 1},
    {KINIT_CONV3D, kNan, 1},
    {KINIT_CONV_TRANSPOSE1D, kNan, 1},
    {KINIT_CONV_TRANSPOSE2D, kNan, 1},
    {KINIT_CONV_TRANSPOSE3D, kNan, 1},
    {KINIT_SIGMOID, kNan, 1},
    {KINIT_TANH, kNan, 0x1.aaaaaaaaaaaabp+0},
    {KINIT_RELU, kNan, 0x1.6a09e667f3bcdp+0},
    {KINIT_SELU, kNan, 0.75},
    {KINIT_LEAKY_RELU, 0.0, 0x1.6a09e667f3bcdp+0},
    {KINIT_LEAKY_RELU, 0.01, 0x1.6a05442aad7e4p+0},
    {KINIT_LEAKY_RELU, 0.2, 0x1.63021484ae2bbp+0},
    {KINIT_LEAKY_RELU, 0.25, 0x1.5f3aa673fa911p+0},
    {KINIT_LEAKY_RELU, 1.0, 1.0},
    {KINIT_LEAKY_RELU, -0.3, 0x1.5ac528f636b3ap+0},
    {KINIT_LEAKY_RELU, 0x1.1e3779b97f4a8p+1 /* sqrt 5 */, 0x1.279a74590331cp-1},
    {KINIT_LEAKY_RELU, 1e-9, 0x1.6a09e667f3bcdp+0},
    {KINIT_LEAKY_RELU, 1e9, 0x1.84bc6eb0aa98ap-30},
    {KINIT_LEAKY_RELU, 3.7, 0x1.79d62d3e74787p-2},
};

TEST(Gain, EqualsPyTorch) {
  for (const GainRow &row : kGains) {
    double gain = kNan;
    ASSERT_EQ(kinit_gain(row.nonlinearity, row.param, &gain), KINIT_OK);
    EXPECT_EQ(gain, row.gain) << "nonlinearity " << row.nonlinearity << ", param " << row.param;
  }
}

TEST(Gain, RefusesWithoutWriting) {
  double gain = 42;
  EXPECT_EQ(kinit_gain(KINIT_RELU, 0, nullptr), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_gain(kUnknownNonlinearity, 0, &gain), KINIT_ERROR_ENUM);
  for (const double slope : {kNan, kInfinity, -kInfinity, 1e200})
    EXPECT_EQ(kinit_gain(KINIT_LEAKY_RELU, slope, &gain), KINIT_ERROR_NOT_FINITE) << slope;
  EXPECT_EQ(gain, 42);
}

/* In each rounding mode, and without raising a flag in the caller's environment. */
TEST(Gain, IsIndependentOfTheFloatingPointEnvironment) {
  for (const int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    for (const GainRow &row : kGains) {
      double gain = kNan;
      std::feclearexcept(FE_ALL_EXCEPT);
      std::fesetround(mode);
      kinit_gain(row.nonlinearity, row.param, &gain);
      const int mode_after = std::fegetround();
      std::fesetround(FE_TONEAREST);
      const int raised = std::fetestexcept(FE_ALL_EXCEPT);
      EXPECT_EQ(gain, row.gain) << "mode " << mode << ", nonlinearity " << row.nonlinearity << ", param " << row.param;
      EXPECT_EQ(mode_after, mode);
      EXPECT_EQ(raised, 0);
    }
  }
}

TEST(Fans, EqualPyTorch) {
  const struct {
    Shape shape;
    int64_t in, out;
  } rows[] = {
      {{512, 256}, 256, 512},
      {{64, 3, 7, 7}, 147, 3136},
      {{16, 33, 5}, 165, 80},
      {{7, 5, 3, 3, 3}, 135, 189},
      {{2, 3, 1, 1, 1, 5, 1, 2}, 30, 20},
      {{1, INT64_MAX}, INT64_MAX, 1},
      {{0, 5}, 5, 0},
      {{5, 0, 3}, 0, 15},
      {{5, 4, 0}, 0, 0},
  };
  for (const auto &row : rows) {
    int64_t in = -1, out = -1;
    ASSERT_EQ(kinit_fans(Dimensions(row.shape), row.shape.data(), &in, &out), KINIT_OK);
    EXPECT_EQ(in, row.in);
    EXPECT_EQ(out, row.out);
  }
}

TEST(Fans, RefuseWithoutWriting) {
  const Shape shape(65, 1), negative = {3, 4, -1}, overflowing = {2, 4, INT64_MAX / 2};
  int64_t in = 42, out = 43;
  for (const int ndim : {-1, 0, 1, 65}) EXPECT_EQ(kinit_fans(ndim, shape.data(), &in, &out), KINIT_ERROR_DIMENSIONS);
  EXPECT_EQ(kinit_fans(2, nullptr, &in, &out), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_fans(2, shape.data(), nullptr, &out), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_fans(2, shape.data(), &in, nullptr), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_fans(3, negative.data(), &in, &out), KINIT_ERROR_SIZE);
  EXPECT_EQ(kinit_fans(3, overflowing.data(), &in, &out), KINIT_ERROR_SIZE);
  EXPECT_EQ(in, 42);
  EXPECT_EQ(out, 43);
}

/* ---- Spreads ----------------------------------------------------------------------------------------------------- */

constexpr double kSqrt5 = 0x1.1e3779b97f4a8p+1;

const struct KaimingRow {
  Shape shape;
  double a;
  kinit_fan_mode mode;
  kinit_nonlinearity nonlinearity;
  double stddev, bound;
} kKaiming[] = {
    {{512, 512}, 0.0, KINIT_FAN_IN, KINIT_LEAKY_RELU, 0x1.0p-4, 0x1.bb67ae8584caap-4},
    {{512, 512}, 0.01, KINIT_FAN_OUT, KINIT_LEAKY_RELU, 0x1.fff972677adf5p-5, 0x1.bb6201ae5597cp-4},
    {{300, 784}, kSqrt5, KINIT_FAN_IN, KINIT_LEAKY_RELU, 0x1.51d517412838ep-6, 0x1.2492492492492p-5},
    {{300, 784}, 0.2, KINIT_FAN_AVG, KINIT_LEAKY_RELU, 0x1.e7f706fccc39bp-5, 0x1.a6970d11d6290p-4},
    {{64, 3, 7, 7}, 0.0, KINIT_FAN_OUT, KINIT_RELU, 0x1.9dc22be484458p-6, 0x1.66534a92f015ap-5},
    {{64, 3, 7, 7}, 0.5, KINIT_FAN_IN, KINIT_RELU, 0x1.ddc4636e95723p-4, 0x1.9dc22be484458p-3},
    {{16, 33, 5}, 0.0, KINIT_FAN_IN, KINIT_TANH, 0x1.09ba4696dbe95p-3, 0x1.cc40f740a8d6dp-3},
    {{16, 33, 5}, 0.0, KINIT_FAN_AVG, KINIT_SELU, 0x1.158ec0b196332p-4, 0x1.e0be711aa07a0p-4},
    {{7, 5, 3, 3, 3}, -0.3, KINIT_FAN_OUT, KINIT_LEAKY_RELU, 0x1.9394c172f2dfcp-4, 0x1.5d82ef5eac52dp-3},
    {{11008, 4096}, 0.0, KINIT_FAN_AVG, KINIT_RELU, 0x1.0aa07bd7b7489p-6, 0x1.cdcfb2a441d01p-6},
    {{1, 1}, 0.0, KINIT_FAN_IN, KINIT_SIGMOID, 1.0, 0x1.bb67ae8584caap+0},
    {{3, INT64_C(1) << 40}, 0.0, KINIT_FAN_AVG, KINIT_CONV2D, 0x1.6a09e667f19dcp-20, 0x1.3988e140903cap-19},
    {{1, INT64_MAX}, 0.0, KINIT_FAN_AVG, KINIT_RELU, 0x1.6a09e667f3bcdp-31, 0x1.3988e1409212fp-30},
};

const struct XavierRow {
  Shape shape;
  double gain, stddev, bound;
} kXavier[] = {
    {{512, 512}, 1.0, 0x1.6a09e667f3bcdp-5, 0x1.3988e1409212fp-4},
    {{300, 784}, 0x1.aaaaaaaaaaaabp+0, 0x1.253afe375a9abp-4, 0x1.fbe3d88d1a996p-4},
    {{64, 3, 7, 7}, 0x1.6a09e667f3bcdp+0, 0x1.1df2416e74075p-5, 0x1.ef4606a241e1ap-5},
    {{16, 33, 5}, 1.0, 0x1.7213ab9772eedp-4, 0x1.407ef611c0515p-3},
    {{7, 5, 3, 3, 3}, 0.75, 0x1.e2b7dddfefa66p-5, 0x1.a20bd700c2c3dp-4},
    {{1, INT64_MAX}, 1.0, 0x1.0p-31, 0x1.bb67ae8584caap-31},
    {{4096, 11008}, 0.7, 0x1.07f278b6b069cp-7, 0x1.c92b7d632cb6dp-7},
    {{10, 7}, 1.3, 0x1.c8990b96c5bcap-2, 0x1.8b6ce1f3de096p-1},
    {{3, 4}, 0.0, 0.0, 0.0},
};

const struct ScalingRow {
  Shape shape;
  double scale;
  kinit_fan_mode mode;
  double stddev, truncated_stddev, bound;
} kScaling[] = {
    {{512, 512}, 2.0, KINIT_FAN_IN, 0x1.0p-4, 0x1.23086b9c083aep-4, 0x1.bb67ae8584caap-4},
    {{300, 784}, 1.0, KINIT_FAN_IN, 0x1.2492492492492p-5, 0x1.4c9be8b2528c6p-5, 0x1.fabfa2e1bc555p-5},
    {{300, 784}, 1.0, KINIT_FAN_AVG, 0x1.5fe064426cb9ap-5, 0x1.9007a4e3e59f3p-5, 0x1.30bbe854a98f3p-4},
    {{64, 3, 7, 7}, 2.0, KINIT_FAN_OUT, 0x1.9dc22be484457p-6, 0x1.d66153e279778p-6, 0x1.66534a92f015ap-5},
    {{16, 33, 5}, 1.0 / 3, KINIT_FAN_AVG, 0x1.ab53f2c255c1cp-5, 0x1.e5ce7b3308e9fp-5, 0x1.7213ab9772eecp-4},
    {{7, 5, 3, 3, 3}, 1.0, KINIT_FAN_OUT, 0x1.29f0ae4a7bd7bp-4, 0x1.52b662e14e316p-4, 0x1.02061446ffa9ap-3},
    {{1, INT64_MAX}, 1.0, KINIT_FAN_AVG, 0x1.0p-31, 0x1.23086b9c083aep-31, 0x1.bb67ae8584caap-31},
};

kinit_initializer Kaiming(const KaimingRow &row, kinit_scheme scheme) {
  kinit_initializer initializer = kinit_initializer_default(scheme);
  initializer.a = row.a;
  initializer.mode = row.mode;
  initializer.nonlinearity = row.nonlinearity;
  return initializer;
}

kinit_initializer Xavier(const XavierRow &row, kinit_scheme scheme) {
  kinit_initializer initializer = kinit_initializer_default(scheme);
  initializer.gain = row.gain;
  return initializer;
}

kinit_initializer Scaling(const ScalingRow &row, kinit_distribution distribution) {
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_VARIANCE_SCALING);
  initializer.scale = row.scale;
  initializer.mode = row.mode;
  initializer.distribution = distribution;
  return initializer;
}

kinit_resolved Resolved(const kinit_initializer &initializer, const Shape &shape) {
  kinit_resolved resolved = {};
  EXPECT_EQ(kinit_resolve(&initializer, Dimensions(shape), shape.data(), &resolved), KINIT_OK);
  return resolved;
}

/* Mean 0, and these numbers. */
void ExpectNormal(const kinit_resolved &resolved, double stddev) {
  EXPECT_EQ(resolved.distribution, KINIT_DIST_NORMAL);
  EXPECT_EQ(resolved.mean, 0);
  EXPECT_EQ(resolved.stddev, stddev);
}
void ExpectUniform(const kinit_resolved &resolved, double bound) {
  EXPECT_EQ(resolved.distribution, KINIT_DIST_UNIFORM);
  EXPECT_EQ(resolved.low, -bound);
  EXPECT_EQ(resolved.high, bound);
}

TEST(Kaiming, ParametersEqualPyTorchs) {
  for (const KaimingRow &row : kKaiming) {
    SCOPED_TRACE(testing::PrintToString(row.shape));
    ExpectNormal(Resolved(Kaiming(row, KINIT_SCHEME_KAIMING_NORMAL), row.shape), row.stddev);
    ExpectUniform(Resolved(Kaiming(row, KINIT_SCHEME_KAIMING_UNIFORM), row.shape), row.bound);
  }
}

TEST(Xavier, ParametersEqualPyTorchs) {
  for (const XavierRow &row : kXavier) {
    SCOPED_TRACE(testing::PrintToString(row.shape));
    ExpectNormal(Resolved(Xavier(row, KINIT_SCHEME_XAVIER_NORMAL), row.shape), row.stddev);
    ExpectUniform(Resolved(Xavier(row, KINIT_SCHEME_XAVIER_UNIFORM), row.shape), row.bound);
  }
}

TEST(VarianceScaling, ParametersEqualJaxs) {
  for (const ScalingRow &row : kScaling) {
    SCOPED_TRACE(testing::PrintToString(row.shape));
    ExpectNormal(Resolved(Scaling(row, KINIT_DIST_NORMAL), row.shape), row.stddev);
    ExpectUniform(Resolved(Scaling(row, KINIT_DIST_UNIFORM), row.shape), row.bound);
    const kinit_resolved truncated = Resolved(Scaling(row, KINIT_DIST_TRUNCATED_NORMAL), row.shape);
    EXPECT_EQ(truncated.distribution, KINIT_DIST_TRUNCATED_NORMAL);
    EXPECT_EQ(truncated.stddev, row.truncated_stddev);
    EXPECT_EQ(truncated.low, -2 * row.truncated_stddev);
    EXPECT_EQ(truncated.high, 2 * row.truncated_stddev);
  }
}

TEST(Resolve, IsIndependentOfTheRoundingMode) {
  kinit_resolved kaiming, xavier, scaled;
  const KaimingRow &k = kKaiming[3];
  const XavierRow &x = kXavier[1];
  const ScalingRow &s = kScaling[2];
  std::fesetround(FE_UPWARD);
  kaiming = Resolved(Kaiming(k, KINIT_SCHEME_KAIMING_UNIFORM), k.shape);
  xavier = Resolved(Xavier(x, KINIT_SCHEME_XAVIER_UNIFORM), x.shape);
  scaled = Resolved(Scaling(s, KINIT_DIST_TRUNCATED_NORMAL), s.shape);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(kaiming.stddev, k.stddev);
  EXPECT_EQ(kaiming.high, k.bound);
  EXPECT_EQ(xavier.stddev, x.stddev);
  EXPECT_EQ(xavier.high, x.bound);
  EXPECT_EQ(scaled.stddev, s.truncated_stddev);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

TEST(Names, FanModesIgnoreCase) {
  const struct {
    const char *name;
    kinit_fan_mode mode;
  } rows[] = {{"fan_in", KINIT_FAN_IN}, {"fan_out", KINIT_FAN_OUT}, {"fan_avg", KINIT_FAN_AVG},
              {"FAN_IN", KINIT_FAN_IN}, {"Fan_Out", KINIT_FAN_OUT}, {"fAN_aVg", KINIT_FAN_AVG}};
  for (const auto &row : rows) {
    kinit_fan_mode mode = kUnknownMode;
    EXPECT_EQ(kinit_fan_mode_from_name(row.name, &mode), KINIT_OK) << row.name;
    EXPECT_EQ(mode, row.mode) << row.name;
  }
}

TEST(Names, NonlinearitiesAreThoseOfPyTorch) {
  const struct {
    const char *name;
    kinit_nonlinearity nonlinearity;
  } rows[] = {{"linear", KINIT_LINEAR},
              {"conv1d", KINIT_CONV1D},
              {"conv2d", KINIT_CONV2D},
              {"conv3d", KINIT_CONV3D},
              {"conv_transpose1d", KINIT_CONV_TRANSPOSE1D},
              {"conv_transpose2d", KINIT_CONV_TRANSPOSE2D},
              {"conv_transpose3d", KINIT_CONV_TRANSPOSE3D},
              {"sigmoid", KINIT_SIGMOID},
              {"tanh", KINIT_TANH},
              {"relu", KINIT_RELU},
              {"leaky_relu", KINIT_LEAKY_RELU},
              {"selu", KINIT_SELU}};
  for (const auto &row : rows) {
    kinit_nonlinearity nonlinearity = kUnknownNonlinearity;
    EXPECT_EQ(kinit_nonlinearity_from_name(row.name, &nonlinearity), KINIT_OK) << row.name;
    EXPECT_EQ(nonlinearity, row.nonlinearity) << row.name;
  }
}

TEST(Names, UnknownOnesAreRefusedWithoutWriting) {
  kinit_fan_mode mode = KINIT_FAN_OUT;
  for (const char *name : {"", "fan", "fan_in ", "fan_inn", "fan-in", "fan_", "in"})
    EXPECT_EQ(kinit_fan_mode_from_name(name, &mode), KINIT_ERROR_NAME) << name;
  EXPECT_EQ(kinit_fan_mode_from_name(nullptr, &mode), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_fan_mode_from_name("fan_in", nullptr), KINIT_ERROR_NULL);
  EXPECT_EQ(mode, KINIT_FAN_OUT);
  kinit_nonlinearity nonlinearity = KINIT_TANH;
  for (const char *name : {"", "ReLU", "RELU", "gelu", "relu6", "conv4d", "leaky_rel"})
    EXPECT_EQ(kinit_nonlinearity_from_name(name, &nonlinearity), KINIT_ERROR_NAME) << name;
  EXPECT_EQ(kinit_nonlinearity_from_name(nullptr, &nonlinearity), KINIT_ERROR_NULL);
  EXPECT_EQ(kinit_nonlinearity_from_name("relu", nullptr), KINIT_ERROR_NULL);
  EXPECT_EQ(nonlinearity, KINIT_TANH);
}

/* ---- Initializers ------------------------------------------------------------------------------------------------ */

using Initializer = std::function<kinit_status(const kinit_tensor *)>;

/* The initializer fills a tensor of this shape as the flat fill does. */
void ExpectEqualFills(const Shape &shape, const Initializer &initializer,
                      const std::function<kinit_status(void *, kinit_dtype, size_t)> &flat) {
  for (const kinit_dtype dtype : {KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16}) {
    Canvas actual(shape, dtype), expected(shape, dtype);
    const size_t size = dtype == KINIT_F64 ? 8 : dtype == KINIT_F32 ? 4 : 2;
    const kinit_status status = flat(expected.bytes.data(), dtype, expected.bytes.size() / size);
    EXPECT_EQ(initializer(&actual.tensor), status);
    EXPECT_TRUE(status == KINIT_OK || (status == KINIT_ERROR_NEEDS_FMA && dtype == KINIT_F64)) << status;
    EXPECT_EQ(actual.bytes, expected.bytes) << "dtype " << dtype;
  }
}

constexpr int64_t kLargestTested = 1 << 20;

int64_t Count(const Shape &shape) {
  int64_t count = 1;
  for (const int64_t length : shape) count = length > kLargestTested / count ? kLargestTested + 1 : count * length;
  return count;
}

/* The flat fills with literal parameters. */
struct FlatNormal {
  double stddev;
  kinit_status operator()(void *dst, kinit_dtype dtype, size_t count) const {
    return kinit_fill_normal(dst, dtype, count, 0, stddev, kStream);
  }
};
struct FlatUniform {
  double bound;
  kinit_status operator()(void *dst, kinit_dtype dtype, size_t count) const {
    return kinit_fill_uniform(dst, dtype, count, -bound, bound, kStream);
  }
};
struct FlatTruncated {
  double stddev;
  kinit_status operator()(void *dst, kinit_dtype dtype, size_t count) const {
    return kinit_fill_truncated_normal(dst, dtype, count, 0, stddev, -2 * stddev, 2 * stddev, kStream);
  }
};

TEST(Kaiming, FillsWithItsSpread) {
  for (const KaimingRow &row : kKaiming) {
    if (Count(row.shape) > kLargestTested) continue;
    ExpectEqualFills(
        row.shape,
        [&](const kinit_tensor *t) { return kinit_kaiming_normal(t, row.a, row.mode, row.nonlinearity, kStream); },
        FlatNormal{row.stddev});
    ExpectEqualFills(
        row.shape,
        [&](const kinit_tensor *t) { return kinit_kaiming_uniform(t, row.a, row.mode, row.nonlinearity, kStream); },
        FlatUniform{row.bound});
  }
}

TEST(Xavier, FillsWithItsSpread) {
  for (const XavierRow &row : kXavier) {
    if (Count(row.shape) > kLargestTested) continue;
    ExpectEqualFills(
        row.shape, [&](const kinit_tensor *t) { return kinit_xavier_normal(t, row.gain, kStream); },
        FlatNormal{row.stddev});
    ExpectEqualFills(
        row.shape, [&](const kinit_tensor *t) { return kinit_xavier_uniform(t, row.gain, kStream); },
        FlatUniform{row.bound});
  }
}

TEST(VarianceScaling, FillsWithItsSpread) {
  for (const ScalingRow &row : kScaling) {
    if (Count(row.shape) > kLargestTested) continue;
    const auto scaling = [&](kinit_distribution distribution) {
      return [&row, distribution](const kinit_tensor *t) {
        return kinit_variance_scaling(t, row.scale, row.mode, distribution, kStream);
      };
    };
    ExpectEqualFills(row.shape, scaling(KINIT_DIST_NORMAL), FlatNormal{row.stddev});
    ExpectEqualFills(row.shape, scaling(KINIT_DIST_UNIFORM), FlatUniform{row.bound});
    ExpectEqualFills(row.shape, scaling(KINIT_DIST_TRUNCATED_NORMAL), FlatTruncated{row.truncated_stddev});
  }
}

/* A rule that a change of enum values or a mix-up of fans in the public functions cannot pass. */
TEST(Initializers, TakeTheirFansFromTheWholeTensor) {
  const Shape whole = {300, 784}, start = {10, 20};
  Canvas block({4, 5});
  block.tensor.global_shape = whole.data();
  block.tensor.start = start.data();
  ASSERT_EQ(kinit_kaiming_normal(&block.tensor, 0.2, KINIT_FAN_AVG, KINIT_LEAKY_RELU, kStream), KINIT_OK);
  float row[5];
  const kinit_stream third_row = {kStream.seed, kStream.subsequence, 12 * 784 + 20};
  ASSERT_EQ(kinit_fill_normal(row, KINIT_F32, 5, 0, 0x1.e7f706fccc39bp-5, third_row), KINIT_OK);
  EXPECT_EQ(std::memcmp(block.bytes.data() + 10 * sizeof(float), row, sizeof row), 0);
}

TEST(Initializers, FillConstantsInEveryDtype) {
  Canvas f32({2, 3}, KINIT_F32), f64({2, 3}, KINIT_F64), f16({2, 3}, KINIT_F16), bf16({2, 3}, KINIT_BF16);
  for (Canvas *canvas : {&f32, &f64, &f16, &bf16}) ASSERT_EQ(kinit_constant(&canvas->tensor, -0.1), KINIT_OK);
  const uint64_t expected[] = {0xBDCCCCCD, 0xBFB999999999999A, 0xAE66, 0xBDCD};
  const Canvas *canvases[] = {&f32, &f64, &f16, &bf16};
  const size_t sizes[] = {4, 8, 2, 2};
  for (int i = 0; i < 4; i++) {
    for (size_t at = 0; at < canvases[i]->bytes.size(); at += sizes[i]) {
      uint64_t bits = 0;
      std::memcpy(&bits, &canvases[i]->bytes[at], sizes[i]);
      EXPECT_EQ(bits, expected[i]);
    }
  }
}

/* Rounded to nearest even as Python's struct.pack('<e', x) and the upper half of struct.pack('<f', x) round. */
TEST(Initializers, RoundConstantsToNearestEven) {
  const struct {
    kinit_dtype dtype;
    double value;
    uint16_t bits;
  } rows[] = {
      {KINIT_F16, 0.0, 0x0000},         {KINIT_F16, -0.0, 0x8000},        {KINIT_F16, 65504, 0x7BFF},
      {KINIT_F16, 65519.99, 0x7BFF},    {KINIT_F16, 0x1p-14, 0x0400},     {KINIT_F16, 0x1.ff8p-15, 0x03FF},
      {KINIT_F16, 0x1.ffcp-15, 0x0400}, {KINIT_F16, 0x1p-24, 0x0001},     {KINIT_F16, 0x1p-25, 0x0000},
      {KINIT_F16, -0x1.8p-24, 0x8002},  {KINIT_F16, 0x1.002p0, 0x3C00},   {KINIT_F16, 0x1.006p0, 0x3C02},
      {KINIT_F16, 0x1.0021p0, 0x3C01},  {KINIT_F16, 1e-9, 0x0000},        {KINIT_BF16, 0x1.01p0, 0x3F80},
      {KINIT_BF16, 0x1.03p0, 0x3F82},   {KINIT_BF16, 0x1.0101p0, 0x3F81}, {KINIT_BF16, -0x1.FEp127, 0xFF7F},
      {KINIT_BF16, 0x1p-133, 0x0001},   {KINIT_BF16, 0x1p-134, 0x0000},
  };
  for (const auto &row : rows) {
    Canvas canvas({1}, row.dtype);
    ASSERT_EQ(kinit_constant(&canvas.tensor, row.value), KINIT_OK) << row.value;
    uint16_t bits;
    std::memcpy(&bits, canvas.bytes.data(), sizeof bits);
    EXPECT_EQ(bits, row.bits) << std::hexfloat << row.value << " in dtype " << row.dtype;
  }
}

/* ---- Identities -------------------------------------------------------------------------------------------------- */

TEST(Eye, HasOnesOnItsDiagonal) {
  Canvas wide({2, 3}), tall({3, 2});
  ASSERT_EQ(kinit_eye(&wide.tensor), KINIT_OK);
  ASSERT_EQ(kinit_eye(&tall.tensor), KINIT_OK);
  EXPECT_THAT(wide.Floats(), ElementsAre(1, 0, 0, 0, 1, 0));
  EXPECT_THAT(tall.Floats(), ElementsAre(1, 0, 0, 1, 0, 0));
}

TEST(Eye, HasOnesInEveryDtype) {
  const uint64_t one[] = {0x3F800000, 0x3FF0000000000000, 0x3C00, 0x3F80};
  const size_t sizes[] = {4, 8, 2, 2};
  for (const kinit_dtype dtype : {KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16}) {
    Canvas canvas({2, 2}, dtype);
    ASSERT_EQ(kinit_eye(&canvas.tensor), KINIT_OK);
    for (size_t i = 0; i < 4; i++) {
      uint64_t bits = 0;
      std::memcpy(&bits, &canvas.bytes[i * sizes[dtype]], sizes[dtype]);
      EXPECT_EQ(bits, i == 0 || i == 3 ? one[dtype] : 0);
    }
  }
}

TEST(Eye, FollowsStridesAndBlocks) {
  const Shape whole = {6, 6}, start = {2, 1}, strides = {1, -4};
  std::vector<float> memory(16, 7);
  const Shape shape = {3, 4};
  const kinit_tensor block = {&memory[12], KINIT_F32, 2, shape.data(), strides.data(), whole.data(), start.data()};
  ASSERT_EQ(kinit_eye(&block), KINIT_OK);
  /* Element (i, j) of the block is (2 + i, 1 + j) of the matrix, and lies at 12 + i - 4 j. */
  EXPECT_THAT(memory, ElementsAre(0, 0, 1, 7, 0, 1, 0, 7, 1, 0, 0, 7, 0, 0, 0, 7));
}

/* The results of torch.nn.init.dirac_ by its definition: element (g n + d, d, middle) is 1. */
TEST(Dirac, HasOnesInTheMiddleOfTheKernel) {
  Canvas plain({3, 2, 3}), grouped({4, 3, 2}), matrix({2, 2, 2, 3});
  ASSERT_EQ(kinit_dirac(&plain.tensor, 1), KINIT_OK);
  EXPECT_THAT(plain.Floats(), ElementsAre(0, 1, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 1, 0, /**/ 0, 0, 0, 0, 0, 0));
  ASSERT_EQ(kinit_dirac(&grouped.tensor, 2), KINIT_OK);
  EXPECT_THAT(grouped.Floats(), ElementsAre(0, 1, 0, 0, 0, 0, /**/ 0, 0, 0, 1, 0, 0,  //
                                            0, 1, 0, 0, 0, 0, /**/ 0, 0, 0, 1, 0, 0));
  ASSERT_EQ(kinit_dirac(&matrix.tensor, 1), KINIT_OK);
  EXPECT_THAT(matrix.Floats(), ElementsAre(0, 0, 0, 0, 1, 0, /**/ 0, 0, 0, 0, 0, 0,  //
                                           0, 0, 0, 0, 0, 0, /**/ 0, 0, 0, 0, 1, 0));
}

TEST(Dirac, TakesFiveDimensionsAndBlocks) {
  const Shape whole = {4, 2, 3, 3, 3}, start = {3, 1, 1, 0, 1};
  Canvas volume({4, 2, 3, 3, 3}), block({1, 1, 1, 3, 2});
  ASSERT_EQ(kinit_dirac(&volume.tensor, 2), KINIT_OK);
  std::vector<float> expected(4 * 2 * 27, 0);
  for (const int one : {(0 * 2 + 0) * 27 + 13, (1 * 2 + 1) * 27 + 13, (2 * 2 + 0) * 27 + 13, (3 * 2 + 1) * 27 + 13})
    expected[static_cast<size_t>(one)] = 1;
  EXPECT_EQ(volume.Floats(), expected);
  block.tensor.global_shape = whole.data();
  block.tensor.start = start.data();
  ASSERT_EQ(kinit_dirac(&block.tensor, 2), KINIT_OK);
  EXPECT_THAT(block.Floats(), ElementsAre(0, 0, 1, 0, 0, 0));
}

/* By its definition, every block of rows and inputs of a tensor of 12, 3 and 2. */
void ExpectDiracOfBlock(int64_t groups, const Shape &start, const Shape &shape) {
  const Shape whole = {12, 3, 2};
  Canvas block(shape);
  block.tensor.global_shape = whole.data();
  block.tensor.start = start.data();
  ASSERT_EQ(kinit_dirac(&block.tensor, groups), KINIT_OK);
  std::vector<float> expected;
  for (int64_t i = start[0]; i < start[0] + shape[0]; i++)
    for (int64_t j = start[1]; j < start[1] + shape[1]; j++)
      for (int64_t k = 0; k < 2; k++) expected.push_back(i % (12 / groups) == j && k == 1 ? 1.0F : 0.0F);
  EXPECT_EQ(block.Floats(), expected) << groups << " groups, rows from " << start[0] << ", " << shape[0];
}

TEST(Dirac, FollowsItsDefinitionInEveryBlock) {
  for (const int64_t groups : {1, 2, 3, 4, 6, 12})
    for (int64_t row = 0; row < 12; row++)
      for (int64_t rows = 1; rows <= 12 - row; rows++)
        for (int64_t column = 0; column < 3; column++)
          for (int64_t columns = 1; columns <= 3 - column; columns++)
            ExpectDiracOfBlock(groups, {row, column, 0}, {rows, columns, 2});
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

struct Refusal {
  const char *what;
  Shape shape;
  kinit_status status;
  Initializer initializer;
};

/* The initializers with all arguments but the tensor. */
Initializer Kaiming(double a, kinit_fan_mode mode, kinit_nonlinearity nonlinearity) {
  return [=](const kinit_tensor *t) { return kinit_kaiming_normal(t, a, mode, nonlinearity, kStream); };
}
Initializer KaimingUniform(double a, kinit_fan_mode mode, kinit_nonlinearity nonlinearity) {
  return [=](const kinit_tensor *t) { return kinit_kaiming_uniform(t, a, mode, nonlinearity, kStream); };
}
Initializer Xavier(double gain) {
  return [=](const kinit_tensor *t) { return kinit_xavier_normal(t, gain, kStream); };
}
Initializer XavierUniform(double gain) {
  return [=](const kinit_tensor *t) { return kinit_xavier_uniform(t, gain, kStream); };
}
Initializer Scaling(double scale, kinit_fan_mode mode, kinit_distribution distribution) {
  return [=](const kinit_tensor *t) { return kinit_variance_scaling(t, scale, mode, distribution, kStream); };
}
Initializer Normal(double mean, double stddev) {
  return [=](const kinit_tensor *t) { return kinit_normal(t, mean, stddev, kStream); };
}
Initializer Uniform(double low, double high) {
  return [=](const kinit_tensor *t) { return kinit_uniform(t, low, high, kStream); };
}
Initializer Truncated(double stddev, double low, double high) {
  return [=](const kinit_tensor *t) { return kinit_truncated_normal(t, 0, stddev, low, high, kStream); };
}
Initializer Constant(double value) {
  return [=](const kinit_tensor *t) { return kinit_constant(t, value); };
}
Initializer Dirac(int64_t groups) {
  return [=](const kinit_tensor *t) { return kinit_dirac(t, groups); };
}

const Shape kMatrix = {3, 4}, kVector = {12}, kScalar = {}, kKernel = {4, 3, 2};

const Refusal kRefusals[] = {
    {"kaiming of a vector", kVector, KINIT_ERROR_DIMENSIONS, Kaiming(0, KINIT_FAN_IN, KINIT_RELU)},
    {"kaiming of a scalar", kScalar, KINIT_ERROR_DIMENSIONS, Kaiming(0, KINIT_FAN_IN, KINIT_RELU)},
    {"kaiming mode", kMatrix, KINIT_ERROR_ENUM, Kaiming(0, kUnknownMode, KINIT_RELU)},
    {"kaiming nonlinearity", kMatrix, KINIT_ERROR_ENUM, Kaiming(0, KINIT_FAN_IN, kUnknownNonlinearity)},
    {"kaiming NaN slope", kMatrix, KINIT_ERROR_NOT_FINITE, Kaiming(kNan, KINIT_FAN_IN, KINIT_LEAKY_RELU)},
    {"kaiming infinite slope", kMatrix, KINIT_ERROR_NOT_FINITE, Kaiming(kInfinity, KINIT_FAN_IN, KINIT_LEAKY_RELU)},
    {"kaiming uniform of a vector", kVector, KINIT_ERROR_DIMENSIONS, KaimingUniform(0, KINIT_FAN_IN, KINIT_RELU)},
    {"kaiming uniform mode", kMatrix, KINIT_ERROR_ENUM, KaimingUniform(0, kUnknownMode, KINIT_RELU)},
    {"kaiming uniform slope", kMatrix, KINIT_ERROR_NOT_FINITE, KaimingUniform(kNan, KINIT_FAN_IN, KINIT_LEAKY_RELU)},
    {"xavier of a vector", kVector, KINIT_ERROR_DIMENSIONS, Xavier(1)},
    {"xavier NaN gain", kMatrix, KINIT_ERROR_NOT_FINITE, Xavier(kNan)},
    {"xavier negative gain", kMatrix, KINIT_ERROR_NEGATIVE_SCALE, Xavier(-1)},
    {"xavier gain beyond float", kMatrix, KINIT_ERROR_NOT_FINITE, Xavier(1e39)},
    {"xavier uniform of a vector", kVector, KINIT_ERROR_DIMENSIONS, XavierUniform(1)},
    {"xavier uniform infinite gain", kMatrix, KINIT_ERROR_NOT_FINITE, XavierUniform(kInfinity)},
    {"xavier uniform negative gain", kMatrix, KINIT_ERROR_NEGATIVE_SCALE, XavierUniform(-1)},
    {"scaling of a vector", kVector, KINIT_ERROR_DIMENSIONS, Scaling(1, KINIT_FAN_IN, KINIT_DIST_NORMAL)},
    {"scaling mode", kMatrix, KINIT_ERROR_ENUM, Scaling(1, kUnknownMode, KINIT_DIST_NORMAL)},
    {"scaling distribution", kMatrix, KINIT_ERROR_ENUM, Scaling(1, KINIT_FAN_IN, kUnknownDistribution)},
    {"scaling by 0", kMatrix, KINIT_ERROR_NEGATIVE_SCALE, Scaling(0, KINIT_FAN_IN, KINIT_DIST_NORMAL)},
    {"scaling by -1", kMatrix, KINIT_ERROR_NEGATIVE_SCALE, Scaling(-1, KINIT_FAN_IN, KINIT_DIST_UNIFORM)},
    {"scaling by NaN", kMatrix, KINIT_ERROR_NOT_FINITE, Scaling(kNan, KINIT_FAN_IN, KINIT_DIST_TRUNCATED_NORMAL)},
    {"uniform NaN", kMatrix, KINIT_ERROR_NOT_FINITE, Uniform(kNan, 1)},
    {"uniform infinite in float", kMatrix, KINIT_ERROR_NOT_FINITE, Uniform(0, 1e39)},
    {"uniform difference", kMatrix, KINIT_ERROR_NOT_FINITE, Uniform(-3e38, 3e38)},
    {"uniform order", kMatrix, KINIT_ERROR_BOUNDS, Uniform(1, 0)},
    {"normal NaN mean", kMatrix, KINIT_ERROR_NOT_FINITE, Normal(kNan, 1)},
    {"normal infinite stddev", kMatrix, KINIT_ERROR_NOT_FINITE, Normal(0, kInfinity)},
    {"normal negative stddev", kMatrix, KINIT_ERROR_NEGATIVE_SCALE, Normal(0, -1e-300)},
    {"truncated order", kMatrix, KINIT_ERROR_BOUNDS, Truncated(1, 2, -2)},
    {"truncated to nothing", kMatrix, KINIT_ERROR_BOUNDS, Truncated(1, 2, 2)},
    {"truncated to nothing in float", kMatrix, KINIT_ERROR_BOUNDS, Truncated(1, 2, 2 + 1e-12)},
    {"truncated negative stddev", kMatrix, KINIT_ERROR_NEGATIVE_SCALE, Truncated(-1, -2, 2)},
    {"truncated infinite bound", kMatrix, KINIT_ERROR_NOT_FINITE, Truncated(1, -2, kInfinity)},
    {"constant NaN", kMatrix, KINIT_ERROR_NOT_FINITE, Constant(kNan)},
    {"constant beyond float", kMatrix, KINIT_ERROR_NOT_FINITE, Constant(1e39)},
    {"eye of a vector", kVector, KINIT_ERROR_DIMENSIONS, kinit_eye},
    {"eye of a kernel", kKernel, KINIT_ERROR_DIMENSIONS, kinit_eye},
    {"dirac of a matrix", kMatrix, KINIT_ERROR_DIMENSIONS, Dirac(1)},
    {"dirac of six dimensions", {2, 2, 1, 1, 1, 1}, KINIT_ERROR_DIMENSIONS, Dirac(1)},
    {"dirac groups 0", kKernel, KINIT_ERROR_GROUPS, Dirac(0)},
    {"dirac groups -1", kKernel, KINIT_ERROR_GROUPS, Dirac(-1)},
    {"dirac groups that do not divide", kKernel, KINIT_ERROR_GROUPS, Dirac(3)},
};

TEST(Initializers, RefuseWithoutWriting) {
  for (const Refusal &refusal : kRefusals) {
    Canvas canvas(refusal.shape);
    EXPECT_EQ(refusal.initializer(&canvas.tensor), refusal.status) << refusal.what;
    EXPECT_TRUE(canvas.Untouched()) << refusal.what;
    EXPECT_EQ(refusal.initializer(nullptr), KINIT_ERROR_NULL) << refusal.what;
  }
}

/* Also where there is nothing to fill, unless the fault needs a fan or a spread that such a tensor does not have. */
TEST(Initializers, CheckTheArgumentsOfEmptyTensors) {
  for (const Refusal &refusal : kRefusals) {
    if (refusal.shape.empty() || std::string(refusal.what) == "xavier gain beyond float") continue;
    Canvas canvas(refusal.shape);
    canvas.shape.back() = 0;
    canvas.tensor.data = nullptr;
    EXPECT_EQ(refusal.initializer(&canvas.tensor), refusal.status) << refusal.what;
  }
}

TEST(Initializers, RefuseConstantsBeyondTheDtype) {
  Canvas f16({2}, KINIT_F16), bf16({2}, KINIT_BF16), f64({2}, KINIT_F64);
  EXPECT_EQ(kinit_constant(&f16.tensor, 65520), KINIT_ERROR_NOT_FINITE);
  EXPECT_EQ(kinit_constant(&bf16.tensor, 0x1.FFp127), KINIT_ERROR_NOT_FINITE);
  EXPECT_TRUE(f16.Untouched());
  EXPECT_TRUE(bf16.Untouched());
  EXPECT_EQ(kinit_constant(&f64.tensor, 1e300), KINIT_OK);
}

TEST(Initializers, DoNothingToEmptyTensors) {
  for (const Shape &shape : {Shape{0, 5}, Shape{5, 0}, Shape{0, 0}}) {
    const kinit_tensor t = {nullptr, KINIT_F32, 2, shape.data(), nullptr, nullptr, nullptr};
    EXPECT_EQ(kinit_uniform(&t, 0, 1, kStream), KINIT_OK);
    EXPECT_EQ(kinit_normal(&t, 0, 1, kStream), KINIT_OK);
    EXPECT_EQ(kinit_truncated_normal(&t, 0, 1, -2, 2, kStream), KINIT_OK);
    EXPECT_EQ(kinit_constant(&t, 1), KINIT_OK);
    EXPECT_EQ(kinit_eye(&t), KINIT_OK);
    for (const kinit_fan_mode mode : {KINIT_FAN_IN, KINIT_FAN_OUT, KINIT_FAN_AVG}) {
      EXPECT_EQ(kinit_kaiming_normal(&t, 0, mode, KINIT_RELU, kStream), KINIT_OK);
      EXPECT_EQ(kinit_kaiming_uniform(&t, 0, mode, KINIT_RELU, kStream), KINIT_OK);
      for (const kinit_distribution distribution : {KINIT_DIST_NORMAL, KINIT_DIST_TRUNCATED_NORMAL, KINIT_DIST_UNIFORM})
        EXPECT_EQ(kinit_variance_scaling(&t, 1, mode, distribution, kStream), KINIT_OK);
    }
    EXPECT_EQ(kinit_xavier_normal(&t, 1, kStream), KINIT_OK);
    EXPECT_EQ(kinit_xavier_uniform(&t, 1, kStream), KINIT_OK);
  }
  const Shape kernel = {0, 3, 3};
  const kinit_tensor t = {nullptr, KINIT_F32, 3, kernel.data(), nullptr, nullptr, nullptr};
  EXPECT_EQ(kinit_dirac(&t, 2), KINIT_OK);
}

}  // namespace
