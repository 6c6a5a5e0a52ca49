/* Arithmetic in plans, by recursive descent.
 *
 *   sum     = product { ("+" | "-") product }
 *   product = sign { ("*" | "/") sign }
 *   sign    = [ "-" ] power
 *   power   = atom [ "^" sign ]
 *   atom    = number | name | "sqrt" "(" sum ")" | "(" sum ")"
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "expression.h"

#include <ctype.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 32 };

/* What is being read. After an error, all values are 0 and nothing is read any more. */
typedef struct reader {
  const char *at;
  const tool_scope *scope;
  const char *error;
  int depth;
} reader;

static double read_sum(reader *r);
static double read_sign(reader *r);

static double fail(reader *r, const char *error) {
  if (r->error == NULL) r->error = error;
  return 0;
}

/* Whether this byte is next, which is then taken. */
static bool take(reader *r, char byte) {
  r->at += strspn(r->at, " ");
  if (r->error != NULL || *r->at != byte) return false;
  r->at++;
  return true;
}

static double read_number(reader *r) {
  char *end;
  const double value = strtod(r->at, &end);
  if (*r->at == '0' && (r->at[1] == 'x' || r->at[1] == 'X')) return fail(r, "a number that is not decimal");
  if (end == r->at) return fail(r, "a point that begins no number");
  r->at = end;
  return value;
}

static double look_up(reader *r, const char *name, size_t length) {
  for (const tool_scope *scope = r->scope; scope != NULL; scope = scope->outer)
    for (size_t i = 0; i < scope->count; i++)
      if (strlen(scope->variables[i].name) == length && strncmp(scope->variables[i].name, name, length) == 0)
        return scope->variables[i].value;
  return fail(r,
              "a name that is neither a variable of the plan, nor fan_in or fan_out of a tensor that has fans, nor "
              "the index of a range");
}

static double read_parentheses(reader *r) {
  if (!take(r, '(')) return fail(r, "a function without its (");
  const double value = read_sum(r);
  return take(r, ')') ? value : fail(r, "a ( without its )");
}

static double read_name(reader *r) {
  const char *const name = r->at;
  while (isalnum((unsigned char)*r->at) || *r->at == '_') r->at++;
  const size_t length = (size_t)(r->at - name);
  if (length == 4 && strncmp(name, "sqrt", length) == 0) return sqrt(read_parentheses(r));
  return look_up(r, name, length);
}

static double read_atom(reader *r) {
  r->at += strspn(r->at, " ");
  if (r->error != NULL) return 0;
  if (isdigit((unsigned char)*r->at) || *r->at == '.') return read_number(r);
  if (isalpha((unsigned char)*r->at) || *r->at == '_') return read_name(r);
  return *r->at == '(' ? read_parentheses(r) : fail(r, "no number or name where one belongs");
}

static double read_power(reader *r) {
  const double base = read_atom(r);
  return take(r, '^') ? pow(base, read_sign(r)) : base;
}

/* Every way into the depth goes through here. */
static double read_sign(reader *r) {
  if (++r->depth > MAX_DEPTH) return fail(r, "more than 32 levels");
  const double value = take(r, '-') ? -read_power(r) : read_power(r);
  r->depth--;
  return value;
}

static double read_product(reader *r) {
  double value = read_sign(r);
  while (r->error == NULL) {
    if (take(r, '*'))
      value *= read_sign(r);
    else if (take(r, '/'))
      value /= read_sign(r);
    else
      break;
  }
  return value;
}

static double read_sum(reader *r) {
  double value = read_product(r);
  while (r->error == NULL) {
    if (take(r, '+'))
      value += read_product(r);
    else if (take(r, '-'))
      value -= read_product(r);
    else
      break;
  }
  return value;
}

const char *tool_expression_value(const char *text, const tool_scope *scope, double *value) {
  reader r = {text, scope, NULL, 0};
  *value = read_sum(&r);
  r.at += strspn(r.at, " ");
  if (r.error == NULL && *r.at != '\0') r.error = "something behind its end";
  if (r.error == NULL && !isfinite(*value)) r.error = "a value that is not finite";
  return r.error;
}
