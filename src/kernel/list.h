/* The list of kernels that draw, and the short names of dtypes in it.
 *
 * Owns: which distribution a backend draws in which dtype. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_KERNEL_LIST_H
#define KINIT_KERNEL_LIST_H

#include "../kernel.h"

enum {
  F32 = KINIT_KERNEL_F32,
  F64 = KINIT_KERNEL_F64,
  F16 = KINIT_KERNEL_F16,
  BF16 = KINIT_KERNEL_BF16,
  F8_E4M3 = KINIT_KERNEL_F8_E4M3,
  F8_E5M2 = KINIT_KERNEL_F8_E5M2
};

/* clang-format off */
/* row(distribution, dtype, place in the table) */
#define KERNELS(row)                          \
  row(bits, F32, bits)                        \
  row(uniform, F32, uniform[F32])             \
  row(uniform, F64, uniform[F64])             \
  row(uniform, F16, uniform[F16])             \
  row(uniform, BF16, uniform[BF16])           \
  row(uniform, F8_E4M3, uniform[F8_E4M3])     \
  row(uniform, F8_E5M2, uniform[F8_E5M2])     \
  row(normal, F32, normal[F32])               \
  row(normal, F16, normal[F16])               \
  row(normal, BF16, normal[BF16])             \
  row(normal, F8_E4M3, normal[F8_E4M3])       \
  row(normal, F8_E5M2, normal[F8_E5M2])       \
  row(truncated, F32, truncated[F32])         \
  row(truncated, F16, truncated[F16])         \
  row(truncated, BF16, truncated[BF16])       \
  row(truncated, F8_E4M3, truncated[F8_E4M3]) \
  row(truncated, F8_E5M2, truncated[F8_E5M2])
#define KERNELS_WITH_SINCOSPI(row) row(normal, F64, normal[F64])
#define KERNELS_WITH_FMA(row) row(truncated, F64, truncated[F64])
/* clang-format on */

#endif
