/* Where processes without MPI meet: a hidden directory beside the output, named after what is written. It holds the
 * unfinished files, a file for each rank that says whether its part is done, and a lock.
 *
 * Owns: who is the last to finish. A part that was interrupted is written again by the same command; what other ranks
 * have done stays. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_PARTS_H
#define KINIT_TOOLS_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Makes the directory `path`, which has to live until the end, and becomes its rank; *is_done: the part of this rank is
 * there already. Errors: FAILED (also: another process is this rank). */
int tool_parts_enter(const char *path, bool *is_done, tool_error *error);

/* This rank's part is on the disk. *left: how many ranks are not done. 0, at most once in a job: this is the last one,
 * and no other process enters until tool_parts_remove. Errors: FAILED. */
int tool_parts_finish(int *left, tool_error *error);

/* Removes the directory, which no unfinished file is in any more. */
void tool_parts_remove(void);

#endif
