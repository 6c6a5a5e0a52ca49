/* The progress bar on a terminal, and its silence elsewhere.
 *
 * Owns: the tests of tools/progress.c. SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

extern "C" {
#include "progress.h"
}

namespace {

using testing::ContainsRegex;

/* What `work` writes to stderr while that is the descriptor `in`, as it is read from `out`. Closes both. */
template <typename Work>
std::string StderrOf(int in, int out, Work work) {
  const int before = dup(STDERR_FILENO);
  dup2(in, STDERR_FILENO);
  work();
  dup2(before, STDERR_FILENO);
  close(before);
  std::string text;
  char buffer[4096];
  pollfd ready = {out, POLLIN, 0};
  while (poll(&ready, 1, 0) > 0 && (ready.revents & POLLIN) != 0) {
    const ssize_t got = read(out, buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, size_t(got));
  }
  close(in);
  close(out);
  return text;
}

/* Half of 2 GB after more than the interval, the rest at once, from two threads. */
void Work() {
  tool_progress_start(2000000000);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; i++) threads.emplace_back([] { tool_progress_advance(500000000); });
  for (std::thread &t : threads) t.join();
  for (int i = 0; i < 1000; i++) tool_progress_advance(1000000);
  tool_progress_stop();
}

TEST(Progress, OnATerminalShowsBytesRateAndRemainingTime) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) GTEST_SKIP() << "no pseudo-terminals here";
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const auto began = std::chrono::steady_clock::now();
  const std::string text = StderrOf(terminal, master, Work);
  const auto tenths = (std::chrono::steady_clock::now() - began) / std::chrono::milliseconds(100);
  EXPECT_THAT(text, ContainsRegex("\r\\[[#.]{24}\\] +[0-9]+%  [0-9.]+ [MG]B of 2.00 GB  [0-9.]+ GB/s  [0-9:]+ left"));
  EXPECT_THAT(text, ContainsRegex("\r2.00 GB in [0-9:]+, [0-9.]+ GB/s *\r\n$"));
  EXPECT_LE(std::count(text.begin(), text.end(), '%'), tenths) << "drawn more often than ten times a second";
  for (size_t at = 0, next; at < text.size(); at = next + 1) {
    next = std::min(text.find('\r', at), text.size());
    EXPECT_LT(next - at, 80u) << "wider than a terminal";
  }
}

TEST(Progress, LeavesNoTraceOfWorkThatFailed) {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) GTEST_SKIP() << "no pseudo-terminals here";
  const int terminal = open(ptsname(master), O_RDWR | O_NOCTTY);
  ASSERT_GE(terminal, 0);
  const std::string text = StderrOf(terminal, master, [] {
    tool_progress_start(100);
    tool_progress_advance(99);
    tool_progress_stop();
    tool_progress_stop();
  });
  EXPECT_EQ(text, "\r" + std::string(79, ' ') + "\r");
}

TEST(Progress, InAPipeShowsNothing) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(StderrOf(ends[1], ends[0], Work), "");
}

}  // namespace
