/* Numbers as people read them.
 *
 * Owns: the declarations of text.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_TEXT_H
#define KINIT_TOOLS_TEXT_H

#include <kinit/kinit.h>
#include <stdint.h>

enum { TOOL_BYTES_TEXT = 16, TOOL_SHAPE_TEXT = 64 * 22 + 3 };

/* "13.48 GB": units are powers of 1000. */
void tool_text_bytes(uint64_t bytes, char text[TOOL_BYTES_TEXT]);

/* "[4096, 11008]". */
void tool_text_shape(int ndim, const int64_t *shape, char text[TOOL_SHAPE_TEXT]);

/* "bf16", as in plans. */
const char *tool_text_dtype(kinit_dtype dtype);

#endif
