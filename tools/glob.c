/* Globs of names, by the C library's fnmatch.
 *
 * Owns: the comparison of two globs. SPDX-License-Identifier: Apache-2.0 */
#include "glob.h"

#include <fnmatch.h>
#include <stddef.h>
#include <string.h>

enum { LONGEST_SET = 255 };

/* One part of a glob. */
typedef struct part {
  enum { END, STAR, ANY, SET, BYTE } kind;
  const char *text; /* a set: from its bracket on */
  size_t length;
  char byte;
} part;

/* Length of the set that begins with the bracket, 0 if it never ends: then the bracket stands for itself. A closing
 * bracket is no end at the beginning, after the sign of a complement, and inside of [:class:] and its kind. */
static size_t set_length(const char *text) {
  const char *at = text + 1;
  if (*at == '!' || *at == '^') at++;
  if (*at == ']') at++;
  while (*at != '\0' && *at != ']') {
    const char inner = at[0] == '[' && at[1] != '\0' && strchr(":.=", at[1]) != NULL ? at[1] : '\0';
    const char close[] = {inner, ']', '\0'};
    const char *end = inner != '\0' ? strstr(at + 2, close) : NULL;
    if (end != NULL)
      at = end + 2;
    else
      at += at[0] == '\\' && at[1] != '\0' ? 2 : 1;
  }
  return *at == ']' ? (size_t)(at - text) + 1 : 0;
}

static part part_at(const char *glob) {
  const size_t set = *glob == '[' ? set_length(glob) : 0;
  if (*glob == '\0') return (part){END, glob, 0, 0};
  if (*glob == '*') return (part){STAR, glob, 1, 0};
  if (*glob == '?') return (part){ANY, glob, 1, 0};
  if (set > 0) return (part){SET, glob, set, 0};
  if (glob[0] == '\\' && glob[1] != '\0') return (part){BYTE, glob, 2, glob[1]};
  return (part){BYTE, glob, 1, glob[0]};
}

static bool set_holds(const part *set, char byte) {
  char glob[LONGEST_SET + 1];
  const char name[] = {byte, '\0'};
  if (set->length > LONGEST_SET) return false;
  memcpy(glob, set->text, set->length);
  glob[set->length] = '\0';
  return tool_glob_matches(glob, name);
}

/* Whether the first part, no star, matches all that the second one does. */
static bool covers_part(const part *general, const part *special) {
  switch (general->kind) {
    case ANY:
      return special->kind == ANY || special->kind == SET || special->kind == BYTE;
    case SET:
      if (special->kind == BYTE) return set_holds(general, special->byte);
      return special->kind == SET && special->length == general->length &&
             memcmp(special->text, general->text, general->length) == 0;
    case BYTE:
      return special->kind == BYTE && special->byte == general->byte;
    default:
      return false;
  }
}

bool tool_glob_matches(const char *glob, const char *name) { return fnmatch(glob, name, 0) == 0; }

/* As names are matched with globs: each star takes as few parts as will do, the last one more as long as it fails. */
bool tool_glob_covers(const char *general, const char *special) {
  const char *after_star = NULL, *taken = NULL;
  for (;;) {
    const part a = part_at(general), b = part_at(special);
    if (a.kind == STAR) {
      after_star = general += a.length;
      taken = special;
    } else if (a.kind == END && b.kind == END) {
      return true;
    } else if (covers_part(&a, &b)) {
      general += a.length;
      special += b.length;
    } else if (after_star != NULL && part_at(taken).kind != END) {
      taken += part_at(taken).length;
      general = after_star;
      special = taken;
    } else {
      return false;
    }
  }
}
