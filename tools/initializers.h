/* The initializers by name: their arguments in JSON.
 *
 * Owns: the declarations of initializers.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_INITIALIZERS_H
#define KINIT_TOOLS_INITIALIZERS_H

#include <stdbool.h>

#include "document.h"
#include "expression.h"
#include "model.h"

/* Whether any initializer has an argument of this name. */
bool tool_initializers_have_argument(const char *key);

/* Checks what can be told without a tensor of the initializer and the arguments in `object`, a rule or the defaults
 * themselves, of which some arguments may be for other initializers. defaults: NULL for none. Errors: INPUT. */
int tool_initializer_check(const tool_document *document, const json_t *object, const json_t *defaults,
                           tool_error *error);

/* Sets the initializer of the tensor, whose shape and dtype are set, from the members of `object`, which has an
 * "init"; an argument that it lacks comes from `defaults`, then from kinit_initializer_default. object NULL: the
 * initializer of the defaults. defaults: NULL for none. scope: the names that arithmetic knows besides fan_in and
 * fan_out. Whether the values fit is not checked. Errors: INPUT (unknown initializer, an argument of the object that
 * the initializer does not take, a wrong type, wrong arithmetic, no value for constant). */
int tool_initializer_read(const tool_document *document, const json_t *object, const json_t *defaults,
                          const tool_scope *scope, tool_tensor *tensor, tool_error *error);

/* Reads the member "dtype". Errors: INPUT. */
int tool_dtype_read(const tool_document *document, const json_t *object, kinit_dtype *dtype, tool_error *error);

/* What tool_fill_check said of a tensor, or that its dtype does not hold the values, as an error at the line of a
 * member. */
int tool_initializer_accept(const tool_document *document, const json_t *object, const char *key, kinit_status status,
                            const tool_tensor *tensor, tool_error *error);

#endif
