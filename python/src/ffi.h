/* The fill that programs of JAX call.
 *
 * Owns: the name under which Python finds the handler. Used by module.cpp. SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <nanobind/nanobind.h>

namespace kinit_python {

/* The handler, as jax.ffi.register_ffi_target takes it. */
nanobind::capsule ffi_fill();

}  // namespace kinit_python
