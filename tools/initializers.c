/* The initializers by name, and their arguments in JSON.
 *
 * Owns: the names in plans, and what an argument is if nobody gives it. SPDX-License-Identifier: Apache-2.0 */
#include "initializers.h"

#include <string.h>

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

enum { MEAN, STDDEV, LOW, HIGH, VALUE, A, MODE, NONLINEARITY, GAIN, SCALE, DISTRIBUTION, GROUPS, ARGUMENTS };

static const char *const argument_names[ARGUMENTS] = {[MEAN] = "mean",
                                                      [STDDEV] = "stddev",
                                                      [LOW] = "low",
                                                      [HIGH] = "high",
                                                      [VALUE] = "value",
                                                      [A] = "a",
                                                      [MODE] = "mode",
                                                      [NONLINEARITY] = "nonlinearity",
                                                      [GAIN] = "gain",
                                                      [SCALE] = "scale",
                                                      [DISTRIBUTION] = "distribution",
                                                      [GROUPS] = "groups"};

static int argument_named(const char *key) {
  int argument = 0;
  while (argument < ARGUMENTS && strcmp(argument_names[argument], key) != 0) argument++;
  return argument;
}

bool tool_initializers_have_argument(const char *key) { return argument_named(key) < ARGUMENTS; }

static double *number_of(tool_tensor *t, int argument) {
  double *const numbers[ARGUMENTS] = {
      [MEAN] = &t->mean,   [STDDEV] = &t->stddev, [LOW] = &t->low,   [HIGH] = &t->high,
      [VALUE] = &t->value, [A] = &t->a,           [GAIN] = &t->gain, [SCALE] = &t->scale};
  return numbers[argument];
}

static bool distribution_from_name(const char *name, kinit_distribution *distribution) {
  static const char *const names[] = {[KINIT_DIST_NORMAL] = "normal",
                                      [KINIT_DIST_TRUNCATED_NORMAL] = "truncated_normal",
                                      [KINIT_DIST_UNIFORM] = "uniform"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0) {
      *distribution = (kinit_distribution)i;
      return true;
    }
  return false;
}

/* Sets what a word names. NULL, or what the argument takes. */
static const char *read_word(tool_tensor *t, int argument, const char *word) {
  if (word == NULL) word = "";
  if (argument == MODE)
    return kinit_fan_mode_from_name(word, &t->mode) == KINIT_OK ? NULL : "\"fan_in\", \"fan_out\" or \"fan_avg\"";
  if (argument == DISTRIBUTION)
    return distribution_from_name(word, &t->distribution) ? NULL : "\"normal\", \"truncated_normal\" or \"uniform\"";
  return kinit_nonlinearity_from_name(word, &t->nonlinearity) == KINIT_OK
             ? NULL
             : "\"linear\", \"conv1d\" to \"conv3d\", \"conv_transpose1d\" to \"conv_transpose3d\", \"sigmoid\", "
               "\"tanh\", \"relu\", \"leaky_relu\" or \"selu\"";
}

/* Sets the argument of the tensor. NULL, or what the argument takes. */
static const char *set_argument(tool_tensor *t, int argument, const json_t *value) {
  double *const number = number_of(t, argument);
  if (number != NULL) {
    *number = json_number_value(value);
    return json_is_number(value) ? NULL : "a number";
  }
  if (argument == GROUPS) {
    t->groups = json_integer_value(value);
    return json_is_integer(value) ? NULL : "a whole number";
  }
  return read_word(t, argument, json_string_value(value));
}

static int read_argument(const tool_document *d, const json_t *object, int argument, tool_tensor *t,
                         tool_error *error) {
  const char *const name = argument_names[argument];
  const char *const takes = set_argument(t, argument, json_object_get(object, name));
  return takes == NULL ? TOOL_OK : tool_document_fail(d, object, name, error, "\"%s\" takes %s", name, takes);
}

int tool_initializers_check_arguments(const tool_document *d, const json_t *object, tool_error *error) {
  tool_tensor unused;
  int code = TOOL_OK;
  for (int argument = 0; argument < ARGUMENTS && code == TOOL_OK; argument++)
    if (json_object_get(object, argument_names[argument]) != NULL)
      code = read_argument(d, object, argument, &unused, error);
  return code;
}

/* ---- Initializers ------------------------------------------------------------------------------------------------ */

#define TAKES(argument) (1u << (argument))
#define TAKES_KAIMING (TAKES(A) | TAKES(MODE) | TAKES(NONLINEARITY))

static const struct {
  const char *name;
  unsigned takes;
} initializers[] = {
    [TOOL_INIT_UNIFORM] = {"uniform", TAKES(LOW) | TAKES(HIGH)},
    [TOOL_INIT_NORMAL] = {"normal", TAKES(MEAN) | TAKES(STDDEV)},
    [TOOL_INIT_TRUNCATED_NORMAL] = {"truncated_normal", TAKES(MEAN) | TAKES(STDDEV) | TAKES(LOW) | TAKES(HIGH)},
    [TOOL_INIT_CONSTANT] = {"constant", TAKES(VALUE)},
    [TOOL_INIT_KAIMING_NORMAL] = {"kaiming_normal", TAKES_KAIMING},
    [TOOL_INIT_KAIMING_UNIFORM] = {"kaiming_uniform", TAKES_KAIMING},
    [TOOL_INIT_XAVIER_NORMAL] = {"xavier_normal", TAKES(GAIN)},
    [TOOL_INIT_XAVIER_UNIFORM] = {"xavier_uniform", TAKES(GAIN)},
    [TOOL_INIT_VARIANCE_SCALING] = {"variance_scaling", TAKES(SCALE) | TAKES(MODE) | TAKES(DISTRIBUTION)},
    [TOOL_INIT_EYE] = {"eye", 0},
    [TOOL_INIT_DIRAC] = {"dirac", TAKES(GROUPS)},
};

enum { INITIALIZERS = sizeof initializers / sizeof initializers[0] };

const char *tool_initializer_name(tool_initializer initializer) { return initializers[initializer].name; }

static void set_usual_arguments(tool_tensor *t) {
  t->mean = 0;
  t->stddev = 1;
  t->low = t->init == TOOL_INIT_UNIFORM ? 0 : -2;
  t->high = t->init == TOOL_INIT_UNIFORM ? 1 : 2;
  t->value = 0;
  t->a = 0;
  t->mode = KINIT_FAN_IN;
  t->nonlinearity = KINIT_LEAKY_RELU;
  t->gain = 1;
  t->scale = 1;
  t->distribution = KINIT_DIST_TRUNCATED_NORMAL;
  t->groups = 1;
}

static int read_initializer_name(const tool_document *d, const json_t *object, tool_initializer *initializer,
                                 tool_error *error) {
  const json_t *const member = json_object_get(object, "init");
  const char *const name = json_string_value(member);
  if (name == NULL) return tool_document_fail(d, object, "init", error, "\"init\" takes the name of an initializer");
  for (int i = 0; i < INITIALIZERS; i++)
    if (strcmp(name, initializers[i].name) == 0) {
      *initializer = (tool_initializer)i;
      return TOOL_OK;
    }
  return tool_document_fail(d, object, "init", error, "there is no initializer \"%s\"", name);
}

/* The arguments that the object gives and the initializer does not take. */
static int refuse_others(const tool_document *d, const json_t *object, tool_initializer initializer,
                         tool_error *error) {
  for (int i = 0; i < ARGUMENTS; i++)
    if ((initializers[initializer].takes & TAKES(i)) == 0 && json_object_get(object, argument_names[i]) != NULL)
      return tool_document_fail(d, object, argument_names[i], error, "the initializer \"%s\" takes no \"%s\"",
                                initializers[initializer].name, argument_names[i]);
  return TOOL_OK;
}

int tool_initializer_read(const tool_document *d, const json_t *object, const json_t *defaults, tool_tensor *t,
                          tool_error *error) {
  const json_t *const owner = object != NULL ? object : defaults;
  int code = read_initializer_name(d, owner, &t->init, error);
  if (code == TOOL_OK) code = refuse_others(d, object, t->init, error);
  if (code != TOOL_OK) return code;
  set_usual_arguments(t);
  for (int i = 0; i < ARGUMENTS && code == TOOL_OK; i++) {
    if ((initializers[t->init].takes & TAKES(i)) == 0) continue;
    const json_t *const source = json_object_get(object, argument_names[i]) != NULL ? object : defaults;
    if (json_object_get(source, argument_names[i]) != NULL)
      code = read_argument(d, source, i, t, error);
    else if (i == VALUE)
      code = tool_document_fail(d, owner, "init", error, "the initializer \"constant\" needs a \"value\"");
  }
  return code;
}

void tool_initializer_copy(const tool_tensor *from, tool_tensor *to) {
  tool_tensor copy = *from;
  copy.name = to->name;
  copy.dtype = to->dtype;
  copy.ndim = to->ndim;
  copy.shape = to->shape;
  *to = copy;
}
