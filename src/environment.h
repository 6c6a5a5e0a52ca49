/* What the environment says, read once.
 *
 * Owns: the declarations of environment.c. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_ENVIRONMENT_H
#define KINIT_ENVIRONMENT_H

typedef struct kinit_environment {
  char isa[16];   /* KINIT_ISA; empty if it is not set, or longer than any name */
  int huge_pages; /* 0 if KINIT_HUGE_PAGES is 0, else 1 */
  int threads;    /* the first number of OMP_NUM_THREADS; 0 if it is not a positive number */
} kinit_environment;

const kinit_environment *kinit_environment_read(void);

#endif
