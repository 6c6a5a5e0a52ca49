/* Huge pages: what a fill may advise, and what it may not.
 *
 * Owns: that the advice is given to fresh private memory inside the destination and to nothing else, as the kernel
 * reports it in /proc/self/smaps. SPDX-License-Identifier: Apache-2.0 */
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "kinit/kinit.h"

namespace {

constexpr size_t kHugePage = 2 << 20, kBytes = 16 << 20;

/* A mapping with huge pages' alignment at its begin, and a page that nobody may touch on both sides. */
class Mapping {
 public:
  explicit Mapping(int flags, int file = -1, size_t bytes = kBytes) : bytes_(bytes + 2 * kHugePage) {
    reserved_ = static_cast<char *>(mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    begin_ = reserved_ + kHugePage - reinterpret_cast<uintptr_t>(reserved_) % kHugePage;
    if (mmap(begin_, bytes, PROT_READ | PROT_WRITE, flags | MAP_FIXED, file, 0) != begin_) begin_ = nullptr;
  }
  ~Mapping() { munmap(reserved_, bytes_); }
  Mapping(const Mapping &) = delete;
  Mapping &operator=(const Mapping &) = delete;
  char *begin() const { return begin_; }

 private:
  size_t bytes_;
  char *reserved_, *begin_;
};

/* Whether the mapping that holds this address is advised to use huge pages. */
bool IsAdvised(const void *address) {
  const auto wanted = reinterpret_cast<uintptr_t>(address);
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    uintptr_t from = 0, to = 0;
    char dash = 0;
    std::istringstream head(line);
    if (head >> std::hex >> from >> dash >> to && dash == '-') inside = from <= wanted && wanted < to;
    if (inside && line.rfind("VmFlags:", 0) == 0) return (line + " ").find(" hg ") != std::string::npos;
  }
  return false;
}

kinit_status Fill(void *destination, size_t bytes) {
  return kinit_fill_uniform(destination, KINIT_F32, bytes / 4, 0, 1, {1, 2, 3});
}

class HugePages : public testing::Test {
 protected:
  void SetUp() override {
    const Mapping mapping(MAP_PRIVATE | MAP_ANONYMOUS);
    if (madvise(mapping.begin(), kBytes, MADV_HUGEPAGE) != 0 || !IsAdvised(mapping.begin()))
      GTEST_SKIP() << "no transparent huge pages";
  }
};

TEST_F(HugePages, AreAdvisedInsideAFreshDestination) {
  const Mapping mapping(MAP_PRIVATE | MAP_ANONYMOUS);
  char *const begin = mapping.begin() + kHugePage / 2;
  ASSERT_EQ(Fill(begin, 3 * kHugePage), KINIT_OK);
  EXPECT_FALSE(IsAdvised(mapping.begin()));
  EXPECT_FALSE(IsAdvised(mapping.begin() + kHugePage - 1));
  EXPECT_TRUE(IsAdvised(mapping.begin() + kHugePage));
  EXPECT_TRUE(IsAdvised(mapping.begin() + 3 * kHugePage - 1));
  EXPECT_FALSE(IsAdvised(mapping.begin() + 3 * kHugePage));
}

TEST_F(HugePages, ChangeNoValue) {
  const Mapping advised(MAP_PRIVATE | MAP_ANONYMOUS), plain(MAP_PRIVATE | MAP_ANONYMOUS);
  ASSERT_EQ(Fill(advised.begin(), kBytes), KINIT_OK);
  kinit_set_huge_pages(0);
  ASSERT_EQ(Fill(plain.begin(), kBytes), KINIT_OK);
  kinit_set_huge_pages(1);
  EXPECT_TRUE(IsAdvised(advised.begin()));
  EXPECT_FALSE(IsAdvised(plain.begin()));
  EXPECT_EQ(std::memcmp(advised.begin(), plain.begin(), kBytes), 0);
}

TEST_F(HugePages, AreNotAdvisedForMemoryInUse) {
  const Mapping mapping(MAP_PRIVATE | MAP_ANONYMOUS);
  mapping.begin()[3 * kHugePage + 12345] = 1;
  ASSERT_EQ(Fill(mapping.begin(), kBytes), KINIT_OK);
  EXPECT_TRUE(IsAdvised(mapping.begin()));
  EXPECT_TRUE(IsAdvised(mapping.begin() + 3 * kHugePage - 1));
  EXPECT_FALSE(IsAdvised(mapping.begin() + 3 * kHugePage));
  EXPECT_FALSE(IsAdvised(mapping.begin() + kBytes - 1));
}

TEST_F(HugePages, AreNotAdvisedForSharedMemoryAndFiles) {
  const Mapping shared(MAP_SHARED | MAP_ANONYMOUS);
  ASSERT_EQ(Fill(shared.begin(), kBytes), KINIT_OK);
  EXPECT_FALSE(IsAdvised(shared.begin()));
  std::string path = testing::TempDir() + "kinit_huge_pages_XXXXXX";
  const int file = mkstemp(path.data());
  ASSERT_GE(file, 0);
  ASSERT_EQ(ftruncate(file, kBytes), 0);
  unlink(path.c_str());
  for (const int flags : {MAP_PRIVATE, MAP_SHARED}) {
    const Mapping mapped(flags, file);
    ASSERT_NE(mapped.begin(), nullptr);
    ASSERT_EQ(Fill(mapped.begin(), kBytes), KINIT_OK);
    EXPECT_FALSE(IsAdvised(mapped.begin())) << (flags == MAP_PRIVATE ? "private" : "shared");
  }
  close(file);
}

/* ctest runs this in an environment with KINIT_HUGE_PAGES=0. */
TEST_F(HugePages, AreOffByTheEnvironmentUntilTheProgramTurnsThemOn) {
  const char *const value = std::getenv("KINIT_HUGE_PAGES");
  if (value == nullptr || std::string(value) != "0") GTEST_SKIP() << "KINIT_HUGE_PAGES is not 0";
  const Mapping off(MAP_PRIVATE | MAP_ANONYMOUS), on(MAP_PRIVATE | MAP_ANONYMOUS);
  ASSERT_EQ(Fill(off.begin(), kBytes), KINIT_OK);
  EXPECT_FALSE(IsAdvised(off.begin()));
  kinit_set_huge_pages(1);
  ASSERT_EQ(Fill(on.begin(), kBytes), KINIT_OK);
  EXPECT_TRUE(IsAdvised(on.begin()));
}

TEST_F(HugePages, AreNotAdvisedForSmallFills) {
  const Mapping mapping(MAP_PRIVATE | MAP_ANONYMOUS);
  ASSERT_EQ(Fill(mapping.begin(), 2 * kHugePage - 4), KINIT_OK);
  EXPECT_FALSE(IsAdvised(mapping.begin()));
}

/* In bytes, of the pages that this process holds. */
int64_t Resident() {
  int64_t size = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

TEST_F(HugePages, GrowResidentMemoryByNoMoreThanTheFill) {
  constexpr size_t kFill = 64 << 20, kOdd = kHugePage / 2 + 64;
  const Mapping warm(MAP_PRIVATE | MAP_ANONYMOUS), mapping(MAP_PRIVATE | MAP_ANONYMOUS, -1, kFill + 2 * kHugePage);
  ASSERT_EQ(Fill(warm.begin(), kBytes), KINIT_OK);
  const int64_t before = Resident();
  ASSERT_EQ(Fill(mapping.begin() + kOdd, kFill), KINIT_OK);
  EXPECT_LE(Resident() - before, static_cast<int64_t>(kFill + kHugePage));
}

}  // namespace
