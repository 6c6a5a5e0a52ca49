/* Numbers as people read them.
 *
 * Owns: the declarations of text.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_TEXT_H
#define KINIT_TOOLS_TEXT_H

#include <kinit/kinit.h>
#include <stdint.h>
#include <stdio.h>

enum { TOOL_BYTES_TEXT = 16, TOOL_SHAPE_TEXT = 64 * 22 + 3 };

/* "13.48 GB": units are powers of 1000. */
void tool_text_bytes(uint64_t bytes, char text[TOOL_BYTES_TEXT]);

/* "[4096, 11008]". */
void tool_text_shape(int ndim, const int64_t *shape, char text[TOOL_SHAPE_TEXT]);

/* Prints a name, which may hold anything: what could command a terminal or end the line becomes \x1b and its like.
 * Spaces behind, up to the width. */
void tool_text_put(FILE *stream, const char *text, int width);

/* How wide that is without spaces, in bytes. */
int tool_text_width(const char *text);

#endif
