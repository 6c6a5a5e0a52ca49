/* kinit: fills weight tensors with random numbers at the speed of memory, with the same bits everywhere.
 * SPDX-License-Identifier: Apache-2.0
 *
 * This header is the whole public contract. It is plain C11 and compiles as C++17.
 *
 * CONTENTS
 *   1. Version and visibility     4. Streams          7. Laws: fans and gains
 *   2. Status                     5. Flat fills       8. The machine: ISA, threads, memory
 *   3. Types                      6. Initializers on a tensor
 *
 * THE PROMISE. A fill is a pure function of its arguments. Element e of a fill that starts at stream offset o is
 * element o + e of the stream {seed, subsequence}, whatever the count, the alignment, the slicing, the sharding,
 * the number of threads, the instruction set, the compiler or the operating system. docs/stream.md defines every
 * bit; KINIT_STREAM_VERSION changes if a bit ever does.
 *
 * RULES FOR EVERY FUNCTION
 *   - Thread-safe: any function may be called from any number of threads at once. Two fills may run at the same time
 *     as long as their destinations do not overlap.
 *   - Pure: no clock, no global randomness, no hidden state. The choice of ISA and of the thread count is global, but
 *     changes only the speed. The caller's rounding mode, flush-to-zero and exception flags neither change the result
 *     nor are changed.
 *   - Checked: a function that returns an error has written nothing. Bounds of the destination cannot be checked:
 *     a buffer shorter than the count, or one that is read-only, is the caller's fault and undefined behaviour.
 *   - A count of 0, or a tensor with a zero in its shape, is a successful no-op once all other arguments were checked;
 *     the destination may then be NULL.
 *   - Not promised: cryptographic strength. Philox is a statistical generator; its output can be predicted.
 */
#ifndef KINIT_KINIT_H
#define KINIT_KINIT_H

#include <stddef.h>
#include <stdint.h>

/* ---- 1. Version and visibility --------------------------------------------------------------------------------- */

/* Version of the library. The build reads these three lines; they are the only place that holds it. */
#define KINIT_VERSION_MAJOR 1
#define KINIT_VERSION_MINOR 0
#define KINIT_VERSION_PATCH 0
#define KINIT_VERSION_NUMBER (KINIT_VERSION_MAJOR * 10000 + KINIT_VERSION_MINOR * 100 + KINIT_VERSION_PATCH)

/* Version of the bits: two libraries with equal KINIT_STREAM_VERSION give equal bytes for equal arguments. */
#define KINIT_STREAM_VERSION 1

#if defined(KINIT_SHARED) && defined(_WIN32)
#ifdef KINIT_BUILDING
#define KINIT_API __declspec(dllexport)
#else
#define KINIT_API __declspec(dllimport)
#endif
#elif defined(__GNUC__)
#define KINIT_API __attribute__((visibility("default")))
#else
#define KINIT_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The library's version as "major.minor.patch": a static string. It can differ from the macros above when a program
 * runs with another shared library than the one it was compiled against. */
KINIT_API const char *kinit_version(void);

/* ---- 2. Status ------------------------------------------------------------------------------------------------- */

/* What a call says about its arguments. Values are fixed for ever and never reused. */
typedef enum kinit_status {
  KINIT_OK = 0,
  KINIT_ERROR_NULL = 1,           /* a required pointer is NULL */
  KINIT_ERROR_MISALIGNED = 2,     /* data is not aligned to the size of its element */
  KINIT_ERROR_DTYPE = 3,          /* the dtype is not one of kinit_dtype */
  KINIT_ERROR_ENUM = 4,           /* another enumeration has an unknown value */
  KINIT_ERROR_NOT_FINITE = 5,     /* a parameter is NaN or infinite, in double or after rounding to the type used */
  KINIT_ERROR_NEGATIVE_SCALE = 6, /* stddev or gain is negative, or a variance scale is not positive */
  KINIT_ERROR_BOUNDS = 7,         /* low > high, or low >= high for a truncated normal */
  KINIT_ERROR_SIZE = 8,           /* the size in bytes or in elements overflows, or a dimension is negative */
  KINIT_ERROR_STREAM_END = 9,     /* offset + count runs past the end of the stream */
  KINIT_ERROR_DIMENSIONS = 10,    /* the number of dimensions does not fit the function */
  KINIT_ERROR_STRIDE = 11,        /* a stride is 0 on a dimension longer than 1, or strides overflow */
  KINIT_ERROR_BLOCK = 12,         /* the block lies outside its tensor, or only one of global_shape and start is set */
  KINIT_ERROR_GROUPS = 13,        /* groups is not positive or does not divide the first dimension */
  KINIT_ERROR_NAME = 14,          /* no such name */
  KINIT_ERROR_ISA = 15,           /* this machine or this build does not have that instruction set */
  KINIT_ERROR_NEEDS_FMA = 16,     /* normals in f64 need a processor with fused multiply-add */
  KINIT_ERROR_THREADS = 17        /* a negative number of threads */
} kinit_status;

/* One English sentence about a status, without a full stop: a static string, never NULL, also for unknown values. */
KINIT_API const char *kinit_status_message(kinit_status status);

/* ---- 3. Types -------------------------------------------------------------------------------------------------- */

/* Element types, in the machine's byte order. F16 is IEEE 754 binary16; BF16 is the upper half of a binary32.
 * Values in F16 and BF16 are always the F32 value of the same fill, rounded to nearest, ties to even. */
typedef enum kinit_dtype { KINIT_F32 = 0, KINIT_F64 = 1, KINIT_F16 = 2, KINIT_BF16 = 3 } kinit_dtype;

/* A position in one of 2^128 endless sequences. Nothing has state: the same stream gives the same numbers again.
 *   seed         the key of the generator: one per model, say
 *   subsequence  one of 2^64 independent sequences of that seed: one per tensor (see kinit_stream_named)
 *   offset       index of the first element to draw, in elements of the distribution drawn. Any value, odd ones too.
 *                A stream has 2^64 elements, or 2^63 of F64.
 * To continue a fill, add the number of elements drawn to offset. */
typedef struct kinit_stream {
  uint64_t seed;
  uint64_t subsequence;
  uint64_t offset;
} kinit_stream;

/* A tensor, or a block of a larger tensor. Nothing is copied; the arrays are read during the call only.
 *   data          the first element (that of index 0, 0, ...)
 *   dtype         its element type
 *   ndim          number of dimensions, >= 0; 0 is one element. The pointers below have ndim entries each
 *   shape         lengths, each >= 0; may be NULL if ndim is 0
 *   strides       distance between neighbours along each dimension, in elements, of any sign and order; NULL for
 *                 C order (last dimension contiguous). Elements must not overlap: a stride of 0 on a dimension longer
 *                 than 1 is refused, subtler overlaps are the caller's fault. A strided tensor receives the
 *                 values of its C-ordered twin.
 *   global_shape  lengths of the whole tensor of which this one is a block, or NULL if it is the whole
 *   start         index in the whole tensor of the block's first element; set if and only if global_shape is
 * A block receives exactly the values that its slice of the whole tensor would have, and fans come from the whole. The
 * stream index of an element is stream.offset plus its row-major index in the whole tensor. */
typedef struct kinit_tensor {
  void *data;
  kinit_dtype dtype;
  int ndim;
  const int64_t *shape;
  const int64_t *strides;
  const int64_t *global_shape;
  const int64_t *start;
} kinit_tensor;

/* ---- 4. Streams ------------------------------------------------------------------------------------------------ */

/* The stream of a tensor by its name: subsequence = FNV-1a (64 bits) of the name's bytes, offset = 0. Adding, removing
 * or reordering tensors changes no other one. name: a NUL-terminated string; NULL counts as "". Two of a million names
 * share a stream with probability 3e-8. */
KINIT_API kinit_stream kinit_stream_named(uint64_t seed, const char *name);

/* ---- 5. Flat fills --------------------------------------------------------------------------------------------- */
/* All fill count elements from dst on, with elements offset, offset + 1, ... of the stream. dst must be aligned to the
 * size of an element. Large fills use several threads (see kinit_set_num_threads).
 * Errors of all: NULL, MISALIGNED, DTYPE, SIZE, STREAM_END; and those named with each. */

/* The raw words of Philox4x32-10 (Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011), equal to those
 * of Random123, and of cuRAND with the same seed, subsequence and offset. */
KINIT_API kinit_status kinit_fill_bits(uint32_t *dst, size_t count, kinit_stream stream);

/* Uniform on [low, high): low + u (high - low), u a multiple of 2^-24 in [0, 1) (2^-53 in F64). Never reaches high in
 * F32 and F64, unless low = high; rounding to F16 and BF16 can reach it. low and high are rounded to float first unless
 * dtype is F64.
 * Errors: NOT_FINITE (low, high or high - low, in the type used), BOUNDS (low > high). */
KINIT_API kinit_status kinit_fill_uniform(void *dst, kinit_dtype dtype, size_t count, double low, double high,
                                          kinit_stream stream);

/* Normal with the given mean and standard deviation, by the transformation of Box and Muller (A Note on the Generation
 * of Random Normal Deviates, Ann. Math. Stat. 29, 1958), exact in the tails: |z| reaches 6.76 in F32 and 9.5 in F64.
 * normal(mean, stddev) is fma(z, stddev, mean) of the z of normal(0, 1); both are rounded to float first unless dtype
 * is F64. stddev 0 gives the mean.
 * Errors: NOT_FINITE, NEGATIVE_SCALE, NEEDS_FMA (F64 only). */
KINIT_API kinit_status kinit_fill_normal(void *dst, kinit_dtype dtype, size_t count, double mean, double stddev,
                                         kinit_stream stream);

/* Every element = value, rounded to nearest even in dtype. Errors: NOT_FINITE. Takes no stream. */
KINIT_API kinit_status kinit_fill_constant(void *dst, kinit_dtype dtype, size_t count, double value);

/* ---- 8. The machine -------------------------------------------------------------------------------------------- */

/* The instruction sets that this build has and this machine runs, best first: index 0 to kinit_isa_count() - 1.
 * Names: "avx512", "avx2", "neon", "scalar" (always there, always last). NULL for an index out of range. */
KINIT_API int kinit_isa_count(void);
KINIT_API const char *kinit_isa_name(int index);

/* Name of the one in use: the best, or the one that the environment variable KINIT_ISA names at first use (an unknown or
 * unsupported name there is ignored), or the one last chosen by kinit_set_isa. */
KINIT_API const char *kinit_isa(void);

/* Chooses the instruction set for all fills that start from now on, in all threads. NULL: as at first use.
 * Changes speed, never a bit. Errors: ISA (nothing changes). */
KINIT_API kinit_status kinit_set_isa(const char *name);

/* The largest number of threads that one fill may use, for the whole process. 0 restores the default: the number of
 * physical cores that the process may run on, or OMP_NUM_THREADS if that is set. Small fills use fewer. 1 in a build
 * without OpenMP, inside a parallel region, and in a child process forked after a threaded fill.
 * Errors: THREADS (negative). */
KINIT_API kinit_status kinit_set_num_threads(int count);
KINIT_API int kinit_num_threads(void);

/* Memory for large tensors: 2 MiB-aligned, advised to use huge pages, not touched, so that the fill's own threads touch
 * it first. NULL if there is none. A size of 0 gives a pointer that may only be freed. */
KINIT_API void *kinit_alloc(size_t bytes);
/* Releases what kinit_alloc gave. NULL is allowed. */
KINIT_API void kinit_free(void *memory);

#ifdef __cplusplus
}
#endif

#endif
