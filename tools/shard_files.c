/* Which bytes stand where: a model -> files, each with its header and its tensors in order.
 * SPDX-License-Identifier: Apache-2.0 */
#include "shard_files.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcp.h"
#include "file_set.h"
#include "fill_tensor.h"
#include "weights.h"

enum { LENGTH_SIZE = 8, ALIGNMENT = 8, MAX_HEADER_SIZE = 100000000 };

static const char suffix[] = ".safetensors";

/* ---- Which tensor in which file ---------------------------------------------------------------------------------- */

/* Bytes of an element, by which tensors are ordered and so aligned. */
static size_t element_size(const tool_tensor *t) {
  if (t->copy == NULL) return tool_dtype_size(t->dtype);
  const uint64_t count = tool_tensor_elements(t);
  return count > 0 ? (size_t)(t->copy->size / count) : 0;
}

static int compare_places(const void *a, const void *b) {
  const tool_tensor *x = ((const tool_place *)a)->tensor, *y = ((const tool_place *)b)->tensor;
  const size_t x_size = element_size(x), y_size = element_size(y);
  if (x_size != y_size) return x_size > y_size ? -1 : 1;
  return strcmp(x->name, y->name);
}

/* How many tensors from `first` on go into one file. */
static size_t count_shard(const tool_model *model, size_t first, uint64_t max_size) {
  uint64_t size = tool_tensor_bytes(&model->tensors[first]);
  size_t end = first + 1;
  for (; end < model->count; end++) {
    const uint64_t more = tool_tensor_bytes(&model->tensors[end]);
    if (max_size > 0 && (size > max_size || more > max_size - size)) break;
    size += more;
  }
  return end - first;
}

static size_t count_shards(const tool_model *model, uint64_t max_size) {
  size_t count = 0;
  for (size_t first = 0; first < model->count; count++) first += count_shard(model, first, max_size);
  return count > 0 ? count : 1;
}

/* The tensors in their order; places count from the end of the header. */
static int order_tensors(tool_file *file, const tool_tensor *tensors, size_t count, tool_error *error) {
  file->places = calloc(count + 1, sizeof *file->places);
  if (file->places == NULL) return tool_fail_memory(error);
  file->count = count;
  for (size_t i = 0; i < count; i++) file->places[i].tensor = &tensors[i];
  qsort(file->places, count, sizeof *file->places, compare_places);
  for (size_t i = 0; i < count; i++) {
    tool_place *place = &file->places[i];
    place->size = tool_tensor_bytes(place->tensor);
    place->begin = file->size;
    if (strcmp(place->tensor->name, "__metadata__") == 0)
      return tool_fail(error, TOOL_INPUT, NULL, 0, "no tensor can have the name __metadata__: safetensors uses it");
    file->size += place->size;
  }
  return TOOL_OK;
}

static int check_total(const tool_model *model, tool_error *error) {
  uint64_t space = INT64_MAX - 2 * (uint64_t)MAX_HEADER_SIZE;
  for (size_t i = 0; i < model->count; i++) {
    const uint64_t size = tool_tensor_bytes(&model->tensors[i]);
    if (size > space) return tool_fail(error, TOOL_INPUT, NULL, 0, "the model has more than 2^63 bytes");
    space -= size;
  }
  return TOOL_OK;
}

/* ---- Texts ------------------------------------------------------------------------------------------------------- */

static bool print_string(FILE *stream, const char *string) {
  json_t *value = json_string(string);
  const bool ok = json_dumpf(value, stream, JSON_ENCODE_ANY) == 0;
  json_decref(value);
  return ok;
}

static bool print_tensor(FILE *stream, const tool_place *place) {
  const tool_tensor *tensor = place->tensor;
  if (!print_string(stream, tensor->name)) return false;
  fprintf(stream, ":{\"dtype\":\"%s\",\"shape\":[", tool_tensor_dtype(tensor));
  for (int k = 0; k < tensor->ndim; k++) fprintf(stream, k > 0 ? ",%" PRId64 : "%" PRId64, tensor->shape[k]);
  fprintf(stream, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", place->begin, place->begin + place->size);
  return true;
}

/* "format" says that the tensors have PyTorch's meaning: the loaders of Hugging Face ask for it. */
static bool print_header(FILE *stream, const tool_file *file, const char *digest, uint64_t seed) {
  fprintf(stream,
          "{\"__metadata__\":{\"format\":\"pt\",\"kinit_plan_sha256\":\"%s\",\"kinit_seed\":\"%" PRIu64
          "\",\"kinit_stream_version\":\"%d\",\"kinit_version\":\"%s\"}",
          digest, seed, KINIT_STREAM_VERSION, kinit_version());
  for (size_t i = 0; i < file->count; i++) {
    fputc(',', stream);
    if (!print_tensor(stream, &file->places[i])) return false;
  }
  fputc('}', stream);
  return true;
}

/* Closes a stream in memory, and whether all that was printed is there. */
static bool close_text(FILE *stream) {
  const bool failed = ferror(stream) != 0;
  return fclose(stream) == 0 && !failed;
}

static void put_length(char *text, uint64_t length) {
  for (int i = 0; i < LENGTH_SIZE; i++) text[i] = (char)(length >> (8 * i) & 0xff);
}

/* The header, with its length before it and spaces behind, so that the tensors are aligned. Moves the places behind. */
static int make_header(tool_file *file, const tool_model *model, uint64_t seed, tool_error *error) {
  FILE *stream = open_memstream(&file->text, &file->text_size);
  if (stream == NULL) return tool_fail_memory(error);
  fprintf(stream, "%*s", LENGTH_SIZE, "");
  const bool printed = print_header(stream, file, model->digest, seed);
  fflush(stream);
  fprintf(stream, "%*s", (int)(-file->text_size % ALIGNMENT), "");
  if (!close_text(stream) || !printed) return tool_fail_memory(error);
  if (file->text_size - LENGTH_SIZE > MAX_HEADER_SIZE)
    return tool_fail(error, TOOL_INPUT, file->path, 0,
                     "its header has more than 100 MB, which no reader takes: use --max-shard-size");
  put_length(file->text, file->text_size - LENGTH_SIZE);
  for (size_t i = 0; i < file->count; i++) file->places[i].begin += file->text_size;
  file->size += file->text_size;
  return TOOL_OK;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* As the loaders of Hugging Face expect it. */
static json_t *index_object(const tool_layout *layout, size_t shards) {
  json_t *map = json_object();
  uint64_t total = 0;
  for (size_t i = 0; i < shards; i++) {
    const tool_file *file = &layout->files[layout->first + i];
    total += file->size - file->text_size;
    for (size_t k = 0; k < file->count; k++)
      if (json_object_set_new(map, file->places[k].tensor->name, json_string(last_part(file->path))) != 0) {
        json_decref(map);
        return NULL;
      }
  }
  return json_pack("{s{sI}so}", "metadata", "total_size", (json_int_t)total, "weight_map", map);
}

static int name_index(tool_file *file, const char *output, tool_error *error) {
  const int length = asprintf(&file->path, "%.*s%s.index.json", tool_file_set_stem(output), output, suffix);
  return length >= 0 ? TOOL_OK : tool_fail_memory(error);
}

static int make_index(const tool_layout *layout, tool_file *file, const char *output, tool_error *error) {
  if (name_index(file, output, error) != TOOL_OK) return TOOL_FAILED;
  json_t *index = index_object(layout, layout->count - layout->first - 1);
  FILE *stream = open_memstream(&file->text, &file->text_size);
  bool ok = index != NULL && stream != NULL && json_dumpf(index, stream, JSON_INDENT(2) | JSON_SORT_KEYS) == 0;
  json_decref(index);
  if (stream != NULL) {
    fputc('\n', stream);
    ok = close_text(stream) && ok;
  }
  file->size = file->text_size;
  return ok ? TOOL_OK : tool_fail_memory(error);
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static int name_shard(tool_file *file, const char *output, size_t index, size_t shards, tool_error *error) {
  const int length =
      asprintf(&file->path, "%.*s-%05zu-of-%05zu%s", tool_file_set_stem(output), output, index + 1, shards, suffix);
  return length >= 0 ? TOOL_OK : tool_fail_memory(error);
}

static int name_single(tool_file *file, const char *output, tool_error *error) {
  file->path = strdup(output);
  return file->path != NULL ? TOOL_OK : tool_fail_memory(error);
}

static int make_config(tool_file *file, const tool_model *model, const char *output, tool_error *error) {
  const char *const slash = strrchr(output, '/');
  const int text = asprintf(&file->text, "%s\n", model->config);
  const int path = asprintf(&file->path, "%.*sconfig.json", slash != NULL ? (int)(slash + 1 - output) : 0, output);
  if (text < 0 || path < 0) return tool_fail_memory(error);
  file->size = file->text_size = (size_t)text;
  return TOOL_OK;
}

/* ---- Layouts ----------------------------------------------------------------------------------------------------- */

static int name_file(tool_file *file, const char *output, size_t index, size_t shards, tool_error *error) {
  if (tool_dcp_is_output(output)) return tool_dcp_name_file(file, output, index, error);
  return shards > 1 ? name_shard(file, output, index, shards, error) : name_single(file, output, error);
}

static int make_shards(const tool_model *model, const char *output, uint64_t seed, uint64_t max_size, size_t shards,
                       tool_layout *layout, tool_error *error) {
  int (*const make_texts)(tool_file *, const tool_model *, uint64_t, tool_error *) =
      tool_dcp_is_output(output) ? tool_dcp_make_file : make_header;
  size_t first = 0;
  for (size_t i = 0; i < shards; i++) {
    tool_file *file = &layout->files[layout->first + i];
    const size_t count = model->count > 0 ? count_shard(model, first, max_size) : 0;
    int code = name_file(file, output, i, shards, error);
    if (code == TOOL_OK) code = order_tensors(file, model->tensors + first, count, error);
    if (code == TOOL_OK) code = make_texts(file, model, seed, error);
    if (code != TOOL_OK) return code;
    first += count;
  }
  return TOOL_OK;
}

static int make_last(const tool_layout *layout, tool_file *file, const char *output, tool_error *error) {
  return (tool_dcp_is_output(output) ? tool_dcp_make_metadata : make_index)(layout, file, output, error);
}

int tool_layout_make_index(const tool_layout *layout, char *const *paths, const char *output, tool_file *index,
                           tool_error *error) {
  tool_layout other = {calloc(layout->count, sizeof *other.files), layout->count, layout->first};
  if (other.files == NULL) return tool_fail_memory(error);
  for (size_t i = 0; i < layout->count; i++) {
    other.files[i] = layout->files[i];
    if (i >= layout->first && i < layout->count - 1) other.files[i].path = paths[i - layout->first];
  }
  const int code = make_last(&other, index, output, error);
  free(other.files);
  return code;
}

int tool_layout_make(const tool_model *model, const char *output, uint64_t seed, uint64_t max_shard_size,
                     tool_layout *layout, tool_error *error) {
  *layout = (tool_layout){0};
  int code = check_total(model, error);
  if (code != TOOL_OK) return code;
  const size_t shards = count_shards(model, max_shard_size);
  layout->first = model->config != NULL ? 1 : 0;
  const bool has_index = tool_dcp_is_output(output) || shards > 1;
  layout->count = layout->first + shards + has_index;
  layout->files = calloc(layout->count, sizeof *layout->files);
  if (layout->files == NULL) return tool_fail_memory(error);
  tool_file *const index = &layout->files[layout->count - 1];
  if (layout->first > 0) code = make_config(&layout->files[0], model, output, error);
  if (code == TOOL_OK) code = make_shards(model, output, seed, max_shard_size, shards, layout, error);
  if (code == TOOL_OK && has_index) code = make_last(layout, index, output, error);
  if (code != TOOL_OK) tool_layout_free(layout);
  return code;
}

void tool_layout_free(tool_layout *layout) {
  for (size_t i = 0; layout->files != NULL && i < layout->count; i++) {
    tool_file *const file = &layout->files[i];
    for (size_t k = 0; k < file->count; k++) free(file->places[k].text);
    free(file->path);
    free(file->text);
    free(file->places);
  }
  free(layout->files);
  *layout = (tool_layout){0};
}

/* ---- Bytes ------------------------------------------------------------------------------------------------------- */

/* The first tensor that ends behind this byte. */
static size_t find_place(const tool_file *file, uint64_t byte) {
  size_t low = 0, high = file->count;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (file->places[middle].begin + file->places[middle].size > byte)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* Bytes `from` to from + size of a place. */
static int fill_part(const tool_place *place, uint64_t seed, uint64_t from, uint64_t size, void *dst,
                     tool_error *error) {
  const tool_tensor *const t = place->tensor;
  if (t == NULL) return memcpy(dst, place->text + from, (size_t)size), TOOL_OK;
  if (t->copy != NULL) return tool_copy_read(t->copy, from, (size_t)size, dst, error);
  const size_t element = tool_dtype_size(t->dtype);
  const kinit_status status = tool_fill(t, seed, from / element, size / element, dst);
  return status == KINIT_OK
             ? TOOL_OK
             : tool_fail(error, TOOL_INPUT, NULL, 0, "\"%s\": %s", t->name, kinit_status_message(status));
}

int tool_layout_fill(const tool_file *file, uint64_t seed, uint64_t begin, size_t size, void *dst, tool_error *error) {
  const uint64_t end = begin + size;
  char *to = dst;
  uint64_t at = begin;
  if (at < file->text_size) {
    const size_t part = (size_t)(smaller(end, file->text_size) - at);
    memcpy(to, file->text + at, part);
    at += part;
  }
  for (size_t i = find_place(file, at); i < file->count && at < end; i++) {
    const tool_place *place = &file->places[i];
    const uint64_t part = smaller(end, place->begin + place->size) - at;
    const int code = fill_part(place, seed, at - place->begin, part, to + (at - begin), error);
    if (code != TOOL_OK) return code;
    at += part;
  }
  memset(to + (at - begin), 0, (size_t)(end - at));
  return TOOL_OK;
}
