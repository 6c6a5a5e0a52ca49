/* A distribution -> a kernel and its parameters.
 *
 * Owns: the rounding of parameters, and the choice of the kernel. SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "dispatch.h"
#include "narrow.h"
#include "plan_truncated.h"

/* To the type in which a parameter is used. Not inlined: GCC 12 drops such a rounding where it makes vectors of two. */
static __attribute__((noinline)) double rounded(kinit_dtype dtype, double value) {
  return dtype == KINIT_F64 ? value : (double)(float)value;
}

/* ---- Uniform ----------------------------------------------------------------------------------------------------- */

/* The largest value allowed: in its type just below high, or the only one. A float up to the limit of a narrow type is
 * not rounded beyond it. */
static double uniform_limit(kinit_dtype dtype, double low, double high) {
  if (low == high) return high;
  if (dtype == KINIT_F64) return nextafter(high, low);
  if (kinit_narrow_is(dtype)) {
    const uint32_t last = kinit_narrow_bits(dtype, (float)high);
    if (kinit_narrow_value(dtype, kinit_narrow_bits(dtype, (float)low)) < kinit_narrow_value(dtype, last))
      return (double)kinit_narrow_below(dtype, last);
  }
  return (double)nextafterf((float)high, (float)low);
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

/* The element, repeated to fill 64 bits. */
static uint64_t constant_pattern(kinit_dtype dtype, double value) {
  const float narrowed = (float)value;
  uint64_t bits = 0;
  uint32_t half;
  switch (kinit_dtype_size(dtype)) {
    case 8:
      memcpy(&bits, &value, sizeof bits);
      return bits;
    case 4:
      memcpy(&half, &narrowed, sizeof half);
      return UINT64_C(0x0000000100000001) * half;
    case 2:
      return UINT64_C(0x0001000100010001) * kinit_narrow_bits(dtype, narrowed);
    default:
      return UINT64_C(0x0101010101010101) * kinit_narrow_bits(dtype, narrowed);
  }
}

static void plan_constant(kinit_parameters *p, kinit_dtype dtype, double value) {
  p->as.constant.pattern = constant_pattern(dtype, value);
  p->as.constant.size = kinit_dtype_size(dtype);
}

/* ---- Truncated normal -------------------------------------------------------------------------------------------- */

static double clamped(double value, double low, double high) {
  if (value < low) return low;
  return value > high ? high : value;
}

/* Without a deviation it is a constant. Returns the family. */
static kinit_family plan_truncated(kinit_parameters *p, kinit_dtype dtype, const kinit_dist *dist) {
  const double mean = rounded(dtype, dist->mean), stddev = rounded(dtype, dist->stddev);
  const double low = rounded(dtype, dist->low), high = rounded(dtype, dist->high);
  if (stddev == 0) {
    plan_constant(p, dtype, clamped(mean, low, high));
    return KINIT_FAMILY_CONSTANT;
  }
  kinit_plan_truncated(&p->as.truncated, dtype == KINIT_F64, mean, stddev, low, high);
  return KINIT_FAMILY_TRUNCATED_NORMAL;
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
__attribute__((noinline)) kinit_family kinit_plan_parameters(kinit_parameters *p, kinit_dtype dtype,
                                                             const kinit_dist *dist, kinit_stream stream) {
  p->seed = stream.seed;
  p->subsequence = stream.subsequence;
  switch (dist->family) {
    case KINIT_FAMILY_NORMAL:
      plan_normal(p, dtype, dist);
      break;
    case KINIT_FAMILY_TRUNCATED_NORMAL:
      return plan_truncated(p, dtype, dist);
    case KINIT_FAMILY_UNIFORM:
      plan_uniform(p, dtype, dist);
      break;
    case KINIT_FAMILY_CONSTANT:
      plan_constant(p, dtype, dist->value);
      break;
    case KINIT_FAMILY_BITS:
      break;
  }
  return dist->family;
}

kinit_status kinit_plan_make(kinit_plan *plan, kinit_dtype dtype, const kinit_dist *dist, kinit_stream stream) {
  const kinit_backend *backend = kinit_active_backend();
  if (kernel_of(backend, dist->family, dtype) == NULL) return KINIT_ERROR_NEEDS_FMA;
  plan->kernel = kernel_of(backend, kinit_plan_parameters(&plan->parameters, dtype, dist, stream), dtype);
  return KINIT_OK;
}
