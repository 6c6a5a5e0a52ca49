/* The fill that programs of JAX call: a handler of XLA's foreign function interface, for the CPU.
 *
 * Owns: XLA's buffers -> tensors of the C library. Its caller is kinit/jax/call.py, which has checked all arguments
 * while it traced. Runs without Python. SPDX-License-Identifier: Apache-2.0 */
#include "ffi.h"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kinit/kinit.h"
#include "xla/ffi/api/ffi.h"

namespace nb = nanobind;
namespace ffi = xla::ffi;

namespace kinit_python {

namespace {

using Lengths = ffi::Span<const int64_t>;

bool dtype_of(ffi::DataType type, kinit_dtype *dtype) {
  switch (type) {
    case ffi::DataType::F32:
      *dtype = KINIT_F32;
      return true;
    case ffi::DataType::F64:
      *dtype = KINIT_F64;
      return true;
    case ffi::DataType::F16:
      *dtype = KINIT_F16;
      return true;
    case ffi::DataType::BF16:
      *dtype = KINIT_BF16;
      return true;
    case ffi::DataType::F8E4M3FN:
      *dtype = KINIT_F8_E4M3;
      return true;
    case ffi::DataType::F8E5M2:
      *dtype = KINIT_F8_E5M2;
      return true;
    default:
      return false;
  }
}

kinit_status fill_one(const kinit_tensor *tensor, int64_t distribution, ffi::Span<const double> p,
                      kinit_stream stream) {
  switch (distribution) {
    case KINIT_DIST_NORMAL:
      return kinit_normal(tensor, p[0], p[1], stream);
    case KINIT_DIST_UNIFORM:
      return kinit_uniform(tensor, p[2], p[3], stream);
    case KINIT_DIST_TRUNCATED_NORMAL:
      return kinit_truncated_normal(tensor, p[0], p[1], p[2], p[3], stream);
    default:
      return KINIT_ERROR_ENUM;
  }
}

uint64_t join(uint32_t high, uint32_t low) { return static_cast<uint64_t>(high) << 32 | low; }

/* Fills out, of shape [batch..., lengths...]. Each of the streams [batch..., 4] gives one array of shape `whole`, of
 * which out has the block with the coordinates [dimensions] in a grid of such blocks. p is {mean, stddev, low, high}.
 */
ffi::Error fill(ffi::Buffer<ffi::U32> streams, ffi::Buffer<ffi::S32> coordinates, ffi::Result<ffi::AnyBuffer> out,
                int64_t distribution, ffi::Span<const double> p, Lengths whole) {
  kinit_tensor tensor = {};
  if (!dtype_of(out->element_type(), &tensor.dtype)) return ffi::Error::InvalidArgument("kinit: unknown element type");
  const size_t ndim = whole.size(), batch = out->dimensions().size() - ndim;
  const std::vector<int64_t> shape(out->dimensions().begin() + batch, out->dimensions().end());
  std::vector<int64_t> start(ndim);
  size_t bytes = kinit_dtype_size(tensor.dtype);
  for (size_t d = 0; d < ndim; d++) {
    start[d] = coordinates.typed_data()[d] * shape[d];
    bytes *= static_cast<size_t>(shape[d]);
  }
  tensor.ndim = static_cast<int>(ndim);
  tensor.shape = shape.data();
  tensor.global_shape = ndim > 0 ? whole.begin() : nullptr;
  tensor.start = ndim > 0 ? start.data() : nullptr;
  const uint32_t *words = streams.typed_data();
  for (size_t k = 0; k < streams.element_count() / 4; k++, words += 4) {
    tensor.data = static_cast<char *>(out->untyped_data()) + k * bytes;
    const kinit_stream stream = {join(words[0], words[1]), join(words[2], words[3]), 0};
    const kinit_status status = fill_one(&tensor, distribution, p, stream);
    if (status != KINIT_OK) return ffi::Error::InvalidArgument(kinit_status_message(status));
  }
  return ffi::Error::Success();
}

XLA_FFI_DEFINE_HANDLER(fill_handler, fill,
                       ffi::Ffi::Bind()
                           .Arg<ffi::Buffer<ffi::U32>>()
                           .Arg<ffi::Buffer<ffi::S32>>()
                           .Ret<ffi::AnyBuffer>()
                           .Attr<int64_t>("distribution")
                           .Attr<ffi::Span<const double>>("parameters")
                           .Attr<Lengths>("whole"));

}  // namespace

nb::capsule ffi_fill() { return nb::capsule(reinterpret_cast<void *>(fill_handler)); }

}  // namespace kinit_python
