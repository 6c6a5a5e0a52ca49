/* The header of a checkpoint, and rules in JSON -> a model.
 *
 * Owns: what an existing checkpoint says about the model. SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "fill_tensor.h"
#include "initializers.h"
#include "plan_file.h"
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

/* Takes name and shape of the entry over. */
static int read_entry(const char *path, tool_entry *entry, tool_tensor *tensor, tool_error *error) {
  if (!entry->is_float)
    return tool_fail(error, TOOL_INPUT, path, 0, "\"%s\" is of dtype %s: kinit has F32, F64, F16 and BF16", entry->name,
                     entry->dtype_name);
  tensor->name = entry->name;
  tensor->dtype = entry->dtype;
  tensor->ndim = entry->ndim;
  tensor->shape = entry->shape;
  entry->name = NULL;
  entry->shape = NULL;
  return TOOL_OK;
}

static int take_rule(const tool_document *d, const tool_rules *rules, tool_tensor *tensor, tool_error *error) {
  const tool_rule *const rule = tool_rules_find(rules, tensor->name);
  int code = TOOL_OK;
  if (rule == NULL)
    return tool_document_fail(d, d->root, "rules", error, "no initializer for \"%s\": no rule matches", tensor->name);
  if (json_object_get(rule->object, "dtype") != NULL) code = tool_dtype_read(d, rule->object, &tensor->dtype, error);
  if (code == TOOL_OK) code = tool_initializer_read(d, rule->object, NULL, NULL, tensor, error);
  if (code != TOOL_OK) return code;
  return tool_initializer_accept(d, rule->object, "init", tool_fill_check(tensor), tensor, error);
}

static int read_tensors(const char *path, tool_checkpoint *checkpoint, const tool_document *d, const tool_rules *rules,
                        tool_model *model, tool_error *error) {
  int code = TOOL_OK;
  model->tensors = calloc(checkpoint->count + 1, sizeof *model->tensors);
  if (model->tensors == NULL) return tool_fail_memory(error);
  for (size_t i = 0; i < checkpoint->count && code == TOOL_OK; i++) {
    tool_tensor *const tensor = &model->tensors[i];
    code = read_entry(path, &checkpoint->tensors[i], tensor, error);
    model->count = i + 1;
    if (code == TOOL_OK) code = take_rule(d, rules, tensor, error);
  }
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
  if (code == TOOL_OK) code = read_tensors(checkpoint_path, &checkpoint, &document, &rules, model, error);
  if (code != TOOL_OK) tool_model_free(model);
  tool_checkpoint_free(&checkpoint);
  tool_rules_free(&rules);
  tool_document_free(&document);
  return code;
}
