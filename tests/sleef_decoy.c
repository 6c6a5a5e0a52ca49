/* A library that exports the names of SLEEF that kinit uses, loaded before SLEEF's own, as PyTorch's library can be.
 * Its functions end the process: whoever reaches them was bound to the wrong library.
 *
 * Owns: these names. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#define DECOY(name)                                     \
  void name(void);                                      \
  void name(void) {                                     \
    (void)fputs("the decoy's " #name " ran\n", stderr); \
    _Exit(3);                                           \
  }

DECOY(Sleef_finz_sincospid1_u35purecfma)
DECOY(Sleef_finz_sincospid2_u35advsimd)
DECOY(Sleef_finz_sincospid4_u35avx2)
DECOY(Sleef_finz_sincospid8_u35avx512f)
