/* Where a value stands in a JSON text: walks along the text and along jansson's tree of it at the same time.
 *
 * Owns: that walk. The text is known to be correct, and members of objects come in the order of the text.
 * SPDX-License-Identifier: Apache-2.0 */
#include "json_line.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct walk {
  const char *at;
  int line;
  const json_t *container;
  const char *key;
  size_t index;
} walk;

/* To the next byte that is neither white space nor a separator. */
static void skip_space(walk *w) {
  for (; *w->at != '\0' && strchr(" \t\r\n,:", *w->at) != NULL; w->at++) w->line += *w->at == '\n';
}

static void skip_string(walk *w) {
  for (w->at++; *w->at != '"'; w->at++) w->at += *w->at == '\\';
  w->at++;
}

static bool find(walk *w, const json_t *value);

static bool find_in_object(walk *w, const json_t *object) {
  void *const members = (void *)(uintptr_t)object; /* jansson's iterators take no const, and change nothing */
  const int begin = w->line;
  for (void *i = json_object_iter(members); i != NULL; i = json_object_iter_next(members, i)) {
    skip_space(w);
    if (object == w->container && strcmp(json_object_iter_key(i), w->key) == 0) return true;
    skip_string(w);
    if (find(w, json_object_iter_value(i))) return true;
  }
  if (object != w->container) return false;
  w->line = begin;
  return true;
}

static bool find_in_array(walk *w, const json_t *array) {
  for (size_t i = 0; i < json_array_size(array); i++) {
    skip_space(w);
    if (array == w->container && i == w->index) return true;
    if (find(w, json_array_get(array, i))) return true;
  }
  return false;
}

/* True, and the place is found; or false, and the walk stands behind the value. */
static bool find(walk *w, const json_t *value) {
  skip_space(w);
  if (json_is_string(value)) {
    skip_string(w);
  } else if (!json_is_object(value) && !json_is_array(value)) {
    w->at += strcspn(w->at, " \t\r\n,]}");
  } else {
    w->at++;
    if (json_is_object(value) ? find_in_object(w, value) : find_in_array(w, value)) return true;
    skip_space(w);
    w->at++;
  }
  return false;
}

int tool_json_line(const char *text, const json_t *root, const json_t *container, const char *key, size_t index) {
  walk w = {text, 1, container, key, index};
  find(&w, root);
  return w.line;
}
