/* Names with ranges.
 *
 * Owns: the syntax of ranges, and what they stand for. SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 9, MAX_RANGES = 8 };

typedef struct range {
  uint64_t first, last;
  const char *end; /* behind the brace that closes it */
} range;

/* Reads a decimal number without leading zeros. Behind it, or NULL. */
static const char *read_number(const char *text, uint64_t *number) {
  const size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > MAX_DIGITS || (digits > 1 && *text == '0')) return NULL;
  *number = strtoull(text, NULL, 10);
  return text + digits;
}

static bool read_range(const char *brace, range *result) {
  const char *at = read_number(brace + 1, &result->first);
  if (at == NULL || strncmp(at, "..", 2) != 0) return false;
  at = read_number(at + 2, &result->last);
  if (at == NULL || *at != '}') return false;
  result->end = at + 1;
  return true;
}

const char *tool_names_count(const char *pattern, uint64_t *count) {
  uint64_t product = 1;
  int ranges = 0;
  for (const char *at = pattern + strcspn(pattern, "{}"); *at != '\0'; at += strcspn(at, "{}")) {
    range found;
    if (*at == '}') return "a } without its {";
    if (!read_range(at, &found)) return "a { that begins no range such as {0..31}, of numbers of at most 9 digits";
    if (found.first > found.last) return "a range whose first number is greater than its last";
    if (++ranges > MAX_RANGES) return "more than 8 ranges";
    const uint64_t length = found.last - found.first + 1;
    if (product > UINT64_MAX / length) return "more names than can be counted";
    product *= length;
    at = found.end;
  }
  *count = product;
  return NULL;
}

/* A number has at most as many digits as the last one of its range, so no name is longer than its pattern. */
char *tool_names_at(const char *pattern, uint64_t index) {
  const size_t size = strlen(pattern) + 1;
  char *const name = malloc(size);
  uint64_t block;
  if (name == NULL || tool_names_count(pattern, &block) != NULL) return name;
  char *out = name;
  while (*pattern != '\0') {
    const size_t plain = strcspn(pattern, "{");
    memcpy(out, pattern, plain);
    out += plain;
    pattern += plain;
    range next;
    if (*pattern != '{' || !read_range(pattern, &next)) continue;
    block /= next.last - next.first + 1;
    out += snprintf(out, size - (size_t)(out - name), "%" PRIu64, next.first + index / block);
    index %= block;
    pattern = next.end;
  }
  *out = '\0';
  return name;
}
