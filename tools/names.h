/* Names with ranges: "layers.{0..31}.attn.{0..3}.weight" stands for 128 names.
 *
 * Owns: the declarations of names.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_NAMES_H
#define KINIT_TOOLS_NAMES_H

#include <stdint.h>

/* How many names the pattern stands for: the product of the lengths of its ranges {first..last}, both included. On
 * success *count is set and the result is NULL; otherwise the result says what is wrong, as a static string. */
const char *tool_names_count(const char *pattern, uint64_t *count);

/* The name number `index` of a pattern that tool_names_count accepted, the last range running fastest. The caller frees
 * it. NULL: no memory. */
char *tool_names_at(const char *pattern, uint64_t index);

#endif
