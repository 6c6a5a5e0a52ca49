/* The header of a checkpoint, and rules in JSON -> a model.
 *
 * Owns: what an existing checkpoint says about the model. SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "copy_tensor.h"
#include "document.h"
#include "fill_tensor.h"
#include "initializers.h"
#include "plan_file.h"
#include "ranks.h"
#include "rules.h"
#include "safetensors.h"

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

static int read_rules(const tool_document *d, tool_rules *rules, tool_error *error) {
  const char *key;
  json_t *value;
  json_object_foreach(d->root, key, value) {
    if (strcmp(key, "rules") != 0)
      return tool_document_fail(d, d->root, key, error, "unknown key \"%s\" in rules", key);
  }
  if (json_object_get(d->root, "rules") == NULL)
    return tool_document_fail(d, d->root, "rules", error, "a file of rules needs \"rules\", an array of them");
  return tool_rules_read(d, NULL, rules, error);
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

static bool rule_says(const tool_rule *rule, const char *init) {
  const char *const name = rule != NULL ? json_string_value(json_object_get(rule->object, "init")) : NULL;
  return name != NULL && strcmp(name, init) == 0;
}

static int take_rule(const tool_document *d, const tool_rule *rule, tool_tensor *tensor, tool_error *error) {
  int code = TOOL_OK;
  if (rule == NULL)
    return tool_document_fail(d, d->root, "rules", error, "no initializer for \"%s\": no rule matches", tensor->name);
  if (json_object_get(rule->object, "dtype") != NULL) code = tool_dtype_read(d, rule->object, &tensor->dtype, error);
  if (code == TOOL_OK) code = tool_initializer_read(d, rule->object, NULL, NULL, tensor, error);
  if (code != TOOL_OK) return code;
  return tool_initializer_accept(d, rule->object, "init", tool_fill_check(tensor), tensor, error);
}

/* The dtype that a rule of "copy" gives to what kinit could fill. */
static int convert_copy(const tool_document *d, const tool_rule *rule, tool_tensor *tensor, tool_error *error) {
  kinit_dtype dtype = tensor->dtype;
  if (json_object_get(rule->object, "dtype") == NULL) return TOOL_OK;
  const int code = tool_dtype_read(d, rule->object, &dtype, error);
  if (code != TOOL_OK || dtype == tensor->dtype) return code;
  if (tensor->dtype != KINIT_F32 || dtype != KINIT_BF16)
    return tool_document_fail(d, rule->object, "dtype", error,
                              "\"%s\": a copy becomes bf16 from f32 only, and not %s from %s", tensor->name,
                              kinit_dtype_name(dtype), kinit_dtype_name(tensor->dtype));
  tool_copy_narrow(tensor->copy);
  return TOOL_OK;
}

/* What kinit does not fill is copied, unless its rule says "skip" or "zeros", and named on standard error. */
static int read_tensor(const char *file, tool_entry *entry, const tool_document *d, const tool_rules *rules,
                       tool_model *model, tool_error *error) {
  const tool_rule *const rule = tool_rules_find(rules, entry->name);
  tool_tensor *const tensor = &model->tensors[model->count];
  const bool skip = rule_says(rule, "skip"), copy = rule_says(rule, "copy"), zeros = rule_says(rule, "zeros");
  if (tool_rank() == 0 && (skip || copy || !entry->is_float))
    tool_note("\"%s\" (%s) is %s", entry->name, entry->dtype_name,
              skip    ? "left out"
              : zeros ? "set to zero"
                      : "copied");
  if (skip) return TOOL_OK;
  model->count++;
  tool_copy_header(entry, tensor);
  if (!copy && entry->is_float) return take_rule(d, rule, tensor, error);
  const int code = tool_copy_bytes(zeros ? NULL : file, entry, tensor, error);
  return code == TOOL_OK && copy && entry->is_float ? convert_copy(d, rule, tensor, error) : code;
}

static int read_tensors(tool_checkpoint *checkpoint, const tool_document *d, const tool_rules *rules, tool_model *model,
                        tool_error *error) {
  int code = TOOL_OK;
  model->tensors = calloc(checkpoint->count + 1, sizeof *model->tensors);
  if (model->tensors == NULL) return tool_fail_memory(error);
  for (size_t i = 0; i < checkpoint->count && code == TOOL_OK; i++)
    code = read_tensor(checkpoint->files[checkpoint->tensors[i].file], &checkpoint->tensors[i], d, rules, model, error);
  return code == TOOL_OK ? tool_rules_check_used(d, rules, error) : code;
}

int tool_plan_read_like(const char *checkpoint_path, const char *rules_path, tool_model *model, tool_error *error) {
  tool_document document;
  tool_rules rules = {0};
  tool_checkpoint checkpoint = {0};
  *model = (tool_model){0};
  int code = tool_document_read(rules_path, &document, error);
  if (code != TOOL_OK) return code;
  code = read_rules(&document, &rules, error);
  if (code == TOOL_OK) code = tool_document_digest(&document, model->digest, error);
  if (code == TOOL_OK) code = tool_checkpoint_read(checkpoint_path, &checkpoint, error);
  if (code == TOOL_OK) code = read_tensors(&checkpoint, &document, &rules, model, error);
  if (code != TOOL_OK) tool_model_free(model);
  tool_checkpoint_free(&checkpoint);
  tool_rules_free(&rules);
  tool_document_free(&document);
  return code;
}
