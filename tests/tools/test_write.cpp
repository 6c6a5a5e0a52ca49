// Written files, read without the command's reader: the bytes of every tensor are those of the library's initializers.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>

#include <map>
#include <string>
#include <vector>

#include "model_support.h"

extern "C" {
#include "write.h"
}

namespace {

using kinit_test::Model;
using kinit_test::ReadFile;

constexpr uint64_t kSeed = 42;

class Write : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/kinit-test-XXXXXX";
    directory_ = mkdtemp(name);
  }
  void TearDown() override {
    for (const char *name : {"/m.safetensors", "/m-00001-of-00003.safetensors", "/m-00002-of-00003.safetensors",
                             "/m-00003-of-00003.safetensors", "/m.safetensors.index.json"})
      unlink((directory_ + name).c_str());
    EXPECT_EQ(rmdir(directory_.c_str()), 0) << "something else is left in " << directory_;
  }
  void Run(const Model &model, uint64_t max_shard_size) {
    const std::string output = directory_ + "/m.safetensors";
    const tool_write_options options = {output.c_str(), kSeed, max_shard_size, false, nullptr};
    tool_error error = {};
    ASSERT_EQ(tool_write(model.get(), &options, &error), TOOL_OK) << error.path << ": " << error.reason;
  }
  // What follows the header, which eight bytes at the beginning tell the length of.
  std::string Data(const std::string &name) const {
    const std::string bytes = ReadFile(directory_ + name);
    uint64_t length = 0;
    memcpy(&length, bytes.data(), sizeof length);
    return bytes.substr(8 + length);
  }

  std::string directory_;
};

void AddTensors(Model *model) {
  tool_tensor &a = model->Add("a", KINIT_F32, {700, 1001});  // more than two tiles
  a.init.scheme = KINIT_SCHEME_KAIMING_NORMAL;
  a.init.nonlinearity = KINIT_RELU;
  tool_tensor &b = model->Add("b", KINIT_BF16, {999, 1003});
  b.init.scheme = KINIT_SCHEME_XAVIER_UNIFORM;
  b.init.gain = 2;
  tool_tensor &c = model->Add("c", KINIT_F64, {33, 7, 3});
  c.init.scheme = KINIT_SCHEME_NORMAL;
  c.init.stddev = 1;
}

// The three tensors by the library, whole.
std::map<std::string, std::string> Expected() {
  const std::vector<int64_t> a = {700, 1001}, b = {999, 1003}, c = {33, 7, 3};
  std::map<std::string, std::string> bytes = {{"a", std::string(700 * 1001 * 4, 0)},
                                              {"b", std::string(999 * 1003 * 2, 0)},
                                              {"c", std::string(33 * 7 * 3 * 8, 0)}};
  const kinit_tensor ta = {&bytes["a"][0], KINIT_F32, 2, a.data(), nullptr, nullptr, nullptr};
  const kinit_tensor tb = {&bytes["b"][0], KINIT_BF16, 2, b.data(), nullptr, nullptr, nullptr};
  const kinit_tensor tc = {&bytes["c"][0], KINIT_F64, 3, c.data(), nullptr, nullptr, nullptr};
  EXPECT_EQ(kinit_kaiming_normal(&ta, 0, KINIT_FAN_IN, KINIT_RELU, kinit_stream_named(kSeed, "a")), KINIT_OK);
  EXPECT_EQ(kinit_xavier_uniform(&tb, 2, kinit_stream_named(kSeed, "b")), KINIT_OK);
  EXPECT_EQ(kinit_normal(&tc, 0, 1, kinit_stream_named(kSeed, "c")), KINIT_OK);
  return bytes;
}

TEST_F(Write, OneFile) {
  Model model;
  AddTensors(&model);
  ASSERT_NO_FATAL_FAILURE(Run(model, 0));
  std::map<std::string, std::string> expected = Expected();
  EXPECT_TRUE(Data("/m.safetensors") == expected["c"] + expected["a"] + expected["b"]);
}

TEST_F(Write, Shards) {
  Model model;
  AddTensors(&model);
  ASSERT_NO_FATAL_FAILURE(Run(model, 1000));
  std::map<std::string, std::string> expected = Expected();
  EXPECT_TRUE(Data("/m-00001-of-00003.safetensors") == expected["a"]);
  EXPECT_TRUE(Data("/m-00002-of-00003.safetensors") == expected["b"]);
  EXPECT_TRUE(Data("/m-00003-of-00003.safetensors") == expected["c"]);
  EXPECT_EQ(ReadFile(directory_ + "/m.safetensors.index.json").substr(0, 2), "{\n");
}

TEST_F(Write, NoTensors) {
  const Model model;
  ASSERT_NO_FATAL_FAILURE(Run(model, 0));
  EXPECT_EQ(Data("/m.safetensors"), "");
}

}  // namespace
