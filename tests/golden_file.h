/* The golden file, read.
 *
 * Owns: the reader of tests/golden.txt; scripts/reference.py describes its lines. The build names the file
 * (KINIT_GOLDEN_FILE). SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_GOLDEN_FILE_H
#define KINIT_TESTS_GOLDEN_FILE_H

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support.h"

namespace kinit_test {

struct GoldenCase {
  std::string line, distribution, dtype;
  kinit_stream stream;
  size_t count;
  std::vector<double> parameters;
  uint64_t hash, first;
};

inline uint64_t Number(const std::string &text, int base) { return std::strtoull(text.c_str(), nullptr, base); }

inline std::vector<double> Parameters(const std::string &text) {
  std::vector<double> values;
  if (text == "-") return values;
  std::stringstream fields(text);
  for (std::string field; std::getline(fields, field, ',');) values.push_back(std::strtod(field.c_str(), nullptr));
  return values;
}

inline GoldenCase ParseLine(const std::string &line) {
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

inline std::vector<GoldenCase> ReadGoldenFile() {
  std::vector<GoldenCase> cases;
  std::ifstream file(KINIT_GOLDEN_FILE);
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') cases.push_back(ParseLine(line));
  return cases;
}

inline kinit_dtype DtypeOf(const GoldenCase &c) {
  for (const kinit_dtype dtype : {KINIT_F64, KINIT_F16, KINIT_BF16, KINIT_F8_E4M3, KINIT_F8_E5M2})
    if (c.dtype == NameOf(dtype)) return dtype;
  EXPECT_TRUE(c.dtype == "f32" || c.dtype == "u32") << c.line;
  return KINIT_F32;
}

}  // namespace kinit_test

#endif
