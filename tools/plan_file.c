/* Plans in JSON -> a model.
 *
 * Owns: what the members of a plan mean, and which tensors go together. SPDX-License-Identifier: Apache-2.0 */
#include "plan_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "copy_tensor.h"
#include "document.h"
#include "fill_tensor.h"
#include "initializers.h"
#include "names.h"
#include "rules.h"

/* What a plan is read with. */
typedef struct reader {
  tool_document document;
  const json_t *defaults, *tensors; /* NULL: the plan has none */
  tool_variable *variables;         /* the plan's */
  tool_scope scope;                 /* of them */
  tool_rules rules;
  size_t described; /* how many tensors the plan describes; those behind are copied */
  tool_error *error;
} reader;

/* ---- Members ----------------------------------------------------------------------------------------------------- */

/* Keys of an object other than those of `known`, a list that NULL ends, and the arguments of initializers if
 * `arguments`. */
static int refuse_unknown(const reader *r, const json_t *object, const char *const *known, bool arguments,
                          const char *where) {
  const char *key;
  json_t *value;
  json_object_foreach((json_t *)(uintptr_t)object, key, value) {
    const char *const *k = known;
    while (*k != NULL && strcmp(*k, key) != 0) k++;
    if (*k == NULL && !(arguments && tool_initializers_have_argument(key)))
      return tool_document_fail(&r->document, object, key, r->error, "unknown key \"%s\" in %s", key, where);
  }
  return TOOL_OK;
}

static int read_defaults(reader *r) {
  static const char *const known[] = {"dtype", "init", NULL};
  const json_t *const root = r->document.root;
  kinit_dtype unused;
  r->defaults = json_object_get(root, "defaults");
  if (r->defaults == NULL) return TOOL_OK;
  if (!json_is_object(r->defaults))
    return tool_document_fail(&r->document, root, "defaults", r->error, "\"defaults\" takes an object, {...}");
  int code = refuse_unknown(r, r->defaults, known, true, "the defaults");
  if (code == TOOL_OK && json_object_get(r->defaults, "dtype") != NULL)
    code = tool_dtype_read(&r->document, r->defaults, &unused, r->error);
  return code == TOOL_OK ? tool_initializer_check(&r->document, r->defaults, r->defaults, r->error) : code;
}

static bool is_name(const char *text) {
  const size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
  return text[length] == '\0' && length > 0 && !(*text >= '0' && *text <= '9') && strcmp(text, "sqrt") != 0;
}

/* Each may use those before it. */
static int read_variables(reader *r) {
  json_t *const object = json_object_get(r->document.root, "variables");
  const char *key;
  json_t *value;
  if (object == NULL) return TOOL_OK;
  if (!json_is_object(object))
    return tool_document_fail(&r->document, r->document.root, "variables", r->error,
                              "\"variables\" takes an object, {\"name\": number}");
  r->variables = calloc(json_object_size(object) + 1, sizeof *r->variables);
  if (r->variables == NULL) return tool_fail_memory(r->error);
  r->scope.variables = r->variables;
  json_object_foreach(object, key, value) {
    tool_variable *const variable = &r->variables[r->scope.count];
    *variable = (tool_variable){key, json_number_value(value)};
    const char *reason = json_is_number(value) ? NULL : "no number and no arithmetic";
    if (json_is_string(value)) reason = tool_expression_value(json_string_value(value), &r->scope, &variable->value);
    if (!is_name(key)) reason = "a name that is not of letters, digits and _, or that means something else";
    if (reason != NULL)
      return tool_document_fail(&r->document, object, key, r->error, "the variable \"%s\" has %s", key, reason);
    r->scope.count++;
  }
  return TOOL_OK;
}

static int read_members(reader *r) {
  static const char *const known[] = {"defaults", "tensors", "rules", "variables", "config", "values", "comment", NULL};
  const json_t *const root = r->document.root;
  int code = refuse_unknown(r, root, known, false, "the plan");
  if (code == TOOL_OK) code = read_defaults(r);
  if (code == TOOL_OK) code = read_variables(r);
  if (code == TOOL_OK) code = tool_rules_read(&r->document, r->defaults, &r->rules, r->error);
  if (code != TOOL_OK) return code;
  r->tensors = json_object_get(root, "tensors");
  if (!json_is_array(r->tensors) || (json_array_size(r->tensors) == 0 && json_object_get(root, "values") == NULL))
    return tool_document_fail(&r->document, root, "tensors", r->error, "a plan needs \"tensors\", an array of them");
  return TOOL_OK;
}

/* ---- An entry: one tensor, or as many as its name's ranges say --------------------------------------------------- */

static int read_name(const reader *r, const json_t *entry, const char **name, uint64_t *count) {
  *name = json_string_value(json_object_get(entry, "name"));
  if (*name == NULL || **name == '\0')
    return tool_document_fail(&r->document, entry, "name", r->error, "a tensor needs a \"name\"");
  if (strlen(*name) > TOOL_MAX_NAME)
    return tool_document_fail(&r->document, entry, "name", r->error, "the name \"%.40s...\" has more than %d bytes",
                              *name, TOOL_MAX_NAME);
  if (strcmp(*name, "__metadata__") == 0)
    return tool_document_fail(&r->document, entry, "name", r->error,
                              "no tensor can have the name \"__metadata__\", which safetensors use");
  const char *const reason = tool_names_count(*name, count);
  if (reason != NULL)
    return tool_document_fail(&r->document, entry, "name", r->error, "the name \"%s\" has %s", *name, reason);
  return TOOL_OK;
}

static int refuse_length(const reader *r, const char *name, const json_t *array, size_t index) {
  char *const value = json_dumps(json_array_get(array, index), JSON_ENCODE_ANY | JSON_COMPACT);
  char reason[TOOL_REASON_SIZE];
  snprintf(reason, sizeof reason, "the shape of \"%.200s\" takes whole numbers from 0 to 2^63 - 1, not %.80s", name,
           value != NULL ? value : "this");
  free(value);
  return tool_document_fail_element(&r->document, array, index, r->error, reason);
}

/* shape: TOOL_MAX_DIMENSIONS lengths. */
static int read_shape(const reader *r, const json_t *entry, const char *name, int64_t *shape, int *ndim) {
  const json_t *const array = json_object_get(entry, "shape");
  if (!json_is_array(array))
    return tool_document_fail(&r->document, entry, "shape", r->error,
                              "the tensor \"%.200s\" needs a \"shape\", an array of lengths", name);
  if (json_array_size(array) > TOOL_MAX_DIMENSIONS)
    return tool_document_fail(&r->document, entry, "shape", r->error,
                              "the shape of \"%.200s\" has more than %d dimensions: %zu", name, TOOL_MAX_DIMENSIONS,
                              json_array_size(array));
  *ndim = (int)json_array_size(array);
  for (size_t k = 0; k < (size_t)*ndim; k++) {
    const json_t *const length = json_array_get(array, k);
    shape[k] = json_integer_value(length);
    if (!json_is_integer(length) || shape[k] < 0) return refuse_length(r, name, array, k);
  }
  return TOOL_OK;
}

/* Arguments of an initializer, where the entry names none. */
static int refuse_arguments(const reader *r, const json_t *entry) {
  const char *key;
  json_t *value;
  if (json_object_get(entry, "init") != NULL) return TOOL_OK;
  json_object_foreach((json_t *)(uintptr_t)entry, key, value) {
    if (tool_initializers_have_argument(key))
      return tool_document_fail(&r->document, entry, key, r->error,
                                "\"%s\" belongs to an initializer, and there is none", key);
  }
  return TOOL_OK;
}

/* Dtype and initializer: the entry's own, or those of the first rule that matches, or those of the defaults. */
static int read_initializer(const reader *r, const json_t *entry, const tool_scope *scope, tool_tensor *tensor) {
  const bool own = json_object_get(entry, "init") != NULL;
  const tool_rule *const rule = own ? NULL : tool_rules_find(&r->rules, tensor->name);
  const json_t *const from = own ? entry : rule != NULL ? rule->object : NULL;
  const json_t *dtype = entry;
  if (json_object_get(dtype, "dtype") == NULL && rule != NULL && json_object_get(from, "dtype") != NULL) dtype = from;
  if (json_object_get(dtype, "dtype") == NULL && json_object_get(r->defaults, "dtype") != NULL) dtype = r->defaults;
  const int code = tool_dtype_read(&r->document, dtype, &tensor->dtype, r->error);
  if (code != TOOL_OK) return code;
  if (from == NULL && json_object_get(r->defaults, "init") == NULL)
    return tool_document_fail(&r->document, entry, "name", r->error,
                              "no initializer for \"%s\": it names none, and no rule matches", tensor->name);
  const int read = tool_initializer_read(&r->document, from, r->defaults, scope, tensor, r->error);
  if (read != TOOL_OK || (strcmp(tensor->init_name, "copy") != 0 && strcmp(tensor->init_name, "skip") != 0))
    return read;
  return tool_document_fail(&r->document, from != NULL ? from : r->defaults, "init", r->error,
                            "\"%s\" is for the rules of --like", tensor->init_name);
}

/* Whether the library does what is asked for. */
static int check_tensor(const reader *r, const json_t *entry, const tool_tensor *tensor) {
  const kinit_status status = tool_fill_check(tensor);
  const bool shape = status == KINIT_ERROR_SIZE || status == KINIT_ERROR_DIMENSIONS;
  const char *const key = shape ? "shape" : json_object_get(entry, "init") ? "init" : "name";
  return tool_initializer_accept(&r->document, entry, key, status, tensor, r->error);
}

/* The numbers of the ranges of a name: "index", "index2", "index3"... */
static const char *const index_names[TOOL_MAX_RANGES] = {"index",  "index2", "index3", "index4",
                                                         "index5", "index6", "index7", "index8"};

/* Adds the tensor number `index` of the entry; `common` is what all of them have, its shape copied. */
static int add_tensor(const reader *r, const json_t *entry, const tool_tensor *common, const char *pattern,
                      uint64_t index, tool_model *model) {
  tool_tensor *const tensor = &model->tensors[model->count++];
  tool_variable variables[TOOL_MAX_RANGES];
  uint64_t numbers[TOOL_MAX_RANGES];
  int ranges;
  *tensor = *common;
  tensor->name = tool_names_at(pattern, index, numbers, &ranges);
  tensor->shape = malloc((size_t)(common->ndim + 1) * sizeof *tensor->shape);
  if (tensor->name == NULL || tensor->shape == NULL) return tool_fail_memory(r->error);
  if (common->ndim > 0) memcpy(tensor->shape, common->shape, (size_t)common->ndim * sizeof *tensor->shape);
  for (int i = 0; i < ranges; i++) variables[i] = (tool_variable){index_names[i], (double)numbers[i]};
  const tool_scope scope = {&r->scope, variables, (size_t)ranges};
  const int code = read_initializer(r, entry, &scope, tensor);
  return code == TOOL_OK ? check_tensor(r, entry, tensor) : code;
}

static int reserve(const reader *r, const json_t *entry, uint64_t count, tool_model *model) {
  if (count > TOOL_MAX_TENSORS - model->count)
    return tool_document_fail(&r->document, entry, "name", r->error, "more than %d tensors", TOOL_MAX_TENSORS);
  void *const larger = realloc(model->tensors, (model->count + (size_t)count) * sizeof *model->tensors);
  if (larger == NULL) return tool_fail_memory(r->error);
  model->tensors = larger;
  return TOOL_OK;
}

static int read_entry(const reader *r, const json_t *entry, tool_model *model) {
  static const char *const known[] = {"name", "shape", "dtype", "init", NULL};
  int64_t shape[TOOL_MAX_DIMENSIONS];
  tool_tensor common = {.shape = shape};
  const char *pattern;
  uint64_t count = 0;
  int code = refuse_unknown(r, entry, known, true, "a tensor");
  if (code == TOOL_OK) code = read_name(r, entry, &pattern, &count);
  if (code == TOOL_OK) code = read_shape(r, entry, pattern, shape, &common.ndim);
  if (code == TOOL_OK) code = refuse_arguments(r, entry);
  if (code == TOOL_OK) code = reserve(r, entry, count, model);
  for (uint64_t i = 0; i < count && code == TOOL_OK; i++) code = add_tensor(r, entry, &common, pattern, i, model);
  return code;
}

/* ---- What comes with the tensors --------------------------------------------------------------------------------- */

static int read_config(const reader *r, tool_model *model) {
  const json_t *const root = r->document.root, *const config = json_object_get(root, "config");
  if (config == NULL) return TOOL_OK;
  if (!json_is_object(config))
    return tool_document_fail(&r->document, root, "config", r->error,
                              "\"config\" takes an object, {...}, which becomes config.json");
  model->config = json_dumps(config, JSON_INDENT(2));
  return model->config != NULL ? TOOL_OK : tool_fail_memory(r->error);
}

/* Adds all tensors of a safetensors file as they are. */
static int copy_file(const reader *r, const char *path, tool_model *model) {
  tool_checkpoint checkpoint;
  int code = tool_checkpoint_read(path, &checkpoint, r->error);
  if (code == TOOL_OK) code = reserve(r, r->document.root, checkpoint.count, model);
  for (size_t i = 0; i < checkpoint.count && code == TOOL_OK; i++) {
    tool_tensor *const tensor = &model->tensors[model->count++];
    *tensor = (tool_tensor){0};
    tool_copy_header(&checkpoint.tensors[i], tensor);
    code = tool_copy_bytes(path, &checkpoint.tensors[i], tensor, r->error);
  }
  tool_checkpoint_free(&checkpoint);
  return code;
}

/* The file lies beside the plan. */
static int read_values(reader *r, tool_model *model) {
  char path[TOOL_PATH_SIZE];
  const json_t *const root = r->document.root, *const value = json_object_get(root, "values");
  const char *const name = json_string_value(value), *const slash = strrchr(r->document.path, '/');
  const int directory = slash != NULL ? (int)(slash + 1 - r->document.path) : 0;
  r->described = model->count;
  if (value == NULL) return TOOL_OK;
  if (name == NULL || name[0] == '\0' || strchr(name, '/') != NULL)
    return tool_document_fail(&r->document, root, "values", r->error,
                              "\"values\" takes the name of a safetensors file beside the plan");
  if (snprintf(path, sizeof path, "%.*s%s", directory, r->document.path, name) >= (int)sizeof path)
    return tool_document_fail(&r->document, root, "values", r->error, "a path of more than %d bytes", TOOL_PATH_SIZE);
  return copy_file(r, path, model);
}

/* ---- The whole --------------------------------------------------------------------------------------------------- */

/* The entry that the tensor number `index` came from. */
static const json_t *entry_of(const reader *r, uint64_t index) {
  for (size_t i = 0;; i++) {
    const json_t *const entry = json_array_get(r->tensors, i);
    uint64_t count = 1;
    tool_names_count(json_string_value(json_object_get(entry, "name")), &count);
    if (index < count) return entry;
    index -= count;
  }
}

static int compare_names(const void *a, const void *b) {
  const tool_tensor *const *const first = a, *const *const second = b;
  const int order = strcmp((*first)->name, (*second)->name);
  return order != 0 ? order : (*first > *second) - (*first < *second);
}

/* The earliest tensor whose name an earlier one has, or NULL. sorted: by name, then by place. */
static const tool_tensor *find_duplicate(const tool_tensor *const *sorted, size_t count) {
  const tool_tensor *found = NULL;
  for (size_t i = 1; i < count; i++)
    if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0 && (found == NULL || sorted[i] < found)) found = sorted[i];
  return found;
}

static int check_names(const reader *r, const tool_model *model) {
  const tool_tensor **const sorted = malloc(model->count * sizeof *sorted);
  if (sorted == NULL) return tool_fail_memory(r->error);
  for (size_t i = 0; i < model->count; i++) sorted[i] = &model->tensors[i];
  qsort(sorted, model->count, sizeof *sorted, compare_names);
  const tool_tensor *const duplicate = find_duplicate(sorted, model->count);
  free(sorted);
  if (duplicate == NULL) return TOOL_OK;
  const size_t index = (size_t)(duplicate - model->tensors);
  if (index >= r->described)
    return tool_document_fail(&r->document, r->document.root, "values", r->error,
                              "the plan describes \"%s\", which is in the file of values, too", duplicate->name);
  return tool_document_fail(&r->document, entry_of(r, index), "name", r->error, "duplicate name \"%s\"",
                            duplicate->name);
}

static int check_size(const reader *r, const tool_model *model) {
  uint64_t left = INT64_MAX;
  for (size_t i = 0; i < r->described; i++) {
    const uint64_t bytes = tool_tensor_bytes(&model->tensors[i]);
    if (bytes > left)
      return tool_document_fail(&r->document, entry_of(r, i), "shape", r->error,
                                "the model is larger than 2^63 - 1 bytes");
    left -= bytes;
  }
  return TOOL_OK;
}

static int read_tensors(reader *r, tool_model *model) {
  int code = read_members(r);
  for (size_t i = 0; i < json_array_size(r->tensors) && code == TOOL_OK; i++) {
    const json_t *const entry = json_array_get(r->tensors, i);
    code = json_is_object(entry)
               ? read_entry(r, entry, model)
               : tool_document_fail_element(&r->document, r->tensors, i, r->error, "a tensor is an object, {...}");
  }
  if (code == TOOL_OK) code = read_values(r, model);
  if (code == TOOL_OK) code = read_config(r, model);
  if (code == TOOL_OK) code = tool_rules_check_used(&r->document, &r->rules, r->error);
  if (code == TOOL_OK) code = check_names(r, model);
  if (code == TOOL_OK) code = check_size(r, model);
  return code;
}

/* Takes the document over. */
static int read_document(reader *r, tool_model *model) {
  int code = read_tensors(r, model);
  if (code == TOOL_OK) code = tool_document_digest(&r->document, model->digest, r->error);
  if (code != TOOL_OK) tool_model_free(model);
  free(r->variables);
  tool_rules_free(&r->rules);
  tool_document_free(&r->document);
  return code;
}

int tool_plan_read(const char *path, tool_model *model, tool_error *error) {
  reader r = {.error = error};
  *model = (tool_model){0};
  const int code = tool_document_read(path, &r.document, error);
  return code == TOOL_OK ? read_document(&r, model) : code;
}

int tool_plan_parse(const char *path, const char *bytes, size_t size, tool_model *model, tool_error *error) {
  reader r = {.error = error};
  *model = (tool_model){0};
  const int code = tool_document_parse(path, bytes, size, &r.document, error);
  return code == TOOL_OK ? read_document(&r, model) : code;
}
