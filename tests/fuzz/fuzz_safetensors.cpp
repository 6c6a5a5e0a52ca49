/* The reader of safetensors headers, given any bytes: what it accepts are tensors that lie in the file without holes.
 *
 * Owns: the properties of tool_checkpoint_parse. The first two bytes of an input are the number of bytes that the file
 * has beyond the input. SPDX-License-Identifier: Apache-2.0 */
#include <set>
#include <string>
#include <vector>

#include "input.h"

extern "C" {
#include "safetensors.h"
}

namespace {

using kinit_fuzz::Require;

void CheckTensor(const tool_entry &entry) {
  if (!entry.is_float) return;
  uint64_t bytes = tool_dtype_size(entry.dtype);
  for (int k = 0; k < entry.ndim; k++) bytes *= uint64_t(entry.shape[k]);
  for (int k = 0; k < entry.ndim; k++) Require(entry.shape[k] >= 0, "lengths are not negative");
  Require(bytes == entry.size, "a tensor has the bytes that its shape and dtype need");
}

void CheckFile(const tool_checkpoint &checkpoint, uint64_t data, uint64_t file_size) {
  std::set<std::string> names;
  uint64_t end = data;
  for (size_t i = 0; i < checkpoint.count; i++) {
    const tool_entry &entry = checkpoint.tensors[i];
    Require(names.insert(entry.name).second, "names differ");
    Require(entry.file == 0, "there is one file");
    Require(entry.begin == end, "a tensor begins where the last one ends");
    end += entry.size;
    CheckTensor(entry);
  }
  Require(end == file_size, "the last one ends with the file");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 2) return 0;
  const std::vector<uint8_t> bytes(data + 2, data + size); /* of its own, so that a read beyond it shows */
  const uint64_t file_size = bytes.size() + uint64_t(data[0] | data[1] << 8);
  tool_checkpoint checkpoint = {};
  tool_error error = {};
  const int code = tool_checkpoint_parse("a file", bytes.data(), bytes.size(), file_size, &checkpoint, &error);
  if (code == TOOL_OK) {
    CheckFile(checkpoint, 8 + (bytes[0] | uint64_t(bytes[1]) << 8 | uint64_t(bytes[2]) << 16), file_size);
  } else {
    Require(code == TOOL_INPUT && error.reason[0] != '\0', "the bytes alone are at fault");
    Require(checkpoint.count == 0 && checkpoint.tensors == nullptr, "nothing is left");
  }
  tool_checkpoint_free(&checkpoint);
  return 0;
}
