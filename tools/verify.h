/* Whether a checkpoint is what a plan gives: --verify.
 *
 * Owns: the declarations of verify.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_VERIFY_H
#define KINIT_TOOLS_VERIFY_H

#include "error.h"
#include "model.h"

/* Fills the model again, a tile at a time, and compares it with a file or the files of an index. Writes nothing but a
 * line on stdout if all is equal. seed: NULL for the one that the file's metadata name. The error names the first
 * difference: in the names, dtypes and shapes, or else the first element in the order of the file.
 * Errors: INPUT, FAILED, DIFFERENT. */
int tool_verify(const char *path, const tool_model *model, const uint64_t *seed, tool_error *error);

#endif
