/* The reader of plans, given any bytes: an error has a line and a reason and leaves nothing; what it accepts can be
 * filled.
 *
 * Owns: the properties of tool_plan_parse. SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <set>
#include <string>

#include "input.h"

extern "C" {
#include "fill_tensor.h"
#include "plan_file.h"
}

namespace {

using kinit_fuzz::Require;

void CheckError(int code, const tool_error &error, const tool_model &model, const std::string &text) {
  Require(code == TOOL_INPUT, "the text alone is at fault");
  Require(error.line >= 1 && error.line <= 1 + std::count(text.begin(), text.end(), '\n'),
          "the line is one of the text");
  Require(error.reason[0] != '\0', "there is a reason");
  Require(error.path == std::string("a plan"), "the path is that of the plan");
  Require(model.tensors == nullptr && model.count == 0, "nothing is left");
}

void CheckModel(const tool_model &model) {
  std::set<std::string> names;
  uint64_t bytes = 0;
  Require(model.count > 0 && model.count <= TOOL_MAX_TENSORS, "there are tensors, and not too many");
  Require(std::string(model.digest).size() == 64, "there is a digest");
  for (size_t i = 0; i < model.count; i++) {
    const tool_tensor &tensor = model.tensors[i];
    Require(tensor.name[0] != '\0' && names.insert(tensor.name).second, "names differ");
    Require(names.count("__metadata__") == 0, "no name is taken");
    Require(tool_fill_check(&tensor) == KINIT_OK, "the library takes the tensor");
    bytes += tool_tensor_bytes(&tensor);
    Require(bytes <= uint64_t{INT64_MAX}, "the size of the model does not overflow");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  const std::string text(reinterpret_cast<const char *>(data), size);
  tool_model model;
  tool_error error = {};
  const int code = tool_plan_parse("a plan", text.data(), text.size(), &model, &error);
  if (code == TOOL_OK)
    CheckModel(model);
  else
    CheckError(code, error, model, text);
  tool_model_free(&model);
  return 0;
}
