/* Python's arguments -> those of the C library.
 *
 * Owns: what arguments.h says. SPDX-License-Identifier: Apache-2.0 */
#include "arguments.h"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

namespace nb = nanobind;

namespace kinit_python {

namespace {

[[noreturn]] void refuse_type(nb::handle value, const char *what, const char *wanted) {
  PyErr_Clear();
  const std::string found = nb::cast<std::string>(value.type().attr("__name__"));
  throw nb::type_error((std::string(what) + " must be " + wanted + ", not " + found).c_str());
}

[[noreturn]] void refuse_range(nb::handle value, const char *what, const char *range) {
  PyErr_Clear();
  const std::string found = nb::cast<std::string>(nb::str(value));
  throw nb::value_error((std::string(what) + " must lie in " + range + ", not " + found).c_str());
}

nb::object read_integer(nb::handle value, const char *what) {
  nb::object integer = nb::steal(PyNumber_Index(value.ptr()));
  if (!integer.is_valid()) refuse_type(value, what, "an integer");
  return integer;
}

/* Lengths of a shard: as many as the array has dimensions. */
void read_shard_part(nb::handle value, const char *what, int ndim, int64_t *lengths) {
  const int count = read_lengths(value, what, lengths);
  if (count != ndim) {
    throw nb::value_error((std::string(what) + " of the shard has " + std::to_string(count) +
                           " dimensions, the array " + std::to_string(ndim))
                              .c_str());
  }
}

}  // namespace

double read_number(nb::handle value, const char *what) {
  const double number = PyFloat_AsDouble(value.ptr());
  if (number == -1.0 && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) refuse_type(value, what, "a real number");
    throw nb::python_error();
  }
  return number;
}

uint64_t read_uint64(nb::handle value, const char *what) {
  const nb::object integer = read_integer(value, what);
  const uint64_t number = PyLong_AsUnsignedLongLong(integer.ptr());
  if (PyErr_Occurred() != nullptr) refuse_range(integer, what, "[0, 2**64)");
  return number;
}

int64_t read_int64(nb::handle value, const char *what) {
  const nb::object integer = read_integer(value, what);
  const int64_t number = PyLong_AsLongLong(integer.ptr());
  if (PyErr_Occurred() != nullptr) refuse_range(integer, what, "[-2**63, 2**63)");
  return number;
}

int read_lengths(nb::handle value, const char *what, int64_t *lengths) {
  if (PyIndex_Check(value.ptr()) && !PySequence_Check(value.ptr())) {
    lengths[0] = read_int64(value, what);
    return 1;
  }
  const nb::object items = nb::steal(PySequence_Tuple(value.ptr()));
  if (!items.is_valid()) refuse_type(value, what, "a sequence of integers");
  const Py_ssize_t count = PyTuple_Size(items.ptr());
  if (count > MAX_DIMENSIONS) throw nb::value_error((std::string(what) + " has more than 64 dimensions").c_str());
  for (Py_ssize_t k = 0; k < count; k++) lengths[k] = read_int64(PyTuple_GetItem(items.ptr(), k), what);
  return static_cast<int>(count);
}

kinit_stream read_stream(nb::handle seed, nb::handle name, nb::handle subsequence, nb::handle offset) {
  kinit_stream stream = {read_uint64(seed, "seed"), 0, 0};
  if (!subsequence.is_none()) stream.subsequence = read_uint64(subsequence, "subsequence");
  if (!name.is_none()) {
    if (!subsequence.is_none()) throw nb::value_error("name and subsequence both name a stream: give one of them");
    Py_ssize_t length;
    if (!PyUnicode_Check(name.ptr())) refuse_type(name, "name", "a str");
    const char *text = PyUnicode_AsUTF8AndSize(name.ptr(), &length);
    if (text == nullptr) throw nb::python_error();
    if (std::strlen(text) != static_cast<size_t>(length)) throw nb::value_error("name contains a NUL character");
    stream = kinit_stream_named(stream.seed, text);
  }
  stream.offset = read_uint64(offset, "offset");
  return stream;
}

Destination::Destination(nb::handle object, nb::handle shard) : array(object) {
  if (shard.is_none()) return;
  const nb::object parts = nb::steal(PySequence_Tuple(shard.ptr()));
  if (!parts.is_valid()) refuse_type(shard, "shard", "a pair (global_shape, start)");
  if (PyTuple_Size(parts.ptr()) != 2) throw nb::value_error("shard must be a pair (global_shape, start)");
  read_shard_part(PyTuple_GetItem(parts.ptr(), 0), "global_shape", array.ndim, global_shape);
  read_shard_part(PyTuple_GetItem(parts.ptr(), 1), "start", array.ndim, start);
  is_shard = true;
}

kinit_tensor Destination::tensor() const {
  static_assert(static_cast<int>(Element::f32) == KINIT_F32 && static_cast<int>(Element::f64) == KINIT_F64 &&
                static_cast<int>(Element::f16) == KINIT_F16 && static_cast<int>(Element::bf16) == KINIT_BF16 &&
                static_cast<int>(Element::f8_e4m3) == KINIT_F8_E4M3 &&
                static_cast<int>(Element::f8_e5m2) == KINIT_F8_E5M2);
  if (array.element == Element::u32) {
    throw nb::type_error("dtype uint32 is for fill_bits; the others fill floating-point types");
  }
  kinit_tensor tensor = {};
  tensor.data = array.data;
  tensor.dtype = static_cast<kinit_dtype>(array.element);
  tensor.ndim = array.ndim;
  tensor.shape = array.shape;
  tensor.strides = array.empty() ? nullptr : array.strides; /* those of an empty array mean nothing */
  tensor.global_shape = is_shard ? global_shape : nullptr;
  tensor.start = is_shard ? start : nullptr;
  return tensor;
}

/* ---- Exceptions -------------------------------------------------------------------------------------------------- */

namespace {

std::string shape_text(int ndim, const int64_t *lengths) {
  std::string text = "(";
  for (int k = 0; k < ndim; k++) text += (k > 0 ? ", " : "") + std::to_string(lengths[k]);
  return text + (ndim == 1 ? ",)" : ")");
}

std::string number_text(double value) { return nb::cast<std::string>(nb::repr(nb::float_(value))); }

std::string must_be(const Parameter &parameter, const std::string &what) {
  return std::string(parameter.name) + " must be " + what + ", not " + number_text(parameter.value);
}

const Parameter *find(const Request &request, const char *name) {
  for (const Parameter &parameter : request.parameters) {
    if (std::strcmp(parameter.name, name) == 0) return &parameter;
  }
  return nullptr;
}

std::string explain_not_finite(const Request &request) {
  const Element element = request.to != nullptr ? request.to->array.element : Element::f64;
  for (const Parameter &parameter : request.parameters) {
    if (!std::isfinite(parameter.value)) return must_be(parameter, "finite");
  }
  for (const Parameter &parameter : request.parameters) {
    const bool fits = element == Element::f64 || std::isfinite(static_cast<float>(parameter.value));
    if (!fits) return must_be(parameter, "finite in float32");
  }
  return must_be(*request.parameters.begin(), std::string("finite in ") + element_name(element));
}

std::string explain_negative(const Request &request) {
  const Parameter *scale = find(request, "scale"), *gain = find(request, "gain");
  if (scale != nullptr) return must_be(*scale, "positive");
  return must_be(gain != nullptr ? *gain : *find(request, "std"), "at least 0");
}

std::string explain_bounds(const Request &request) {
  const Parameter *low = find(request, "low"), *high = find(request, "high");
  if (low == nullptr || high == nullptr) return must_be(*request.parameters.begin(), "larger");
  const bool is_truncated = find(request, "std") != nullptr;
  const std::string where = low->value < high->value ? " in float32" : "";
  return must_be(*low, (is_truncated ? "less than high = " : "at most high = ") + number_text(high->value) + where);
}

std::string explain_groups(const Request &request) {
  const Parameter *groups = find(request, "groups");
  const std::string found = groups == nullptr ? "1" : std::to_string(static_cast<int64_t>(groups->value));
  return "groups must be positive and divide the length of the first dimension, not " + found;
}

/* A message, and the shape that it is about. */
std::string with_shape(const std::string &message, const Request &request) {
  if (request.shape == nullptr) return message;
  return message + ": the shape is " + shape_text(request.ndim, request.shape);
}

std::string explain_shard(const Request &request) {
  if (request.to == nullptr) return "the shard lies outside the array of global_shape";
  const Destination &to = *request.to;
  const int ndim = to.array.ndim;
  return "the shard of shape " + shape_text(ndim, to.array.shape) + " at start " + shape_text(ndim, to.start) +
         " lies outside the array of global_shape " + shape_text(ndim, to.global_shape);
}

std::string explain(kinit_status status, const Request &request) {
  const char *message = kinit_status_message(status);
  const bool has_parameters = request.parameters.size() > 0;
  switch (status) {
    case KINIT_ERROR_NOT_FINITE:
      return has_parameters ? explain_not_finite(request) : message;
    case KINIT_ERROR_NEGATIVE_SCALE:
      return has_parameters ? explain_negative(request) : message;
    case KINIT_ERROR_BOUNDS:
      return has_parameters ? explain_bounds(request) : message;
    case KINIT_ERROR_BLOCK:
      return explain_shard(request);
    case KINIT_ERROR_STREAM_END:
      return with_shape("offset " + std::to_string(request.offset) + " lies too close to the end of the stream",
                        request);
    case KINIT_ERROR_GROUPS:
      return with_shape(explain_groups(request), request);
    case KINIT_ERROR_DIMENSIONS:
    case KINIT_ERROR_SIZE:
      return with_shape(message, request);
    default:
      return message;
  }
}

}  // namespace

void raise_status(kinit_status status, const Request &request) {
  if (status == KINIT_OK) return;
  const std::string message = explain(status, request);
  if (status == KINIT_ERROR_NEEDS_FMA || status >= KINIT_ERROR_CUDA) throw std::runtime_error(message);
  throw nb::value_error(message.c_str());
}

}  // namespace kinit_python
