/* Globs of names: what they match, and when one leaves nothing for another.
 *
 * Owns: the declarations of glob.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_GLOB_H
#define KINIT_TOOLS_GLOB_H

#include <stdbool.h>

/* Whether the glob matches the whole name, by POSIX fnmatch without flags: `*` matches any bytes, dots and slashes too,
 * `?` one byte, `[...]` one of a set, and a backslash takes the next byte as it is. */
bool tool_glob_matches(const char *glob, const char *name);

/* Whether every name that `special` matches is one that `general` matches, as far as their parts tell: `*` covers any
 * parts, `?` any single byte or set, a set the bytes that it holds and itself, a byte itself. True is always right;
 * false can be wrong where a `*` of `special` would have to be taken apart. */
bool tool_glob_covers(const char *general, const char *special);

#endif
