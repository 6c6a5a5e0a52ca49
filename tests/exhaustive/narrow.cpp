/* exhaustive_narrow [STEP]: the conversions to the narrow types of all 2^32 floats, in every backend.
 *
 * Owns: that comparison. Part of the long tier. SPDX-License-Identifier: Apache-2.0
 *
 * The reference is the definition: the nearest number of the narrow format, of two equally near the one whose last bit
 * is 0. Its numbers are listed in order as doubles, in which all middles between neighbours are exact. What would
 * follow the largest stands for infinity. The 2^24 - 2 floats that are no numbers are left out, because no fill draws
 * them. */
#include <algorithm>

#include "../narrow_numbers.h"
#include "exhaustive.h"

namespace {

using exhaustive::kPart;

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
  kinit_test::NarrowType type;
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
  const bool one_byte = format.type.sign() == 0x80;
  std::vector<std::vector<uint16_t>> values(backends.size(), std::vector<uint16_t>(kPart));
  for (size_t backend = 0; backend < backends.size(); backend++) {
    if (!one_byte) {
      exhaustive::Fill(backends[backend]->*format.kernel, parameters, first, &values[backend]);
      continue;
    }
    std::vector<uint8_t> bytes(kPart);
    exhaustive::Fill(backends[backend]->*format.kernel, parameters, first, &bytes);
    std::copy(bytes.begin(), bytes.end(), values[backend].begin());
  }
  Rounder rounder(format.numbers);
  for (uint32_t i = 0; i < kPart; i++) {
    const uint32_t bits = first + i, magnitude_bits = bits & 0x7FFFFFFFu;
    if (magnitude_bits > 0x7F800000u) break;
    float magnitude;
    std::memcpy(&magnitude, &magnitude_bits, sizeof magnitude);
    const uint16_t expected =
        static_cast<uint16_t>(rounder.Round(static_cast<double>(magnitude)) | (bits >> 31 ? format.type.sign() : 0));
    for (const std::vector<uint16_t> &backend : values) result->Add(backend[i] == expected, bits);
  }
}

}  // namespace

int main(int argc, char **argv) {
  const uint32_t step = exhaustive::StepOf(argc, argv);
  const std::vector<const counting_backend *> backends = exhaustive::Backends();
  kinit_kernel *counting_backend::*const kernels[] = {&counting_backend::f16, &counting_backend::bf16,
                                                      &counting_backend::f8_e4m3, &counting_backend::f8_e5m2};
  std::vector<Format> formats;
  for (size_t i = 0; i < 4; i++)
    formats.push_back({kinit_test::kNarrowTypes[i], kernels[i], kinit_test::NumbersOf(kinit_test::kNarrowTypes[i])});
  bool good = true;
  for (const Format &format : formats) {
    const Result result = exhaustive::Walk(format.type.name, step, Result(), [&](uint32_t first, Result *part) {
      Measure(backends, format, first, part);
    });
    std::printf("%s: %" PRIu64 " floats in each of the backends %s, %" PRIu64 " wrong\n", format.type.name,
                result.tried / backends.size(), exhaustive::NamesOf(backends).c_str(), result.wrong);
    if (result.wrong > 0)
      std::printf("%s: the first wrong one is 0x%08" PRIx32 "\n", format.type.name, result.first_wrong);
    good = good && result.wrong == 0 && result.tried > 0;
  }
  return good ? 0 : 1;
}
