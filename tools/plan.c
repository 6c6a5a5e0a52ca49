/* Plans and rules in JSON -> a model. SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

int tool_plan_read(const char *path, tool_model *model, tool_error *error) {
  *model = (tool_model){0};
  return tool_fail(error, TOOL_INPUT, path, 0, "plans are not read yet");
}

int tool_plan_read_like(const char *checkpoint_path, const char *rules_path, tool_model *model, tool_error *error) {
  *model = (tool_model){0};
  (void)rules_path;
  return tool_fail(error, TOOL_INPUT, checkpoint_path, 0, "checkpoints are not read yet");
}
