/* Values as Python's pickle module reads them. SPDX-License-Identifier: Apache-2.0 */
#include "pickle.h"

#include <string.h>

void tool_pickle_begin(FILE *stream) { fputs("\x80\x02", stream); }
void tool_pickle_put(FILE *stream, int part) { fputc(part, stream); }
void tool_pickle_end(FILE *stream) { fputc('.', stream); }

void tool_pickle_bytes(FILE *stream, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) fputc((int)(value >> (8 * i) & 0xFF), stream);
}

void tool_pickle_text(FILE *stream, const char *text) {
  fputc('X', stream);
  tool_pickle_bytes(stream, strlen(text), 4);
  fputs(text, stream);
}

/* A number of eight bytes, whatever its size, so that the length of a text does not depend on its numbers. */
void tool_pickle_integer(FILE *stream, int64_t value) {
  fputs("\x8a\x08", stream);
  tool_pickle_bytes(stream, (uint64_t)value, 8);
}

void tool_pickle_global(FILE *stream, const char *module, const char *name) {
  fprintf(stream, "c%s\n%s\n", module, name);
}

void tool_pickle_object(FILE *stream, const char *module, const char *name) {
  tool_pickle_global(stream, module, name);
  fputs(")\x81", stream);
}
