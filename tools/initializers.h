/* The initializers by name: their arguments in JSON, and what they come to.
 *
 * Owns: the declarations of initializers.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_INITIALIZERS_H
#define KINIT_TOOLS_INITIALIZERS_H

#include <stdbool.h>

#include "document.h"
#include "model.h"

/* Whether any initializer has an argument of this name. */
bool tool_initializers_have_argument(const char *key);

/* The initializer's name, as in plans: the initializer's without the prefix. */
const char *tool_initializer_name(tool_initializer initializer);

/* Checks the types of the arguments in an object, of whatever initializers they are. Errors: INPUT. */
int tool_initializers_check_arguments(const tool_document *document, const json_t *object, tool_error *error);

/* Sets initializer and arguments of the tensor from the members of `object`, which has a "init"; an argument that it
 * lacks comes from `defaults`, then from torch.nn.init or, for variance_scaling, from Keras. object NULL: the
 * initializer of the defaults. defaults: NULL for none. Whether the values fit is not checked. Errors: INPUT (unknown
 * initializer, an argument of the object that the initializer does not take, a wrong type, no value for constant). */
int tool_initializer_read(const tool_document *document, const json_t *object, const json_t *defaults,
                          tool_tensor *tensor, tool_error *error);

/* Gives a tensor the initializer and the arguments of another one. */
void tool_initializer_copy(const tool_tensor *from, tool_tensor *to);

#endif
