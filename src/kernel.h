/* The kernel interface.
 *
 * Owns: what the tensor side of kinit and its kernels share: with what to fill (kinit_parameters), where to put it
 * (kinit_span), and the table of functions that one instruction set offers (kinit_backend). Below it (kernel/, scalar/,
 * avx2/, avx512/, neon/) nothing knows a shape, a thread or an error; above it nothing knows a lane.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_H
#define KINIT_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Evenly spaced memory that receives consecutive elements of the stream. */
typedef struct kinit_span {
  void *dst;      /* of the first element; aligned to the size of an element */
  int64_t stride; /* from element to element, in elements: 1 is contiguous, the fast case */
  uint64_t first; /* index in the stream of the first element */
  uint64_t count; /* number of elements, > 0; first + count - 1 does not wrap */
} kinit_span;

/* A truncated normal, ready for the kernels: plan_truncated.c makes it, docs/stream.md defines every member. A fill of
 * floats rounds the doubles to float once. */
enum { KINIT_TRUNCATED_CENTRAL, KINIT_TRUNCATED_TAIL, KINIT_TRUNCATED_NARROW };
enum { KINIT_TRUNCATED_DEGREE_F32 = 5, KINIT_TRUNCATED_DEGREE_F64 = 14 };
enum { KINIT_TRUNCATED_C_F32 = 30, KINIT_TRUNCATED_C_F64 = 70 }; /* of the tail's variable sqrt(l + C) */
typedef struct kinit_truncated {
  int variant;
  uint32_t flip; /* xored with words, so that they grow from the right to the left: all ones, or 0 if mirrored */
  uint32_t turn; /* beyond it, as an unsigned number, they belong to the left side, and are complemented */
  double v_mul;  /* v = k * v_mul + v_left or v_right, k the word turned so */
  double v_left, v_right;
  double scale; /* of the right side; the left has its negative */
  double anchor;
  double low, high;
  double centre; /* the tail's polynomial is one in sqrt(l + C) - centre, l = -2 ln v */
  double poly[KINIT_TRUNCATED_DEGREE_F64 + 1];
} kinit_truncated;

/* Everything that is the same for all spans of a fill. The parameters are checked, and hold values of the type used: a
 * float's value unless the dtype is f64. */
typedef struct kinit_parameters {
  uint64_t seed;
  uint64_t subsequence;
  bool streaming; /* use stores that bypass the caches */
  union {
    struct {
      double low;
      double range; /* high - low, rounded once */
      double limit; /* largest value allowed */
    } uniform;
    struct {
      double mean;
      double stddev;
    } normal;
    struct {
      uint64_t pattern; /* the element's bits, repeated to fill 64 bits */
      size_t size;      /* bytes of an element */
    } constant;
    kinit_truncated truncated;
  } as;
} kinit_parameters;

/* Fills the spans, in any order. Reentrant; the caller has set the default floating-point environment. */
typedef void kinit_kernel(const kinit_parameters *parameters, const kinit_span *spans, size_t span_count);

/* Index of a dtype in the tables below; equal to the values of kinit_dtype, which dispatch.c asserts. */
enum {
  KINIT_KERNEL_F32,
  KINIT_KERNEL_F64,
  KINIT_KERNEL_F16,
  KINIT_KERNEL_BF16,
  KINIT_KERNEL_F8_E4M3,
  KINIT_KERNEL_F8_E5M2,
  KINIT_KERNEL_DTYPES
};

/* A function of SLEEF, and where a backend keeps the pointer by which it calls it. At first that is to whatever
 * function of that name the linker found. */
typedef struct kinit_sleef {
  const char *name;
  void *pointer;
} kinit_sleef;

/* One instruction set. NULL where it cannot serve (f64 normals, cut or not, without hardware fma). */
typedef struct kinit_backend {
  const char *name;
  kinit_kernel *bits;
  kinit_kernel *constant;
  kinit_kernel *uniform[KINIT_KERNEL_DTYPES];
  kinit_kernel *normal[KINIT_KERNEL_DTYPES];
  kinit_kernel *truncated[KINIT_KERNEL_DTYPES];
  kinit_sleef sincospi; /* no name without hardware fma */
} kinit_backend;

#endif
