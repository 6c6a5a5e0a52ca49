/* The headers of safetensors files, and the index of a checkpoint in several files.
 * SPDX-License-Identifier: Apache-2.0 */
#include "safetensors.h"

int tool_checkpoint_read(const char *path, tool_checkpoint *checkpoint, tool_error *error) {
  *checkpoint = (tool_checkpoint){0};
  return tool_fail(error, TOOL_INPUT, path, 0, "headers are not read yet");
}
