/* The text of --help.
 *
 * Owns: the declaration of help.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_HELP_H
#define KINIT_TOOLS_HELP_H

#include <stdio.h>

/* Prints how the command is used: all options, what a plan holds, the exit codes. docs/kinit-fill.1 says more. */
void tool_help_print(FILE *stream);

#endif
