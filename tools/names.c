/* Names with ranges.
 *
 * Owns: the syntax of ranges, and what they stand for. SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DIGITS = 9 };

typedef struct range {
  uint64_t first, last, step;
  int width;       /* digits at least */
  const char *end; /* behind the brace that closes it */
} range;

/* Reads a decimal number. Behind it, or NULL. */
static const char *read_number(const char *text, uint64_t *number, int *width) {
  const size_t digits = strspn(text, "0123456789");
  if (digits == 0 || digits > MAX_DIGITS) return NULL;
  if (digits > 1 && *text == '0' && (int)digits > *width) *width = (int)digits;
  *number = strtoull(text, NULL, 10);
  return text + digits;
}

static bool read_range(const char *brace, range *result) {
  int unused = 0;
  *result = (range){.step = 1};
  const char *at = read_number(brace + 1, &result->first, &result->width);
  if (at == NULL || strncmp(at, "..", 2) != 0) return false;
  at = read_number(at + 2, &result->last, &result->width);
  if (at != NULL && strncmp(at, "..", 2) == 0) at = read_number(at + 2, &result->step, &unused);
  if (at == NULL || *at != '}' || result->step == 0) return false;
  result->end = at + 1;
  return true;
}

static uint64_t length_of(const range *r) { return (r->last - r->first) / r->step + 1; }

/* The next brace or backslash. */
static const char *next_special(const char *at) { return at + strcspn(at, "{}\\"); }

const char *tool_names_count(const char *pattern, uint64_t *count) {
  uint64_t product = 1;
  int ranges = 0;
  for (const char *at = next_special(pattern); *at != '\0'; at = next_special(at)) {
    range found;
    if (*at == '\\') {
      if (at[1] == '\0' || strchr("{}\\", at[1]) == NULL) return "a \\ that stands before no brace and no \\";
      at += 2;
      continue;
    }
    if (*at == '}') return "a } without its { (a brace of the name is \\})";
    if (!read_range(at, &found))
      return "a { that begins no range such as {0..31}, {00..31} or {0..30..2}, of numbers of at most 9 digits (a "
             "brace of "
             "the name is \\{)";
    if (found.first > found.last) return "a range whose first number is greater than its last";
    if (++ranges > TOOL_MAX_RANGES) return "more than 8 ranges";
    if (product > UINT64_MAX / length_of(&found)) return "more names than can be counted";
    product *= length_of(&found);
    at = found.end;
  }
  *count = product;
  return NULL;
}

/* A number has at most as many digits as the last one of its range, so no name is longer than its pattern. */
char *tool_names_at(const char *pattern, uint64_t index, uint64_t numbers[TOOL_MAX_RANGES], int *ranges) {
  const size_t size = strlen(pattern) + 1;
  char *const name = malloc(size);
  uint64_t block;
  *ranges = 0;
  if (name == NULL || tool_names_count(pattern, &block) != NULL) return name;
  char *out = name;
  while (*pattern != '\0') {
    range next;
    if (*pattern == '{' && read_range(pattern, &next)) {
      block /= length_of(&next);
      const uint64_t number = next.first + index / block * next.step;
      out += snprintf(out, size - (size_t)(out - name), "%0*" PRIu64, next.width, number);
      numbers[(*ranges)++] = number;
      index %= block;
      pattern = next.end;
      continue;
    }
    if (*pattern == '\\') pattern++;
    *out++ = *pattern++;
  }
  *out = '\0';
  return name;
}
