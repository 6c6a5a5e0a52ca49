/* A distribution and its parameters -> what the kernels need.
 *
 * Owns: the rounding of parameters, and the choice of the kernel. SPDX-License-Identifier: Apache-2.0
 *
 * The functions named plan_... compute in the default floating-point environment, which their public twins set. They
 * are not inlined: the compiler knows nothing of that environment, and could move an operation out of it. */
#include "plan.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "cpu.h"
#include "dispatch.h"
#include "plan_truncated.h"

#define NOINLINE __attribute__((noinline))

/* To the type in which a parameter is used. Not inlined: see plan_truncated.c. */
static NOINLINE double rounded(kinit_dtype dtype, double value) {
  return dtype == KINIT_F64 ? value : (double)(float)value;
}

/* What all plans have; the rest is left alone, because clearing it costs as much as a small fill. */
static void set_plan(kinit_plan *plan, kinit_kernel *kernel, kinit_stream stream) {
  plan->kernel = kernel;
  plan->parameters.seed = stream.seed;
  plan->parameters.subsequence = stream.subsequence;
}

static void begin(kinit_plan *plan) { plan->float_environment = kinit_cpu_float_begin(); }

static kinit_status end_if_failed(const kinit_plan *plan, kinit_status status) {
  if (status != KINIT_OK) kinit_cpu_float_end(plan->float_environment);
  return status;
}

void kinit_plan_bits(kinit_plan *plan, kinit_stream stream) {
  begin(plan);
  set_plan(plan, kinit_active_backend()->bits, stream);
}

/* ---- Uniform ---------------------------------------------------------------------------------------------------- */

/* The largest value that may be drawn: just below high, or the only one. */
static double uniform_limit(kinit_dtype dtype, double low, double high) {
  if (low == high) return high;
  return dtype == KINIT_F64 ? nextafter(high, low) : (double)nextafterf((float)high, (float)low);
}

static NOINLINE kinit_status plan_uniform(kinit_plan *plan, kinit_dtype dtype, double low, double high,
                                          kinit_stream stream) {
  const kinit_status status = kinit_check_uniform(dtype, low, high);
  if (status != KINIT_OK) return status;
  low = rounded(dtype, low) + 0.0; /* -0 is 0 */
  high = rounded(dtype, high) + 0.0;
  set_plan(plan, kinit_active_backend()->uniform[dtype], stream);
  plan->parameters.as.uniform.low = low;
  /* Two floats far apart have a difference that no double holds, but rounding it twice gives the float nearest to the
   * exact one: a double has more than twice the digits. */
  plan->parameters.as.uniform.span = rounded(dtype, high - low);
  plan->parameters.as.uniform.limit = uniform_limit(dtype, low, high);
  return KINIT_OK;
}

kinit_status kinit_plan_uniform(kinit_plan *plan, kinit_dtype dtype, double low, double high, kinit_stream stream) {
  begin(plan);
  return end_if_failed(plan, plan_uniform(plan, dtype, low, high, stream));
}

/* ---- Normal ----------------------------------------------------------------------------------------------------- */

static NOINLINE kinit_status plan_normal(kinit_plan *plan, kinit_dtype dtype, double mean, double stddev,
                                         kinit_stream stream) {
  const kinit_status status = kinit_check_normal(dtype, mean, stddev);
  if (status != KINIT_OK) return status;
  set_plan(plan, kinit_active_backend()->normal[dtype], stream);
  plan->parameters.as.normal.mean = rounded(dtype, mean);
  plan->parameters.as.normal.stddev = rounded(dtype, stddev);
  return plan->kernel != NULL ? KINIT_OK : KINIT_ERROR_NEEDS_FMA;
}

kinit_status kinit_plan_normal(kinit_plan *plan, kinit_dtype dtype, double mean, double stddev, kinit_stream stream) {
  begin(plan);
  return end_if_failed(plan, plan_normal(plan, dtype, mean, stddev, stream));
}

/* ---- Constant --------------------------------------------------------------------------------------------------- */

static uint32_t float_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

/* To nearest even. Below the smallest normal binary16, adding 1/2 rounds at 2^-24, the unit of its subnormals. */
static uint16_t half_bits(float value) {
  const uint32_t sign = float_bits(value) >> 16 & 0x8000;
  const uint32_t magnitude = float_bits(fabsf(value));
  if (magnitude >= 0x47800000) return (uint16_t)(sign | 0x7C00); /* 2^16 and above */
  if (magnitude < 0x38800000) return (uint16_t)(sign | (float_bits(fabsf(value) + 0.5f) - float_bits(0.5f)));
  return (uint16_t)(sign | (magnitude - 0x38000000 + 0xFFF + (magnitude >> 13 & 1)) >> 13);
}

static uint16_t bfloat_bits(float value) {
  const uint32_t bits = float_bits(value);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/* The element, repeated to fill 64 bits. */
static uint64_t constant_pattern(kinit_dtype dtype, double value) {
  uint64_t bits;
  switch (dtype) {
    case KINIT_F64:
      memcpy(&bits, &value, sizeof bits);
      return bits;
    case KINIT_F32:
      return UINT64_C(0x0000000100000001) * float_bits((float)value);
    case KINIT_F16:
      return UINT64_C(0x0001000100010001) * half_bits((float)value);
    default:
      return UINT64_C(0x0001000100010001) * bfloat_bits((float)value);
  }
}

static void set_constant(kinit_plan *plan, kinit_dtype dtype, double value) {
  set_plan(plan, kinit_active_backend()->constant, (kinit_stream){0, 0, 0});
  plan->parameters.as.constant.pattern = constant_pattern(dtype, value);
  plan->parameters.as.constant.size = kinit_dtype_size(dtype);
}

static NOINLINE kinit_status plan_constant(kinit_plan *plan, kinit_dtype dtype, double value) {
  const kinit_status status = kinit_check_constant(dtype, value);
  if (status == KINIT_OK) set_constant(plan, dtype, value);
  return status;
}

kinit_status kinit_plan_constant(kinit_plan *plan, kinit_dtype dtype, double value) {
  begin(plan);
  return end_if_failed(plan, plan_constant(plan, dtype, value));
}

/* ---- Truncated normal ------------------------------------------------------------------------------------------- */

static double clamped(double value, double low, double high) {
  if (value < low) return low;
  return value > high ? high : value;
}

static NOINLINE kinit_status plan_truncated(kinit_plan *plan, kinit_dtype dtype, double mean, double stddev, double low,
                                            double high, kinit_stream stream) {
  const kinit_status status = kinit_check_truncated(dtype, mean, stddev, low, high);
  if (status != KINIT_OK) return status;
  set_plan(plan, kinit_active_backend()->truncated[dtype], stream);
  if (plan->kernel == NULL) return KINIT_ERROR_NEEDS_FMA;
  mean = rounded(dtype, mean);
  stddev = rounded(dtype, stddev);
  low = rounded(dtype, low);
  high = rounded(dtype, high);
  if (stddev == 0) {
    set_constant(plan, dtype, clamped(mean, low, high));
  } else {
    kinit_truncated_plan(&plan->truncated, dtype == KINIT_F64, mean, stddev, low, high);
    plan->parameters.as.truncated = &plan->truncated;
  }
  return KINIT_OK;
}

kinit_status kinit_plan_truncated(kinit_plan *plan, kinit_dtype dtype, double mean, double stddev, double low,
                                  double high, kinit_stream stream) {
  begin(plan);
  return end_if_failed(plan, plan_truncated(plan, dtype, mean, stddev, low, high, stream));
}
