/* Tensors of any description, good or bad, over a piece of memory that is watched.
 *
 * Owns: an independent opinion, in 128-bit integers, on whether a kinit_tensor keeps the rules of kinit.h, and where
 * its elements lie. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_FUZZ_TENSOR_H
#define KINIT_TESTS_FUZZ_TENSOR_H

#include <algorithm>
#include <functional>
#include <numeric>
#include <vector>

#include "input.h"
#include "kinit/kinit.h"

namespace kinit_fuzz {

__extension__ typedef __int128 Wide;

constexpr size_t kArena = 1 << 14; /* bytes; flat fills for several threads have an arena of their own */
constexpr int64_t kElements = 256; /* of a tensor that is filled */
constexpr Wide kFar = Wide{1} << 63;
constexpr unsigned char kPaint = 0xA5;

/* Values of enumerations are ints here: an unknown one is made where kinit is called, and nowhere else. */
inline int AnyEnum(Input *in, unsigned values) {
  const unsigned choice = in->Below(64);
  return choice < 60 ? static_cast<int>(choice % values) : in->Raw<int8_t>();
}
inline bool IsOneOf(int value, int values) { return value >= 0 && value < values; }
inline kinit_dtype Dtype(int value) { return static_cast<kinit_dtype>(value); }

inline size_t SizeOf(int dtype) {
  return dtype == KINIT_F64                          ? 8
         : dtype == KINIT_F32                        ? 4
         : dtype == KINIT_F16 || dtype == KINIT_BF16 ? 2
         : IsOneOf(dtype, 6)                         ? 1
                                                     : 0;
}

class Tensor {
 public:
  explicit Tensor(Input *in) {
    const unsigned choice = in->Below(64);
    ndim_ = choice < 60 ? static_cast<int>(choice % 6) : in->Flag() ? in->Raw<int>() : in->Raw<int8_t>();
    dtype_ = AnyEnum(in, 6);
    const size_t entries = ndim_ >= 0 && ndim_ <= 64 ? static_cast<size_t>(ndim_) : 0;
    for (size_t k = 0; k < entries; k++) shape_.push_back(in->Integer());
    ReadStrides(in);
    ReadBlock(in);
    misaligned_ = in->Below(32) == 31 && SizeOf(dtype_) != 1 ? 1 : 0;
    null_ = in->Below(32) == 31;
    null_shape_ = in->Below(64) == 63;
  }

  /* The tensor that kinit sees. Without a place in the arena its data is NULL. */
  kinit_tensor Describe(unsigned char *arena) const {
    const auto array = [](const std::vector<int64_t> &v, bool set) { return set && !v.empty() ? v.data() : nullptr; };
    kinit_tensor tensor = {};
    tensor.dtype = Dtype(dtype_);
    tensor.ndim = ndim_;
    tensor.shape = array(shape_, !null_shape_);
    tensor.strides = array(strides_, has_strides_);
    tensor.global_shape = array(whole_, has_whole_);
    tensor.start = array(start_, has_start_);
    if (arena != nullptr && HasPlace()) tensor.data = arena + Origin() + misaligned_;
    return tensor;
  }

  int dtype() const { return dtype_; }
  int ndim() const { return ndim_; }
  const std::vector<int64_t> &whole() const { return has_whole_ ? whole_ : shape_; }
  bool empty() const { return Count() == 0; }

  /* Whether kinit has to accept it, with a stream that starts at `offset`. */
  bool KeepsTheRules(uint64_t offset) const {
    return ShapeKeepsTheRules() && BlockKeepsTheRules() && StridesKeepTheRules() &&
           (HasPlace() ? misaligned_ == 0 : Count() == 0) && EndsInStream(offset);
  }

  /* index, index in the whole tensor, place in bytes from the arena's beginning. */
  using Visitor = std::function<void(const std::vector<int64_t> &, uint64_t, size_t)>;

  /* Every element of a tensor that keeps the rules. */
  void ForEach(const Visitor &visit) const {
    if (Count() == 0) return;
    std::vector<int64_t> index(shape_.size(), 0);
    for (;;) {
      Wide place = 0, element = 0;
      for (size_t k = 0; k < shape_.size(); k++) {
        place += index[k] * Stride(k);
        element = element * whole()[k] + index[k] + (has_start_ ? start_[k] : 0);
      }
      visit(index, static_cast<uint64_t>(element), Origin() + static_cast<size_t>(place * Size()));
      size_t k = shape_.size();
      while (k > 0 && ++index[k - 1] == shape_[k - 1]) index[--k] = 0;
      if (k == 0) return;
    }
  }

  /* The index in the whole tensor along a dimension. */
  int64_t WholeIndex(const std::vector<int64_t> &index, size_t k) const {
    return index[k] + (has_start_ ? start_[k] : 0);
  }

 private:
  /* None, those of another order with gaps and of either sign, small ones, or any. */
  void ReadStrides(Input *in) {
    const unsigned kind = in->Below(4);
    has_strides_ = kind != 0;
    strides_.resize(shape_.size());
    if (kind >= 2)
      for (int64_t &stride : strides_) stride = kind == 2 ? in->Raw<int8_t>() : in->Integer();
    if (kind != 1) return;
    std::vector<size_t> order(shape_.size());
    std::iota(order.begin(), order.end(), 0);
    for (size_t k = order.size(); k > 1; k--) std::swap(order[k - 1], order[in->Below(static_cast<unsigned>(k))]);
    int64_t stride = 1;
    for (const size_t k : order) {
      stride += in->Below(8) == 7 ? in->Byte() : 0;
      strides_[k] = in->Flag() ? -stride : stride;
      stride = stride < 100000 && shape_[k] > 0 && shape_[k] < 1000 ? stride * shape_[k] : stride;
    }
  }

  /* None, one that fits, one of two arrays, or any. */
  void ReadBlock(Input *in) {
    const unsigned kind = in->Below(8);
    has_whole_ = kind >= 3 && !shape_.empty();
    has_start_ = has_whole_ && kind != 6;
    for (const int64_t length : shape_) {
      const int64_t start = kind == 7 ? in->Integer() : in->Below(8), behind = in->Below(8);
      start_.push_back(start);
      const bool fits = kind != 7 && length >= 0 && length < INT64_MAX - 16;
      whole_.push_back(fits ? start + length + behind : in->Integer());
    }
  }

  Wide Size() const { return static_cast<Wide>(SizeOf(dtype_)); }

  /* The product of lengths, bounded so that it cannot overflow: from 2^63 on it only matters that it is large. */
  static Wide Product(const std::vector<int64_t> &lengths, size_t from = 0) {
    Wide product = 1;
    for (size_t k = from; k < lengths.size(); k++)
      if (lengths[k] == 0) return 0;
    for (size_t k = from; k < lengths.size(); k++) product = std::clamp(product * lengths[k], -kFar, kFar);
    return product;
  }
  Wide Count() const { return Product(shape_); }
  Wide Stride(size_t k) const { return has_strides_ ? strides_[k] : Product(shape_, k + 1); }

  /* Distance from the first element to the one with the lowest or the highest address, in elements. */
  Wide Reach(bool low) const {
    Wide reach = 0;
    for (size_t k = 0; k < shape_.size(); k++)
      if (shape_[k] > 1 && (Stride(k) < 0) == low) reach += Stride(k) * (shape_[k] - 1);
    return reach;
  }
  size_t Origin() const { return Count() == 0 ? 0 : static_cast<size_t>(-Reach(true) * Size()); }
  bool HasPlace() const {
    return !null_ && Size() > 0 && ShapeKeepsTheRules() && StridesKeepTheRules() && Count() <= kElements &&
           (Count() == 0 || (Reach(false) - Reach(true) + 1) * Size() < Wide{kArena});
  }

  static bool NoneNegative(const std::vector<int64_t> &lengths) {
    return std::all_of(lengths.begin(), lengths.end(), [](int64_t length) { return length >= 0; });
  }
  bool ShapeKeepsTheRules() const {
    return Size() > 0 && ndim_ >= 0 && ndim_ <= 64 && (!null_shape_ || ndim_ == 0) && NoneNegative(shape_) &&
           Count() * Size() <= PTRDIFF_MAX;
  }
  bool BlockKeepsTheRules() const {
    if (has_whole_ != has_start_ || !NoneNegative(whole()) || Product(whole()) > INT64_MAX) return false;
    for (size_t k = 0; has_whole_ && k < shape_.size(); k++)
      if (start_[k] < 0 || Wide{start_[k]} + shape_[k] > whole_[k]) return false;
    return true;
  }
  bool StridesKeepTheRules() const {
    Wide reach = 1;
    for (size_t k = 0; has_strides_ && k < shape_.size(); k++) {
      if (shape_[k] <= 1) continue;
      if (strides_[k] == 0) return false;
      reach += std::min((strides_[k] < 0 ? -Wide{strides_[k]} : Wide{strides_[k]}) * (shape_[k] - 1), kFar);
    }
    return reach * Size() <= PTRDIFF_MAX;
  }
  bool EndsInStream(uint64_t offset) const {
    const Wide end = Wide{1} << (dtype_ == KINIT_F64 ? 63 : 64);
    if (Count() == 0) return offset <= end;
    Wide last = 0;
    for (size_t k = 0; k < shape_.size(); k++) last = last * whole()[k] + (has_start_ ? start_[k] : 0) + shape_[k] - 1;
    return offset + last < end;
  }

  int ndim_, dtype_;
  std::vector<int64_t> shape_, strides_, whole_, start_;
  bool has_strides_, has_whole_, has_start_, null_, null_shape_;
  size_t misaligned_;
};

}  // namespace kinit_fuzz

#endif
