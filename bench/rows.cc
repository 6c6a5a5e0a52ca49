// The rows of the benchmark: what is filled, how, and how often.
//
// Owns: the list of rows, and how one is measured. SPDX-License-Identifier: Apache-2.0
//
// Counters of a row, medians over its repetitions:
//   GBps                gigabytes written per second
//   cycles_per_element  processor time of all threads, at the core clock measured around the repetition, by elements
//   share_of_ceiling    GBps by that of the streaming store of a constant with as many threads, measured around it too
//   ns_per_fill         nanoseconds of one call
//   GHz, threads, bytes, elements
#include "rows.h"

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "measure.h"

#if KINIT_BENCH_SLEEF_AVX2
extern "C" void kinit_bench_sleef_avx2(const uint32_t *words, float *out, size_t count);
#endif
#if KINIT_BENCH_SLEEF_AVX512
extern "C" void kinit_bench_sleef_avx512(const uint32_t *words, float *out, size_t count);
#endif

namespace bench {
namespace {

constexpr size_t kKiB = size_t{1} << 10, kMiB = size_t{1} << 20, kGiB = size_t{1} << 30;
constexpr size_t kLarge = 64 * kMiB;  // from here on a fill takes long enough to be measured by itself
constexpr kinit_stream kStream = {42, 7, 0};

struct Dtype {
  const char *name;
  kinit_dtype value;
  size_t size;
};
constexpr Dtype kDtypes[] = {
    {"f32", KINIT_F32, 4}, {"bf16", KINIT_BF16, 2}, {"f16", KINIT_F16, 2}, {"f64", KINIT_F64, 8}};
constexpr Dtype kF32 = kDtypes[0], kF64 = kDtypes[3];
constexpr const char *kIsas[] = {"avx512", "avx2", "neon", "scalar"};

kinit_status Fill(const std::string &distribution, void *memory, kinit_dtype dtype, size_t count) {
  if (distribution == "truncated") {
    return kinit_fill_truncated_normal(memory, dtype, count, 0, 0.02, -0.04, 0.04, kStream);
  }
  if (distribution == "truncated-tail") {
    return kinit_fill_truncated_normal(memory, dtype, count, 0, 0.02, 0.1, 0.12, kStream);
  }
  if (distribution == "uniform") return kinit_fill_uniform(memory, dtype, count, -0.05, 0.05, kStream);
  return kinit_fill_normal(memory, dtype, count, 0, 0.02, kStream);
}

// The lower or right half of a matrix, densely stored: `run` consecutive elements of the stream, then a gap as long
// unless `whole_rows`.
kinit_status FillShard(const std::string &distribution, void *memory, int64_t rows, int64_t run, bool whole_rows) {
  const int64_t shape[] = {rows, run};
  const int64_t global[] = {whole_rows ? 2 * rows : rows, whole_rows ? run : 2 * run};
  const int64_t start[] = {whole_rows ? rows : 0, whole_rows ? 0 : run};
  const kinit_tensor tensor = {memory, KINIT_F32, 2, shape, nullptr, global, start};
  if (distribution == "uniform") return kinit_uniform(&tensor, -0.05, 0.05, kStream);
  return kinit_normal(&tensor, 0, 0.02, kStream);
}

// Collects rows; leaves out those that do not fit into memory, by name.
class Planner {
 public:
  explicit Planner(const Options &options) : options_(options), memory_limit_(AvailableMemory() / 10 * 8) {
    kinit_set_num_threads(0);
    plan_.threads = kinit_num_threads();
    for (const char *isa : kIsas) AddIsa(isa);
  }

  Plan Take() { return std::move(plan_); }

  // Every backend, distribution and dtype, far above the caches.
  void Large() {
    for (const std::string &isa : isas_)
      for (const char *distribution : {"uniform", "normal"})
        for (const Dtype &dtype : kDtypes)
          for (int threads : OneAndAll()) AddFill("large", isa, distribution, dtype, options_.size, threads);
  }

  void Truncated() {
    for (const std::string &isa : isas_) {
      for (int threads : OneAndAll()) AddFill("large", isa, "truncated", kF32, options_.size, threads);
      AddFill("large", isa, "truncated-tail", kF32, options_.size, 1);
      AddFill("large", isa, "truncated", kF64, options_.size, 1);
    }
  }

  void Huge() {
    for (const std::string &isa : isas_) AddFill("huge", isa, "normal", kF32, 4 * kGiB, plan_.threads);
  }

  void Cached() {
    for (const std::string &isa : isas_)
      for (size_t bytes : {64 * kKiB, kMiB}) {
        for (const char *distribution : {"uniform", "normal"})
          for (const Dtype &dtype : kDtypes) AddFill("cache", isa, distribution, dtype, bytes, 1);
        for (const char *distribution : {"truncated", "truncated-tail"})
          AddFill("cache", isa, distribution, kF32, bytes, 1);
      }
  }

  // Shards of a matrix: whole rows, and columns, whose runs are short.
  void Tensors() {
    for (const char *distribution : {"uniform", "normal"}) {
      for (int threads : OneAndAll()) {
        AddShard(distribution, 4096, true, threads);
        for (int64_t run : {4096, 512, 64, 8}) AddShard(distribution, run, false, threads);
      }
    }
  }

  // As a caller meets them: with the default number of threads.
  void Small() {
    for (const std::string &isa : isas_)
      for (const char *distribution : {"uniform", "normal"})
        for (size_t count : {size_t{16}, size_t{1024}}) AddFill("small", isa, distribution, kF32, count * kF32.size, 0);
  }

  void Sizes() {
    for (const char *distribution : {"uniform", "normal"})
      for (int threads : OneAndAll())
        for (size_t bytes = 64 * kKiB; bytes <= (options_.long_run ? 16 : 4) * kGiB; bytes *= 4)
          AddFill("size", best(), distribution, kF32, bytes, threads);
  }

  void Threads() {
    for (const char *distribution : {"uniform", "normal"})
      for (int threads : ThreadCounts()) AddFill("threads", best(), distribution, kF32, options_.size, threads);
  }

  // The ceiling, constants, raw words, and Box-Muller through SLEEF.
  void Yardsticks() {
    const size_t bytes = options_.size;
    for (int threads : ThreadCounts()) {
      Add({"yardstick", best(), "streaming-store", "f32", bytes, bytes / 4, threads, [=](char *memory) {
             StreamingStore(memory, bytes, threads);
             return KINIT_OK;
           }});
    }
    for (int threads : OneAndAll()) {
      Add({"yardstick", best(), "constant", "f32", bytes, bytes / 4, threads,
           [=](char *memory) { return kinit_fill_constant(memory, KINIT_F32, bytes / 4, 1.1); }});
      Add({"yardstick", best(), "bits", "u32", bytes, bytes / 4, threads,
           [=](char *memory) { return kinit_fill_bits(reinterpret_cast<uint32_t *>(memory), bytes / 4, kStream); }});
    }
#if KINIT_BENCH_SLEEF_AVX512
    Sleef("avx512", kinit_bench_sleef_avx512);
#endif
#if KINIT_BENCH_SLEEF_AVX2
    Sleef("avx2", kinit_bench_sleef_avx2);
#endif
  }

  // Allocation, fill and release.
  void Fresh() {
    const size_t bytes = options_.size;
    for (int threads : OneAndAll()) {
      AddFresh("kinit_alloc", threads, [=] {
        void *memory = kinit_alloc(bytes);
        const kinit_status status = Fill("normal", memory, KINIT_F32, bytes / 4);
        kinit_free(memory);
        return status;
      });
      AddFresh("malloc", threads, [=] {
        void *memory = std::malloc(bytes);
        const kinit_status status = Fill("normal", memory, KINIT_F32, bytes / 4);
        std::free(memory);
        return status;
      });
    }
  }

 private:
  const std::string &best() const { return isas_.front(); }

  void AddIsa(const char *isa) {
    if (kinit_set_isa(isa) == KINIT_OK)
      isas_.push_back(isa);
    else
      plan_.absent.push_back(std::string(isa) + ": not in this build, or not on this machine");
  }

  std::vector<int> OneAndAll() const {
    if (plan_.threads == 1) return {1};
    return {1, plan_.threads};
  }

  // Powers of two, and all.
  std::vector<int> ThreadCounts() const {
    std::vector<int> counts;
    for (int threads = 1; threads < plan_.threads; threads *= 2) counts.push_back(threads);
    counts.push_back(plan_.threads);
    return counts;
  }

  void Add(Row row) {
    if (row.bytes <= memory_limit_ || memory_limit_ == 0)
      plan_.rows.push_back(std::move(row));
    else
      plan_.absent.push_back(row.Name() + ": not enough memory");
  }

  void AddFill(const char *group, const std::string &isa, const std::string &distribution, const Dtype &dtype,
               size_t bytes, int threads) {
    const kinit_dtype value = dtype.value;
    const size_t count = bytes / dtype.size;
    Add({group, isa, distribution, dtype.name, bytes, count, threads,
         [=](char *memory) { return Fill(distribution, memory, value, count); }});
  }

  void AddShard(const std::string &distribution, int64_t run, bool whole_rows, int threads) {
    const size_t count = options_.size / 16;
    const int64_t rows = static_cast<int64_t>(count) / run;
    Row row = {"tensor",     best(),
               distribution, "f32",
               count * 4,    count,
               threads,      [=](char *memory) { return FillShard(distribution, memory, rows, run, whole_rows); }};
    row.layout = whole_rows ? "rows" : "columns:" + std::to_string(run);
    Add(row);
  }

  void AddFresh(const char *allocator, int threads, const std::function<kinit_status()> &fill) {
    const size_t bytes = options_.size;
    Add({"fresh", best(), std::string("normal+") + allocator, "f32", bytes, bytes / 4, threads,
         [=](char *) { return fill(); }, true});
  }

  // Words come a tile at a time from the backend of the same instruction set, and stay in the first-level cache.
  void Sleef(const char *isa, void (*box_muller)(const uint32_t *, float *, size_t)) {
    constexpr size_t kTile = 4096;
    if (std::find(isas_.begin(), isas_.end(), isa) == isas_.end()) return;
    const size_t count = options_.size / 4 / kTile * kTile;
    Add({"yardstick", isa, "normal-by-SLEEF", "f32", count * 4, count, 1, [=](char *memory) {
           alignas(64) uint32_t words[kTile];
           kinit_status status = KINIT_OK;
           for (size_t i = 0; i < count && status == KINIT_OK; i += kTile) {
             status = kinit_fill_bits(words, kTile, {kStream.seed, kStream.subsequence, i});
             box_muller(words, reinterpret_cast<float *>(memory) + i, kTile);
           }
           return status;
         }});
  }

  Options options_;
  size_t memory_limit_;
  std::vector<std::string> isas_;
  Plan plan_;
};

std::map<std::string, std::string> failures;

void Fail(benchmark::State &state, const Row &row, const char *reason) {
  failures[row.Name()] = reason;
  state.SkipWithError(reason);
}

void ShowProgress(const Row &row) {
  static const bool terminal = isatty(STDERR_FILENO);
  if (terminal) std::fprintf(stderr, "\r\033[K%s", row.Name().c_str());
}

// What one fill took.
struct Cost {
  double seconds;
  double busy_seconds;  // of all cores together
};

// What the machine could do just before and just after.
struct Limits {
  double hertz;
  double ceiling;  // GB/s; 0 where the caches count
};

Limits MeasureLimits(const Row &row, char *memory) {
  constexpr size_t kEnough = 256 * kMiB;
  const bool large = row.bytes >= kLarge && memory != nullptr;
  return {CoreClock(), large ? MeasureCeiling(memory, std::min(row.bytes, kEnough), row.threads) : 0};
}

void SetCounters(benchmark::State &state, const Row &row, const Cost &cost, const Limits &limits) {
  const double bytes = static_cast<double>(row.bytes), elements = static_cast<double>(row.elements);
  const double rate = bytes / cost.seconds * 1e-9;
  state.counters["GBps"] = rate;
  state.counters["ns_per_fill"] = cost.seconds * 1e9;
  state.counters["cycles_per_element"] = cost.busy_seconds * limits.hertz / elements;
  state.counters["GHz"] = limits.hertz * 1e-9;
  state.counters["threads"] = row.threads;
  state.counters["bytes"] = bytes;
  state.counters["elements"] = elements;
  if (limits.ceiling > 0) state.counters["share_of_ceiling"] = rate / limits.ceiling;
}

// Small fills are too short for the clock to be read in between: the whole loop is timed. With one thread its own time
// counts, because threads that wait for the next fill may be busy waiting.
Cost RunLoop(benchmark::State &state, const Row &row, char *memory, kinit_status *status) {
  double (*const busy)() = row.threads > 1 ? ProcessTime : ThreadTime;
  const double busy_begin = busy(), begin = Now();
  for (auto _ : state) {
    const kinit_status result = row.fill(memory);
    if (result != KINIT_OK) *status = result;
  }
  const double fills = static_cast<double>(state.iterations());
  return {(Now() - begin) / fills, (busy() - busy_begin) / fills};
}

void Measure(benchmark::State &state, const Row &row) {
  ShowProgress(row);
  kinit_set_isa(row.isa.c_str());
  kinit_set_num_threads(row.threads);
  char *memory = row.own_memory ? nullptr : SharedBuffer(row.bytes);
  if (memory == nullptr && !row.own_memory) return Fail(state, row, "out of memory");
  // Once before, so that threads and caches are warm, and so that a virtual machine's host has the memory ready that an
  // allocation is about to get.
  kinit_status status = row.bytes < kLarge || row.own_memory ? row.fill(memory) : KINIT_OK;
  const Limits before = MeasureLimits(row, memory);
  const Cost cost = RunLoop(state, row, memory, &status);
  const Limits after = MeasureLimits(row, memory);
  if (status != KINIT_OK) return Fail(state, row, kinit_status_message(status));
  SetCounters(state, row, cost, {(before.hertz + after.hertz) / 2, std::max(before.ceiling, after.ceiling)});
}

}  // namespace

std::string Row::Name() const {
  return group + "/" + isa + "/" + distribution + "/" + dtype + "/" + std::to_string(bytes) +
         "/threads:" + (threads > 0 ? std::to_string(threads) : "default") + (layout.empty() ? "" : "/" + layout);
}

Plan MakePlan(const Options &options) {
  Planner planner(options);
  planner.Large();
  planner.Truncated();
  planner.Tensors();
  planner.Huge();
  planner.Cached();
  planner.Small();
  planner.Sizes();
  planner.Threads();
  planner.Yardsticks();
  planner.Fresh();
  return planner.Take();
}

const std::map<std::string, std::string> &Failures() { return failures; }

// Large fills are measured one by one, small ones many at a time.
void RegisterRows(const Plan &plan) {
  for (const Row &row : plan.rows) {
    auto *benchmark = benchmark::RegisterBenchmark(row.Name().c_str(), Measure, row)->UseRealTime();
    benchmark->Repetitions(row.isa == "scalar" ? 3 : 5);
    if (row.bytes >= kLarge)
      benchmark->Iterations(1)->Unit(benchmark::kMillisecond);
    else
      benchmark->MinTime(0.01);
  }
}

}  // namespace bench
