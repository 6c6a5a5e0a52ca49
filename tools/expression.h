/* Arithmetic in plans: "0.02 / sqrt(2 * layers)".
 *
 * Owns: the declarations of expression.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_EXPRESSION_H
#define KINIT_TOOLS_EXPRESSION_H

#include <stddef.h>

typedef struct tool_variable {
  const char *name;
  double value;
} tool_variable;

/* What names mean: the variables of `outer`, if it is not NULL, and these. */
typedef struct tool_scope {
  const struct tool_scope *outer;
  const tool_variable *variables;
  size_t count;
} tool_scope;

/* Sets *value to what the text comes to: numbers, names, + - * / ^, parentheses and sqrt(...), with the usual
 * precedence. scope: NULL for no names. NULL, or a static string that says what is wrong. */
const char *tool_expression_value(const char *text, const tool_scope *scope, double *value);

#endif
