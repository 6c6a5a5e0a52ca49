/* Checkpoints for tests, written without kinit-fill.
 *
 * Owns: their making. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_TOOLS_CHECKPOINT_FILE_H
#define KINIT_TESTS_TOOLS_CHECKPOINT_FILE_H

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace kinit_test {

struct FileTensor {
  std::string name, dtype;
  std::vector<int64_t> shape;
  std::string bytes;
};

template <typename T>
std::string Bytes(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

/* The bytes of a safetensors file with these tensors in this order. metadata: "\"key\":\"value\",...". */
inline std::string Safetensors(const std::vector<FileTensor> &tensors, const std::string &metadata = "") {
  std::string header = "{\"__metadata__\":{" + metadata + "}", data;
  for (const FileTensor &t : tensors) {
    header += ",\"" + t.name + "\":{\"dtype\":\"" + t.dtype + "\",\"shape\":[";
    for (size_t i = 0; i < t.shape.size(); i++) header += (i > 0 ? "," : "") + std::to_string(t.shape[i]);
    header += "],\"data_offsets\":[" + std::to_string(data.size()) + ",";
    data += t.bytes;
    header += std::to_string(data.size()) + "]}";
  }
  header += "}";
  while (header.size() % 8 != 0) header += ' ';
  std::string length;
  for (int i = 0; i < 8; i++) length += static_cast<char>(header.size() >> (8 * i) & 0xff);
  return length + header + data;
}

/* A file below the directory for temporary ones, removed in the end. */
class TemporaryFile {
 public:
  TemporaryFile(const std::string &name, const std::string &bytes)
      : path_(testing::TempDir() + "kinit_" + std::to_string(getpid()) + "_" +
              testing::UnitTest::GetInstance()->current_test_info()->name() + "_" + name) {
    std::ofstream(path_, std::ios::binary) << bytes;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  const char *path() const { return path_.c_str(); }
  /* The name without the directory. */
  std::string name() const { return path_.substr(path_.rfind('/') + 1); }

 private:
  std::string path_;
};

}  // namespace kinit_test

#endif
