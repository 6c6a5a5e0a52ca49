/* What a fresh process sees, for test_machine.cpp, which sets its environment.
 *
 * Owns: a program that prints its instruction set, its number of threads, and a hash of a fill.
 * usage: kinit_probe [first-use]    first-use: from 16 threads at once, before anything else
 * SPDX-License-Identifier: Apache-2.0 */
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "hash.h"
#include "kinit/kinit.h"

namespace {

constexpr size_t kLarge = 1 << 18, kSmall = 1000;
constexpr int kThreads = 16;

std::vector<float> Normals(size_t count) {
  std::vector<float> values(count);
  if (kinit_fill_normal(values.data(), KINIT_F32, count, 0, 1, {1, 2, 3}) != KINIT_OK) values.clear();
  return values;
}

/* Every thread waits for the last, then all call the library for the first time. True if all saw the same. */
bool FirstUse() {
  std::atomic<int> waiting{kThreads};
  std::vector<std::vector<float>> values(kThreads);
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; i++) {
    threads.emplace_back([&, i] {
      waiting--;
      while (waiting > 0) std::this_thread::yield();
      values[static_cast<size_t>(i)] = Normals(kSmall);
    });
  }
  for (std::thread &thread : threads) thread.join();
  for (const std::vector<float> &v : values)
    if (v.empty() || v != values[0]) return false;
  return true;
}

}  // namespace

int main(int argc, char **argv) {
  if (argc > 1 && std::strcmp(argv[1], "first-use") == 0 && !FirstUse()) return 1;
  const std::vector<float> values = Normals(kLarge);
  std::printf("%s %d %016" PRIx64 "\n", kinit_isa(), kinit_num_threads(),
              kinit_test::Fnv1a(values.data(), values.size() * sizeof(float)));
  return 0;
}
