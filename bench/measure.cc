// Time, the core's clock, the write ceiling, memory, and the machine's description.
//
// Owns: everything of the bench that depends on the machine. SPDX-License-Identifier: Apache-2.0
#include "measure.h"

#include <sys/utsname.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "kinit/kinit.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace bench {
namespace {

constexpr size_t kHugePage = size_t{2} << 20;
constexpr uint64_t kPattern = 0x3F8CCCCD3F8CCCCDu;

double ReadClock(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

// Additions of a register: newer cores carry out the addition of a small constant without using a cycle. The empty
// statements keep the compiler from joining them.
double CyclesPerSecondOnce() {
  constexpr int kLoops = 1 << 17;
  uint64_t sum = 0, one = 1;
  __asm__ volatile("" : "+r"(one));
  const double begin = Now();
  for (int i = 0; i < kLoops; i++) {
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
    sum += one;
    __asm__ volatile("" : "+r"(sum));
  }
  return 8.0 * kLoops / (Now() - begin);
}

#if defined(__x86_64__)
__attribute__((target("avx"))) void StorePiece(char *memory, size_t bytes) {
  const __m256i value = _mm256_set1_epi64x(static_cast<int64_t>(kPattern));
  for (size_t i = 0; i < bytes; i += 64) {
    _mm256_stream_si256(reinterpret_cast<__m256i *>(memory + i), value);
    _mm256_stream_si256(reinterpret_cast<__m256i *>(memory + i + 32), value);
  }
  _mm_sfence();
}
void StorePieceSse2(char *memory, size_t bytes) {
  const __m128i value = _mm_set1_epi64x(static_cast<int64_t>(kPattern));
  for (size_t i = 0; i < bytes; i += 16) _mm_stream_si128(reinterpret_cast<__m128i *>(memory + i), value);
  _mm_sfence();
}
void Store(char *memory, size_t bytes) {
  if (__builtin_cpu_supports("avx"))
    StorePiece(memory, bytes);
  else
    StorePieceSse2(memory, bytes);
}
#else
// Arm's cores merge whole lines by themselves.
void Store(char *memory, size_t bytes) { std::fill_n(reinterpret_cast<uint64_t *>(memory), bytes / 8, kPattern); }
#endif

// The value of the first line of a file "key : value" with this key.
std::string ValueOf(const char *file, const std::string &key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    const size_t colon = line.find(':');
    if (line.compare(0, key.size(), key) != 0 || colon == std::string::npos) continue;
    const size_t value = line.find_first_not_of(" \t", colon + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

}  // namespace

double Now() { return ReadClock(CLOCK_MONOTONIC); }
double ThreadTime() { return ReadClock(CLOCK_THREAD_CPUTIME_ID); }
double ProcessTime() { return ReadClock(CLOCK_PROCESS_CPUTIME_ID); }

double CoreClock() {
  double best = 0;  // an interrupted run is slower, none is faster
  for (int i = 0; i < 5; i++) best = std::max(best, CyclesPerSecondOnce());
  return best;
}

void InParallel(int threads, const std::function<void(int)> &body) {
  std::vector<std::thread> others;
  for (int i = 1; i < threads; i++) others.emplace_back(body, i);
  body(0);
  for (std::thread &thread : others) thread.join();
}

void StreamingStore(char *memory, size_t bytes, int threads) {
  const size_t share = bytes / static_cast<size_t>(threads) / 64 * 64;
  InParallel(threads, [=](int i) {
    const size_t from = static_cast<size_t>(i) * share;
    Store(memory + from, (i == threads - 1 ? bytes : from + share) - from);
  });
}

double MeasureCeiling(char *memory, size_t bytes, int threads) {
  double best = 0;
  for (int i = 0; i < 2; i++) {
    const double begin = Now();
    StreamingStore(memory, bytes, threads);
    best = std::max(best, static_cast<double>(bytes) / (Now() - begin) * 1e-9);
  }
  return best;
}

char *SharedBuffer(size_t bytes) {
  static char *memory = nullptr;
  static size_t size = 0;
  if (bytes <= size) return memory;
  kinit_free(memory);
  size = (bytes + kHugePage - 1) / kHugePage * kHugePage;
  memory = static_cast<char *>(kinit_alloc(size));
  if (memory == nullptr)
    size = 0;
  else
    StreamingStore(memory, size, kinit_num_threads());
  return memory;
}

size_t AvailableMemory() {
  size_t kibibytes = 0;
  std::istringstream(ValueOf("/proc/meminfo", "MemAvailable")) >> kibibytes;
  return kibibytes << 10;
}

std::string CpuName() {
  std::string name = ValueOf("/proc/cpuinfo", "model name");
  if (name.empty()) name = "unknown processor (part " + ValueOf("/proc/cpuinfo", "CPU part") + ")";
  return name;
}

std::string HugePageSetting() {
  std::ifstream in("/sys/kernel/mm/transparent_hugepage/enabled");
  std::string line;
  std::getline(in, line);
  const size_t open = line.find('['), close = line.find(']');
  return open == std::string::npos ? "unknown" : line.substr(open + 1, close - open - 1);
}

std::string OperatingSystem() {
  utsname name;
  return uname(&name) == 0 ? std::string(name.sysname) + " " + name.release + " " + name.machine : "unknown system";
}

}  // namespace bench
