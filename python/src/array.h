/* An array of Python, as the C library sees it.
 *
 * Owns: which objects kinit fills, and the refusal of all others. Used by module.cpp. SPDX-License-Identifier:
 * Apache-2.0 */
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstdint>
#include <string>

#include "kinit/kinit.h"

namespace kinit_python {

enum { MAX_DIMENSIONS = 64 };

/* The element types of the C library, and the words of fill_bits. */
enum class Element { f32, f64, f16, bf16, f8_e4m3, f8_e5m2, u32 };

/* As NumPy, PyTorch and JAX call it. */
const char *element_name(Element element);

/* A writable array in this machine's memory, or a tensor of torch on its GPU, whose elements do not overlap, held for
 * as long as this object lives: the exporter may not resize or free it meanwhile. Needs the GIL. */
class Array {
 public:
  /* Through the buffer protocol where the object has it, else through DLPack.
   * Throws TypeError (no array, neither on the CPU nor on a GPU that kinit fills, another element type), ValueError
   * (read-only, foreign byte order, overlapping or unaligned elements), or what the object itself raised. */
  explicit Array(nanobind::handle object);
  Array() = default; /* none yet */

  void *data = nullptr;
  Element element = Element::f32;
  int ndim = 0;
  int64_t shape[MAX_DIMENSIONS];
  int64_t strides[MAX_DIMENSIONS]; /* in elements */

  bool empty() const;

  /* kinit_initialize, where the array lies. With the GIL, which it releases. */
  kinit_status initialize(const kinit_tensor &destination, const kinit_initializer &initializer,
                          kinit_stream stream) const;

  /* TypeError, as for other devices, if the array lies on a GPU. */
  void require_cpu() const;

  /* To be called when the array has been filled: tensors of PyTorch count how often they are written to. */
  void written() const;

 private:
  struct Buffer {
    Py_buffer view{};
    ~Buffer() {
      if (view.obj != nullptr) PyBuffer_Release(&view);
    }
  };

  bool request_buffer(nanobind::handle object);
  void read_torch(nanobind::handle tensor);
  void read_refused(nanobind::handle object);
  void read_buffer(nanobind::handle object);
  void read_layout();
  void read_words(nanobind::handle object, const std::string &name, Element narrow);
  void read_capsule(nanobind::handle object, bool must_tell);
  void read_tensor(nanobind::handle object);
  void set_ndim(int count);
  void check_layout() const;

  Buffer buffer_;
  nanobind::ndarray<> tensor_;
  nanobind::handle tensor_of_torch_; /* the caller's, or none */
  bool on_gpu_ = false;
};

}  // namespace kinit_python
