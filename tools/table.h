/* The table of --dry-run.
 *
 * Owns: the declarations of table.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_TABLE_H
#define KINIT_TOOLS_TABLE_H

#include "error.h"
#include "model.h"

/* Prints on stdout, one line each: name, dtype, shape, initializer, what the initializer comes to for that shape (the
 * standard deviation of a normal, also of a truncated one before the cut; the bounds of a uniform), bytes; and the
 * totals. Errors: FAILED (stdout takes no more). */
int tool_table_print(const tool_model *model, tool_error *error);

#endif
