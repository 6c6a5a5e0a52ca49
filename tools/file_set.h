/* The files that one output path stands for: a checkpoint in one file, or in several with their index.
 *
 * Owns: the declarations of file_set.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_FILE_SET_H
#define KINIT_TOOLS_FILE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "error.h"

/* A file that is there. */
typedef struct tool_member {
  char *path;
  struct stat status;
} tool_member;

/* In the order of their paths. */
typedef struct tool_file_set {
  tool_member *members;
  size_t count;
} tool_file_set;

/* The length of an output's path without ".safetensors". */
int tool_file_set_stem(const char *output);

/* Finds what is there of the output STEM.safetensors: that file, STEM.safetensors.index.json, every
 * STEM-NNNNN-of-NNNNN.safetensors; or of DIR/.metadata: that file and every __N_N.distcp; and config.json if
 * `with_config`. Errors: FAILED. */
int tool_file_set_find(const char *output, bool with_config, tool_file_set *set, tool_error *error);

/* The name beside `path` that a file has while the old one is there: STEM-00001-of-00002.new1.safetensors. Such names
 * belong to the set, too. NULL: no memory; the caller frees it. */
char *tool_file_set_beside(const char *path, int number);

/* The first number whose names nobody has. */
int tool_file_set_number(const tool_file_set *set);

/* Whether both are the same files, unchanged. */
bool tool_file_set_equal(const tool_file_set *a, const tool_file_set *b);

/* Releases what the set holds. Zeroed ones are allowed. */
void tool_file_set_free(tool_file_set *set);

#endif
