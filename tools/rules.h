/* Rules: a tensor without an initializer takes that of the first rule whose glob matches its name.
 *
 * Owns: the declarations of rules.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_RULES_H
#define KINIT_TOOLS_RULES_H

#include "document.h"
#include "model.h"

typedef struct tool_rule {
  const char *match;    /* the document's */
  const json_t *object; /* in the document, whose line tells which rule it is */
  tool_tensor init;     /* initializer and arguments; no name, no shape */
} tool_rule;

typedef struct tool_rules {
  tool_rule *rules;
  size_t count;
} tool_rules;

/* Reads the document's member "rules", if it has one. defaults: as for tool_initializer_read. The document outlives the
 * rules. Errors: INPUT (a wrong type, an unknown or missing member, a rule that is never the first one to match because
 * an earlier one matches all that it does), FAILED. */
int tool_rules_read(const tool_document *document, const json_t *defaults, tool_rules *rules, tool_error *error);

/* The first rule that matches, or NULL. */
const tool_rule *tool_rules_find(const tool_rules *rules, const char *name);

/* Releases what the rules hold. Zeroed ones are allowed. */
void tool_rules_free(tool_rules *rules);

#endif
