/* A harness without a fuzzer: gives it every file of a corpus, once.
 *
 * Owns: main of the programs that ctest runs as corpus.<harness>, in every build and on every processor.
 * usage: <harness> <directory or file>...                                      SPDX-License-Identifier: Apache-2.0 */
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

size_t Replay(const std::filesystem::path &path) {
  if (std::filesystem::is_directory(path)) {
    size_t count = 0;
    for (const auto &entry : std::filesystem::directory_iterator(path)) count += Replay(entry.path());
    return count;
  }
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::vector<uint8_t> bytes(text.begin(), text.end());
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
  return 1;
}

}  // namespace

int main(int argc, char **argv) {
  size_t count = 0;
  for (int i = 1; i < argc; i++) count += Replay(argv[i]);
  std::printf("tried: %zu inputs of the corpus\n", count);
  return count > 0 ? 0 : 1;
}
