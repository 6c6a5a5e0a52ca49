/* Names with ranges: "layers.{0..31}.attn.{0..3}.weight" stands for 128 names.
 *
 * Owns: the declarations of names.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_NAMES_H
#define KINIT_TOOLS_NAMES_H

#include <stdint.h>

enum { TOOL_MAX_RANGES = 8 };

/* How many names the pattern stands for: the product of the lengths of its ranges {first..last} or
 * {first..last..step}, both included. Leading zeros of the first or last number, as in {00..10}, give all numbers that
 * many digits. A backslash makes a brace, or a backslash, a part of the name. On success *count is set and the result
 * is NULL; otherwise the result says what is wrong, as a static string. */
const char *tool_names_count(const char *pattern, uint64_t *count);

/* The name number `index` of a pattern that tool_names_count accepted, the last range running fastest. The caller frees
 * it. numbers: those of its ranges, and *ranges how many they are; the rest is left as it is. NULL: no memory. */
char *tool_names_at(const char *pattern, uint64_t index, uint64_t numbers[TOOL_MAX_RANGES], int *ranges);

#endif
