/* A library of the tests in the place of the CUDA driver's: it records calls, fails on demand, and runs the kernels on
 * the host.
 *
 * Owns: what a test sets and reads of it; the library is stand_in.cpp. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_STAND_IN_H
#define KINIT_TESTS_STAND_IN_H

#include "cuda/launch.h"

struct StandIn {
  /* Set by a test. */
  const char *failing; /* the function that returns `error`; NULL for none */
  int error;
  int devices;
  int multiprocessors;
  void *context; /* the current one */
  bool runs;     /* whether a launch runs the kernel */
  bool spoils;   /* whether it then runs on numbers that are not the stream's, so that a comparison has to fail */

  /* What was called. */
  int inits, loads, launches;
  const void *image;
  char kernel[64]; /* of the last launch, as all below */
  unsigned grid[3], block[3], shared_bytes;
  void *stream;
  kinit_cuda_job job;
};

/* The one of the process. Tests change it while no thread calls the driver. */
extern "C" StandIn *stand_in();

#endif
