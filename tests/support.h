/* What several tests need: the instruction sets, the fills as a table, and memory with guards.
 *
 * Owns: the helpers of the tests of the core. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_SUPPORT_H
#define KINIT_TESTS_SUPPORT_H

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <ostream>
#include <string>
#include <vector>

#include "hash.h"
#include "kinit/kinit.h"

namespace kinit_test {

/* ---- Instruction sets -------------------------------------------------------------------------------------------- */

/* All that any build knows, so that those that this machine lacks are reported by name. */
inline const char *const kIsaNames[] = {"avx512", "avx2", "neon", "scalar"};

/* Those that this machine has. */
inline std::vector<std::string> PresentIsas() {
  std::vector<std::string> names;
  for (int i = 0; i < kinit_isa_count(); i++) names.emplace_back(kinit_isa_name(i));
  return names;
}

/* Chooses an instruction set until the end of the scope. */
class ScopedIsa {
 public:
  explicit ScopedIsa(const std::string &name) : status_(kinit_set_isa(name.c_str())) {}
  ~ScopedIsa() { kinit_set_isa(nullptr); }
  ScopedIsa(const ScopedIsa &) = delete;
  ScopedIsa &operator=(const ScopedIsa &) = delete;
  bool supported() const { return status_ == KINIT_OK; }

 private:
  kinit_status status_;
};

class ScopedThreads {
 public:
  explicit ScopedThreads(int count) { kinit_set_num_threads(count); }
  ~ScopedThreads() { kinit_set_num_threads(0); }
  ScopedThreads(const ScopedThreads &) = delete;
  ScopedThreads &operator=(const ScopedThreads &) = delete;
};

/* ---- Types ------------------------------------------------------------------------------------------------------- */

/* A value that the enumeration may not have, as a caller in C can hand it over. */
template <typename Enumeration>
Enumeration Unknown(int value) {
  Enumeration result;
  static_assert(sizeof result == sizeof value, "as in C");
  std::memcpy(&result, &value, sizeof result);
  return result;
}

inline size_t SizeOf(kinit_dtype dtype) {
  switch (dtype) {
    case KINIT_F32:
      return 4;
    case KINIT_F64:
      return 8;
    case KINIT_F8_E4M3:
    case KINIT_F8_E5M2:
      return 1;
    default:
      return 2;
  }
}

inline const char *NameOf(kinit_dtype dtype) {
  static const char *const names[] = {"f32", "f64", "f16", "bf16", "f8_e4m3", "f8_e5m2"};
  return names[dtype];
}

/* ---- Fills ------------------------------------------------------------------------------------------------------- */

/* One public function with its parameters bound. */
struct Filling {
  const char *name;
  kinit_dtype dtype;
  kinit_status (*fill)(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream);
};

/* For GoogleTest, which would print bytes. */
inline void PrintTo(const Filling &filling, std::ostream *out) { *out << filling.name; }

inline kinit_status FillBits(void *dst, kinit_dtype, size_t count, kinit_stream stream) {
  return kinit_fill_bits(static_cast<uint32_t *>(dst), count, stream);
}
inline kinit_status FillConstant(void *dst, kinit_dtype dtype, size_t count, kinit_stream) {
  return kinit_fill_constant(dst, dtype, count, -1.37);
}
inline kinit_status FillUniform(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_uniform(dst, dtype, count, -0.3, 0.7, stream);
}
/* So narrow that the largest u rounds to high, which only the limit prevents. */
inline kinit_status FillNarrow(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_uniform(dst, dtype, count, 1.0, 1.0 + 0x1p-22, stream);
}
inline kinit_status FillNormal(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_normal(dst, dtype, count, 0.1, 1.7, stream);
}

/* One for each method of the inverse: bounds around the mean, the same far to both sides, beyond one side, close. */
inline kinit_status FillTruncated(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_truncated_normal(dst, dtype, count, 0.1, 1.7, -2, 3, stream);
}
inline kinit_status FillSymmetric(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_truncated_normal(dst, dtype, count, 0, 0.02, -0.04, 0.04, stream);
}
inline kinit_status FillTail(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_truncated_normal(dst, dtype, count, 0, 1, 3, 9, stream);
}
inline kinit_status FillLowerTail(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_truncated_normal(dst, dtype, count, 1, 2, -80, -4, stream);
}
inline kinit_status FillClose(void *dst, kinit_dtype dtype, size_t count, kinit_stream stream) {
  return kinit_fill_truncated_normal(dst, dtype, count, 0, 1, 0.5, 0.7, stream);
}

/* Every distribution with every dtype: the rows that a new distribution is added to. */
inline const Filling kFillings[] = {
    {"bits", KINIT_F32, FillBits},
    {"constant_f32", KINIT_F32, FillConstant},
    {"constant_f64", KINIT_F64, FillConstant},
    {"constant_f16", KINIT_F16, FillConstant},
    {"constant_bf16", KINIT_BF16, FillConstant},
    {"constant_f8_e5m2", KINIT_F8_E5M2, FillConstant},
    {"uniform_f32", KINIT_F32, FillUniform},
    {"uniform_f64", KINIT_F64, FillUniform},
    {"uniform_f16", KINIT_F16, FillUniform},
    {"uniform_bf16", KINIT_BF16, FillUniform},
    {"uniform_f8_e4m3", KINIT_F8_E4M3, FillUniform},
    {"uniform_f8_e5m2", KINIT_F8_E5M2, FillUniform},
    {"uniform_narrow_f32", KINIT_F32, FillNarrow},
    {"uniform_narrow_f64", KINIT_F64, FillNarrow},
    {"normal_f32", KINIT_F32, FillNormal},
    {"normal_f64", KINIT_F64, FillNormal},
    {"normal_f16", KINIT_F16, FillNormal},
    {"normal_bf16", KINIT_BF16, FillNormal},
    {"normal_f8_e4m3", KINIT_F8_E4M3, FillNormal},
    {"normal_f8_e5m2", KINIT_F8_E5M2, FillNormal},
    {"truncated_f32", KINIT_F32, FillTruncated},
    {"truncated_f64", KINIT_F64, FillTruncated},
    {"truncated_f16", KINIT_F16, FillTruncated},
    {"truncated_bf16", KINIT_BF16, FillTruncated},
    {"truncated_f8_e4m3", KINIT_F8_E4M3, FillTruncated},
    {"truncated_symmetric_f32", KINIT_F32, FillSymmetric},
    {"truncated_symmetric_f64", KINIT_F64, FillSymmetric},
    {"truncated_tail_f32", KINIT_F32, FillTail},
    {"truncated_tail_f64", KINIT_F64, FillTail},
    {"truncated_tail_f16", KINIT_F16, FillTail},
    {"truncated_tail_bf16", KINIT_BF16, FillTail},
    {"truncated_lower_tail_f32", KINIT_F32, FillLowerTail},
    {"truncated_lower_tail_f64", KINIT_F64, FillLowerTail},
    {"truncated_close_f32", KINIT_F32, FillClose},
    {"truncated_close_f64", KINIT_F64, FillClose},
};

/* The bytes of a fill into memory of its own. */
inline std::vector<unsigned char> BytesOf(const Filling &filling, size_t count, const kinit_stream &stream) {
  std::vector<unsigned char> bytes(count * SizeOf(filling.dtype));
  const kinit_status status = filling.fill(bytes.data(), filling.dtype, count, stream);
  EXPECT_EQ(status, KINIT_OK) << filling.name << ": " << kinit_status_message(status);
  return bytes;
}

/* True where the active instruction set cannot draw this: f64 normals on a processor without fused multiply-add. */
inline bool NeedsFma(const Filling &filling) {
  double value;
  return filling.fill(&value, filling.dtype, 1, {0, 0, 0}) == KINIT_ERROR_NEEDS_FMA;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

/* Memory between two pages that nobody may touch. */
class GuardedMemory {
 public:
  explicit GuardedMemory(size_t bytes) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    size_ = (bytes + page - 1) / page * page;
    mapped_ = size_ + 2 * page;
    map_ = mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map_ == MAP_FAILED || mprotect(begin_of(page), size_, PROT_READ | PROT_WRITE) != 0) abort();
    begin_ = begin_of(page);
  }
  ~GuardedMemory() { munmap(map_, mapped_); }
  GuardedMemory(const GuardedMemory &) = delete;
  GuardedMemory &operator=(const GuardedMemory &) = delete;

  unsigned char *begin() const { return begin_; }
  unsigned char *end() const { return begin_ + size_; }
  size_t size() const { return size_; }
  void Paint() { std::memset(begin_, kPaint, size_); }

  /* Whether the bytes at `at` are those expected, and nothing else was written since Paint. */
  testing::AssertionResult Holds(const unsigned char *at, const unsigned char *expected, size_t bytes) const {
    for (const unsigned char *p = begin_; p < at; p++)
      if (*p != kPaint) return testing::AssertionFailure() << at - p << " bytes before the destination were written";
    for (const unsigned char *p = at + bytes; p < end(); p++)
      if (*p != kPaint) return testing::AssertionFailure() << p - at - bytes << " bytes after the end were written";
    if (bytes == 0 || std::memcmp(at, expected, bytes) == 0) return testing::AssertionSuccess();
    size_t first = 0;
    while (at[first] == expected[first]) first++;
    return testing::AssertionFailure() << "byte " << first << " of " << bytes << " differs";
  }

 private:
  static constexpr unsigned char kPaint = 0xA5;
  unsigned char *begin_of(size_t page) const { return static_cast<unsigned char *>(map_) + page; }

  void *map_;
  size_t mapped_, size_;
  unsigned char *begin_;
};

}  // namespace kinit_test

#endif
