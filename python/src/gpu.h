/* Tensors of PyTorch on a GPU.
 *
 * Owns: on which device and in which stream kinit fills them. Used by array.cpp and module.cpp.
 * SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <nanobind/nanobind.h>

#include "kinit/kinit.h"

namespace kinit_python {

/* Whether a tensor of torch lies on a GPU that this build of kinit fills. */
bool is_on_gpu(nanobind::handle tensor);

/* kinit_cuda_initialize, in torch's current stream of the tensor's device. Needs the GIL, which it releases. */
kinit_status initialize_on_gpu(nanobind::handle tensor, const kinit_tensor &destination,
                               const kinit_initializer &initializer, kinit_stream stream);

}  // namespace kinit_python
