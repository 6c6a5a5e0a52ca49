/* kinit: fills weight tensors with random numbers at the speed of memory, with the same bits everywhere.
 * SPDX-License-Identifier: Apache-2.0
 *
 * This header is the whole public contract. It is plain C11 and compiles as C++17.
 *
 * CONTENTS
 *   1. Version and visibility     4. Streams                      7. An initializer as a value
 *   2. Status                     5. Flat fills                   8. Fans and gains
 *   3. Types                      6. Initializers on a tensor     9. The machine: ISA, threads, memory
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
#define KINIT_VERSION_MINOR 1
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
  KINIT_ERROR_DIMENSIONS = 10,    /* the number of dimensions does not fit the function, or an axis is not among them */
  KINIT_ERROR_STRIDE = 11,        /* a stride is 0 on a dimension longer than 1, or strides overflow */
  KINIT_ERROR_BLOCK = 12,         /* the block lies outside its tensor, or only one of global_shape and start is set */
  KINIT_ERROR_GROUPS = 13,        /* groups is not positive or does not divide the outputs */
  KINIT_ERROR_NAME = 14,          /* no such name */
  KINIT_ERROR_ISA = 15,           /* this machine or this build does not have that instruction set */
  KINIT_ERROR_NEEDS_FMA = 16,     /* normals in f64 need a processor with fused multiply-add */
  KINIT_ERROR_THREADS = 17,       /* a negative number of threads */
  KINIT_ERROR_INITIALIZER = 18,   /* kinit_initializer: size is not set, or unknown members are not zero */
  /* Of kinit/cuda.h only: */
  KINIT_ERROR_CUDA = 19,              /* the CUDA driver reports an error that none of those below is */
  KINIT_ERROR_CUDA_ABSENT = 20,       /* this build has no kernels for a GPU, or this machine no driver, or no GPU */
  KINIT_ERROR_CUDA_CONTEXT = 21,      /* the calling thread has no current CUDA context, or one that is destroyed */
  KINIT_ERROR_CUDA_STREAM = 22,       /* the CUDA stream is not one of the current context */
  KINIT_ERROR_CUDA_ARCHITECTURE = 23, /* this build has no kernels for that GPU, or the driver cannot translate them */
  KINIT_ERROR_CUDA_MEMORY = 24,       /* the GPU has no memory left for the kernels */
  KINIT_ERROR_CUDA_KERNEL = 25        /* normals in f64 are not drawn on a GPU */
} kinit_status;

/* One English sentence about a status, without a full stop: a static string, never NULL, also for unknown values. */
KINIT_API const char *kinit_status_message(kinit_status status);

/* ---- 3. Types -------------------------------------------------------------------------------------------------- */

/* Element types, in the machine's byte order. F16 is IEEE 754 binary16; BF16 is the upper half of a binary32; F8_E4M3
 * and F8_E5M2 are those of the Open Compute Project (OCP 8-bit Floating Point Specification, 2023), PyTorch's
 * float8_e4m3fn and float8_e5m2. Values of these four narrow types are always the F32 value of the same fill, rounded
 * to nearest, ties to even. A value drawn beyond the largest number of its type becomes infinite; F8_E4M3, which has no
 * infinity, becomes 448, its largest number. */
typedef enum kinit_dtype {
  KINIT_F32 = 0,
  KINIT_F64 = 1,
  KINIT_F16 = 2,
  KINIT_BF16 = 3,
  KINIT_F8_E4M3 = 4,
  KINIT_F8_E5M2 = 5
} kinit_dtype;

/* Bytes of an element, 0 for an unknown dtype; its name, "f32", "f64", "f16", "bf16", "f8_e4m3" or "f8_e5m2", NULL
 * for an unknown dtype; and the dtype of a name. Errors: NULL, NAME. */
KINIT_API size_t kinit_dtype_size(kinit_dtype dtype);
KINIT_API const char *kinit_dtype_name(kinit_dtype dtype);
KINIT_API kinit_status kinit_dtype_from_name(const char *name, kinit_dtype *dtype);

/* The largest number of dimensions of a tensor. */
enum { KINIT_MAX_DIMENSIONS = 64 };

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

/* Uniform on [low, high): low + u (high - low), u a multiple of 2^-24 in [0, 1) (2^-53 in F64). Never high: not in F32
 * and F64, nor, in a narrow type, the number to which high is rounded, but at most the one below it; unless low and
 * high are one number of the dtype. low and high are rounded to float first unless dtype is F64. Errors: NOT_FINITE
 * (low, high or high - low, in the type used), BOUNDS (low > high). */
KINIT_API kinit_status kinit_fill_uniform(void *dst, kinit_dtype dtype, size_t count, double low, double high,
                                          kinit_stream stream);

/* Normal with the given mean and standard deviation, by the transformation of Box and Muller (A Note on the Generation
 * of Random Normal Deviates, Ann. Math. Stat. 29, 1958), exact in the tails: |z| reaches 6.76 in F32 and 9.5 in F64.
 * normal(mean, stddev) is fma(z, stddev, mean) of the z of normal(0, 1); both are rounded to float first unless dtype
 * is F64. stddev 0 gives the mean.
 * Errors: NOT_FINITE, NEGATIVE_SCALE, NEEDS_FMA (F64 only). */
KINIT_API kinit_status kinit_fill_normal(void *dst, kinit_dtype dtype, size_t count, double mean, double stddev,
                                         kinit_stream stream);

/* Normal with the given mean and standard deviation, given that it lies in [low, high], by the inverse distribution
 * function: nothing is rejected, and no value lies outside the bounds. low and high are absolute, not in units of
 * stddev (as in torch.nn.init.trunc_normal_), and the stddev of the result is smaller than stddev. All four are rounded
 * to float first unless dtype is F64. Rounding to a narrow type can leave the bounds by less than the rounding.
 * Errors: NOT_FINITE, NEGATIVE_SCALE, BOUNDS (low >= high, in the type used), NEEDS_FMA (F64 only). */
KINIT_API kinit_status kinit_fill_truncated_normal(void *dst, kinit_dtype dtype, size_t count, double mean,
                                                   double stddev, double low, double high, kinit_stream stream);

/* Every element = value, rounded to nearest even in dtype (to float first for narrow types, as always). Takes no
 * stream. Errors: NOT_FINITE (value, also after rounding to dtype; in F8_E4M3 whatever would have to saturate). */
KINIT_API kinit_status kinit_fill_constant(void *dst, kinit_dtype dtype, size_t count, double value);

/* ---- 6. Initializers on a tensor ------------------------------------------------------------------------------- */
/* All fill the tensor, which may be strided or a block of a larger one (see kinit_tensor). Where a scheme needs fans,
 * they are those of kinit_fans for the whole tensor's shape. Parameters are computed in double, and the values are
 * those of the flat fill with these parameters.
 * Errors of all: NULL, MISALIGNED, DTYPE, SIZE, STREAM_END, DIMENSIONS
 * (ndim outside 0 to 64, or as named), STRIDE, BLOCK; those of the flat fill of that distribution; and those named with
 * each. */

/* Which fan a scheme divides by: the number of inputs of a unit, of its outputs, or a mean of both. */
typedef enum kinit_fan_mode {
  KINIT_FAN_IN = 0,
  KINIT_FAN_OUT = 1,
  KINIT_FAN_AVG = 2,    /* (fan_in + fan_out) / 2 */
  KINIT_FAN_GEO_AVG = 3 /* sqrt(fan_in fan_out) */
} kinit_fan_mode;

/* The first three are those of variance scaling; kinit_resolve knows two more. */
typedef enum kinit_distribution {
  KINIT_DIST_NORMAL = 0,
  KINIT_DIST_TRUNCATED_NORMAL = 1, /* variance scaling cuts at two standard deviations of the normal before the cut */
  KINIT_DIST_UNIFORM = 2,
  KINIT_DIST_CONSTANT = 3, /* one value everywhere */
  KINIT_DIST_IDENTITY = 4  /* the zeros and ones of eye and dirac */
} kinit_distribution;

/* What follows the weights. */
typedef enum kinit_nonlinearity {
  KINIT_LINEAR = 0,
  KINIT_CONV1D = 1,
  KINIT_CONV2D = 2,
  KINIT_CONV3D = 3,
  KINIT_CONV_TRANSPOSE1D = 4,
  KINIT_CONV_TRANSPOSE2D = 5,
  KINIT_CONV_TRANSPOSE3D = 6,
  KINIT_SIGMOID = 7,
  KINIT_TANH = 8,
  KINIT_RELU = 9,
  KINIT_LEAKY_RELU = 10,
  KINIT_SELU = 11
} kinit_nonlinearity;

/* As the flat fills of the same names. */
KINIT_API kinit_status kinit_uniform(const kinit_tensor *tensor, double low, double high, kinit_stream stream);
KINIT_API kinit_status kinit_normal(const kinit_tensor *tensor, double mean, double stddev, kinit_stream stream);
KINIT_API kinit_status kinit_truncated_normal(const kinit_tensor *tensor, double mean, double stddev, double low,
                                              double high, kinit_stream stream);
KINIT_API kinit_status kinit_constant(const kinit_tensor *tensor, double value);

/* Kaiming initialization (He et al., Delving Deep into Rectifiers, ICCV 2015): with g = kinit_gain(nonlinearity, a),
 *   normal:  mean 0, stddev = g / sqrt(fan)        uniform: [-bound, bound), bound = sqrt(3) * stddev
 * FAN_IN keeps the variance of activations from layer to layer, FAN_OUT that of gradients. The a, mode and nonlinearity
 * of torch.nn.init; its defaults are 0, FAN_IN, LEAKY_RELU. JAX's and Keras's he_uniform is (0, FAN_IN, RELU).
 * Errors: DIMENSIONS (fewer than 2), ENUM, NOT_FINITE (see kinit_gain). */
KINIT_API kinit_status kinit_kaiming_normal(const kinit_tensor *tensor, double a, kinit_fan_mode mode,
                                            kinit_nonlinearity nonlinearity, kinit_stream stream);
KINIT_API kinit_status kinit_kaiming_uniform(const kinit_tensor *tensor, double a, kinit_fan_mode mode,
                                             kinit_nonlinearity nonlinearity, kinit_stream stream);

/* Xavier or Glorot initialization (Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural
 * Networks, AISTATS 2010):
 *   normal:  mean 0, stddev = gain * sqrt(2 / (fan_in + fan_out))
 *   uniform: [-bound, bound), bound = sqrt(3) * stddev
 * Errors: DIMENSIONS (fewer than 2), NOT_FINITE, NEGATIVE_SCALE (gain < 0). */
KINIT_API kinit_status kinit_xavier_normal(const kinit_tensor *tensor, double gain, kinit_stream stream);
KINIT_API kinit_status kinit_xavier_uniform(const kinit_tensor *tensor, double gain, kinit_stream stream);

/* Variance scaling, as in JAX and Keras: mean 0 and variance v = scale / fan,
 *   NORMAL            stddev = sqrt(v)
 *   TRUNCATED_NORMAL  stddev = sqrt(v) / 0.87962566103423978, cut at -2 stddev and 2 stddev: the divisor is the
 *                     standard deviation of a standard normal cut at -2 and 2, so the variance after the cut is v
 *   UNIFORM           [-bound, bound), bound = sqrt(3 v)
 * LeCun (LeCun et al., Efficient BackProp, 1998) is scale 1 with FAN_IN, He scale 2 with FAN_IN, Glorot scale 1 with
 * FAN_AVG. Fans are those of kinit_fans; JAX and Keras keep the outputs in the last dimension, which kinit_axes says.
 * Errors: DIMENSIONS (fewer than 2), ENUM, NOT_FINITE, NEGATIVE_SCALE (scale <= 0). */
KINIT_API kinit_status kinit_variance_scaling(const kinit_tensor *tensor, double scale, kinit_fan_mode mode,
                                              kinit_distribution distribution, kinit_stream stream);

/* Ones on the diagonal of a matrix, zeros elsewhere. Errors: DIMENSIONS (not 2). */
KINIT_API kinit_status kinit_eye(const kinit_tensor *tensor);

/* The Dirac delta function for convolutions, which keeps as many input channels as possible: with n the quotient of
 * shape[0] and groups, element (g n + d, d, shape[2] / 2, ...) is 1 for each group g and each d below n and shape[1],
 * and all others are 0.
 * Errors: DIMENSIONS (not 3 to 5), GROUPS. */
KINIT_API kinit_status kinit_dirac(const kinit_tensor *tensor, int64_t groups);

/* ---- 7. An initializer as a value ------------------------------------------------------------------------------ */
/* What the functions above do, as one description that a program can store, compare and hand on. A fill by it gives the
 * bytes of the function that has its name. */

/* How the parameters of a distribution follow from a shape; the first four take them as they are. */
typedef enum kinit_scheme {
  KINIT_SCHEME_CONSTANT = 0,
  KINIT_SCHEME_UNIFORM = 1,
  KINIT_SCHEME_NORMAL = 2,
  KINIT_SCHEME_TRUNCATED_NORMAL = 3,
  KINIT_SCHEME_KAIMING_NORMAL = 4,
  KINIT_SCHEME_KAIMING_UNIFORM = 5,
  KINIT_SCHEME_XAVIER_NORMAL = 6,
  KINIT_SCHEME_XAVIER_UNIFORM = 7,
  KINIT_SCHEME_VARIANCE_SCALING = 8,
  KINIT_SCHEME_EYE = 9,
  KINIT_SCHEME_DIRAC = 10
} kinit_scheme;

/* The roles of dimensions: bit d of a member stands for dimension d. A dimension in none belongs to the receptive field
 * (the kernel of a convolution). All three 0 is PyTorch's order [outputs, inputs, kernel...], that is in = 2, out = 1.
 * A dense weight of JAX, [inputs, outputs], has in = 1, out = 2; its convolution, [kernel..., inputs, outputs] in 2-D,
 * in = 4, out = 8; experts of [expert, inputs, outputs] have batch = 1, in = 2, out = 4. */
typedef struct kinit_axes {
  uint64_t in;    /* units of the layer before */
  uint64_t out;   /* units of this layer */
  uint64_t batch; /* copies of the weight, which count for neither fan */
} kinit_axes;

/* An initializer. Make it by kinit_initializer_default, then change what differs. Which members count depends on the
 * scheme; those of others are not read. */
typedef struct kinit_initializer {
  size_t size; /* sizeof(kinit_initializer) of the caller: members may be added at the end */
  kinit_scheme scheme;
  double mean, stddev;             /* NORMAL, TRUNCATED_NORMAL */
  double low, high;                /* UNIFORM, TRUNCATED_NORMAL: absolute */
  double value;                    /* CONSTANT */
  double a;                        /* KAIMING: the slope of a leaky ReLU */
  double gain;                     /* XAVIER */
  double scale;                    /* VARIANCE_SCALING */
  kinit_fan_mode mode;             /* KAIMING, VARIANCE_SCALING */
  kinit_nonlinearity nonlinearity; /* KAIMING */
  kinit_distribution distribution; /* VARIANCE_SCALING */
  int64_t groups;  /* divides fan_out, as in a grouped convolution whose outputs see a part of the inputs each; of DIRAC
                    * its groups. 1 for PyTorch's formula */
  kinit_axes axes; /* of fans; EYE and DIRAC take PyTorch's order */
} kinit_initializer;

/* PyTorch's defaults: mean 0, stddev 1, low and high -2 and 2 (UNIFORM 0 and 1), value 0, a 0, gain 1, scale 1, FAN_IN,
 * LEAKY_RELU, groups 1, PyTorch's axes; of variance scaling the truncated normal, which is Keras's. */
KINIT_API kinit_initializer kinit_initializer_default(kinit_scheme scheme);

/* Fills the tensor as the function of the scheme's name does. The stream of CONSTANT, EYE and DIRAC is checked and not
 * read. Errors: those of that function; INITIALIZER (size); ENUM (scheme); DIMENSIONS (an axis is named twice or is not
 * a dimension of the tensor); GROUPS (not positive, or no divisor of the product of the output dimensions). */
KINIT_API kinit_status kinit_initialize(const kinit_tensor *tensor, const kinit_initializer *initializer,
                                        kinit_stream stream);

/* What an initializer comes to for a shape. Parameters that the distribution has not are 0. */
typedef struct kinit_resolved {
  kinit_distribution distribution;
  double mean, stddev;    /* of a truncated normal those before the cut; of a uniform its own */
  double low, high;       /* of a uniform, and of a truncated normal */
  double value;           /* of a constant */
  double fan_in, fan_out; /* 0 where the shape has none and the scheme needs none */
} kinit_resolved;

/* Parameters are those with which kinit_initialize fills a tensor of that (whole) shape, in double, before they are
 * rounded to the type used. A fan of 0 counts as 1: such a tensor has no elements. Errors: NULL, INITIALIZER, ENUM,
 * DIMENSIONS, SIZE, GROUPS, NOT_FINITE, NEGATIVE_SCALE, BOUNDS, as kinit_initialize has them for F64. */
KINIT_API kinit_status kinit_resolve(const kinit_initializer *initializer, int ndim, const int64_t *shape,
                                     kinit_resolved *resolved);

/* The name of a scheme, "constant" to "dirac" as in the functions' names, NULL for an unknown one; the scheme of a
 * name; and "normal", "truncated_normal" or "uniform". Errors: NULL, NAME. */
KINIT_API const char *kinit_scheme_name(kinit_scheme scheme);
KINIT_API kinit_status kinit_scheme_from_name(const char *name, kinit_scheme *scheme);
KINIT_API kinit_status kinit_distribution_from_name(const char *name, kinit_distribution *distribution);

/* ---- 8. Fans and gains ----------------------------------------------------------------------------------------- */
/* A function that returns an error has not written to its results. */

/* The fans of a weight of shape [outputs, inputs, kernel...], as PyTorch keeps it:
 *   fan_in = shape[1] * shape[2] * ..., fan_out = shape[0] * shape[2] * ...
 * Errors: DIMENSIONS (ndim outside 2 to 64), NULL, SIZE (a negative length, or a fan beyond INT64_MAX). */
KINIT_API kinit_status kinit_fans(int ndim, const int64_t *shape, int64_t *fan_in, int64_t *fan_out);

/* The fans of a weight whose dimensions have these roles; axes NULL is PyTorch's order.
 *   fan_in = product of the lengths in `in` times the receptive field
 *   fan_out = product of the lengths in `out` times the receptive field, divided by groups
 * Errors: as kinit_fans; DIMENSIONS (an axis named twice or not there), GROUPS (not positive, or no divisor of the
 * outputs). */
KINIT_API kinit_status kinit_fans_axes(int ndim, const int64_t *shape, const kinit_axes *axes, int64_t groups,
                                       double *fan_in, double *fan_out);

/* The factor by which a scheme's stddev is larger than that of a linear layer, as torch.nn.init.calculate_gain has it:
 *   LINEAR, all CONV, SIGMOID  1
 *   TANH                       5/3 (docs/derivation.md)
 *   RELU                       sqrt(2) (He et al. 2015)
 *   LEAKY_RELU                 sqrt(2 / (1 + param^2)), param the slope for negative values: 0.01 is PyTorch's default
 *   SELU                       3/4; Klambauer et al., Self-Normalizing Neural Networks, NIPS 2017, want 1: use LINEAR
 * param is read for LEAKY_RELU only. Errors: NULL, ENUM, NOT_FINITE (param or its square). */
KINIT_API kinit_status kinit_gain(kinit_nonlinearity nonlinearity, double param, double *gain);

/* PyTorch's names: "fan_in", "fan_out", and JAX's "fan_avg" and "fan_geo_avg", in letters of any case; and "linear",
 * "conv1d" to "conv3d", "conv_transpose1d" to "conv_transpose3d", "sigmoid", "tanh", "relu", "leaky_relu", "selu",
 * exactly so. Errors: NULL, NAME. */
KINIT_API kinit_status kinit_fan_mode_from_name(const char *name, kinit_fan_mode *mode);
KINIT_API kinit_status kinit_nonlinearity_from_name(const char *name, kinit_nonlinearity *nonlinearity);

/* ---- 9. The machine -------------------------------------------------------------------------------------------- */

/* The instruction sets that this build has and this machine runs, best first: index 0 to kinit_isa_count() - 1.
 * Names: "avx512", "avx2", "neon", "scalar" (always there, always last). NULL for an index out of range. */
KINIT_API int kinit_isa_count(void);
KINIT_API const char *kinit_isa_name(int index);

/* Name of the one in use: the best, or the one that the environment variable KINIT_ISA named when the library was
 * loaded (an unknown or unsupported name there is ignored), or the one last chosen by kinit_set_isa. */
KINIT_API const char *kinit_isa(void);

/* Chooses the instruction set for all fills that start from now on, in all threads. NULL: as when it was loaded.
 * Changes speed, never a bit. Errors: ISA (nothing changes). */
KINIT_API kinit_status kinit_set_isa(const char *name);

/* The largest number of threads that fill at a time, for the whole process: fills that run at once share them, and each
 * has at least its caller's. 0 restores the default: OMP_NUM_THREADS as it was when the library was loaded; else the
 * physical cores that the calling thread may run on now, or fewer where a control group's quota of processor time
 * allows fewer. Small fills use fewer. A thread that the system refuses is done without. Threads end within a fraction
 * of a millisecond after the fill. 1 in a build without threads. Errors: THREADS (negative). */
KINIT_API kinit_status kinit_set_num_threads(int count);
KINIT_API int kinit_num_threads(void);

/* Memory for large tensors: 2 MiB-aligned, advised to use huge pages, not touched, so that the fill's own threads touch
 * it first. NULL if there is none. A size of 0 gives a pointer that may only be freed. */
KINIT_API void *kinit_alloc(size_t bytes);
/* Releases what kinit_alloc gave. NULL is allowed. */
KINIT_API void kinit_free(void *memory);

/* Whether fills may ask for huge pages: from 4 MiB on, a fill of contiguous memory advises transparent huge pages
 * (MADV_HUGEPAGE, Linux) for the whole 2 MiB pages inside its destination, if that is private anonymous memory that
 * nobody has touched yet, up to the first page that was; never for files, shared memory or memory in use. The first
 * fill is several times as fast then. Every page advised lies inside the destination and is overwritten, so no more
 * memory becomes resident than the fill writes; but memory that is returned to the system later in parts of a huge page
 * may stay resident, and the mapping is split where the advice begins and ends. 1 is the default; 0 turns it off for
 * all fills that start from now on, as KINIT_HUGE_PAGES=0 in the environment does when the library is loaded. Changes
 * speed, never a bit. */
KINIT_API void kinit_set_huge_pages(int on);

#ifdef __cplusplus
}
#endif

#endif
