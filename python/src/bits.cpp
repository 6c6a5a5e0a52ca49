/* fill_bits on arrays of any strides and on shards.
 *
 * Owns: what bits.h says. SPDX-License-Identifier: Apache-2.0 */
#include "bits.h"

#include <algorithm>
#include <array>
#include <vector>

namespace nb = nanobind;

namespace kinit_python {

namespace {

struct Dimension {
  int64_t length, stride; /* in memory */
  uint64_t step;          /* in the stream */
};

/* Neighbours that continue each other in memory and in the stream become one. Outermost first; never empty. */
std::vector<Dimension> merge(const std::vector<Dimension> &dimensions) {
  std::vector<Dimension> merged;
  for (const Dimension &next : dimensions) {
    if (next.length == 1) continue;
    if (!merged.empty() && merged.back().stride == next.stride * next.length &&
        merged.back().step == next.step * static_cast<uint64_t>(next.length)) {
      merged.back() = {merged.back().length * next.length, next.stride, next.step};
    } else {
      merged.push_back(next);
    }
  }
  if (merged.empty() || merged.back().step != 1) merged.push_back({1, 1, 1});
  return merged;
}

/* One row: of the innermost dimension, whose words are neighbours in the stream. Where they are none in memory, they go
 * there in steps. */
void fill_row(uint32_t *first, const Dimension &row, kinit_stream stream) {
  const auto count = static_cast<uint64_t>(row.length);
  if (row.stride == 1) {
    raise_status(kinit_fill_bits(first, count, stream));
    return;
  }
  std::array<uint32_t, 4096> words;
  for (uint64_t done = 0; done < count; done += words.size(), stream.offset += words.size()) {
    const uint64_t now = std::min<uint64_t>(words.size(), count - done);
    raise_status(kinit_fill_bits(words.data(), now, stream));
    for (uint64_t i = 0; i < now; i++) first[static_cast<int64_t>(done + i) * row.stride] = words[i];
  }
}

void fill_rows(uint32_t *first, std::vector<Dimension> dimensions, kinit_stream stream) {
  const Dimension row = dimensions.back();
  dimensions.pop_back();
  std::vector<int64_t> index(dimensions.size());
  for (;;) {
    fill_row(first, row, stream);
    size_t k = dimensions.size();
    for (; k > 0; k--) {
      const Dimension &outer = dimensions[k - 1];
      first += outer.stride;
      stream.offset += outer.step;
      if (++index[k - 1] < outer.length) break;
      first -= outer.stride * outer.length;
      stream.offset -= outer.step * static_cast<uint64_t>(outer.length);
      index[k - 1] = 0;
    }
    if (k == 0) return;
  }
}

/* The dimensions of the destination, and the indices of its first and last word in the whole array. */
std::vector<Dimension> lay_out(const Destination &to, const Request &request, uint64_t &first, uint64_t &last) {
  const Array &array = to.array;
  std::vector<Dimension> dimensions(static_cast<size_t>(array.ndim));
  uint64_t step = 1;
  first = last = 0;
  for (int k = array.ndim - 1; k >= 0; k--) {
    const int64_t whole = to.is_shard ? to.global_shape[k] : array.shape[k];
    const int64_t start = to.is_shard ? to.start[k] : 0;
    if (start < 0 || start > whole || array.shape[k] > whole - start) raise_status(KINIT_ERROR_BLOCK, request);
    dimensions[static_cast<size_t>(k)] = {array.shape[k], array.strides[k], step};
    first += step * static_cast<uint64_t>(start);
    last += step * static_cast<uint64_t>(start + array.shape[k] - 1);
    if (__builtin_mul_overflow(step, static_cast<uint64_t>(whole), &step) || step > INT64_MAX) {
      raise_status(KINIT_ERROR_SIZE, request);
    }
  }
  return dimensions;
}

}  // namespace

void fill_bits(const Destination &destination, kinit_stream stream) {
  destination.array.require_cpu();
  if (destination.array.element != Element::u32) throw nb::type_error("fill_bits fills arrays of dtype uint32");
  if (reinterpret_cast<uintptr_t>(destination.array.data) % sizeof(uint32_t) != 0) {
    raise_status(KINIT_ERROR_MISALIGNED);
  }
  const Request request = {{}, stream.offset, destination.array.ndim, destination.array.shape, &destination};
  uint64_t first, last;
  const std::vector<Dimension> dimensions = lay_out(destination, request, first, last);
  if (destination.array.empty()) return;
  if (last > UINT64_MAX - stream.offset) raise_status(KINIT_ERROR_STREAM_END, request);
  stream.offset += first;
  const nb::gil_scoped_release release;
  fill_rows(static_cast<uint32_t *>(destination.array.data), merge(dimensions), stream);
}

}  // namespace kinit_python
