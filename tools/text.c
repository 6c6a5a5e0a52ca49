/* Numbers as people read them. SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include <inttypes.h>
#include <stdio.h>

void tool_text_bytes(uint64_t bytes, char text[TOOL_BYTES_TEXT]) {
  static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
  if (bytes < 1000) {
    snprintf(text, TOOL_BYTES_TEXT, "%d B", (int)bytes);
    return;
  }
  double amount = (double)bytes / 1000;
  int unit = 0;
  for (; amount >= 999.995 && unit < 5; unit++) amount /= 1000;
  snprintf(text, TOOL_BYTES_TEXT, "%.2f %s", amount, units[unit]);
}

void tool_text_shape(int ndim, const int64_t *shape, char text[TOOL_SHAPE_TEXT]) {
  int length = snprintf(text, TOOL_SHAPE_TEXT, "[");
  for (int k = 0; k < ndim; k++)
    length += snprintf(text + length, (size_t)(TOOL_SHAPE_TEXT - length), "%s%" PRId64, k > 0 ? ", " : "", shape[k]);
  snprintf(text + length, (size_t)(TOOL_SHAPE_TEXT - length), "]");
}

const char *tool_text_dtype(kinit_dtype dtype) {
  static const char *const names[] = {
      [KINIT_F32] = "f32", [KINIT_F64] = "f64", [KINIT_F16] = "f16", [KINIT_BF16] = "bf16"};
  return names[dtype];
}
