// The readable tables at the end of a run.
//
// Owns: what scripts/bench shows. SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "measure.h"

namespace bench {
namespace {

std::string Format(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string Size(size_t bytes) {
  const char *const units[] = {"B", "KiB", "MiB", "GiB"};
  int unit = 0;
  for (; unit < 3 && bytes >= 1024 && bytes % 1024 == 0; unit++) bytes /= 1024;
  return std::to_string(bytes) + " " + units[unit];
}

std::string Threads(int threads) { return std::to_string(threads) + (threads == 1 ? " thread" : " threads"); }

// Index of the text in the list, which it joins if it is new.
size_t IndexOf(std::vector<std::string> *list, const std::string &text) {
  const auto found = std::find(list->begin(), list->end(), text);
  if (found != list->end()) return static_cast<size_t>(found - list->begin());
  list->push_back(text);
  return list->size() - 1;
}

using Lines = std::vector<std::vector<std::string>>;

void Put(Lines *lines, size_t line, size_t column, const std::string &text) {
  if (lines->size() <= line) lines->resize(line + 1);
  std::vector<std::string> &cells = (*lines)[line];
  if (cells.size() <= column) cells.resize(column + 1);
  cells[column] = text;
}

bool IsEmpty(const std::vector<std::string> &cells) {
  return std::all_of(cells.begin(), cells.end(), [](const std::string &text) { return text.empty(); });
}

// The first column is aligned to the left, all others to the right.
void Print(const Lines &lines) {
  std::vector<size_t> width;
  for (const auto &cells : lines) {
    width.resize(std::max(width.size(), cells.size()));
    for (size_t i = 0; i < cells.size(); i++) width[i] = std::max(width[i], cells[i].size());
  }
  for (const auto &cells : lines) {
    if (IsEmpty(cells)) continue;
    for (size_t i = 0; i < cells.size(); i++)
      std::printf(i == 0 ? "%-*s" : "  %*s", static_cast<int>(width[i]), cells[i].c_str());
    std::printf("\n");
  }
}

// Values of Row by which tables are cut.
std::string IsaAndThreads(const Row &row) { return row.isa + ", " + Threads(row.threads); }
std::string DistributionAndDtype(const Row &row) { return row.distribution + "\n" + row.dtype; }
std::string DistributionAndThreads(const Row &row) { return row.distribution + "\n" + Threads(row.threads); }
std::string ThreadsOnly(const Row &row) { return "\n" + Threads(row.threads); }

}  // namespace

void Report::ReportRuns(const std::vector<Run> &runs) {
  for (const Run &run : runs) {
    if (run.run_type != Run::RT_Aggregate || run.aggregate_name != "median") continue;
    for (const auto &counter : run.counters) medians_[run.run_name.function_name][counter.first] = counter.second.value;
  }
}

double Report::Value(const Row &row, const char *counter) const {
  const auto median = medians_.find(row.Name());
  if (median == medians_.end()) return 0;
  const auto value = median->second.find(counter);
  return value != median->second.end() ? value->second : 0;
}

std::string Report::Number(const Row &row, const char *counter, const char *format, double scale) const {
  const double value = Value(row, counter);
  return value > 0 ? Format(format, value * scale) : "-";
}

std::string Report::RateAndSpeedup(const Row &row) const {
  Row scalar = row;
  scalar.isa = "scalar";
  const double reference = Value(scalar, "GBps");
  const std::string rate = Number(row, "GBps", "%.2f");
  return reference > 0 ? rate + Format(" %4.1fx", Value(row, "GBps") / reference) : rate;
}

void Report::Table(const std::string &title, const std::string &group, const Text &line, const Text &column,
                   const Text &cell) const {
  std::vector<std::string> names, columns;
  Lines lines(2, std::vector<std::string>(1));  // two lines of heading
  for (const Row &row : plan_.rows) {
    if (row.group != group || medians_.count(row.Name()) == 0) continue;
    const std::string heading = column(row);
    const size_t x = IndexOf(&columns, heading) + 1, y = IndexOf(&names, line(row)) + 2, cut = heading.find('\n');
    Put(&lines, 0, x, heading.substr(0, cut));
    Put(&lines, 1, x, heading.substr(cut + 1));
    Put(&lines, y, 0, line(row));
    Put(&lines, y, x, cell(row));
  }
  if (names.empty()) return;
  std::printf("\n%s\n", title.c_str());
  Print(lines);
}

void Report::PrintMachine() const {
  std::printf("kinit %s, %s, stream version %d\n", kinit_version(), KINIT_BENCH_COMPILER, KINIT_STREAM_VERSION);
  std::printf("machine: %s, %s by default; %s; transparent huge pages: %s\n", CpuName().c_str(),
              Threads(plan_.threads).c_str(), OperatingSystem().c_str(), HugePageSetting().c_str());
  std::printf("command: %s\n", command_.c_str());
  std::printf("Medians. Cycles are processor time of all threads at the core clock measured in the run.\n");
}

void Report::PrintComparison() const {
  size_t bytes = 0;
  for (const Row &row : plan_.rows)
    if (row.group == "large") bytes = row.bytes;
  const std::string what = Size(bytes) + " per fill: ";
  Table(what + "GB/s, and speed-up over scalar with as many threads", "large", IsaAndThreads, DistributionAndDtype,
        [this](const Row &row) { return RateAndSpeedup(row); });
  Table(what + "cycles per element", "large", IsaAndThreads, DistributionAndDtype,
        [this](const Row &row) { return Number(row, "cycles_per_element", "%.2f"); });
  Table(what + "share of the ceiling, which is a streaming store of a constant", "large", IsaAndThreads,
        DistributionAndDtype, [this](const Row &row) { return Number(row, "share_of_ceiling", "%.0f %%", 100); });
  Table(
      "Multi-gigabyte fills: GB/s", "huge", IsaAndThreads,
      [](const Row &row) { return row.distribution + " " + row.dtype + "\n" + Size(row.bytes); },
      [this](const Row &row) { return Number(row, "GBps", "%.2f"); });
}

void Report::PrintSmallAndCached() const {
  Table(
      "In the caches, 1 thread: cycles per element", "cache",
      [](const Row &row) { return row.isa + ", " + Size(row.bytes); }, DistributionAndDtype,
      [this](const Row &row) { return Number(row, "cycles_per_element", "%.2f"); });
  Table(
      "Small fills: nanoseconds per call", "small", [](const Row &row) { return row.isa; },
      [](const Row &row) { return DistributionAndDtype(row) + " x " + std::to_string(row.elements); },
      [this](const Row &row) { return Number(row, "ns_per_fill", "%.0f"); });
}

void Report::PrintSweeps() const {
  const Text rate = [this](const Row &row) { return Number(row, "GBps", "%.2f"); };
  Table(
      "Sizes, best instruction set, f32: GB/s", "size", [](const Row &row) { return Size(row.bytes); },
      DistributionAndThreads, rate);
  Table(
      "Threads, best instruction set, f32: GB/s", "threads", [](const Row &row) { return Threads(row.threads); },
      DistributionAndDtype, rate);
  Table(
      "Half of a matrix, best instruction set, f32: GB/s", "tensor", [](const Row &row) { return row.layout; },
      DistributionAndThreads, rate);
}

void Report::PrintYardsticks() const {
  const Text rate = [this](const Row &row) { return Number(row, "GBps", "%.2f"); };
  Table(
      "Yardsticks: GB/s", "yardstick",
      [](const Row &row) { return row.distribution + (row.distribution == "normal-by-SLEEF" ? ", " + row.isa : ""); },
      ThreadsOnly, rate);
  Table(
      "Fresh memory: allocation, fill and release, GB/s", "fresh", [](const Row &row) { return row.distribution; },
      ThreadsOnly, rate);
}

void Report::PrintAbsent() const {
  if (plan_.absent.empty() && Failures().empty()) return;
  std::printf("\nNot measured\n");
  for (const std::string &text : plan_.absent) std::printf("%s\n", text.c_str());
  for (const auto &failure : Failures()) std::printf("%s: %s\n", failure.first.c_str(), failure.second.c_str());
}

void Report::Finalize() {
  if (medians_.empty()) return;
  if (isatty(STDERR_FILENO)) std::fprintf(stderr, "\r\033[K");
  PrintMachine();
  PrintComparison();
  PrintSmallAndCached();
  PrintSweeps();
  PrintYardsticks();
  PrintAbsent();
}

}  // namespace bench
