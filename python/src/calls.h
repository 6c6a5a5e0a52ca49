/* Calls of kinit and the end of the interpreter.
 *
 * Owns: what becomes of threads that call kinit while the program ends. Up to Python 3.13 the interpreter ends a daemon
 * thread by pthread_exit when it asks for the GIL, which unwinds the stack; frames of nanobind and torch are noexcept,
 * so that std::terminate aborts the process. Therefore the program's end waits for calls in progress, and calls that
 * begin after that sleep until the process is gone. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_PYTHON_CALLS_H
#define KINIT_PYTHON_CALLS_H

#include <Python.h>

namespace kinit_python {

/* A call of kinit, from here to the end of the block. With the GIL. */
class Call {
 public:
  Call();
  ~Call();
  Call(const Call &) = delete;
  Call &operator=(const Call &) = delete;
};

/* To be called as atexit does: by the last thread that Python waits for, with the GIL. */
void end_calls();

/* To be called once, when the module is imported. */
void watch_forks();

}  // namespace kinit_python

#endif
