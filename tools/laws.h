/* The laws by name: their arguments in JSON, and what they come to.
 *
 * Owns: the declarations of laws.c. Included by plan.c, rules.c, table.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_LAWS_H
#define KINIT_TOOLS_LAWS_H

#include <stdbool.h>

#include "document.h"
#include "model.h"

/* Whether any law has an argument of this name. */
bool tool_laws_have_argument(const char *key);

/* The law's name, as in plans: the initializer's without the prefix. */
const char *tool_law_name(tool_law law);

/* Checks the types of the arguments in an object, of whatever laws they are. Errors: INPUT. */
int tool_laws_check_arguments(const tool_document *document, const json_t *object, tool_error *error);

/* Sets law and arguments of the tensor from the members of `object`, which has a "law"; an argument that it lacks comes
 * from `defaults`, then from torch.nn.init or, for variance_scaling, from Keras. object NULL: the law of the defaults.
 * defaults: NULL for none. Whether the values fit is not checked. Errors: INPUT (unknown law, an argument of the object
 * that the law does not take, a wrong type, no value for constant). */
int tool_law_read(const tool_document *document, const json_t *object, const json_t *defaults, tool_tensor *tensor,
                  tool_error *error);

/* Gives a tensor the law and the arguments of another one. */
void tool_law_copy(const tool_tensor *from, tool_tensor *to);

#endif
