/* What stands in a checkpoint: --inspect and --verify. SPDX-License-Identifier: Apache-2.0 */
#include "inspect.h"

int tool_inspect(const char *path, tool_error *error) {
  return tool_fail(error, TOOL_FAILED, path, 0, "checkpoints are not read yet");
}

int tool_verify(const char *path, const tool_model *model, const uint64_t *seed, tool_error *error) {
  (void)model;
  (void)seed;
  return tool_fail(error, TOOL_FAILED, path, 0, "checkpoints are not read yet");
}
