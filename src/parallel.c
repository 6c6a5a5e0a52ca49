/* The only file that knows OpenMP.
 *
 * Owns: the number of threads and the parallel loop. SPDX-License-Identifier: Apache-2.0 */
#define _POSIX_C_SOURCE 200809L /* getpid */
#include "parallel.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "kinit/kinit.h"

#if KINIT_HAVE_OPENMP
#include <omp.h>
#include <unistd.h>

#include "cpu.h"

static _Atomic int chosen_threads; /* 0: the default */

/* The process in which threads were first started, 0 before. Those of OpenMP do not survive a fork: in a child process
 * a team would wait for ever, so the child computes alone. */
static _Atomic long team_process;

static int forked(void) {
  const long owner = atomic_load(&team_process);
  return owner != 0 && owner != (long)getpid();
}

/* The cores of OpenMP's places, where the user or OpenMP set any. It then binds the calling thread to one of them,
 * whose own affinity tells nothing about the others. */
static int count_cores(void) {
  enum { MOST = 1024 };
  int processors[MOST], count = 0;
  for (int place = 0; place < omp_get_num_places(); place++) {
    const int size = omp_get_place_num_procs(place);
    if (size > MOST - count) break;
    omp_get_place_proc_ids(place, processors + count);
    count += size;
  }
  return count > 0 ? kinit_cpu_cores_of(processors, count) : kinit_cpu_cores();
}

/* OpenMP's own default counts hardware threads, of which two in a core disturb each other here; so the cores are the
 * limit, unless the user gave a number. */
static int default_threads(void) {
  static _Atomic int cores;
  const int available = omp_get_max_threads();
  if (getenv("OMP_NUM_THREADS") != NULL) return available;
  int limit = atomic_load(&cores);
  if (limit == 0) {
    limit = count_cores();
    atomic_store(&cores, limit);
  }
  return available < limit ? available : limit;
}

int kinit_num_threads(void) {
  const int chosen = atomic_load(&chosen_threads);
  if (omp_in_parallel() || forked()) return 1;
  return chosen > 0 ? chosen : default_threads();
}

kinit_status kinit_set_num_threads(int count) {
  if (count < 0) return KINIT_ERROR_THREADS;
  atomic_store(&chosen_threads, count);
  return KINIT_OK;
}

void kinit_parallel(int pieces, kinit_piece *piece, const void *context) {
  if (pieces <= 1) {
    for (int i = 0; i < pieces; i++) piece(context, i);
    return;
  }
  atomic_store(&team_process, (long)getpid());
#pragma omp parallel for schedule(static, 1) num_threads(pieces)
  for (int i = 0; i < pieces; i++) piece(context, i);
}

#else

int kinit_num_threads(void) { return 1; }

kinit_status kinit_set_num_threads(int count) { return count < 0 ? KINIT_ERROR_THREADS : KINIT_OK; }

void kinit_parallel(int pieces, kinit_piece *piece, const void *context) {
  for (int i = 0; i < pieces; i++) piece(context, i);
}

#endif
