/* The list of backends, best first, the choice among them, and what they call of SLEEF.
 *
 * Owns: the only pointer to the active backend, and the public ISA functions. KINIT_SLEEF_SONAME is the name of SLEEF's
 * shared library, if that is how it is linked. SPDX-License-Identifier: Apache-2.0 */
#ifdef KINIT_SLEEF_SONAME
#define _GNU_SOURCE 1 /* dladdr */
#include <dlfcn.h>
#endif

#include <stdatomic.h>
#include <string.h>

#include "cpu.h"
#include "dispatch.h"
#include "environment.h"
#include "kinit/kinit.h"

_Static_assert((int)KINIT_F32 == KINIT_KERNEL_F32 && (int)KINIT_F64 == KINIT_KERNEL_F64 &&
                   (int)KINIT_F16 == KINIT_KERNEL_F16 && (int)KINIT_BF16 == KINIT_KERNEL_BF16 &&
                   (int)KINIT_F8_E4M3 == KINIT_KERNEL_F8_E4M3 && (int)KINIT_F8_E5M2 == KINIT_KERNEL_F8_E5M2,
               "a dtype is an index of the tables");

#if KINIT_HAVE_AVX512
extern const kinit_backend kinit_backend_avx512;
#endif
#if KINIT_HAVE_AVX2
extern const kinit_backend kinit_backend_avx2;
#endif
#if KINIT_HAVE_NEON
extern const kinit_backend kinit_backend_neon;
#endif
#if KINIT_HAVE_SCALAR_FMA
extern const kinit_backend kinit_backend_scalar_fma;
#endif
extern const kinit_backend kinit_backend_scalar;

typedef struct entry {
  const kinit_backend *backend;
  unsigned required; /* bits of kinit_cpu_features */
} entry;

/* Backends of one name are alternatives: the first that the machine runs stands for the name. */
static const entry backends[] = {
#if KINIT_HAVE_AVX512
    {&kinit_backend_avx512, KINIT_CPU_AVX512},
#endif
#if KINIT_HAVE_AVX2
    {&kinit_backend_avx2, KINIT_CPU_AVX2},
#endif
#if KINIT_HAVE_NEON
    {&kinit_backend_neon, KINIT_CPU_NEON},
#endif
#if KINIT_HAVE_SCALAR_FMA
    {&kinit_backend_scalar_fma, KINIT_CPU_FMA},
#endif
    {&kinit_backend_scalar, 0},
};
enum { BACKENDS = sizeof backends / sizeof backends[0] };

#ifdef KINIT_SLEEF_SONAME
/* SLEEF's own library, or else the one that holds this code, behind which the search meets SLEEF under another name (a
 * wheel renames it). */
static void *open_sleef(void) {
  void *library = dlopen(KINIT_SLEEF_SONAME, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  Dl_info own;
  if (library == NULL && dladdr(backends, &own) != 0)
    library = dlopen(own.dli_fname, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  return library;
}

/* Other libraries export SLEEF's names too (PyTorch's does), and the dynamic linker would take the first of the
 * process. Runs when the library is loaded, before anything can fill. */
__attribute__((constructor)) static void bind_sleef(void) {
  void *library = open_sleef();
  if (library == NULL) return;
  for (int i = 0; i < BACKENDS; i++) {
    const kinit_sleef *sincospi = &backends[i].backend->sincospi;
    void *function = sincospi->name != NULL ? dlsym(library, sincospi->name) : NULL;
    if (function != NULL) memcpy(sincospi->pointer, &function, sizeof function);
  }
  (void)dlclose(library); /* it stays: this library needs it */
}
#endif

static _Atomic(const kinit_backend *) active;

/* The supported backend with this index among the names, or NULL. */
static const kinit_backend *supported_backend(int index) {
  const unsigned features = kinit_cpu_features();
  const char *last = "";
  for (int i = 0; i < BACKENDS; i++) {
    if ((backends[i].required & ~features) != 0 || strcmp(backends[i].backend->name, last) == 0) continue;
    last = backends[i].backend->name;
    if (index-- == 0) return backends[i].backend;
  }
  return NULL;
}

static const kinit_backend *find_backend(const char *name) {
  const kinit_backend *backend;
  for (int i = 0; (backend = supported_backend(i)) != NULL; i++)
    if (strcmp(backend->name, name) == 0) return backend;
  return NULL;
}

static const kinit_backend *default_backend(void) {
  const kinit_backend *backend = find_backend(kinit_environment_read()->isa);
  return backend != NULL ? backend : supported_backend(0);
}

/* Threads that come here first at the same time compute the same backend; a choice made meanwhile is kept. */
const kinit_backend *kinit_active_backend(void) {
  const kinit_backend *backend = atomic_load_explicit(&active, memory_order_acquire);
  if (backend != NULL) return backend;
  const kinit_backend *chosen = default_backend();
  return atomic_compare_exchange_strong(&active, &backend, chosen) ? chosen : backend;
}

int kinit_isa_count(void) {
  int count = 0;
  while (supported_backend(count) != NULL) count++;
  return count;
}

const char *kinit_isa_name(int index) {
  const kinit_backend *backend = index >= 0 ? supported_backend(index) : NULL;
  return backend != NULL ? backend->name : NULL;
}

const char *kinit_isa(void) { return kinit_active_backend()->name; }

kinit_status kinit_set_isa(const char *name) {
  const kinit_backend *backend = name != NULL ? find_backend(name) : default_backend();
  if (backend == NULL) return KINIT_ERROR_ISA;
  atomic_store_explicit(&active, backend, memory_order_release);
  return KINIT_OK;
}
