/* The words of a stream as Random123 gives them, the library of Philox's authors.
 *
 * Owns: the way from a stream to their counter and key. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_RANDOM123_WORDS_H
#define KINIT_TESTS_RANDOM123_WORDS_H

#include <Random123/philox.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "kinit/kinit.h"

namespace kinit_test {

inline std::array<uint32_t, 4> Random123Block(const kinit_stream &stream, uint64_t block) {
  const philox4x32_ctr_t counter = {{static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                     static_cast<uint32_t>(stream.subsequence),
                                     static_cast<uint32_t>(stream.subsequence >> 32)}};
  const philox4x32_key_t key = {{static_cast<uint32_t>(stream.seed), static_cast<uint32_t>(stream.seed >> 32)}};
  const philox4x32_ctr_t words = philox4x32(counter, key);
  return {words.v[0], words.v[1], words.v[2], words.v[3]};
}

/* word[j] of the stream for j = first, first + 1, ... */
inline std::vector<uint32_t> Random123Words(const kinit_stream &stream, uint64_t first, size_t count) {
  std::vector<uint32_t> words;
  while (words.size() < count) {
    const uint64_t j = first + words.size();
    words.push_back(Random123Block(stream, j / 4)[j % 4]);
  }
  return words;
}

}  // namespace kinit_test

#endif
