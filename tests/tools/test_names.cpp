/* Names with ranges, and globs of names.
 *
 * Owns: the tests of tools/names.c and tools/glob.c. SPDX-License-Identifier: Apache-2.0 */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

extern "C" {
#include "glob.h"
#include "names.h"
}

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> Expand(const char *pattern) {
  uint64_t count = 0;
  const char *reason = tool_names_count(pattern, &count);
  EXPECT_EQ(reason, nullptr) << pattern << ": " << reason;
  std::vector<std::string> names;
  for (uint64_t i = 0; i < count; i++) {
    uint64_t numbers[TOOL_MAX_RANGES];
    int ranges;
    char *name = tool_names_at(pattern, i, numbers, &ranges);
    names.push_back(name);
    free(name);
  }
  return names;
}

std::string Refusal(const char *pattern) {
  uint64_t count = 99;
  const char *reason = tool_names_count(pattern, &count);
  EXPECT_EQ(count, 99u) << pattern;
  return reason == nullptr ? "" : reason;
}

TEST(Names, WithoutRangeStandForThemselves) {
  EXPECT_THAT(Expand("norm.weight"), ElementsAre("norm.weight"));
  EXPECT_THAT(Expand("a..b"), ElementsAre("a..b"));
}

TEST(Names, IncludeBothEndsOfARange) {
  EXPECT_THAT(Expand("a.{8..11}.b"), ElementsAre("a.8.b", "a.9.b", "a.10.b", "a.11.b"));
  EXPECT_THAT(Expand("{7..7}"), ElementsAre("7"));
}

TEST(Names, RunTheLastRangeFastest) {
  EXPECT_THAT(Expand("{0..1}.x{1..3}y{5..5}"), ElementsAre("0.x1y5", "0.x2y5", "0.x3y5", "1.x1y5", "1.x2y5", "1.x3y5"));
  EXPECT_THAT(Expand("{0..1}{8..9}"), ElementsAre("08", "09", "18", "19"));
}

TEST(Names, KeepDigitsAndTakeSteps) {
  EXPECT_THAT(Expand("{08..10}"), ElementsAre("08", "09", "10"));
  EXPECT_THAT(Expand("a{0..5..2}"), ElementsAre("a0", "a2", "a4"));
  EXPECT_THAT(Expand("\\{{1..2}\\}\\\\"), ElementsAre("{1}\\", "{2}\\"));
  EXPECT_THAT(Refusal("a\\b"), HasSubstr("before no brace"));
}

TEST(Names, CountsWithoutOverflow) {
  uint64_t count = 0;
  EXPECT_EQ(tool_names_count("{0..999999999}{1..999999999}", &count), nullptr);
  EXPECT_EQ(count, 999999999000000000u);
  EXPECT_THAT(Refusal("{0..999999999}{0..999999999}{0..999999999}"), HasSubstr("counted"));
}

TEST(Names, RefuseWhatIsNoRange) {
  for (const char *pattern : {"a{", "a{0..}", "a{..3}", "a{0..3", "a{0.3}", "a{-1..3}", "a{0..x}", "a{ 0..1}", "a{0,1}",
                              "a{}", "a{{0..1}}", "a{0..4..0}", "a{0..4..}", "a{0..1000000000}"})
    EXPECT_THAT(Refusal(pattern), HasSubstr("begins no range")) << pattern;
  EXPECT_THAT(Refusal("a}"), HasSubstr("without its {"));
  EXPECT_THAT(Refusal("a{0..1}}"), HasSubstr("without its {"));
  EXPECT_THAT(Refusal("a{5..4}"), HasSubstr("greater than its last"));
  EXPECT_THAT(Refusal("{0..1}{0..1}{0..1}{0..1}{0..1}{0..1}{0..1}{0..1}{0..1}"), HasSubstr("8 ranges"));
}

TEST(Globs, MatchWholeNames) {
  EXPECT_TRUE(tool_glob_matches("*.bias", "layers.0.attn/q.bias"));
  EXPECT_FALSE(tool_glob_matches("*.bias", "layers.0.bias.x"));
  EXPECT_FALSE(tool_glob_matches("bias", "layers.bias"));
  EXPECT_TRUE(tool_glob_matches("layers.[0-9].?.w", "layers.7.q.w"));
  EXPECT_FALSE(tool_glob_matches("layers.[!0-9].w", "layers.7.w"));
  EXPECT_TRUE(tool_glob_matches("a\\*", "a*"));
  EXPECT_FALSE(tool_glob_matches("a\\*", "ab"));
  EXPECT_TRUE(tool_glob_matches("*", ".hidden"));
}

TEST(Globs, CoverWhatTheyMatchEntirely) {
  struct Pair {
    const char *general, *special;
  };
  for (const Pair &pair : {Pair{"*", "*"},         {"*", "a"},           {"*", "*.bias"},  {"*.bias", "*.bias"},
                           {"*.bias", "a.*.bias"}, {"*.bias", "x.bias"}, {"a*b*", "ab*"},  {"a*b*c", "a?b[xy]b*c"},
                           {"?", "[ab]"},          {"[a-c]", "b"},       {"[ab]", "[ab]"}, {"a\\*", "a\\*"},
                           {"a", "\\a"},           {"*a*", "?a"},        {"**", "*"},      {"*?", "ab"},
                           {"[]a]x", "]x"},        {"[[:digit:]]", "7"}, {"[!a]", "b"},    {"[x", "[x"}})
    EXPECT_TRUE(tool_glob_covers(pair.general, pair.special)) << pair.general << " and " << pair.special;
}

TEST(Globs, DoNotCoverWhatTheyMatchInPart) {
  struct Pair {
    const char *general, *special;
  };
  for (const Pair &pair : {Pair{"*.bias", "*"},
                           {"*.bias", "layers.*"},
                           {"?", "*"},
                           {"[ab]", "?"},
                           {"[ab]", "c"},
                           {"a", "[ab]"},
                           {"a?", "a*"},
                           {"a", "ab"},
                           {"ab", "a"},
                           {"a\\*", "a*"},
                           {"", "a"},
                           {"a*", ""},
                           {"*x", "*y"},
                           {"[[:digit:]]", "a"},
                           {"[!a]", "a"},
                           {"*a*b", "*a*"},
                           {"?a", "*a"}})
    EXPECT_FALSE(tool_glob_covers(pair.general, pair.special)) << pair.general << " and " << pair.special;
}

}  // namespace
