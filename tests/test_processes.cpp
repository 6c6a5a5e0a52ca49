/* Other people's processes: forks, limits, unloading, exits, small stacks.
 *
 * Owns: the tests of what a fill may not do to the process around it. KINIT_SHARED_LIBRARY is the path of the shared
 * library. What could hang or crash runs in a child, with an alarm. SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <system_error>
#include <thread>

#include "support.h"

#if defined(__SANITIZE_THREAD__)
#define KINIT_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KINIT_TSAN 1
#endif
#endif

/* Children of fork start threads here; the sanitizer would end them for that. */
extern "C" const char *__tsan_default_options() { return "die_after_fork=0"; }

static std::atomic<int> environment_reads;

/* The C library's, for all of this program. */
extern "C" char *getenv(const char *name) noexcept {
  environment_reads++;
  return secure_getenv(name);
}

namespace kinit_test {
namespace {

#ifdef KINIT_TSAN
constexpr bool kThreadSanitizer = true;
#else
constexpr bool kThreadSanitizer = false;
#endif

constexpr size_t kCount = 1 << 18; /* elements: several threads */
constexpr int kSkip = 77;

uint64_t HashOfNormals() {
  std::vector<float> values(kCount);
  if (kinit_fill_normal(values.data(), KINIT_F32, kCount, 0, 1, {1, 2, 3}) != KINIT_OK) return 0;
  return Fnv1a(values.data(), kCount * sizeof(float));
}

uint64_t HashByOneThread() {
  const ScopedThreads one(1);
  return HashOfNormals();
}

/* The exit status of a child that runs `body`, 1000 + the signal that ended it. */
int InAChild(const std::function<int()> &body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(body());
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int CountThreads() {
  int count = 0;
  DIR *const directory = opendir("/proc/self/task");
  if (directory == nullptr) return 0;
  while (const dirent *entry = readdir(directory)) count += entry->d_name[0] != '.';
  closedir(directory);
  return count;
}

/* ---- Fork -------------------------------------------------------------------------------------------------------- */

class Fork : public testing::Test {
 protected:
  void SetUp() override {
    if (KINIT_EMULATOR[0] != '\0') GTEST_SKIP() << "qemu's user mode ends a forked child that starts threads";
    if (kThreadSanitizer) GTEST_SKIP() << "the thread sanitizer knows no threads in a forked child";
  }
};

int FillsWithThreads(uint64_t expected) {
  kinit_set_num_threads(4);
  for (int round = 0; round < 5; round++)
    if (HashOfNormals() != expected) return 1;
  return 0;
}

TEST_F(Fork, AfterAThreadedFill) {
  const uint64_t expected = HashByOneThread();
  const ScopedThreads threads(4);
  for (int round = 0; round < 10; round++) {
    ASSERT_EQ(HashOfNormals(), expected);
    ASSERT_EQ(InAChild([=] { return FillsWithThreads(expected); }), 0);
  }
}

TEST_F(Fork, AfterAnOpenMpRegionOfTheProgram) {
#ifdef _OPENMP
  const uint64_t expected = HashByOneThread();
  int count = 0;
#pragma omp parallel num_threads(2) reduction(+ : count)
  count += 1;
  EXPECT_EQ(count, 2);
  EXPECT_EQ(InAChild([=] { return FillsWithThreads(expected); }), 0);
#else
  GTEST_SKIP() << "the test was compiled without OpenMP";
#endif
}

TEST_F(Fork, WhileOtherThreadsFill) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the address sanitizer's own locks may be held by a thread that the child does not have";
#endif
  const uint64_t expected = HashByOneThread();
  const ScopedThreads limit(4);
  std::atomic<bool> done{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++) {
    threads.emplace_back([&] {
      while (!done) HashOfNormals();
    });
  }
  for (int round = 0; round < 20; round++) EXPECT_EQ(InAChild([=] { return FillsWithThreads(expected); }), 0) << round;
  done = true;
  for (std::thread &thread : threads) thread.join();
}

/* In both processes getpid() is 1. */
TEST_F(Fork, IntoANewNamespaceOfProcesses) {
  const uint64_t expected = HashByOneThread();
  const int status = InAChild([=] {
    if (unshare(CLONE_NEWPID) != 0) return kSkip;
    return InAChild([=] {
      if (getpid() != 1 || FillsWithThreads(expected) != 0 || unshare(CLONE_NEWPID) != 0) return 1;
      return InAChild([=] { return getpid() != 1 || FillsWithThreads(expected) != 0; });
    });
  });
  if (status == kSkip) GTEST_SKIP() << "this user may make no namespace of processes";
  EXPECT_EQ(status, 0);
}

/* ---- Loading and unloading --------------------------------------------------------------------------------------- */

struct Library {
  void *handle;
  decltype(&kinit_fill_normal) fill_normal;
  decltype(&kinit_set_num_threads) set_num_threads;
  decltype(&kinit_num_threads) num_threads;
  decltype(&kinit_set_isa) set_isa;
  decltype(&kinit_isa) isa;
};

template <typename Function>
void Find(void *handle, const char *name, Function *function) {
  *function = reinterpret_cast<Function>(dlsym(handle, name));
  ASSERT_NE(*function, nullptr) << name;
}

Library Load(const std::string &path) {
  Library library{};
  library.handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_NE(library.handle, nullptr) << dlerror();
  if (library.handle == nullptr) return library;
  Find(library.handle, "kinit_fill_normal", &library.fill_normal);
  Find(library.handle, "kinit_set_num_threads", &library.set_num_threads);
  Find(library.handle, "kinit_num_threads", &library.num_threads);
  Find(library.handle, "kinit_set_isa", &library.set_isa);
  Find(library.handle, "kinit_isa", &library.isa);
  return library;
}

TEST(Unloading, AnyNumberOfTimes) {
  if (kThreadSanitizer) GTEST_SKIP() << "the thread sanitizer has a thread of its own";
  const uint64_t expected = HashByOneThread();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const int before = CountThreads();
  std::vector<float> values(kCount);
  for (int round = 0; round < 50; round++) {
    const Library library = Load(KINIT_SHARED_LIBRARY);
    ASSERT_NE(library.handle, nullptr);
    library.set_num_threads(4);
    ASSERT_EQ(library.fill_normal(values.data(), KINIT_F32, kCount, 0, 1, {1, 2, 3}), KINIT_OK);
    ASSERT_EQ(Fnv1a(values.data(), kCount * sizeof(float)), expected);
    ASSERT_EQ(dlclose(library.handle), 0);
    ASSERT_EQ(dlopen(KINIT_SHARED_LIBRARY, RTLD_NOW | RTLD_NOLOAD), nullptr) << "still loaded";
    ASSERT_LE(CountThreads(), before);
  }
}

TEST(Copies, DoNotSeeEachOthersSettings) {
  const std::string copy = testing::TempDir() + "libkinit_copy_" + std::to_string(getpid()) + ".so";
  {
    std::ifstream from(KINIT_SHARED_LIBRARY, std::ios::binary);
    std::ofstream(copy, std::ios::binary) << from.rdbuf();
  }
  const Library first = Load(KINIT_SHARED_LIBRARY), second = Load(copy);
  std::remove(copy.c_str());
  ASSERT_NE(first.handle, nullptr);
  ASSERT_NE(second.handle, nullptr);
  const std::string isa = second.isa();
  const int threads = second.num_threads();
  EXPECT_EQ(first.set_isa("scalar"), KINIT_OK);
  EXPECT_EQ(first.set_num_threads(threads + 3), KINIT_OK);
  EXPECT_EQ(second.isa(), isa);
  EXPECT_EQ(second.num_threads(), threads);
  EXPECT_EQ(std::string(kinit_isa()), isa) << "linked statically";
  EXPECT_EQ(kinit_num_threads(), threads);
}

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

/* As an ordinary user who may have no more processes or threads. */
int FillsWhereNoThreadStarts(uint64_t expected) {
  const rlimit none = {0, 0};
  if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) return kSkip;
  if (setrlimit(RLIMIT_NPROC, &none) != 0) return kSkip;
  try {
    std::thread([] {}).join();
    return kSkip;
  } catch (const std::system_error &) {
    return FillsWithThreads(expected);
  }
}

TEST(Limits, RefusedThreadsAreNoError) {
  const uint64_t expected = HashByOneThread();
  const int status = InAChild([=] { return FillsWhereNoThreadStarts(expected); });
  if (status == kSkip) GTEST_SKIP() << "this system or emulator limits no user's threads";
  EXPECT_EQ(status, 0);
}

#if defined(__SANITIZE_ADDRESS__) || defined(KINIT_TSAN) || !defined(__OPTIMIZE__)
constexpr bool kStackIsOrdinary = false;
#else
constexpr bool kStackIsOrdinary = true;
#endif

/* All distributions and layouts that need most: whole tiles, strides, both methods of the truncated normal. */
void *FillOnThisStack(void *memory) {
  const kinit_stream stream = {1, 2, 3};
  const int64_t shape[2] = {200, 600}, strides[2] = {1, 200};
  const kinit_tensor tensor = {memory, KINIT_F64, 2, shape, strides, nullptr, nullptr};
  int wrong = 0;
  for (const kinit_dtype dtype : {KINIT_F32, KINIT_BF16, KINIT_F16, KINIT_F64}) {
    wrong += kinit_fill_uniform(memory, dtype, kCount, 0, 1, stream) != KINIT_OK;
    wrong += kinit_fill_normal(memory, dtype, kCount, 0, 1, stream) != KINIT_OK && dtype != KINIT_F64;
    for (const double low : {-2.0, 5.0})
      wrong +=
          kinit_fill_truncated_normal(memory, dtype, kCount, 0, 1, low, 6, stream) != KINIT_OK && dtype != KINIT_F64;
  }
  wrong += kinit_kaiming_uniform(&tensor, 0, KINIT_FAN_IN, KINIT_RELU, stream) != KINIT_OK;
  return wrong == 0 ? memory : nullptr;
}

int FillsWithStack(const char *isa, size_t bytes) {
  std::vector<double> values(kCount);
  pthread_attr_t attributes;
  pthread_t thread;
  void *result = nullptr;
  kinit_set_isa(isa);
  kinit_set_num_threads(1);
  if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, bytes) != 0) return kSkip;
  if (pthread_create(&thread, &attributes, FillOnThisStack, values.data()) != 0) return kSkip;
  return pthread_join(thread, &result) != 0 || result == nullptr;
}

class Stack : public testing::TestWithParam<const char *> {};

TEST_P(Stack, ThirtyTwoKibibytesAreEnough) {
  if (!kStackIsOrdinary) GTEST_SKIP() << "without optimization, or with a sanitizer, frames are larger";
  if (!ScopedIsa(GetParam()).supported()) GTEST_SKIP() << "this machine or build has no " << GetParam();
  const int status = InAChild([] { return FillsWithStack(GetParam(), 32 << 10); });
  if (status == kSkip) GTEST_SKIP() << "this system starts no thread with so small a stack";
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(Isa, Stack, testing::ValuesIn(kIsaNames), [](const auto &chosen) { return chosen.param; });

/* ---- Environment ------------------------------------------------------------------------------------------------- */

/* Whoever reads it while another thread calls setenv may walk a list that has moved. */
TEST(Environment, IsNotReadByAFill) {
  std::vector<float> values(1 << 21); /* so many that huge pages are asked for */
  const int before = environment_reads;
  EXPECT_GE(before, 3) << "when the library was loaded";
  EXPECT_EQ(kinit_fill_constant(values.data(), KINIT_F32, values.size(), 1), KINIT_OK);
  EXPECT_EQ(kinit_fill_normal(values.data(), KINIT_F32, values.size(), 0, 1, {1, 2, 3}), KINIT_OK);
  EXPECT_GT(kinit_num_threads(), 0);
  EXPECT_EQ(kinit_set_isa(nullptr), KINIT_OK);
  EXPECT_EQ(environment_reads, before);
}

TEST(Environment, IsReadOnce) {
  const std::string isa = kinit_isa();
  const int threads = kinit_num_threads();
  ASSERT_EQ(setenv("KINIT_ISA", "scalar", 1), 0);
  ASSERT_EQ(setenv("OMP_NUM_THREADS", std::to_string(threads + 5).c_str(), 1), 0);
  EXPECT_EQ(kinit_set_isa(nullptr), KINIT_OK);
  EXPECT_EQ(kinit_isa(), isa);
  EXPECT_EQ(kinit_num_threads(), threads);
}

/* ---- The end of the process -------------------------------------------------------------------------------------- */

TEST(Exit, WhileOtherThreadsFill) {
#ifdef KINIT_TSAN
  GTEST_SKIP() << "the thread sanitizer reports threads that are left at the end";
#endif
  for (int round = 0; round < 20; round++) {
    const int status = InAChild([] {
      kinit_set_num_threads(3);
      for (int i = 0; i < 3; i++)
        std::thread([] {
          for (;;) HashOfNormals();
        }).detach();
      HashOfNormals();
      std::exit(0);
      return 1;
    });
    EXPECT_EQ(status, 0) << round;
  }
}

/* ---- Threads that stay ------------------------------------------------------------------------------------------- */

TEST(Threads, NoneIsLeftAMomentAfterAFill) {
  if (kThreadSanitizer) GTEST_SKIP() << "the thread sanitizer has a thread of its own";
  const int before = CountThreads();
  if (before == 0) GTEST_SKIP() << "the system lists no threads";
  const ScopedThreads threads(6);
  HashOfNormals();
  for (int i = 0; i < 2000 && CountThreads() > before; i++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(CountThreads(), before);
}

}  // namespace
}  // namespace kinit_test
