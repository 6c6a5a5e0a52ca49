/* A program of a user, in C: links only if everything that kinit needs comes with it.
 *
 * Owns: nothing of kinit. Built by run.sh. SPDX-License-Identifier: Apache-2.0 */
#include <kinit/kinit.h>
#include <stdio.h>

int main(void) {
  /* Philox4x32-10 of an all-zero key and counter: the first known answer of Random123. */
  const uint32_t expected[4] = {0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u};
  uint32_t words[4];
  double normals[64];
  const kinit_stream stream = {0, 0, 0};
  if (kinit_fill_bits(words, 4, stream) != KINIT_OK) return 1;
  for (int i = 0; i < 4; i++)
    if (words[i] != expected[i]) return 2;
  const kinit_status status = kinit_fill_normal(normals, KINIT_F64, 64, 0.0, 1.0, stream);
  if (status != KINIT_OK && status != KINIT_ERROR_NEEDS_FMA) return 3;
  printf("consumer in C: kinit %s, %s, %d threads\n", kinit_version(), kinit_isa(), kinit_num_threads());
  return 0;
}
