/* The golden file, which an independent reference made, against every instruction set.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include <algorithm>
#include <cstdio>

#include "golden_file.h"
#include "support.h"

namespace kinit_test {
namespace {

kinit_status Fill(const GoldenCase &c, void *dst) {
  const kinit_dtype dtype = DtypeOf(c);
  const std::vector<double> &p = c.parameters;
  if (c.distribution == "bits") return kinit_fill_bits(static_cast<uint32_t *>(dst), c.count, c.stream);
  if (c.distribution == "uniform") return kinit_fill_uniform(dst, dtype, c.count, p.at(0), p.at(1), c.stream);
  if (c.distribution == "normal") return kinit_fill_normal(dst, dtype, c.count, p.at(0), p.at(1), c.stream);
  if (c.distribution == "truncated")
    return kinit_fill_truncated_normal(dst, dtype, c.count, p.at(0), p.at(1), p.at(2), p.at(3), c.stream);
  ADD_FAILURE() << "unknown distribution: " << c.line;
  return KINIT_OK;
}

/* Where KINIT_DECOY names a library that exports SLEEF's names, the program itself has to find that one first. */
void ExpectTheDecoyFirst() {
  const char *decoy = std::getenv("KINIT_DECOY");
  if (decoy == nullptr) return;
  Dl_info found{};
  ASSERT_NE(dladdr(dlsym(RTLD_DEFAULT, "Sleef_finz_sincospid1_u35purecfma"), &found), 0);
  ASSERT_STREQ(found.dli_fname, decoy);
}

/* The golden file has the bytes of a little-endian machine: on another those of each element change their order. */
void ToLittleEndian(void *values, size_t count, size_t size) {
  const uint16_t one = 1;
  uint8_t *const bytes = static_cast<uint8_t *>(values);
  if (*reinterpret_cast<const uint8_t *>(&one) == 1) return;
  for (size_t i = 0; i < count; i++) std::reverse(bytes + i * size, bytes + (i + 1) * size);
}

/* The number of up to eight bytes in the order of a little-endian machine. */
uint64_t FirstNumber(const void *values, size_t size) {
  uint64_t number = 0;
  for (size_t i = size; i-- > 0;) number = number << 8 | static_cast<const uint8_t *>(values)[i];
  return number;
}

class Golden : public testing::TestWithParam<const char *> {};

TEST_P(Golden, EveryLine) {
  const ScopedIsa isa(GetParam());
  if (!isa.supported()) GTEST_SKIP() << "this machine or build has no " << GetParam();
  ExpectTheDecoyFirst();
  const std::vector<GoldenCase> cases = ReadGoldenFile();
  ASSERT_GE(cases.size(), 100u) << KINIT_GOLDEN_FILE;
  int without_fma = 0;
  for (const GoldenCase &c : cases) {
    const size_t size = SizeOf(DtypeOf(c));
    std::vector<uint64_t> values((c.count * size + 7) / 8);
    const kinit_status status = Fill(c, values.data());
    if (status == KINIT_ERROR_NEEDS_FMA && c.dtype == "f64") {
      without_fma++;
      continue;
    }
    ASSERT_EQ(status, KINIT_OK) << c.line;
    ToLittleEndian(values.data(), c.count, size);
    EXPECT_EQ(FirstNumber(values.data(), size), c.first) << c.line;
    EXPECT_EQ(Fnv1a(values.data(), c.count * size), c.hash) << c.line;
  }
  std::printf("tried: %zu of %zu lines of golden.txt by %s\n", cases.size() - static_cast<size_t>(without_fma),
              cases.size(), GetParam());
  if (without_fma > 0) GTEST_SKIP() << without_fma << " lines in f64, which need fused multiply-add; the others passed";
}

INSTANTIATE_TEST_SUITE_P(Isa, Golden, testing::ValuesIn(kIsaNames), [](const auto &chosen) { return chosen.param; });

}  // namespace
}  // namespace kinit_test
