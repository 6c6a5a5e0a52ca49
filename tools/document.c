/* A JSON file that a person wrote, parsed by jansson.
 *
 * Owns: how much is read, and the step from jansson's errors to ours. SPDX-License-Identifier: Apache-2.0 */
#include "document.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_line.h"

enum { FIRST_CAPACITY = 1 << 16 };

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

/* Fills the text with what the file has, but one byte more than the limit at most. */
static int read_text(FILE *file, tool_document *d, tool_error *error) {
  for (size_t capacity = FIRST_CAPACITY;; capacity *= 2) {
    char *const larger = realloc(d->text, capacity + 1);
    if (larger == NULL) return tool_fail_memory(error);
    d->text = larger;
    d->size += fread(d->text + d->size, 1, capacity - d->size, file);
    if (ferror(file)) return tool_fail(error, TOOL_FAILED, d->path, 0, "%s", strerror(errno));
    if (d->size < capacity || d->size > TOOL_DOCUMENT_LIMIT) break;
  }
  if (d->size > TOOL_DOCUMENT_LIMIT) d->size = TOOL_DOCUMENT_LIMIT + 1;
  d->text[d->size] = '\0';
  return TOOL_OK;
}

static int count_lines(const char *text, size_t size) {
  int lines = 1;
  for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
  return lines;
}

const char *tool_document_reason(const json_error_t *where) {
  const enum json_error_code code = json_error_code(where);
  const bool is_null = code == json_error_null_character || code == json_error_null_byte_in_key;
  if (strstr(where->text, " near '/") != NULL || strstr(where->text, " near '#") != NULL)
    return "JSON has no comments; the member \"comment\" of a plan is not read";
  return is_null ? "a string with the character \\u0000, which no name has" : where->text;
}

/* What is too long is often no JSON at all, and then that is the better reason. */
static int parse_text(tool_document *d, tool_error *error) {
  const bool too_long = d->size > TOOL_DOCUMENT_LIMIT;
  json_error_t where;
  if (strncmp(d->text, "\xEF\xBB\xBF", 3) == 0)
    return tool_fail(error, TOOL_INPUT, d->path, 1, "the text begins with a byte-order mark: save it without one");
  d->root = json_loadb(d->text, too_long ? TOOL_DOCUMENT_LIMIT : d->size, JSON_REJECT_DUPLICATES, &where);
  if (too_long && (d->root != NULL || json_error_code(&where) == json_error_premature_end_of_input))
    return tool_fail(error, TOOL_INPUT, d->path, count_lines(d->text, TOOL_DOCUMENT_LIMIT),
                     "the text is longer than %d bytes", TOOL_DOCUMENT_LIMIT);
  if (d->root == NULL && json_error_code(&where) == json_error_out_of_memory) return tool_fail_memory(error);
  if (d->root == NULL) return tool_fail(error, TOOL_INPUT, d->path, where.line, "%s", tool_document_reason(&where));
  if (!json_is_object(d->root))
    return tool_fail(error, TOOL_INPUT, d->path, count_lines(d->text, strspn(d->text, " \t\r\n")),
                     "this is an array, not an object, {...}");
  return TOOL_OK;
}

/* Closes the document if the code is an error. */
static int finish(int code, tool_document *d) {
  if (code != TOOL_OK) tool_document_free(d);
  return code;
}

int tool_document_read(const char *path, tool_document *d, tool_error *error) {
  *d = (tool_document){.path = path};
  FILE *const file = fopen(path, "rb");
  if (file == NULL) return tool_fail(error, TOOL_FAILED, path, 0, "%s", strerror(errno));
  int code = read_text(file, d, error);
  fclose(file);
  if (code == TOOL_OK) code = parse_text(d, error);
  return finish(code, d);
}

int tool_document_parse(const char *path, const char *bytes, size_t size, tool_document *d, tool_error *error) {
  if (size > TOOL_DOCUMENT_LIMIT) size = TOOL_DOCUMENT_LIMIT + 1;
  *d = (tool_document){.path = path, .text = malloc(size + 1), .size = size};
  if (d->text == NULL) return tool_fail_memory(error);
  if (size > 0) memcpy(d->text, bytes, size);
  d->text[size] = '\0';
  return finish(parse_text(d, error), d);
}

void tool_document_free(tool_document *d) {
  json_decref(d->root);
  free(d->text);
  *d = (tool_document){0};
}

/* ---- What it says ------------------------------------------------------------------------------------------------ */

int tool_document_digest(const tool_document *d, char digest[65], tool_error *error) {
  unsigned char bytes[32];
  if (EVP_Digest(d->text, d->size, bytes, NULL, EVP_sha256(), NULL) != 1)
    return tool_fail(error, TOOL_FAILED, d->path, 0, "libcrypto makes no SHA-256");
  for (size_t i = 0; i < sizeof bytes; i++) snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
  return TOOL_OK;
}

int tool_document_line(const tool_document *d, const json_t *object, const char *key) {
  return tool_json_line(d->text, d->root, object, key, 0);
}

int tool_document_fail(const tool_document *d, const json_t *object, const char *key, tool_error *error,
                       const char *format, ...) {
  char reason[TOOL_REASON_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  return tool_fail(error, TOOL_INPUT, d->path, tool_document_line(d, object, key), "%s", reason);
}

int tool_document_fail_element(const tool_document *d, const json_t *array, size_t index, tool_error *error,
                               const char *reason) {
  return tool_fail(error, TOOL_INPUT, d->path, tool_json_line(d->text, d->root, array, NULL, index), "%s", reason);
}
