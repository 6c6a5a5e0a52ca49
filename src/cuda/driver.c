/* A checked fill -> a launch on the current GPU, by the CUDA driver of the machine.
 *
 * Owns: the only code that knows the driver: how it is found, what it is called with, and what its errors mean.
 * SPDX-License-Identifier: Apache-2.0
 *
 * The kernels are loaded once, as a library of the driver's, which brings them into each context that launches one. So
 * nothing here knows contexts, and none that the caller destroys leaves anything behind. */
#include "driver.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "../fill.h"
#include "../initialize.h"
#include "kinit/cuda.h"

#if KINIT_HAVE_CUDA
static const void *const image = kinit_cuda_image;
#else
static const void *const image = NULL;
#endif

/* ---- The driver's functions, as cuda.h of CUDA 12 and 13 declares them ------------------------------------------- */

/* CUresult; CUdevice; and the pointers CUcontext, CUstream, CUlibrary, CUkernel, CUfunction. */
typedef int result;
typedef int device;
typedef void *handle;

enum { MULTIPROCESSOR_COUNT = 16 }; /* CU_DEVICE_ATTRIBUTE_... */

/* clang-format off */
/* function(name, parameters) */
#define FUNCTIONS(function)                                                                                   \
  function(cuInit, (unsigned flags))                                                                          \
  function(cuDeviceGetCount, (int *count))                                                                    \
  function(cuCtxGetCurrent, (handle *context))                                                                \
  function(cuCtxGetDevice, (device *device))                                                                  \
  function(cuDeviceGetAttribute, (int *value, int attribute, device device))                                  \
  function(cuLibraryLoadData, (handle *library, const void *code, void *jit_options, void **jit_values,       \
                               unsigned jit_count, void *options, void **values, unsigned count))             \
  function(cuLibraryGetKernel, (handle *kernel, handle library, const char *name))                            \
  function(cuLaunchKernel, (handle kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, \
                            unsigned block_y, unsigned block_z, unsigned shared_bytes, handle stream,         \
                            void **arguments, void **extra))

#define MEMBER(name, parameters) result(*name) parameters;
static struct driver {
  FUNCTIONS(MEMBER)
} driver;
/* clang-format on */

/* ---- What its errors mean ---------------------------------------------------------------------------------------- */

static kinit_status status_of(result error) {
  switch (error) {
    case 0:
      return KINIT_OK;
    case 2: /* OUT_OF_MEMORY */
      return KINIT_ERROR_CUDA_MEMORY;
    case 3:   /* NOT_INITIALIZED: also in a child of fork */
    case 4:   /* DEINITIALIZED */
    case 201: /* INVALID_CONTEXT */
    case 709: /* CONTEXT_IS_DESTROYED */
      return KINIT_ERROR_CUDA_CONTEXT;
    case 200: /* INVALID_IMAGE */
    case 209: /* NO_BINARY_FOR_GPU */
    case 218: /* INVALID_PTX */
    case 221: /* JIT_COMPILER_NOT_FOUND */
    case 222: /* UNSUPPORTED_PTX_VERSION */
    case 223: /* JIT_COMPILATION_DISABLED */
      return KINIT_ERROR_CUDA_ARCHITECTURE;
    case 400: /* INVALID_HANDLE */
      return KINIT_ERROR_CUDA_STREAM;
    default:
      return KINIT_ERROR_CUDA;
  }
}

/* ---- Found and loaded once --------------------------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of the two below, and of what fills `driver` */
static enum { NOT_ASKED, ABSENT, PRESENT } found;
static handle library;

static bool find(void *file, const char *name, void *pointer) {
  void *const function = dlsym(file, name);
  memcpy(pointer, &function, sizeof function);
  return function != NULL;
}

/* The driver stays loaded: it has threads of its own. */
static bool open_driver(void) {
  void *const file = image != NULL ? dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL) : NULL;
  int count = 0;
#define FIND(name, parameters) &&find(file, #name, &driver.name)
  return file != NULL FUNCTIONS(FIND) && driver.cuInit(0) == 0 && driver.cuDeviceGetCount(&count) == 0 && count > 0;
}

static kinit_status find_driver(void) {
  if (found == NOT_ASKED) found = open_driver() ? PRESENT : ABSENT;
  return found == PRESENT ? KINIT_OK : KINIT_ERROR_CUDA_ABSENT;
}

static kinit_status find_context(void) {
  handle context = NULL;
  const result error = driver.cuCtxGetCurrent(&context);
  return error == 0 && context == NULL ? KINIT_ERROR_CUDA_CONTEXT : status_of(error);
}

/* If it fails, the next call tries again. */
static kinit_status load_library(void) {
  return library != NULL ? KINIT_OK
                         : status_of(driver.cuLibraryLoadData(&library, image, NULL, NULL, 0, NULL, NULL, 0));
}

static kinit_status find_kernel(const char *name, handle *kernel) {
  (void)pthread_mutex_lock(&lock);
  kinit_status status = find_driver();
  if (status == KINIT_OK) status = find_context();
  if (status == KINIT_OK) status = load_library();
  (void)pthread_mutex_unlock(&lock);
  return status != KINIT_OK ? status : status_of(driver.cuLibraryGetKernel(kernel, library, name));
}

int kinit_cuda_available(void) {
  (void)pthread_mutex_lock(&lock);
  const kinit_status status = find_driver();
  (void)pthread_mutex_unlock(&lock);
  return status == KINIT_OK;
}

/* ---- Launches ---------------------------------------------------------------------------------------------------- */

enum { BLOCKS_PER_MULTIPROCESSOR = 8 }; /* all threads that one holds; more units than these are theirs in turn */

static kinit_status count_blocks(uint64_t units, unsigned *blocks) {
  device current = 0;
  int multiprocessors = 0;
  result error = driver.cuCtxGetDevice(&current);
  if (error == 0) error = driver.cuDeviceGetAttribute(&multiprocessors, MULTIPROCESSOR_COUNT, current);
  const uint64_t most = BLOCKS_PER_MULTIPROCESSOR * (uint64_t)multiprocessors;
  const uint64_t wanted = units / KINIT_CUDA_THREADS + (units % KINIT_CUDA_THREADS != 0);
  *blocks = (unsigned)(wanted < most ? wanted : most);
  return status_of(error);
}

static kinit_status launch(const char *name, kinit_cuda_job *job, handle stream) {
  handle kernel = NULL;
  unsigned blocks = 0;
  void *arguments[] = {job};
  kinit_status status = find_kernel(name, &kernel);
  if (status == KINIT_OK) status = count_blocks(job->units, &blocks);
  if (status != KINIT_OK) return status;
  return status_of(driver.cuLaunchKernel(kernel, blocks, 1, 1, KINIT_CUDA_THREADS, 1, 1, 0, stream, arguments, NULL));
}

typedef struct making {
  kinit_cuda_job job;
  const char *kernel;
  const kinit_layout *layout;
  kinit_dtype dtype;
  const kinit_dist *dist;
  kinit_stream stream;
} making;

static kinit_status make(void *context) {
  making *m = context;
  return kinit_cuda_job_make(&m->job, &m->kernel, m->layout, m->dtype, m->dist, m->stream);
}

kinit_status kinit_cuda_fill(void *cuda_stream, const kinit_layout *layout, kinit_dtype dtype, const kinit_dist *dist,
                             kinit_stream stream) {
  making m = {.layout = layout, .dtype = dtype, .dist = dist, .stream = stream};
  const kinit_status status = kinit_fill_compute(make, &m);
  return status != KINIT_OK || m.job.units == 0 ? status : launch(m.kernel, &m.job, cuda_stream);
}

kinit_status kinit_cuda_initialize(const kinit_tensor *tensor, const kinit_initializer *initializer,
                                   kinit_stream stream, void *cuda_stream) {
  return kinit_initialize_by((kinit_filling){kinit_cuda_fill, cuda_stream}, tensor, initializer, stream);
}
