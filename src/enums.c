/* The enumerations of the header: names, and sizes of dtypes.
 *
 * Owns: one table of names for each. SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <string.h>

#include "kinit/kinit.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* ---- Tables ------------------------------------------------------------------------------------------------------ */

static const struct {
  const char *name;
  size_t size;
} dtypes[] = {[KINIT_F32] = {"f32", 4},   [KINIT_F64] = {"f64", 8},         [KINIT_F16] = {"f16", 2},
              [KINIT_BF16] = {"bf16", 2}, [KINIT_F8_E4M3] = {"f8_e4m3", 1}, [KINIT_F8_E5M2] = {"f8_e5m2", 1}};

static const char *const schemes[] = {
    [KINIT_SCHEME_CONSTANT] = "constant",
    [KINIT_SCHEME_UNIFORM] = "uniform",
    [KINIT_SCHEME_NORMAL] = "normal",
    [KINIT_SCHEME_TRUNCATED_NORMAL] = "truncated_normal",
    [KINIT_SCHEME_KAIMING_NORMAL] = "kaiming_normal",
    [KINIT_SCHEME_KAIMING_UNIFORM] = "kaiming_uniform",
    [KINIT_SCHEME_XAVIER_NORMAL] = "xavier_normal",
    [KINIT_SCHEME_XAVIER_UNIFORM] = "xavier_uniform",
    [KINIT_SCHEME_VARIANCE_SCALING] = "variance_scaling",
    [KINIT_SCHEME_EYE] = "eye",
    [KINIT_SCHEME_DIRAC] = "dirac",
};

/* Those of variance scaling. */
static const char *const distributions[] = {
    [KINIT_DIST_NORMAL] = "normal",
    [KINIT_DIST_TRUNCATED_NORMAL] = "truncated_normal",
    [KINIT_DIST_UNIFORM] = "uniform",
};

static const char *const fan_modes[] = {
    [KINIT_FAN_IN] = "fan_in",
    [KINIT_FAN_OUT] = "fan_out",
    [KINIT_FAN_AVG] = "fan_avg",
    [KINIT_FAN_GEO_AVG] = "fan_geo_avg",
};

static const char *const nonlinearities[] = {
    [KINIT_LINEAR] = "linear",
    [KINIT_CONV1D] = "conv1d",
    [KINIT_CONV2D] = "conv2d",
    [KINIT_CONV3D] = "conv3d",
    [KINIT_CONV_TRANSPOSE1D] = "conv_transpose1d",
    [KINIT_CONV_TRANSPOSE2D] = "conv_transpose2d",
    [KINIT_CONV_TRANSPOSE3D] = "conv_transpose3d",
    [KINIT_SIGMOID] = "sigmoid",
    [KINIT_TANH] = "tanh",
    [KINIT_RELU] = "relu",
    [KINIT_LEAKY_RELU] = "leaky_relu",
    [KINIT_SELU] = "selu",
};

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* Index of the name, or -1. */
static int find(const char *const *names, int count, const char *name) {
  for (int i = 0; i < count; i++)
    if (strcmp(name, names[i]) == 0) return i;
  return -1;
}

/* The letters of ASCII only, whatever the locale. */
static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

static bool equal_in_any_case(const char *a, const char *b) {
  while (*a != '\0' && lower(*a) == lower(*b)) a++, b++;
  return lower(*a) == lower(*b);
}

size_t kinit_dtype_size(kinit_dtype dtype) { return (unsigned)dtype < COUNT(dtypes) ? dtypes[dtype].size : 0; }

const char *kinit_dtype_name(kinit_dtype dtype) { return (unsigned)dtype < COUNT(dtypes) ? dtypes[dtype].name : NULL; }

kinit_status kinit_dtype_from_name(const char *name, kinit_dtype *dtype) {
  if (name == NULL || dtype == NULL) return KINIT_ERROR_NULL;
  for (int i = 0; i < COUNT(dtypes); i++) {
    if (strcmp(name, dtypes[i].name) != 0) continue;
    *dtype = (kinit_dtype)i;
    return KINIT_OK;
  }
  return KINIT_ERROR_NAME;
}

const char *kinit_scheme_name(kinit_scheme scheme) {
  return (unsigned)scheme < COUNT(schemes) ? schemes[scheme] : NULL;
}

kinit_status kinit_scheme_from_name(const char *name, kinit_scheme *scheme) {
  if (name == NULL || scheme == NULL) return KINIT_ERROR_NULL;
  const int i = find(schemes, COUNT(schemes), name);
  if (i >= 0) *scheme = (kinit_scheme)i;
  return i >= 0 ? KINIT_OK : KINIT_ERROR_NAME;
}

kinit_status kinit_distribution_from_name(const char *name, kinit_distribution *distribution) {
  if (name == NULL || distribution == NULL) return KINIT_ERROR_NULL;
  const int i = find(distributions, COUNT(distributions), name);
  if (i >= 0) *distribution = (kinit_distribution)i;
  return i >= 0 ? KINIT_OK : KINIT_ERROR_NAME;
}

kinit_status kinit_fan_mode_from_name(const char *name, kinit_fan_mode *mode) {
  if (name == NULL || mode == NULL) return KINIT_ERROR_NULL;
  for (int i = 0; i < COUNT(fan_modes); i++) {
    if (!equal_in_any_case(name, fan_modes[i])) continue;
    *mode = (kinit_fan_mode)i;
    return KINIT_OK;
  }
  return KINIT_ERROR_NAME;
}

kinit_status kinit_nonlinearity_from_name(const char *name, kinit_nonlinearity *nonlinearity) {
  if (name == NULL || nonlinearity == NULL) return KINIT_ERROR_NULL;
  const int i = find(nonlinearities, COUNT(nonlinearities), name);
  if (i >= 0) *nonlinearity = (kinit_nonlinearity)i;
  return i >= 0 ? KINIT_OK : KINIT_ERROR_NAME;
}
