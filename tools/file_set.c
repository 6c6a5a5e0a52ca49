/* The files that one output path stands for.
 *
 * Owns: which names belong to a checkpoint, and when two findings are the same. SPDX-License-Identifier: Apache-2.0 */
#include "file_set.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dcp.h"

enum { NAME_SIZE = 256 }; /* of a file in a directory */

static const char suffix[] = ".safetensors";

int tool_file_set_stem(const char *output) {
  const size_t length = strlen(output), end = sizeof suffix - 1;
  return (int)(length > end && strcmp(output + length - end, suffix) == 0 ? length - end : length);
}

/* Whether `text` begins with a number of five digits or more; *end is behind it. */
static bool is_number(const char *text, const char **end) {
  for (*end = text; isdigit((unsigned char)**end);) ++*end;
  return *end - text >= 5;
}

/* "-00001-of-00002.safetensors" */
static bool is_shard_ending(const char *text) {
  const char *end;
  if (text[0] != '-' || !is_number(text + 1, &end) || strncmp(end, "-of-", 4) != 0) return false;
  return is_number(end + 4, &end) && strcmp(end, suffix) == 0;
}

char *tool_file_set_beside(const char *path, int number) {
  const char *const point = strrchr(path, '.');
  char *result;
  return asprintf(&result, "%.*s.new%d%s", (int)(point - path), path, number, point) >= 0 ? result : NULL;
}

int tool_file_set_number(const tool_file_set *set) {
  char text[32];
  int number = 1;
  for (size_t i = 0; i < set->count;) {
    snprintf(text, sizeof text, ".new%d.", number);
    const bool is_taken = strstr(set->members[i].path, text) != NULL;
    number += is_taken;
    i = is_taken ? 0 : i + 1;
  }
  return number;
}

/* The name without ".new1" and its like before the last point. */
static void plain_name(const char *name, char plain[NAME_SIZE]) {
  const char *const point = strrchr(name, '.'), *start = strstr(name, ".new"), *end;
  snprintf(plain, NAME_SIZE, "%s", name);
  if (point == NULL || start == NULL) return;
  for (end = start + 4; isdigit((unsigned char)*end);) end++;
  if (end == point && end > start + 4) snprintf(plain, NAME_SIZE, "%.*s%s", (int)(start - name), name, point);
}

/* base: the last part of the output's path, its stem of `stem` bytes. */
static bool is_member(const char *base, size_t stem, bool with_config, const char *name) {
  char plain[NAME_SIZE];
  plain_name(name, plain);
  if (strcmp(name, base) == 0 || (with_config && strcmp(name, "config.json") == 0)) return true;
  if (tool_dcp_is_output(base)) return tool_dcp_is_file(plain);
  if (strncmp(name, base, stem) != 0) return false;
  return strcmp(name + stem, ".safetensors.index.json") == 0 || is_shard_ending(plain + stem);
}

static int add_member(tool_file_set *set, const char *output, size_t directory, const char *name, tool_error *error) {
  tool_member *const larger = realloc(set->members, (set->count + 1) * sizeof *larger);
  if (larger == NULL) return tool_fail_memory(error);
  set->members = larger;
  tool_member *const member = &larger[set->count];
  if (asprintf(&member->path, "%.*s%s", (int)directory, output, name) < 0) return tool_fail_memory(error);
  if (stat(member->path, &member->status) == 0 || lstat(member->path, &member->status) == 0)
    set->count++;
  else
    free(member->path); /* it has just gone */
  return TOOL_OK;
}

static int compare_members(const void *a, const void *b) {
  return strcmp(((const tool_member *)a)->path, ((const tool_member *)b)->path);
}

int tool_file_set_find(const char *output, bool with_config, tool_file_set *set, tool_error *error) {
  const char *const slash = strrchr(output, '/'), *const base = slash != NULL ? slash + 1 : output;
  const size_t directory = (size_t)(base - output), stem = (size_t)tool_file_set_stem(output) - directory;
  char path[TOOL_PATH_SIZE];
  int code = TOOL_OK;
  *set = (tool_file_set){0};
  snprintf(path, sizeof path, "%.*s", directory > 0 ? (int)directory : 1, directory > 0 ? output : ".");
  DIR *const stream = opendir(path);
  if (stream == NULL && errno == EACCES) return TOOL_OK; /* it may be written and not read */
  if (stream == NULL) return tool_fail(error, TOOL_FAILED, output, 0, "%s", strerror(errno));
  for (struct dirent *entry = readdir(stream); entry != NULL && code == TOOL_OK; entry = readdir(stream))
    if (is_member(base, stem, with_config, entry->d_name))
      code = add_member(set, output, directory, entry->d_name, error);
  closedir(stream);
  if (set->count > 0) qsort(set->members, set->count, sizeof *set->members, compare_members);
  return code;
}

static bool is_same(const tool_member *a, const tool_member *b) {
  const struct stat *const x = &a->status, *const y = &b->status;
  return strcmp(a->path, b->path) == 0 && x->st_dev == y->st_dev && x->st_ino == y->st_ino &&
         x->st_size == y->st_size && x->st_mtim.tv_sec == y->st_mtim.tv_sec && x->st_mtim.tv_nsec == y->st_mtim.tv_nsec;
}

bool tool_file_set_equal(const tool_file_set *a, const tool_file_set *b) {
  if (a->count != b->count) return false;
  for (size_t i = 0; i < a->count; i++)
    if (!is_same(&a->members[i], &b->members[i])) return false;
  return true;
}

void tool_file_set_free(tool_file_set *set) {
  for (size_t i = 0; i < set->count; i++) free(set->members[i].path);
  free(set->members);
  *set = (tool_file_set){0};
}
