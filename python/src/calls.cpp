/* Owns: what calls.h says. SPDX-License-Identifier: Apache-2.0 */
#include "calls.h"

#include <pthread.h>
#include <unistd.h>

namespace kinit_python {

namespace {

/* Guarded by the GIL. */
int calls = 0;
bool ended = false;
pthread_t last_thread;

}  // namespace

Call::Call() {
  if (ended && !pthread_equal(pthread_self(), last_thread)) {
    PyEval_SaveThread();
    for (;;) pause();
  }
  calls++;
}

Call::~Call() { calls--; }

void end_calls() {
  last_thread = pthread_self();
  ended = true;
  while (calls > 0) {
    Py_BEGIN_ALLOW_THREADS;
    usleep(1000);
    Py_END_ALLOW_THREADS;
  }
}

void watch_forks() {
  pthread_atfork(nullptr, nullptr, [] { calls = 0; }); /* of threads that the child does not have */
}

}  // namespace kinit_python
