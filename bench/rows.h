// The rows of the benchmark: what is filled, how, and how often.
//
// Owns: the declarations of rows.cc. SPDX-License-Identifier: Apache-2.0
#ifndef KINIT_BENCH_ROWS_H
#define KINIT_BENCH_ROWS_H

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kinit/kinit.h"

namespace bench {

// One line of the benchmark.
struct Row {
  std::string group;         // "large", "cache", "small", ...: one section of the report
  std::string isa;           // of kinit, chosen before the row runs
  std::string distribution;  // what is written, in a word
  std::string dtype;
  size_t bytes = 0;  // written by one fill
  size_t elements = 0;
  int threads = 0;  // 0: kinit's default
  std::function<kinit_status(char *memory)> fill;
  bool own_memory = false;  // the fill allocates what it writes to
  std::string layout = {};  // of a tensor, if it is one

  // group/isa/distribution/dtype/bytes/threads:n, and /layout if there is one: unique.
  std::string Name() const;
};

struct Options {
  size_t size = size_t{1} << 30;  // of a large fill, in bytes
  bool long_run = false;          // sizes up to 16 GiB
};

// Everything this machine can run, and the names of what it cannot, with the reason.
struct Plan {
  std::vector<Row> rows;
  std::vector<std::string> absent;
  int threads = 1;  // all of them
};
Plan MakePlan(const Options &options);

// Rows that ran and failed, with the reason.
const std::map<std::string, std::string> &Failures();

// Hands the rows to Google Benchmark. The plan must live until they have run.
void RegisterRows(const Plan &plan);

}  // namespace bench

#endif
