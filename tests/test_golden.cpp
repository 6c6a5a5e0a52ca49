/* The golden file, which an independent reference made, against every instruction set.
 *
 * Owns: the reader of tests/golden.txt; scripts/reference.py describes its lines.
 * SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support.h"

namespace kinit_test {
namespace {

struct GoldenCase {
  std::string line, distribution, dtype;
  kinit_stream stream;
  size_t count;
  std::vector<double> parameters;
  uint64_t hash, first;
};

uint64_t Number(const std::string &text, int base) { return std::strtoull(text.c_str(), nullptr, base); }

std::vector<double> Parameters(const std::string &text) {
  std::vector<double> values;
  if (text == "-") return values;
  std::stringstream fields(text);
  for (std::string field; std::getline(fields, field, ',');) values.push_back(std::strtod(field.c_str(), nullptr));
  return values;
}

GoldenCase ParseLine(const std::string &line) {
  GoldenCase c;
  std::string seed, subsequence, offset, count, parameters, hash, first;
  std::istringstream fields(line);
  fields >> c.distribution >> c.dtype >> seed >> subsequence >> offset >> count >> parameters >> hash >> first;
  EXPECT_TRUE(fields && fields.eof()) << "not nine fields: " << line;
  c.line = line;
  c.stream = {Number(seed, 16), Number(subsequence, 16), Number(offset, 16)};
  c.count = static_cast<size_t>(Number(count, 10));
  c.parameters = Parameters(parameters);
  c.hash = Number(hash, 16);
  c.first = Number(first, 16);
  return c;
}

std::vector<GoldenCase> ReadGoldenFile() {
  std::vector<GoldenCase> cases;
  std::ifstream file(KINIT_GOLDEN_FILE);
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') cases.push_back(ParseLine(line));
  return cases;
}

kinit_dtype DtypeOf(const GoldenCase &c) {
  for (const kinit_dtype dtype : {KINIT_F64, KINIT_F16, KINIT_BF16, KINIT_F8_E4M3, KINIT_F8_E5M2})
    if (c.dtype == NameOf(dtype)) return dtype;
  EXPECT_TRUE(c.dtype == "f32" || c.dtype == "u32") << c.line;
  return KINIT_F32;
}

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

class Golden : public testing::TestWithParam<const char *> {};

TEST_P(Golden, EveryLine) {
  const ScopedIsa isa(GetParam());
  if (!isa.supported()) GTEST_SKIP() << "this machine or build has no " << GetParam();
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
    uint64_t first = 0;
    std::memcpy(&first, values.data(), size);
    EXPECT_EQ(first, c.first) << c.line;
    EXPECT_EQ(Fnv1a(values.data(), c.count * size), c.hash) << c.line;
  }
  std::printf("tried: %zu of %zu lines of golden.txt by %s\n", cases.size() - static_cast<size_t>(without_fma),
              cases.size(), GetParam());
  if (without_fma > 0) GTEST_SKIP() << without_fma << " lines in f64, which need fused multiply-add; the others passed";
}

INSTANTIATE_TEST_SUITE_P(Isa, Golden, testing::ValuesIn(kIsaNames), [](const auto &chosen) { return chosen.param; });

}  // namespace
}  // namespace kinit_test
