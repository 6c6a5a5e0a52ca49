/* A distribution -> a kernel and its parameters.
 *
 * Owns: the rounding of parameters, and the choice of the kernel. SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "dispatch.h"
#include "plan_truncated.h"

/* To the type in which a parameter is used. Not inlined: GCC 12 drops such a rounding where it makes vectors of two. */
static __attribute__((noinline)) double rounded(kinit_dtype dtype, double value) {
  return dtype == KINIT_F64 ? value : (double)(float)value;
}

/* ---- Uniform ----------------------------------------------------------------------------------------------------- */

/* The largest value allowed: just below high, or the only one. */
static double uniform_limit(kinit_dtype dtype, double low, double high) {
  if (low == high) return high;
  return dtype == KINIT_F64 ? nextafter(high, low) : (double)nextafterf((float)high, (float)low);
}

static void plan_uniform(kinit_parameters *p, kinit_dtype dtype, const kinit_dist *dist) {
  const double low = rounded(dtype, dist->low) + 0.0, high = rounded(dtype, dist->high) + 0.0; /* -0 is 0 */
  p->as.uniform.low = low;
  /* Two floats far apart have a difference that no double holds, but rounding it twice gives the float nearest to the
   * exact one: a double has more than twice the digits. */
  p->as.uniform.range = rounded(dtype, high - low);
  p->as.uniform.limit = uniform_limit(dtype, low, high);
}

/* ---- Normal ------------------------------------------------------------------------------------------------------ */

static void plan_normal(kinit_parameters *p, kinit_dtype dtype, const kinit_dist *dist) {
  p->as.normal.mean = rounded(dtype, dist->mean);
  p->as.normal.stddev = rounded(dtype, dist->stddev);
}

/* ---- Constant ---------------------------------------------------------------------------------------------------- */

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

static void plan_constant(kinit_plan *plan, const kinit_backend *backend, kinit_dtype dtype, double value) {
  plan->kernel = backend->constant;
  plan->parameters.as.constant.pattern = constant_pattern(dtype, value);
  plan->parameters.as.constant.size = kinit_dtype_size(dtype);
}

/* ---- Truncated normal -------------------------------------------------------------------------------------------- */

static double clamped(double value, double low, double high) {
  if (value < low) return low;
  return value > high ? high : value;
}

static void plan_truncated(kinit_plan *plan, const kinit_backend *backend, kinit_dtype dtype, const kinit_dist *dist) {
  const double mean = rounded(dtype, dist->mean), stddev = rounded(dtype, dist->stddev);
  const double low = rounded(dtype, dist->low), high = rounded(dtype, dist->high);
  if (stddev == 0)
    plan_constant(plan, backend, dtype, clamped(mean, low, high));
  else
    kinit_plan_truncated(&plan->parameters.as.truncated, dtype == KINIT_F64, mean, stddev, low, high);
}

/* ---- The choice -------------------------------------------------------------------------------------------------- */

static kinit_kernel *kernel_of(const kinit_backend *backend, kinit_family family, kinit_dtype dtype) {
  switch (family) {
    case KINIT_FAMILY_NORMAL:
      return backend->normal[dtype];
    case KINIT_FAMILY_TRUNCATED_NORMAL:
      return backend->truncated[dtype];
    case KINIT_FAMILY_UNIFORM:
      return backend->uniform[dtype];
    case KINIT_FAMILY_CONSTANT:
      return backend->constant;
    case KINIT_FAMILY_BITS:
      return backend->bits;
  }
  return NULL;
}

/* Only what the family reads is set, because clearing the rest costs as much as a small fill. Not inlined: the compiler
 * knows nothing of the floating-point environment, and could move an operation out of it. */
__attribute__((noinline)) kinit_status kinit_plan_make(kinit_plan *plan, kinit_dtype dtype, const kinit_dist *dist,
                                                       kinit_stream stream) {
  const kinit_backend *backend = kinit_active_backend();
  plan->kernel = kernel_of(backend, dist->family, dtype);
  if (plan->kernel == NULL) return KINIT_ERROR_NEEDS_FMA;
  plan->parameters.seed = stream.seed;
  plan->parameters.subsequence = stream.subsequence;
  switch (dist->family) {
    case KINIT_FAMILY_NORMAL:
      plan_normal(&plan->parameters, dtype, dist);
      break;
    case KINIT_FAMILY_TRUNCATED_NORMAL:
      plan_truncated(plan, backend, dtype, dist);
      break;
    case KINIT_FAMILY_UNIFORM:
      plan_uniform(&plan->parameters, dtype, dist);
      break;
    case KINIT_FAMILY_CONSTANT:
      plan_constant(plan, backend, dtype, dist->value);
      break;
    case KINIT_FAMILY_BITS:
      break;
  }
  return KINIT_OK;
}
