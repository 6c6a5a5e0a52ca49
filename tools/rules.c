/* Rules: initializers for names.
 *
 * Owns: their reading, and what "overlapping" means. SPDX-License-Identifier: Apache-2.0 */
#include "rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "glob.h"
#include "initializers.h"

enum { MAX_RULES = 10000 };

static int check_members(const tool_document *d, const json_t *rule, tool_error *error) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)rule, key, value) {
    if (strcmp(key, "match") != 0 && strcmp(key, "init") != 0 && strcmp(key, "dtype") != 0 &&
        !tool_initializers_have_argument(key))
      return tool_document_fail(d, rule, key, error, "unknown key \"%s\" in a rule", key);
  }
  const char *const match = json_string_value(json_object_get(rule, "match"));
  if (match == NULL || match[0] == '\0')
    return tool_document_fail(d, rule, "match", error, "a rule needs a \"match\", a glob such as \"*.bias\"");
  if (strstr(match, "..") != NULL && strchr(match, '{') != NULL)
    return tool_document_fail(d, rule, "match", error,
                              "the range in \"%s\" is no part of a glob: write * or [0-9] in its place", match);
  return TOOL_OK;
}

/* A rule that comes too late is an error: its author expects that it does something. */
static int check_overlap(const tool_document *d, const tool_rules *rules, size_t index, tool_error *error) {
  const char *const match = rules->rules[index].match;
  for (size_t i = 0; i < index; i++)
    if (tool_glob_covers(rules->rules[i].match, match))
      return tool_document_fail(d, rules->rules[index].object, "match", error,
                                "overlapping rules: \"%s\" is never the first to match, since the rule in line %d, "
                                "\"%s\", matches the same names",
                                match, tool_document_line(d, rules->rules[i].object, "match"), rules->rules[i].match);
  return TOOL_OK;
}

static int read_rule(const tool_document *d, const json_t *array, size_t index, const json_t *defaults,
                     tool_rules *rules, tool_error *error) {
  const json_t *const object = json_array_get(array, index);
  tool_rule *const rule = &rules->rules[index];
  if (!json_is_object(object)) return tool_document_fail_element(d, array, index, error, "a rule is an object, {...}");
  int code = check_members(d, object, error);
  if (code != TOOL_OK) return code;
  rule->object = object;
  rule->match = json_string_value(json_object_get(object, "match"));
  code = tool_initializer_check(d, object, defaults, error);
  return code == TOOL_OK ? check_overlap(d, rules, index, error) : code;
}

int tool_rules_read(const tool_document *d, const json_t *defaults, tool_rules *rules, tool_error *error) {
  *rules = (tool_rules){0};
  const json_t *const array = json_object_get(d->root, "rules");
  const size_t size = json_array_size(array);
  if (array == NULL) return TOOL_OK;
  if (!json_is_array(array) || size > MAX_RULES)
    return tool_document_fail(d, d->root, "rules", error, "\"rules\" takes an array of at most %d rules", MAX_RULES);
  rules->rules = calloc(size + 1, sizeof *rules->rules);
  if (rules->rules == NULL) return tool_fail_memory(error);
  int code = TOOL_OK;
  for (; rules->count < size && code == TOOL_OK; rules->count++)
    code = read_rule(d, array, rules->count, defaults, rules, error);
  if (code != TOOL_OK) tool_rules_free(rules);
  return code;
}

const tool_rule *tool_rules_find(const tool_rules *rules, const char *name) {
  for (size_t i = 0; i < rules->count; i++)
    if (tool_glob_matches(rules->rules[i].match, name)) {
      rules->rules[i].is_used = true;
      return &rules->rules[i];
    }
  return NULL;
}

int tool_rules_check_used(const tool_document *d, const tool_rules *rules, tool_error *error) {
  for (size_t i = 0; i < rules->count; i++)
    if (!rules->rules[i].is_used)
      return tool_document_fail(
          d, rules->rules[i].object, "match", error,
          "the rule \"%s\" is not used: no tensor without an initializer of its own has it as its "
          "first match",
          rules->rules[i].match);
  return TOOL_OK;
}

void tool_rules_free(tool_rules *rules) {
  free(rules->rules);
  *rules = (tool_rules){0};
}
