/* The bytes of a fuzzer, read as arguments.
 *
 * Owns: how a number is made of bytes: often a telling one, sometimes any. Behind the last byte all bytes are 0.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_FUZZ_INPUT_H
#define KINIT_TESTS_FUZZ_INPUT_H

#include <cfloat>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>

namespace kinit_fuzz {

/* A property of the library that does not hold: the fuzzer keeps the input that shows it. */
inline void Require(bool holds, const char *property) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", property);
  std::abort();
}

class Input {
 public:
  Input(const uint8_t *data, size_t size) : data_(data), size_(size) {}

  uint8_t Byte() {
    if (size_ == 0) return 0;
    size_--;
    return *data_++;
  }
  bool Flag() { return (Byte() & 1) != 0; }
  /* In [0, limit), for limits up to 256. */
  unsigned Below(unsigned limit) { return Byte() % limit; }
  template <typename T>
  T Raw() {
    uint64_t bits = 0;
    for (unsigned i = 0; i < sizeof(T); i++) bits |= uint64_t{Byte()} << 8 * i;
    T value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }

  double Real() {
    constexpr double kTelling[] = {0.0,
                                   -0.0,
                                   1.0,
                                   -1.0,
                                   0.02,
                                   -2.0,
                                   2.0,
                                   1e-3,
                                   5.0,
                                   -80.0,
                                   1e30,
                                   FLT_MAX,
                                   -FLT_MAX,
                                   3.5e38,
                                   DBL_MAX,
                                   -DBL_MAX,
                                   0x1p-149,
                                   0x1p-150,
                                   0x1p-1074,
                                   65504.0,
                                   65520.0,
                                   0x1.FFp127,
                                   std::numeric_limits<double>::infinity(),
                                   std::numeric_limits<double>::quiet_NaN()};
    constexpr unsigned kCount = sizeof kTelling / sizeof kTelling[0];
    const unsigned choice = Below(64);
    if (choice < kCount) return kTelling[choice];
    return choice < 56 ? Raw<int16_t>() / 256.0 : Raw<double>();
  }

  /* A length, a start or a stride: mostly small. */
  int64_t Integer() {
    constexpr int64_t kTelling[] = {-1, INT64_MIN, INT64_MAX, int64_t{1} << 31, int64_t{1} << 32, int64_t{1} << 62};
    const unsigned choice = Below(128);
    if (choice < 6) return kTelling[choice];
    return choice < 10 ? Raw<int64_t>() : choice % 10;
  }

  /* A place in a stream: near its beginning, anywhere, or near the end of either kind. */
  uint64_t Offset() {
    switch (Below(4)) {
      case 0:
        return Byte();
      case 1:
        return Raw<uint64_t>();
      case 2:
        return (uint64_t{1} << 63) - Byte();
      default:
        return UINT64_MAX - Byte();
    }
  }

  /* What is left, as a text. */
  std::string Text() {
    std::string text;
    while (size_ > 0) text.push_back(static_cast<char>(Byte()));
    return text;
  }

 private:
  const uint8_t *data_;
  size_t size_;
};

}  // namespace kinit_fuzz

#endif
