/* The parallel loop, and the count of processors that decides its width.
 *
 * Owns: the tests of parallel.c and of the processors and quotas in cpu.c, below the public interface. Replaces
 * sched_getaffinity, to be a machine of thousands of processors. SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <sched.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

#include "support.h"

extern "C" {
#include "cpu.h"
#include "parallel.h"
}

namespace {

/* Processors [first, first + count) of the pretended machine; none: the real one. */
std::atomic<int> pretended_first{0}, pretended_count{0};

}  // namespace

/* As the system: an error if the set has no space for all of the machine's 4,096 processors. */
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): the system's names are reserved
extern "C" int sched_getaffinity(pid_t process, size_t size, cpu_set_t *set) noexcept {
  if (pretended_count == 0) {
    using function = int(pid_t, size_t, cpu_set_t *);
    static auto *const real = reinterpret_cast<function *>(dlsym(RTLD_NEXT, "sched_getaffinity"));
    return real(process, size, set);
  }
  if (size < 4096 / 8) {
    errno = EINVAL;
    return -1;
  }
  std::memset(set, 0, size);
  for (int i = 0; i < pretended_count; i++) CPU_SET_S(static_cast<size_t>(pretended_first + i), size, set);
  return 0;
}

namespace kinit_test {
namespace {

/* ---- The loop ---------------------------------------------------------------------------------------------------- */

struct Counts {
  std::vector<std::atomic<int>> calls;
  std::atomic<int> active{0}, most{0};
  explicit Counts(size_t pieces) : calls(pieces) {}
};

void CountCall(const void *context, int index) {
  auto *counts = static_cast<Counts *>(const_cast<void *>(context));
  counts->calls[static_cast<size_t>(index)]++;
}

void StayAWhile(const void *context, int) {
  auto *counts = static_cast<Counts *>(const_cast<void *>(context));
  const int active = ++counts->active;
  int most = counts->most;
  while (active > most && !counts->most.compare_exchange_weak(most, active)) continue;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  counts->active--;
}

TEST(Parallel, CallsEachPieceOnce) {
  for (const int limit : {1, 2, 3, 8, 40}) {
    for (const int pieces : {0, 1, 2, 7, 100}) {
      for (int round = 0; round < 20; round++) {
        Counts counts(static_cast<size_t>(pieces));
        kinit_parallel(limit, pieces, CountCall, &counts);
        for (const auto &calls : counts.calls) ASSERT_EQ(calls, 1) << limit << " threads, " << pieces << " pieces";
      }
    }
  }
}

TEST(Parallel, ManyCallersAtOnce) {
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 8; caller++) {
    callers.emplace_back([&, caller] {
      for (int round = 0; round < 200; round++) {
        Counts counts(static_cast<size_t>(round % 9 + 1));
        kinit_parallel(caller % 4 + 2, round % 9 + 1, CountCall, &counts);
        for (const auto &calls : counts.calls) wrong += calls != 1;
      }
    });
  }
  for (std::thread &caller : callers) caller.join();
  EXPECT_EQ(wrong, 0);
}

bool HasThreads() {
  const ScopedThreads threads(2);
  return kinit_num_threads() == 2;
}

/* A single caller gets what it asks for; six share it: those who come later find nothing left, and run alone. */
TEST(Parallel, CallersShareTheThreads) {
  if (!HasThreads()) GTEST_SKIP() << "this build has no threads";
  constexpr int kLimit = 5, kCallers = 6, kPieces = 20;
  Counts alone(kPieces);
  kinit_parallel(kLimit, kPieces, StayAWhile, &alone);
  EXPECT_EQ(alone.most, kLimit);
  Counts together(kPieces);
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; caller++)
    callers.emplace_back([&] { kinit_parallel(kLimit, kPieces, StayAWhile, &together); });
  for (std::thread &caller : callers) caller.join();
  EXPECT_LE(together.most, kLimit - 1 + kCallers) << "30 if each had its own";
  EXPECT_GE(together.most, kCallers);
}

/* Threads start on another processor than the caller's, and may then use that one too. */
struct Affinities {
  cpu_set_t caller;
  std::thread::id thread = std::this_thread::get_id();
  std::atomic<int> helped{0}, differ{0};
};

void CompareAffinity(const void *context, int) {
  auto *affinities = static_cast<Affinities *>(const_cast<void *>(context));
  cpu_set_t mine;
  ASSERT_EQ(sched_getaffinity(0, sizeof mine, &mine), 0);
  affinities->helped += std::this_thread::get_id() != affinities->thread;
  affinities->differ += CPU_EQUAL(&mine, &affinities->caller) == 0;
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

TEST(Parallel, HelpersMayUseTheProcessorsOfTheirCaller) {
  if (!HasThreads()) GTEST_SKIP() << "this build has no threads";
  Affinities affinities;
  ASSERT_EQ(sched_getaffinity(0, sizeof affinities.caller, &affinities.caller), 0);
  for (int round = 0; round < 20; round++) {
    kinit_parallel(3, 6, CompareAffinity, &affinities);
    std::this_thread::sleep_for(std::chrono::milliseconds(round % 3)); /* some end meanwhile, some do not */
  }
  EXPECT_GT(affinities.helped, 0);
  EXPECT_EQ(affinities.differ, 0);
}

/* ---- Processors -------------------------------------------------------------------------------------------------- */

/* Numbers for which the system lists no siblings, so that each stands for a core. */
TEST(Processors, MoreThanFitIntoCpuSet) {
  const int real = kinit_cpu_cores();
  const uint64_t real_place = kinit_cpu_place();
  pretended_first = 1100;
  pretended_count = 2500;
  EXPECT_EQ(kinit_cpu_cores(), 2500);
  const uint64_t place = kinit_cpu_place();
  pretended_first = 1101;
  EXPECT_EQ(kinit_cpu_cores(), 2500);
  EXPECT_NE(kinit_cpu_place(), place);
  pretended_count = 1;
  EXPECT_EQ(kinit_cpu_cores(), 1);
  pretended_count = 0;
  EXPECT_EQ(kinit_cpu_cores(), real);
  EXPECT_EQ(kinit_cpu_place(), real_place);
}

TEST(Processors, AffinityAtTheTimeOfTheCall) {
  if (!HasThreads()) GTEST_SKIP() << "this build has no threads";
  if (std::getenv("OMP_NUM_THREADS") != nullptr) GTEST_SKIP() << "OMP_NUM_THREADS is set";
  pretended_first = 2000;
  pretended_count = 1;
  EXPECT_EQ(kinit_num_threads(), 1);
  EXPECT_EQ(kinit_parallel_limit(1 << 20), 1);
  pretended_count = 0;
}

/* ---- Quotas ------------------------------------------------------------------------------------------------------ */

/* Files below a directory of its own. */
class Tree {
 public:
  Tree() {
    char name[] = "quotaXXXXXX";
    root_ = (std::string(testing::TempDir()) + name);
    EXPECT_NE(mkdtemp(root_.data()), nullptr);
  }
  ~Tree() { EXPECT_EQ(std::system(("rm -rf '" + root_ + "'").c_str()), 0); }
  Tree(const Tree &) = delete;
  Tree &operator=(const Tree &) = delete;

  void Write(const std::string &path, const std::string &text) const {
    for (size_t at = 0; (at = path.find('/', at + 1)) != std::string::npos;)
      mkdir((root_ + path.substr(0, at)).c_str(), 0700);
    std::ofstream(root_ + path) << text;
  }
  const char *root() const { return root_.c_str(); }

 private:
  std::string root_;
};

struct QuotaCase {
  const char *name;
  std::map<std::string, std::string> files;
  int processors;
};

const char kMount2[] = "24 1 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
const char kMount1[] =
    "25 1 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
    "26 1 0:24 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
    "27 1 0:25 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:11 - cgroup cgroup rw,cpu,cpuacct\n";
const char kGroup1[] = "5:memory:/other\n4:cpu,cpuacct:/a/b\n3:cpuset:/elsewhere\n";
const char kMountOfContainer[] = "27 1 0:25 /docker/12ab /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu,cpuacct\n";

const QuotaCase kQuotas[] = {
    {"nothing", {}, 0},
    {"half_a_processor_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/a\n"},
      {"/sys/fs/cgroup/a/cpu.max", "50000 100000\n"}},
     1},
    {"rounded_up_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/a\n"},
      {"/sys/fs/cgroup/a/cpu.max", "250000 100000\n"}},
     3},
    {"whole_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/a\n"},
      {"/sys/fs/cgroup/a/cpu.max", "200000 100000\n"}},
     2},
    {"none_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/a\n"},
      {"/sys/fs/cgroup/a/cpu.max", "max 100000\n"}},
     0},
    {"parent_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/a/b/c\n"},
      {"/sys/fs/cgroup/a/b/c/cpu.max", "max 100000\n"},
      {"/sys/fs/cgroup/a/b/cpu.max", "700000 100000\n"},
      {"/sys/fs/cgroup/a/cpu.max", "400000 100000\n"}},
     4},
    {"root_of_a_namespace_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/\n"},
      {"/sys/fs/cgroup/cpu.max", "150000 100000\n"}},
     2},
    {"half_a_processor_v1",
     {{"/proc/self/mountinfo", kMount1},
      {"/proc/self/cgroup", kGroup1},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "50000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"}},
     1},
    {"none_v1",
     {{"/proc/self/mountinfo", kMount1},
      {"/proc/self/cgroup", kGroup1},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"}},
     0},
    {"parent_v1",
     {{"/proc/self/mountinfo", kMount1},
      {"/proc/self/cgroup", kGroup1},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "-1\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "60000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "20000\n"}},
     3},
    {"container_v1",
     {{"/proc/self/mountinfo", kMountOfContainer},
      {"/proc/self/cgroup", "4:cpu,cpuacct:/docker/12ab\n"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n"},
      {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"}},
     2},
    {"outside_the_namespace_v2",
     {{"/proc/self/mountinfo", kMount2},
      {"/proc/self/cgroup", "0::/../b\n"},
      {"/sys/fs/cgroup/cpu.max", "500000 100000\n"}},
     5},
    {"both",
     {{"/proc/self/mountinfo", std::string(kMount2) + kMount1},
      {"/proc/self/cgroup", std::string(kGroup1) + "0::/x\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us", "600000\n"},
      {"/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us", "100000\n"}},
     6},
    {"nonsense",
     {{"/proc/self/mountinfo", kMount2}, {"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/cpu.max", "soon\n"}},
     0},
    {"no_period",
     {{"/proc/self/mountinfo", kMount2}, {"/proc/self/cgroup", "0::/a\n"}, {"/sys/fs/cgroup/a/cpu.max", "50000 0\n"}},
     0},
};

class Quota : public testing::TestWithParam<QuotaCase> {};

TEST_P(Quota, IsTheLeastOfAllGroups) {
  const Tree tree;
  for (const auto &[path, text] : GetParam().files) tree.Write(path, text);
  EXPECT_EQ(kinit_cpu_quota(tree.root()), GetParam().processors);
}

INSTANTIATE_TEST_SUITE_P(ControlGroups, Quota, testing::ValuesIn(kQuotas),
                         [](const auto &chosen) { return chosen.param.name; });

}  // namespace
}  // namespace kinit_test
