/* plant DEFECT: copies 32-bit words from the standard input to the output, with a defect, until nobody reads them.
 *
 * Owns: the defects that dieharder.sh shows dieharder to find. SPDX-License-Identifier: Apache-2.0
 *
 *   reused   of each eight words the last four are the first four again, as if a counter stood still
 *   short    the lower nine bits are 0, as if a uniform were taken for a word
 *   narrow   the upper 1/256 of the range is never reached, as if a tail were cut off
 *   twice    of each two words the second is the first again, as if neighbouring streams were one */
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

using Words = std::vector<uint32_t>;

void Reused(Words *words) {
  for (size_t i = 0; i < words->size(); i += 8) std::copy_n(&(*words)[i], 4, &(*words)[i + 4]);
}

void Short(Words *words) {
  for (uint32_t &word : *words) word &= ~uint32_t{0x1FF};
}

void Narrow(Words *words) {
  for (uint32_t &word : *words) word -= word >> 8;
}

void Twice(Words *words) {
  for (size_t i = 0; i < words->size(); i += 2) (*words)[i + 1] = (*words)[i];
}

const struct {
  const char *name;
  void (*plant)(Words *words);
} kDefects[] = {{"reused", Reused}, {"short", Short}, {"narrow", Narrow}, {"twice", Twice}};

}  // namespace

int main(int argc, char **argv) {
  for (const auto &defect : kDefects) {
    if (argc != 2 || std::strcmp(argv[1], defect.name) != 0) continue;
    Words words(1 << 15);
    const auto whole = [&words](size_t count) { return count == words.size(); };
    do {
      if (!whole(std::fread(words.data(), sizeof(uint32_t), words.size(), stdin))) return 1;
      defect.plant(&words);
    } while (whole(std::fwrite(words.data(), sizeof(uint32_t), words.size(), stdout)));
    return 0;
  }
  std::fprintf(stderr, "usage: plant reused|short|narrow|twice\n");
  return 2;
}
