/* What stands in a checkpoint: --inspect and --verify. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_INSPECT_H
#define KINIT_TOOLS_INSPECT_H

#include "error.h"
#include "model.h"

/* Prints statistics of every tensor on stdout. Errors: INPUT, FAILED. */
int tool_inspect(const char *path, tool_error *error);

/* Fills again and compares. seed: NULL for the one that the file's metadata name. Errors: INPUT, FAILED, DIFFERENT. */
int tool_verify(const char *path, const tool_model *model, const uint64_t *seed, tool_error *error);

#endif
