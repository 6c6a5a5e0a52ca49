/* A model -> safetensors files on disk. SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

int tool_write(const tool_model *model, const tool_write_options *options, tool_error *error) {
  (void)model;
  return tool_fail(error, TOOL_FAILED, options->output, 0, "nothing is written yet");
}
