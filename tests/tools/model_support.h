/* Models for the tests of kinit-fill, and files in memory.
 *
 * Owns: these helpers. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_TOOLS_MODEL_SUPPORT_H
#define KINIT_TESTS_TOOLS_MODEL_SUPPORT_H

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" {
#include "model.h"
}

namespace kinit_test {

/* Built tensor by tensor; frees itself. */
class Model {
 public:
  explicit Model(const std::string &digest = std::string(64, 'd')) { memcpy(value_.digest, digest.c_str(), 65); }
  ~Model() { tool_model_free(&value_); }
  Model(const Model &) = delete;
  Model &operator=(const Model &) = delete;

  /* With the initializer constant(0), to be changed by the caller. */
  tool_tensor &Add(const std::string &name, kinit_dtype dtype, const std::vector<int64_t> &shape) {
    const size_t count = value_.count + 1;
    value_.tensors = static_cast<tool_tensor *>(realloc(value_.tensors, count * sizeof(tool_tensor)));
    tool_tensor &tensor = value_.tensors[value_.count++];
    tensor = {};
    tensor.name = strdup(name.c_str());
    tensor.dtype = dtype;
    tensor.ndim = static_cast<int>(shape.size());
    tensor.shape = static_cast<int64_t *>(malloc((shape.size() + 1) * sizeof(int64_t)));
    std::copy(shape.begin(), shape.end(), tensor.shape);
    tensor.init = kinit_initializer_default(KINIT_SCHEME_CONSTANT);
    tensor.init_name = "constant";
    return tensor;
  }

  const tool_model *get() const { return &value_; }

 private:
  tool_model value_ = {};
};

inline std::string ReadFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace kinit_test

#endif
