/* Every instruction set against scalar, byte for byte: any count, alignment, offset, slice, stride, number of threads.
 *
 * Owns: the differential tests of the backends. That scalar itself is right is the business of test_golden.cpp and
 * test_stream.cpp. SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <random>

#include "support.h"

extern "C" {
#include "dispatch.h"
#include "kernel.h"
#include "plan_truncated.h"
}

namespace kinit_test {
namespace {

constexpr kinit_stream kStream = {0x0123456789ABCDEF, 0xFEDCBA9876543210, 0};

kinit_stream At(uint64_t offset) { return {kStream.seed, kStream.subsequence, offset}; }

using Bytes = std::vector<unsigned char>;

/* The first elements of kStream, drawn by scalar in one fill of one thread. */
Bytes Reference(const Filling &filling, size_t count) {
  const ScopedIsa isa("scalar");
  const ScopedThreads threads(1);
  return BytesOf(filling, count, kStream);
}

class Backends : public testing::TestWithParam<std::tuple<std::string, Filling>> {
 protected:
  void SetUp() override {
    const ScopedIsa scalar("scalar");
    if (NeedsFma(filling_)) GTEST_SKIP() << filling_.name << " needs fused multiply-add";
  }

  kinit_status Fill(void *dst, size_t count, uint64_t offset) const {
    return filling_.fill(dst, filling_.dtype, count, At(offset));
  }

  /* Fills `count` elements at `dst`, inside the painted memory, and compares. */
  void ExpectFill(GuardedMemory *memory, unsigned char *dst, size_t count, uint64_t offset,
                  const Bytes &reference) const {
    memory->Paint();
    ASSERT_EQ(Fill(dst, count, offset), KINIT_OK);
    ASSERT_TRUE(memory->Holds(dst, reference.data() + offset * size_, count * size_))
        << filling_.name << " by " << isa_ << ": count " << count << ", offset " << offset << ", destination "
        << dst - memory->begin() << " bytes behind the page";
  }

  const std::string isa_ = std::get<0>(GetParam());
  const Filling filling_ = std::get<1>(GetParam());
  const size_t size_ = SizeOf(filling_.dtype);
};

/* Counts around vectors, groups and tiles of every backend, then primes. */
std::vector<size_t> Counts() {
  std::vector<size_t> counts;
  for (size_t i = 0; i <= 70; i++) counts.push_back(i);
  for (const size_t tile : {96u, 128u, 192u, 256u, 384u, 512u, 768u, 1024u, 1536u, 2048u, 3072u})
    for (const size_t count : {tile - 1, tile, tile + 1}) counts.push_back(count);
  for (const size_t prime : {127u, 251u, 509u, 1021u, 4099u}) counts.push_back(prime);
  return counts;
}

/* The destination touches the page that must not be touched, at its end and at its beginning. */
TEST_P(Backends, GuardPages) {
  const Bytes reference = Reference(filling_, 5000);
  const ScopedIsa isa(isa_);
  for (const size_t count : Counts()) {
    GuardedMemory memory(count * size_ + 1);
    for (const uint64_t offset : {0, 1, 2, 3, 5, 31, 64, 767}) {
      ExpectFill(&memory, memory.begin(), count, offset, reference);
      if (HasFatalFailure()) return;
      ExpectFill(&memory, memory.end() - count * size_, count, offset, reference);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(Backends, EveryAlignmentWithinACacheLine) {
  const Bytes reference = Reference(filling_, 7000);
  const ScopedIsa isa(isa_);
  GuardedMemory memory(6200 * size_ + 128);
  for (const size_t count : {1u, 17u, 63u, 300u, 1537u, 6151u}) {
    for (size_t shift = 0; shift < 64; shift += size_) {
      for (const uint64_t offset : {0, 1, 14}) {
        ExpectFill(&memory, memory.begin() + 64 + shift, count, offset, reference);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST_P(Backends, SlicesMakeTheWhole) {
  const size_t count = 100003;
  const Bytes reference = Reference(filling_, count);
  const ScopedIsa isa(isa_);
  std::mt19937 random(42);
  for (const uint64_t longest : {7u, 300u, 20000u}) {
    GuardedMemory memory(reference.size());
    memory.Paint();
    for (size_t begin = 0; begin < count;) {
      const size_t slice = std::min<size_t>(1 + random() % longest, count - begin);
      ASSERT_EQ(Fill(memory.begin() + begin * size_, slice, begin), KINIT_OK);
      begin += slice;
    }
    ASSERT_TRUE(memory.Holds(memory.begin(), reference.data(), reference.size())) << "slices up to " << longest;
  }
}

/* At a destination and an offset that divide no piece evenly. Fills of this size get at most 9 threads, however many
 * are allowed; LargeFill gets them all. */
TEST_P(Backends, AnyNumberOfThreads) {
  const size_t count = (9u << 17) / size_ + 13;
  const Bytes reference = Reference(filling_, count + 3);
  const ScopedIsa isa(isa_);
  GuardedMemory memory(count * size_ + 64);
  for (const int number : {1, 2, 3, 7, 64}) {
    const ScopedThreads threads(number);
    ExpectFill(&memory, memory.begin() + size_, count, 3, reference);
    if (HasFatalFailure()) FAIL() << number << " threads";
  }
}

/* ---- The kernels themselves: spans and streaming stores -----------------------------------------------------------
 */

/* One call of a backend's kernel. */
struct KernelCase {
  const char *name;
  kinit_dtype dtype;
  kinit_kernel *(*kernel)(const kinit_backend *backend);
  kinit_status (*fill)(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream);
  kinit_parameters parameters;
};

void PrintTo(const KernelCase &kernel, std::ostream *out) { *out << kernel.name; }

template <kinit_dtype kDtype>
kinit_kernel *Uniform(const kinit_backend *backend) {
  return backend->uniform[kDtype];
}
template <kinit_dtype kDtype>
kinit_kernel *Normal(const kinit_backend *backend) {
  return backend->normal[kDtype];
}
template <kinit_dtype kDtype>
kinit_kernel *Truncated(const kinit_backend *backend) {
  return backend->truncated[kDtype];
}
kinit_kernel *Bits(const kinit_backend *backend) { return backend->bits; }
kinit_kernel *Constant(const kinit_backend *backend) { return backend->constant; }

kinit_status UnitUniform(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_uniform(dst, dtype, count, 0, 1, stream);
}
kinit_status UnitNormal(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_normal(dst, dtype, count, 0, 1, stream);
}
/* Bounds around the mean, beyond it, and close to each other. */
struct Bounds {
  double low, high;
};
constexpr Bounds kAround = {-2, 3}, kBeyond = {3, 9}, kClose = {0.5, 0.75};
template <const Bounds &kBounds>
kinit_status UnitTruncated(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_truncated_normal(dst, dtype, count, 0, 1, kBounds.low, kBounds.high, stream);
}
kinit_status One(void *dst, kinit_dtype dtype, size_t count, kinit_stream) {
  return kinit_fill_constant(dst, dtype, count, 1.0);
}

kinit_parameters PlainParameters() {
  kinit_parameters parameters = {};
  parameters.seed = kStream.seed;
  parameters.subsequence = kStream.subsequence;
  return parameters;
}
kinit_parameters UniformParameters(double limit) {
  kinit_parameters parameters = PlainParameters();
  parameters.as.uniform = {0.0, 1.0, limit};
  return parameters;
}
kinit_parameters NormalParameters() {
  kinit_parameters parameters = PlainParameters();
  parameters.as.normal = {0.0, 1.0};
  return parameters;
}
kinit_parameters ConstantParameters(uint64_t pattern, size_t size) {
  kinit_parameters parameters = PlainParameters();
  parameters.as.constant = {pattern, size};
  return parameters;
}

template <const Bounds &kBounds>
kinit_parameters TruncatedParameters(bool f64) {
  kinit_parameters parameters = PlainParameters();
  kinit_plan_truncated(&parameters.as.truncated, f64, 0, 1, kBounds.low, kBounds.high);
  return parameters;
}

const KernelCase kKernels[] = {
    {"bits", KINIT_F32, Bits, FillBits, PlainParameters()},
    {"constant_f32", KINIT_F32, Constant, One, ConstantParameters(0x3F8000003F800000, 4)},
    {"constant_f64", KINIT_F64, Constant, One, ConstantParameters(0x3FF0000000000000, 8)},
    {"constant_bf16", KINIT_BF16, Constant, One, ConstantParameters(0x3F803F803F803F80, 2)},
    {"constant_f8_e4m3", KINIT_F8_E4M3, Constant, One, ConstantParameters(0x3838383838383838, 1)},
    {"uniform_f32", KINIT_F32, Uniform<KINIT_F32>, UnitUniform, UniformParameters(1 - 0x1p-24)},
    {"uniform_f64", KINIT_F64, Uniform<KINIT_F64>, UnitUniform, UniformParameters(1 - 0x1p-53)},
    {"uniform_f16", KINIT_F16, Uniform<KINIT_F16>, UnitUniform, UniformParameters(1 - 0x1p-11)},
    {"uniform_bf16", KINIT_BF16, Uniform<KINIT_BF16>, UnitUniform, UniformParameters(1 - 0x1p-8)},
    {"uniform_f8_e4m3", KINIT_F8_E4M3, Uniform<KINIT_F8_E4M3>, UnitUniform, UniformParameters(1 - 0x1p-4)},
    {"uniform_f8_e5m2", KINIT_F8_E5M2, Uniform<KINIT_F8_E5M2>, UnitUniform, UniformParameters(1 - 0x1p-3)},
    {"normal_f32", KINIT_F32, Normal<KINIT_F32>, UnitNormal, NormalParameters()},
    {"normal_f64", KINIT_F64, Normal<KINIT_F64>, UnitNormal, NormalParameters()},
    {"normal_f16", KINIT_F16, Normal<KINIT_F16>, UnitNormal, NormalParameters()},
    {"normal_bf16", KINIT_BF16, Normal<KINIT_BF16>, UnitNormal, NormalParameters()},
    {"normal_f8_e4m3", KINIT_F8_E4M3, Normal<KINIT_F8_E4M3>, UnitNormal, NormalParameters()},
    {"normal_f8_e5m2", KINIT_F8_E5M2, Normal<KINIT_F8_E5M2>, UnitNormal, NormalParameters()},
    {"truncated_around_f32", KINIT_F32, Truncated<KINIT_F32>, UnitTruncated<kAround>,
     TruncatedParameters<kAround>(false)},
    {"truncated_around_f64", KINIT_F64, Truncated<KINIT_F64>, UnitTruncated<kAround>,
     TruncatedParameters<kAround>(true)},
    {"truncated_around_bf16", KINIT_BF16, Truncated<KINIT_BF16>, UnitTruncated<kAround>,
     TruncatedParameters<kAround>(false)},
    {"truncated_beyond_f32", KINIT_F32, Truncated<KINIT_F32>, UnitTruncated<kBeyond>,
     TruncatedParameters<kBeyond>(false)},
    {"truncated_beyond_f64", KINIT_F64, Truncated<KINIT_F64>, UnitTruncated<kBeyond>,
     TruncatedParameters<kBeyond>(true)},
    {"truncated_close_f32", KINIT_F32, Truncated<KINIT_F32>, UnitTruncated<kClose>, TruncatedParameters<kClose>(false)},
    {"truncated_close_f64", KINIT_F64, Truncated<KINIT_F64>, UnitTruncated<kClose>, TruncatedParameters<kClose>(true)},
};

class Kernels : public testing::TestWithParam<std::tuple<std::string, KernelCase>> {
 protected:
  void SetUp() override {
    const ScopedIsa isa(isa_);
    kernel_ = case_.kernel(kinit_active_backend());
    if (kernel_ == nullptr) GTEST_SKIP() << isa_ << " cannot draw " << case_.name << " on this processor";
  }

  /* Elements of kStream from `first` on, by scalar. */
  Bytes Expected(uint64_t first, size_t count) const {
    const ScopedIsa isa("scalar");
    const ScopedThreads threads(1);
    return BytesOf({case_.name, case_.dtype, case_.fill}, count, At(first));
  }

  const std::string isa_ = std::get<0>(GetParam());
  const KernelCase case_ = std::get<1>(GetParam());
  const size_t size_ = SizeOf(case_.dtype);
  kinit_kernel *kernel_ = nullptr;
};

TEST_P(Kernels, StreamingStores) {
  const Bytes reference = Expected(0, 9000);
  kinit_parameters parameters = case_.parameters;
  parameters.streaming = true;
  GuardedMemory memory(8200 * size_ + 128);
  for (const size_t count : {1u, 2u, 15u, 16u, 17u, 100u, 767u, 1600u, 8191u}) {
    for (size_t shift = 0; shift < 64; shift += size_) {
      for (const uint64_t first : {0, 1, 64, 66}) {
        unsigned char *const dst = memory.begin() + shift;
        memory.Paint();
        const kinit_span span = {dst, 1, first, count};
        kernel_(&parameters, &span, 1);
        ASSERT_TRUE(memory.Holds(dst, reference.data() + first * size_, count * size_))
            << "count " << count << ", shift " << shift << ", first " << first;
      }
    }
  }
}

/* Many spans in one call, of any length, stride and place, some beyond 2^32 blocks, each into memory of its own. */
TEST_P(Kernels, RunsOfAnyKind) {
  std::mt19937_64 random(7);
  const uint64_t wrap = uint64_t{1} << (case_.dtype == KINIT_F64 ? 33 : 34);
  const uint64_t places[] = {0, 12345, wrap - 1000, 5 * wrap - 17, uint64_t{1} << 60};
  const int64_t strides[] = {1, 1, 1, 2, -1, 3, -7};
  const size_t area = 1200 * 7 + 1, count_of_runs = 60;
  Bytes memory(area * count_of_runs * size_, 0xA5), expected = memory;
  std::vector<kinit_span> spans;
  for (size_t i = 0; i < count_of_runs; i++) {
    const uint64_t count = 1 + random() % (i % 3 == 0 ? 1200 : 20);
    const uint64_t first = places[random() % 5] + random() % 2000;
    const int64_t stride = strides[random() % 7];
    const size_t begin = (i * area + (stride < 0 ? area - 1 : 0)) * size_;
    spans.push_back({memory.data() + begin, stride, first, count});
    const Bytes values = Expected(first, count);
    for (size_t k = 0; k < count; k++) {
      const int64_t at = static_cast<int64_t>(begin) + static_cast<int64_t>(k) * stride * static_cast<int64_t>(size_);
      std::memcpy(expected.data() + at, values.data() + k * size_, size_);
    }
  }
  kernel_(&case_.parameters, spans.data(), spans.size());
  EXPECT_TRUE(memory == expected);
}

/* ---- Above every cache ------------------------------------------------------------------------------------------- */

class LargeFill : public testing::TestWithParam<const char *> {};

/* Against small fills by scalar, which use neither threads nor streaming stores. */
TEST_P(LargeFill, UniformsOf64MiBBy64Threads) {
  const size_t count = (64u << 20) / 4 - 5;
  std::vector<float> whole(count + 1), small(1 << 14);
  {
    const ScopedIsa isa(GetParam());
    if (!isa.supported()) GTEST_SKIP() << "this machine or build has no " << GetParam();
    const ScopedThreads threads(64);
    ASSERT_EQ(FillUniform(whole.data() + 1, KINIT_F32, count, At(1)), KINIT_OK);
  }
  const ScopedIsa scalar("scalar");
  for (size_t begin = 0; begin < count; begin += small.size()) {
    const size_t part = std::min(small.size(), count - begin);
    ASSERT_EQ(FillUniform(small.data(), KINIT_F32, part, At(1 + begin)), KINIT_OK);
    ASSERT_EQ(std::memcmp(small.data(), whole.data() + 1 + begin, part * 4), 0) << "from element " << begin;
  }
}

/* ---- The two builds of the scalar backend ------------------------------------------------------------------------ */

extern "C" const kinit_backend kinit_backend_scalar;

TEST(ScalarBackend, WithoutFmaEqualsWithFma) {
  const ScopedIsa isa("scalar");
  const kinit_backend *const active = kinit_active_backend();
  if (active == &kinit_backend_scalar) GTEST_SKIP() << "no fused multiply-add in this processor, or none built in";
  for (const KernelCase &c : kKernels) {
    kinit_kernel *const without = c.kernel(&kinit_backend_scalar), *const with = c.kernel(active);
    if (without == nullptr) continue; /* normals in f64, truncated or not */
    const size_t count = 5000, size = SizeOf(c.dtype);
    Bytes expected(count * size), bytes(count * size);
    const kinit_span spans[] = {{expected.data(), 1, 12345, count}, {bytes.data(), 1, 12345, count}};
    without(&c.parameters, &spans[0], 1);
    with(&c.parameters, &spans[1], 1);
    EXPECT_TRUE(bytes == expected) << c.name;
  }
}

template <typename Info>
std::string IsaAndName(const Info &chosen) {
  return std::get<0>(chosen.param) + "_" + std::get<1>(chosen.param).name;
}

INSTANTIATE_TEST_SUITE_P(Isa, Backends,
                         testing::Combine(testing::ValuesIn(PresentIsas()), testing::ValuesIn(kFillings)),
                         [](const auto &chosen) { return IsaAndName(chosen); });
INSTANTIATE_TEST_SUITE_P(Isa, Kernels, testing::Combine(testing::ValuesIn(PresentIsas()), testing::ValuesIn(kKernels)),
                         [](const auto &chosen) { return IsaAndName(chosen); });
INSTANTIATE_TEST_SUITE_P(Isa, LargeFill, testing::ValuesIn(kIsaNames), [](const auto &chosen) { return chosen.param; });

}  // namespace
}  // namespace kinit_test
