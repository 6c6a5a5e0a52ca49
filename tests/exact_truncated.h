/* The exact truncated normal: the quantile of a word, by Boost.Math in long double.
 *
 * Owns: that function and its parameters. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_EXACT_TRUNCATED_H
#define KINIT_TESTS_EXACT_TRUNCATED_H

#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>

namespace kinit_test {

using Real = long double;

struct Parameters {
  double mean, stddev, low, high;
};

/* The parameters that a fill of floats uses. */
inline Parameters ToFloats(const Parameters &p) {
  const auto rounded = [](double x) { return static_cast<double>(static_cast<float>(x)); };
  return {rounded(p.mean), rounded(p.stddev), rounded(p.low), rounded(p.high)};
}

inline Real Above(Real z) { return boost::math::cdf(complement(boost::math::normal_distribution<Real>(), z)); }

/* The z in [a, b], a + b >= 0, below which lies the share u of the probability; over = 1 - u. */
inline Real ExactZ(Real a, Real b, Real u, Real over) {
  const boost::math::normal_distribution<Real> normal;
  const Real left = Above(-a), right = Above(b);
  const Real inside = a < 0 ? 1 - left - right : Above(a) - right;
  const Real above = right + over * inside;
  return above < 0.5L ? quantile(complement(normal, above)) : quantile(normal, left + u * inside);
}

/* The exact value for u = (word + 1/2) * 2^-bits. */
inline Real Exact(const Parameters &p, uint64_t word, int bits) {
  const uint64_t last = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
  const Real u = std::ldexp(static_cast<Real>(word) + 0.5L, -bits);
  const Real over = std::ldexp(static_cast<Real>(last - word) + 0.5L, -bits);
  const Real a = (static_cast<Real>(p.low) - p.mean) / p.stddev, b = (static_cast<Real>(p.high) - p.mean) / p.stddev;
  const Real z = a + b < 0 ? -ExactZ(-b, -a, over, u) : ExactZ(a, b, u, over);
  return p.mean + p.stddev * z;
}

}  // namespace kinit_test

#endif
