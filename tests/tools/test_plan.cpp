/* Plans in JSON: what they come to, and what is wrong with them, with the line.
 *
 * Owns: the tests of tools/plan_file.c, rules.c, initializers.c, document.c and json_line.c. SPDX-License-Identifier:
 * Apache-2.0 */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "checkpoint_file.h"

extern "C" {
#include "plan_file.h"
}

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/* A model that is released. */
class Model {
 public:
  explicit Model(const std::string &text) {
    code_ = tool_plan_parse("plan.json", text.data(), text.size(), &model_, &error_);
  }
  ~Model() { tool_model_free(&model_); }
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  int code() const { return code_; }
  const tool_error &error() const { return error_; }
  const tool_model &get() const { return model_; }
  std::string reason() const { return code_ == TOOL_OK ? "accepted" : error_.reason; }

  std::vector<std::string> names() const {
    std::vector<std::string> result;
    for (size_t i = 0; i < model_.count; i++) result.push_back(model_.tensors[i].name);
    return result;
  }
  const tool_tensor &operator[](size_t index) const { return model_.tensors[index]; }

 private:
  tool_model model_ = {};
  tool_error error_ = {};
  int code_;
};

std::vector<int64_t> Shape(const tool_tensor &t) { return {t.shape, t.shape + t.ndim}; }

/* A plan of one tensor with these members. */
std::string One(const std::string &members) {
  return R"({"tensors": [{"name": "x", "shape": [4, 4], "dtype": "f32", )" + members + "}]}";
}

/* ---- Plans that are right ---------------------------------------------------------------------------------------- */

TEST(Plan, OfTheManual) {
  const Model model(R"({"defaults": {"dtype": "bf16"}, "tensors": [
    {"name": "layers.{0..31}.attn.q_proj.weight", "shape": [4096, 4096],
     "init": "kaiming_normal", "mode": "fan_in", "nonlinearity": "relu", "a": 0},
    {"name": "norm.weight", "shape": [4096], "init": "constant", "value": 1},
    {"name": "layers.{0..1}.q.bias", "shape": [4096]}],
    "rules": [{"match": "*.bias", "init": "constant", "value": 0}]})");
  ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
  ASSERT_EQ(model.get().count, 35u);
  EXPECT_STREQ(model[0].name, "layers.0.attn.q_proj.weight");
  EXPECT_STREQ(model[31].name, "layers.31.attn.q_proj.weight");
  EXPECT_EQ(model[31].init.scheme, KINIT_SCHEME_KAIMING_NORMAL);
  EXPECT_EQ(model[31].dtype, KINIT_BF16);
  EXPECT_EQ(model[31].init.nonlinearity, KINIT_RELU);
  EXPECT_EQ(model[31].init.mode, KINIT_FAN_IN);
  EXPECT_THAT(Shape(model[31]), ElementsAre(4096, 4096));
  EXPECT_STREQ(model[32].name, "norm.weight");
  EXPECT_EQ(model[32].init.value, 1);
  EXPECT_STREQ(model[34].name, "layers.1.q.bias");
  EXPECT_EQ(model[34].init.scheme, KINIT_SCHEME_CONSTANT);
  EXPECT_EQ(model[34].init.value, 0);
  EXPECT_EQ(model[34].dtype, KINIT_BF16);
  EXPECT_THAT(Shape(model[34]), ElementsAre(4096));
}

TEST(Plan, TakesEveryInitializerWithItsArguments) {
  struct Initializer {
    const char *members;
    kinit_scheme init;
    std::vector<double> values; /* what `numbers` gives */
    double (*numbers[4])(const tool_tensor &);
  };
  const auto mean = [](const tool_tensor &t) { return t.init.mean; };
  const auto stddev = [](const tool_tensor &t) { return t.init.stddev; };
  const auto low = [](const tool_tensor &t) { return t.init.low; };
  const auto high = [](const tool_tensor &t) { return t.init.high; };
  const auto value = [](const tool_tensor &t) { return t.init.value; };
  const auto a = [](const tool_tensor &t) { return t.init.a; };
  const auto mode = [](const tool_tensor &t) { return double(t.init.mode); };
  const auto nonlinearity = [](const tool_tensor &t) { return double(t.init.nonlinearity); };
  const auto gain = [](const tool_tensor &t) { return t.init.gain; };
  const auto scale = [](const tool_tensor &t) { return t.init.scale; };
  const auto distribution = [](const tool_tensor &t) { return double(t.init.distribution); };
  const Initializer initializers[] = {
      {R"("init": "uniform", "low": -3, "high": 2.5)", KINIT_SCHEME_UNIFORM, {-3, 2.5}, {low, high}},
      {R"("init": "uniform")", KINIT_SCHEME_UNIFORM, {0, 1}, {low, high}},
      {R"("init": "normal", "mean": 7, "stddev": 0.02)", KINIT_SCHEME_NORMAL, {7, 0.02}, {mean, stddev}},
      {R"("init": "normal")", KINIT_SCHEME_NORMAL, {0, 1}, {mean, stddev}},
      {R"("init": "truncated_normal", "mean": 1, "stddev": 2, "low": -5, "high": 6e0)",
       KINIT_SCHEME_TRUNCATED_NORMAL,
       {1, 2, -5, 6},
       {mean, stddev, low, high}},
      {R"("init": "truncated_normal")", KINIT_SCHEME_TRUNCATED_NORMAL, {0, 1, -2, 2}, {mean, stddev, low, high}},
      {R"("init": "constant", "value": -0.5)", KINIT_SCHEME_CONSTANT, {-0.5}, {value}},
      {R"("init": "kaiming_normal", "a": 0.25, "mode": "fan_out", "nonlinearity": "tanh")",
       KINIT_SCHEME_KAIMING_NORMAL,
       {0.25, KINIT_FAN_OUT, KINIT_TANH},
       {a, mode, nonlinearity}},
      {R"("init": "kaiming_uniform", "a": 0.5, "mode": "fan_avg", "nonlinearity": "selu")",
       KINIT_SCHEME_KAIMING_UNIFORM,
       {0.5, KINIT_FAN_AVG, KINIT_SELU},
       {a, mode, nonlinearity}},
      {R"("init": "kaiming_uniform")",
       KINIT_SCHEME_KAIMING_UNIFORM,
       {0, KINIT_FAN_IN, KINIT_LEAKY_RELU},
       {a, mode, nonlinearity}},
      {R"("init": "xavier_normal", "gain": 1.5)", KINIT_SCHEME_XAVIER_NORMAL, {1.5}, {gain}},
      {R"("init": "xavier_uniform")", KINIT_SCHEME_XAVIER_UNIFORM, {1}, {gain}},
      {R"("init": "variance_scaling", "scale": 2, "mode": "fan_avg", "distribution": "uniform")",
       KINIT_SCHEME_VARIANCE_SCALING,
       {2, KINIT_FAN_AVG, KINIT_DIST_UNIFORM},
       {scale, mode, distribution}},
      {R"("init": "variance_scaling", "distribution": "normal")",
       KINIT_SCHEME_VARIANCE_SCALING,
       {1, KINIT_FAN_IN, KINIT_DIST_NORMAL},
       {scale, mode, distribution}},
      {R"("init": "variance_scaling")", KINIT_SCHEME_VARIANCE_SCALING, {KINIT_DIST_TRUNCATED_NORMAL}, {distribution}},
      {R"("init": "eye")", KINIT_SCHEME_EYE, {}, {}},
  };
  for (const Initializer &initializer : initializers) {
    const Model model(One(initializer.members));
    ASSERT_EQ(model.code(), TOOL_OK) << initializer.members << ": " << model.reason();
    EXPECT_EQ(model[0].init.scheme, initializer.init) << initializer.members;
    for (size_t i = 0; i < initializer.values.size(); i++)
      EXPECT_EQ(initializer.numbers[i](model[0]), initializer.values[i]) << initializer.members << ", argument " << i;
  }
  const Model dirac(
      R"({"tensors": [{"name": "x", "shape": [4, 2, 3], "dtype": "f64", "init": "dirac", "groups": 2}]})");
  ASSERT_EQ(dirac.code(), TOOL_OK) << dirac.reason();
  EXPECT_EQ(dirac[0].init.scheme, KINIT_SCHEME_DIRAC);
  EXPECT_EQ(dirac[0].init.groups, 2);
  EXPECT_EQ(dirac[0].dtype, KINIT_F64);
}

TEST(Plan, TakesTheFirstRuleThatMatches) {
  const Model model(R"({"defaults": {"dtype": "f16"}, "tensors": [
    {"name": "a.bias", "shape": [2]}, {"name": "b.bias", "shape": [2]}, {"name": "c", "shape": []},
    {"name": "d.bias", "shape": [0], "init": "constant", "value": 4}],
    "rules": [{"match": "a.*", "init": "constant", "value": 1}, {"match": "*.bias", "init": "constant", "value": 2},
              {"match": "*", "init": "constant", "value": 3}]})");
  ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
  EXPECT_THAT(model.names(), ElementsAre("a.bias", "b.bias", "c", "d.bias"));
  for (int i = 0; i < 4; i++) EXPECT_EQ(model[size_t(i)].init.value, i + 1);
}

TEST(Plan, DefaultsComeLast) {
  const Model model(R"({"defaults": {"dtype": "f16", "init": "normal", "stddev": 0.5, "mode": "fan_out"}, "tensors": [
    {"name": "own", "shape": [2, 3], "init": "normal", "stddev": 0.25, "dtype": "f64"},
    {"name": "argument", "shape": [2, 3], "init": "kaiming_normal"},
    {"name": "rule", "shape": [2, 3]},
    {"name": "init", "shape": [2, 3]}], "rules": [{"match": "ru*", "init": "normal", "mean": 9}]})");
  ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
  EXPECT_EQ(model[0].init.stddev, 0.25);
  EXPECT_EQ(model[0].dtype, KINIT_F64);
  EXPECT_EQ(model[1].init.mode, KINIT_FAN_OUT);
  EXPECT_EQ(model[1].dtype, KINIT_F16);
  EXPECT_EQ(model[2].init.mean, 9);
  EXPECT_EQ(model[2].init.stddev, 0.5);
  EXPECT_EQ(model[3].init.scheme, KINIT_SCHEME_NORMAL);
  EXPECT_EQ(model[3].init.mean, 0);
  EXPECT_EQ(model[3].init.stddev, 0.5);
}

/* printf '{"tensors": [{"name": "x", "shape": [4, 4], "dtype": "f32", "init": "eye"}]}' | sha256sum */
TEST(Plan, DigestIsSha256OfTheBytes) {
  EXPECT_STREQ(Model(One(R"("init": "eye")")).get().digest,
               "ae377b78d3ccdf74f0ca6327ed7113e17e2d523b0fcd0fcf63225f00f20b0fac");
}

TEST(Plan, FromAFile) {
  const kinit_test::TemporaryFile file("plan.json", One(R"("init": "eye")"));
  tool_model model;
  tool_error error;
  ASSERT_EQ(tool_plan_read(file.path(), &model, &error), TOOL_OK) << error.reason;
  EXPECT_EQ(model.count, 1u);
  EXPECT_STREQ(model.tensors[0].name, "x");
  tool_model_free(&model);
  EXPECT_EQ(tool_plan_read("/nonexistent/plan.json", &model, &error), TOOL_FAILED);
  EXPECT_THAT(error.reason, HasSubstr("No such file"));
  EXPECT_EQ(model.count, 0u);
  EXPECT_EQ(tool_plan_read(testing::TempDir().c_str(), &model, &error), TOOL_FAILED);
  EXPECT_THAT(error.reason, HasSubstr("directory"));
}

/* ---- The plans among the examples -------------------------------------------------------------------------------- */

/* Reads examples/plans/<name>. */
void ReadExample(const std::string &name, tool_model *model) {
  tool_error error;
  ASSERT_EQ(tool_plan_read((KINIT_PLANS "/" + name).c_str(), model, &error), TOOL_OK) << error.line << error.reason;
}

uint64_t Parameters(const tool_model &model) {
  uint64_t sum = 0;
  for (size_t i = 0; i < model.count; i++) sum += tool_tensor_elements(&model.tensors[i]);
  return sum;
}

const tool_tensor *Find(const tool_model &model, const std::string &name) {
  for (size_t i = 0; i < model.count; i++)
    if (model.tensors[i].name == name) return &model.tensors[i];
  return nullptr;
}

/* Published: 124,439,808 parameters, 148 tensors without the twelve masks of the checkpoint. */
TEST(Plans, Gpt2HasThePublishedNumberOfParameters) {
  tool_model model = {};
  ReadExample("gpt2.json", &model);
  EXPECT_EQ(Parameters(model), 124439808u);
  EXPECT_EQ(model.count, 148u);
  const tool_tensor *residual = Find(model, "h.11.mlp.c_proj.weight");
  ASSERT_NE(residual, nullptr);
  EXPECT_DOUBLE_EQ(residual->init.stddev, 0.02 / std::sqrt(24.0));
  EXPECT_EQ(Find(model, "ln_f.weight")->init.value, 1);
  EXPECT_EQ(Find(model, "ln_f.bias")->init.scheme, KINIT_SCHEME_CONSTANT);
  EXPECT_EQ(Find(model, "wte.weight")->init.stddev, 0.02);
  tool_model_free(&model);
}

/* Published: 6,738,415,616 parameters, 291 tensors. */
TEST(Plans, TheTrillionOfDocsScaleIsOne) {
  tool_model model = {};
  ReadExample("trillion.json", &model);
  EXPECT_EQ(Parameters(model), 1009913062400u);  // 128 layers of 12 * 25600^2 + 25600, 128000 * 25600, 25600
  EXPECT_EQ(model.count, 898u);
  tool_model_free(&model);
}

TEST(Plans, Llama7bHasThePublishedNumberOfParameters) {
  tool_model model = {};
  ReadExample("llama-7b.json", &model);
  EXPECT_EQ(Parameters(model), 6738415616u);
  EXPECT_EQ(model.count, 291u);
  EXPECT_EQ(Find(model, "model.norm.weight")->init.value, 1);
  EXPECT_EQ(Find(model, "model.layers.31.input_layernorm.weight")->init.scheme, KINIT_SCHEME_CONSTANT);
  EXPECT_EQ(Find(model, "model.layers.31.mlp.down_proj.weight")->init.stddev, 0.02);
  tool_model_free(&model);
}

/* ---- Plans that are wrong ---------------------------------------------------------------------------------------- */

struct Wrong {
  const char *text;
  int line;
  const char *reason;
};

void ExpectErrors(const std::vector<Wrong> &plans) {
  for (const Wrong &wrong : plans) {
    const Model model(wrong.text);
    EXPECT_EQ(model.code(), TOOL_INPUT) << wrong.text;
    EXPECT_THAT(model.reason(), HasSubstr(wrong.reason)) << wrong.text;
    EXPECT_EQ(model.error().line, wrong.line) << wrong.text << model.reason();
    EXPECT_STREQ(model.error().path, "plan.json") << wrong.text;
    EXPECT_EQ(model.get().count, 0u) << wrong.text;
    EXPECT_EQ(model.get().tensors, nullptr) << wrong.text;
  }
}

TEST(PlanErrors, Syntax) {
  ExpectErrors({
      {"", 1, "expected"},
      {"{\n\"tensors\": [\n", 3, "']' expected"},
      {"{\n\"tensors\": nonsense}", 2, "invalid token"},
      {"[\n]", 1, "array"},
      {"\n\n []", 3, "array"},
      {"{\"a\": 1}\n x", 2, "end of file"},
      {"{\"tensors\": [],\n\"tensors\": []}", 2, "duplicate object key"},
      {"{\n\"tensors\": [{\"name\": \"x\",\n\"name\": \"y\"}]}", 3, "duplicate object key"},
      {"{\"tensors\": [{\"name\": \"x\",\n \"shape\": [99999999999999999999]}]}", 2, "too big integer"},
      {"{\"tensors\": [{\"name\": \"x\",\n \"value\": 1e999}]}", 2, "real number overflow"},
      {"{\"tensors\": [{\"name\": \"a\\u0000b\"}]}", 1, "\\u0000"},
      {"{\"tensors\": [\n{\"name\": \"a\xff\"}]}", 2, "decode"},
  });
}

TEST(PlanErrors, Members) {
  ExpectErrors({
      {"{\n}", 1, "needs \"tensors\""},
      {"{\n\"tensors\": []}", 2, "needs \"tensors\""},
      {"{\n\"tensors\": 5}", 2, "needs \"tensors\""},
      {"{\"tensors\": [],\n\"tensor\": []}", 2, "unknown key \"tensor\" in the plan"},
      {"{\"defaults\":\n[]}", 1, "\"defaults\" takes an object"},
      {"{\"defaults\": {\n\n\"name\": \"x\"}}", 3, "unknown key \"name\" in the defaults"},
      {"{\"defaults\": {\n\"dtype\": \"f8\"}}", 2, "unknown dtype f8: kinit has"},
      {"{\"config\": [],\n\"tensors\": [{\"name\": \"x\", \"shape\": [1], \"dtype\": \"f8_e5m2\", \"init\": "
       "\"ones\"}]}",
       1, "\"config\" takes an object"},
      {"{\"defaults\": {\n\"stddev\": [8]}}", 2, "\"stddev\" takes a number"},
      {"{\"defaults\": {\n\"init\": \"normals\"}}", 2, "no initializer \"normals\""},
      {"{\"defaults\": {\n\"init\": \"constant\"}}", 2, "initializer constant needs the argument \"value\""},
      {"{\"tensors\": [\n\ntrue]}", 3, "a tensor is an object"},
  });
}

TEST(PlanErrors, Names) {
  ExpectErrors({
      {R"({"tensors": [
           {"shape": [2], "dtype": "f32", "init": "normal"}]})",
       2, "needs a \"name\""},
      {R"({"tensors": [
           {"shape": [2],
            "name": ""}]})",
       3, "needs a \"name\""},
      {R"({"tensors": [{"name": 7}]})", 1, "needs a \"name\""},
      {"{\"tensors\": [\n{\n\"shape\": [2]\n}\n]\n}\n", 2, "needs a \"name\""},
      {R"({"tensors": [{"name": "__metadata__"}]})", 1, "__metadata__"},
      {R"({"tensors": [{"name": "a{"}]})", 1, "begins no range"},
      {R"({"tensors": [{"name": "a{2..1}"}]})", 1, "greater than its last"},
      {R"({"tensors": [
           {"name": "a{0..262144}", "shape": [2], "dtype": "f32", "init": "normal"}]})",
       2, "more than 262144 tensors"},
      {R"({"defaults": {"dtype": "f32", "init": "normal"}, "tensors": [
           {"name": "a", "shape": [2]},
           {"name": "b", "shape": [2]},
           {"name": "a", "shape": [3]}]})",
       4, "duplicate name \"a\""},
      {R"({"defaults": {"dtype": "f32", "init": "normal"}, "tensors": [
           {"name": "l.{0..3}.w", "shape": [2]},
           {"name": "x.{0..3}.w", "shape": [2]},
           {"name": "l.3.w", "shape": [3]},
           {"name": "l.{2..9}.w", "shape": [3]}]})",
       4, "duplicate name \"l.3.w\""},
      {R"({"defaults": {"dtype": "f32", "init": "normal"}, "tensors": [
           {"name": "{1..11}{1..11}", "shape": [2]}]})",
       2, "duplicate name \"111\""},
  });
  const Model model("{\"tensors\": [{\"name\": \"" + std::string(4097, 'x') + "\"}]}");
  EXPECT_THAT(model.reason(), HasSubstr("more than 4096 bytes"));
}

TEST(PlanErrors, ShapesAndDtypes) {
  const std::string many = [] {
    std::string text = R"({"tensors": [{"name": "x", "shape": [1)";
    for (int i = 1; i < 65; i++) text += ", 1";
    return text + "]}]}";
  }();
  ExpectErrors({
      {R"({"tensors": [{"name": "x"}]})", 1, "the tensor \"x\" needs a \"shape\""},
      {R"({"tensors": [{"name": "x", "shape": 4}]})", 1, "needs a \"shape\""},
      {"{\"tensors\": [{\"name\": \"x\", \"shape\": [4,\n-1]}]}", 2,
       "the shape of \"x\" takes whole numbers from 0 to 2^63 - 1, not -1"},
      {"{\"tensors\": [{\"name\": \"x\", \"shape\": [4,\n5,\n6.0]}]}", 3, "not 6.0"},
      {"{\"tensors\": [{\"name\": \"x\", \"shape\": [true,\ntrue]}]}", 1, "not true"},
      {"{\"tensors\": [{\"name\": \"x\", \"shape\": [4,\n\"4\"]}]}", 2, "whole numbers from 0 to 2^63 - 1, not \"4\""},
      {many.c_str(), 1, "the shape of \"x\" has more than 64 dimensions: 65"},
      {R"({"tensors": [{"name": "x", "dtype": "f32", "init": "normal",
           "shape": [4294967296, 4294967296]}]})",
       2, "overflows"},
      {R"({"tensors": [{"name": "x", "dtype": "f32", "init": "normal",
           "shape": [4611686018427387904]}]})",
       2, "overflows"},
      {R"({"defaults": {"dtype": "f32", "init": "normal"}, "tensors": [
           {"name": "x.{0..2}", "shape": [1152921504606846976]}]})",
       2, "larger than 2^63 - 1 bytes"},
      {R"({"tensors": [{"name": "x", "shape": [4], "init": "normal",
           "dtype": "i64"}]})",
       2, "unknown dtype i64"},
      {R"({"tensors": [{"name": "x", "shape": [4], "init": "normal", "dtype": "F32"}]})", 1, "unknown dtype F32"},
      {R"({"tensors": [{"name": "x", "shape": [4], "init": "normal", "dtype": 32}]})", 1, "unknown dtype"},
      {R"({"tensors": [
           {"name": "x", "shape": [4], "init": "normal"}]})",
       2, "no \"dtype\""},
  });
}

TEST(PlanErrors, Initializers) {
  const auto plan = [](const char *members) {
    return std::string(R"({"tensors": [{"name": "x", "shape": [4], "dtype": "f32",)") + "\n" + members + "}]}";
  };
  const Wrong initializers[] = {
      {R"("init": "gaussian")", 2, "no initializer \"gaussian\""},
      {R"("init": null)", 2, "takes the name of an initializer"},
      {R"("init": "normal", "std": 1)", 2, "unknown key \"std\" in a tensor"},
      {R"("init": "normal",
          "low": 1)",
       3, "initializer normal has no argument \"low\""},
      {R"("init": "constant")", 2, "needs the argument \"value\""},
      {R"("init": "constant", "value": "one")", 2, "a name that is neither a variable"},
      {R"("init": "constant", "value": "1 +")", 2, "no number or name"},
      {R"("init": "constant", "value": "1 / 0")", 2, "not finite"},
      {R"("init": "constant", "value": "(1")", 2, "a ( without its )"},
      {R"("init": "constant", "value": "1 2")", 2, "something behind its end"},
      {R"("init": "constant", "value": "0x10")", 2, "not decimal"},
      {R"("init": "normal", "stddev": "fan_in")", 2, "a name that is neither"},
      {R"("init": "normal", "in": [0])", 2, "\"in\" and \"out\" go together"},
      {R"("init": "normal", "in": [1], "out": [0])", 2, "1 dimensions has not"},
      {R"("init": "normal", "in": [0, -1], "out": [0])", 2, "names a dimension twice"},
      {R"("init": "normal", "in": 0, "out": [0])", 2, "\"in\" takes an array"},
      {R"("init": "truncated_normal", "low": 1, "low_sigma": 1)", 2, "exclude each other"},
      {R"("init": "linear_bias")", 2, "initializer linear_bias needs the argument \"fan_in\""},
      {R"("init": "constant", "value": true)", 2, "\"value\" takes a number"},
      {R"("init": "normal", "mean": true)", 2, "\"mean\" takes a number"},
      {R"("init": "normal", "mean": null)", 2,
       "\"mean\" takes a number, or arithmetic such as \"1 / sqrt(fan_in)\", not null"},
      {R"("init": "normal", "zero_row": 4)", 2,
       "\"zero_row\" takes the number of a row, from 0, that the tensor has, not 4"},
      {R"("init": "normal", "zero_row": -1)", 2, "not -1"},
      {R"("init": "zeros", "zero_row": 1)", 2, "initializer zeros has no argument \"zero_row\""},
      {R"("init": "dirac", "groups": 1.5)", 2, "\"groups\" takes a whole number, not 1.5"},
      {R"("init": "kaiming_normal", "mode": "fan")", 2,
       "\"mode\" takes \"fan_in\", \"fan_out\", \"fan_avg\" or \"fan_geo_avg\", not \"fan\""},
      {R"("init": "kaiming_normal", "mode": 0)", 2, "\"mode\" takes \"fan_in\""},
      {R"("init": "kaiming_normal", "nonlinearity": "ReLU")", 2, "\"nonlinearity\" takes \"linear\""},
      {R"("init": "variance_scaling", "distribution": "cauchy")", 2, "\"distribution\" takes \"normal\""},
      {R"("init": "kaiming_normal")", 1, "number of dimensions"},
      {R"("init": "eye")", 1, "number of dimensions"},
      {R"("init": "normal", "stddev": -1)", 2, "negative"},
      {R"("init": "normal", "stddev": 1e39)", 2, "infinite"},
      {R"("init": "uniform", "low": 2)", 2, "low"},
      {R"("stddev": 1)", 2, "\"stddev\" belongs to an initializer"},
      {R"("init": "normal", "match": "*")", 2, "unknown key \"match\""},
  };
  for (const Wrong &initializer : initializers) {
    const std::string text = plan(initializer.text);
    ExpectErrors({{text.c_str(), initializer.line, initializer.reason}});
  }
  ExpectErrors({{R"({"tensors": [{"shape": [4], "dtype": "f32",
                   "name": "y.weight"}],
                   "rules": [{"match": "*.bias", "init": "normal"}]})",
                 2, "no initializer for \"y.weight\""}});
}

TEST(PlanErrors, Rules) {
  ExpectErrors({
      {"{\"tensors\": [],\n\"rules\": {}}", 2, "\"rules\" takes an array"},
      {"{\"rules\": [\n5]}", 2, "a rule is an object"},
      {"{\"rules\": [{\"init\": \"normal\"},\n{\"init\": \"eye\"}]}", 1, "needs a \"match\""},
      {"{\"rules\": [{\"init\": \"normal\",\n\"match\": \"\"}]}", 2, "needs a \"match\""},
      {"{\"rules\": [{\"init\": \"normal\",\n\"match\": 7}]}", 2, "needs a \"match\""},
      {"{\"rules\": [\n{\"match\": \"*\"}]}", 2, "takes the name of an initializer"},
      {"{\"rules\": [{\"init\": \"normal\",\n\"match\": \"a.{0..5}\"}]}", 2, "the range in \"a.{0..5}\" is no part"},
      {R"({"defaults": {"dtype": "f32"}, "tensors": [{"name": "a.bias", "shape": [8]}], "rules": [
           {"match": "*.biass", "init": "zeros"}, {"match": "*", "init": "ones"}]})",
       2, "the rule \"*.biass\" is not used"},
      {"{\"rules\": [{\"match\": \"*\", \"init\": \"normal\",\n\"value\": 1}]}", 2,
       "initializer normal has no argument \"value\""},
  });
}

/* Standard deviations of jax.nn.initializers.variance_scaling(1.0, "fan_in", "normal", in_axis, out_axis, batch_axis),
 * jax 0.10.2. */
TEST(Plan, KnowsAxes) {
  const struct {
    const char *members;
    double stddev;
  } cases[] = {
      {R"("shape": [64, 256], "in": [0], "out": [1])", 0.125},
      {R"("shape": [3, 3, 16, 64], "in": [-2], "out": [-1])", 0.08333333333333333},
      {R"("shape": [8, 64, 256], "in": [1], "out": [2], "batch": [0])", 0.125},
      {R"("shape": [8, 16, 64], "in": [0, 1], "out": [2])", 0.08838834764831845},
      {R"("shape": [8, 128, 64], "in": [2], "out": [1], "batch": [0])", 0.125},
  };
  for (const auto &c : cases)
    for (const char *init : {R"("init": "variance_scaling", "distribution": "normal")",
                             R"x("init": "normal", "stddev": "1 / sqrt(fan_in)")x"}) {
      const Model model(std::string(R"({"tensors": [{"name": "x", "dtype": "f32", )") + c.members + ", " + init +
                        "}]}");
      ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
      kinit_resolved resolved;
      ASSERT_EQ(kinit_resolve(&model[0].init, model[0].ndim, model[0].shape, &resolved), KINIT_OK);
      EXPECT_DOUBLE_EQ(resolved.stddev, c.stddev) << c.members << init;
    }
}

/* A convolution of 64 outputs in 2 groups: a kernel of 3 x 3 gives each input to 32 * 9 outputs. */
TEST(Plan, DividesFanOutByGroups) {
  const struct {
    const char *groups;
    double stddev;
  } cases[] = {{"", 0.058925565098878960},
               {", \"groups\": 2", 0.083333333333333333},
               {", \"groups\": 64", 0.471404520791031683}};
  for (const auto &c : cases) {
    const Model model(std::string(R"({"tensors": [{"name": "x", "dtype": "f32", "shape": [64, 32, 3, 3],
      "init": "kaiming_normal", "mode": "fan_out", "nonlinearity": "relu")") +
                      c.groups + "}]}");
    ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
    kinit_resolved resolved;
    ASSERT_EQ(kinit_resolve(&model[0].init, model[0].ndim, model[0].shape, &resolved), KINIT_OK);
    EXPECT_DOUBLE_EQ(resolved.stddev, c.stddev) << c.groups;
  }
}

TEST(Plan, HasZerosAndOnesAndAComment) {
  const Model model(R"({"comment": ["of any", {"kind": 1}], "defaults": {"dtype": "f16"}, "tensors": [
    {"name": "a", "shape": [2], "init": "zeros"}, {"name": "b", "shape": [2], "init": "ones"}]})");
  ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
  for (size_t i = 0; i < 2; i++) {
    EXPECT_EQ(model[i].init.scheme, KINIT_SCHEME_CONSTANT);
    EXPECT_EQ(model[i].init.value, i == 0 ? 0 : 1);
    EXPECT_STREQ(model[i].init_name, i == 0 ? "zeros" : "ones");
  }
}

TEST(Plan, Calculates) {
  const Model model(R"x({"variables": {"layers": 8, "std": "0.02 / sqrt(2 * layers)"}, "defaults": {"dtype": "f32"},
    "tensors": [
      {"name": "a.{3..4}.{00..04..2}", "shape": [2], "init": "normal", "stddev": "std * (index - index2 / 4) ^ 2"},
      {"name": "b", "shape": [2], "init": "uniform", "low": "-2^2", "high": "8 / 2 / 2 - 1e0 * -3"},
      {"name": "c", "shape": [2], "init": "truncated_normal", "mean": 1, "stddev": 0.5, "low_sigma": -3,
       "high_sigma": 2},
      {"name": "d\\{", "shape": [2], "init": "linear_bias", "fan_in": 16}, {"name": "e", "shape": [2]}],
    "rules": [{"match": "e", "dtype": "bf16", "init": "ones"}]})x");
  ASSERT_EQ(model.code(), TOOL_OK) << model.reason();
  ASSERT_EQ(model.get().count, 10u);
  EXPECT_STREQ(model[5].name, "a.4.04");
  EXPECT_DOUBLE_EQ(model[5].init.stddev, 0.045); /* 0.005 * (4 - 4 / 4)^2 */
  EXPECT_EQ(model[6].init.low, -4);
  EXPECT_EQ(model[6].init.high, 5);
  EXPECT_EQ(model[7].init.low, -0.5);
  EXPECT_EQ(model[7].init.high, 2);
  EXPECT_STREQ(model[8].name, "d{");
  EXPECT_EQ(model[8].init.low, -0.25);
  EXPECT_EQ(model[8].init.high, 0.25);
  EXPECT_EQ(model[9].init.value, 1);
  EXPECT_EQ(model[9].dtype, KINIT_BF16);
}

TEST(PlanErrors, NothingOfTheLibraryForJson) {
  ExpectErrors({
      {"\xEF\xBB\xBF{}", 1, "the text begins with a byte-order mark"},
      {"{\n// a remark\n}", 2, "JSON has no comments; the member \"comment\" of a plan is not read"},
      {"{\n# a remark\n}", 2, "JSON has no comments"},
      {"{\"tensors\": [] /* none */}", 1, "JSON has no comments"},
      {"{\"comment\": \"a\\u0000b\"}", 1, "a string with the character \\u0000"},
      {"{\"a\\u0000b\": 1}", 1, "a string with the character \\u0000"},
  });
}

TEST(Plan, FillsEightBits) {
  const Model model(R"({"defaults": {"init": "normal"}, "tensors": [
    {"name": "a", "shape": [4, 4], "dtype": "f8_e4m3"}, {"name": "b", "shape": [4], "dtype": "f8_e5m2"}]})");
  ASSERT_EQ(model.code(), TOOL_OK) << model.error().reason;
  EXPECT_EQ(tool_tensor_bytes(&model[0]), 16u);
  EXPECT_EQ(tool_tensor_bytes(&model[1]), 4u);
  const Model wide(R"({"tensors": [{"name": "a", "shape": [4], "dtype": "f8_e4m3", "init": "uniform", "high": 928}]})");
  EXPECT_THAT(wide.reason(), HasSubstr("beyond 448 with probability 0.5"));
}

/* The probabilities of a normal beyond 65520, and of a uniform: by SciPy's norm.sf. */
TEST(PlanErrors, ValuesThatTheDtypeCannotHold) {
  const auto plan = [](const char *members) {
    return std::string(R"({"tensors": [{"name": "a", "shape": [4], "dtype": "f16", )") + members + "}]}";
  };
  const Model wide(plan(R"("init": "normal", "stddev": 1e6)"));
  EXPECT_THAT(wide.reason(), HasSubstr("\"a\" of dtype f16 cannot hold"));
  EXPECT_THAT(wide.reason(), HasSubstr("beyond 65504 with probability 0.948"));
  EXPECT_THAT(Model(plan(R"("init": "uniform", "low": 0, "high": 131040)")).reason(), HasSubstr("probability 0.5"));
  EXPECT_THAT(Model(plan(R"("init": "constant", "value": -65520)")).reason(), HasSubstr("infinite"));
  for (const char *members : {R"("init": "normal", "stddev": 9000)", R"("init": "constant", "value": 65519)",
                              R"("init": "truncated_normal", "stddev": 1e6, "low": -65000, "high": 65000)"})
    EXPECT_EQ(Model(plan(members)).code(), TOOL_OK) << members;
}

TEST(PlanErrors, OverlappingRules) {
  ExpectErrors({
      {R"({"rules": [{"match": "*.bias", "init": "normal"},
           {"match": "a", "init": "normal"},
           {"match": "*.bias", "init": "eye"}]})",
       3, "overlapping rules: \"*.bias\" is never the first to match, since the rule in line 1, \"*.bias\""},
      {R"({"rules": [
           {"match": "*", "init": "normal"},
           {"match": "*.bias", "init": "eye"}]})",
       3, "overlapping rules: \"*.bias\" is never the first to match, since the rule in line 2, \"*\""},
  });
}

/* Lines are found in texts that jansson has read: strings with escapes, scalars of all kinds, empty containers. */
TEST(PlanErrors, LinesBehindAnything) {
  ExpectErrors({{R"({"defaults": {"dtype" : "f32"
    , "\u0062" :
      [ ]}})",
                 2, "unknown key \"b\""},
                {R"({"tensors": [{"name": "x\"{0..1}\\\\", "shape": [ ], "dtype": "f16", "init": "constant",
        "value": -1.5e+3},
      {"name": "],\u00e9\n", "shape":[1,
        2], "dtype":"f16"},
        5], "rules": [{"match": "[{\"]*", "init": "normal"}, {"match": "]*", "init": "normal"}]})",
                 5, "a tensor is an object"}});
}

TEST(PlanErrors, ArePrintedOnOneLine) {
  const Model model("{\"tensors\": [\n{\"name\": \"\\u001b[31m\\n{\\u007f\"}]}");
  testing::internal::CaptureStderr();
  tool_error_print(&model.error());
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "kinit-fill: plan.json:2: the name \"\\x1b[31m\\x0a{\\x7f\" has a { that begins no range such as {0..31}, "
            "{00..31} or {0..30..2}, of numbers of at most 9 digits (a brace of the name is \\{)\n");
}

/* ---- Much nonsense ----------------------------------------------------------------------------------------------- */

std::string Refuse(const std::string &text, int line) {
  const Model model(text);
  EXPECT_EQ(model.code(), TOOL_INPUT);
  EXPECT_EQ(model.error().line, line);
  return model.reason();
}

TEST(PlanErrors, HundredMegabytes) {
  constexpr size_t kSize = 100000000;
  EXPECT_THAT(Refuse(std::string(kSize, '\x9c'), 1), HasSubstr("decode"));
  EXPECT_THAT(Refuse(std::string(kSize, '['), 1), HasSubstr("depth"));
  EXPECT_THAT(Refuse(std::string(kSize, '\n'), 16777217), HasSubstr("longer than 16777216 bytes"));
  EXPECT_THAT(Refuse("{\"a\": \"" + std::string(kSize, 'a') + "\"}", 1), HasSubstr("longer than 16777216 bytes"));
  EXPECT_THAT(Refuse("{}" + std::string(kSize, ' '), 1), HasSubstr("longer than 16777216 bytes"));
  EXPECT_THAT(Refuse("{\n\"a\": ?" + std::string(kSize, ' '), 2), HasSubstr("invalid token"));
}

}  // namespace
