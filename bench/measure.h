// What the bench measures with: time, the core's clock, the write ceiling, memory, and the machine's description.
//
// Owns: the declarations of measure.cc. SPDX-License-Identifier: Apache-2.0
#ifndef KINIT_BENCH_MEASURE_H
#define KINIT_BENCH_MEASURE_H

#include <cstddef>
#include <functional>
#include <string>

namespace bench {

// Seconds of a clock that only goes forward.
double Now();

// Seconds of computing: of this thread, or of all threads of the process. On a busy machine the clock runs on while
// nobody computes; these do not.
double ThreadTime();
double ProcessTime();

// Hertz of the core this thread runs on, now: a chain of dependent additions takes one cycle each.
double CoreClock();

// Calls body(0) to body(threads - 1), each in a thread of its own, and waits for all.
void InParallel(int threads, const std::function<void(int)> &body);

// Writes a constant other than zero to all of it, by stores that bypass the caches where the processor has such (x86);
// each thread one even share. The most that any fill of this memory can reach.
void StreamingStore(char *memory, size_t bytes, int threads);

// Gigabytes per second of StreamingStore on this buffer: the better of two runs.
double MeasureCeiling(char *memory, size_t bytes, int threads);

// At least so many bytes, 2 MiB-aligned, touched by the threads of a fill. The same memory for all rows: it grows as
// needed. NULL if there is not enough.
char *SharedBuffer(size_t bytes);

// Bytes that can be had without swapping; 0 if the system does not tell.
size_t AvailableMemory();

std::string CpuName();
std::string HugePageSetting();
std::string OperatingSystem();

}  // namespace bench

#endif
