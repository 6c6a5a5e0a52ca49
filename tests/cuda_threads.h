/* The kernels of a GPU, compiled for the host: one thread after another.
 *
 * Owns: the list of them by name, and the loop over threads. One file of a program includes it.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TESTS_CUDA_THREADS_H
#define KINIT_TESTS_CUDA_THREADS_H

#include <cstring>

#include "cuda/kernels.cu"

namespace kinit_test {

using CudaKernel = void(const kinit_cuda_job);

inline CudaKernel *FindCudaKernel(const char *wanted) {
#define FIND(name, dtype, place) \
  if (std::strcmp(wanted, "kinit_" #name "_" #dtype) == 0) return kinit_##name##_##dtype;
  KERNELS(FIND)
  KERNELS_WITH_FMA(FIND)
  FIND(constant, F64, )
  FIND(constant, F32, )
  FIND(constant, F16, )
  FIND(constant, F8_E4M3, )
#undef FIND
  return nullptr;
}

inline void RunCudaKernel(CudaKernel *kernel, const kinit_cuda_job &job, uint64_t threads) {
  ks_host_threads = threads;
  for (ks_host_thread = 0; ks_host_thread < threads; ks_host_thread++) kernel(job);
}

}  // namespace kinit_test

#endif
