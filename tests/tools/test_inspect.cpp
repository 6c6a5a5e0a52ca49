/* --inspect, --verify and --dry-run: what they print, and the difference that is named.
 *
 * Owns: the tests of tools/inspect.c, histogram.c, weights.c, verify.c, table.c, text.c.
 * SPDX-License-Identifier: Apache-2.0 */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "checkpoint_file.h"

extern "C" {
#include "histogram.h"
#include "inspect.h"
#include "plan_file.h"
#include "table.h"
#include "text.h"
#include "verify.h"
#include "weights.h"
}

namespace kinit_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::internal::CaptureStdout;
using testing::internal::GetCapturedStdout;

/* Lines, runs of blanks made one; what stands between bars is left alone. */
std::vector<std::string> Lines(const std::string &text) {
  std::vector<std::string> lines(1);
  bool bars = false;
  for (const char c : text) {
    std::string &line = lines.back();
    if (c == '|') bars = !bars;
    if (c == '\n')
      lines.emplace_back();
    else if (bars || c != ' ' || line.empty() || line.back() != ' ')
      line += c;
  }
  lines.pop_back();
  return lines;
}

/* ---- Histograms -------------------------------------------------------------------------------------------------- */

TEST(Histogram, CountsEveryNumberOnceInItsBin) {
  tool_histogram h = {};
  for (int i = 0; i < 4; i++) {
    const double values[] = {double(i), i + 0.5, -double(i)};
    tool_histogram_add(&h, values, 3);
  }
  /* From -3 to 3.5: bins of 1/4, the narrowest of which 32 suffice. */
  EXPECT_EQ(h.exponent, -2);
  EXPECT_EQ(h.first, -12);
  EXPECT_EQ(tool_histogram_bins(&h), 27);
  EXPECT_EQ(h.count, 12u);
  for (int j = 0; j < 27; j++) {
    const bool negative = j < 12 && j % 4 == 0, half = j > 12 && j % 4 == 2, whole = j > 12 && j % 4 == 0;
    EXPECT_EQ(h.counts[j], j == 12 ? 2u : unsigned(negative || half || whole)) << j;
  }
}

TEST(Histogram, DoesNotDependOnTheOrder) {
  std::vector<double> values(1000);
  for (size_t i = 0; i < values.size(); i++) values[i] = double(i * 7919 % 1000) * 0.001 - 0.3;
  tool_histogram one = {}, many = {};
  tool_histogram_add(&one, values.data(), values.size());
  for (size_t i = values.size(); i-- > 0;) tool_histogram_add(&many, &values[i], 1);
  EXPECT_EQ(one.exponent, many.exponent);
  EXPECT_EQ(one.first, many.first);
  EXPECT_THAT(one.counts, testing::ElementsAreArray(many.counts));
  EXPECT_EQ(std::accumulate(one.counts, one.counts + TOOL_BINS, uint64_t{0}), 1000u);
}

TEST(Histogram, OfEqualNumbersHasOneBinUntilAnotherComes) {
  tool_histogram h = {};
  const double zeros[3] = {}, small = 1e-30, large = 1e300, largest = std::numeric_limits<double>::max();
  EXPECT_EQ(tool_histogram_bins(&h), 0);
  tool_histogram_add(&h, zeros, 3);
  EXPECT_EQ(tool_histogram_bins(&h), 1);
  EXPECT_EQ(h.counts[0], 3u);
  tool_histogram_add(&h, &small, 1);
  EXPECT_GE(tool_histogram_bins(&h), 16);
  EXPECT_EQ(h.counts[0], 3u);
  EXPECT_EQ(h.counts[tool_histogram_bins(&h) - 1], 1u);
  tool_histogram_add(&h, &large, 1);
  EXPECT_EQ(h.counts[0], 4u);
  tool_histogram_add(&h, &largest, 1);
  const double least = -largest;
  tool_histogram_add(&h, &least, 1);
  EXPECT_EQ(h.counts[0], 1u);
  EXPECT_EQ(h.count, 7u);
  EXPECT_LE(tool_histogram_bins(&h), TOOL_BINS);
}

TEST(Histogram, TellsNeighboursApart) {
  tool_histogram h = {};
  const double values[] = {1e9, std::nextafter(1e9, 2e9)};
  tool_histogram_add(&h, values, 2);
  EXPECT_EQ(h.counts[0], 1u);
  EXPECT_EQ(h.counts[tool_histogram_bins(&h) - 1], 1u);
}

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

TEST(Weights, MeanWhatTheirBitsSay) {
  const uint16_t f16[] = {0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff, 0x7c00, 0xfc00, 0x7e00, 0x3555};
  double v[11];
  tool_weights_convert(KINIT_F16, f16, 11, v);
  EXPECT_THAT(std::vector<double>(v, v + 9),
              ElementsAre(0, 0x1p-24, 0x1.ff8p-15, 0x1p-14, 1, -2, 65504, INFINITY, -INFINITY));
  EXPECT_TRUE(std::isnan(v[9]));
  EXPECT_EQ(v[10], 0x1.554p-2);
  const uint16_t bf16[] = {0x3f80, 0xc049, 0x0001, 0x7f80};
  tool_weights_convert(KINIT_BF16, bf16, 4, v);
  EXPECT_THAT(std::vector<double>(v, v + 4), ElementsAre(1, -3.140625, 0x1p-133, INFINITY));
  const float f32[] = {0.1f};
  tool_weights_convert(KINIT_F32, f32, 1, v);
  EXPECT_EQ(v[0], 0x1.99999ap-4);
  const double f64[] = {0.1};
  tool_weights_convert(KINIT_F64, f64, 1, v);
  EXPECT_EQ(v[0], 0.1);
}

/* ---- Inspect ----------------------------------------------------------------------------------------------------- */

std::vector<std::string> Inspect(const char *path) {
  tool_error error = {};
  CaptureStdout();
  const int code = tool_inspect(path, &error);
  const std::string text = GetCapturedStdout();
  EXPECT_EQ(code, TOOL_OK) << error.reason;
  return Lines(text);
}

TEST(Inspect, PrintsTheStatisticsOfEachTensor) {
  const float infinity = std::numeric_limits<float>::infinity();
  const TemporaryFile file("model.safetensors",
                           Safetensors({{"d", "F64", {2, 2}, Bytes<double>({1, 2, 3, 6})},
                                        {"f", "F32", {5}, Bytes<float>({-1, 1, infinity, std::nanf(""), -infinity})},
                                        {"n", "F32", {1}, Bytes<float>({-infinity})},
                                        {"h", "F16", {2}, Bytes<uint16_t>({0x3c00, 0xbc00})},
                                        {"b", "BF16", {}, Bytes<uint16_t>({0x4049})},
                                        {"e", "F32", {0, 7}, ""},
                                        {"i", "I64", {1}, Bytes<int64_t>({5})}}));
  EXPECT_THAT(
      Inspect(file.path()),
      ElementsAre("name dtype shape mean std min max histogram from min to max",
                  "d F64 [2, 2] 3 1.8708 1 6 |@   @   @           @|",
                  "f F32 [5] 0 1 -1 1 |@               @| 3 not finite", "n F32 [1] no finite elements 1 not finite",
                  "h F16 [2] 0 1 -1 1 |@               @|", "b BF16 [] 3.1406 0 3.1406 3.1406 |@|",
                  "e F32 [0, 7] no elements", "i I64 [1] not a dtype of kinit, 8 bytes"));
}

/* 0 to 999,999 once each, which is more than a tile: mean 499999.5, variance (n^2 - 1) / 12. */
TEST(Inspect, StreamsTensorsLargerThanATile) {
  std::vector<double> values(1000000);
  for (size_t i = 0; i < values.size(); i++) values[i] = double(i);
  const TemporaryFile file("model.safetensors", Safetensors({{"x", "F64", {1000, 1000}, Bytes(values)}}));
  const std::vector<std::string> lines = Inspect(file.path());
  ASSERT_EQ(lines.size(), 2u);
  /* Bins of 2^15: 30 full ones, and 16,960 numbers in the last. */
  EXPECT_EQ(lines[1], "x F64 [1000, 1000] 5e+05 2.8868e+05 0 1e+06 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@+|");
}

/* Sums and squares of these overflow, or their differences vanish. */
TEST(Inspect, IsRightUpToTheLargestNumbers) {
  const double d = std::numeric_limits<double>::max();
  const float f = std::numeric_limits<float>::max();
  std::vector<double> mixed(20000, 1.5);
  std::fill(mixed.begin() + 10000, mixed.end(), d / 2);
  const TemporaryFile file("model.safetensors", Safetensors({{"a", "F64", {4}, Bytes<double>({d, -d, d, -d})},
                                                             {"b", "F64", {3}, Bytes<double>({d, d, d})},
                                                             {"c", "F64", {20000}, Bytes(mixed)},
                                                             {"f", "F32", {2}, Bytes<float>({f, -f})},
                                                             {"s", "F64", {2}, Bytes<double>({1e-200, 3e-200})}}));
  const std::vector<std::string> lines = Inspect(file.path());
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_THAT(lines[1], HasSubstr("a F64 [4] 0 1.7977e+308 -1.7977e+308 1.7977e+308 |"));
  EXPECT_THAT(lines[2], HasSubstr("b F64 [3] 1.7977e+308 0 1.7977e+308 1.7977e+308 |@|"));
  EXPECT_THAT(lines[3], HasSubstr("c F64 [20000] 4.4942e+307 4.4942e+307 1.5 8.9885e+307 |"));
  EXPECT_THAT(lines[4], HasSubstr("f F32 [2] 0 3.4028e+38 -3.4028e+38 3.4028e+38 |"));
  EXPECT_THAT(lines[5], HasSubstr("s F64 [2] 2e-200 0 1e-200 3e-200 |"));
}

/* More elements of 16 bits than there are different ones are counted; the line is that of any number of threads. */
TEST(Inspect, CountsManyElementsOf16Bits) {
  std::vector<uint16_t> values(8 << 20, 0x3F80);                    /* 1 */
  for (size_t i = 0; i < values.size(); i += 2) values[i] = 0x4040; /* 3 */
  values[0] = 0x7F80;                                               /* infinity */
  values[2] = 0xBF80;                                               /* -1 */
  const TemporaryFile file("model.safetensors", Safetensors({{"b", "BF16", {8 << 20}, Bytes(values)}}));
  for (const int threads : {1, 2, 8}) {
    kinit_set_num_threads(threads);
    EXPECT_EQ(Inspect(file.path())[1], "b BF16 [8388608] 2 1 -1 3 |.       @       @| 1 not finite");
  }
  kinit_set_num_threads(0);
}

TEST(Inspect, ReadsTheFilesOfAnIndex) {
  const TemporaryFile one("1.safetensors", Safetensors({{"a", "F32", {1}, Bytes<float>({2})}}));
  const TemporaryFile two("2.safetensors", Safetensors({{"b", "F32", {1}, Bytes<float>({3})}}));
  const TemporaryFile index(
      "model.safetensors.index.json",
      "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"" + one.name() + "\",\"b\":\"" + two.name() + "\"}}");
  EXPECT_THAT(Inspect(index.path()), ElementsAre(testing::_, "a F32 [1] 2 0 2 2 |@|", "b F32 [1] 3 0 3 3 |@|"));
}

TEST(Inspect, RefusesWhatIsNoCheckpoint) {
  tool_error error = {};
  const TemporaryFile file("nonsense", "nonsense nonsense nonsense");
  EXPECT_EQ(tool_inspect(file.path(), &error), TOOL_INPUT);
  EXPECT_STREQ(error.path, file.path());
  EXPECT_EQ(tool_inspect("/nonexistent/file", &error), TOOL_FAILED);
  EXPECT_THAT(error.reason, HasSubstr("No such file"));
}

/* ---- Verify ------------------------------------------------------------------------------------------------------ */

/* "a" is larger than a tile. Its bytes come from one call of the library. */
constexpr int64_t kRows = 1100;
const char *const kPlan = R"({"defaults": {"dtype": "f32"}, "tensors": [
  {"name": "b", "shape": [3], "init": "constant", "value": 0.5},
  {"name": "a", "shape": [1100, 1000], "init": "xavier_normal"}]})";

std::vector<FileTensor> Tensors(uint64_t seed) {
  const int64_t shape[] = {kRows, 1000};
  std::vector<float> a(kRows * 1000);
  const kinit_tensor tensor = {a.data(), KINIT_F32, 2, shape, nullptr, nullptr, nullptr};
  EXPECT_EQ(kinit_xavier_normal(&tensor, 1, kinit_stream_named(seed, "a")), KINIT_OK);
  return {{"a", "F32", {kRows, 1000}, Bytes(a)}, {"b", "F32", {3}, Bytes<float>({0.5, 0.5, 0.5})}};
}

struct Outcome {
  int code;
  std::string text; /* the reason, or what is printed */
};

Outcome Verify(const char *path, const uint64_t *seed) {
  tool_model model = {};
  tool_error error = {};
  EXPECT_EQ(tool_plan_parse("plan.json", kPlan, strlen(kPlan), &model, &error), TOOL_OK) << error.reason;
  CaptureStdout();
  const int code = tool_verify(path, &model, seed, &error);
  const std::string text = GetCapturedStdout();
  tool_model_free(&model);
  return {code, code == TOOL_OK ? text : error.reason};
}

Outcome VerifyTensors(const std::vector<FileTensor> &tensors, uint64_t seed = 42) {
  const TemporaryFile file("model.safetensors", Safetensors(tensors));
  return Verify(file.path(), &seed);
}

TEST(Verify, AcceptsWhatThePlanGives) {
  const TemporaryFile file("model.safetensors", Safetensors(Tensors(42), "\"kinit_seed\":\"42\""));
  const Outcome outcome = Verify(file.path(), nullptr);
  EXPECT_EQ(outcome.code, TOOL_OK) << outcome.text;
  EXPECT_THAT(outcome.text, HasSubstr("2 tensors, all bytes as the plan gives them with seed 42"));
}

TEST(Verify, NamesTheFirstElementThatIsDifferent) {
  std::vector<FileTensor> tensors = Tensors(42);
  const size_t header = Safetensors(tensors).size() - 4400000 - 12;
  tensors[1].bytes.replace(4, 4, Bytes<float>({7}));
  EXPECT_THAT(VerifyTensors(tensors).text,
              HasSubstr("the first difference is in \"b\", element 1, byte " + std::to_string(header + 4400000 + 4) +
                        " of the file: 7, by the plan 0.5 (seed 42)"));
  tensors[0].bytes[4 * 1099999 + 3] ^= 1;
  tensors[0].bytes[4 * 1099998] ^= 1;
  const Outcome outcome = VerifyTensors(tensors);
  EXPECT_EQ(outcome.code, TOOL_DIFFERENT);
  EXPECT_THAT(outcome.text, HasSubstr("in \"a\", element 1099998, byte " + std::to_string(header + 4 * 1099998)));
}

/* A tile of f32 has 262,144 elements. */
TEST(Verify, ComparesTheLastElementOfEachTile) {
  for (const size_t element : {size_t{262143}, size_t{262144}, size_t{1099999}}) {
    std::vector<FileTensor> tensors = Tensors(42);
    tensors[0].bytes[4 * element + 1] ^= 1;
    EXPECT_THAT(VerifyTensors(tensors).text, HasSubstr("in \"a\", element " + std::to_string(element) + ","));
  }
}

/* Threads meet the second difference before the first. */
TEST(Verify, NamesTheFirstOfSeveralWithAnyNumberOfThreads) {
  std::vector<FileTensor> tensors = Tensors(42);
  for (const size_t element : {size_t{262143}, size_t{262144}, size_t{1099999}}) tensors[0].bytes[4 * element] ^= 1;
  const TemporaryFile file("model.safetensors", Safetensors(tensors));
  const uint64_t seed = 42;
  for (const int threads : {1, 2, 8}) {
    kinit_set_num_threads(threads);
    EXPECT_THAT(Verify(file.path(), &seed).text, HasSubstr("in \"a\", element 262143,")) << threads;
  }
  kinit_set_num_threads(0);
}

TEST(Verify, DependsOnTheSeed) {
  EXPECT_EQ(VerifyTensors(Tensors(43), 43).code, TOOL_OK);
  const Outcome outcome = VerifyTensors(Tensors(43));
  EXPECT_EQ(outcome.code, TOOL_DIFFERENT);
  EXPECT_THAT(outcome.text, HasSubstr("in \"a\", element 0"));
  for (const char *metadata : {"", "\"kinit_seed\":\"x\"", "\"kinit_seed\":\"-1\"",
                               "\"kinit_seed\":\"99999999999999999999\"", "\"kinit_seed\":\"\""}) {
    const TemporaryFile file("model.safetensors", Safetensors(Tensors(42), metadata));
    EXPECT_EQ(Verify(file.path(), nullptr).code, TOOL_INPUT) << metadata;
    EXPECT_THAT(Verify(file.path(), nullptr).text, HasSubstr("give --seed")) << metadata;
  }
}

TEST(Verify, NamesTensorsThatOnlyOneSideHas) {
  std::vector<FileTensor> tensors = Tensors(42);
  tensors.push_back({"c", "F32", {0}, ""});
  Outcome outcome = VerifyTensors(tensors);
  EXPECT_EQ(outcome.code, TOOL_DIFFERENT);
  EXPECT_THAT(outcome.text, HasSubstr("the plan has no \"c\""));
  tensors.resize(1);
  outcome = VerifyTensors(tensors);
  EXPECT_EQ(outcome.code, TOOL_DIFFERENT);
  EXPECT_THAT(outcome.text, HasSubstr("the file has no \"b\""));
}

TEST(Verify, NamesOtherShapesAndDtypes) {
  std::vector<FileTensor> tensors = Tensors(42);
  tensors[1].shape = {3, 1};
  Outcome outcome = VerifyTensors(tensors);
  EXPECT_EQ(outcome.code, TOOL_DIFFERENT);
  EXPECT_THAT(outcome.text, HasSubstr("\"b\" is of shape [3, 1], in the plan [3]"));
  for (const char *dtype : {"I32", "F16"}) {
    tensors[1] = {"b", dtype, {3}, std::string(dtype[0] == 'I' ? 12 : 6, '\0')};
    outcome = VerifyTensors(tensors);
    EXPECT_EQ(outcome.code, TOOL_DIFFERENT);
    EXPECT_THAT(outcome.text, HasSubstr(std::string("\"b\" is of dtype ") + dtype + ", in the plan f32"));
  }
}

/* ---- The table --------------------------------------------------------------------------------------------------- */

TEST(Table, TellsWhatEachInitializerComesTo) {
  const std::string plan = R"({"defaults": {"dtype": "bf16"}, "tensors": [
    {"name": "layers.{0..1}.q", "shape": [4096, 4096], "init": "kaiming_normal", "nonlinearity": "relu"},
    {"name": "ku", "shape": [10, 3, 2, 2], "init": "kaiming_uniform", "mode": "fan_out", "nonlinearity": "linear"},
    {"name": "xn", "shape": [30, 20], "init": "xavier_normal", "gain": 2, "dtype": "f64"},
    {"name": "xu", "shape": [30, 20], "init": "xavier_uniform", "dtype": "f32"},
    {"name": "vn", "shape": [30, 20], "init": "variance_scaling", "distribution": "normal", "scale": 2},
    {"name": "vu", "shape": [30, 20], "init": "variance_scaling", "distribution": "uniform", "mode": "fan_avg"},
    {"name": "vt", "shape": [30, 25], "init": "variance_scaling"},
    {"name": "n", "shape": [], "init": "normal", "mean": 1, "stddev": 0.25, "dtype": "f16"},
    {"name": "u", "shape": [1], "init": "uniform", "low": -1, "high": 3},
    {"name": "t", "shape": [1], "init": "truncated_normal", "stddev": 0.02, "low": -0.04, "high": 0.06},
    {"name": "c", "shape": [1], "init": "constant", "value": -0.125},
    {"name": "i", "shape": [2, 2], "init": "eye"}, {"name": "d", "shape": [2, 2, 1], "init": "dirac"},
    {"name": "0", "shape": [0, 2], "init": "kaiming_normal", "mode": "fan_out"}]})";
  tool_model model = {};
  tool_error error = {};
  ASSERT_EQ(tool_plan_parse("plan.json", plan.data(), plan.size(), &model, &error), TOOL_OK) << error.reason;
  CaptureStdout();
  const int code = tool_table_print(&model, &error);
  const std::string text = GetCapturedStdout();
  tool_model_free(&model);
  EXPECT_EQ(code, TOOL_OK);
  EXPECT_THAT(
      Lines(text),
      ElementsAre("name dtype shape init std or bounds bytes",
                  "layers.0.q bf16 [4096, 4096] kaiming_normal std 0.0220971 33554432", /* sqrt(2) / 64 */
                  "layers.1.q bf16 [4096, 4096] kaiming_normal std 0.0220971 33554432",
                  "ku bf16 [10, 3, 2, 2] kaiming_uniform [-0.273861, 0.273861) 240",              /* sqrt(3 / 40) */
                  "xn f64 [30, 20] xavier_normal std 0.4 4800",                                   /* 2 sqrt(2 / 50) */
                  "xu f32 [30, 20] xavier_uniform [-0.34641, 0.34641) 2400",                      /* sqrt(6 / 50) */
                  "vn bf16 [30, 20] variance_scaling std 0.316228 1200",                          /* sqrt(2 / 20) */
                  "vu bf16 [30, 20] variance_scaling [-0.34641, 0.34641) 1200",                   /* sqrt(3 / 25) */
                  "vt bf16 [30, 25] variance_scaling std 0.227369 in [-0.454739, 0.454739] 1500", /* 0.2 / 0.8796... */
                  "n f16 [] normal mean 1, std 0.25 2", "u bf16 [1] uniform [-1, 3) 2",
                  "t bf16 [1] truncated_normal std 0.02 in [-0.04, 0.06] 2", "c bf16 [1] constant -0.125 2",
                  "i bf16 [2, 2] eye 0 and 1 8", "d bf16 [2, 2, 1] dirac 0 and 1 8",
                  "0 bf16 [0, 2] kaiming_normal nothing to draw 0",
                  "total: 15 tensors, 33557714 parameters, 67120228 bytes (67.12 MB)"));
}

TEST(Text, OfBytes) {
  char text[TOOL_BYTES_TEXT];
  const std::pair<uint64_t, const char *> amounts[] = {{0, "0 B"},
                                                       {999, "999 B"},
                                                       {1000, "1.00 kB"},
                                                       {999994, "999.99 kB"},
                                                       {999996, "1.00 MB"},
                                                       {13476831232, "13.48 GB"},
                                                       {UINT64_MAX, "18.45 EB"}};
  for (const auto &[bytes, expected] : amounts) {
    tool_text_bytes(bytes, text);
    EXPECT_STREQ(text, expected);
  }
}

}  // namespace
}  // namespace kinit_test
