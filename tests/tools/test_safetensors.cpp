// The reader of headers: what the reference reader accepts, and no more. All headers are literals.
// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <utility>
#include <vector>

extern "C" {
#include "safetensors.h"
}

namespace {

using ::testing::HasSubstr;

// A file: the length of the header, the header, and so many bytes of tensors.
std::string File(const std::string &header, size_t data) {
  std::string bytes;
  for (int i = 0; i < 8; i++) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + std::string(data, '\0');
}

class Checkpoint {
 public:
  explicit Checkpoint(const std::string &bytes) : Checkpoint(bytes, bytes.size()) {}
  Checkpoint(const std::string &bytes, uint64_t file_size)
      : code(tool_checkpoint_parse("a file", bytes.data(), bytes.size(), file_size, &value, &error)) {}
  ~Checkpoint() { tool_checkpoint_free(&value); }
  Checkpoint(const Checkpoint &) = delete;
  Checkpoint &operator=(const Checkpoint &) = delete;

  tool_checkpoint value = {};
  tool_error error = {};
  int code;
};

std::string Tensor(const std::string &name, const std::string &dtype, const std::string &shape, const std::string &at) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + at + "]}";
}

// ---- What is accepted
// ------------------------------------------------------------------------------------------------

TEST(Reader, TakesAHeader) {
  const std::string header = "{\"__metadata__\":{\"format\":\"pt\",\"k\":\"v\"}," + Tensor("b", "BF16", "2,3", "8,20") +
                             "," + Tensor("a", "F64", "", "0,8") + "}   ";
  const Checkpoint c(File(header, 20));
  ASSERT_EQ(c.code, TOOL_OK) << c.error.reason;
  ASSERT_EQ(c.value.count, 2u);
  const tool_entry &a = c.value.tensors[0], &b = c.value.tensors[1];
  EXPECT_STREQ(a.name, "a");
  EXPECT_STREQ(a.dtype_name, "F64");
  EXPECT_TRUE(a.is_float);
  EXPECT_EQ(a.dtype, KINIT_F64);
  EXPECT_EQ(a.ndim, 0);
  EXPECT_EQ(a.begin, 8 + header.size());
  EXPECT_EQ(a.size, 8u);
  EXPECT_STREQ(b.name, "b");
  EXPECT_EQ(b.dtype, KINIT_BF16);
  ASSERT_EQ(b.ndim, 2);
  EXPECT_EQ(b.shape[0], 2);
  EXPECT_EQ(b.shape[1], 3);
  EXPECT_EQ(b.begin, 8 + header.size() + 8);
  EXPECT_EQ(b.size, 12u);
  EXPECT_STREQ(tool_checkpoint_metadata(&c.value, "format"), "pt");
  EXPECT_STREQ(tool_checkpoint_metadata(&c.value, "k"), "v");
  EXPECT_EQ(tool_checkpoint_metadata(&c.value, "format "), nullptr);
}

TEST(Reader, TakesEveryDtypeOfTheReference) {
  const std::pair<const char *, unsigned> bits[] = {
      {"BOOL", 8},    {"F4", 4},      {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U8", 8},   {"I8", 8},    {"F8_E5M2", 8},
      {"F8_E4M3", 8}, {"F8_E8M0", 8}, {"I16", 16},    {"U16", 16},    {"F16", 16}, {"BF16", 16}, {"I32", 32},
      {"U32", 32},    {"F32", 32},    {"F64", 64},    {"I64", 64},    {"U64", 64}, {"C64", 64}};
  for (const auto &[name, width] : bits) {
    const size_t size = width;  // eight elements
    const Checkpoint c(File("{" + Tensor("x", name, "2,4", "0," + std::to_string(size)) + "}", size));
    EXPECT_EQ(c.code, TOOL_OK) << name << ": " << c.error.reason;
    const std::string n = name;
    EXPECT_EQ(c.value.tensors[0].is_float,
              n == "F16" || n == "BF16" || n == "F32" || n == "F64" || n == "F8_E4M3" || n == "F8_E5M2")
        << name;
  }
}

TEST(Reader, TakesTensorsWithoutElementsAndFilesWithoutTensors) {
  EXPECT_EQ(Checkpoint(File("{}", 0)).code, TOOL_OK);
  EXPECT_EQ(Checkpoint(File("{" + Tensor("x", "F32", "0,9223372036854775807", "0,0") + "}", 0)).code, TOOL_OK);
  const std::string three =
      Tensor("e", "F32", "0", "4,4") + "," + Tensor("f", "F32", "1", "4,8") + "," + Tensor("d", "F32", "1", "0,4");
  EXPECT_EQ(Checkpoint(File("{" + three + "}", 8)).code, TOOL_OK);
}

// ---- What is refused
// -------------------------------------------------------------------------------------------------

struct Refusal {
  std::string header;
  size_t data;
  const char *reason;
};

TEST(Reader, RefusesWhatTheReferenceRefuses) {
  const Refusal refusals[] = {
      {"", 0, "begin with {"},
      {" {}", 0, "begin with {"},
      {"[]", 0, "begin with {"},
      {"{", 0, "not valid"},
      {"{} x", 0, "not valid"},
      {"{\"x\":1}", 0, "not an object"},
      {"{\"\xff\":1}", 0, "not valid"},
      {"{" + Tensor("x", "F\\u001b", "1", "0,4") + "}", 4, "the dtype is no name"},
      {"{" + Tensor("x", std::string(32, 'F'), "1", "0,4") + "}", 4, "the dtype is no name"},
      {"{" + Tensor("x", "F4", "1", "0,1") + "}", 1, "size of the shape"},
      {"{" + Tensor("x", "F32", "1", "0,4") + "}", 8, "longer than its tensors"},
      {"{" + Tensor("x", "F32", "1", "0,4") + "}", 3, "outside the file"},
      {"{" + Tensor("x", "F32", "1", "4,8") + "}", 8, "leaves a hole"},
      {"{" + Tensor("x", "F32", "1", "4,0") + "}", 8, "run backwards"},
      {"{" + Tensor("x", "F32", "1", "-4,0") + "}", 8, "outside the file"},
      {"{" + Tensor("x", "F32", "1", "0,5") + "}", 8, "size of the shape"},
      {"{" + Tensor("x", "F32", "1", "0") + "}", 4, "two whole numbers"},
      {"{" + Tensor("x", "F32", "1", "0,4,8") + "}", 4, "two whole numbers"},
      {"{" + Tensor("x", "F32", "1", "0,4.0") + "}", 4, "two whole numbers"},
      {"{" + Tensor("x", "F32", "-1", "0,4") + "}", 4, "a length"},
      {"{" + Tensor("x", "F32", "1.0", "0,4") + "}", 4, "a length"},
      {"{" + Tensor("x", "F32", "\"1\"", "0,4") + "}", 4, "a length"},
      {"{" + Tensor("x", "F32", "18446744073709551617", "0,4") + "}", 4, "not valid"},
      {"{" + Tensor("x", "F32", "4611686018427387905,1", "0,4") + "}", 4, "overflows"},
      {"{" + Tensor("x", "F32", "4294967296,4294967297", "0,4") + "}", 4, "overflows"},
      {"{\"x\":{\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "no dtype"},
      {"{\"x\":{\"dtype\":\"F32\",\"data_offsets\":[0,4]}}", 4, "no shape"},
      {"{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "two whole numbers"},
      {"{" + Tensor("x", "F32", "1", "0,4") + "," + Tensor("y", "F32", "1", "0,4") + "}", 4, "overlaps"},
      {"{" + Tensor("x", "F32", "2", "0,8") + "," + Tensor("y", "F32", "1", "4,8") + "}", 8, "overlaps"},
      {"{" + Tensor("x", "F32", "1", "0,4") + "," + Tensor("y", "F32", "1", "8,12") + "}", 12, "hole"},
      {"{" + Tensor("x", "F32", "1", "0,4") + "," + Tensor("x", "F32", "1", "4,8") + "}", 8, "duplicate"},
      {"{\"__metadata__\":{\"k\":1}}", 0, "__metadata__"},
      {"{\"__metadata__\":[]}", 0, "__metadata__"},
  };
  for (const Refusal &r : refusals) {
    const Checkpoint c(File(r.header, r.data));
    EXPECT_EQ(c.code, TOOL_INPUT) << r.header;
    EXPECT_THAT(c.error.reason, HasSubstr(r.reason)) << r.header;
    EXPECT_STREQ(c.error.path, "a file") << r.header;
    EXPECT_EQ(c.value.count, 0u) << r.header;
  }
}

TEST(Reader, TellsTheLine) {
  const Checkpoint c(File("{\n\n\"x\": }", 0));
  EXPECT_EQ(c.code, TOOL_INPUT);
  EXPECT_EQ(c.error.line, 3);
}

TEST(Reader, RefusesLengthsThatTheFileDoesNotHave) {
  EXPECT_THAT(Checkpoint("1234567").error.reason, HasSubstr("fewer than 8 bytes"));
  EXPECT_THAT(Checkpoint("").error.reason, HasSubstr("fewer than 8 bytes"));
  EXPECT_THAT(Checkpoint(std::string("\3\0\0\0\0\0\0\0{}", 10)).error.reason, HasSubstr("ends behind the file"));
  EXPECT_THAT(Checkpoint(std::string(8, '\xff')).error.reason, HasSubstr("100 MB"));
  EXPECT_THAT(Checkpoint(std::string("\1\xe1\xf5\5\0\0\0\0{}", 10), 200000000).error.reason, HasSubstr("100 MB"));
}

// ---- Files and their index
// -------------------------------------------------------------------------------------------

class Index : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/kinit-test-XXXXXX";
    directory_ = mkdtemp(name);
    Write("model-00001-of-00002.safetensors", File("{" + Tensor("a", "F32", "1", "0,4") + "}", 4));
    Write("model-00002-of-00002.safetensors", File("{" + Tensor("b", "F16", "2", "0,4") + "}", 4));
  }
  void TearDown() override {
    for (const std::string &name : names_) unlink(Path(name).c_str());
    rmdir(directory_.c_str());
  }

  std::string Path(const std::string &name) const { return directory_ + "/" + name; }
  void Write(const std::string &name, const std::string &bytes) {
    std::ofstream(Path(name), std::ios::binary) << bytes;
    names_.push_back(name);
  }
  int Read(const std::string &name) {
    tool_checkpoint_free(&checkpoint_);
    return tool_checkpoint_read(Path(name).c_str(), &checkpoint_, &error_);
  }
  int ReadIndex(const std::string &map) {
    Write("model.safetensors.index.json", "{\"metadata\": {\"total_size\": 8},\n \"weight_map\": " + map + "}");
    return Read("model.safetensors.index.json");
  }

  std::string directory_;
  std::vector<std::string> names_;
  tool_checkpoint checkpoint_ = {};
  tool_error error_ = {};
};

const char kFirst[] = "\"a\": \"model-00001-of-00002.safetensors\"";
const char kSecond[] = "\"b\": \"model-00002-of-00002.safetensors\"";

TEST_F(Index, ReadsAllFiles) {
  ASSERT_EQ(ReadIndex(std::string("{") + kSecond + "," + kFirst + "}"), TOOL_OK) << error_.reason;
  ASSERT_EQ(checkpoint_.count, 2u);
  ASSERT_EQ(checkpoint_.file_count, 2u);
  for (size_t i = 0; i < 2; i++) {
    const tool_entry &entry = checkpoint_.tensors[i];
    const std::string number = std::string(entry.name) == "a" ? "1" : "2";
    EXPECT_EQ(checkpoint_.files[entry.file], Path("model-0000" + number + "-of-00002.safetensors"));
  }
  tool_checkpoint_free(&checkpoint_);
}

TEST_F(Index, RefusesWhatDoesNotFit) {
  const std::pair<std::string, const char *> refusals[] = {
      {std::string("{") + kFirst + "}", nullptr},  // one file is enough for one tensor
      {std::string("{") + kFirst + "," + kSecond + ", \"c\": \"model-00002-of-00002.safetensors\"}", "no file holds"},
      {"{\"b\": \"model-00001-of-00002.safetensors\", \"a\": \"model-00002-of-00002.safetensors\"}", "does not say so"},
      {"{\"a\": \"/etc/passwd\"}", "names of files beside"},
      {"{\"a\": \"../x\"}", "names of files beside"},
      {"{\"a\": \"..\"}", "names of files beside"},
      {"{\"a\": \"\"}", "names of files beside"},
      {"{\"a\": 1}", "names of files beside"},
      {"[]", "no weight_map"},
      {"{", "not an index"},
  };
  for (const auto &[map, reason] : refusals) {
    const int code = ReadIndex(map);
    if (reason == nullptr) {
      EXPECT_EQ(code, TOOL_OK) << map;
      continue;
    }
    EXPECT_EQ(code, TOOL_INPUT) << map;
    EXPECT_THAT(error_.reason, HasSubstr(reason)) << map;
  }
}

TEST_F(Index, ReportsFilesThatAreNotThere) {
  EXPECT_EQ(ReadIndex("{\"a\": \"none.safetensors\"}"), TOOL_FAILED);
  EXPECT_EQ(error_.path, Path("none.safetensors"));
  EXPECT_EQ(Read("none.safetensors"), TOOL_FAILED);
}

TEST_F(Index, RefusesWhatIsNoFile) {
  EXPECT_EQ(Read("."), TOOL_INPUT);
  EXPECT_THAT(error_.reason, HasSubstr("not a file"));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  names_.push_back("pipe");
  EXPECT_EQ(Read("pipe"), TOOL_INPUT);
}

TEST_F(Index, ReadsNoWeights) {
  const std::string header = File("{" + Tensor("a", "F32", "274877906944", "0,1099511627776") + "}", 0);
  Write("sparse.safetensors", header);
  ASSERT_EQ(truncate(Path("sparse.safetensors").c_str(), static_cast<off_t>(header.size()) + (INT64_C(1) << 40)), 0);
  ASSERT_EQ(Read("sparse.safetensors"), TOOL_OK) << error_.reason;
  EXPECT_EQ(checkpoint_.tensors[0].size, UINT64_C(1) << 40);
  tool_checkpoint_free(&checkpoint_);
}

}  // namespace
