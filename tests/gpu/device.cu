/* The kernels of a GPU, on one, against the CPU's bytes; and how fast they are. scripts/test-cuda and
 * scripts/bench-cuda compile it by nvcc, with the static library. Exits with 77 where there is no GPU.
 *
 * Owns: what is compared. SPDX-License-Identifier: Apache-2.0 */
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cuda/driver.h"
#include "kinit/cuda.h"

namespace {

void Must(cudaError_t error, const char *what) {
  if (error == cudaSuccess) return;
  std::fprintf(stderr, "device: %s: %s\n", what, cudaGetErrorString(error));
  std::exit(1);
}

void Launch(const kinit_layout &layout, kinit_dtype dtype, const kinit_dist &dist, kinit_stream stream,
            cudaStream_t on) {
  const kinit_status status = kinit_cuda_fill(on, &layout, dtype, &dist, stream);
  if (status != KINIT_OK) std::fprintf(stderr, "device: %s\n", kinit_status_message(status)), std::exit(1);
}

struct Drawn {
  const char *name;
  kinit_dtype dtype;
  kinit_initializer initializer;
  kinit_dist dist;
};

/* Every kernel but that of bits: a distribution in a dtype, for the CPU and for the GPU. */
std::vector<Drawn> AllDrawn() {
  std::vector<Drawn> all;
  const kinit_dtype dtypes[] = {KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16, KINIT_F8_E4M3, KINIT_F8_E5M2};
  const auto add = [&](kinit_dtype dtype, kinit_scheme scheme, kinit_dist dist) {
    kinit_initializer i = kinit_initializer_default(scheme);
    i.mean = dist.mean, i.stddev = dist.stddev, i.low = dist.low, i.high = dist.high, i.value = dist.value;
    all.push_back({kinit_scheme_name(scheme), dtype, i, dist});
  };
  for (const kinit_dtype dtype : dtypes) {
    add(dtype, KINIT_SCHEME_CONSTANT, {KINIT_FAMILY_CONSTANT, 0, 0, 0, 0, -1.37});
    add(dtype, KINIT_SCHEME_UNIFORM, {KINIT_FAMILY_UNIFORM, 0, 0, -0.3, 0.7, 0});
    add(dtype, KINIT_SCHEME_UNIFORM, {KINIT_FAMILY_UNIFORM, 0, 0, 1, 1 + 0x1p-22, 0});
    if (dtype != KINIT_F64) add(dtype, KINIT_SCHEME_NORMAL, {KINIT_FAMILY_NORMAL, 0.1, 1.7, 0, 0, 0});
    for (const auto &b : {std::pair<double, double>{-2, 3}, {-0.04, 0.04}, {9, 12}, {-80, -15}, {0.5, 0.7}})
      add(dtype, KINIT_SCHEME_TRUNCATED_NORMAL, {KINIT_FAMILY_TRUNCATED_NORMAL, 0, 1, b.first, b.second, 0});
  }
  return all;
}

int failures = 0;

void Expect(bool equal, const std::string &what) {
  if (!equal) failures++, std::fprintf(stderr, "device: differs: %s\n", what.c_str());
}

/* A tensor in memory of `elements`, from element `from` on; everything beside it has to stay. */
void Compare(const Drawn &d, kinit_tensor tensor, size_t from, size_t elements, kinit_stream stream, cudaStream_t on) {
  const size_t size = kinit_dtype_size(d.dtype);
  std::vector<unsigned char> expected(elements * size, 0xA5), got(elements * size);
  char *memory = nullptr;
  Must(cudaMallocAsync(&memory, got.size(), on), "memory");
  Must(cudaMemsetAsync(memory, 0xA5, got.size(), on), "memset");
  tensor.dtype = d.dtype;
  tensor.data = expected.data() + from * size;
  const kinit_status status = kinit_initialize(&tensor, &d.initializer, stream);
  if (status != KINIT_OK) std::fprintf(stderr, "device: CPU: %s\n", kinit_status_message(status)), std::exit(1);
  tensor.data = memory + from * size;
  if (kinit_cuda_initialize(&tensor, &d.initializer, stream, on) != KINIT_OK) Expect(false, "a status");
  Must(cudaMemcpyAsync(got.data(), memory, got.size(), cudaMemcpyDeviceToHost, on), "copy");
  Must(cudaStreamSynchronize(on), "kernel");
  Must(cudaFreeAsync(memory, on), "free");
  Expect(got == expected,
         std::string(d.name) + ", " + kinit_dtype_name(d.dtype) + ", offset " + std::to_string(stream.offset));
}

void CompareAll(cudaStream_t on) {
  const int64_t flat[] = {100003}, matrix[] = {37, 129}, transposed[] = {1, 37}, whole[] = {50, 400},
                start[] = {7, 131};
  for (const Drawn &d : AllDrawn())
    for (const uint64_t offset : {uint64_t{0}, uint64_t{3}, (uint64_t{1} << 34) - 50001}) {
      const kinit_stream stream = {42, 7, offset};
      Compare(d, {nullptr, d.dtype, 1, flat, nullptr, nullptr, nullptr}, 0, 100003, stream, on);
      Compare(d, {nullptr, d.dtype, 1, flat, nullptr, nullptr, nullptr}, 1, 100005, stream, on);
      Compare(d, {nullptr, d.dtype, 2, matrix, transposed, nullptr, nullptr}, 0, 37 * 129, stream, on);
      Compare(d, {nullptr, d.dtype, 2, matrix, nullptr, whole, start}, 2, 37 * 129 + 5, stream, on);
    }
}

/* More elements than 32 bits count, in two streams at a time: parts of them, against the CPU. */
void CompareLarge() {
  const uint64_t count = (uint64_t{1} << 32) + 12345, part = 1 << 20;
  const kinit_dist dist = {KINIT_FAMILY_UNIFORM, 0, 0, -1, 1, 0};
  cudaStream_t streams[2];
  char *memory[2];
  for (int i = 0; i < 2; i++) {
    Must(cudaStreamCreate(&streams[i]), "stream");
    Must(cudaMalloc(&memory[i], count), "4 GiB");
    Launch(kinit_layout_flat(memory[i], 1, 5, count), KINIT_F8_E5M2, dist, {1, static_cast<uint64_t>(i), 5},
           streams[i]);
  }
  for (int i = 0; i < 2; i++) {
    Must(cudaStreamSynchronize(streams[i]), "kernel");
    for (const uint64_t from : {uint64_t{0}, count / 2, count - part}) {
      std::vector<unsigned char> got(part), expected(part);
      Must(cudaMemcpy(got.data(), memory[i] + from, part, cudaMemcpyDeviceToHost), "copy");
      kinit_fill_uniform(expected.data(), KINIT_F8_E5M2, part, -1, 1, {1, static_cast<uint64_t>(i), 5 + from});
      Expect(got == expected, "more than 2^32 elements, from " + std::to_string(from));
    }
    Must(cudaFree(memory[i]), "free");
  }
}

/* ---- Speed ------------------------------------------------------------------------------------------------------- */

template <typename Function>
void Time(const char *name, size_t bytes, Function run) {
  cudaEvent_t begin, end;
  Must(cudaEventCreate(&begin), "event");
  Must(cudaEventCreate(&end), "event");
  run();
  float best = 1e30f;
  for (int i = 0; i < 20; i++) {
    float ms = 0;
    Must(cudaEventRecord(begin), "event");
    run();
    Must(cudaEventRecord(end), "event");
    Must(cudaEventSynchronize(end), name);
    Must(cudaEventElapsedTime(&ms, begin, end), "event");
    if (ms < best) best = ms;
  }
  std::printf("%-28s %8.1f GB/s\n", name, static_cast<double>(bytes) / best * 1e-6);
}

void Bench() {
  const size_t bytes = size_t{1} << 30;
  char *memory = nullptr;
  Must(cudaMalloc(&memory, bytes), "1 GiB");
  Time("memset", bytes, [&] { Must(cudaMemsetAsync(memory, 1, bytes), "memset"); });
  for (const Drawn &d : AllDrawn()) {
    const size_t size = kinit_dtype_size(d.dtype);
    const std::string name = std::string(d.name) + " " + kinit_dtype_name(d.dtype);
    Time(name.c_str(), bytes, [&] {
      Launch(kinit_layout_flat(memory, size, 0, bytes / size), d.dtype, d.dist, {1, 2, 0}, nullptr);
    });
  }
  Must(cudaFree(memory), "free");
}

}  // namespace

int main(int argc, char **argv) {
  int devices = 0;
  cudaDeviceProp properties;
  if (cudaGetDeviceCount(&devices) != cudaSuccess || devices == 0) {
    std::printf("skipped: this machine has no GPU that CUDA finds\n");
    return 77;
  }
  Must(cudaGetDeviceProperties(&properties, 0), "properties");
  std::printf("%s\n", properties.name);
  Must(cudaFree(nullptr), "context");
  if (kinit_cuda_available() == 0) {
    std::fprintf(stderr, "device: the library has no kernels for a GPU\n");
    return 1;
  }
  if (argc > 1 && std::string(argv[1]) == "bench") {
    Bench();
    return 0;
  }
  cudaStream_t stream;
  Must(cudaStreamCreate(&stream), "stream");
  CompareAll(nullptr);
  CompareAll(stream);
  CompareLarge();
  std::printf("tried: %zu distributions on a GPU, %d differ\n", AllDrawn().size(), failures);
  return failures == 0 ? 0 : 1;
}
