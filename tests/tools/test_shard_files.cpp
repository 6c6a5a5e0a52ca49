// Which bytes stand where: headers, order, shards and index, compared with literals.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "model_support.h"

extern "C" {
#include "shard_files.h"
}

namespace {

using kinit_test::Model;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Layout {
 public:
  Layout(const Model &model, uint64_t max_shard_size, const char *output = "dir/model.safetensors")
      : code(tool_layout_make(model.get(), output, 42, max_shard_size, &value, &error)) {}
  ~Layout() { tool_layout_free(&value); }
  Layout(const Layout &) = delete;
  Layout &operator=(const Layout &) = delete;

  std::string Text(size_t file) const { return std::string(value.files[file].text, value.files[file].text_size); }
  std::vector<std::string> Names(size_t file) const {
    std::vector<std::string> names;
    for (size_t i = 0; i < value.files[file].count; i++) names.emplace_back(value.files[file].places[i].tensor->name);
    return names;
  }
  std::vector<std::string> Paths() const {
    std::vector<std::string> paths;
    for (size_t i = 0; i < value.count; i++) paths.emplace_back(value.files[i].path);
    return paths;
  }

  tool_layout value = {};
  tool_error error = {};
  int code;
};

const std::string kMetadata =
    "{\"__metadata__\":{\"format\":\"pt\",\"kinit_plan_sha256\":"
    "\"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd\",\"kinit_seed\":\"42\","
    "\"kinit_stream_version\":\"1\",\"kinit_version\":\"" +
    std::string(kinit_version()) + "\"}";

// ---- Headers
// ---------------------------------------------------------------------------------------------------------

TEST(Header, IsThatOfTheFormat) {
  Model model;
  model.Add("b", KINIT_BF16, {2, 3});
  model.Add("a", KINIT_F64, {});
  const Layout layout(model, 0);
  ASSERT_EQ(layout.code, TOOL_OK) << layout.error.reason;
  const std::string json = kMetadata +
                           ",\"a\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]}"
                           ",\"b\":{\"dtype\":\"BF16\",\"shape\":[2,3],\"data_offsets\":[8,20]}}";
  ASSERT_EQ(json.size(), 297u);  // so 7 spaces make it a multiple of 8
  EXPECT_EQ(layout.Text(0), std::string("\x30\x01\0\0\0\0\0\0", 8) + json + "       ");
  EXPECT_EQ(layout.value.files[0].size, 8u + 304u + 20u);
  EXPECT_EQ(layout.value.files[0].places[1].begin, 8u + 304u + 8u);
}

TEST(Header, OrdersByAlignmentThenName) {
  Model model;
  model.Add("layers.10", KINIT_F16, {1});
  model.Add("layers.2", KINIT_BF16, {1});
  model.Add("z", KINIT_F64, {1});
  model.Add("b", KINIT_F32, {3});
  model.Add("Z", KINIT_F32, {1});
  model.Add("layers", KINIT_F16, {1});
  model.Add("y", KINIT_F64, {1});
  EXPECT_THAT(Layout(model, 0).Names(0), ElementsAre("y", "z", "Z", "b", "layers", "layers.10", "layers.2"));
}

TEST(Header, EscapesNames) {
  Model model;
  model.Add("a\"\\\n/\xc3\xa9", KINIT_F32, {1});
  EXPECT_THAT(Layout(model, 0).Text(0), HasSubstr(",\"a\\\"\\\\\\n/\xc3\xa9\":{"));
}

TEST(Header, TakesAModelWithoutTensors) {
  const Model model;
  const Layout layout(model, 1000);
  ASSERT_EQ(layout.code, TOOL_OK);
  ASSERT_EQ(layout.value.count, 1u);
  EXPECT_EQ(layout.value.files[0].size, layout.value.files[0].text_size);
}

TEST(Header, IsAlwaysAMultipleOfEight) {
  for (size_t length = 1; length <= 8; length++) {
    Model model;
    model.Add(std::string(length, 'n'), KINIT_F64, {1});
    EXPECT_EQ(Layout(model, 0).value.files[0].places[0].begin % 8, 0u) << length;
  }
}

// ---- What is refused
// -------------------------------------------------------------------------------------------------

TEST(LayoutErrors, NameOfTheMetadata) {
  Model model;
  model.Add("__metadata__", KINIT_F32, {1});
  const Layout layout(model, 0);
  EXPECT_EQ(layout.code, TOOL_INPUT);
  EXPECT_THAT(layout.error.reason, HasSubstr("__metadata__"));
}

TEST(LayoutErrors, MoreBytesThanAFileCanHave) {
  Model model;
  model.Add("a", KINIT_F64, {INT64_C(1) << 59});
  model.Add("b", KINIT_F64, {INT64_C(1) << 59});
  const Layout layout(model, 1000000);
  EXPECT_EQ(layout.code, TOOL_INPUT);
  EXPECT_THAT(layout.error.reason, HasSubstr("2^63"));
}

TEST(LayoutErrors, HeaderThatNoReaderTakes) {
  Model model;
  std::string name;
  name.resize(100000000, 'n');
  model.Add(name, KINIT_F32, {1});
  const Layout layout(model, 0);
  EXPECT_EQ(layout.code, TOOL_INPUT);
  EXPECT_THAT(layout.error.reason, HasSubstr("--max-shard-size"));
}

// ---- Shards
// ----------------------------------------------------------------------------------------------------------

// 4, 12, 8, 40 and 4 bytes.
void AddFive(Model *model) {
  model->Add("e", KINIT_F32, {1});
  model->Add("d", KINIT_F32, {3});
  model->Add("c", KINIT_F16, {2, 2});
  model->Add("b", KINIT_F64, {5});
  model->Add("a", KINIT_F32, {1});
}

TEST(Shards, HoldTensorsInTheOrderOfThePlan) {
  Model model;
  AddFive(&model);
  const Layout layout(model, 20);
  ASSERT_EQ(layout.code, TOOL_OK);
  EXPECT_THAT(layout.Paths(),
              ElementsAre("dir/model-00001-of-00004.safetensors", "dir/model-00002-of-00004.safetensors",
                          "dir/model-00003-of-00004.safetensors", "dir/model-00004-of-00004.safetensors",
                          "dir/model.safetensors.index.json"));
  EXPECT_THAT(layout.Names(0), ElementsAre("d", "e"));
  EXPECT_THAT(layout.Names(1), ElementsAre("c"));
  EXPECT_THAT(layout.Names(2), ElementsAre("b"));  // larger than the limit, so alone
  EXPECT_THAT(layout.Names(3), ElementsAre("a"));
  EXPECT_EQ(layout.Text(4),
            "{\n"
            "  \"metadata\": {\n"
            "    \"total_size\": 68\n"
            "  },\n"
            "  \"weight_map\": {\n"
            "    \"a\": \"model-00004-of-00004.safetensors\",\n"
            "    \"b\": \"model-00003-of-00004.safetensors\",\n"
            "    \"c\": \"model-00002-of-00004.safetensors\",\n"
            "    \"d\": \"model-00001-of-00004.safetensors\",\n"
            "    \"e\": \"model-00001-of-00004.safetensors\"\n"
            "  }\n"
            "}\n");
}

TEST(Shards, AreFullAtTheLimit) {
  Model model;
  AddFive(&model);
  EXPECT_THAT(Layout(model, 24).Names(0), ElementsAre("d", "e", "c"));
  EXPECT_THAT(Layout(model, 23).Names(0), ElementsAre("d", "e"));
}

TEST(Shards, OneIsTheFileItself) {
  Model model;
  AddFive(&model);
  EXPECT_THAT(Layout(model, 68).Paths(), ElementsAre("dir/model.safetensors"));
  EXPECT_THAT(Layout(model, 0, "x").Paths(), ElementsAre("x"));
}

TEST(Shards, TakeOtherNames) {
  Model model;
  AddFive(&model);
  EXPECT_THAT(Layout(model, 64, "x").Paths(),
              ElementsAre("x-00001-of-00002.safetensors", "x-00002-of-00002.safetensors", "x.safetensors.index.json"));
}

// ---- Bytes
// -----------------------------------------------------------------------------------------------------------

TEST(Bytes, OfAnyRangeAreThoseOfTheWhole) {
  Model model;
  model.Add("h", KINIT_F16, {5}).init.value = 1;
  model.Add("f", KINIT_F32, {3}).init.value = 2;
  model.Add("none", KINIT_F32, {0}).init.value = 3;
  model.Add("d", KINIT_F64, {2}).init.value = 4;
  const Layout layout(model, 0);
  const tool_file &file = layout.value.files[0];
  const double d[] = {4, 4};
  const float f[] = {2, 2, 2};
  std::string expected = layout.Text(0) + std::string(reinterpret_cast<const char *>(d), sizeof d) +
                         std::string(reinterpret_cast<const char *>(f), sizeof f);
  for (int i = 0; i < 5; i++) expected += std::string("\x00\x3c", 2);  // 1 in binary16
  ASSERT_EQ(file.size, expected.size());
  expected += std::string(40, '\0');
  for (size_t begin = 0; begin + 8 <= expected.size(); begin += 8)
    for (size_t size = 8; begin + size <= expected.size(); size += 8) {
      std::vector<double> memory(size / 8 + 1, 5);
      tool_error error = {};
      ASSERT_EQ(tool_layout_fill(&file, 42, begin, size, memory.data(), &error), TOOL_OK);
      ASSERT_EQ(memcmp(memory.data(), expected.data() + begin, size), 0) << begin << " " << size;
      ASSERT_EQ(memory.back(), 5) << begin << " " << size;
    }
}

}  // namespace
