/* The scheme itself: what happens to the variance of a signal and of a gradient in a network of 50 layers.
 *
 * Owns: the statistical proof that Kaiming initialization does what docs/derivation.md derives.
 * SPDX-License-Identifier: Apache-2.0
 *
 * THE BOUNDS. Layer l has n inputs x and m outputs x' = f(W x), where f(y) = y for y > 0 and a y otherwise, and W has
 * independent elements with variance v and symmetric distribution. Given x, the sums y = W x are independent, with
 * variance s = v |x|^2, and normal if W is. Then
 *   E f(y)^2 = s (1 + a^2) / 2          E f(y)^4 = 3 s^2 (1 + a^4) / 2
 * so that A = |x'|^2 / m : |x|^2 / n has the mean n v (1 + a^2) / 2 whatever x is, and in units of that mean the
 * variance k / m,   k = 6 (1 + a^4) / (1 + a^2)^2 - 1   (5 for ReLU). The distribution of A does not depend on x. So
 * the ratio R over all layers is a product of independent factors: its mean is the product of the means (1 for Kaiming
 * with fan_in), and in units of that Var R = (1 + k / m_1) (1 + k / m_2) ... - 1,   and   Var log R = k / m_1 + k / m_2
 * + ... to first order. For the gradient the same holds with the transposed matrices and m v (1 + a^2) / 2. Its mean is
 * exact: given the signs of the sums, W still has uncorrelated elements of variance v. Its variance is k / n in each
 * layer only to first order, because those signs and the gradient come from the same W. For uniform W the sums have a
 * kurtosis of 3 - 6 / (5 n) at most, which changes k by less than 1 %.
 *
 * Numbers do not vary from run to run, so neither does the outcome; 4.5 standard deviations are what a sound generator
 * exceeds in one of 10^5 streams. */
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "kinit/kinit.h"

namespace {

constexpr int kLayers = 50, kNetworks = 24;
constexpr int kNarrow = 256, kWide = 1024;

using Vector = std::vector<double>;
using Initializer = std::function<kinit_status(const kinit_tensor *, kinit_stream)>;

/* Layers of different width, so that fan_in and fan_out differ: their product over all layers does by a factor of 4. */
int Width(int layer) { return kNarrow + (kWide - kNarrow) * layer / kLayers; }

double MeanSquare(const Vector &x) {
  double sum = 0;
  for (const double value : x) sum += value * value;
  return sum / static_cast<double>(x.size());
}

struct Layer {
  size_t inputs, outputs;
  std::vector<float> weights;
  Vector sums;
};

/* W x, in four sums side by side. */
Vector Multiply(const Layer &layer, const Vector &x) {
  Vector y(layer.outputs);
  const float *w = layer.weights.data();
  for (size_t i = 0; i < layer.outputs; i++, w += layer.inputs) {
    double part[4] = {};
    size_t j = 0;
    for (; j + 4 <= layer.inputs; j += 4)
      for (size_t k = 0; k < 4; k++) part[k] += static_cast<double>(w[j + k]) * x[j + k];
    for (; j < layer.inputs; j++) part[0] += static_cast<double>(w[j]) * x[j];
    y[i] = (part[0] + part[1]) + (part[2] + part[3]);
  }
  return y;
}

/* W^T y */
Vector MultiplyTransposed(const Layer &layer, const Vector &y) {
  Vector x(layer.inputs, 0);
  const float *w = layer.weights.data();
  for (size_t i = 0; i < layer.outputs; i++, w += layer.inputs)
    for (size_t j = 0; j < layer.inputs; j++) x[j] += static_cast<double>(w[j]) * y[i];
  return x;
}

Vector Noise(uint64_t seed, const char *name, int count) {
  std::vector<float> values(static_cast<size_t>(count));
  EXPECT_EQ(kinit_fill_normal(values.data(), KINIT_F32, values.size(), 0, 1, kinit_stream_named(seed, name)), KINIT_OK);
  return Vector(values.begin(), values.end());
}

/* The weights of network number `seed`; the memory of the last one is used again. */
void Initialize(std::vector<Layer> &layers, uint64_t seed, const Initializer &initializer) {
  layers.resize(kLayers);
  for (int l = 0; l < kLayers; l++) {
    Layer &layer = layers[static_cast<size_t>(l)];
    layer.inputs = static_cast<size_t>(Width(l));
    layer.outputs = static_cast<size_t>(Width(l + 1));
    layer.weights.resize(layer.inputs * layer.outputs);
    const int64_t shape[] = {Width(l + 1), Width(l)};
    const kinit_tensor tensor = {layer.weights.data(), KINIT_F32, 2, shape, nullptr, nullptr, nullptr};
    EXPECT_EQ(initializer(&tensor, kinit_stream_named(seed, ("layer." + std::to_string(l)).c_str())), KINIT_OK);
  }
}

/* Mean square of the signal behind the last layer, in units of that before the first. */
double SendForward(std::vector<Layer> &layers, Vector x, const std::function<double(double)> &activation) {
  const double before = MeanSquare(x);
  for (Layer &layer : layers) {
    layer.sums = Multiply(layer, x);
    x.resize(layer.outputs);
    for (size_t i = 0; i < x.size(); i++) x[i] = activation(layer.sums[i]);
  }
  return MeanSquare(x) / before;
}

/* Mean square of the gradient at the input of the network, in units of that at its output. */
double SendBackward(const std::vector<Layer> &layers, Vector gradient, double slope) {
  const double before = MeanSquare(gradient);
  for (size_t l = layers.size(); l-- > 0;) {
    for (size_t i = 0; i < gradient.size(); i++) gradient[i] *= layers[l].sums[i] > 0 ? 1 : slope;
    gradient = MultiplyTransposed(layers[l], gradient);
  }
  return MeanSquare(gradient) / before;
}

/* What many networks have done, in units of what is expected. */
class Ratios {
 public:
  void Add(double ratio) { ratios_.push_back(ratio); }

  /* factors: the k / m of all layers. slack: for what is known to first order only. */
  void ExpectUnit(const Vector &factors, double slack) const {
    double product = 1, log_variance = 0;
    for (const double factor : factors) {
      product *= 1 + factor;
      log_variance += factor;
    }
    const double count = static_cast<double>(ratios_.size());
    double sum = 0, log_sum = 0, log_squares = 0;
    for (const double ratio : ratios_) {
      const double centred = std::log(ratio) + log_variance / 2;
      EXPECT_LT(std::abs(centred), 4.5 * slack * std::sqrt(log_variance)) << "one network: " << ratio;
      sum += ratio;
      log_sum += centred;
      log_squares += centred * centred;
    }
    EXPECT_LT(std::abs(sum / count - 1), 4.5 * slack * std::sqrt((product - 1) / count)) << "mean " << sum / count;
    /* The networks do fluctuate, and as much as they should: quantiles of chi-squared with 23 degrees of freedom at
     * 10^-5 and 1 - 10^-5, divided by 23, by the formula of Wilson and Hilferty. */
    static_assert(kNetworks == 24);
    const double fluctuation = (log_squares - log_sum * log_sum / count) / (count - 1) / log_variance;
    EXPECT_GT(fluctuation, 0.187 / slack);
    EXPECT_LT(fluctuation, 2.80 * slack);
  }

 private:
  Vector ratios_;
};

/* variance(in, out): of the weights, by the scheme. */
void ExpectScheme(double slope, const Initializer &initializer, const std::function<double(double, double)> &variance) {
  const double square = (1 + slope * slope) / 2;
  const double k = 6 * (1 + std::pow(slope, 4)) / std::pow(1 + slope * slope, 2) - 1;
  double forward_mean = 1, backward_mean = 1;
  Vector forward_factors, backward_factors;
  for (int l = 0; l < kLayers; l++) {
    const double in = Width(l), out = Width(l + 1);
    forward_mean *= in * variance(in, out) * square;
    backward_mean *= out * variance(in, out) * square;
    forward_factors.push_back(k / out);
    backward_factors.push_back(k / in);
  }
  Ratios forward, backward;
  std::vector<Layer> layers;
  for (uint64_t seed = 0; seed < kNetworks; seed++) {
    Initialize(layers, seed, initializer);
    const auto activation = [slope](double y) { return y > 0 ? y : slope * y; };
    forward.Add(SendForward(layers, Noise(seed, "signal", kNarrow), activation) / forward_mean);
    backward.Add(SendBackward(layers, Noise(seed, "gradient", kWide), slope) / backward_mean);
  }
  {
    SCOPED_TRACE("forwards");
    forward.ExpectUnit(forward_factors, 1.05);
  }
  SCOPED_TRACE("backwards");
  backward.ExpectUnit(backward_factors, 1.25);
}

TEST(Variance, KaimingFanInKeepsTheSignalUnderRelu) {
  ExpectScheme(
      0, [](const kinit_tensor *t, kinit_stream s) { return kinit_kaiming_normal(t, 0, KINIT_FAN_IN, KINIT_RELU, s); },
      [](double in, double) { return 2 / in; });
}

TEST(Variance, KaimingFanOutKeepsTheGradientUnderLeakyRelu) {
  ExpectScheme(
      0.2,
      [](const kinit_tensor *t, kinit_stream s) {
        return kinit_kaiming_uniform(t, 0.2, KINIT_FAN_OUT, KINIT_LEAKY_RELU, s);
      },
      [](double, double out) { return 2 / (1 + 0.2 * 0.2) / out; });
}

TEST(Variance, XavierHalvesBothInEveryLayerUnderRelu) {
  ExpectScheme(
      0, [](const kinit_tensor *t, kinit_stream s) { return kinit_xavier_normal(t, 1, s); },
      [](double in, double out) { return 2 / (in + out); });
}

/* With tanh the variance does not stay what it was, but settles where a layer keeps it: at the p that solves
 * p = E tanh(g sqrt(p) z)^2, z standard normal. For g = 5/3, by summation over z in steps of 0.005, p = 0.42425, a
 * layer takes 0.4309 of a deviation over to the next, and E tanh^4 / p^2 - 1 = 0.578. So p fluctuates by the square
 * root of 0.578 / m / (1 - 0.4309^2). (The gain at which p would be E tanh(z)^2 = 0.3943 is 1.5925, too far away to
 * pass.) */
TEST(Variance, KaimingSettlesUnderTanh) {
  constexpr int networks = 8;
  const double deviation = std::sqrt(0.578 / kWide / (1 - 0.4309 * 0.4309));
  std::vector<Layer> layers;
  double sum = 0;
  for (uint64_t seed = 0; seed < networks; seed++) {
    Initialize(layers, seed, [](const kinit_tensor *t, kinit_stream s) {
      return kinit_kaiming_normal(t, 0, KINIT_FAN_IN, KINIT_TANH, s);
    });
    const Vector signal = Noise(seed, "signal", kNarrow);
    const double ratio = SendForward(layers, signal, [](double y) { return std::tanh(y); });
    sum += ratio * MeanSquare(signal);
  }
  EXPECT_NEAR(sum / networks / 0.42425, 1, 4.5 * deviation / std::sqrt(networks));
}

}  // namespace
