/* The fat binary that nvcc makes of kernels.cu, as it is.
 *
 * Owns: kinit_cuda_image. The build names the file (KINIT_CUDA_IMAGE). SPDX-License-Identifier: Apache-2.0 */
#include "driver.h"

__asm__(
    ".pushsection .rodata\n"
    ".balign 64\n"
    ".global kinit_cuda_image\n"
    ".hidden kinit_cuda_image\n"
    ".type kinit_cuda_image, %object\n"
    "kinit_cuda_image:\n"
    ".incbin \"" KINIT_CUDA_IMAGE
    "\"\n"
    ".size kinit_cuda_image, . - kinit_cuda_image\n"
    ".popsection\n");
