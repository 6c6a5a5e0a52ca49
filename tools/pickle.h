/* Values as Python's pickle module reads them: protocol 2, which every Python 3 has.
 *
 * Owns: the operations that the writer of DCP's files needs. Each prints one value on a stream, or a part of one.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_PICKLE_H
#define KINIT_TOOLS_PICKLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Parts of values that are one byte: MARK begins what TUPLE or ITEMS ends. */
enum {
  TOOL_PICKLE_MARK = '(',
  TOOL_PICKLE_TUPLE = 't',
  TOOL_PICKLE_DICT = '}', /* empty; keys and values between MARK and ITEMS go into it */
  TOOL_PICKLE_ITEMS = 'u',
  TOOL_PICKLE_LIST = ']', /* empty; APPEND puts the value before it into it */
  TOOL_PICKLE_APPEND = 'a',
  TOOL_PICKLE_NO_ARGUMENTS = ')',
  TOOL_PICKLE_CALL = 'R', /* of a global, with the tuple behind it */
  TOOL_PICKLE_PERSISTENT = 'Q',
  TOOL_PICKLE_STATE = 'b', /* the value before it becomes the state of the object before that */
  TOOL_PICKLE_NONE = 'N',
  TOOL_PICKLE_TRUE = 0x88,
  TOOL_PICKLE_FALSE = 0x89
};

void tool_pickle_begin(FILE *stream);
void tool_pickle_put(FILE *stream, int part);
void tool_pickle_end(FILE *stream);

void tool_pickle_text(FILE *stream, const char *text);
void tool_pickle_integer(FILE *stream, int64_t value);
void tool_pickle_global(FILE *stream, const char *module, const char *name);

/* An object without a state, to which STATE gives one. */
void tool_pickle_object(FILE *stream, const char *module, const char *name);

/* The number in `bytes` bytes, the least significant first. */
void tool_pickle_bytes(FILE *stream, uint64_t value, int bytes);

#endif
