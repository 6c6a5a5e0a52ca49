/* The headers of safetensors files, and the index of a checkpoint in several files.
 *
 * Files are not trusted: every size is compared with the file's before it is used, and the bytes of tensors have to
 * follow one another from the header's end to the file's. SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document.h"

/* The reference reader takes no longer header; an index is no longer either. */
enum { LENGTH_SIZE = 8, MAX_HEADER_SIZE = 100000000 };

static const struct {
  const char *name;
  unsigned bits;
  bool is_float;
  kinit_dtype dtype;
} dtypes[] = {
    {"F32", 32, true, KINIT_F32},        {"F64", 64, true, KINIT_F64},        {"F16", 16, true, KINIT_F16},
    {"BF16", 16, true, KINIT_BF16},      {"BOOL", 8, false, KINIT_F32},       {"U8", 8, false, KINIT_F32},
    {"I8", 8, false, KINIT_F32},         {"F8_E4M3", 8, true, KINIT_F8_E4M3}, {"F8_E5M2", 8, true, KINIT_F8_E5M2},
    {"F8_E8M0", 8, false, KINIT_F32},    {"F4", 4, false, KINIT_F32},         {"F6_E2M3", 6, false, KINIT_F32},
    {"F6_E3M2", 6, false, KINIT_F32},    {"I16", 16, false, KINIT_F32},       {"U16", 16, false, KINIT_F32},
    {"I32", 32, false, KINIT_F32},       {"U32", 32, false, KINIT_F32},       {"I64", 64, false, KINIT_F32},
    {"U64", 64, false, KINIT_F32},       {"C64", 64, false, KINIT_F32},       {"F8_E4M3FNUZ", 8, false, KINIT_F32},
    {"F8_E5M2FNUZ", 8, false, KINIT_F32}};

enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

/* What the functions below share while they read one file. */
typedef struct reading {
  const char *path;
  uint64_t data_begin, data_size; /* of the file's tensors */
  tool_checkpoint *checkpoint;
  tool_error *error;
} reading;

static int bad(const reading *r, const char *name, const char *what) {
  return tool_fail(r->error, TOOL_INPUT, r->path, 0, "tensor \"%.200s\": %s", name, what);
}

/* ---- One tensor -------------------------------------------------------------------------------------------------- */

/* Letters, digits and _, as all that there are. */
static bool is_dtype_name(const char *name) {
  const size_t length = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
  return length > 0 && length < TOOL_DTYPE_NAME && name[length] == '\0';
}

/* *bits: 0 for an unknown dtype. */
static int read_dtype(const reading *r, const json_t *info, tool_entry *entry, unsigned *bits) {
  const char *name = json_string_value(json_object_get(info, "dtype"));
  if (name == NULL) return bad(r, entry->name, "no dtype, or not a string");
  if (!is_dtype_name(name)) return bad(r, entry->name, "the dtype is no name of at most 31 letters, digits and _");
  snprintf(entry->dtype_name, sizeof entry->dtype_name, "%s", name);
  *bits = 0;
  for (size_t i = 0; i < DTYPES; i++)
    if (strcmp(name, dtypes[i].name) == 0) {
      entry->is_float = dtypes[i].is_float;
      entry->dtype = dtypes[i].dtype;
      *bits = dtypes[i].bits;
    }
  return TOOL_OK;
}

/* *count: number of elements, whose bits fit in 64 bits. */
static int read_shape(const reading *r, const json_t *info, unsigned bits, tool_entry *entry, uint64_t *count) {
  const json_t *shape = json_object_get(info, "shape");
  if (!json_is_array(shape)) return bad(r, entry->name, "no shape, or not an array");
  const size_t ndim = json_array_size(shape);
  if (ndim > TOOL_MAX_DIMENSIONS) return bad(r, entry->name, "more than 64 dimensions");
  entry->ndim = (int)ndim;
  entry->shape = calloc(ndim + 1, sizeof *entry->shape);
  if (entry->shape == NULL) return tool_fail_memory(r->error);
  *count = 1;
  for (size_t k = 0; k < ndim; k++) {
    const json_t *length = json_array_get(shape, k);
    if (!json_is_integer(length) || json_integer_value(length) < 0)
      return bad(r, entry->name, "a length is not a whole number from 0 to 2^63 - 1");
    entry->shape[k] = json_integer_value(length);
    if (entry->shape[k] > 0 && *count > UINT64_MAX / bits / (uint64_t)entry->shape[k])
      return bad(r, entry->name, "the size overflows");
    *count *= (uint64_t)entry->shape[k];
  }
  return TOOL_OK;
}

static int read_offsets(const reading *r, const json_t *info, tool_entry *entry) {
  const json_t *offsets = json_object_get(info, "data_offsets");
  const json_t *begin = json_array_get(offsets, 0), *end = json_array_get(offsets, 1);
  if (json_array_size(offsets) != 2 || !json_is_integer(begin) || !json_is_integer(end))
    return bad(r, entry->name, "data_offsets are not two whole numbers");
  const int64_t from = json_integer_value(begin), to = json_integer_value(end);
  if (from < 0 || to < from || (uint64_t)to > r->data_size)
    return bad(r, entry->name, "data_offsets lie outside the file or run backwards");
  entry->begin = r->data_begin + (uint64_t)from;
  entry->size = (uint64_t)(to - from);
  return TOOL_OK;
}

static int read_entry(const reading *r, const char *name, const json_t *info, tool_entry *entry) {
  unsigned bits = 0;
  uint64_t count = 0;
  entry->name = strdup(name);
  if (entry->name == NULL) return tool_fail_memory(r->error);
  if (!json_is_object(info)) return bad(r, name, "not an object");
  int code = read_dtype(r, info, entry, &bits);
  if (code == TOOL_OK) code = read_shape(r, info, bits > 0 ? bits : 1, entry, &count);
  if (code == TOOL_OK) code = read_offsets(r, info, entry);
  if (code != TOOL_OK || bits == 0) return code; /* nobody knows the size of an element */
  if (count * bits % 8 != 0 || count * bits / 8 != entry->size)
    return bad(r, name, "data_offsets do not have the size of the shape and dtype");
  return TOOL_OK;
}

/* ---- One file ---------------------------------------------------------------------------------------------------- */

static int compare_places(const void *a, const void *b) {
  const tool_entry *x = a, *y = b;
  if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
  if (x->size != y->size) return x->size < y->size ? -1 : 1;
  return strcmp(x->name, y->name);
}

/* The tensors fill the file from the header to the end, in the order of their places. */
static int check_places(const reading *r, const tool_entry *entries, size_t count) {
  uint64_t end = r->data_begin;
  for (size_t i = 0; i < count; i++) {
    if (entries[i].begin != end) return bad(r, entries[i].name, "it overlaps another one, or leaves a hole before it");
    end += entries[i].size;
  }
  if (end != r->data_begin + r->data_size)
    return tool_fail(r->error, TOOL_INPUT, r->path, 0, "the file is longer than its tensors");
  return TOOL_OK;
}

/* Makes space for more tensors behind those of other files. */
static tool_entry *reserve(tool_checkpoint *checkpoint, size_t more) {
  tool_entry *entries = realloc(checkpoint->tensors, (checkpoint->count + more + 1) * sizeof *entries);
  if (entries == NULL) return NULL;
  checkpoint->tensors = entries;
  memset(entries + checkpoint->count, 0, (more + 1) * sizeof *entries);
  return entries + checkpoint->count;
}

static bool is_object_of_strings(json_t *object) {
  const char *key;
  json_t *value;
  json_object_foreach(object, key, value) {
    if (!json_is_string(value)) return false;
  }
  return json_is_object(object);
}

/* What kinit-fill wrote about a file has to be the same in all files of an index. */
static int compare_metadata(const reading *r, const json_t *metadata) {
  static const char *const keys[] = {"kinit_seed", "kinit_plan_sha256", "kinit_stream_version", "kinit_version"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    const char *const first = tool_checkpoint_metadata(r->checkpoint, keys[i]);
    const char *const here = json_string_value(json_object_get(metadata, keys[i]));
    if (first == NULL ? here != NULL : here == NULL || strcmp(first, here) != 0)
      return tool_fail(r->error, TOOL_INPUT, r->path, 0,
                       "it is of another checkpoint than %s: its %s is %.80s, not %.80s", r->checkpoint->files[0],
                       keys[i], here != NULL ? here : "missing", first != NULL ? first : "missing");
  }
  return TOOL_OK;
}

/* Kept for the first file only. */
static int read_metadata(const reading *r, json_t *metadata) {
  tool_checkpoint *c = r->checkpoint;
  const char *key;
  json_t *value;
  if (json_is_null(metadata)) return TOOL_OK;
  if (!is_object_of_strings(metadata))
    return tool_fail(r->error, TOOL_INPUT, r->path, 0, "__metadata__ is not an object of strings");
  if (c->file_count > 1) return TOOL_OK; /* compared already */
  c->metadata = calloc(2 * json_object_size(metadata) + 1, sizeof *c->metadata);
  if (c->metadata == NULL) return tool_fail_memory(r->error);
  json_object_foreach(metadata, key, value) {
    char **pair = c->metadata + 2 * c->metadata_count++;
    pair[0] = strdup(key);
    pair[1] = strdup(json_string_value(value));
    if (pair[0] == NULL || pair[1] == NULL) return tool_fail_memory(r->error);
  }
  return TOOL_OK;
}

static int read_object(const reading *r, json_t *header) {
  tool_checkpoint *c = r->checkpoint;
  const char *name;
  json_t *info;
  tool_entry *first = reserve(c, json_object_size(header));
  if (first == NULL) return tool_fail_memory(r->error);
  const size_t before = c->count;
  json_object_foreach(header, name, info) {
    const bool is_metadata = strcmp(name, "__metadata__") == 0;
    tool_entry *entry = c->tensors + c->count;
    entry->file = c->file_count - 1;
    if (!is_metadata) c->count++;
    const int code = is_metadata ? read_metadata(r, info) : read_entry(r, name, info, entry);
    if (code != TOOL_OK) return code;
  }
  const int code = c->file_count > 1 ? compare_metadata(r, json_object_get(header, "__metadata__")) : TOOL_OK;
  if (code != TOOL_OK) return code;
  qsort(first, c->count - before, sizeof *first, compare_places);
  return check_places(r, first, c->count - before);
}

static int parse_header(const reading *r, const char *text, size_t size) {
  json_error_t where;
  if (size == 0 || text[0] != '{')
    return tool_fail(r->error, TOOL_INPUT, r->path, 0, "not a safetensors file: the header does not begin with {");
  json_t *header = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
  if (header == NULL)
    return tool_fail(r->error, TOOL_INPUT, r->path, where.line, "the header is not valid: %s",
                     tool_document_reason(&where));
  const int code = read_object(r, header);
  json_decref(header);
  return code;
}

/* The length that the first bytes give; the header lies within the file. */
static int read_length(const char *path, const unsigned char *bytes, uint64_t file_size, uint64_t *length,
                       tool_error *error) {
  *length = 0;
  for (int i = 0; i < LENGTH_SIZE; i++) *length |= (uint64_t)bytes[i] << (8 * i);
  if (*length > MAX_HEADER_SIZE)
    return tool_fail(error, TOOL_INPUT, path, 0, "not a safetensors file: a header of more than 100 MB");
  if (*length > file_size - LENGTH_SIZE)
    return tool_fail(error, TOOL_INPUT, path, 0, "not a safetensors file: the header ends behind the file");
  return TOOL_OK;
}

static int too_short(const char *path, tool_error *error) {
  return tool_fail(error, TOOL_INPUT, path, 0, "not a safetensors file: fewer than 8 bytes");
}

/* A copy of the path, as the last of the files. */
static int add_file(tool_checkpoint *checkpoint, const char *path, tool_error *error) {
  char **files = realloc(checkpoint->files, (checkpoint->file_count + 1) * sizeof *files);
  if (files == NULL) return tool_fail_memory(error);
  checkpoint->files = files;
  files[checkpoint->file_count] = strdup(path);
  if (files[checkpoint->file_count] == NULL) return tool_fail_memory(error);
  checkpoint->file_count++;
  return TOOL_OK;
}

/* Adds the tensors of one file. */
static int add_header(const char *path, const unsigned char *bytes, size_t size, uint64_t file_size,
                      tool_checkpoint *checkpoint, tool_error *error) {
  uint64_t length = 0;
  if (size < LENGTH_SIZE) return too_short(path, error);
  int code = read_length(path, bytes, file_size, &length, error);
  if (code == TOOL_OK && length > size - LENGTH_SIZE) code = too_short(path, error);
  if (code == TOOL_OK) code = add_file(checkpoint, path, error);
  if (code != TOOL_OK) return code;
  const uint64_t begin = LENGTH_SIZE + length;
  const reading r = {path, begin, file_size - begin, checkpoint, error};
  return parse_header(&r, (const char *)bytes + LENGTH_SIZE, (size_t)length);
}

int tool_checkpoint_parse(const char *path, const void *bytes, size_t size, uint64_t file_size,
                          tool_checkpoint *checkpoint, tool_error *error) {
  *checkpoint = (tool_checkpoint){0};
  const int code = add_header(path, bytes, size, file_size, checkpoint, error);
  if (code != TOOL_OK) tool_checkpoint_free(checkpoint);
  return code;
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static int system_error(const char *path, tool_error *error) {
  return tool_fail(error, TOOL_FAILED, path, 0, "%s", strerror(errno));
}

/* Opens a file of which the size is known; a pipe or a directory is none. */
static int open_file(const char *path, int *file, uint64_t *size, tool_error *error) {
  struct stat status;
  *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*file < 0) return system_error(path, error);
  int code = fstat(*file, &status) != 0 ? system_error(path, error) : TOOL_OK;
  if (code == TOOL_OK && !S_ISREG(status.st_mode)) code = tool_fail(error, TOOL_INPUT, path, 0, "not a file");
  if (code != TOOL_OK) close(*file);
  *size = code == TOOL_OK ? (uint64_t)status.st_size : 0;
  return code;
}

static int read_fully(int file, const char *path, void *bytes, size_t size, tool_error *error) {
  for (size_t done = 0; done < size;) {
    const ssize_t n = pread(file, (char *)bytes + done, size - done, (off_t)done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return system_error(path, error);
    if (n == 0) return tool_fail(error, TOOL_INPUT, path, 0, "the file became shorter while it was read");
    done += (size_t)n;
  }
  return TOOL_OK;
}

static int read_header(int file, const char *path, uint64_t file_size, tool_checkpoint *checkpoint, tool_error *error) {
  unsigned char first[LENGTH_SIZE];
  uint64_t length;
  if (file_size < LENGTH_SIZE) return too_short(path, error);
  int code = read_fully(file, path, first, LENGTH_SIZE, error);
  if (code == TOOL_OK) code = read_length(path, first, file_size, &length, error);
  if (code != TOOL_OK) return code;
  const size_t size = LENGTH_SIZE + (size_t)length;
  unsigned char *bytes = malloc(size);
  if (bytes == NULL) return tool_fail_memory(error);
  code = read_fully(file, path, bytes, size, error);
  if (code == TOOL_OK) code = add_header(path, bytes, size, file_size, checkpoint, error);
  free(bytes);
  return code;
}

static int read_file(const char *path, tool_checkpoint *checkpoint, tool_error *error) {
  int file;
  uint64_t size = 0;
  int code = open_file(path, &file, &size, error);
  if (code != TOOL_OK) return code;
  code = read_header(file, path, size, checkpoint, error);
  close(file);
  return code;
}

/* ---- The index of several files ---------------------------------------------------------------------------------- */

static int bad_index(const char *path, tool_error *error, const char *what) {
  return tool_fail(error, TOOL_INPUT, path, 0, "%s", what);
}

/* A file beside the index: a name without a way elsewhere. */
static bool is_plain_name(const char *name) {
  return name != NULL && name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
         strcmp(name, "..") != 0;
}

static const char *last_part(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

static int read_beside(const char *index, const char *name, tool_checkpoint *checkpoint, tool_error *error) {
  char path[TOOL_PATH_SIZE];
  const int length = snprintf(path, sizeof path, "%.*s%s", (int)(last_part(index) - index), index, name);
  if (length < 0 || (size_t)length >= sizeof path) return bad_index(index, error, "a path is too long");
  return read_file(path, checkpoint, error);
}

/* Every tensor of the files is where the index says, and the index names no others. */
static int check_index(const char *path, const json_t *map, const tool_checkpoint *checkpoint, tool_error *error) {
  for (size_t i = 0; i < checkpoint->count; i++) {
    const tool_entry *entry = &checkpoint->tensors[i];
    const char *file = json_string_value(json_object_get(map, entry->name));
    if (file == NULL || strcmp(file, last_part(checkpoint->files[entry->file])) != 0)
      return tool_fail(error, TOOL_INPUT, path, 0, "tensor \"%.200s\": a file holds it where the index does not say so",
                       entry->name);
  }
  return checkpoint->count == json_object_size(map) ? TOOL_OK
                                                    : bad_index(path, error, "it names tensors that no file holds");
}

/* The files of the map, each once: the keys of a new object. */
static json_t *distinct_files(json_t *map) {
  json_t *files = json_object();
  const char *name;
  json_t *file;
  json_object_foreach(map, name, file) {
    if (!is_plain_name(json_string_value(file)) ||
        json_object_set_new(files, json_string_value(file), json_null()) != 0) {
      json_decref(files);
      return NULL;
    }
  }
  return files;
}

static int read_shards(const char *path, json_t *map, tool_checkpoint *checkpoint, tool_error *error) {
  const char *name;
  json_t *unused;
  if (!json_is_object(map)) return bad_index(path, error, "no weight_map, or not an object");
  json_t *files = distinct_files(map);
  if (files == NULL)
    return bad_index(path, error, "weight_map holds something else than names of files beside the index");
  int code = TOOL_OK;
  json_object_foreach(files, name, unused) {
    if (code == TOOL_OK) code = read_beside(path, name, checkpoint, error);
  }
  json_decref(files);
  return code == TOOL_OK ? check_index(path, map, checkpoint, error) : code;
}

static int read_index(const char *path, tool_checkpoint *checkpoint, tool_error *error) {
  json_error_t where;
  int file;
  uint64_t size = 0;
  int code = open_file(path, &file, &size, error);
  if (code != TOOL_OK) return code;
  if (size > MAX_HEADER_SIZE) {
    close(file);
    return bad_index(path, error, "not an index: more than 100 MB");
  }
  json_t *index = json_loadfd(file, JSON_REJECT_DUPLICATES, &where);
  close(file);
  if (index == NULL)
    return tool_fail(error, TOOL_INPUT, path, where.line, "not an index: %s", tool_document_reason(&where));
  code = read_shards(path, json_object_get(index, "weight_map"), checkpoint, error);
  json_decref(index);
  return code;
}

/* ---- Checkpoints ------------------------------------------------------------------------------------------------- */

static bool is_index(const char *path) {
  const size_t length = strlen(path);
  return length >= 5 && strcmp(path + length - 5, ".json") == 0;
}

int tool_checkpoint_read(const char *path, tool_checkpoint *checkpoint, tool_error *error) {
  *checkpoint = (tool_checkpoint){0};
  const int code = is_index(path) ? read_index(path, checkpoint, error) : read_file(path, checkpoint, error);
  if (code != TOOL_OK) tool_checkpoint_free(checkpoint);
  return code;
}

const char *tool_checkpoint_metadata(const tool_checkpoint *checkpoint, const char *key) {
  for (size_t i = 0; i < checkpoint->metadata_count; i++)
    if (strcmp(checkpoint->metadata[2 * i], key) == 0) return checkpoint->metadata[2 * i + 1];
  return NULL;
}

void tool_checkpoint_free(tool_checkpoint *checkpoint) {
  for (size_t i = 0; i < checkpoint->count; i++) {
    free(checkpoint->tensors[i].name);
    free(checkpoint->tensors[i].shape);
  }
  for (size_t i = 0; i < checkpoint->file_count; i++) free(checkpoint->files[i]);
  for (size_t i = 0; i < 2 * checkpoint->metadata_count; i++) free(checkpoint->metadata[i]);
  free(checkpoint->tensors);
  free(checkpoint->files);
  free(checkpoint->metadata);
  *checkpoint = (tool_checkpoint){0};
}
