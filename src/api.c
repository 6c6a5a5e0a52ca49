/* The public functions without a tensor: version, status messages, streams and flat fills.
 *
 * Owns: their order of work: check, plan, run, return. SPDX-License-Identifier: Apache-2.0 */
#include "check.h"
#include "fill.h"
#include "kinit/kinit.h"
#include "plan.h"

#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

const char *kinit_version(void) {
  return TEXT(KINIT_VERSION_MAJOR) "." TEXT(KINIT_VERSION_MINOR) "." TEXT(KINIT_VERSION_PATCH);
}

const char *kinit_status_message(kinit_status status) {
  switch (status) {
    case KINIT_OK:
      return "success";
    case KINIT_ERROR_NULL:
      return "a required pointer is NULL";
    case KINIT_ERROR_MISALIGNED:
      return "the data is not aligned to the size of its elements";
    case KINIT_ERROR_DTYPE:
      return "unknown dtype";
    case KINIT_ERROR_ENUM:
      return "unknown value of an enumeration (fan mode, nonlinearity or distribution)";
    case KINIT_ERROR_NOT_FINITE:
      return "a parameter is NaN or infinite in the type used";
    case KINIT_ERROR_NEGATIVE_SCALE:
      return "a standard deviation or gain is negative, or a variance scale is not positive";
    case KINIT_ERROR_BOUNDS:
      return "low exceeds high, or the bounds of a truncated normal leave nothing between them";
    case KINIT_ERROR_SIZE:
      return "a dimension is negative, or the size overflows";
    case KINIT_ERROR_STREAM_END:
      return "offset plus count runs past the end of the stream";
    case KINIT_ERROR_DIMENSIONS:
      return "the number of dimensions does not fit the function";
    case KINIT_ERROR_STRIDE:
      return "a stride is zero on a dimension longer than 1, or the strides overflow";
    case KINIT_ERROR_BLOCK:
      return "the block lies outside its tensor, or only one of global_shape and start is set";
    case KINIT_ERROR_GROUPS:
      return "groups is not positive or does not divide the first dimension";
    case KINIT_ERROR_NAME:
      return "no such name";
    case KINIT_ERROR_ISA:
      return "this machine or this build does not have that instruction set";
    case KINIT_ERROR_NEEDS_FMA:
      return "normals in f64 need a processor with fused multiply-add";
    case KINIT_ERROR_THREADS:
      return "the number of threads is negative";
  }
  return "unknown status";
}

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv */
kinit_stream kinit_stream_named(uint64_t seed, const char *name) {
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (const char *c = name; c != NULL && *c != '\0'; c++) hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001B3);
  return (kinit_stream){seed, hash, 0};
}

/* What all flat fills do once their plan stands or has failed with `planned`. */
static kinit_status run_flat(kinit_status planned, kinit_plan *plan, void *dst, kinit_dtype dtype, size_t count,
                             uint64_t offset) {
  if (planned != KINIT_OK) return planned;
  const kinit_layout layout = kinit_layout_flat(dst, kinit_dtype_size(dtype), offset, count);
  kinit_fill_layout(plan, &layout);
  return KINIT_OK;
}

/* The checks that come before a plan, which needs a known dtype. */
static kinit_status check_destination(const void *dst, kinit_dtype dtype, size_t count, uint64_t offset) {
  const kinit_status status = kinit_check_flat(dst, dtype, count);
  return status != KINIT_OK ? status : kinit_check_stream(dtype, count, offset);
}

kinit_status kinit_fill_bits(uint32_t *dst, size_t count, kinit_stream stream) {
  kinit_plan plan;
  const kinit_status status = check_destination(dst, KINIT_F32, count, stream.offset);
  if (status == KINIT_OK) kinit_plan_bits(&plan, stream);
  return run_flat(status, &plan, dst, KINIT_F32, count, stream.offset);
}

kinit_status kinit_fill_uniform(void *dst, kinit_dtype dtype, size_t count, double low, double high,
                                kinit_stream stream) {
  kinit_plan plan;
  kinit_status status = check_destination(dst, dtype, count, stream.offset);
  if (status == KINIT_OK) status = kinit_plan_uniform(&plan, dtype, low, high, stream);
  return run_flat(status, &plan, dst, dtype, count, stream.offset);
}

kinit_status kinit_fill_normal(void *dst, kinit_dtype dtype, size_t count, double mean, double stddev,
                               kinit_stream stream) {
  kinit_plan plan;
  kinit_status status = check_destination(dst, dtype, count, stream.offset);
  if (status == KINIT_OK) status = kinit_plan_normal(&plan, dtype, mean, stddev, stream);
  return run_flat(status, &plan, dst, dtype, count, stream.offset);
}

kinit_status kinit_fill_truncated_normal(void *dst, kinit_dtype dtype, size_t count, double mean, double stddev,
                                         double low, double high, kinit_stream stream) {
  kinit_plan plan;
  kinit_status status = check_destination(dst, dtype, count, stream.offset);
  if (status == KINIT_OK) status = kinit_plan_truncated(&plan, dtype, mean, stddev, low, high, stream);
  return run_flat(status, &plan, dst, dtype, count, stream.offset);
}

kinit_status kinit_fill_constant(void *dst, kinit_dtype dtype, size_t count, double value) {
  kinit_plan plan;
  kinit_status status = kinit_check_flat(dst, dtype, count);
  if (status == KINIT_OK) status = kinit_plan_constant(&plan, dtype, value);
  return run_flat(status, &plan, dst, dtype, count, 0);
}
