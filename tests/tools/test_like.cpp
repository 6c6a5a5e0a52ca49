/* --like: a model from the header of a checkpoint, and its initializers from rules.
 *
 * Owns: the tests of tools/like.c. SPDX-License-Identifier: Apache-2.0 */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "checkpoint_file.h"

extern "C" {
#include "plan_file.h"
#include "weights.h"
}

namespace kinit_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const char *const kRules = R"({"rules": [
  {"match": "*.bias", "init": "constant", "value": 0},
  {"match": "*", "init": "xavier_uniform", "gain": 2}]})";

/* The model that a checkpoint and rules give, released in the end. */
class Like {
 public:
  Like(const char *checkpoint, const std::string &rules) : rules_("rules.json", rules) {
    code = tool_plan_read_like(checkpoint, rules_.path(), &model, &error);
  }
  ~Like() { tool_model_free(&model); }
  Like(const Like &) = delete;
  Like &operator=(const Like &) = delete;

  bool in_rules() const { return error.path == std::string(rules_.path()); }

  tool_model model = {};
  tool_error error = {};
  int code;

 private:
  TemporaryFile rules_;
};

std::vector<FileTensor> Tensors() {
  return {{"q.weight", "BF16", {3, 2}, std::string(12, '\x7f')}, {"q.bias", "F32", {3}, std::string(12, '\x7f')}};
}

TEST(Like, TakesNamesShapesAndDtypes) {
  const TemporaryFile file("old.safetensors", Safetensors(Tensors()));
  const Like like(file.path(), kRules);
  ASSERT_EQ(like.code, TOOL_OK) << like.error.reason;
  ASSERT_EQ(like.model.count, 2u);
  const tool_tensor &weight = like.model.tensors[0], &bias = like.model.tensors[1];
  EXPECT_STREQ(weight.name, "q.weight");
  EXPECT_EQ(weight.dtype, KINIT_BF16);
  EXPECT_THAT(std::vector<int64_t>(weight.shape, weight.shape + weight.ndim), ElementsAre(3, 2));
  EXPECT_EQ(weight.init.scheme, KINIT_SCHEME_XAVIER_UNIFORM);
  EXPECT_EQ(weight.init.gain, 2);
  EXPECT_STREQ(bias.name, "q.bias");
  EXPECT_EQ(bias.dtype, KINIT_F32);
  EXPECT_THAT(std::vector<int64_t>(bias.shape, bias.shape + bias.ndim), ElementsAre(3));
  EXPECT_EQ(bias.init.scheme, KINIT_SCHEME_CONSTANT);
  EXPECT_EQ(bias.init.value, 0);
  EXPECT_EQ(std::string(like.model.digest).size(), 64u);
}

TEST(Like, TakesAnIndex) {
  const TemporaryFile one("1.safetensors", Safetensors({Tensors()[0]}));
  const TemporaryFile two("2.safetensors", Safetensors({Tensors()[1]}));
  const TemporaryFile index("model.safetensors.index.json", "{\"metadata\":{},\"weight_map\":{\"q.weight\":\"" +
                                                                one.name() + "\",\"q.bias\":\"" + two.name() + "\"}}");
  const Like like(index.path(), kRules);
  ASSERT_EQ(like.code, TOOL_OK) << like.error.reason;
  ASSERT_EQ(like.model.count, 2u);
  EXPECT_STREQ(like.model.tensors[0].name, "q.weight");
  EXPECT_STREQ(like.model.tensors[1].name, "q.bias");
}

TEST(Like, NeedsARuleForEveryTensor) {
  const TemporaryFile file("old.safetensors", Safetensors(Tensors()));
  const Like like(file.path(), "{\n\"rules\": [{\"match\": \"*.bias\", \"init\": \"normal\"}]}");
  EXPECT_EQ(like.code, TOOL_INPUT);
  EXPECT_THAT(like.error.reason, HasSubstr("no initializer for \"q.weight\""));
  EXPECT_TRUE(like.in_rules());
  EXPECT_EQ(like.error.line, 2);
  EXPECT_EQ(like.model.count, 0u);
}

TEST(Like, RefusesRulesThatDoNotFit) {
  const TemporaryFile file("old.safetensors", Safetensors(Tensors()));
  const struct {
    const char *rules;
    int line;
    const char *reason;
  } wrong[] = {
      {"{\"rules\": [{\"match\": \"*.weight\", \"init\": \"normal\"},\n{\"match\": \"*\",\n\"init\": \"eye\"}]}", 3,
       "\"q.bias\" cannot be filled by the initializer \"eye\": the number of dimensions"},
      {"{\n}", 1, "needs \"rules\""},
      {"{\"rules\": [],\n\"tensors\": []}", 2, "unknown key \"tensors\""},
      {"{\"rules\": [{\"match\": \"*\", \"init\": \"normal\"},\n{\"match\": \"*\", \"init\": \"eye\"}]}", 2,
       "overlapping"},
      {"{\n[", 2, "expected"},
  };
  for (const auto &w : wrong) {
    const Like like(file.path(), w.rules);
    EXPECT_EQ(like.code, TOOL_INPUT) << w.rules;
    EXPECT_THAT(like.error.reason, HasSubstr(w.reason));
    EXPECT_TRUE(like.in_rules()) << w.rules;
    EXPECT_EQ(like.error.line, w.line) << w.rules;
    EXPECT_EQ(like.model.tensors, nullptr) << w.rules;
  }
}

/* Integers are copied whatever a rule draws, and left out or zeroed where it says so; nothing in silence. */
TEST(Like, CopiesWhatKinitDoesNotFill) {
  const TemporaryFile file(
      "old.safetensors",
      Safetensors({Tensors()[0], {"mask", "BOOL", {4}, "\1\2\3\4"}, {"step", "I64", {}, std::string(8, '\5')}}));
  testing::internal::CaptureStderr();
  const Like like(file.path(), R"({"rules": [{"match": "step", "init": "skip"}, {"match": "*", "init": "normal"}]})");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "kinit-fill: \"mask\" (BOOL) is copied\nkinit-fill: \"step\" (I64) is left out\n");
  ASSERT_EQ(like.code, TOOL_OK) << like.error.reason;
  ASSERT_EQ(like.model.count, 2u);
  EXPECT_EQ(like.model.tensors[0].copy, nullptr);
  const tool_copy *copy = like.model.tensors[1].copy;
  ASSERT_NE(copy, nullptr);
  char bytes[2];
  tool_error error = {};
  ASSERT_EQ(tool_copy_read(copy, 1, 2, bytes, &error), TOOL_OK);
  EXPECT_EQ(std::string(bytes, 2), "\2\3");
}

TEST(Like, ZeroesOrCopiesByRule) {
  const TemporaryFile file("old.safetensors", Safetensors({Tensors()[0], {"mask", "BOOL", {4}, "\1\2\3\4"}}));
  const Like like(file.path(), R"({"rules": [{"match": "mask", "init": "zeros"}, {"match": "*", "init": "copy"}]})");
  ASSERT_EQ(like.code, TOOL_OK) << like.error.reason;
  char bytes[4] = "xyz";
  tool_error error = {};
  ASSERT_EQ(tool_copy_read(like.model.tensors[1].copy, 0, 4, bytes, &error), TOOL_OK);
  EXPECT_EQ(std::string(bytes, 4), std::string(4, '\0'));
  ASSERT_EQ(tool_copy_read(like.model.tensors[0].copy, 0, 4, bytes, &error), TOOL_OK);
  EXPECT_EQ(std::string(bytes, 4), "\x7f\x7f\x7f\x7f");
}

/* 1 + 2^-8 lies between two numbers of bf16 and goes to the even one, 1; 1 + 3 * 2^-8 to 1 + 2^-6; NaN stays NaN. */
TEST(Like, CopiesF32AsBf16) {
  const float values[] = {1.00390625F, 1.01171875F, -3.4028235e38F, NAN};
  const std::string bytes(reinterpret_cast<const char *>(values), sizeof values);
  const TemporaryFile file("old.safetensors", Safetensors({{"w", "F32", {4}, bytes}, {"n", "I64", {}, "12345678"}}));
  const Like like(file.path(), R"({"rules": [{"match": "*", "init": "copy", "dtype": "bf16"}]})");
  ASSERT_EQ(like.code, TOOL_OK) << like.error.reason;
  const tool_copy *copy = like.model.tensors[0].copy;
  EXPECT_STREQ(copy->dtype, "BF16");
  EXPECT_STREQ(like.model.tensors[1].copy->dtype, "I64");
  uint16_t narrow[4];
  tool_error error = {};
  ASSERT_EQ(tool_copy_read(copy, 0, 4, narrow, &error), TOOL_OK);
  ASSERT_EQ(tool_copy_read(copy, 4, 4, narrow + 2, &error), TOOL_OK);
  EXPECT_THAT(narrow, ElementsAre(0x3F80, 0x3F82, 0xFF80, 0x7FC0));
  const Like other(file.path(), R"({"rules": [{"match": "*", "init": "copy", "dtype": "f16"}]})");
  EXPECT_THAT(other.error.reason, HasSubstr("a copy becomes bf16 from f32 only, and not f16 from f32"));
}

/* A dtype that is not invented yet has no known size; its tensors are named, and copied whole. */
TEST(Like, CopiesWhatNobodyKnows) {
  const TemporaryFile file("old.safetensors", Safetensors({Tensors()[0], {"new", "F3_E1M1", {9}, "123"}}));
  testing::internal::CaptureStderr();
  const Like like(file.path(), R"({"rules": [{"match": "q.*", "init": "normal"}]})");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "kinit-fill: \"new\" (F3_E1M1) is copied\n");
  ASSERT_EQ(like.code, TOOL_OK) << like.error.reason;
  EXPECT_EQ(tool_tensor_bytes(&like.model.tensors[1]), 3u);
}

TEST(Like, RefusesWhatIsNoCheckpoint) {
  const Like like("/nonexistent/old.safetensors", kRules);
  EXPECT_EQ(like.code, TOOL_FAILED);
  EXPECT_STREQ(like.error.path, "/nonexistent/old.safetensors");
}

}  // namespace
}  // namespace kinit_test
