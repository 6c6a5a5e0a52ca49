// A program of a user, in C++: links only if everything that kinit needs comes with it.
//
// Owns: nothing of kinit. Built by run.sh. SPDX-License-Identifier: Apache-2.0
#include <kinit/kinit.h>

#include <array>
#include <iostream>
#include <vector>

int main() {
  // Philox4x32-10 of an all-zero key and counter: the first known answer of Random123.
  const std::array<uint32_t, 4> expected = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  std::array<uint32_t, 4> words{};
  std::vector<double> normals(64);
  const kinit_stream stream{0, 0, 0};
  if (kinit_fill_bits(words.data(), words.size(), stream) != KINIT_OK) return 1;
  if (words != expected) return 2;
  const kinit_status status = kinit_fill_normal(normals.data(), KINIT_F64, normals.size(), 0.0, 1.0, stream);
  if (status != KINIT_OK && status != KINIT_ERROR_NEEDS_FMA) return 3;
  std::cout << "consumer in C++: kinit " << kinit_version() << ", " << kinit_isa() << ", " << kinit_num_threads()
            << " threads\n";
}
