/* kinit on a GPU: the bytes that kinit_initialize gives, written by the GPU into its own memory.
 * SPDX-License-Identifier: Apache-2.0
 *
 * Plain C11, and clean in C++17. It needs no header of CUDA, and the library is linked with none of CUDA's: the driver
 * (libcuda.so.1) is looked for when one of these functions first needs it, so one library serves machines with and
 * without a GPU. The kernels are in builds that were made where nvcc was (KINIT_CUDA); the functions are in all. */
#ifndef KINIT_CUDA_H
#define KINIT_CUDA_H

#include "kinit/kinit.h"

#ifdef __cplusplus
extern "C" {
#endif

/* 1 if this build has kernels for a GPU, the CUDA driver loads, and it finds a GPU; otherwise 0. The driver is asked
 * once, at the first call that needs it, and is initialized then: a child of fork cannot use CUDA after that. The
 * driver has to know cuLibraryLoadData, as those of CUDA 12 and later do. */
KINIT_API int kinit_cuda_available(void);

/* kinit_initialize on memory of a GPU: tensor->data is an address that the GPU of the current CUDA context can write
 * to, and the arrays of the tensor are the host's. Element e has the bytes that kinit_initialize gives it on the
 * processor.
 *
 *   cuda_stream  a CUstream or cudaStream_t of the current context; NULL is its default stream
 *
 * The call returns when the kernels stand in the stream: it neither waits for the GPU nor allocates memory. The first
 * call of a process loads the kernels, and the first of a context may take longer too. Wait for the stream, or
 * go on in it, before the tensor is read.
 *
 * Errors: those of kinit_initialize, in its order, but in the place of NEEDS_FMA, CUDA_KERNEL for normals in F64 (those
 * that are truncated are drawn). Then CUDA_ABSENT, CUDA_CONTEXT, CUDA_STREAM, CUDA_ARCHITECTURE,
 * CUDA_MEMORY, CUDA. A call that returns an error has put nothing into the stream; EYE and DIRAC, which
 * are several kernels in a row, may have put their zeros there if the driver fails between two of them. What goes wrong
 * while the GPU works, such as an address that it cannot write to, the CUDA driver reports at a later call.
 *
 * Thread-safe: any number of threads may call it at once, for tensors that do not overlap. */
KINIT_API kinit_status kinit_cuda_initialize(const kinit_tensor *tensor, const kinit_initializer *initializer,
                                             kinit_stream stream, void *cuda_stream);

#ifdef __cplusplus
}
#endif

#endif
