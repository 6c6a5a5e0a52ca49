/* exhaustive_narrow [STEP]: the conversions to f16 and bf16 of all 2^32 floats, in every backend.
 *
 * Owns: that comparison. Part of the long tier. SPDX-License-Identifier: Apache-2.0
 *
 * The reference is the definition: the nearest number of the narrow format, of two equally near the one whose last bit
 * is 0. Its numbers are listed in order as doubles, in which all middles between neighbours are exact. What would
 * follow the largest stands for infinity. The 2^24 - 2 floats that are no numbers are left out, because no fill draws
 * them. */
#include <algorithm>

#include "exhaustive.h"

namespace {

using exhaustive::kPart;

/* The numbers of a 16-bit format that are not negative: the index of a number is its bits. */
std::vector<double> Numbers(int exponent_bits) {
  const int digits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  std::vector<double> numbers;
  for (int bits = 0; bits <= ((1 << exponent_bits) - 1) << digits; bits++) {
    const int exponent = bits >> digits, fraction = bits & ((1 << digits) - 1);
    const int significand = exponent > 0 ? fraction + (1 << digits) : fraction;
    numbers.push_back(std::ldexp(significand, std::max(exponent, 1) - bias - digits));
  }
  return numbers;
}

/* Rounds magnitudes that do not decrease. */
class Rounder {
 public:
  explicit Rounder(const std::vector<double> &numbers) : numbers_(numbers) {}

  uint16_t Round(double magnitude) {
    while (nearest_ + 1 < numbers_.size() && NextIsNearer(magnitude)) nearest_++;
    return static_cast<uint16_t>(nearest_);
  }

 private:
  bool NextIsNearer(double magnitude) const {
    const double middle = (numbers_[nearest_] + numbers_[nearest_ + 1]) / 2;
    return magnitude > middle || (magnitude == middle && nearest_ % 2 == 1);
  }

  const std::vector<double> &numbers_;
  size_t nearest_ = 0;
};

struct Format {
  const char *name;
  kinit_kernel *counting_backend::*kernel;
  std::vector<double> numbers;
};

struct Result {
  uint64_t tried = 0, wrong = 0; /* conversions */
  uint32_t first_wrong = 0;      /* the bits of that float */

  void Add(bool right, uint32_t bits) {
    tried++;
    if (!right && wrong++ == 0) first_wrong = bits;
  }
  void Merge(const Result &other) {
    if (wrong == 0) first_wrong = other.first_wrong;
    tried += other.tried;
    wrong += other.wrong;
  }
};

/* A part's floats have one sign, and magnitudes in order. */
void Measure(const std::vector<const counting_backend *> &backends, const Format &format, uint32_t first,
             Result *result) {
  const kinit_parameters parameters = {};
  std::vector<std::vector<uint16_t>> values(backends.size(), std::vector<uint16_t>(kPart));
  for (size_t backend = 0; backend < backends.size(); backend++)
    exhaustive::Fill(backends[backend]->*format.kernel, parameters, first, &values[backend]);
  Rounder rounder(format.numbers);
  for (uint32_t i = 0; i < kPart; i++) {
    const uint32_t bits = first + i, magnitude_bits = bits & 0x7FFFFFFFu;
    if (magnitude_bits > 0x7F800000u) break;
    float magnitude;
    std::memcpy(&magnitude, &magnitude_bits, sizeof magnitude);
    const uint16_t expected =
        static_cast<uint16_t>(rounder.Round(static_cast<double>(magnitude)) | (bits >> 16 & 0x8000u));
    for (const std::vector<uint16_t> &backend : values) result->Add(backend[i] == expected, bits);
  }
}

}  // namespace

int main(int argc, char **argv) {
  const uint32_t step = exhaustive::StepOf(argc, argv);
  const std::vector<const counting_backend *> backends = exhaustive::Backends();
  const Format formats[] = {{"f16", &counting_backend::f16, Numbers(5)}, {"bf16", &counting_backend::bf16, Numbers(8)}};
  bool good = true;
  for (const Format &format : formats) {
    const Result result = exhaustive::Walk(
        format.name, step, Result(), [&](uint32_t first, Result *part) { Measure(backends, format, first, part); });
    std::printf("%s: %" PRIu64 " floats in each of the backends %s, %" PRIu64 " wrong\n", format.name,
                result.tried / backends.size(), exhaustive::NamesOf(backends).c_str(), result.wrong);
    if (result.wrong > 0) std::printf("%s: the first wrong one is 0x%08" PRIx32 "\n", format.name, result.first_wrong);
    good = good && result.wrong == 0 && result.tried > 0;
  }
  return good ? 0 : 1;
}
