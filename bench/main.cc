// kinit_bench: every instruction set of this machine side by side.
//
// Owns: the options and the order of events. Run by scripts/bench. SPDX-License-Identifier: Apache-2.0
//
//   kinit_bench [--size=BYTES] [--long] [options of Google Benchmark]
//     --size=BYTES  written by a large fill; K, M and G may follow the number (default 1G)
//     --long        sizes up to 16 GiB as well
//     --benchmark_filter=REGEX, --benchmark_out=FILE, --benchmark_list_tests and more: see Google Benchmark
//
// Rows run in random order, several times each, and medians count, so that a slow moment of the machine does not fall
// on one row alone.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "measure.h"
#include "report.h"
#include "rows.h"

namespace {

constexpr char kUsage[] =
    "usage: kinit_bench [--size=BYTES] [--long] [options of Google Benchmark]\n"
    "  --size=BYTES  written by a large fill; K, M and G may follow the number (default 1G)\n"
    "  --long        sizes up to 16 GiB as well\n"
    "  --benchmark_filter=REGEX, --benchmark_out=FILE, --benchmark_list_tests and more: see Google Benchmark\n";

// "512M" -> 536870912; 0 if it is no size of at least 64 MiB, below which a fill is not large.
size_t ParseSize(const char *text) {
  char *end;
  const unsigned long long number = std::strtoull(text, &end, 10);
  const char *const units = "KMG";
  const char *unit = *end != '\0' ? std::strchr(units, *end) : nullptr;
  if (end == text || (*end != '\0' && (unit == nullptr || end[1] != '\0'))) return 0;
  const size_t bytes = static_cast<size_t>(number) << (unit != nullptr ? 10 * (unit - units + 1) : 0);
  return bytes >= size_t{64} << 20 ? bytes / 4096 * 4096 : 0;
}

// Takes kinit_bench's own options out of the arguments. False if one is wrong.
bool TakeOptions(std::vector<char *> *arguments, bench::Options *options) {
  std::vector<char *> rest;
  for (char *argument : *arguments) {
    if (std::strncmp(argument, "--size=", 7) == 0) {
      options->size = ParseSize(argument + 7);
      if (options->size == 0) return false;
    } else if (std::strcmp(argument, "--long") == 0) {
      options->long_run = true;
    } else {
      rest.push_back(argument);
    }
  }
  *arguments = rest;
  return true;
}

std::string CommandLine(const std::vector<char *> &arguments) {
  std::string line = "kinit_bench";
  for (size_t i = 1; i < arguments.size(); i++) line += std::string(" ") + arguments[i];
  return line;
}

void DescribeMachine(const bench::Plan &plan, const std::string &command) {
  benchmark::AddCustomContext("kinit", kinit_version());
  benchmark::AddCustomContext("cpu", bench::CpuName());
  benchmark::AddCustomContext("threads", std::to_string(plan.threads));
  benchmark::AddCustomContext("system", bench::OperatingSystem());
  benchmark::AddCustomContext("huge_pages", bench::HugePageSetting());
  benchmark::AddCustomContext("compiler", KINIT_BENCH_COMPILER);
  benchmark::AddCustomContext("command", command);
}

}  // namespace

int main(int argc, char **argv) {
  std::vector<char *> arguments(argv, argv + argc);
  const std::string command = CommandLine(arguments);
  bench::Options options;
  if (!TakeOptions(&arguments, &options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  static char interleaving[] = "--benchmark_enable_random_interleaving=true";
  arguments.insert(arguments.begin() + 1, interleaving);
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data(), [] { std::fputs(kUsage, stdout); });
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data())) return 2;

  const bench::Plan plan = bench::MakePlan(options);
  DescribeMachine(plan, command);
  bench::RegisterRows(plan);
  bench::Report report(plan, command);
  std::fprintf(stderr, "kinit_bench: %zu rows in random order, several times each; this takes some minutes\n",
               plan.rows.size());
  const size_t run = benchmark::RunSpecifiedBenchmarks(&report);
  benchmark::Shutdown();
  return run > 0 ? 0 : 1;
}
