/* The text of --help. SPDX-License-Identifier: Apache-2.0 */
#include "help.h"

void tool_help_print(FILE *stream) { fputs("usage: kinit-fill PLAN -o FILE\n", stream); }
