/* Files that appear under their names when they are complete, or not at all.
 *
 * Owns: temporary files, reserved space, direct I/O, syncing, publishing, and what signals leave behind. The process
 * writes one checkpoint, so there is one set of outputs. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_OUTPUT_H
#define KINIT_TOOLS_OUTPUT_H

#include <stdbool.h>

#include "shard_files.h"

enum { TOOL_PAGE = 4096 }; /* what direct I/O is aligned to: places in a file, in memory, and sizes */

/* Collective. Creates the files without a name, or with a temporary one, and reserves their space. From here on INT,
 * TERM, HUP and QUIT remove what is there before they end the process. path: the path that the layout was made with.
 * Layout and path have to live until the end. Errors: FAILED (also: without force, a file of the set of `path` is
 * there); call tool_output_discard then too. */
int tool_output_start(const tool_layout *layout, const char *path, bool force, tool_error *error);

/* Whether an earlier process of this rank has written its part, so that only tool_output_publish is left. */
bool tool_output_has_part(void);

/* Makes a file ready for writes of this rank. */
int tool_output_open(size_t file, tool_error *error);

/* Writes bytes at this offset, which is a multiple of TOOL_PAGE, as is bytes; what lies behind up to the next multiple
 * of size must be readable. Thread-safe. */
int tool_output_write(size_t file, const void *bytes, size_t size, uint64_t offset, tool_error *error);

/* Ends the writes of this rank: all that it wrote is on the disk. */
int tool_output_sync(tool_error *error);

/* When all ranks of MPI are synced: rank 0, or without MPI the last rank to come here, gives the files their names, the
 * last file last, and removes what else there was of the set. Signals are ignored from here on. Errors: FAILED (also:
 * the set is not what it was at the start); without force, none has its name then. */
int tool_output_publish(tool_error *error);

/* Removes temporary names, on any rank. */
void tool_output_remove(void);

/* Removes what is not published, and forgets all. */
void tool_output_discard(void);

#endif
