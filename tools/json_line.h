/* Where a value stands in a JSON text. jansson tells lines of syntax errors only.
 *
 * Owns: the declarations of json_line.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_JSON_LINE_H
#define KINIT_TOOLS_JSON_LINE_H

#include <jansson.h>

/* The line, from 1 on, in which the member `key` of `container`, an object within `root`, begins, or the object itself
 * if it has no such member; if key is NULL, that of the element `index` of `container`, an array within `root`. text:
 * what jansson made root of, with a NUL behind it. */
int tool_json_line(const char *text, const json_t *root, const json_t *container, const char *key, size_t index);

#endif
