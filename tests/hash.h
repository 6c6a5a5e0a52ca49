/* FNV-1a, 64 bits (Fowler, Noll and Vo): the hash of the golden file.
 *
 * Owns: that function. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_HASH_H
#define KINIT_TESTS_HASH_H

#include <cstddef>
#include <cstdint>

namespace kinit_test {

inline uint64_t Fnv1a(const void *data, size_t bytes) {
  uint64_t hash = 0xCBF29CE484222325u;
  for (size_t i = 0; i < bytes; i++) hash = (hash ^ static_cast<const unsigned char *>(data)[i]) * 0x100000001B3u;
  return hash;
}

}  // namespace kinit_test

#endif
