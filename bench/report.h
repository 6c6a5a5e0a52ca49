// The readable tables at the end of a run.
//
// Owns: the declarations of report.cc. SPDX-License-Identifier: Apache-2.0
#ifndef KINIT_BENCH_REPORT_H
#define KINIT_BENCH_REPORT_H

#include <benchmark/benchmark.h>

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rows.h"

namespace bench {

// Collects the medians while Google Benchmark runs, and prints all tables when it has finished.
class Report : public benchmark::BenchmarkReporter {
 public:
  Report(const Plan &plan, std::string command) : plan_(plan), command_(std::move(command)) {}

  bool ReportContext(const Context &) override { return true; }
  void ReportRuns(const std::vector<Run> &runs) override;
  void Finalize() override;

 private:
  using Text = std::function<std::string(const Row &)>;

  // A table of the rows of one group: one line for each value of `line`, one column for each of `column`.
  void Table(const std::string &title, const std::string &group, const Text &line, const Text &column,
             const Text &cell) const;

  // A counter of the row, as text; "-" if it was not measured.
  std::string Number(const Row &row, const char *counter, const char *format, double scale = 1) const;
  double Value(const Row &row, const char *counter) const;  // 0 if it was not measured
  std::string RateAndSpeedup(const Row &row) const;

  void PrintMachine() const;
  void PrintComparison() const;
  void PrintSmallAndCached() const;
  void PrintSweeps() const;
  void PrintYardsticks() const;
  void PrintAbsent() const;

  const Plan &plan_;
  std::string command_;
  std::map<std::string, std::map<std::string, double>> medians_;  // row -> counter -> value
};

}  // namespace bench

#endif
