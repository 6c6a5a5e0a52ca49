/* Threads that share one piece of work. SPDX-License-Identifier: Apache-2.0 */
#include "threads.h"

#include <kinit/kinit.h>
#include <pthread.h>

enum { MAX_THREADS = 128, STACK = 512 << 10 };

typedef struct worker {
  tool_thread_body *body;
  void *shared, *memory;
  pthread_t thread;
} worker;

static void *run_body(void *context) {
  const worker *const self = context;
  self->body(self->shared, self->memory);
  return NULL;
}

/* False where there is no memory for it, or no thread. */
static bool start(worker *w, size_t bytes) {
  pthread_attr_t attributes;
  w->memory = kinit_alloc(bytes);
  if (w->memory == NULL || pthread_attr_init(&attributes) != 0) return kinit_free(w->memory), false;
  pthread_attr_setstacksize(&attributes, STACK);
  const bool started = pthread_create(&w->thread, &attributes, run_body, w) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) kinit_free(w->memory);
  return started;
}

/* This thread has its memory before all others, so the work is done where there is none for them. */
bool tool_threads_run(int per_core, size_t bytes, tool_thread_body *body, void *shared) {
  worker others[MAX_THREADS];
  void *const own = kinit_alloc(bytes);
  const int wanted = kinit_num_threads() < MAX_THREADS / per_core ? kinit_num_threads() * per_core : MAX_THREADS;
  int started = 0;
  if (own == NULL) return false;
  kinit_set_num_threads(1);
  while (started < wanted - 1) {
    others[started] = (worker){.body = body, .shared = shared};
    if (!start(&others[started], bytes)) break;
    started++;
  }
  body(shared, own);
  for (int i = 0; i < started; i++) {
    pthread_join(others[i].thread, NULL);
    kinit_free(others[i].memory);
  }
  kinit_free(own);
  kinit_set_num_threads(0);
  return true;
}
