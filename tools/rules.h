/* Rules: a tensor without an initializer takes that of the first rule whose glob matches its name.
 *
 * Owns: the declarations of rules.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_RULES_H
#define KINIT_TOOLS_RULES_H

#include <stdbool.h>

#include "document.h"

typedef struct tool_rule {
  const char *match;    /* the document's */
  const json_t *object; /* in the document, whose line tells which rule it is */
  bool is_used;         /* it was the first to match a name */
} tool_rule;

typedef struct tool_rules {
  tool_rule *rules;
  size_t count;
} tool_rules;

/* Reads the document's member "rules", if it has one. defaults: the plan's, or NULL. The document outlives the rules.
 * Errors: INPUT (a wrong type, an unknown or missing member, a range in a "match", a rule that is never the first one
 * to match because an earlier one matches all that it does), FAILED. */
int tool_rules_read(const tool_document *document, const json_t *defaults, tool_rules *rules, tool_error *error);

/* The first rule that matches, which counts as used from now on, or NULL. */
const tool_rule *tool_rules_find(const tool_rules *rules, const char *name);

/* INPUT if a rule was never found, so that a wrong name in it does not pass. */
int tool_rules_check_used(const tool_document *document, const tool_rules *rules, tool_error *error);

/* Releases what the rules hold. Zeroed ones are allowed. */
void tool_rules_free(tool_rules *rules);

#endif
