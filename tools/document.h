/* A JSON file that a person wrote: its text, its tree, and errors that name its lines.
 *
 * Owns: the declarations of document.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_DOCUMENT_H
#define KINIT_TOOLS_DOCUMENT_H

#include <jansson.h>
#include <stddef.h>

#include "error.h"

enum { TOOL_DOCUMENT_LIMIT = 16 << 20 }; /* bytes of the longest text */

typedef struct tool_document {
  const char *path; /* the caller's */
  char *text;       /* a NUL stands behind it */
  size_t size;
  json_t *root; /* an object */
} tool_document;

/* Reads a file. Keys may not be given twice. Errors: INPUT (no JSON object, longer than the limit), FAILED. */
int tool_document_read(const char *path, tool_document *document, tool_error *error);

/* The same for `size` bytes in memory, which are copied. path: for messages; it outlives the document. */
int tool_document_parse(const char *path, const char *bytes, size_t size, tool_document *document, tool_error *error);

/* What is wrong with a JSON text, in words. */
const char *tool_document_reason(const json_error_t *where);

/* SHA-256 of the text, in hexadecimal. Errors: FAILED. */
int tool_document_digest(const tool_document *document, char digest[65], tool_error *error);

/* The line of the member `key` of an object, or of the object if it has no such member. */
int tool_document_line(const tool_document *document, const json_t *object, const char *key);

/* Returns TOOL_INPUT, the error filled as by printf, at the line of a member, or of the object if it is missing. */
#ifdef __GNUC__
__attribute__((format(printf, 5, 6)))
#endif
int tool_document_fail(const tool_document *document, const json_t *object, const char *key, tool_error *error,
                       const char *format, ...);

/* The same at the line of an element of an array. */
int tool_document_fail_element(const tool_document *document, const json_t *array, size_t index, tool_error *error,
                               const char *reason);

/* Releases what the document holds. Zeroed ones are allowed. */
void tool_document_free(tool_document *document);

#endif
