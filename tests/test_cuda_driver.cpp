/* kinit/cuda.h on the driver of the tests: what it is called with, what its errors become, and the bytes. The kernels
 * run on the host here; scripts/test-cuda is the same on a GPU. SPDX-License-Identifier: Apache-2.0 */
#include <gmock/gmock.h>

#include <functional>
#include <thread>

#include "cuda/driver.h"
#include "kinit/cuda.h"
#include "stand_in.h"
#include "support.h"

/* The program has no fat binary: the driver of the tests does not look into it. */
const unsigned char kinit_cuda_image[] = {'i', 'm', 'a', 'g', 'e'};

namespace kinit_test {
namespace {

constexpr kinit_stream kStream = {11, 12, 5};

class CudaDriver : public testing::Test {
 protected:
  void SetUp() override {
    StandIn &s = *stand_in();
    s.failing = nullptr;
    s.context = &s;
    s.runs = true;
    s.spoils = false;
    s.multiprocessors = 2;
    s.launches = 0;
  }
};

/* What a call gives that has `values` to fill, in a stream that is never looked into. */
kinit_status Fill(std::vector<float> *values, kinit_scheme scheme = KINIT_SCHEME_NORMAL, void *stream = nullptr) {
  const int64_t shape[] = {static_cast<int64_t>(values->size())};
  const kinit_tensor tensor = {values->data(), KINIT_F32, 1, shape, nullptr, nullptr, nullptr};
  const kinit_initializer initializer = kinit_initializer_default(scheme);
  return kinit_cuda_initialize(&tensor, &initializer, kStream, stream);
}

TEST_F(CudaDriver, IsCalledAsItsHeaderSays) {
  std::vector<float> values(1000);
  int stream = 0;
  ASSERT_EQ(Fill(&values, KINIT_SCHEME_NORMAL, &stream), KINIT_OK);
  const StandIn &s = *stand_in();
  EXPECT_EQ(s.image, kinit_cuda_image);
  EXPECT_EQ(s.launches, 1);
  EXPECT_STREQ(s.kernel, "kinit_normal_F32");
  EXPECT_EQ(s.stream, &stream);
  EXPECT_EQ(s.shared_bytes, 0U);
  EXPECT_THAT(s.grid, testing::ElementsAre(1, 1, 1));
  EXPECT_THAT(s.block, testing::ElementsAre(256, 1, 1));
  EXPECT_EQ(s.job.layout.data, values.data());
  EXPECT_EQ(s.job.layout.first, 5U);
  EXPECT_EQ(s.job.units, 251U); /* elements 5 to 1004 of the stream lie in its blocks 1 to 251 */
}

TEST_F(CudaDriver, HasAThreadForEachBlockOfPhiloxUpToAFullGpu) {
  const struct {
    size_t elements;
    unsigned blocks;
  } cases[] = {{1, 1}, {1023, 1}, {1024, 2}, {16 * 1024 - 5, 16}, {1 << 20, 16}};
  stand_in()->runs = false;
  for (const auto &c : cases) {
    std::vector<float> values(c.elements);
    ASSERT_EQ(Fill(&values), KINIT_OK);
    EXPECT_EQ(stand_in()->grid[0], c.blocks) << c.elements;
  }
}

TEST_F(CudaDriver, CountsIn64Bits) {
  stand_in()->runs = false;
  const int64_t shape[] = {int64_t{1} << 40};
  alignas(4) char place[4];
  const kinit_tensor tensor = {place, KINIT_F32, 1, shape, nullptr, nullptr, nullptr};
  const kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_UNIFORM);
  ASSERT_EQ(kinit_cuda_initialize(&tensor, &initializer, {1, 2, uint64_t{1} << 60}, nullptr), KINIT_OK);
  EXPECT_EQ(stand_in()->job.units, uint64_t{1} << 38);
  EXPECT_EQ(stand_in()->job.layout.length[0], uint64_t{1} << 40);
  EXPECT_EQ(stand_in()->job.layout.first, uint64_t{1} << 60);
  EXPECT_EQ(stand_in()->grid[0], 16U);
}

TEST_F(CudaDriver, LoadsTheKernelsOnceForAllThreads) {
  std::vector<std::thread> threads;
  std::vector<kinit_status> statuses(4, KINIT_ERROR_NULL);
  for (kinit_status &status : statuses)
    threads.emplace_back([&status] {
      std::vector<float> values(100);
      for (int i = 0; i < 50; i++) status = Fill(&values);
    });
  for (std::thread &thread : threads) thread.join();
  EXPECT_THAT(statuses, testing::Each(KINIT_OK));
  EXPECT_EQ(kinit_cuda_available(), 1);
  EXPECT_EQ(stand_in()->inits, 1);
  EXPECT_EQ(stand_in()->loads, 1);
  EXPECT_EQ(stand_in()->launches, 200);
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

void ExpectError(const char *function, int error, kinit_status expected) {
  std::vector<float> values(100, 7);
  stand_in()->failing = function;
  stand_in()->error = error;
  EXPECT_EQ(Fill(&values), expected) << function << " returns " << error;
  EXPECT_EQ(stand_in()->launches, 0);
  EXPECT_THAT(values, testing::Each(7.0F));
  stand_in()->failing = nullptr;
}

/* A death test of this style starts the program anew, which an emulator does not do. */
#ifdef KINIT_EMULATED
#define IN_A_NEW_PROCESS() GTEST_SKIP() << "an emulator starts no process"
#else
#define IN_A_NEW_PROCESS() GTEST_FLAG_SET(death_test_style, "threadsafe")
#endif

/* In a process of its own, because the kernels are loaded once. */
TEST_F(CudaDriver, ItsErrorsOfLoadingAreStatuses) {
  IN_A_NEW_PROCESS();
  const auto run = [] {
    ExpectError("cuLibraryLoadData", 209, KINIT_ERROR_CUDA_ARCHITECTURE);
    ExpectError("cuLibraryLoadData", 222, KINIT_ERROR_CUDA_ARCHITECTURE);
    ExpectError("cuLibraryLoadData", 2, KINIT_ERROR_CUDA_MEMORY);
    std::vector<float> values(100, 7);
    EXPECT_EQ(Fill(&values), KINIT_OK) << "after a failure the next call tries again";
    std::exit(HasFailure() ? 1 : 0);
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(0), "");
}

TEST_F(CudaDriver, ItsErrorsAreStatuses) {
  ExpectError("cuCtxGetCurrent", 3, KINIT_ERROR_CUDA_CONTEXT);
  ExpectError("cuCtxGetCurrent", 4, KINIT_ERROR_CUDA_CONTEXT);
  ExpectError("cuCtxGetDevice", 201, KINIT_ERROR_CUDA_CONTEXT);
  ExpectError("cuDeviceGetAttribute", 101, KINIT_ERROR_CUDA);
  ExpectError("cuLibraryGetKernel", 500, KINIT_ERROR_CUDA);
  ExpectError("cuLibraryGetKernel", 218, KINIT_ERROR_CUDA_ARCHITECTURE);
  ExpectError("cuLaunchKernel", 400, KINIT_ERROR_CUDA_STREAM);
  ExpectError("cuLaunchKernel", 709, KINIT_ERROR_CUDA_CONTEXT);
  ExpectError("cuLaunchKernel", 2, KINIT_ERROR_CUDA_MEMORY);
  ExpectError("cuLaunchKernel", 719, KINIT_ERROR_CUDA); /* of a kernel before */
  std::vector<float> values(100, 7);
  EXPECT_EQ(Fill(&values), KINIT_OK);
}

TEST_F(CudaDriver, NeedsACurrentContext) {
  std::vector<float> values(100, 7);
  stand_in()->context = nullptr;
  EXPECT_EQ(Fill(&values), KINIT_ERROR_CUDA_CONTEXT);
  EXPECT_THAT(values, testing::Each(7.0F));
}

/* In a process of its own, because the driver is asked once. */
void ExpectAbsent(const char *failing, int devices) {
  IN_A_NEW_PROCESS();
  const auto run = [&] {
    std::vector<float> values(100, 7);
    stand_in()->failing = failing;
    stand_in()->error = 100;
    stand_in()->devices = devices;
    const bool available = kinit_cuda_available() != 0;
    std::exit(available || values[0] != 7 ? 99 : Fill(&values));
  };
  EXPECT_EXIT(run(), testing::ExitedWithCode(KINIT_ERROR_CUDA_ABSENT), "") << (failing != nullptr ? failing : "none");
}

TEST_F(CudaDriver, IsAbsentWhereItDoesNotStart) { ExpectAbsent("cuInit", 1); }
TEST_F(CudaDriver, IsAbsentWhereItDoesNotCount) { ExpectAbsent("cuDeviceGetCount", 1); }
TEST_F(CudaDriver, IsAbsentWithoutAGpu) { ExpectAbsent(nullptr, 0); }

/* The arguments come first, whatever the driver would say, and a fill of nothing does not ask it. */
TEST_F(CudaDriver, ArgumentsAreRefusedAsOnTheProcessor) {
  stand_in()->context = nullptr;
  float value = 7;
  const int64_t shape[] = {1}, none[] = {0};
  kinit_tensor tensor = {&value, KINIT_F32, 1, shape, nullptr, nullptr, nullptr};
  kinit_initializer i = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  const auto expect = [&](kinit_status expected, const kinit_tensor *t, const kinit_initializer *by) {
    EXPECT_EQ(kinit_cuda_initialize(t, by, kStream, nullptr), expected);
    EXPECT_EQ(kinit_initialize(t, by, kStream), expected);
  };
  expect(KINIT_ERROR_NULL, nullptr, &i);
  expect(KINIT_ERROR_NULL, &tensor, nullptr);
  i.stddev = -1;
  expect(KINIT_ERROR_NEGATIVE_SCALE, &tensor, &i);
  tensor.shape = none;
  expect(KINIT_ERROR_NEGATIVE_SCALE, &tensor, &i);
  i.stddev = 1;
  expect(KINIT_OK, &tensor, &i);
  i.size = 3;
  expect(KINIT_ERROR_INITIALIZER, &tensor, &i);
  i = kinit_initializer_default(KINIT_SCHEME_KAIMING_NORMAL);
  tensor.shape = shape;
  expect(KINIT_ERROR_DIMENSIONS, &tensor, &i);
  i.scheme = KINIT_SCHEME_EYE;
  expect(KINIT_ERROR_DIMENSIONS, &tensor, &i);
  EXPECT_EQ(value, 7);
  EXPECT_EQ(stand_in()->launches, 0);
}

TEST_F(CudaDriver, NormalsInF64AreRefusedByName) {
  double value = 7;
  const kinit_tensor tensor = {&value, KINIT_F64, 0, nullptr, nullptr, nullptr, nullptr};
  const kinit_initializer i = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  EXPECT_EQ(kinit_cuda_initialize(&tensor, &i, kStream, nullptr), KINIT_ERROR_CUDA_KERNEL);
  EXPECT_EQ(value, 7);
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

struct Shaped {
  std::vector<int64_t> shape, strides, whole, start;
  size_t from, elements; /* of the memory: where element 0, 0, ... lies, and all */
};

const Shaped kMatrices[] = {{{7, 11}, {}, {}, {}, 0, 77},           {{9, 13}, {1, 9}, {}, {}, 0, 117},
                            {{4, 5}, {-9, 2}, {}, {}, 30, 60},      {{5, 7}, {}, {23, 19}, {6, 2}, 0, 35},
                            {{3, 2}, {2, 1}, {9, 9}, {0, 5}, 1, 8}, {{1, 3}, {}, {4, 4}, {2, 1}, 0, 3}};
const Shaped kKernels[] = {{{12, 3, 3}, {}, {}, {}, 0, 108},
                           {{12, 3, 3}, {1, 12, 36}, {}, {}, 0, 108},
                           {{5, 2, 3}, {}, {12, 3, 3}, {3, 1, 0}, 0, 30},
                           {{2, 3, 1}, {}, {12, 3, 3}, {5, 0, 1}, 0, 6},
                           {{12, 1, 3}, {}, {12, 3, 3}, {0, 2, 0}, 0, 36}};

const int64_t *DataOf(const std::vector<int64_t> &values) { return values.empty() ? nullptr : values.data(); }

bool IsEqual(const Shaped &s, kinit_dtype dtype, const kinit_initializer &initializer) {
  const size_t size = SizeOf(dtype);
  std::vector<unsigned char> expected(s.elements * size, 0xA5), got(expected);
  kinit_tensor tensor = {expected.data() + s.from * size,
                         dtype,
                         static_cast<int>(s.shape.size()),
                         DataOf(s.shape),
                         DataOf(s.strides),
                         DataOf(s.whole),
                         DataOf(s.start)};
  EXPECT_EQ(kinit_initialize(&tensor, &initializer, kStream), KINIT_OK);
  tensor.data = got.data() + s.from * size;
  EXPECT_EQ(kinit_cuda_initialize(&tensor, &initializer, kStream, nullptr), KINIT_OK);
  return got == expected;
}

void ForEachScheme(const std::function<void(const kinit_initializer &)> &run) {
  for (int scheme = KINIT_SCHEME_CONSTANT; scheme <= KINIT_SCHEME_VARIANCE_SCALING; scheme++) {
    kinit_initializer i = kinit_initializer_default(static_cast<kinit_scheme>(scheme));
    i.value = 0.7;
    run(i);
  }
}

TEST_F(CudaDriver, EverySchemeHasTheBytesOfTheProcessor) {
  ForEachScheme([](const kinit_initializer &i) {
    for (const Shaped &s : kMatrices)
      for (const kinit_dtype dtype : {KINIT_F32, KINIT_BF16, KINIT_F16, KINIT_F8_E4M3})
        EXPECT_TRUE(IsEqual(s, dtype, i)) << kinit_scheme_name(i.scheme) << ", " << NameOf(dtype);
  });
}

TEST_F(CudaDriver, EyeAndDiracHaveTheBytesOfTheProcessor) {
  kinit_initializer i = kinit_initializer_default(KINIT_SCHEME_EYE);
  for (const Shaped &s : kMatrices) EXPECT_TRUE(IsEqual(s, KINIT_F16, i));
  i.scheme = KINIT_SCHEME_DIRAC;
  for (const int64_t groups : {1, 2, 3, 4, 6, 12})
    for (const Shaped &s : kKernels) {
      i.groups = groups;
      EXPECT_TRUE(IsEqual(s, KINIT_F32, i)) << groups << " groups";
    }
}

TEST_F(CudaDriver, TheComparisonSeesAnotherSeed) {
  stand_in()->spoils = true;
  EXPECT_FALSE(IsEqual(kMatrices[0], KINIT_F32, kinit_initializer_default(KINIT_SCHEME_NORMAL)));
}

}  // namespace
}  // namespace kinit_test
