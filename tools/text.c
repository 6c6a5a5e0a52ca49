/* Numbers as people read them. SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>

void tool_text_bytes(uint64_t bytes, char text[TOOL_BYTES_TEXT]) {
  static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) {
    snprintf(text, TOOL_BYTES_TEXT, "%d B", (int)bytes);
    return;
  }
  double amount = (double)bytes / 1000;
  int unit = 0;
  for (; amount >= 999.995 && unit < 5; unit++) amount /= 1000;
  snprintf(text, TOOL_BYTES_TEXT, "%.2f %s", amount, units[unit]);
}

void tool_text_shape(int ndim, const int64_t *shape, char text[TOOL_SHAPE_TEXT]) {
  int length = snprintf(text, TOOL_SHAPE_TEXT, "[");
  for (int k = 0; k < ndim; k++)
    length += snprintf(text + length, (size_t)(TOOL_SHAPE_TEXT - length), "%s%" PRId64, k > 0 ? ", " : "", shape[k]);
  snprintf(text + length, (size_t)(TOOL_SHAPE_TEXT - length), "]");
}

/* Bytes of a control character at `text`, or 0: also those of Unicode behind the ASCII ones. */
static int control_size(const char *text) {
  const unsigned char first = (unsigned char)text[0], second = (unsigned char)text[first != '\0'];
  if (first < ' ' || first == 0x7F) return first != '\0';
  return first == 0xC2 && second >= 0x80 && second < 0xA0 ? 2 : 0;
}

/* stream NULL: only counts. */
static int put_escaped(FILE *stream, const char *text) {
  int width = 0;
  while (*text != '\0') {
    const int size = control_size(text);
    for (int i = 0; i < size && stream != NULL; i++) fprintf(stream, "\\x%02x", (unsigned char)text[i]);
    if (size == 0 && stream != NULL) fputc(*text, stream);
    width += size > 0 ? 4 * size : 1;
    text += size > 0 ? size : 1;
  }
  return width;
}

int tool_text_width(const char *text) { return put_escaped(NULL, text); }

void tool_text_put(FILE *stream, const char *text, int width) {
  const int used = put_escaped(stream, text);
  if (used < width) fprintf(stream, "%*s", width - used, "");
}
