/* How the command says what went wrong.
 *
 * Owns: the exit codes and the error that all functions of tools/ fill. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_ERROR_H
#define KINIT_TOOLS_ERROR_H

/* Exit codes of the command, and what its functions return. Values are fixed for ever. A process that a signal ends
 * dies of that signal, which a shell shows as 128 + its number. */
enum {
  TOOL_OK = 0,
  TOOL_FAILED = 1,   /* the system refused: no space, no permission, no memory, the output exists */
  TOOL_USAGE = 2,    /* the command line is wrong */
  TOOL_INPUT = 3,    /* a plan, rules or a checkpoint is malformed or asks for what kinit does not do */
  TOOL_DIFFERENT = 4 /* --verify: the file is not what the plan gives */
};

enum { TOOL_PATH_SIZE = 4096, TOOL_REASON_SIZE = 1024 };

/* What went wrong, where. Read only after a function returned something else than TOOL_OK. */
typedef struct tool_error {
  char path[TOOL_PATH_SIZE]; /* the file at fault, or "" */
  int line;                  /* its line, from 1, or 0 */
  char reason[TOOL_REASON_SIZE];
} tool_error;

/* Fills *error as printf does, cutting what is too long, and returns code. path: NULL for none; line: 0 for none. */
#ifdef __GNUC__
__attribute__((format(printf, 5, 6)))
#endif
int tool_fail(tool_error *error, int code, const char *path, int line, const char *format, ...);

/* TOOL_FAILED because malloc gave none. */
int tool_fail_memory(tool_error *error);

/* Says something on stderr that is no error, as printf does. */
#ifdef __GNUC__
__attribute__((format(printf, 1, 2)))
#endif
void tool_note(const char *format, ...);

/* "kinit-fill: path:line: reason", without the parts that are not there, on stderr. */
void tool_error_print(const tool_error *error);

#endif
