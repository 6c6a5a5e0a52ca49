/* Arrays through the buffer protocol and DLPack.
 *
 * Owns: the reading of both, and the words of every refusal. SPDX-License-Identifier: Apache-2.0 */
#include "array.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "gpu.h"
#include "tensor.h"

namespace nb = nanobind;

namespace kinit_python {

namespace {

const char *const DTYPES =
    "kinit fills float32, float64, float16, bfloat16, float8_e4m3fn and float8_e5m2, and fill_bits uint32";
/* In the order of Element. */
const char *const NAMES[] = {"float32", "float64", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2", "uint32"};

std::string class_name(nb::handle object) { return nb::cast<std::string>(object.type().attr("__name__")); }

/* What the object calls an attribute of itself, or `otherwise`. */
std::string attribute_text(nb::handle object, const char *name, const std::string &otherwise) {
  nb::object value = nb::getattr(object, name, nb::none());
  return value.is_none() ? otherwise : nb::cast<std::string>(nb::str(value));
}

/* NumPy's dtypes have a name that does not tell the byte order. */
std::string dtype_name(nb::handle object) {
  return nb::hasattr(object, "dtype") ? attribute_text(object.attr("dtype"), "name", "") : "";
}

[[noreturn]] void refuse_dtype(nb::handle object, const std::string &found) {
  const std::string message = "dtype " + attribute_text(object, "dtype", found) + ": " + DTYPES;
  throw nb::type_error(message.c_str());
}

[[noreturn]] void refuse_device(const std::string &found) {
  throw nb::type_error(("the array lies on device " + found + ": kinit fills memory of the CPU").c_str());
}

[[noreturn]] void refuse_read_only(nb::handle object) {
  throw nb::value_error(("the array is read-only (" + class_name(object) + ")").c_str());
}

[[noreturn]] void refuse_byte_order(const std::string &found) {
  throw nb::value_error(("byte order: " + found + " is not in this machine's").c_str());
}

/* Objects refuse DLPack for reasons of their own; those that are kinit's too are named as everywhere. */
void explain_refusal(nb::handle object) {
  const std::string device = attribute_text(object, "device", "cpu");
  if (device != "cpu" && nb::hasattr(object.type(), "__dlpack__")) refuse_device(device);
  const std::string dtype = attribute_text(object, "dtype", NAMES[0]);
  const bool known = std::any_of(std::begin(NAMES), std::end(NAMES), [&dtype](const std::string &name) {
    return dtype == name || dtype == "torch." + name;
  });
  if (!known) refuse_dtype(object, dtype);
}

nb::object request_capsule(nb::handle object) {
  const nb::object method = object.attr("__dlpack__");
  try {
    return method(nb::arg("max_version") = nb::make_tuple(1, 0));
  } catch (nb::python_error &error) {
    if (!error.matches(PyExc_TypeError)) {
      explain_refusal(object);
      throw;
    }
  }
  return method(); /* older than DLPack 1 */
}

bool foreign(char order) {
  const uint16_t one = 1;
  const bool little = *reinterpret_cast<const unsigned char *>(&one) == 1;
  return little ? order == '>' || order == '!' : order == '<';
}

/* The element type of a format of the struct module, without its byte order. */
bool element_of_format(const char *format, Py_ssize_t size, Element &element) {
  if (std::strlen(format) != 1) return false;
  switch (*format) {
    case 'e':
      element = Element::f16;
      return size == 2;
    case 'f':
      element = Element::f32;
      return size == 4;
    case 'd':
      element = Element::f64;
      return size == 8;
    case 'I':
    case 'L':
      element = Element::u32;
      return size == 4;
    default:
      return false;
  }
}

/* The types that ml_dtypes adds to NumPy, which the buffer protocol does not have. */
bool element_of_name(const std::string &name, Element &element) {
  for (const Element narrow : {Element::bf16, Element::f8_e4m3, Element::f8_e5m2}) {
    if (name != NAMES[static_cast<int>(narrow)]) continue;
    element = narrow;
    return true;
  }
  return false;
}

bool element_of_dlpack(nb::dlpack::dtype type, Element &element) {
  const auto is = [type](nb::dlpack::dtype_code code, int bits) {
    return type.code == static_cast<uint8_t>(code) && type.bits == bits && type.lanes == 1;
  };
  if (is(nb::dlpack::dtype_code::Float, 32))
    element = Element::f32;
  else if (is(nb::dlpack::dtype_code::Float, 64))
    element = Element::f64;
  else if (is(nb::dlpack::dtype_code::Float, 16))
    element = Element::f16;
  else if (is(nb::dlpack::dtype_code::Bfloat, 16))
    element = Element::bf16;
  else if (is(nb::dlpack::dtype_code::Float8_E4M3FN, 8))
    element = Element::f8_e4m3;
  else if (is(nb::dlpack::dtype_code::Float8_E5M2, 8))
    element = Element::f8_e5m2;
  else if (is(nb::dlpack::dtype_code::UInt, 32))
    element = Element::u32;
  else
    return false;
  return true;
}

/* ---- Overlap ---------------------------------------------------------------------------------------------------- */

struct Dimension {
  int64_t length, stride; /* stride > 0, except for a true stride of 0 */
};

/* Each dimension steps over all that the smaller ones reach: true of slices, transposes and the like. */
bool nested(std::vector<Dimension> &dimensions, int64_t &reach) {
  std::sort(dimensions.begin(), dimensions.end(),
            [](const Dimension &a, const Dimension &b) { return a.stride < b.stride; });
  bool apart = true;
  reach = 0;
  for (const Dimension &dimension : dimensions) {
    apart = apart && dimension.stride > reach;
    reach += dimension.stride * (dimension.length - 1);
  }
  return apart;
}

/* Marks element by element. For layouts that are not nested, which are rare, and where overlaps show early. */
bool meets_itself(const std::vector<Dimension> &dimensions, int64_t reach) {
  std::vector<bool> taken(static_cast<size_t>(reach) + 1);
  std::vector<int64_t> index(dimensions.size());
  int64_t place = 0;
  for (size_t k = 0; k < dimensions.size();) {
    if (k == 0 && taken[static_cast<size_t>(place)]) return true;
    taken[static_cast<size_t>(place)] = true;
    if (++index[k] < dimensions[k].length) {
      place += dimensions[k].stride;
      k = 0;
    } else {
      place -= (dimensions[k].length - 1) * dimensions[k].stride;
      index[k++] = 0;
    }
  }
  return false;
}

bool overlaps(const Array &array) {
  std::vector<Dimension> dimensions;
  for (int k = 0; k < array.ndim; k++) {
    if (array.shape[k] > 1) dimensions.push_back({array.shape[k], std::abs(array.strides[k])});
  }
  int64_t reach;
  return !nested(dimensions, reach) && meets_itself(dimensions, reach);
}

}  // namespace

const char *element_name(Element element) { return NAMES[static_cast<int>(element)]; }

/* ---- The array -------------------------------------------------------------------------------------------------- */

Array::Array(nb::handle object) {
  if (is_tensor(object)) {
    tensor_of_torch_ = object;
    read_torch(object);
  } else if (PyObject_CheckBuffer(object.ptr())) {
    if (request_buffer(object))
      read_buffer(object);
    else
      read_refused(object);
  } else if (nb::hasattr(object.type(), "__dlpack__")) {
    read_capsule(object, false);
  } else {
    throw nb::type_error(
        (class_name(object) + " is no array: it speaks neither DLPack nor the buffer protocol").c_str());
  }
  check_layout();
}

kinit_status Array::initialize(const kinit_tensor &destination, const kinit_initializer &initializer,
                               kinit_stream stream) const {
  if (on_gpu_) return initialize_on_gpu(tensor_of_torch_, destination, initializer, stream);
  const nb::gil_scoped_release release;
  return kinit_initialize(&destination, &initializer, stream);
}

void Array::require_cpu() const {
  if (on_gpu_) refuse_device(attribute_text(tensor_of_torch_, "device", ""));
}

void Array::written() const {
  if (tensor_of_torch_.is_valid()) advance_version(tensor_of_torch_);
}

bool Array::empty() const {
  return std::any_of(shape, shape + ndim, [](int64_t length) { return length == 0; });
}

/* DLPack refuses tensors that require grad, whatever autograd's mode. */
void Array::read_torch(nb::handle tensor) {
  check_writable(tensor);
  if (read_plain_tensor(tensor, *this)) {
    on_gpu_ = !nb::cast<bool>(tensor.attr("is_cpu"));
    return;
  }
  const bool detach = nb::cast<bool>(tensor.attr("requires_grad"));
  read_capsule(detach ? nb::object(tensor.attr("detach")()) : nb::borrow(tensor), false);
}

/* A read-only buffer will do, to be refused by name. */
bool Array::request_buffer(nb::handle object) {
  return PyObject_GetBuffer(object.ptr(), &buffer_.view, PyBUF_RECORDS_RO) == 0;
}

/* NumPy's arrays of types that the buffer protocol does not have are viewed as integers, others have DLPack. */
void Array::read_refused(nb::handle object) {
  nb::python_error refusal;
  const std::string name = dtype_name(object);
  Element narrow;
  if (nb::hasattr(object, "view") && element_of_name(name, narrow))
    read_words(object, name, narrow);
  else if (nb::hasattr(object.type(), "__dlpack__"))
    read_capsule(object, true);
  else
    throw refusal;
}

void Array::read_words(nb::handle object, const std::string &name, Element narrow) {
  if (!nb::cast<bool>(object.attr("dtype").attr("isnative"))) refuse_byte_order(name);
  nb::object words = object.attr("view")(narrow == Element::bf16 ? "uint16" : "uint8");
  if (!request_buffer(words)) throw nb::python_error();
  if (buffer_.view.readonly) refuse_read_only(object);
  read_layout();
  element = narrow;
}

void Array::read_buffer(nb::handle object) {
  const Py_buffer &view = buffer_.view;
  const std::string whole = view.format != nullptr ? view.format : "B";
  const bool prefixed = !whole.empty() && std::strchr("@=<>!", whole[0]) != nullptr;
  if (!element_of_format(whole.c_str() + prefixed, view.itemsize, element)) {
    const bool bytes = whole == "B" || whole == "b" || whole == "c";
    refuse_dtype(object, "of format '" + whole + "'" + (bytes ? " (memoryview(x).cast('f') makes it float32)" : ""));
  }
  if (foreign(whole[0])) refuse_byte_order(attribute_text(object, "dtype", "format '" + whole + "'"));
  if (view.readonly) refuse_read_only(object);
  read_layout();
}

/* Without strides a buffer is in C order. */
void Array::read_layout() {
  const Py_buffer &view = buffer_.view;
  set_ndim(view.ndim);
  data = view.buf;
  int64_t dense = 1;
  for (int k = ndim - 1; k >= 0; k--) {
    const Py_ssize_t bytes = view.strides != nullptr ? view.strides[k] : dense * view.itemsize;
    shape[k] = view.shape[k];
    strides[k] = bytes / view.itemsize;
    dense *= shape[k];
    if (bytes % view.itemsize != 0 && shape[k] > 1) {
      throw nb::value_error("a stride is not a multiple of the size of an element");
    }
  }
}

/* must_tell: the capsule has to be of DLPack 1, whose flags say whether the array is read-only. Objects that also speak
 * the buffer protocol, as JAX's immutable arrays, are believed only so. */
void Array::read_capsule(nb::handle object, bool must_tell) {
  const nb::object capsule = request_capsule(object);
  const bool tells = PyCapsule_IsValid(capsule.ptr(), "dltensor_versioned");
  if (!tells && !PyCapsule_IsValid(capsule.ptr(), "dltensor")) {
    throw nb::type_error((class_name(object) + ".__dlpack__ returned no capsule of DLPack").c_str());
  }
  if (must_tell && !tells) refuse_read_only(object);
  if (!nb::try_cast(capsule, tensor_)) refuse_read_only(object);
  read_tensor(object);
}

void Array::read_tensor(nb::handle object) {
  if (tensor_.device_type() != nb::device::cpu::value) {
    refuse_device(attribute_text(object, "device", "number " + std::to_string(tensor_.device_type())));
  }
  const nb::dlpack::dtype type = tensor_.dtype();
  if (!element_of_dlpack(type, element)) {
    refuse_dtype(object, "of code " + std::to_string(type.code) + ", " + std::to_string(type.bits) + " bits");
  }
  if (nb::hasattr(object, "is_neg") && nb::cast<bool>(object.attr("is_neg")())) {
    throw nb::value_error("the tensor has the negative bit set: its memory holds the negatives of its values");
  }
  set_ndim(static_cast<int>(tensor_.ndim()));
  data = tensor_.data();
  std::copy_n(tensor_.shape_ptr(), ndim, shape);
  std::copy_n(tensor_.stride_ptr(), ndim, strides);
}

void Array::set_ndim(int count) {
  if (count > MAX_DIMENSIONS) throw nb::value_error("the array has more than 64 dimensions");
  ndim = count;
}

void Array::check_layout() const {
  if (!empty() && overlaps(*this)) {
    throw nb::value_error("elements of the array overlap in memory: a stride is 0 or too small");
  }
}

}  // namespace kinit_python
