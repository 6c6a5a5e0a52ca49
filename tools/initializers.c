/* The initializers by name, and their arguments in JSON.
 *
 * Owns: which arguments there are, and the names that plans have beside the library's: zeros, ones, linear_bias.
 * SPDX-License-Identifier: Apache-2.0 */
#include "initializers.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "fill_tensor.h"

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

enum {
  MEAN,
  STDDEV,
  LOW,
  HIGH,
  VALUE,
  A,
  GAIN,
  SCALE,
  NUMBERS, /* those before are doubles of kinit_initializer */
  LOW_SIGMA = NUMBERS,
  HIGH_SIGMA,
  FAN_IN,
  MODE,
  NONLINEARITY,
  DISTRIBUTION,
  GROUPS,
  ZERO_ROW,
  IN,
  OUT,
  BATCH,
  ARGUMENTS
};

static const char *const argument_names[ARGUMENTS] = {
    [MEAN] = "mean",
    [STDDEV] = "stddev",
    [LOW] = "low",
    [HIGH] = "high",
    [VALUE] = "value",
    [A] = "a",
    [GAIN] = "gain",
    [SCALE] = "scale",
    [LOW_SIGMA] = "low_sigma",
    [HIGH_SIGMA] = "high_sigma",
    [FAN_IN] = "fan_in",
    [MODE] = "mode",
    [NONLINEARITY] = "nonlinearity",
    [DISTRIBUTION] = "distribution",
    [GROUPS] = "groups",
    [ZERO_ROW] = "zero_row",
    [IN] = "in",
    [OUT] = "out",
    [BATCH] = "batch",
};

#define TAKES(argument) (1u << (argument))
#define TAKES_FANS (TAKES(GROUPS) | TAKES(ZERO_ROW) | TAKES(IN) | TAKES(OUT) | TAKES(BATCH))
#define TAKES_KAIMING (TAKES(A) | TAKES(MODE) | TAKES(NONLINEARITY) | TAKES_FANS)

/* The initializers' names; those that the library has not stand for a scheme of it. */
static const struct {
  const char *name;
  kinit_scheme scheme;
  unsigned takes;
} initializers[] = {
    {"uniform", KINIT_SCHEME_UNIFORM, TAKES(LOW) | TAKES(HIGH) | TAKES_FANS},
    {"normal", KINIT_SCHEME_NORMAL, TAKES(MEAN) | TAKES(STDDEV) | TAKES_FANS},
    {"truncated_normal", KINIT_SCHEME_TRUNCATED_NORMAL,
     TAKES(MEAN) | TAKES(STDDEV) | TAKES(LOW) | TAKES(HIGH) | TAKES(LOW_SIGMA) | TAKES(HIGH_SIGMA) | TAKES_FANS},
    {"constant", KINIT_SCHEME_CONSTANT, TAKES(VALUE)},
    {"zeros", KINIT_SCHEME_CONSTANT, 0},
    {"ones", KINIT_SCHEME_CONSTANT, 0},
    {"linear_bias", KINIT_SCHEME_UNIFORM, TAKES(FAN_IN)},
    {"kaiming_normal", KINIT_SCHEME_KAIMING_NORMAL, TAKES_KAIMING},
    {"kaiming_uniform", KINIT_SCHEME_KAIMING_UNIFORM, TAKES_KAIMING},
    {"xavier_normal", KINIT_SCHEME_XAVIER_NORMAL, TAKES(GAIN) | TAKES_FANS},
    {"xavier_uniform", KINIT_SCHEME_XAVIER_UNIFORM, TAKES(GAIN) | TAKES_FANS},
    {"variance_scaling", KINIT_SCHEME_VARIANCE_SCALING, TAKES(SCALE) | TAKES(MODE) | TAKES(DISTRIBUTION) | TAKES_FANS},
    {"copy", KINIT_SCHEME_CONSTANT, 0},
    {"skip", KINIT_SCHEME_CONSTANT, 0},
    {"eye", KINIT_SCHEME_EYE, 0},
    {"dirac", KINIT_SCHEME_DIRAC, TAKES(GROUPS)},
};

enum { INITIALIZERS = sizeof initializers / sizeof initializers[0] };

bool tool_initializers_have_argument(const char *key) {
  for (int i = 0; i < ARGUMENTS; i++)
    if (strcmp(argument_names[i], key) == 0) return true;
  return false;
}

/* What is read, and from where. */
typedef struct reading {
  const tool_document *document;
  const json_t *object, *defaults;
  tool_tensor *tensor;
  tool_scope scope; /* with the fans, when they are known */
  tool_error *error;
} reading;

static int fail_argument(const reading *r, const json_t *owner, int argument, const char *takes) {
  const char *const name = argument_names[argument];
  char *const value = json_dumps(json_object_get(owner, name), JSON_ENCODE_ANY | JSON_COMPACT);
  const int code = tool_document_fail(r->document, owner, name, r->error, "\"%s\" takes %s, not %.80s", name, takes,
                                      value != NULL ? value : "this");
  free(value);
  return code;
}

/* The object that gives an argument, or NULL. */
static const json_t *owner_of(const reading *r, int argument) {
  if (json_object_get(r->object, argument_names[argument]) != NULL) return r->object;
  return json_object_get(r->defaults, argument_names[argument]) != NULL ? r->defaults : NULL;
}

static int read_number(const reading *r, const json_t *owner, int argument, double *number) {
  const json_t *const value = json_object_get(owner, argument_names[argument]);
  const char *const text = json_string_value(value);
  *number = json_number_value(value);
  if (json_is_number(value)) return TOOL_OK;
  if (text == NULL) return fail_argument(r, owner, argument, "a number, or arithmetic such as \"1 / sqrt(fan_in)\"");
  const char *const reason = tool_expression_value(text, &r->scope, number);
  if (reason == NULL) return TOOL_OK;
  return tool_document_fail(r->document, owner, argument_names[argument], r->error,
                            "\"%s\": the arithmetic \"%s\" has %s", argument_names[argument], text, reason);
}

/* ---- Words, groups and axes -------------------------------------------------------------------------------------- */

static int read_word(const reading *r, const json_t *owner, int argument) {
  kinit_initializer *const i = &r->tensor->init;
  const char *word = json_string_value(json_object_get(owner, argument_names[argument]));
  if (word == NULL) word = "";
  if (argument == MODE)
    return kinit_fan_mode_from_name(word, &i->mode) == KINIT_OK
               ? TOOL_OK
               : fail_argument(r, owner, argument, "\"fan_in\", \"fan_out\", \"fan_avg\" or \"fan_geo_avg\"");
  if (argument == DISTRIBUTION)
    return kinit_distribution_from_name(word, &i->distribution) == KINIT_OK
               ? TOOL_OK
               : fail_argument(r, owner, argument, "\"normal\", \"truncated_normal\" or \"uniform\"");
  return kinit_nonlinearity_from_name(word, &i->nonlinearity) == KINIT_OK
             ? TOOL_OK
             : fail_argument(r, owner, argument,
                             "\"linear\", \"conv1d\" to \"conv3d\", \"conv_transpose1d\" to \"conv_transpose3d\", "
                             "\"sigmoid\", \"tanh\", \"relu\", \"leaky_relu\" or \"selu\"");
}

static int read_groups(const reading *r, const json_t *owner) {
  const json_t *const value = json_object_get(owner, argument_names[GROUPS]);
  r->tensor->init.groups = json_integer_value(value);
  return json_is_integer(value) ? TOOL_OK : fail_argument(r, owner, GROUPS, "a whole number");
}

static int read_zero_row(const reading *r, const json_t *owner) {
  const json_t *const value = json_object_get(owner, argument_names[ZERO_ROW]);
  const int64_t row = json_integer_value(value);
  r->tensor->has_zero_row = true;
  r->tensor->zero_row = row;
  if (json_is_integer(value) && row >= 0 && r->tensor->ndim > 0 && row < r->tensor->shape[0]) return TOOL_OK;
  return fail_argument(r, owner, ZERO_ROW, "the number of a row, from 0, that the tensor has");
}

static int read_axes(const reading *r, const json_t *owner, int argument) {
  kinit_axes *const axes = &r->tensor->init.axes;
  uint64_t *const bits = argument == IN ? &axes->in : argument == OUT ? &axes->out : &axes->batch;
  const json_t *const array = json_object_get(owner, argument_names[argument]);
  if (!json_is_array(array)) return fail_argument(r, owner, argument, "an array of dimensions such as [0, 1]");
  for (size_t i = 0; i < json_array_size(array); i++) {
    const json_t *const element = json_array_get(array, i);
    json_int_t axis = json_integer_value(element);
    if (axis < 0) axis += r->tensor->ndim;
    if (!json_is_integer(element) || axis < 0 || axis >= r->tensor->ndim || (*bits >> axis & 1) != 0)
      return tool_document_fail(r->document, owner, argument_names[argument], r->error,
                                "\"%s\" names a dimension twice, or one that a tensor of %d dimensions has not",
                                argument_names[argument], r->tensor->ndim);
    *bits |= UINT64_C(1) << axis;
  }
  return TOOL_OK;
}

static int read_whole_numbers(const reading *r, const json_t *owner, int argument) {
  if (argument == GROUPS) return read_groups(r, owner);
  return argument == ZERO_ROW ? read_zero_row(r, owner) : read_axes(r, owner, argument);
}

/* All that numbers may depend on. */
static int read_others(const reading *r, unsigned takes) {
  int code = TOOL_OK;
  for (int i = MODE; i < ARGUMENTS && code == TOOL_OK; i++) {
    const json_t *const owner = owner_of(r, i);
    if ((takes & TAKES(i)) == 0 || owner == NULL) continue;
    code = i < GROUPS ? read_word(r, owner, i) : read_whole_numbers(r, owner, i);
  }
  const kinit_axes axes = r->tensor->init.axes;
  if (code == TOOL_OK && (axes.in | axes.out | axes.batch) != 0 && (axes.in == 0 || axes.out == 0))
    return tool_document_fail(r->document, r->object != NULL ? r->object : r->defaults, "init", r->error,
                              "\"in\" and \"out\" go together");
  return code;
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static double *number_of(kinit_initializer *i, int argument) {
  double *const numbers[NUMBERS] = {&i->mean, &i->stddev, &i->low, &i->high, &i->value, &i->a, &i->gain, &i->scale};
  return numbers[argument];
}

/* A bound in standard deviations, unless the same object gives it as it is. */
static int read_sigma(const reading *r, int argument, int bound) {
  kinit_initializer *const i = &r->tensor->init;
  const json_t *const owner = owner_of(r, argument);
  double sigmas;
  if (owner == NULL || (owner == r->defaults && json_object_get(r->object, argument_names[bound]) != NULL))
    return TOOL_OK;
  if (json_object_get(owner, argument_names[bound]) != NULL)
    return tool_document_fail(r->document, owner, argument_names[argument], r->error,
                              "\"%s\" and \"%s\" exclude each other", argument_names[bound], argument_names[argument]);
  const int code = read_number(r, owner, argument, &sigmas);
  if (code == TOOL_OK) *number_of(i, bound) = i->mean + sigmas * i->stddev;
  return code;
}

static int read_linear_bias(const reading *r, const json_t *owner) {
  kinit_initializer *const i = &r->tensor->init;
  const json_t *const from = owner_of(r, FAN_IN);
  double fan_in = 0;
  if (from == NULL)
    return tool_document_fail(r->document, owner, "init", r->error,
                              "initializer linear_bias needs the argument \"fan_in\", the inputs of its layer");
  const int code = read_number(r, from, FAN_IN, &fan_in);
  if (code != TOOL_OK) return code;
  if (!(fan_in > 0)) return fail_argument(r, from, FAN_IN, "a positive number");
  i->high = 1 / sqrt(fan_in);
  i->low = -i->high;
  return TOOL_OK;
}

static int need_value(const tool_document *d, const json_t *object, tool_error *error) {
  return tool_document_fail(d, object, "init", error, "initializer constant needs the argument \"value\"");
}

static int read_numbers(const reading *r, const json_t *owner, unsigned takes) {
  int code = TOOL_OK;
  for (int i = 0; i < NUMBERS && code == TOOL_OK; i++) {
    const json_t *const from = owner_of(r, i);
    if ((takes & TAKES(i)) == 0) continue;
    if (from != NULL)
      code = read_number(r, from, i, number_of(&r->tensor->init, i));
    else if (i == VALUE)
      code = need_value(r->document, owner, r->error);
  }
  if (code == TOOL_OK && (takes & TAKES(LOW_SIGMA)) != 0) code = read_sigma(r, LOW_SIGMA, LOW);
  if (code == TOOL_OK && (takes & TAKES(HIGH_SIGMA)) != 0) code = read_sigma(r, HIGH_SIGMA, HIGH);
  return code == TOOL_OK && (takes & TAKES(FAN_IN)) != 0 ? read_linear_bias(r, owner) : code;
}

/* ---- Initializers ------------------------------------------------------------------------------------------------ */

static int read_name(const tool_document *d, const json_t *object, int *index, tool_error *error) {
  const char *const name = json_string_value(json_object_get(object, "init"));
  if (name == NULL) return tool_document_fail(d, object, "init", error, "\"init\" takes the name of an initializer");
  for (*index = 0; *index < INITIALIZERS; ++*index)
    if (strcmp(name, initializers[*index].name) == 0) return TOOL_OK;
  return tool_document_fail(d, object, "init", error, "there is no initializer \"%s\"", name);
}

/* The arguments that the object gives and the initializer does not take. */
static int refuse_others(const tool_document *d, const json_t *object, int index, tool_error *error) {
  for (int i = 0; i < ARGUMENTS; i++)
    if ((initializers[index].takes & TAKES(i)) == 0 && json_object_get(object, argument_names[i]) != NULL)
      return tool_document_fail(d, object, argument_names[i], error, "initializer %s has no argument \"%s\"",
                                initializers[index].name, argument_names[i]);
  return TOOL_OK;
}

/* What can be told of an argument without a tensor. */
static int check_argument(const reading *r, int argument) {
  const json_t *const value = json_object_get(r->object, argument_names[argument]);
  if (argument == GROUPS) return read_groups(r, r->object);
  if (argument == ZERO_ROW)
    return json_is_integer(value) ? TOOL_OK : fail_argument(r, r->object, argument, "the number of a row, from 0");
  if (argument >= IN)
    return json_is_array(value) ? TOOL_OK
                                : fail_argument(r, r->object, argument, "an array of dimensions such as [0, 1]");
  if (argument >= MODE) return read_word(r, r->object, argument);
  return json_is_number(value) || json_is_string(value)
             ? TOOL_OK
             : fail_argument(r, r->object, argument, "a number, or arithmetic such as \"1 / sqrt(fan_in)\"");
}

int tool_initializer_check(const tool_document *d, const json_t *object, const json_t *defaults, tool_error *error) {
  tool_tensor unused = {0};
  const reading r = {.document = d, .object = object, .tensor = &unused, .error = error};
  int index, code = TOOL_OK;
  for (int i = 0; i < ARGUMENTS && code == TOOL_OK; i++)
    if (json_object_get(object, argument_names[i]) != NULL) code = check_argument(&r, i);
  if (code != TOOL_OK || (object == defaults && json_object_get(object, "init") == NULL)) return code;
  code = read_name(d, object, &index, error);
  if (code == TOOL_OK && object != defaults) code = refuse_others(d, object, index, error);
  if (code != TOOL_OK || (initializers[index].takes & TAKES(VALUE)) == 0) return code;
  const bool has_value = json_object_get(object, "value") != NULL || json_object_get(defaults, "value") != NULL;
  return has_value ? TOOL_OK : need_value(d, object, error);
}

int tool_initializer_read(const tool_document *d, const json_t *object, const json_t *defaults, const tool_scope *scope,
                          tool_tensor *t, tool_error *error) {
  const json_t *const owner = object != NULL ? object : defaults;
  int index = 0;
  int code = read_name(d, owner, &index, error);
  if (code == TOOL_OK) code = refuse_others(d, object, index, error);
  if (code != TOOL_OK) return code;
  t->init = kinit_initializer_default(initializers[index].scheme);
  t->init_name = initializers[index].name;
  if (strcmp(t->init_name, "ones") == 0) t->init.value = 1;
  tool_variable fans[] = {{"fan_in", 0}, {"fan_out", 0}};
  reading r = {d, object, defaults, t, {scope, fans, 0}, error};
  code = read_others(&r, initializers[index].takes);
  if (code != TOOL_OK) return code;
  if (kinit_fans_axes(t->ndim, t->shape, &t->init.axes, t->init.groups, &fans[0].value, &fans[1].value) == KINIT_OK)
    r.scope.count = 2;
  return read_numbers(&r, owner, initializers[index].takes);
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

int tool_dtype_read(const tool_document *d, const json_t *object, kinit_dtype *dtype, tool_error *error) {
  const json_t *const value = json_object_get(object, "dtype");
  const char *const name = json_string_value(value);
  if (name != NULL && kinit_dtype_from_name(name, dtype) == KINIT_OK) return TOOL_OK;
  return tool_document_fail(
      d, object, "dtype", error, "%s%s: kinit has \"f32\", \"f64\", \"f16\", \"bf16\", \"f8_e4m3\" and \"f8_e5m2\"",
      value == NULL ? "no \"dtype\", here or in the defaults" : "unknown dtype ", name != NULL ? name : "");
}

int tool_initializer_accept(const tool_document *d, const json_t *object, const char *key, kinit_status status,
                            const tool_tensor *t, tool_error *error) {
  double largest;
  if (status != KINIT_OK)
    return tool_document_fail(d, object, key, error, "\"%s\" cannot be filled by the initializer \"%s\": %s", t->name,
                              t->init_name, kinit_status_message(status));
  const double probability = tool_fill_overflow(t, &largest);
  if (probability == 0) return TOOL_OK;
  return tool_document_fail(
      d, object, key, error,
      "\"%s\" of dtype %s cannot hold what the initializer \"%s\" gives: an element is beyond %.6g "
      "with probability %.3g",
      t->name, kinit_dtype_name(t->dtype), t->init_name, largest, probability);
}
