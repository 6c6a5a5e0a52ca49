/* The machine group, and hostile surroundings: environment, threads, fork, floating-point modes.
 *
 * Owns: the tests of what is outside the numbers. Runs the program kinit_probe (KINIT_PROBE, through KINIT_EMULATOR if
 * that is not empty) where a fresh process is needed. SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cfenv>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include "support.h"

extern "C" {
#include "cpu.h"
}

#ifdef _OPENMP
#include <omp.h>
#endif

/* Allocations that are too large return NULL under the sanitizers too. */
extern "C" const char *__asan_default_options() { return "allocator_may_return_null=1"; }
extern "C" const char *__tsan_default_options() { return "allocator_may_return_null=1"; }

namespace kinit_test {
namespace {

constexpr kinit_stream kStream = {1, 2, 3};
constexpr size_t kLarge = 1 << 18; /* elements: several threads */

using Bytes = std::vector<unsigned char>;

bool HasThreads() {
  const ScopedThreads threads(2);
  return kinit_num_threads() == 2;
}

uint64_t HashOfNormals() {
  const Bytes bytes = BytesOf({"normal", KINIT_F32,
                               [](void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
                                 return kinit_fill_normal(dst, dtype, count, 0, 1, stream);
                               }},
                              kLarge, kStream);
  return Fnv1a(bytes.data(), bytes.size());
}

/* ---- A fresh process --------------------------------------------------------------------------------------------- */

struct Probe {
  int exit_status;
  std::string isa;
  int threads;
  uint64_t hash;
};

/* `environment` in the shell's notation: -u NAME to remove one, NAME=value ..., then a command that starts another. */
Probe RunProbe(const std::string &environment, const std::string &argument = "") {
  const std::string command =
      "env -u KINIT_ISA -u OMP_NUM_THREADS " + environment + " " KINIT_EMULATOR " '" KINIT_PROBE "' " + argument;
  Probe probe = {-1, "", 0, 0};
  FILE *const output = popen(command.c_str(), "r");
  if (output == nullptr) return probe;
  char isa[32] = "";
  unsigned long long hash = 0;
  const int fields = std::fscanf(output, "%31s %d %llx", isa, &probe.threads, &hash);
  probe.exit_status = pclose(output);
  EXPECT_EQ(fields, 3) << command;
  probe.isa = isa;
  probe.hash = hash;
  return probe;
}

class FreshProcess : public testing::TestWithParam<const char *> {};

TEST_P(FreshProcess, EnvironmentChoosesTheIsa) {
  const bool supported = ScopedIsa(GetParam()).supported();
  const Probe probe = RunProbe(std::string("KINIT_ISA=") + GetParam());
  EXPECT_EQ(probe.isa, supported ? GetParam() : kinit_isa_name(0));
  EXPECT_EQ(probe.hash, HashOfNormals());
  if (!supported) GTEST_SKIP() << "this machine or build has no " << GetParam() << "; it fell back to the best";
}

INSTANTIATE_TEST_SUITE_P(Isa, FreshProcess, testing::ValuesIn(kIsaNames),
                         [](const auto &chosen) { return chosen.param; });

TEST(FreshProcess, UnknownIsaFallsBackToTheBest) {
  for (const char *setting : {"", "KINIT_ISA=", "KINIT_ISA=AVX2", "KINIT_ISA=mmx"})
    EXPECT_STREQ(RunProbe(setting).isa.c_str(), kinit_isa_name(0)) << setting;
}

TEST(FreshProcess, OmpNumThreadsIsTheDefault) {
  if (!HasThreads()) GTEST_SKIP() << "this build has no threads";
  const uint64_t hash = HashOfNormals();
  for (const int count : {1, 3, 64}) {
    const Probe probe = RunProbe("OMP_NUM_THREADS=" + std::to_string(count));
    EXPECT_EQ(probe.threads, count);
    EXPECT_EQ(probe.hash, hash) << count << " threads";
  }
}

TEST(FreshProcess, FirstUseFromManyThreadsAtOnce) {
  const uint64_t hash = HashOfNormals();
  for (int i = 0; i < 10; i++) {
    const Probe probe = RunProbe("", "first-use");
    ASSERT_EQ(probe.exit_status, 0);
    ASSERT_EQ(probe.hash, hash);
  }
}

/* The processors that this process may use. */
std::vector<int> Processors() {
  std::vector<int> processors;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return processors;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &allowed)) processors.push_back(cpu);
  return processors;
}

/* The number of physical cores to which they belong, by package and core as the system lists them; 0 if it does not. */
int PhysicalCores(const std::vector<int> &processors) {
  std::set<std::pair<int, int>> cores;
  for (const int cpu : processors) {
    const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
    std::ifstream package_file(topology + "physical_package_id"), core_file(topology + "core_id");
    int package, core;
    if (package_file >> package && core_file >> core) cores.insert({package, core});
  }
  return static_cast<int>(cores.size());
}

/* Without OMP_NUM_THREADS: one thread for each physical core that affinity leaves, or fewer under a quota. */
TEST(FreshProcess, DefaultIsOneThreadForEachPhysicalCore) {
  if (!HasThreads()) GTEST_SKIP() << "this build has no threads";
  const std::vector<int> all = Processors();
  const int cores = PhysicalCores(all);
  if (cores == 0) GTEST_SKIP() << "the system does not tell its cores";
  const std::string first = std::to_string(all.front()), last = std::to_string(all.back());
  const int two = PhysicalCores({all.front(), all.back()});
  const std::pair<std::string, int> settings[] = {
      {"", cores},
      {"OMP_NUM_THREADS=0", cores},
      {"OMP_NUM_THREADS=many", cores},
      {"OMP_NUM_THREADS=5,2", 5},
      {"taskset -c " + first, 1},
      {"OMP_NUM_THREADS=3 taskset -c " + last, 3},
      {"taskset -c " + first + "," + last, two},
  };
  const int quota = kinit_cpu_quota("");
  for (const auto &[setting, threads] : settings) {
    const bool bound = quota > 0 && setting.find("OMP_NUM_THREADS=3") == std::string::npos;
    EXPECT_EQ(RunProbe(setting).threads, bound ? std::min(threads, quota) : threads) << setting;
  }
}

/* ---- Instruction sets -------------------------------------------------------------------------------------------- */

TEST(Isa, ListEndsWithScalarAndHasNoDuplicates) {
  const int count = kinit_isa_count();
  ASSERT_GE(count, 1);
  std::set<std::string> names;
  for (int i = 0; i < count; i++) names.insert(kinit_isa_name(i));
  EXPECT_EQ(names.size(), static_cast<size_t>(count));
  EXPECT_STREQ(kinit_isa_name(count - 1), "scalar");
}

TEST(Isa, EachOfTheListCanBeChosen) {
  for (int i = 0; i < kinit_isa_count(); i++) {
    EXPECT_EQ(kinit_set_isa(kinit_isa_name(i)), KINIT_OK);
    EXPECT_STREQ(kinit_isa(), kinit_isa_name(i));
  }
  EXPECT_EQ(kinit_set_isa(nullptr), KINIT_OK);
}

TEST(Isa, NullChoosesAsWhenItWasLoaded) {
  const std::string first = kinit_isa();
  ASSERT_EQ(kinit_set_isa("scalar"), KINIT_OK);
  ASSERT_EQ(kinit_set_isa(nullptr), KINIT_OK);
  EXPECT_EQ(kinit_isa(), first);
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

TEST(Threads, SetAndGet) {
  const int before = kinit_num_threads();
  EXPECT_GE(before, 1);
  const bool has_threads = HasThreads();
  for (const int count : {1, 5, 1000}) {
    EXPECT_EQ(kinit_set_num_threads(count), KINIT_OK);
    EXPECT_EQ(kinit_num_threads(), has_threads ? count : 1);
  }
  EXPECT_EQ(kinit_set_num_threads(0), KINIT_OK);
  EXPECT_EQ(kinit_num_threads(), before);
}

TEST(Threads, ManyFillsAtOnce) {
  const uint64_t hash = HashOfNormals();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; i++) {
    threads.emplace_back([&] {
      for (int round = 0; round < 3; round++) wrong += HashOfNormals() != hash;
    });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

/* The choice of the instruction set changes while fills run: never a bit. */
TEST(Threads, FillsWhileTheIsaChanges) {
  const uint64_t hash = HashOfNormals();
  std::atomic<bool> done{false};
  std::thread chooser([&] {
    for (int i = 0; !done; i++) kinit_set_isa(kinit_isa_name(i % kinit_isa_count()));
  });
  int wrong = 0;
  for (int round = 0; round < 20; round++) wrong += HashOfNormals() != hash;
  done = true;
  chooser.join();
  kinit_set_isa(nullptr);
  EXPECT_EQ(wrong, 0);
}

TEST(Threads, FillsInsideAnOpenMpRegion) {
#ifdef _OPENMP
  const uint64_t hash = HashOfNormals();
  int wrong = 0;
#pragma omp parallel num_threads(4) reduction(+ : wrong)
  wrong += HashOfNormals() != hash;
  EXPECT_EQ(wrong, 0);
#else
  GTEST_SKIP() << "the test was compiled without OpenMP";
#endif
}

/* ---- Floating-point environment ---------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#include <immintrin.h>
uint64_t ReadControl() { return _mm_getcsr(); }
void WriteControl(uint64_t control) { _mm_setcsr(static_cast<unsigned>(control)); }
/* As usual; round down, up, to zero; denormals are zero; flush to zero; all of it; all exceptions unmasked; all flags.
 */
const uint64_t kControls[] = {0x1F80, 0x3F80, 0x5F80, 0x7F80, 0x1FC0, 0x9F80, 0xFFC0, 0x0000, 0x1FBF};
#elif defined(__aarch64__)
uint64_t ReadControl() {
  uint64_t control, status;
  __asm__ volatile("mrs %0, fpcr\n\tmrs %1, fpsr" : "=r"(control), "=r"(status));
  return status << 32 | control;
}
void WriteControl(uint64_t value) {
  __asm__ volatile("msr fpcr, %0\n\tmsr fpsr, %1" : : "r"(value & 0xFFFFFFFF), "r"(value >> 32));
}
/* As usual; round up, down, to zero; flush to zero; default NaN; all of it; all flags. */
const uint64_t kControls[] = {0, 0x00400000, 0x00800000, 0x00C00000, 0x01000000, 0x02000000, 0x03C00000, 0x1F00000000};
#endif

/* Fills whose parameters, results or both round, in f32 also to subnormal numbers. */
const Filling kSensitive[] = {
    {"normal_f32", KINIT_F32, FillNormal},
    {"normal_f64", KINIT_F64, FillNormal},
    {"normal_bf16", KINIT_BF16, FillNormal},
    {"normal_f16", KINIT_F16, FillNormal},
    {"truncated_f32", KINIT_F32, FillTruncated},
    {"truncated_f64", KINIT_F64, FillTruncated},
    {"truncated_tail_f32", KINIT_F32, FillTail},
    {"truncated_close_f32", KINIT_F32, FillClose},
    {"uniform_f32", KINIT_F32, FillUniform},
    {"uniform_f64", KINIT_F64, FillUniform},
    {"constant_f32", KINIT_F32, FillConstant},
    {"constant_f16", KINIT_F16, FillConstant},
    {"subnormal_normal_f32", KINIT_F32,
     [](void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
       return kinit_fill_normal(dst, dtype, count, 0, 0x1p-135, stream);
     }},
    {"subnormal_uniform_f32", KINIT_F32,
     [](void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
       return kinit_fill_uniform(dst, dtype, count, 0x1p-140, 0x1p-128, stream);
     }},
    {"subnormal_uniform_f64", KINIT_F64,
     [](void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
       return kinit_fill_uniform(dst, dtype, count, 0x1p-1060, 0x1p-1030, stream);
     }},
    {"subnormal_constant_f32", KINIT_F32,
     [](void *dst, kinit_dtype dtype, size_t count, kinit_stream) {
       return kinit_fill_constant(dst, dtype, count, 0x1.8p-140);
     }},
    {"subnormal_constant_f16", KINIT_F16,
     [](void *dst, kinit_dtype dtype, size_t count, kinit_stream) {
       return kinit_fill_constant(dst, dtype, count, 0x1.37p-18);
     }},
};

class FloatEnvironment : public testing::TestWithParam<Filling> {};

TEST_P(FloatEnvironment, ChangesNothingAndIsKept) {
  const Filling filling = GetParam();
  if (NeedsFma(filling)) GTEST_SKIP() << "this processor has no fused multiply-add";
  const ScopedThreads threads(3);
  const uint64_t usual = ReadControl();
  for (const size_t count : {size_t{1000}, kLarge}) {
    const Bytes expected = BytesOf(filling, count, kStream);
    for (const uint64_t control : kControls) {
      Bytes bytes(expected.size());
      WriteControl(control);
      const uint64_t before = ReadControl(); /* a processor may keep some bits fixed */
      const kinit_status status = filling.fill(bytes.data(), filling.dtype, count, kStream);
      const uint64_t after = ReadControl();
      WriteControl(usual);
      EXPECT_EQ(status, KINIT_OK);
      EXPECT_EQ(after, before) << std::hex << control;
      EXPECT_TRUE(bytes == expected) << std::hex << "control register " << control << ", " << std::dec << count;
    }
  }
}

/* Threads that were started under one mode keep it: they must not draw in it. */
TEST(FloatEnvironmentOfWorkers, StartedInAnotherRoundingMode) {
  Bytes expected = BytesOf({"normal", KINIT_F32, FillNormal}, kLarge, kStream), bytes(expected.size());
  std::thread other([&] {
    const ScopedThreads threads(4);
    std::fesetround(FE_UPWARD);
    FillNormal(bytes.data(), KINIT_F32, kLarge, kStream); /* starts threads */
    std::fesetround(FE_TONEAREST);
    FillNormal(bytes.data(), KINIT_F32, kLarge, kStream);
  });
  other.join();
  EXPECT_TRUE(bytes == expected);
}

#ifdef _OPENMP
constexpr int kTeam = 3;

/* The modes of a team's threads after each has set `control`, and `between` was called. */
std::vector<uint64_t> ModesOfTeam(uint64_t control, const std::function<void()> &between) {
  const uint64_t usual = ReadControl();
  std::vector<uint64_t> modes(kTeam);
#pragma omp parallel num_threads(kTeam)
  WriteControl(control);
  between();
#pragma omp parallel num_threads(kTeam)
  {
    modes[static_cast<size_t>(omp_get_thread_num())] = ReadControl();
    WriteControl(usual);
  }
  return modes;
}
#endif

/* A program's own team of OpenMP has its modes after a fill as it has them without one. (GCC's threads keep theirs;
 * clang's take that of the thread that calls.) */
TEST(FloatEnvironmentOfWorkers, IsKept) {
#ifdef _OPENMP
  if (!HasThreads()) GTEST_SKIP() << "this build has no threads";
  const ScopedThreads threads(kTeam);
  for (const Filling &filling :
       {Filling{"normal", KINIT_F32, FillNormal}, Filling{"uniform", KINIT_F64, FillUniform}}) {
    const Bytes expected = BytesOf(filling, kLarge, kStream);
    for (const uint64_t control : kControls) {
      Bytes bytes(expected.size());
      const std::vector<uint64_t> without = ModesOfTeam(control, [] {});
      const std::vector<uint64_t> with =
          ModesOfTeam(control, [&] { filling.fill(bytes.data(), filling.dtype, kLarge, kStream); });
      EXPECT_EQ(with, without) << filling.name << std::hex << ", control register " << control;
      EXPECT_TRUE(bytes == expected) << filling.name << std::hex << ", control register " << control;
    }
  }
#else
  GTEST_SKIP() << "the test was compiled without OpenMP";
#endif
}

INSTANTIATE_TEST_SUITE_P(Fill, FloatEnvironment, testing::ValuesIn(kSensitive),
                         [](const auto &chosen) { return chosen.param.name; });

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

TEST(Memory, AlignedToHugePages) {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{4096}, size_t{2 << 20}, size_t{(6 << 20) + 5}}) {
    void *const memory = kinit_alloc(bytes);
    ASSERT_NE(memory, nullptr) << bytes;
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % (2 << 20), 0u) << bytes;
    std::memset(memory, 1, bytes);
    kinit_free(memory);
  }
}

TEST(Memory, NullIfThereIsNone) {
  for (const size_t bytes : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - (2 << 20), SIZE_MAX / 2}) {
    void *const memory = kinit_alloc(bytes);
    EXPECT_EQ(memory, nullptr) << bytes;
  }
}

/* A process that may have 64 MiB more than it has: the allocation fails, and a smaller one succeeds afterwards. */
TEST(Memory, NullIfTheSystemGivesNone) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need terabytes of addresses";
#endif
  constexpr int kNoLimits = 9;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    const rlim_t limit = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (64u << 20);
    const rlimit limits = {limit, limit};
    void *ordinary = setrlimit(RLIMIT_AS, &limits) == 0 ? std::malloc(size_t{1} << 30) : nullptr;
    if (ordinary != nullptr) _exit(kNoLimits);
    void *const small = kinit_alloc(size_t{1} << 30) == nullptr ? kinit_alloc(1 << 20) : nullptr;
    _exit(small != nullptr ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  if (WEXITSTATUS(status) == kNoLimits) GTEST_SKIP() << "this system or emulator does not limit a process's memory";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Memory, NullMayBeFreed) { kinit_free(nullptr); }

/* ---- Version and messages ---------------------------------------------------------------------------------------- */

TEST(Version, TextMatchesTheMacros) {
  EXPECT_EQ(kinit_version(), std::to_string(KINIT_VERSION_MAJOR) + "." + std::to_string(KINIT_VERSION_MINOR) + "." +
                                 std::to_string(KINIT_VERSION_PATCH));
}

TEST(StatusMessage, EveryStatusHasOneOfItsOwn) {
  std::set<std::string> messages;
  for (int status = KINIT_OK; status <= KINIT_ERROR_THREADS; status++) {
    const char *const message = kinit_status_message(static_cast<kinit_status>(status));
    ASSERT_NE(message, nullptr) << status;
    EXPECT_GT(std::strlen(message), 3u) << status;
    EXPECT_NE(message[std::strlen(message) - 1], '.') << message;
    messages.insert(message);
  }
  EXPECT_EQ(messages.size(), static_cast<size_t>(KINIT_ERROR_THREADS) + 1);
  for (const int unknown : {-1, KINIT_ERROR_THREADS + 1, INT_MAX, INT_MIN}) {
    const char *const message = kinit_status_message(static_cast<kinit_status>(unknown));
    ASSERT_NE(message, nullptr) << unknown;
    EXPECT_EQ(messages.count(message), 0u) << message;
  }
}

}  // namespace
}  // namespace kinit_test
