/* The CUDA driver of the tests: its functions that kinit calls, under their names, and with their order of arguments.
 *
 * Owns: libcuda.so.1 of the build. scripts/cuda-check compares its declarations with those of cuda.h.
 * SPDX-License-Identifier: Apache-2.0 */
#ifdef KINIT_WITH_CUDA_H
#include <cuda.h>
#else
typedef int CUresult;
typedef int CUdevice;
typedef int CUdevice_attribute;
typedef int CUjit_option;
typedef int CUlibraryOption;
typedef struct CUctx_st *CUcontext;
typedef struct CUfunc_st *CUfunction;
typedef struct CUkern_st *CUkernel;
typedef struct CUlib_st *CUlibrary;
typedef struct CUstream_st *CUstream;
#endif

#include <cstring>
#include <mutex>

#include "cuda_threads.h"
#include "stand_in.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr int kMultiprocessorCount = 16, kInvalidValue = 1, kNotFound = 500;

StandIn state = {nullptr, 0, 1, 2, &state, true, false, 0, 0, 0, nullptr, "", {}, {}, 0, nullptr, {}};
std::mutex mutex;

/* What a function returns that goes well otherwise. */
CUresult ResultOf(const char *function, int otherwise = 0) {
  const bool fails = state.failing != nullptr && std::strcmp(state.failing, function) == 0;
  return static_cast<CUresult>(fails ? state.error : otherwise);
}

template <typename Handle>
Handle HandleOf(const void *pointer) {
  return reinterpret_cast<Handle>(const_cast<void *>(pointer));
}

void Record(const char *name, const unsigned (&sizes)[7], CUstream stream, const kinit_cuda_job &job) {
  state.launches++;
  std::strncpy(state.kernel, name, sizeof state.kernel - 1);
  for (int i = 0; i < 3; i++) state.grid[i] = sizes[i], state.block[i] = sizes[3 + i];
  state.shared_bytes = sizes[6];
  state.stream = stream;
  state.job = job;
}

}  // namespace

EXPORT StandIn *stand_in() { return &state; }

/* The same for Python. */
EXPORT int stand_in_launches() { return state.launches; }
EXPORT void *stand_in_stream() { return state.stream; }
EXPORT void stand_in_set_context(int is_there) { state.context = is_there != 0 ? &state : nullptr; }

EXPORT CUresult cuInit(unsigned flags) {
  const std::lock_guard<std::mutex> guard(mutex);
  state.inits++;
  return ResultOf("cuInit", flags == 0 ? 0 : kInvalidValue);
}

EXPORT CUresult cuDeviceGetCount(int *count) {
  *count = state.devices;
  return ResultOf("cuDeviceGetCount");
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *context) {
  *context = HandleOf<CUcontext>(state.context);
  return ResultOf("cuCtxGetCurrent");
}

EXPORT CUresult cuCtxGetDevice(CUdevice *device) {
  *device = 3;
  return ResultOf("cuCtxGetDevice");
}

EXPORT CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
  *value = state.multiprocessors;
  return ResultOf("cuDeviceGetAttribute", attribute == kMultiprocessorCount && device == 3 ? 0 : kInvalidValue);
}

EXPORT CUresult cuLibraryLoadData(CUlibrary *library, const void *code, CUjit_option *jit_options, void **jit_values,
                                  unsigned jit_count, CUlibraryOption *options, void **values, unsigned count) {
  const std::lock_guard<std::mutex> guard(mutex);
  const bool plain = jit_options == nullptr && jit_values == nullptr && jit_count == 0 && options == nullptr &&
                     values == nullptr && count == 0;
  const CUresult result = ResultOf("cuLibraryLoadData", plain ? 0 : kInvalidValue);
  if (static_cast<int>(result) != 0) return result;
  state.loads++;
  state.image = code;
  *library = HandleOf<CUlibrary>(&state.image);
  return result;
}

/* A kernel's handle is its name: that of the string which kinit hands over, and which is static. */
EXPORT CUresult cuLibraryGetKernel(CUkernel *kernel, CUlibrary library, const char *name) {
  if (library != HandleOf<CUlibrary>(&state.image)) return static_cast<CUresult>(kInvalidValue);
  *kernel = HandleOf<CUkernel>(name);
  return ResultOf("cuLibraryGetKernel", kinit_test::FindCudaKernel(name) != nullptr ? 0 : kNotFound);
}

EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                               unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream,
                               void **arguments, void **extra) {
  const std::lock_guard<std::mutex> guard(mutex);
  const CUresult result = ResultOf("cuLaunchKernel", extra == nullptr ? 0 : kInvalidValue);
  if (static_cast<int>(result) != 0) return result;
  const char *name = reinterpret_cast<const char *>(function);
  Record(name, {grid_x, grid_y, grid_z, block_x, block_y, block_z, shared_bytes}, stream,
         *static_cast<const kinit_cuda_job *>(arguments[0]));
  kinit_cuda_job job = state.job;
  if (state.spoils) job.parameters.seed++;
  if (state.runs) kinit_test::RunCudaKernel(kinit_test::FindCudaKernel(name), job, uint64_t{grid_x} * block_x);
  return result;
}
