/* Statistics of numbers that should be independent and of a known distribution, each with its p-value.
 *
 * Owns: the statistics, which know nothing of kinit and take arrays, so that planted defects can be shown to fail
 * them. SPDX-License-Identifier: Apache-2.0
 *
 * All p-values are two-sided where too good is as suspicious as too bad. A battery takes an array at a time; what
 * counts or adds goes on over all arrays, what sorts takes the beginning of each and keeps the worst. */
#ifndef KINIT_TESTS_STATISTICS_H
#define KINIT_TESTS_STATISTICS_H

#include <algorithm>
#include <array>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

namespace kinit_test {

struct Result {
  std::string name;
  double p;
};

/* ---- From a statistic to p --------------------------------------------------------------------------------------- */

inline double TwoSided(double lower, double upper) { return std::min(1.0, 2 * std::min(lower, upper)); }

/* of a sum that is normal with mean 0 and this standard deviation */
inline double NormalP(double sum, double deviation) {
  return 2 * cdf(complement(boost::math::normal(), std::fabs(sum / deviation)));
}

inline double PoissonP(uint64_t count, double expected) {
  const boost::math::poisson model(expected);
  const double k = static_cast<double>(count);
  return TwoSided(cdf(model, k), count == 0 ? 1.0 : cdf(complement(model, k - 1)));
}

inline double ChiSquareP(const std::vector<uint64_t> &counts, const std::vector<double> &expected) {
  double sum = 0;
  for (size_t i = 0; i < counts.size(); i++) {
    const double difference = static_cast<double>(counts[i]) - expected[i];
    sum += difference * difference / expected[i];
  }
  const boost::math::chi_squared model(static_cast<double>(counts.size() - 1));
  return TwoSided(cdf(model, sum), cdf(complement(model, sum)));
}

/* Kolmogorov's limit, with Stephens' correction for n; not in Boost.Math, as Anderson and Darling's below. */
inline double KolmogorovSmirnovP(const std::vector<double> &sorted) {
  const double n = static_cast<double>(sorted.size());
  double distance = 0;
  for (size_t i = 0; i < sorted.size(); i++) {
    const double below = static_cast<double>(i) / n, above = static_cast<double>(i + 1) / n;
    distance = std::max({distance, sorted[i] - below, above - sorted[i]});
  }
  const double x = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * distance;
  double p = 0;
  for (int k = 1; k <= 100; k++) p += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * x * x);
  return x < 0.2 ? 1 : std::max(p, 0.0);
}

/* The limit of the statistic's distribution: Marsaglia and Marsaglia (Evaluating the Anderson-Darling Distribution,
 * 2004) below 2, and above the leading term of its tail, of which 12 % are missing at 2 and less beyond. */
inline double AndersonDarlingP(const std::vector<double> &sorted) {
  const size_t n = sorted.size();
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += static_cast<double>(2 * i + 1) * (std::log(sorted[i]) + std::log1p(-sorted[n - 1 - i]));
  const double z = -static_cast<double>(n) - sum / static_cast<double>(n);
  if (z >= 2) return std::min(1.0, std::sqrt(3.0) * std::erfc(std::sqrt(z)));
  const double series = 2.00012 + (0.247105 - (0.0649821 - (0.0347962 - (0.011672 - 0.00168691 * z) * z) * z) * z) * z;
  return 1 - std::exp(-1.2337141 / z) / std::sqrt(z) * series;
}

/* ---- What adds up over arrays ------------------------------------------------------------------------------------ */

/* Equally probable cells. */
class Cells {
 public:
  explicit Cells(size_t count) : counts_(count) {}
  void Add(size_t cell) { counts_[std::min(cell, counts_.size() - 1)]++; }
  /* u in [0, 1) */
  void AddUnit(double u) { Add(static_cast<size_t>(u * static_cast<double>(counts_.size()))); }
  double P() const {
    uint64_t total = 0;
    for (const uint64_t count : counts_) total += count;
    const double expected = static_cast<double>(total) / static_cast<double>(counts_.size());
    return ChiSquareP(counts_, std::vector<double>(counts_.size(), expected));
  }

 private:
  std::vector<uint64_t> counts_;
};

/* Raw moments 1 to 4; `exact` holds those of the distribution from 0 to 8. */
class Moments {
 public:
  explicit Moments(const std::array<double, 9> &exact) : exact_(exact) {}
  void Add(double x) {
    double power = x;
    for (double &sum : sums_) {
      sum += power;
      power *= x;
    }
    count_++;
  }
  double P(size_t k) const {
    const double n = static_cast<double>(count_), variance = exact_[2 * k] - exact_[k] * exact_[k];
    return NormalP(sums_[k - 1] - n * exact_[k], std::sqrt(n * variance));
  }
  void Append(const std::string &name, std::vector<Result> *results) const {
    for (size_t k = 1; k <= 4; k++) results->push_back({name + " " + std::to_string(k), P(k)});
  }

 private:
  std::array<double, 9> exact_;
  std::array<double, 4> sums_ = {};
  uint64_t count_ = 0;
};

/* Correlation of numbers of this mean and variance with those 1 to 8 places on, within an array. */
class Lags {
 public:
  static constexpr size_t kLags = 8;
  Lags(double mean, double variance) : mean_(mean), variance_(variance) {}

  template <typename T, typename Function>
  void Add(const std::vector<T> &values, Function function) {
    centred_.resize(values.size());
    for (size_t i = 0; i < values.size(); i++) centred_[i] = function(static_cast<double>(values[i])) - mean_;
    for (size_t lag = 1; lag <= kLags; lag++) {
      double sum = 0;
      for (size_t i = lag; i < values.size(); i++) sum += centred_[i] * centred_[i - lag];
      sums_[lag - 1] += sum;
      counts_[lag - 1] += values.size() - lag;
    }
  }
  double P(size_t lag) const {
    return NormalP(sums_[lag - 1], variance_ * std::sqrt(static_cast<double>(counts_[lag - 1])));
  }
  void Append(const std::string &name, std::vector<Result> *results) const {
    for (size_t lag = 1; lag <= kLags; lag++) results->push_back({name + " at lag " + std::to_string(lag), P(lag)});
  }

 private:
  double mean_, variance_;
  std::vector<double> centred_;
  std::array<double, kLags> sums_ = {};
  std::array<size_t, kLags> counts_ = {};
};

/* Numbers farther from 0 than some thresholds, against the share of the distribution that is. */
class Tails {
 public:
  Tails(std::vector<double> thresholds, std::vector<double> shares)
      : thresholds_(std::move(thresholds)), shares_(std::move(shares)), beyond_(thresholds_.size()) {}

  template <typename T>
  void Add(const std::vector<T> &values) {
    for (const T x : values)
      for (size_t k = 0; k < thresholds_.size(); k++) beyond_[k] += std::fabs(static_cast<double>(x)) > thresholds_[k];
    count_ += values.size();
  }
  void Append(std::vector<Result> *results) const {
    for (size_t k = 0; k < thresholds_.size(); k++)
      results->push_back({"beyond " + std::to_string(thresholds_[k]).substr(0, 3),
                          PoissonP(beyond_[k], static_cast<double>(count_) * shares_[k])});
  }

 private:
  std::vector<double> thresholds_, shares_;
  std::vector<uint64_t> beyond_;
  uint64_t count_ = 0;
};

/* Kolmogorov-Smirnov and Anderson-Darling of the beginning of each array; the smaller of the p-values, times their
 * number. */
class Sorted {
 public:
  static constexpr size_t kMost = size_t{1} << 20;
  void Add(std::vector<double> units) {
    std::sort(units.begin(), units.end());
    kolmogorov_ = std::min(kolmogorov_, KolmogorovSmirnovP(units));
    anderson_ = std::min(anderson_, AndersonDarlingP(units));
    arrays_++;
  }
  void Append(std::vector<Result> *results) const {
    results->push_back({"Kolmogorov-Smirnov", std::min(1.0, kolmogorov_ * arrays_)});
    results->push_back({"Anderson-Darling", std::min(1.0, anderson_ * arrays_)});
  }

 private:
  double kolmogorov_ = 1, anderson_ = 1, arrays_ = 0;
};

/* ---- Batteries --------------------------------------------------------------------------------------------------- */

inline double UpperTail(double z) { return 0.5 * std::erfc(z * 0.70710678118654752); }

inline Tails NormalTails(const std::vector<double> &thresholds) {
  std::vector<double> shares;
  for (const double threshold : thresholds) shares.push_back(2 * UpperTail(threshold));
  return {thresholds, shares};
}

/* Pairs of normal numbers in polar coordinates. */
class Pairs {
 public:
  void Add(const std::vector<float> &z) {
    square_.clear();
    turns_.clear();
    for (size_t i = 0; i + 1 < z.size(); i += 2) AddPair(static_cast<double>(z[i]), static_cast<double>(z[i + 1]));
    square_lags_.Add(square_, [](double x) { return x; });
    angle_lags_.Add(turns_, [](double x) { return x; });
  }
  void Append(std::vector<Result> *results) const {
    results->push_back({"r^2 of pairs", squares_.P()});
    results->push_back({"angle of pairs", angles_.P()});
    results->push_back({"r^2 with angle", both_.P()});
    square_lags_.Append("r^2 of pairs", results);
    angle_lags_.Append("angle of pairs", results);
  }

 private:
  static constexpr size_t kSide = 64;

  void AddPair(double x, double y) {
    const double square = x * x + y * y, tail = std::exp(-0.5 * square); /* uniform, as the angle in turns is */
    const double angle = std::atan2(y, x) * 0.15915494309189534 + 0.5;
    squares_.AddUnit(tail);
    angles_.AddUnit(angle);
    const size_t row = std::min(static_cast<size_t>(tail * kSide), kSide - 1);
    both_.Add(row * kSide + std::min(static_cast<size_t>(angle * kSide), kSide - 1));
    square_.push_back(square);
    turns_.push_back(angle);
  }

  std::vector<double> square_, turns_;
  Cells squares_{1024}, angles_{1024}, both_{kSide * kSide};
  Lags square_lags_{2, 4}, angle_lags_{0.5, 1.0 / 12};
};

class NormalBattery {
 public:
  /* thresholds: distances from 0 beyond which the values are counted */
  explicit NormalBattery(const std::vector<double> &thresholds) : tails_(NormalTails(thresholds)) {}

  void Add(const std::vector<float> &z) {
    std::vector<double> units;
    for (size_t i = 0; i < z.size(); i++) {
      const double u = UpperTail(-static_cast<double>(z[i]));
      bins_.AddUnit(u);
      moments_.Add(static_cast<double>(z[i]));
      if (i < Sorted::kMost) units.push_back(u);
    }
    sorted_.Add(std::move(units));
    tails_.Add(z);
    pairs_.Add(z);
    plain_.Add(z, [](double x) { return x; });
    magnitude_.Add(z, [](double x) { return std::fabs(x); });
    square_.Add(z, [](double x) { return x * x; });
  }

  std::vector<Result> Results() const {
    std::vector<Result> results = {{"chi-square", bins_.P()}};
    sorted_.Append(&results);
    moments_.Append("moment", &results);
    tails_.Append(&results);
    pairs_.Append(&results);
    plain_.Append("z", &results);
    magnitude_.Append("|z|", &results);
    square_.Append("z^2", &results);
    return results;
  }

 private:
  Cells bins_{4096};
  Moments moments_{{1, 0, 1, 0, 3, 0, 15, 0, 105}};
  Sorted sorted_;
  Tails tails_;
  Pairs pairs_;
  Lags plain_{0, 1}, magnitude_{0.79788456080286536, 0.36338022763241866}, square_{1, 2};
};

/* Uniform numbers on (0, 1): what a distribution function makes of numbers of its distribution. */
class UnitBattery {
 public:
  void Add(const std::vector<double> &u) {
    for (const double x : u) {
      bins_.AddUnit(x);
      moments_.Add(2 * x - 1);
    }
    for (size_t i = 0; i + 1 < u.size(); i += 2) {
      const size_t row = std::min(static_cast<size_t>(u[i] * kSide), kSide - 1);
      pairs_.Add(row * kSide + std::min(static_cast<size_t>(u[i + 1] * kSide), kSide - 1));
    }
    sorted_.Add({u.begin(), u.begin() + static_cast<std::ptrdiff_t>(std::min(u.size(), Sorted::kMost))});
    plain_.Add(u, [](double x) { return 2 * x - 1; });
    magnitude_.Add(u, [](double x) { return std::fabs(2 * x - 1); });
    square_.Add(u, [](double x) { return (2 * x - 1) * (2 * x - 1); });
  }

  std::vector<Result> Results() const {
    std::vector<Result> results = {{"chi-square", bins_.P()}, {"pairs", pairs_.P()}};
    sorted_.Append(&results);
    moments_.Append("moment", &results);
    plain_.Append("u", &results);
    magnitude_.Append("|2u - 1|", &results);
    square_.Append("(2u - 1)^2", &results);
    return results;
  }

 private:
  static constexpr size_t kSide = 64;

  Cells bins_{4096}, pairs_{kSide * kSide};
  Moments moments_{{1, 0, 1.0 / 3, 0, 1.0 / 5, 0, 1.0 / 7, 0, 1.0 / 9}};
  Sorted sorted_;
  Lags plain_{0, 1.0 / 3}, magnitude_{0.5, 1.0 / 12}, square_{1.0 / 3, 4.0 / 45};
};

/* Uniform numbers on [0, 1) that are multiples of 2^-24: each stands for the middle of its step; and their bits. */
class UniformBattery {
 public:
  void Add(const std::vector<float> &u) {
    std::vector<double> middles;
    for (const float x : u) {
      const uint32_t integer = static_cast<uint32_t>(static_cast<double>(x) * 0x1p24);
      for (size_t bit = 0; bit < kBits; bit++) ones_[bit] += integer >> bit & 1;
      middles.push_back(static_cast<double>(x) + 0x1p-25);
    }
    units_.Add(middles);
    count_ += u.size();
  }

  std::vector<Result> Results() const {
    std::vector<Result> results = units_.Results();
    const double n = static_cast<double>(count_);
    for (size_t bit = 0; bit < kBits; bit++)
      results.push_back(
          {"bit " + std::to_string(bit), NormalP(static_cast<double>(ones_[bit]) - n / 2, std::sqrt(n) / 2)});
    return results;
  }

 private:
  static constexpr size_t kBits = 24;
  std::array<uint64_t, kBits> ones_ = {};
  uint64_t count_ = 0;
  UnitBattery units_;
};

/* ---- Truncated normals ------------------------------------------------------------------------------------------- */

/* A standard normal, given that it lies in [low, high]. */
struct Cut {
  double low, high;

  double nearest() const { return low > 0 ? low : high < 0 ? high : 0; } /* to 0 */
  /* Proportional to the density, 1 at `nearest`. */
  double Weight(double z) const { return std::exp(0.5 * (nearest() - z) * (nearest() + z)); }
  double Integral(const std::function<double(double)> &f) const {
    const double reach = std::fabs(nearest()) + 40; /* nothing is beyond */
    const auto weighted = [&](double z) { return f(z) * Weight(z); };
    const auto part = [&](double from, double to) {
      return from < to ? boost::math::quadrature::gauss_kronrod<double, 61>::integrate(weighted, from, to, 15, 1e-13)
                       : 0.0;
    };
    const double from = std::max(low, -reach), to = std::min(high, reach);
    return part(from, std::min(to, 0.0)) + part(std::max(from, 0.0), to);
  }
  double Mean(const std::function<double(double)> &f) const {
    return Integral(f) / Integral([](double) { return 1.0; });
  }
  /* The share of the interval below z, from the nearer tail; never 0 or 1. */
  double Share(double z) const {
    const double side = low + high >= 0 ? 1 : -1;
    const double near = UpperTail(side * low), far = UpperTail(side * high);
    const double share = (near - UpperTail(side * z)) / (near - far);
    return std::min(std::max(share, 0x1p-60), 1 - 0x1p-53);
  }
};

inline Moments CutMoments(const Cut &cut) {
  std::array<double, 9> exact;
  for (size_t k = 0; k < exact.size(); k++)
    exact[k] = cut.Mean([=](double z) { return std::pow(z, static_cast<double>(k)); });
  return Moments(exact);
}

inline Lags CutLags(const Cut &cut, double (*function)(double)) {
  const double mean = cut.Mean(function);
  return {mean, cut.Mean([=](double z) { return (function(z) - mean) * (function(z) - mean); })};
}

inline Tails CutTails(const Cut &cut, const std::vector<double> &thresholds) {
  std::vector<double> inside, shares;
  for (const double threshold : thresholds) {
    if (threshold >= std::max(-cut.low, cut.high) || threshold <= std::fabs(cut.nearest())) continue;
    const auto side = [&](double from, double to) { return from < to ? cut.Share(to) - cut.Share(from) : 0.0; };
    inside.push_back(threshold);
    shares.push_back(side(cut.low, -threshold) + side(std::max(cut.low, threshold), cut.high));
  }
  return {inside, shares};
}

class CutBattery {
 public:
  CutBattery(const Cut &cut, const std::vector<double> &thresholds) : cut_(cut), tails_(CutTails(cut, thresholds)) {}

  template <typename T>
  void Add(const std::vector<T> &z) {
    std::vector<double> shares;
    for (const T x : z) {
      shares.push_back(cut_.Share(static_cast<double>(x)));
      moments_.Add(static_cast<double>(x));
    }
    units_.Add(shares);
    tails_.Add(z);
    plain_.Add(z, Plain);
    magnitude_.Add(z, Magnitude);
    square_.Add(z, Square);
  }

  std::vector<Result> Results() const {
    std::vector<Result> results = units_.Results();
    moments_.Append("moment of z", &results);
    tails_.Append(&results);
    plain_.Append("z", &results);
    magnitude_.Append("|z|", &results);
    square_.Append("z^2", &results);
    return results;
  }

 private:
  static double Plain(double x) { return x; }
  static double Magnitude(double x) { return std::fabs(x); }
  static double Square(double x) { return x * x; }

  Cut cut_;
  UnitBattery units_;
  Tails tails_;
  Moments moments_ = CutMoments(cut_);
  Lags plain_ = CutLags(cut_, Plain), magnitude_ = CutLags(cut_, Magnitude), square_ = CutLags(cut_, Square);
};

/* ---- bf16 -------------------------------------------------------------------------------------------------------- */

inline double Bf16Value(uint32_t bits) {
  float value;
  bits <<= 16;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

/* Chi-square of bf16 numbers against the distribution before rounding: the cell of a number reaches half way to its
 * neighbours, of the number `last` to infinity. `between` is the probability of an interval of numbers that are not
 * negative; the distribution is symmetric. Neighbouring cells are joined until 1000 are expected. */
inline double Bf16P(const std::vector<uint16_t> &values, const std::function<double(double, double)> &between,
                    uint32_t last = 0x7F7F) {
  constexpr uint32_t kNumbers = 0x7F80; /* 0 to below infinity */
  std::array<std::vector<uint64_t>, 2> seen;
  for (std::vector<uint64_t> &side : seen) side.resize(kNumbers + 1);
  for (const uint16_t value : values) seen[value >> 15][std::min<uint32_t>(value & 0x7FFFu, kNumbers)]++;
  std::vector<uint64_t> counts;
  std::vector<double> expected;
  for (const std::vector<uint64_t> &side : seen) {
    uint64_t count = 0;
    double probability = 0, low = 0;
    const auto close = [&] {
      counts.push_back(count);
      expected.push_back(probability * static_cast<double>(values.size()));
      count = 0;
      probability = 0;
    };
    for (uint32_t bits = 0; bits < kNumbers; bits++) {
      const bool is_last = bits + 1 == kNumbers || (&side == &seen[0] && bits >= last);
      const double high = is_last ? 0x1p128 : 0.5 * Bf16Value(bits) + 0.5 * Bf16Value(bits + 1);
      count += side[bits];
      probability += between(low, high);
      low = high;
      if (probability * static_cast<double>(values.size()) >= 1000) close();
    }
    if (probability > 0 || count > 0) { /* the rest of the tail joins the last cell */
      counts.back() += count + side[kNumbers];
      expected.back() += probability * static_cast<double>(values.size());
    }
  }
  return ChiSquareP(counts, expected);
}

/* A number of the distribution that rounds to each bf16, drawn from all of them that do: of rounded numbers it makes
 * numbers of the exact distribution, to which all statistics apply. The density is that of a standard normal, or flat,
 * in [low, high]; a flat one keeps below high when it is rounded, so that the last number stands for more. */
class Unrounding {
 public:
  Unrounding(bool flat, double low, double high) : flat_(flat), low_(low), high_(high) {}

  double operator()(uint16_t bits) {
    const double sign = bits >> 15 != 0 ? -1 : 1;
    const uint32_t magnitude = bits & 0x7FFFu;
    double from = magnitude > 0 ? 0.5 * (Bf16Value(magnitude - 1) + Bf16Value(magnitude)) : 0;
    double to = 0.5 * (Bf16Value(magnitude) + Bf16Value(magnitude + 1));
    from = std::max(from, sign > 0 ? low_ : -high_);
    to = std::min(to, sign > 0 ? high_ : -low_);
    if (flat_ && sign > 0 && Bf16Value(magnitude + 1) >= high_) to = high_;
    for (;;) {
      const double x = from + Unit() * (to - from);
      if (flat_ || Unit() < std::exp(0.5 * (from - x) * (from + x))) return sign * x;
    }
  }

 private:
  double Unit() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  bool flat_;
  double low_, high_;
  std::mt19937_64 random_;
};

/* ---- Angles against their words ---------------------------------------------------------------------------------- */

/* Share of the pairs whose angle is not that of their word, by more than a millionth of a turn. */
inline double WrongAngles(const std::vector<float> &z, const std::vector<uint32_t> &words) {
  uint64_t wrong = 0;
  for (size_t i = 0; i + 1 < z.size(); i += 2) {
    const double angle = std::atan2(static_cast<double>(z[i + 1]), static_cast<double>(z[i])) * 0.15915494309189534;
    const double difference = angle - (static_cast<double>(words[i + 1]) + 0.5) * 0x1p-32;
    wrong += std::fabs(difference - std::round(difference)) > 1e-6;
  }
  return static_cast<double>(wrong) / static_cast<double>(z.size() / 2);
}

}  // namespace kinit_test

#endif
