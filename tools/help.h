/* The text of --help. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_HELP_H
#define KINIT_TOOLS_HELP_H

#include <stdio.h>

void tool_help_print(FILE *stream);

#endif
