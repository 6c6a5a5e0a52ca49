/* The table of --dry-run. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_TABLE_H
#define KINIT_TOOLS_TABLE_H

#include "error.h"
#include "model.h"

/* Prints the tensors on stdout. Errors: FAILED. */
int tool_table_print(const tool_model *model, tool_error *error);

#endif
