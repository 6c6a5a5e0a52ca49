/* Tensors of PyTorch on a GPU: by torch's own names for devices and streams, so that kinit needs nothing of CUDA.
 *
 * Owns: what gpu.h says. SPDX-License-Identifier: Apache-2.0 */
#include "gpu.h"

#include "kinit/cuda.h"

namespace nb = nanobind;

namespace kinit_python {

namespace {

nb::module_ torch_cuda() { return nb::module_::import_("torch.cuda"); }

/* Torch calls the GPUs of other makers cuda too. */
bool is_of_cuda() {
  static const bool result = !nb::module_::import_("torch.version").attr("cuda").is_none();
  return result;
}

kinit_status initialize(const nb::object &torch_stream, const kinit_tensor &destination,
                        const kinit_initializer &initializer, kinit_stream stream) {
  void *const cuda_stream = PyLong_AsVoidPtr(nb::object(torch_stream.attr("cuda_stream")).ptr());
  if (PyErr_Occurred() != nullptr) throw nb::python_error();
  const nb::gil_scoped_release release;
  return kinit_cuda_initialize(&destination, &initializer, stream, cuda_stream);
}

/* Torch makes a context current in a thread with the first call that needs one: to ask whether the stream is idle. */
kinit_status initialize_in_thread(const kinit_tensor &destination, const kinit_initializer &initializer,
                                  kinit_stream stream) {
  const nb::object torch_stream = torch_cuda().attr("current_stream")();
  const kinit_status status = initialize(torch_stream, destination, initializer, stream);
  if (status != KINIT_ERROR_CUDA_CONTEXT) return status;
  torch_stream.attr("query")();
  return initialize(torch_stream, destination, initializer, stream);
}

}  // namespace

bool is_on_gpu(nb::handle tensor) {
  return nb::cast<bool>(tensor.attr("is_cuda")) && is_of_cuda() && kinit_cuda_available() != 0;
}

kinit_status initialize_on_gpu(nb::handle tensor, const kinit_tensor &destination, const kinit_initializer &initializer,
                               kinit_stream stream) {
  const nb::object device = torch_cuda().attr("device")(tensor.attr("device"));
  device.attr("__enter__")();
  kinit_status status;
  try {
    status = initialize_in_thread(destination, initializer, stream);
  } catch (...) {
    device.attr("__exit__")(nb::none(), nb::none(), nb::none());
    throw;
  }
  device.attr("__exit__")(nb::none(), nb::none(), nb::none());
  return status;
}

}  // namespace kinit_python
