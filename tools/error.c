/* How the command says what went wrong. SPDX-License-Identifier: Apache-2.0 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

#include "text.h"

int tool_fail(tool_error *error, int code, const char *path, int line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(error->reason, sizeof error->reason, format, arguments);
  va_end(arguments);
  snprintf(error->path, sizeof error->path, "%s", path != NULL ? path : "");
  error->line = line;
  return code;
}

int tool_fail_memory(tool_error *error) { return tool_fail(error, TOOL_FAILED, NULL, 0, "out of memory"); }

void tool_error_print(const tool_error *error) {
  fputs("kinit-fill: ", stderr);
  tool_text_put(stderr, error->path, 0);
  if (error->path[0] != '\0') fputc(':', stderr);
  if (error->line > 0) fprintf(stderr, "%d:", error->line);
  if (error->path[0] != '\0') fputc(' ', stderr);
  tool_text_put(stderr, error->reason, 0);
  fputc('\n', stderr);
}

void tool_note(const char *format, ...) {
  char text[TOOL_REASON_SIZE];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  fputs("kinit-fill: ", stderr);
  tool_text_put(stderr, text, 0);
  fputc('\n', stderr);
}
