/* Checkpoints of torch.distributed.checkpoint (DCP). SPDX-License-Identifier: Apache-2.0 */
#include "dcp.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pickle.h"

enum { ALIGNMENT = 64, PROVENANCE = 256 };

static const char metadata_name[] = ".metadata";
static const char metadata_module[] = "torch.distributed.checkpoint.metadata";

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static const char *last_part(const char *path) {
  const char *const slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

bool tool_dcp_is_output(const char *path) { return strcmp(last_part(path), metadata_name) == 0; }

/* Behind the digits that `text` begins with; NULL: there are none. */
static const char *skip_digits(const char *text) {
  const char *end = text;
  while (isdigit((unsigned char)*end)) end++;
  return end > text ? end : NULL;
}

bool tool_dcp_is_file(const char *name) {
  if (strncmp(name, "__", 2) != 0) return false;
  const char *end = skip_digits(name + 2);
  if (end == NULL || *end != '_') return false;
  end = skip_digits(end + 1);
  return end != NULL && strcmp(end, ".distcp") == 0;
}

int tool_dcp_name_file(tool_file *file, const char *output, size_t index, tool_error *error) {
  const int length = asprintf(&file->path, "%.*s__%zu_0.distcp", (int)(last_part(output) - output), output, index);
  return length >= 0 ? TOOL_OK : tool_fail_memory(error);
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

/* What torch calls a dtype of safetensors; NULL: it has none with one element for each. */
static const char *torch_dtype(const char *dtype) {
  static const char *const names[][2] = {{"F32", "float32"},
                                         {"F64", "float64"},
                                         {"F16", "float16"},
                                         {"BF16", "bfloat16"},
                                         {"F8_E4M3", "float8_e4m3fn"},
                                         {"F8_E5M2", "float8_e5m2"},
                                         {"BOOL", "bool"},
                                         {"U8", "uint8"},
                                         {"I8", "int8"},
                                         {"I16", "int16"},
                                         {"U16", "uint16"},
                                         {"I32", "int32"},
                                         {"U32", "uint32"},
                                         {"I64", "int64"},
                                         {"U64", "uint64"},
                                         {"C64", "complex64"},
                                         {"F8_E8M0", "float8_e8m0fnu"},
                                         {"F8_E4M3FNUZ", "float8_e4m3fnuz"},
                                         {"F8_E5M2FNUZ", "float8_e5m2fnuz"}};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(names[i][0], dtype) == 0) return names[i][1];
  return NULL;
}

static void print_key(FILE *stream, const char *key) { tool_pickle_text(stream, key); }

static void print_lengths(FILE *stream, int ndim, const int64_t *lengths) {
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  for (int k = 0; k < ndim; k++) tool_pickle_integer(stream, lengths[k]);
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
}

static void print_strides(FILE *stream, const tool_tensor *tensor) {
  int64_t strides[TOOL_MAX_DIMENSIONS];
  uint64_t stride = 1;
  for (int k = tensor->ndim - 1; k >= 0; k--) {
    strides[k] = (int64_t)stride;
    if (tensor->shape[k] > 0) stride *= (uint64_t)tensor->shape[k];
  }
  print_lengths(stream, tensor->ndim, strides);
}

/* What torch.save writes first, and torch.load does not use. */
static void print_system(FILE *stream, const char *provenance, int padding) {
  char text[PROVENANCE + ALIGNMENT];
  snprintf(text, sizeof text, "%s%*s", provenance, padding, "");
  tool_pickle_begin(stream);
  tool_pickle_put(stream, TOOL_PICKLE_DICT);
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  print_key(stream, "protocol_version");
  tool_pickle_integer(stream, 1001);
  print_key(stream, "little_endian");
  tool_pickle_put(stream, TOOL_PICKLE_TRUE);
  print_key(stream, "kinit");
  tool_pickle_text(stream, text);
  tool_pickle_put(stream, TOOL_PICKLE_ITEMS);
  tool_pickle_end(stream);
}

/* The bytes behind the texts, which torch.load knows by the name "data". */
static void print_storage(FILE *stream, uint64_t size) {
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  tool_pickle_text(stream, "storage");
  tool_pickle_global(stream, "torch", "ByteStorage");
  tool_pickle_text(stream, "data");
  tool_pickle_text(stream, "cpu");
  tool_pickle_integer(stream, (int64_t)size);
  tool_pickle_put(stream, TOOL_PICKLE_NONE);
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
  tool_pickle_put(stream, TOOL_PICKLE_PERSISTENT);
}

/* A call of _rebuild_tensor_v3(storage, offset, size, stride, requires_grad, hooks, dtype). */
static void print_tensor(FILE *stream, const tool_place *place) {
  tool_pickle_begin(stream);
  tool_pickle_global(stream, "torch._utils", "_rebuild_tensor_v3");
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  print_storage(stream, place->size);
  tool_pickle_integer(stream, 0);
  print_lengths(stream, place->tensor->ndim, place->tensor->shape);
  print_strides(stream, place->tensor);
  tool_pickle_put(stream, TOOL_PICKLE_FALSE);
  tool_pickle_global(stream, "collections", "OrderedDict");
  tool_pickle_put(stream, TOOL_PICKLE_NO_ARGUMENTS);
  tool_pickle_put(stream, TOOL_PICKLE_CALL);
  tool_pickle_global(stream, "torch", torch_dtype(tool_tensor_dtype(place->tensor)));
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
  tool_pickle_put(stream, TOOL_PICKLE_CALL);
  tool_pickle_end(stream);
}

/* A magic number and a version, as five texts in pickle begin; then the storages, and the bytes of the first one. */
static void print_lead(FILE *stream, const tool_place *place, const char *provenance, int padding) {
  fputs("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", stream);
  tool_pickle_begin(stream);
  tool_pickle_integer(stream, 1001);
  tool_pickle_end(stream);
  print_system(stream, provenance, padding);
  print_tensor(stream, place);
  tool_pickle_begin(stream);
  tool_pickle_put(stream, TOOL_PICKLE_LIST);
  tool_pickle_text(stream, "data");
  tool_pickle_put(stream, TOOL_PICKLE_APPEND);
  tool_pickle_end(stream);
  tool_pickle_bytes(stream, place->size, 8);
}

/* lead: with its beginning. Its size is such that the tensor behind it is aligned. */
static int make_lead(tool_place *lead, const tool_place *place, const char *provenance, tool_error *error) {
  size_t size;
  if (torch_dtype(tool_tensor_dtype(place->tensor)) == NULL)
    return tool_fail(error, TOOL_INPUT, NULL, 0, "\"%.200s\" is of dtype %s, which --format dcp has not",
                     place->tensor->name, tool_tensor_dtype(place->tensor));
  FILE *const stream = open_memstream(&lead->text, &size);
  if (stream == NULL) return tool_fail_memory(error);
  print_lead(stream, place, provenance, 0);
  fflush(stream);
  const int padding = (int)(-(lead->begin + size) % ALIGNMENT);
  rewind(stream);
  print_lead(stream, place, provenance, padding);
  const bool failed = ferror(stream) != 0;
  if (fclose(stream) != 0 || failed) return tool_fail_memory(error);
  lead->size = size;
  return TOOL_OK;
}

int tool_dcp_make_file(tool_file *file, const tool_model *model, uint64_t seed, tool_error *error) {
  const size_t count = file->count;
  char provenance[PROVENANCE];
  tool_place *const tensors = file->places, *const places = calloc(2 * count + 1, sizeof *places);
  int code = TOOL_OK;
  if (places == NULL) return tool_fail_memory(error);
  snprintf(provenance, sizeof provenance, "kinit %s, stream version %d, seed %" PRIu64 ", plan of SHA-256 %s",
           kinit_version(), KINIT_STREAM_VERSION, seed, model->digest);
  file->places = places;
  file->count = 2 * count;
  file->size = 0;
  for (size_t i = 0; i < count && code == TOOL_OK; i++) {
    tool_place *const lead = &places[2 * i], *const place = lead + 1;
    *place = tensors[i];
    lead->begin = file->size;
    code = make_lead(lead, place, provenance, error);
    place->begin = lead->begin + lead->size;
    file->size = place->begin + place->size;
  }
  free(tensors);
  return code;
}

/* ---- Metadata ---------------------------------------------------------------------------------------------------- */

static void open_object(FILE *stream, const char *module, const char *name) {
  tool_pickle_object(stream, module, name);
  tool_pickle_put(stream, TOOL_PICKLE_DICT);
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
}

static void close_object(FILE *stream) {
  tool_pickle_put(stream, TOOL_PICKLE_ITEMS);
  tool_pickle_put(stream, TOOL_PICKLE_STATE);
}

/* torch.Size((...,)) */
static void print_size(FILE *stream, int ndim, const int64_t *lengths) {
  tool_pickle_global(stream, "torch", "Size");
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  print_lengths(stream, ndim, lengths);
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
  tool_pickle_put(stream, TOOL_PICKLE_CALL);
}

static void print_zeros(FILE *stream, int ndim) {
  static const int64_t zeros[TOOL_MAX_DIMENSIONS];
  print_size(stream, ndim, zeros);
}

/* Their state is a tuple: dtype, layout, requires_grad, memory format, pin_memory. */
static void print_properties(FILE *stream, const tool_tensor *tensor) {
  tool_pickle_object(stream, metadata_module, "TensorProperties");
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  tool_pickle_global(stream, "torch", torch_dtype(tool_tensor_dtype(tensor)));
  tool_pickle_global(stream, "torch", "strided");
  tool_pickle_put(stream, TOOL_PICKLE_FALSE);
  tool_pickle_global(stream, metadata_module, "_MEM_FORMAT_ENCODING");
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  tool_pickle_integer(stream, 0); /* contiguous */
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
  tool_pickle_put(stream, TOOL_PICKLE_CALL);
  tool_pickle_put(stream, TOOL_PICKLE_FALSE);
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
  tool_pickle_put(stream, TOOL_PICKLE_STATE);
}

/* What the tensor is: one chunk. */
static void print_description(FILE *stream, const tool_file *file, const tool_place *place) {
  const tool_tensor *const tensor = place->tensor;
  (void)file;
  print_key(stream, tensor->name);
  open_object(stream, metadata_module, "TensorStorageMetadata");
  print_key(stream, "properties");
  print_properties(stream, tensor);
  print_key(stream, "size");
  print_size(stream, tensor->ndim, tensor->shape);
  print_key(stream, "chunks");
  tool_pickle_put(stream, TOOL_PICKLE_LIST);
  open_object(stream, metadata_module, "ChunkStorageMetadata");
  print_key(stream, "offsets");
  print_zeros(stream, tensor->ndim);
  print_key(stream, "sizes");
  print_size(stream, tensor->ndim, tensor->shape);
  close_object(stream);
  tool_pickle_put(stream, TOOL_PICKLE_APPEND);
  close_object(stream);
}

/* Where it is in a state_dict: under its name. */
static void print_way(FILE *stream, const tool_file *file, const tool_place *place) {
  (void)file;
  print_key(stream, place->tensor->name);
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  tool_pickle_text(stream, place->tensor->name);
  tool_pickle_put(stream, TOOL_PICKLE_TUPLE);
}

/* Where its bytes are: from its text on, which stands before it. */
static void print_bytes(FILE *stream, const tool_file *file, const tool_place *place) {
  const tool_place *const lead = place - 1;
  open_object(stream, metadata_module, "MetadataIndex");
  print_key(stream, "fqn");
  tool_pickle_text(stream, place->tensor->name);
  print_key(stream, "offset");
  print_zeros(stream, place->tensor->ndim);
  print_key(stream, "index");
  tool_pickle_integer(stream, 0);
  close_object(stream);
  open_object(stream, "torch.distributed.checkpoint.filesystem", "_StorageInfo");
  print_key(stream, "relative_path");
  tool_pickle_text(stream, last_part(file->path));
  print_key(stream, "offset");
  tool_pickle_integer(stream, (int64_t)lead->begin);
  print_key(stream, "length");
  tool_pickle_integer(stream, (int64_t)(lead->size + place->size));
  close_object(stream);
}

/* A dictionary with an item for each tensor. */
static void print_items(FILE *stream, const tool_layout *layout, const char *key,
                        void (*print)(FILE *, const tool_file *, const tool_place *)) {
  print_key(stream, key);
  tool_pickle_put(stream, TOOL_PICKLE_DICT);
  tool_pickle_put(stream, TOOL_PICKLE_MARK);
  for (const tool_file *file = layout->files + layout->first; file < layout->files + layout->count - 1; file++)
    for (size_t i = 1; i < file->count; i += 2) print(stream, file, &file->places[i]);
  tool_pickle_put(stream, TOOL_PICKLE_ITEMS);
}

int tool_dcp_make_metadata(const tool_layout *layout, tool_file *file, const char *output, tool_error *error) {
  file->path = strdup(output);
  FILE *const stream = open_memstream(&file->text, &file->text_size);
  if (file->path == NULL || stream == NULL) {
    if (stream != NULL) fclose(stream);
    return tool_fail_memory(error);
  }
  tool_pickle_begin(stream);
  open_object(stream, metadata_module, "Metadata");
  print_items(stream, layout, "state_dict_metadata", print_description);
  print_items(stream, layout, "planner_data", print_way);
  print_items(stream, layout, "storage_data", print_bytes);
  close_object(stream);
  tool_pickle_end(stream);
  const bool failed = ferror(stream) != 0;
  if (fclose(stream) != 0 || failed) return tool_fail_memory(error);
  file->size = file->text_size;
  return TOOL_OK;
}
