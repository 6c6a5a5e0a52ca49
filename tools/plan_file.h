/* Plans and rules in JSON -> a model.
 *
 * Owns: the declarations of plan_file.c. docs/kinit-fill.1 describes the files. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_PLAN_FILE_H
#define KINIT_TOOLS_PLAN_FILE_H

#include "error.h"
#include "model.h"

enum { TOOL_MAX_TENSORS = 1 << 18, TOOL_MAX_NAME = 4096 };

/* Reads a plan. All of it is checked: every tensor of the model has an initializer that takes its shape, dtype and
 * arguments (tool_fill_check), and a name of its own. The digest is that of the file's bytes. Errors: INPUT (with the
 * line), FAILED; the model is then empty. */
int tool_plan_read(const char *path, tool_model *model, tool_error *error);

/* The same for a plan in memory. path: for messages. */
int tool_plan_parse(const char *path, const char *bytes, size_t size, tool_model *model, tool_error *error);

/* Takes names, shapes and dtypes from the header of a checkpoint, one file or an index, and the initializers from a
 * file of rules; its weights are not read. Tensors in the order of the checkpoint. The digest is that of the rules'
 * bytes. Errors: INPUT, FAILED; the model is then empty. */
int tool_plan_read_like(const char *checkpoint_path, const char *rules_path, tool_model *model, tool_error *error);

#endif
