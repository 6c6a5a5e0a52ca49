/* Tensors: blocks of larger ones, strides, streams by name, and every rule about them.
 *
 * Owns: that a block is the slice of the whole and a strided tensor equals its dense twin. The indices that this file
 * expects are computed here, element by element. SPDX-License-Identifier: Apache-2.0 */
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "kinit/kinit.h"

extern "C" {
#include "layout.h"
}

namespace {

using Index = std::vector<int64_t>;

constexpr uint64_t kSeed = 41;
constexpr uint8_t kBlank = 0xA5;

size_t SizeOf(kinit_dtype dtype) { return dtype == KINIT_F64 ? 8 : dtype == KINIT_F32 ? 4 : 2; }

int64_t Product(const Index &shape) {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

/* Row-major index of an element. */
int64_t RowMajor(const Index &index, const Index &shape) {
  int64_t flat = 0;
  for (size_t k = 0; k < shape.size(); k++) flat = flat * shape[k] + index[k];
  return flat;
}

/* Advances to the next index in row-major order; false after the last. */
bool Advance(Index &index, const Index &shape) {
  for (size_t k = shape.size(); k-- > 0;) {
    if (++index[k] < shape[k]) return true;
    index[k] = 0;
  }
  return false;
}

Index Sum(const Index &a, const Index &b) {
  Index sum(a.size());
  std::transform(a.begin(), a.end(), b.begin(), sum.begin(), std::plus<>());
  return sum;
}

kinit_tensor Tensor(void *data, kinit_dtype dtype, const Index &shape) {
  return {data, dtype, static_cast<int>(shape.size()), shape.data(), nullptr, nullptr, nullptr};
}

kinit_tensor Block(void *data, kinit_dtype dtype, const Index &shape, const Index &whole, const Index &start) {
  return {data, dtype, static_cast<int>(shape.size()), shape.data(), nullptr, whole.data(), start.data()};
}

/* The elements of a whole tensor, in row-major order: a flat fill. */
std::vector<uint8_t> FlatNormal(kinit_dtype dtype, int64_t count, kinit_stream stream) {
  std::vector<uint8_t> bytes(static_cast<size_t>(count) * SizeOf(dtype));
  EXPECT_EQ(kinit_fill_normal(bytes.data(), dtype, static_cast<size_t>(count), 0.5, 2, stream), KINIT_OK);
  return bytes;
}

class EveryDtype : public testing::TestWithParam<kinit_dtype> {
 protected:
  void SetUp() override {
    if (kinit_fill_normal(nullptr, GetParam(), 0, 0, 1, {0, 0, 0}) == KINIT_ERROR_NEEDS_FMA)
      GTEST_SKIP() << "normals in f64 without FMA";
  }
};

std::string DtypeName(const testing::TestParamInfo<kinit_dtype> &info) {
  const char *const names[] = {"f32", "f64", "f16", "bf16"};
  return names[info.param];
}

INSTANTIATE_TEST_SUITE_P(Shard, EveryDtype, testing::Values(KINIT_F32, KINIT_F64, KINIT_F16, KINIT_BF16), DtypeName);

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

/* Fills one block between guards, and compares each element with that of the whole. */
void ExpectBlockIsSlice(kinit_dtype dtype, const Index &whole, const Index &start, const Index &shape,
                        const std::vector<uint8_t> &expected, kinit_stream stream) {
  const size_t size = SizeOf(dtype), guard = 64, bytes = static_cast<size_t>(Product(shape)) * size;
  std::vector<uint8_t> memory(bytes + 2 * guard, kBlank);
  const kinit_tensor block = Block(memory.data() + guard, dtype, shape, whole, start);
  ASSERT_EQ(kinit_normal(&block, 0.5, 2, stream), KINIT_OK);
  Index index(shape.size(), 0);
  size_t at = guard;
  bool equal = true;
  do {
    const auto flat = static_cast<size_t>(RowMajor(Sum(index, start), whole));
    equal = equal && std::memcmp(&memory[at], &expected[flat * size], size) == 0;
    at += size;
  } while (Advance(index, shape));
  EXPECT_TRUE(equal) << "whole " << testing::PrintToString(whole) << " start " << testing::PrintToString(start)
                     << " shape " << testing::PrintToString(shape);
  const auto blank = [](uint8_t byte) { return byte == kBlank; };
  EXPECT_TRUE(std::all_of(memory.begin(), memory.begin() + guard, blank)) << "wrote before the block";
  EXPECT_TRUE(std::all_of(memory.end() - guard, memory.end(), blank)) << "wrote behind the block";
}

/* Calls visit(start, shape) for every block with at least one element. */
void ForEveryBlock(const Index &whole, const std::function<void(const Index &, const Index &)> &visit) {
  Index start(whole.size(), 0);
  do {
    Index space(whole.size()), extra(whole.size(), 0);
    for (size_t k = 0; k < whole.size(); k++) space[k] = whole[k] - start[k];
    do {
      visit(start, Sum(extra, Index(whole.size(), 1)));
    } while (Advance(extra, space));
  } while (Advance(start, whole));
}

TEST_P(EveryDtype, EveryBlockIsTheSliceOfTheWhole) {
  const Index shapes[] = {{37},
                          {9, 7},
                          {4, 5, 6},
                          {3, 2, 4, 3},
                          {2, 3, 1, 3, 3},
                          {2, 2, 3, 2, 1, 3},
                          {2, 1, 2, 2, 2, 2, 3},
                          {2, 2, 1, 2, 2, 2, 1, 2}};
  for (const Index &whole : shapes) {
    const kinit_stream stream = {kSeed, whole.size(), 1001};
    const std::vector<uint8_t> expected = FlatNormal(GetParam(), Product(whole), stream);
    ForEveryBlock(whole, [&](const Index &start, const Index &shape) {
      ExpectBlockIsSlice(GetParam(), whole, start, shape, expected, stream);
    });
  }
}

/* Large enough for several threads; narrow, wide and odd. */
TEST_P(EveryDtype, LargeBlocksAreSlicesOfTheWhole) {
  const Index whole = {513, 1030};
  const kinit_stream stream = {kSeed, 2, 3};
  const std::vector<uint8_t> expected = FlatNormal(GetParam(), Product(whole), stream);
  const struct {
    Index start, shape;
  } blocks[] = {{{0, 0}, {513, 1030}}, {{100, 0}, {413, 1030}}, {{0, 515}, {513, 515}}, {{0, 64}, {513, 64}},
                {{1, 1}, {511, 1028}}, {{0, 1029}, {513, 1}},   {{512, 0}, {1, 1030}},  {{17, 3}, {400, 7}}};
  for (const auto &block : blocks) ExpectBlockIsSlice(GetParam(), whole, block.start, block.shape, expected, stream);
}

/* 2 x 2 x 2 x 2 x 2 x 2 x 2 x 2 blocks put together are the whole. */
TEST(Shard, BlocksOfEightDimensionsTileTheWhole) {
  const Index whole = {4, 2, 4, 2, 6, 2, 2, 4}, half = {2, 1, 2, 1, 3, 1, 1, 2}, two(8, 2);
  const kinit_stream stream = {kSeed, 8, 0};
  const std::vector<uint8_t> expected = FlatNormal(KINIT_F32, Product(whole), stream);
  std::vector<uint8_t> assembled(expected.size(), kBlank);
  Index corner(8, 0);
  do {
    Index start(8);
    for (size_t k = 0; k < 8; k++) start[k] = corner[k] * half[k];
    std::vector<uint8_t> memory(static_cast<size_t>(Product(half)) * 4);
    const kinit_tensor block = Block(memory.data(), KINIT_F32, half, whole, start);
    ASSERT_EQ(kinit_normal(&block, 0.5, 2, stream), KINIT_OK);
    Index index(8, 0);
    for (size_t at = 0; at < memory.size(); at += 4, Advance(index, half))
      std::memcpy(&assembled[static_cast<size_t>(RowMajor(Sum(index, start), whole)) * 4], &memory[at], 4);
  } while (Advance(corner, two));
  EXPECT_EQ(assembled, expected);
}

/* A block of a tensor with 2^62 elements, which no memory holds. */
TEST(Shard, TheWholeNeedNotExist) {
  const Index whole = {int64_t{1} << 31, int64_t{1} << 31}, start = {2000000000, 2147483640}, shape = {3, 8};
  float block_values[24], row[8];
  const kinit_tensor block = Block(block_values, KINIT_F32, shape, whole, start);
  ASSERT_EQ(kinit_uniform(&block, -1, 1, {kSeed, 1, 5}), KINIT_OK);
  for (uint64_t i = 0; i < 3; i++) {
    /* (2000000000 + i) * 2^31 + 2147483640 + 5 */
    const uint64_t first = UINT64_C(4294967298147483645) + i * UINT64_C(2147483648);
    ASSERT_EQ(kinit_fill_uniform(row, KINIT_F32, 8, -1, 1, {kSeed, 1, first}), KINIT_OK);
    EXPECT_EQ(std::memcmp(block_values + 8 * i, row, sizeof row), 0) << "row " << i;
  }
}

/* Every initializer that draws: its block is the slice of its whole tensor. */
TEST(Shard, BlocksOfEveryInitializerAreSlices) {
  const kinit_stream stream = {kSeed, 12, 34};
  using Initializer = std::function<kinit_status(const kinit_tensor *)>;
  const std::map<std::string, Initializer> initializers = {
      {"uniform", [&](const kinit_tensor *t) { return kinit_uniform(t, -1, 3, stream); }},
      {"normal", [&](const kinit_tensor *t) { return kinit_normal(t, 1, 2, stream); }},
      {"truncated_normal", [&](const kinit_tensor *t) { return kinit_truncated_normal(t, 0, 1, -2, 2, stream); }},
      {"constant", [&](const kinit_tensor *t) { return kinit_constant(t, 0.25); }},
      {"kaiming_normal",
       [&](const kinit_tensor *t) { return kinit_kaiming_normal(t, 0, KINIT_FAN_OUT, KINIT_RELU, stream); }},
      {"kaiming_uniform",
       [&](const kinit_tensor *t) { return kinit_kaiming_uniform(t, 0.1, KINIT_FAN_IN, KINIT_LEAKY_RELU, stream); }},
      {"xavier_normal", [&](const kinit_tensor *t) { return kinit_xavier_normal(t, 1, stream); }},
      {"xavier_uniform", [&](const kinit_tensor *t) { return kinit_xavier_uniform(t, 1, stream); }},
      {"scaling normal",
       [&](const kinit_tensor *t) { return kinit_variance_scaling(t, 1, KINIT_FAN_AVG, KINIT_DIST_NORMAL, stream); }},
      {"scaling truncated normal",
       [&](const kinit_tensor *t) {
         return kinit_variance_scaling(t, 1, KINIT_FAN_IN, KINIT_DIST_TRUNCATED_NORMAL, stream);
       }},
      {"scaling uniform",
       [&](const kinit_tensor *t) { return kinit_variance_scaling(t, 2, KINIT_FAN_OUT, KINIT_DIST_UNIFORM, stream); }},
      {"dirac", [&](const kinit_tensor *t) { return kinit_dirac(t, 3); }},
  };
  const Index whole_shape = {6, 5, 7}, start = {1, 0, 2}, shape = {4, 3, 3};
  for (const auto &[name, initializer] : initializers) {
    std::vector<float> whole(6 * 5 * 7), part(4 * 3 * 3), slice;
    const kinit_tensor tensor = Tensor(whole.data(), KINIT_F32, whole_shape);
    const kinit_tensor block = Block(part.data(), KINIT_F32, shape, whole_shape, start);
    ASSERT_EQ(initializer(&tensor), KINIT_OK) << name;
    ASSERT_EQ(initializer(&block), KINIT_OK) << name;
    for (size_t i = 1; i < 5; i++)
      for (size_t j = 0; j < 3; j++)
        for (size_t k = 2; k < 5; k++) slice.push_back(whole[(i * 5 + j) * 7 + k]);
    EXPECT_EQ(part, slice) << name;
  }
}

TEST(Shard, ABlockOfTheLastElementsReachesTheEndOfTheStream) {
  const Index whole = {4, 5}, first = {0, 0}, last = {3, 4}, one = {1, 1};
  float value = 0, expected = 0;
  const kinit_tensor end = Block(&value, KINIT_F32, one, whole, last);
  const kinit_tensor begin = Block(&value, KINIT_F32, one, whole, first);
  ASSERT_EQ(kinit_fill_uniform(&expected, KINIT_F32, 1, 0, 1, {kSeed, 0, UINT64_MAX}), KINIT_OK);
  EXPECT_EQ(kinit_uniform(&end, 0, 1, {kSeed, 0, UINT64_MAX - 19}), KINIT_OK);
  EXPECT_EQ(value, expected);
  value = 42;
  EXPECT_EQ(kinit_uniform(&end, 0, 1, {kSeed, 0, UINT64_MAX - 18}), KINIT_ERROR_STREAM_END);
  EXPECT_EQ(value, 42);
  EXPECT_EQ(kinit_uniform(&begin, 0, 1, {kSeed, 0, UINT64_MAX}), KINIT_OK);
  EXPECT_EQ(value, expected);
}

/* ---- Strides ----------------------------------------------------------------------------------------------------- */

/* Fills the tensor through strides and compares each element with the dense twin, and all other memory with what was
 * there. origin: place of element 0, 0, ... in a memory of so many elements. */
void ExpectStridedIsTwin(kinit_dtype dtype, kinit_tensor tensor, const Index &strides, int64_t origin, int64_t elements,
                         const std::vector<uint8_t> &twin, kinit_stream stream) {
  const size_t size = SizeOf(dtype);
  const Index shape(tensor.shape, tensor.shape + tensor.ndim);
  std::vector<uint8_t> memory(static_cast<size_t>(elements) * size, kBlank), expected = memory;
  Index index(shape.size(), 0);
  for (size_t at = 0; at < twin.size(); at += size, Advance(index, shape)) {
    const int64_t place = origin + std::inner_product(index.begin(), index.end(), strides.begin(), int64_t{0});
    std::memcpy(&expected[static_cast<size_t>(place) * size], &twin[at], size);
  }
  tensor.data = &memory[static_cast<size_t>(origin) * size];
  tensor.strides = strides.data();
  ASSERT_EQ(kinit_normal(&tensor, 0.5, 2, stream), KINIT_OK);
  EXPECT_EQ(memory, expected) << "shape " << testing::PrintToString(shape) << " strides "
                              << testing::PrintToString(strides);
}

/* Strides that store the dimensions in the given order, with `gap` elements between rows of each level, backwards in
 * the dimensions whose bit is set in `reversed`. */
struct Placement {
  Placement(const Index &shape, const std::vector<size_t> &order, int64_t gap, unsigned reversed)
      : strides(shape.size()) {
    for (size_t i = order.size(); i-- > 0;) {
      const size_t k = order[i];
      strides[k] = elements;
      elements = elements * shape[k] + gap;
      if ((reversed >> k & 1) == 0) continue;
      origin += strides[k] * (shape[k] - 1);
      strides[k] = -strides[k];
    }
  }
  Index strides;
  int64_t origin = 0, elements = 1;
};

TEST_P(EveryDtype, StridedTensorsEqualTheirDenseTwins) {
  const Index shape = {3, 4, 5};
  const kinit_stream stream = {kSeed, 3, 77};
  const std::vector<uint8_t> twin = FlatNormal(GetParam(), Product(shape), stream);
  std::vector<size_t> order = {0, 1, 2};
  do {
    for (const int64_t gap : {0, 1, 6})
      for (unsigned reversed = 0; reversed < 8; reversed++) {
        const Placement p(shape, order, gap, reversed);
        ExpectStridedIsTwin(GetParam(), Tensor(nullptr, GetParam(), shape), p.strides, p.origin, p.elements, twin,
                            stream);
      }
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_P(EveryDtype, StridedBlocksEqualTheirDenseTwins) {
  const Index whole = {5, 3, 6, 4}, start = {1, 0, 2, 1}, shape = {3, 3, 4, 2};
  const kinit_stream stream = {kSeed, 4, 5};
  std::vector<uint8_t> twin(static_cast<size_t>(Product(shape)) * SizeOf(GetParam()));
  const kinit_tensor dense = Block(twin.data(), GetParam(), shape, whole, start);
  ASSERT_EQ(kinit_normal(&dense, 0.5, 2, stream), KINIT_OK);
  std::vector<size_t> order = {0, 1, 2, 3};
  do {
    for (unsigned reversed = 0; reversed < 16; reversed++) {
      const Placement p(shape, order, 1, reversed);
      ExpectStridedIsTwin(GetParam(), dense, p.strides, p.origin, p.elements, twin, stream);
    }
  } while (std::next_permutation(order.begin(), order.end()));
}

/* Large enough for several threads. */
TEST_P(EveryDtype, LargeStridedTensorsEqualTheirDenseTwins) {
  const Index shape = {700, 301};
  const kinit_stream stream = {kSeed, 5, 0};
  const std::vector<uint8_t> twin = FlatNormal(GetParam(), Product(shape), stream);
  const Placement transposed(shape, {1, 0}, 0, 0), pitched(shape, {0, 1}, 19, 0), reversed(shape, {0, 1}, 0, 3);
  for (const Placement *p : {&transposed, &pitched, &reversed})
    ExpectStridedIsTwin(GetParam(), Tensor(nullptr, GetParam(), shape), p->strides, p->origin, p->elements, twin,
                        stream);
}

/* Through transposes that are cut into short spans: around 64 columns, where a tile ends, and the elements of a line.
 */
TEST_P(EveryDtype, TransposesEqualTheirDenseTwinsAroundTheEdgesOfShortSpans) {
  for (const int64_t columns : {63, 64, 65, 127, 128, 193})
    for (const int64_t rows : {2, 15, 33, 100}) {
      const Index shape = {rows, columns};
      const kinit_stream stream = {kSeed, 6, static_cast<uint64_t>(rows)};
      const std::vector<uint8_t> twin = FlatNormal(GetParam(), Product(shape), stream);
      for (unsigned reversed = 0; reversed < 4; reversed++) {
        const Placement p(shape, {1, 0}, reversed, reversed);
        ExpectStridedIsTwin(GetParam(), Tensor(nullptr, GetParam(), shape), p.strides, p.origin, p.elements, twin,
                            stream);
      }
    }
}

/* The closest dimension is not the one before the last, and the tensor is a block: in every backend. */
TEST_P(EveryDtype, TransposedBlocksOfLargerTensorsEqualTheirDenseTwins) {
  const Index whole = {20, 3, 5, 150}, start = {1, 0, 2, 7}, shape = {19, 3, 2, 141};
  const kinit_stream stream = {kSeed, 7, 9};
  std::vector<uint8_t> twin(static_cast<size_t>(Product(shape)) * SizeOf(GetParam()));
  const kinit_tensor dense = Block(twin.data(), GetParam(), shape, whole, start);
  ASSERT_EQ(kinit_normal(&dense, 0.5, 2, stream), KINIT_OK);
  for (int isa = 0; isa < kinit_isa_count(); isa++) {
    ASSERT_EQ(kinit_set_isa(kinit_isa_name(isa)), KINIT_OK);
    if (kinit_fill_normal(nullptr, GetParam(), 0, 0, 1, {0, 0, 0}) != KINIT_OK) continue;
    for (const std::vector<size_t> &order : {std::vector<size_t>{3, 1, 2, 0}, {3, 2, 0, 1}, {1, 3, 0, 2}})
      for (const unsigned reversed : {0u, 1u, 8u, 15u}) {
        const Placement p(shape, order, 1, reversed);
        ExpectStridedIsTwin(GetParam(), dense, p.strides, p.origin, p.elements, twin, stream);
      }
  }
  kinit_set_isa(nullptr);
}

/* Neither read nor checked: there is no neighbour. */
TEST(Shard, StridesOfLengthOneDoNotMatter) {
  const Index shape = {1, 4, 1}, strides = {0, 1, INT64_MIN};
  float values[4], expected[4];
  kinit_tensor tensor = Tensor(values, KINIT_F32, shape);
  tensor.strides = strides.data();
  ASSERT_EQ(kinit_uniform(&tensor, 0, 1, {kSeed, 0, 0}), KINIT_OK);
  ASSERT_EQ(kinit_fill_uniform(expected, KINIT_F32, 4, 0, 1, {kSeed, 0, 0}), KINIT_OK);
  EXPECT_EQ(std::memcmp(values, expected, sizeof values), 0);
}

TEST(Shard, ATensorWithoutDimensionsIsOneElement) {
  float value = 0, expected = 0;
  const kinit_tensor scalar = {&value, KINIT_F32, 0, nullptr, nullptr, nullptr, nullptr};
  ASSERT_EQ(kinit_uniform(&scalar, 0, 1, {kSeed, 0, 9}), KINIT_OK);
  ASSERT_EQ(kinit_fill_uniform(&expected, KINIT_F32, 1, 0, 1, {kSeed, 0, 9}), KINIT_OK);
  EXPECT_EQ(value, expected);
}

TEST(Shard, SixtyFourDimensionsAreAllowed) {
  Index shape(64, 1);
  shape[0] = 2, shape[31] = 3, shape[63] = 2;
  float values[12], expected[12];
  const kinit_tensor tensor = Tensor(values, KINIT_F32, shape);
  ASSERT_EQ(kinit_uniform(&tensor, 0, 1, {kSeed, 0, 9}), KINIT_OK);
  ASSERT_EQ(kinit_fill_uniform(expected, KINIT_F32, 12, 0, 1, {kSeed, 0, 9}), KINIT_OK);
  EXPECT_EQ(std::memcmp(values, expected, sizeof values), 0);
}

/* ---- Layouts ----------------------------------------------------------------------------------------------------- */

kinit_layout LayoutOf(const kinit_tensor &tensor) {
  return kinit_layout_tensor(&tensor, SizeOf(tensor.dtype), /*offset=*/100);
}

TEST(Layout, MergesWhatIsContiguous) {
  static float data[1000];
  const Index shape = {4, 1, 5, 6}, whole = {9, 1, 5, 6}, start = {2, 0, 0, 0};
  const kinit_layout dense = LayoutOf(Tensor(data, KINIT_F32, shape));
  EXPECT_EQ(dense.ndim, 1);
  EXPECT_EQ(dense.length[0], 120u);
  const kinit_layout rows = LayoutOf(Block(data, KINIT_F32, shape, whole, start));
  EXPECT_EQ(rows.ndim, 1);
  EXPECT_EQ(rows.first, 160u);
  const Index strides = {-30, 3, -6, -1};
  kinit_tensor backwards = Tensor(data + 119, KINIT_F32, shape);
  backwards.strides = strides.data();
  EXPECT_EQ(LayoutOf(backwards).ndim, 1);
  EXPECT_EQ(LayoutOf(backwards).stride[0], -1);
}

TEST(Layout, KeepsWhatJumps) {
  static float data[1000];
  const Index shape = {2, 3, 4}, wide = {2, 3, 5}, origin = {0, 0, 0}, pitched = {20, 5, 1};
  const kinit_layout block = LayoutOf(Block(data, KINIT_F32, shape, wide, origin));
  ASSERT_EQ(block.ndim, 2);
  EXPECT_EQ(block.length[0], 6u);
  EXPECT_EQ(block.stride[0], 4);
  EXPECT_EQ(block.step[0], 5u);
  kinit_tensor tensor = Tensor(data, KINIT_F32, shape);
  tensor.strides = pitched.data();
  EXPECT_EQ(LayoutOf(tensor).ndim, 3);
}

/* 4 rows of 70 columns, stored by columns: 64 columns, then 6, each with the rows inside. */
TEST(Layout, PartsOfATransposeByHand) {
  static float data[280];
  const Index shape = {4, 70}, strides = {1, 4};
  kinit_tensor tensor = Tensor(data, KINIT_F32, shape);
  const kinit_layout dense = LayoutOf(tensor);
  EXPECT_FALSE(kinit_layout_crosses(&dense));
  tensor.strides = strides.data();
  const kinit_layout layout = LayoutOf(tensor);
  ASSERT_TRUE(kinit_layout_crosses(&layout));
  kinit_layout part;
  kinit_span spans[8];
  uint64_t taken = 0;
  ASSERT_TRUE(kinit_layout_part(&layout, 0, &part));
  EXPECT_EQ(part.count, 256u);
  ASSERT_EQ(kinit_layout_spans(&part, 0, part.count, spans, 8, &taken), 4u);
  EXPECT_EQ(spans[1].dst, data + 1);
  EXPECT_EQ(spans[1].first, 170u);
  EXPECT_EQ(spans[1].count, 64u);
  EXPECT_EQ(spans[1].stride, 4);
  ASSERT_TRUE(kinit_layout_part(&layout, 1, &part));
  EXPECT_EQ(part.count, 24u);
  ASSERT_EQ(kinit_layout_spans(&part, 0, part.count, spans, 8, &taken), 4u);
  EXPECT_EQ(spans[3].dst, data + 3 + 64 * 4);
  EXPECT_EQ(spans[3].first, 100u + 3 * 70 + 64);
  EXPECT_EQ(spans[3].count, 6u);
  EXPECT_FALSE(kinit_layout_part(&layout, 2, &part));
}

TEST(Layout, RunsOfABlockByHand) {
  /* Rows 1 and 2, columns 2 to 4 of a 4 x 6 matrix: 8 9 10, 14 15 16; and 100 of the offset. */
  float data[6];
  const Index whole = {4, 6}, start = {1, 2}, shape = {2, 3};
  const kinit_layout layout = LayoutOf(Block(data, KINIT_F32, shape, whole, start));
  kinit_span runs[4];
  uint64_t taken = 0;
  ASSERT_EQ(kinit_layout_spans(&layout, 0, 6, runs, 4, &taken), 2u);
  EXPECT_EQ(taken, 6u);
  EXPECT_EQ(runs[0].dst, data);
  EXPECT_EQ(runs[0].stride, 1);
  EXPECT_EQ(runs[0].first, 108u);
  EXPECT_EQ(runs[0].count, 3u);
  EXPECT_EQ(runs[1].dst, data + 3);
  EXPECT_EQ(runs[1].first, 114u);
  EXPECT_EQ(runs[1].count, 3u);
}

/* Any part of the layout, whatever the capacity, gives the same elements at the same places. */
TEST(Layout, RunsCoverAnyPartOnce) {
  static float data[4000];
  const Index whole = {4, 5, 3, 7}, start = {1, 2, 0, 1}, shape = {3, 2, 3, 5}, strides = {-200, 45, 9, 1};
  kinit_tensor tensor = Block(data + 400, KINIT_F32, shape, whole, start);
  tensor.strides = strides.data();
  const kinit_layout layout = LayoutOf(tensor);
  struct Element {
    const float *place;
    uint64_t number;
    bool operator==(const Element &other) const { return place == other.place && number == other.number; }
  };
  std::vector<Element> expected;
  Index index(4, 0);
  do {
    const int64_t place = std::inner_product(index.begin(), index.end(), strides.begin(), int64_t{400});
    expected.push_back({data + place, 100 + static_cast<uint64_t>(RowMajor(Sum(index, start), whole))});
  } while (Advance(index, shape));
  ASSERT_EQ(layout.count, expected.size());
  for (size_t from = 0; from < expected.size(); from += 7) {
    for (const size_t capacity : {1, 2, 64}) {
      std::vector<Element> actual;
      std::vector<kinit_span> runs(capacity);
      for (uint64_t at = from, taken; at < layout.count; at += taken) {
        const size_t n = kinit_layout_spans(&layout, at, layout.count - at, runs.data(), capacity, &taken);
        ASSERT_GT(n, 0u);
        ASSERT_LE(n, capacity);
        for (size_t r = 0; r < n; r++)
          for (uint64_t i = 0; i < runs[r].count; i++)
            actual.push_back(
                {static_cast<float *>(runs[r].dst) + static_cast<int64_t>(i) * runs[r].stride, runs[r].first + i});
      }
      EXPECT_TRUE(std::equal(actual.begin(), actual.end(), expected.begin() + static_cast<std::ptrdiff_t>(from),
                             expected.end()))
          << "from " << from << ", capacity " << capacity;
    }
  }
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* The offset basis, and the test vectors that Fowler, Noll and Vo publish with FNV-1a. */
TEST(NamedStream, IsFnv1a) {
  EXPECT_EQ(kinit_stream_named(1, "").subsequence, UINT64_C(0xCBF29CE484222325));
  EXPECT_EQ(kinit_stream_named(1, nullptr).subsequence, UINT64_C(0xCBF29CE484222325));
  EXPECT_EQ(kinit_stream_named(1, "a").subsequence, UINT64_C(0xAF63DC4C8601EC8C));
  EXPECT_EQ(kinit_stream_named(1, "foobar").subsequence, UINT64_C(0x85944171F73967E8));
  EXPECT_EQ(kinit_stream_named(99, "foobar").seed, 99u);
  EXPECT_EQ(kinit_stream_named(99, "foobar").offset, 0u);
}

std::map<std::string, std::vector<float>> Initialize(const std::vector<std::string> &names) {
  const Index shape = {24, 16};
  std::map<std::string, std::vector<float>> model;
  for (const std::string &name : names) {
    model[name].resize(24 * 16);
    const kinit_tensor tensor = Tensor(model[name].data(), KINIT_F32, shape);
    EXPECT_EQ(kinit_kaiming_normal(&tensor, 0, KINIT_FAN_IN, KINIT_RELU, kinit_stream_named(kSeed, name.c_str())),
              KINIT_OK);
  }
  return model;
}

TEST(NamedStream, OrderAndCompanyDoNotMatter) {
  const auto model = Initialize({"embedding", "layer.0", "layer.1", "head"});
  const auto other = Initialize({"head", "adapter", "layer.1", "embedding"});
  for (const char *name : {"embedding", "layer.1", "head"}) EXPECT_EQ(model.at(name), other.at(name)) << name;
  EXPECT_NE(model.at("layer.0"), model.at("layer.1"));
  EXPECT_NE(model.at("embedding"), model.at("head"));
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

struct Fault {
  const char *what;
  kinit_status status;
  Index shape;
  Index strides;
  Index whole;
  Index start;
  kinit_dtype dtype = KINIT_F32;
  uint64_t offset = 0;
};

constexpr int64_t kHuge = int64_t{1} << 61;

const Fault kFaults[] = {
    {"65 dimensions", KINIT_ERROR_DIMENSIONS, Index(65, 1), {}, {}, {}},
    {"negative length", KINIT_ERROR_SIZE, {4, -1}, {}, {}, {}},
    {"negative length beside a zero", KINIT_ERROR_SIZE, {0, -1}, {}, {}, {}},
    {"two negative lengths", KINIT_ERROR_SIZE, {-2, -2}, {}, {}, {}},
    {"elements overflow", KINIT_ERROR_SIZE, {int64_t{1} << 32, int64_t{1} << 32}, {}, {}, {}},
    {"elements overflow to 16", KINIT_ERROR_SIZE, {(int64_t{1} << 60) + 1, 16}, {}, {}, {}},
    {"bytes overflow", KINIT_ERROR_SIZE, {kHuge}, {}, {}, {}},
    {"bytes of f64 overflow", KINIT_ERROR_SIZE, {kHuge / 2}, {}, {}, {}, KINIT_F64},
    {"whole overflows", KINIT_ERROR_SIZE, {1, 1}, {}, {int64_t{1} << 32, int64_t{1} << 31}, {0, 0}},
    {"whole is negative", KINIT_ERROR_SIZE, {1, 1}, {}, {4, -4}, {0, 0}},
    {"no start", KINIT_ERROR_BLOCK, {1, 1}, {}, {4, 4}, {}},
    {"no whole", KINIT_ERROR_BLOCK, {1, 1}, {}, {}, {0, 0}},
    {"negative start", KINIT_ERROR_BLOCK, {1, 1}, {}, {4, 4}, {-1, 0}},
    {"start behind the whole", KINIT_ERROR_BLOCK, {0, 1}, {}, {4, 4}, {5, 0}},
    {"block sticks out", KINIT_ERROR_BLOCK, {2, 2}, {}, {4, 4}, {0, 3}},
    {"end overflows", KINIT_ERROR_BLOCK, {2, 2}, {}, {4, 4}, {INT64_MAX, 0}},
    {"block larger than the whole", KINIT_ERROR_BLOCK, {4, 4}, {}, {4, 3}, {0, 0}},
    {"zero stride", KINIT_ERROR_STRIDE, {2, 2}, {0, 1}, {}, {}},
    {"zero stride of an empty tensor", KINIT_ERROR_STRIDE, {2, 0}, {0, 1}, {}, {}},
    {"stride overflows", KINIT_ERROR_STRIDE, {2, 3}, {1, kHuge}, {}, {}},
    {"stride overflows in bytes", KINIT_ERROR_STRIDE, {2, 2}, {1, kHuge}, {}, {}},
    {"most negative stride", KINIT_ERROR_STRIDE, {2, 2}, {1, INT64_MIN}, {}, {}},
    {"strides overflow together", KINIT_ERROR_STRIDE, {2, 2, 2}, {kHuge / 3, kHuge / 3, -kHuge / 2}, {}, {}},
    {"stream ends", KINIT_ERROR_STREAM_END, {4, 4}, {}, {}, {}, KINIT_F32, UINT64_MAX - 14},
    {"stream of f64 ends", KINIT_ERROR_STREAM_END, {4, 4}, {}, {}, {}, KINIT_F64, (UINT64_C(1) << 63) - 15},
    {"stream ends before the block", KINIT_ERROR_STREAM_END, {1, 1}, {}, {4, 4}, {3, 3}, KINIT_BF16, UINT64_MAX - 14},
    {"stream of f64 starts behind its end", KINIT_ERROR_STREAM_END, {0}, {}, {}, {}, KINIT_F64, UINT64_MAX},
};

TEST(Tensor, FaultsAreRefusedWithoutWriting) {
  for (const Fault &fault : kFaults) {
    std::vector<uint64_t> memory(64, 0x1234567890ABCDEF);
    const kinit_tensor tensor = {memory.data(),
                                 fault.dtype,
                                 static_cast<int>(fault.shape.size()),
                                 fault.shape.data(),
                                 fault.strides.empty() ? nullptr : fault.strides.data(),
                                 fault.whole.empty() ? nullptr : fault.whole.data(),
                                 fault.start.empty() ? nullptr : fault.start.data()};
    EXPECT_EQ(kinit_uniform(&tensor, 0, 1, {kSeed, 0, fault.offset}), fault.status) << fault.what;
    if (fault.status != KINIT_ERROR_STREAM_END) {
      EXPECT_EQ(kinit_constant(&tensor, 1), fault.status) << fault.what;
    }
    EXPECT_THAT(memory, testing::Each(UINT64_C(0x1234567890ABCDEF))) << fault.what;
  }
}

TEST(Tensor, PointersAreChecked) {
  uint64_t memory[4] = {1, 2, 3, 4};
  const Index shape = {3}, empty = {0};
  kinit_tensor tensor = Tensor(memory, KINIT_F32, shape);
  EXPECT_EQ(kinit_constant(nullptr, 0), KINIT_ERROR_NULL);
  tensor.shape = nullptr;
  EXPECT_EQ(kinit_constant(&tensor, 0), KINIT_ERROR_NULL);
  tensor.shape = shape.data();
  tensor.ndim = -1;
  EXPECT_EQ(kinit_constant(&tensor, 0), KINIT_ERROR_DIMENSIONS);
  tensor.ndim = 1;
  tensor.data = nullptr;
  EXPECT_EQ(kinit_constant(&tensor, 0), KINIT_ERROR_NULL);
  tensor.shape = empty.data();
  EXPECT_EQ(kinit_constant(&tensor, 0), KINIT_OK);
  EXPECT_THAT(memory, testing::ElementsAre(1, 2, 3, 4));
}

/* Not as one of the faults, because no value that C++ lets an enumeration have is unknown. */
TEST(Tensor, UnknownDtypesAreRefusedWithoutWriting) {
  float value = 42;
  const Index shape = {1};
  for (const int unknown : {6, 100, -1}) {
    kinit_tensor tensor = Tensor(&value, KINIT_F32, shape);
    std::memcpy(&tensor.dtype, &unknown, sizeof unknown);
    EXPECT_EQ(kinit_constant(&tensor, 1), KINIT_ERROR_DTYPE) << unknown;
    EXPECT_EQ(kinit_uniform(&tensor, 0, 1, {kSeed, 0, 0}), KINIT_ERROR_DTYPE) << unknown;
  }
  EXPECT_EQ(value, 42);
}

TEST(Tensor, AlignmentIsThatOfTheElement) {
  alignas(8) unsigned char memory[64] = {};
  const Index shape = {3};
  const struct {
    kinit_dtype dtype;
    size_t size;
  } rows[] = {{KINIT_F32, 4}, {KINIT_F64, 8}, {KINIT_F16, 2}, {KINIT_BF16, 2}};
  for (const auto &row : rows) {
    for (size_t shift = 0; shift <= 8; shift++) {
      const kinit_tensor tensor = Tensor(memory + shift, row.dtype, shape);
      const kinit_status expected = shift % row.size == 0 ? KINIT_OK : KINIT_ERROR_MISALIGNED;
      if (expected != KINIT_OK) std::fill(std::begin(memory), std::end(memory), kBlank);
      EXPECT_EQ(kinit_constant(&tensor, 1), expected) << "dtype " << row.dtype << ", shift " << shift;
      if (expected != KINIT_OK) {
        EXPECT_THAT(memory, testing::Each(kBlank));
      }
    }
  }
}

/* A zero makes the other lengths harmless. */
TEST(Tensor, EmptyTensorsHaveAnyOtherLength) {
  const Index shape = {INT64_MAX, 0, INT64_MAX}, start = {0, 1, 5};
  kinit_tensor tensor = Tensor(nullptr, KINIT_F64, shape);
  EXPECT_EQ(kinit_normal(&tensor, 0, 0, {0, 0, 0}), kinit_fill_normal(nullptr, KINIT_F64, 0, 0, 0, {0, 0, 0}));
  EXPECT_EQ(kinit_uniform(&tensor, 0, 1, {0, 0, 0}), KINIT_OK);
  const Index part = {1, 0, 1}, whole = {2, 3, 6};
  tensor = Block(nullptr, KINIT_F32, part, whole, start);
  EXPECT_EQ(kinit_uniform(&tensor, 0, 1, {0, 0, 0}), KINIT_OK);
}

}  // namespace
