/* What stands in a checkpoint: --inspect.
 *
 * Owns: the declarations of inspect.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_INSPECT_H
#define KINIT_TOOLS_INSPECT_H

#include "error.h"

/* Prints on stdout, for every tensor of a file or of an index, one line: name, dtype, shape, mean, standard deviation
 * (of the numbers as a population), least and greatest, a histogram of at most 32 bins from the least to the greatest,
 * and how many elements are not finite, which nothing else counts. Elements of dtypes that kinit does not have are not
 * read. Errors: INPUT, FAILED. */
int tool_inspect(const char *path, tool_error *error);

#endif
