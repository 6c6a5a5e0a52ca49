/* More than 2^32 elements in one fill, up to the last element of the stream.
 *
 * Owns: the tests that need gigabytes; all belong to the long tier. Where memory is short they are skipped.
 * SPDX-License-Identifier: Apache-2.0 */
#include <algorithm>
#include <cstdio>
#include <memory>

#include "random123_words.h"
#include "support.h"

namespace kinit_test {
namespace {

constexpr int64_t kRows = 65537, kColumns = 65543;
constexpr uint64_t kCount = uint64_t{kRows} * kColumns; /* odd, and 524295 more than 2^32 */
constexpr double kGibibyte = 1024.0 * 1024 * 1024;

/* Memory that the system can give without swapping, in bytes; 0 if it does not tell. */
double AvailableMemory() {
  double kibibytes = 0;
  FILE *file = std::fopen("/proc/meminfo", "r");
  if (file == nullptr) return 0;
  char line[128];
  while (std::fgets(line, sizeof line, file) != nullptr)
    if (std::sscanf(line, "MemAvailable: %lf", &kibibytes) == 1) break;
  std::fclose(file);
  return kibibytes * 1024;
}

using Memory = std::unique_ptr<unsigned char, void (*)(void *)>;

/* The stream of which the last kCount elements are drawn. */
kinit_stream LastElements(kinit_dtype dtype) {
  const uint64_t end = dtype == KINIT_F64 ? uint64_t{1} << 63 : 0; /* 2^64 */
  return {0x1A59E, 7, end - kCount};
}

/* The large fill by way of a tensor. */
kinit_status FillTensor(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  if (count != kCount) return kinit_fill_uniform(dst, dtype, count, -1, 1, stream);
  const int64_t shape[] = {kRows, kColumns};
  const kinit_tensor tensor = {dst, dtype, 2, shape, nullptr, nullptr, nullptr};
  return kinit_uniform(&tensor, -1, 1, stream);
}

class LongLarge : public testing::TestWithParam<Filling> {
 protected:
  static constexpr double kSpare = 4 * kGibibyte; /* for the rest of the system, meanwhile */

  void SetUp() override {
    size_ = SizeOf(GetParam().dtype);
    const double needed = static_cast<double>(kCount) * static_cast<double>(size_), available = AvailableMemory();
    std::printf("[ %s: %.1f GiB needed, %.1f available ]\n", GetParam().name, needed / kGibibyte,
                available / kGibibyte);
    if (NeedsFma(GetParam())) GTEST_SKIP() << GetParam().name << ": this processor has no fused multiply-add";
    if (available < needed + kSpare) GTEST_SKIP() << GetParam().name << ": memory is short";
    memory_.reset(static_cast<unsigned char *>(kinit_alloc(kCount * size_)));
    ASSERT_NE(memory_, nullptr);
    ASSERT_EQ(GetParam().fill(memory_.get(), GetParam().dtype, kCount, stream_), KINIT_OK);
  }
  const unsigned char *At(uint64_t element) const { return memory_.get() + element * size_; }
  kinit_stream StreamAt(uint64_t element) const {
    return {stream_.seed, stream_.subsequence, stream_.offset + element};
  }

  const kinit_stream stream_ = LastElements(GetParam().dtype);
  size_t size_ = 0;
  Memory memory_{nullptr, kinit_free};
};

/* Small fills, whose numbers other tests check, give all of its elements. */
TEST_P(LongLarge, EqualsSmallFills) {
  constexpr size_t kPiece = 99991;
  for (uint64_t begin = 0; begin < kCount; begin += kPiece) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(kPiece, kCount - begin));
    const std::vector<unsigned char> piece = BytesOf(GetParam(), count, StreamAt(begin));
    ASSERT_EQ(std::memcmp(At(begin), piece.data(), piece.size()), 0) << "elements from " << begin << " on";
  }
  std::printf("[ %s: %llu elements equal ]\n", GetParam().name, static_cast<unsigned long long>(kCount));
}

INSTANTIATE_TEST_SUITE_P(
    Fill, LongLarge,
    testing::Values(Filling{"normal_bf16", KINIT_BF16, FillNormal}, Filling{"truncated_f16", KINIT_F16, FillTruncated},
                    Filling{"uniform_f32", KINIT_F32, FillUniform}, Filling{"tensor_bf16", KINIT_BF16, FillTensor},
                    Filling{"constant_f32", KINIT_F32, FillConstant}, Filling{"normal_f64", KINIT_F64, FillNormal}),
    [](const auto &chosen) { return chosen.param.name; });

class LongLargeWords : public LongLarge {};

/* At both ends, around element 2^32, and a word in each kibibyte. */
TEST_P(LongLargeWords, EqualRandom123) {
  constexpr size_t kNear = 1 << 16;
  for (const uint64_t begin : {uint64_t{0}, (uint64_t{1} << 32) - kNear / 2, kCount - kNear}) {
    const std::vector<uint32_t> words = Random123Words(stream_, StreamAt(begin).offset, kNear);
    const size_t count = static_cast<size_t>(std::min<uint64_t>(kNear, kCount - begin));
    ASSERT_EQ(std::memcmp(At(begin), words.data(), count * size_), 0) << "words from " << begin << " on";
  }
  for (uint64_t element = 0; element < kCount; element += 257) {
    const uint64_t j = StreamAt(element).offset;
    ASSERT_EQ(std::memcmp(At(element), &Random123Block(stream_, j / 4)[j % 4], size_), 0) << "word " << element;
  }
}

INSTANTIATE_TEST_SUITE_P(Fill, LongLargeWords, testing::Values(Filling{"bits", KINIT_F32, FillBits}),
                         [](const auto &chosen) { return chosen.param.name; });

}  // namespace
}  // namespace kinit_test
