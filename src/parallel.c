/* The only file that starts threads.
 *
 * Owns: the number of threads and the parallel loop. SPDX-License-Identifier: Apache-2.0
 *
 * A fill starts the threads that it needs, and takes the pieces with them until none is left. A thread lingers for a
 * fraction of a millisecond after its fill, because the next often follows at once, and then ends. So an idle process
 * has no thread of kinit's; a child of fork starts its own; and a library that is unloaded waits for its threads to
 * end. */
#define _GNU_SOURCE /* signals, pthread_atfork, pthread_attr_setaffinity_np */
#include "parallel.h"

#include <stdatomic.h>
#include <stddef.h>

#include "kinit/kinit.h"

#if KINIT_HAVE_THREADS
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>

#include "cpu.h"
#include "environment.h"

/* ---- How many threads -------------------------------------------------------------------------------------------- */

static _Atomic int chosen_threads; /* 0: the default */
static _Atomic int quota;          /* processors that the last reading gave, INT_MAX without one; 0: not read yet */
static _Atomic int running;        /* threads that fill now, those that called and those that were started */

enum { BYTES_PER_READING = 64 << 20 }; /* a fill of so many may spend the time to read the quota again */

static int read_quota(void) {
  const int processors = kinit_cpu_quota("");
  atomic_store(&quota, processors > 0 ? processors : INT_MAX);
  return atomic_load(&quota);
}

static int current_limit(bool afresh) {
  const int chosen = atomic_load(&chosen_threads), environment = kinit_environment_read()->threads;
  if (chosen > 0) return chosen;
  if (environment > 0) return environment;
  const int cores = kinit_cpu_cores(), known = atomic_load(&quota);
  const int most = afresh || known == 0 ? read_quota() : known;
  return cores < most ? cores : most;
}

int kinit_num_threads(void) { return current_limit(true); }

int kinit_parallel_limit(uint64_t bytes) { return current_limit(bytes >= BYTES_PER_READING); }

kinit_status kinit_set_num_threads(int count) {
  if (count < 0) return KINIT_ERROR_THREADS;
  atomic_store(&chosen_threads, count);
  return KINIT_OK;
}

/* Counts up to `wanted` threads in, as many as the limit leaves, one at least: the caller's. */
static int enter(int wanted, int limit) {
  int now = atomic_load(&running), taken;
  do {
    const int free = now < limit ? limit - now : 0;
    taken = free < 1 ? 1 : free < wanted ? free : wanted;
  } while (!atomic_compare_exchange_weak(&running, &now, now + taken));
  return taken;
}

static void leave(int threads) { atomic_fetch_sub(&running, threads); }

/* Counts the calling thread out if more run than the limit allows, as they do when other callers came meanwhile. */
static bool leave_if_crowded(int limit) {
  int now = atomic_load(&running);
  while (now > limit)
    if (atomic_compare_exchange_weak(&running, &now, now - 1)) return true;
  return false;
}

/* ---- Workers ----------------------------------------------------------------------------------------------------- */

typedef struct worker worker;

enum { MOST_WORKERS = 1023 };

/* A parallel loop under way, on the stack of its caller. Its helpers stand here and not in a list of workers: one that
 * has waited too long for its caller ends, and may help another before this caller looks at it. */
typedef struct team {
  kinit_piece *piece;
  const void *context;
  int pieces, limit;
  int processor; /* of the caller */
  _Atomic int next;
  uint64_t helpers[MOST_WORKERS / 64 + 1]; /* a bit for each worker that helps */
} team;

/* VACANT -> TAKEN -> BUSY -> DONE -> LINGERING -> ENDED, and from LINGERING or ENDED to TAKEN again. A caller takes a
 * worker by one exchange; only the caller whom it helped lets it linger; only itself it ends. */
enum { VACANT, TAKEN, BUSY, DONE, LINGERING, ENDED };

struct worker {
  team *team;
  uint64_t place; /* the processors on which it runs */
  pthread_t thread;
  pthread_mutex_t mutex; /* for its caller, to sleep until it is done */
  pthread_cond_t done;
  _Atomic int state;
  bool ready;     /* mutex and done are, for ever: a caller may look at them late */
  bool elsewhere; /* it started where it may not run on its caller's processor */
};

enum {
  STACK = 256 << 10,   /* the thread-local variables of the whole process lie there too */
  PAUSES = 16,         /* looks at a state, before others may use the processor */
  LINGER_ROUNDS = 200, /* of so many looks */
  WAIT_ROUNDS = 50
};

static worker workers[MOST_WORKERS];
static _Atomic int used_workers; /* beyond it all are vacant */
static _Atomic bool closed;      /* no thread starts any more */

static bool exchange(worker *w, int from, int to) { return atomic_compare_exchange_strong(&w->state, &from, to); }

/* Waits a little, until the worker is busy, or is not: false if the time was too short. */
static bool soon(const worker *w, bool busy, int rounds) {
  for (int round = 0; round < rounds && !atomic_load(&closed); round++) {
    for (int i = 0; i < PAUSES; i++) {
      if ((atomic_load(&w->state) == BUSY) == busy) return true;
      kinit_cpu_pause();
    }
    (void)sched_yield();
  }
  return false;
}

/* Linux may leave a thread on the processor of another for milliseconds, while others are idle. So a helper starts on
 * another one than its caller's, leaves that if they meet there, and may run on all of them again. */
#ifdef __GLIBC__
static int current_processor(void) { return sched_getcpu(); }

static bool find_others(int processor, cpu_set_t *others) {
  if (processor < 0 || pthread_getaffinity_np(pthread_self(), sizeof *others, others) != 0) return false;
  CPU_CLR((size_t)processor, others);
  return CPU_COUNT(others) > 0;
}

static void allow(int processor) {
  cpu_set_t all;
  if (pthread_getaffinity_np(pthread_self(), sizeof all, &all) != 0) return;
  CPU_SET((size_t)processor, &all);
  (void)pthread_setaffinity_np(pthread_self(), sizeof all, &all);
}

static void leave_processor(int processor) {
  cpu_set_t others;
  if (processor != sched_getcpu() || !find_others(processor, &others)) return;
  if (pthread_setaffinity_np(pthread_self(), sizeof others, &others) == 0) allow(processor);
}

static bool start_elsewhere(pthread_attr_t *attributes, int processor) {
  cpu_set_t others;
  return find_others(processor, &others) && pthread_attr_setaffinity_np(attributes, sizeof others, &others) == 0;
}
#else
static int current_processor(void) { return -1; }

static void allow(int processor) { (void)processor; }

static void leave_processor(int processor) { (void)processor; }

static bool start_elsewhere(pthread_attr_t *attributes, int processor) { return attributes != NULL && processor >= 0; }
#endif

static bool take_piece(team *t) {
  const int index = atomic_fetch_add(&t->next, 1);
  if (index < t->pieces) t->piece(t->context, index);
  return index < t->pieces;
}

static void help(team *t) {
  do {
    if (leave_if_crowded(t->limit)) return;
  } while (take_piece(t));
  leave(1);
}

/* True if another fill takes the worker before its time is over. */
static bool linger(worker *w) {
  if (soon(w, true, LINGER_ROUNDS)) return true;
  while (!exchange(w, LINGERING, ENDED) && !exchange(w, DONE, ENDED)) {
    if (atomic_load(&w->state) == BUSY) return true;
    (void)sched_yield();
  }
  return false;
}

static void *work(void *argument) {
  worker *w = argument;
  if (w->elsewhere) allow(w->team->processor);
  do {
    const int processor = w->team->processor;
    help(w->team);
    (void)pthread_mutex_lock(&w->mutex);
    atomic_store(&w->state, DONE);
    (void)pthread_cond_signal(&w->done);
    (void)pthread_mutex_unlock(&w->mutex);
    leave_processor(processor);
  } while (linger(w));
  return NULL;
}

/* ---- Starting and ending ----------------------------------------------------------------------------------------- */

static void join(team *t, worker *w) {
  const size_t i = (size_t)(w - workers);
  w->team = t;
  t->helpers[i / 64] |= UINT64_C(1) << i % 64;
}

static void part(team *t, const worker *w) {
  const size_t i = (size_t)(w - workers);
  t->helpers[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* Takes up to `wanted` workers that linger on the same processors. */
static int take_lingering(team *t, int wanted, uint64_t place) {
  const int used = atomic_load(&used_workers);
  int count = 0;
  for (int i = 0; i < used && count < wanted; i++) {
    worker *w = &workers[i];
    if (!exchange(w, LINGERING, TAKEN)) continue;
    const bool same = w->place == place;
    if (same) join(t, w);
    atomic_store(&w->state, same ? BUSY : LINGERING);
    count += same;
  }
  return count;
}

/* Where no thread is, or one that has ended, whose remains are removed. */
static bool take_vacant(worker *w) {
  if (exchange(w, VACANT, TAKEN)) return true;
  if (!exchange(w, ENDED, TAKEN)) return false;
  (void)pthread_join(w->thread, NULL);
  return true;
}

static bool start(team *t, worker *w, uint64_t place, const pthread_attr_t *attributes, bool elsewhere) {
  if (!w->ready) w->ready = pthread_mutex_init(&w->mutex, NULL) == 0 && pthread_cond_init(&w->done, NULL) == 0;
  if (!w->ready) return false;
  w->place = place;
  w->elsewhere = elsewhere;
  join(t, w);
  atomic_store(&w->state, BUSY);
  if (pthread_create(&w->thread, attributes, work, w) == 0) return true;
  part(t, w);
  return false;
}

/* Starts up to `wanted` threads. Fewer, if the system refuses one. */
static int start_vacant(team *t, int wanted, uint64_t place, bool elsewhere) {
  pthread_attr_t attributes;
  int count = 0;
  if (pthread_attr_init(&attributes) != 0) return 0;
  (void)pthread_attr_setstacksize(&attributes, STACK);
  elsewhere = elsewhere && start_elsewhere(&attributes, t->processor);
  for (int i = 0; i < MOST_WORKERS && count < wanted; i++) {
    worker *w = &workers[i];
    if (!take_vacant(w)) continue;
    if (atomic_load(&used_workers) <= i) atomic_store(&used_workers, i + 1);
    if (start(t, w, place, &attributes, elsewhere)) {
      count++;
      continue;
    }
    atomic_store(&w->state, VACANT);
    break;
  }
  (void)pthread_attr_destroy(&attributes);
  return count;
}

/* The signals of the process are for its own threads. Those that a store into memory can raise stay as they are. */
static void block_signals(sigset_t *before) {
  static const int own[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT};
  sigset_t all;
  (void)sigfillset(&all);
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) (void)sigdelset(&all, own[i]);
  (void)pthread_sigmask(SIG_BLOCK, &all, before);
}

static int employ(team *t, int wanted) {
  if (atomic_load(&closed)) return 0;
  const uint64_t place = kinit_cpu_place();
  const int count = take_lingering(t, wanted, place);
  if (count == wanted) return count;
  sigset_t before;
  block_signals(&before);
  int started = start_vacant(t, wanted - count, place, true);
  if (started == 0) started = start_vacant(t, wanted - count, place, false); /* where affinity may not be set */
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return count + started;
}

/* Waits until the worker has done its last piece. */
static void await(worker *w) {
  if (soon(w, false, WAIT_ROUNDS)) return;
  (void)pthread_mutex_lock(&w->mutex);
  while (atomic_load(&w->state) == BUSY) (void)pthread_cond_wait(&w->done, &w->mutex);
  (void)pthread_mutex_unlock(&w->mutex);
}

static void dismiss(const team *t) {
  for (size_t i = 0; i < MOST_WORKERS; i++) {
    if (i % 64 == 0 && t->helpers[i / 64] == 0) i += 63; /* nobody of these */
    if ((t->helpers[i / 64] >> i % 64 & 1) == 0) continue;
    await(&workers[i]);
    (void)exchange(&workers[i], DONE, LINGERING);
  }
}

void kinit_parallel(int limit, int pieces, kinit_piece *piece, const void *context) {
  team t = {.piece = piece, .context = context, .pieces = pieces, .limit = limit, .processor = current_processor()};
  const int threads = enter(pieces < limit ? pieces : limit, limit);
  const int helpers = threads > 1 ? employ(&t, threads - 1) : 0;
  leave(threads - 1 - helpers);
  while (take_piece(&t)) continue;
  leave(1);
  dismiss(&t);
}

/* ---- Fork and unloading ------------------------------------------------------------------------------------------ */

/* In a child only the thread that called fork is left. Another one may have taken a worker, and not yet counted it. */
static void forget_threads(void) {
  for (int i = 0; i < MOST_WORKERS; i++) {
    if (atomic_load(&workers[i].state) == VACANT) continue; /* most have not been touched, and are not here either */
    workers[i].ready = false;                               /* its mutex may be held by a thread that is not here */
    atomic_store(&workers[i].state, VACANT);
  }
  atomic_store(&used_workers, 0);
  atomic_store(&running, 0);
  atomic_store(&quota, 0);
}

__attribute__((constructor)) static void prepare_for_fork(void) {
  if (pthread_atfork(NULL, NULL, forget_threads) != 0) atomic_store(&closed, true);
}

/* The code of the threads goes away with the library. At the end of a process others may still fill: without help. */
__attribute__((destructor)) static void end_threads(void) {
  atomic_store(&closed, true);
  for (int i = atomic_load(&used_workers) - 1; i >= 0; i--) {
    worker *w = &workers[i];
    while (atomic_load(&w->state) != VACANT) {
      if (take_vacant(w))
        atomic_store(&w->state, VACANT);
      else
        (void)sched_yield();
    }
  }
}

#else

int kinit_num_threads(void) { return 1; }

int kinit_parallel_limit(uint64_t bytes) { return bytes > 0; }

kinit_status kinit_set_num_threads(int count) { return count < 0 ? KINIT_ERROR_THREADS : KINIT_OK; }

void kinit_parallel(int limit, int pieces, kinit_piece *piece, const void *context) {
  (void)limit;
  for (int i = 0; i < pieces; i++) piece(context, i);
}

#endif
