/* The kernels of a GPU, compiled for the host, against the golden file and against the CPU's fills of tensors. What
 * this cannot show is that a GPU computes the same: scripts/test-cuda does, on one. SPDX-License-Identifier: Apache-2.0
 */
#include <cstdio>

#include "cuda_threads.h"
#include "golden_file.h"
#include "support.h"

namespace kinit_test {
namespace {

kinit_dist DistOf(const GoldenCase &c) {
  const std::vector<double> &p = c.parameters;
  kinit_dist dist = {};
  dist.family = c.distribution == "bits"      ? KINIT_FAMILY_BITS
                : c.distribution == "uniform" ? KINIT_FAMILY_UNIFORM
                : c.distribution == "normal"  ? KINIT_FAMILY_NORMAL
                                              : KINIT_FAMILY_TRUNCATED_NORMAL;
  const bool bounds = dist.family == KINIT_FAMILY_UNIFORM;
  if (p.size() == 2) (bounds ? dist.low : dist.mean) = p[0], (bounds ? dist.high : dist.stddev) = p[1];
  if (p.size() == 4) dist = {dist.family, p[0], p[1], p[2], p[3], 0};
  return dist;
}

kinit_status FillOnThreads(const kinit_layout &layout, kinit_dtype dtype, const kinit_dist &dist, kinit_stream stream,
                           uint64_t threads) {
  kinit_cuda_job job;
  const char *name = nullptr;
  const kinit_status status = kinit_cuda_job_make(&job, &name, &layout, dtype, &dist, stream);
  if (status != KINIT_OK) return status;
  CudaKernel *kernel = FindCudaKernel(name);
  EXPECT_NE(kernel, nullptr) << name;
  if (kernel != nullptr) RunCudaKernel(kernel, job, threads);
  return status;
}

/* At an aligned place, and one element behind it, where no group can be one store. */
void ExpectLine(const GoldenCase &c, size_t shift, uint64_t threads) {
  const kinit_dtype dtype = DtypeOf(c);
  const size_t size = SizeOf(dtype);
  GuardedMemory memory((c.count + shift) * size);
  memory.Paint();
  unsigned char *dst = memory.begin() + shift * size;
  const kinit_layout layout = kinit_layout_flat(dst, size, c.stream.offset, c.count);
  ASSERT_EQ(FillOnThreads(layout, dtype, DistOf(c), c.stream, threads), KINIT_OK) << c.line;
  uint64_t first = 0;
  std::memcpy(&first, dst, size);
  EXPECT_EQ(first, c.first) << c.line;
  EXPECT_EQ(Fnv1a(dst, c.count * size), c.hash) << c.line;
  const std::vector<unsigned char> values(dst, dst + c.count * size);
  EXPECT_TRUE(memory.Holds(dst, values.data(), values.size())) << c.line;
}

bool IsRefused(const GoldenCase &c) { return c.distribution == "normal" && c.dtype == "f64"; }

TEST(CudaHost, EveryLineOfTheGoldenFile) {
  const std::vector<GoldenCase> cases = ReadGoldenFile();
  int tried = 0;
  for (const GoldenCase &c : cases) {
    if (IsRefused(c)) continue;
    tried++;
    ExpectLine(c, 0, 37);
    ExpectLine(c, 1, 5000);
  }
  std::printf("tried: %d of %zu lines of golden.txt by the kernels of a GPU on the host\n", tried, cases.size());
  EXPECT_GE(tried, 300);
}

TEST(CudaHost, NormalsInF64AreRefusedByName) {
  double value = 7;
  const kinit_layout layout = kinit_layout_flat(&value, 8, 0, 1);
  const kinit_dist dist = {KINIT_FAMILY_NORMAL, 0, 1, 0, 0, 0};
  EXPECT_EQ(FillOnThreads(layout, KINIT_F64, dist, {1, 2, 3}, 1), KINIT_ERROR_CUDA_KERNEL);
  EXPECT_EQ(value, 7.0);
}

TEST(CudaHost, BadParametersAreRefused) {
  float value = 7;
  const kinit_layout layout = kinit_layout_flat(&value, 4, 0, 1);
  EXPECT_EQ(FillOnThreads(layout, KINIT_F32, {KINIT_FAMILY_NORMAL, 0, -1, 0, 0, 0}, {1, 2, 3}, 1),
            KINIT_ERROR_NEGATIVE_SCALE);
  EXPECT_EQ(value, 7.0F);
}

/* ---- Tensors: what the CPU writes, and not a byte beside it -------------------------------------------------------
 */

struct Shaped {
  const char *name;
  std::vector<int64_t> shape, strides, whole, start;
  size_t from, elements; /* of the memory: where element 0, 0, ... lies, and all */
};

const Shaped kShaped[] = {
    {"dense", {7, 11, 5}, {}, {}, {}, 0, 385},
    {"rows apart", {9, 13}, {16, 1}, {}, {}, 3, 150},
    {"transposed", {12, 31}, {1, 12}, {}, {}, 0, 372},
    {"backwards", {6, 10}, {-10, -1}, {}, {}, 59, 60},
    {"every third", {50}, {3}, {}, {}, 1, 150},
    {"block of columns", {5, 7}, {}, {5, 23}, {0, 9}, 0, 35},
    {"block of a block", {2, 3, 4}, {20, 5, 1}, {4, 9, 11}, {1, 2, 6}, 2, 42},
    {"one column", {17, 1}, {}, {17, 6}, {0, 3}, 0, 17},
    {"one element", {}, {}, {}, {}, 1, 2},
};

struct Drawn {
  kinit_dtype dtype;
  kinit_scheme scheme;
};

const Drawn kDrawn[] = {{KINIT_F32, KINIT_SCHEME_NORMAL},      {KINIT_BF16, KINIT_SCHEME_NORMAL},
                        {KINIT_F16, KINIT_SCHEME_UNIFORM},     {KINIT_F8_E4M3, KINIT_SCHEME_UNIFORM},
                        {KINIT_F64, KINIT_SCHEME_UNIFORM},     {KINIT_F64, KINIT_SCHEME_TRUNCATED_NORMAL},
                        {KINIT_F64, KINIT_SCHEME_CONSTANT},    {KINIT_BF16, KINIT_SCHEME_CONSTANT},
                        {KINIT_F8_E5M2, KINIT_SCHEME_CONSTANT}};

kinit_dist DistOf(const kinit_initializer &i) {
  const kinit_family family = i.scheme == KINIT_SCHEME_NORMAL             ? KINIT_FAMILY_NORMAL
                              : i.scheme == KINIT_SCHEME_UNIFORM          ? KINIT_FAMILY_UNIFORM
                              : i.scheme == KINIT_SCHEME_TRUNCATED_NORMAL ? KINIT_FAMILY_TRUNCATED_NORMAL
                                                                          : KINIT_FAMILY_CONSTANT;
  return {family, i.mean, i.stddev, i.low, i.high, i.value};
}

const int64_t *DataOf(const std::vector<int64_t> &values) { return values.empty() ? nullptr : values.data(); }

kinit_tensor TensorOf(const Shaped &s, kinit_dtype dtype, unsigned char *memory) {
  return {memory + s.from * SizeOf(dtype),
          dtype,
          static_cast<int>(s.shape.size()),
          DataOf(s.shape),
          DataOf(s.strides),
          DataOf(s.whole),
          DataOf(s.start)};
}

TEST(CudaHost, TensorsAsOnTheCpu) {
  for (const Shaped &s : kShaped)
    for (const Drawn &d : kDrawn)
      for (const uint64_t offset : {uint64_t{0}, uint64_t{5}, (uint64_t{1} << 34) - 40}) {
        const std::string what = std::string(s.name) + ", " + NameOf(d.dtype) + ", " + kinit_scheme_name(d.scheme);
        const kinit_stream stream = {11, 12, offset};
        kinit_initializer initializer = kinit_initializer_default(d.scheme);
        initializer.value = 0.7;
        const size_t bytes = s.elements * SizeOf(d.dtype);
        std::vector<unsigned char> expected(bytes, 0xA5), got(bytes, 0xA5);
        const kinit_tensor on_cpu = TensorOf(s, d.dtype, expected.data()), tensor = TensorOf(s, d.dtype, got.data());
        const kinit_status status = kinit_initialize(&on_cpu, &initializer, stream);
        if (status == KINIT_ERROR_NEEDS_FMA) continue;
        ASSERT_EQ(status, KINIT_OK) << what;
        const kinit_layout layout = kinit_layout_tensor(&tensor, SizeOf(d.dtype), offset);
        ASSERT_EQ(FillOnThreads(layout, d.dtype, DistOf(initializer), stream, 23), KINIT_OK) << what;
        EXPECT_EQ(got, expected) << what << ", offset " << offset;
      }
}

}  // namespace
}  // namespace kinit_test
