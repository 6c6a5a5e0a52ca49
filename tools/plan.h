/* Plans and rules in JSON -> a model. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_PLAN_H
#define KINIT_TOOLS_PLAN_H

#include "error.h"
#include "model.h"

/* Errors: INPUT, FAILED; the model is then empty. */
int tool_plan_read(const char *path, tool_model *model, tool_error *error);
int tool_plan_read_like(const char *checkpoint_path, const char *rules_path, tool_model *model, tool_error *error);

#endif
