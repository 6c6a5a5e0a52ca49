/* words KIND SUBSEQUENCE: endless random words on the standard output, for dieharder, until nobody reads them.
 *
 * Owns: what dieharder gets to see. Run by dieharder.sh. SPDX-License-Identifier: Apache-2.0
 *
 *   bits     the words of the stream
 *   normals  the distribution function of two normals, 16 bits of each
 *   reused   planted: the words, each block of four twice
 *   short    planted: words of 23 random bits; the lower nine are 0 */
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "kinit/kinit.h"

namespace {

constexpr size_t kWords = 1 << 16; /* written at a time */
constexpr uint64_t kSeed = 20250101;

void Bits(std::vector<uint32_t> *words, kinit_stream stream) {
  if (kinit_fill_bits(words->data(), words->size(), stream) != KINIT_OK) std::exit(1);
}

uint32_t SixteenBits(float z) {
  const double unit = 0.5 * std::erfc(-static_cast<double>(z) * 0.70710678118654752);
  return static_cast<uint32_t>(std::min(unit * 65536, 65535.0));
}

void Normals(std::vector<uint32_t> *words, kinit_stream stream) {
  std::vector<float> z(2 * words->size());
  stream.offset *= 2;
  if (kinit_fill_normal(z.data(), KINIT_F32, z.size(), 0, 1, stream) != KINIT_OK) std::exit(1);
  for (size_t i = 0; i < words->size(); i++) (*words)[i] = SixteenBits(z[2 * i]) << 16 | SixteenBits(z[2 * i + 1]);
}

void Reused(std::vector<uint32_t> *words, kinit_stream stream) {
  Bits(words, stream);
  for (size_t i = 0; i < words->size(); i += 8) std::copy_n(&(*words)[i], 4, &(*words)[i + 4]);
}

void Short(std::vector<uint32_t> *words, kinit_stream stream) {
  Bits(words, stream);
  for (uint32_t &word : *words) word &= ~uint32_t{0x1FF};
}

const struct {
  const char *name;
  void (*draw)(std::vector<uint32_t> *words, kinit_stream stream);
} kKinds[] = {{"bits", Bits}, {"normals", Normals}, {"reused", Reused}, {"short", Short}};

}  // namespace

int main(int argc, char **argv) {
  if (argc == 3) {
    for (const auto &kind : kKinds) {
      if (std::strcmp(argv[1], kind.name) != 0) continue;
      std::vector<uint32_t> words(kWords);
      kinit_stream stream = {kSeed, std::strtoull(argv[2], nullptr, 10), 0};
      do {
        kind.draw(&words, stream);
        stream.offset += kWords;
      } while (std::fwrite(words.data(), sizeof(uint32_t), kWords, stdout) == kWords);
      return 0;
    }
  }
  std::fprintf(stderr, "usage: words bits|normals|reused|short SUBSEQUENCE\n");
  return 2;
}
