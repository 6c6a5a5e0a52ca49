/* PyTorch's tensors by the attributes that Python code sees, so that one build serves every torch.
 *
 * Owns: what tensor.h says. SPDX-License-Identifier: Apache-2.0 */
#include "tensor.h"

#include <cfloat>
#include <cmath>
#include <utility>
#include <vector>

#include "arguments.h"
#include "calls.h"
#include "gpu.h"

namespace nb = nanobind;

namespace kinit_python {

namespace {

nb::object interned(const char *name) { return nb::steal(PyUnicode_InternFromString(name)); }

/* What is looked up once: objects of torch, and the names of what tensors are asked for. */
struct Torch {
  nb::object tensor, parameter, strided, increment_version, is_grad_enabled, is_inference_mode_enabled, dispatch_depth,
      transform;
  std::vector<std::pair<nb::object, Element>> dtypes;
  const nb::object is_cpu = interned("is_cpu"), layout = interned("layout"), is_neg = interned("is_neg"),
                   dtype = interned("dtype"), shape = interned("shape"), stride = interned("stride"),
                   data_ptr = interned("data_ptr"), requires_grad = interned("requires_grad"),
                   is_inference = interned("is_inference"), is_contiguous = interned("is_contiguous"),
                   stream = interned("stream"), seed = interned("seed"), name = interned("name"),
                   subsequence = interned("subsequence");

  explicit Torch(nb::handle torch)
      : tensor(torch.attr("Tensor")),
        parameter(torch.attr("nn").attr("Parameter")),
        strided(torch.attr("strided")),
        increment_version(torch.attr("autograd").attr("graph").attr("increment_version")),
        is_grad_enabled(torch.attr("is_grad_enabled")),
        is_inference_mode_enabled(torch.attr("is_inference_mode_enabled")),
        dispatch_depth(torch.attr("_C").attr("_len_torch_dispatch_stack")),
        transform(torch.attr("_C").attr("_functorch").attr("peek_interpreter_stack")),
        dtypes{{torch.attr("float32"), Element::f32},           {torch.attr("float64"), Element::f64},
               {torch.attr("float16"), Element::f16},           {torch.attr("bfloat16"), Element::bf16},
               {torch.attr("float8_e4m3fn"), Element::f8_e4m3}, {torch.attr("float8_e5m2"), Element::f8_e5m2}} {}
};

/* NULL until the program has imported torch: until then nothing is a tensor. Lives as long as the process. */
const Torch *loaded_torch() {
  static const Torch *torch = nullptr;
  if (torch != nullptr) return torch;
  const nb::object module = nb::steal(PyImport_GetModule(nb::str("torch").ptr()));
  if (!module.is_valid() || !nb::hasattr(module, "nn") || !nb::hasattr(module, "autograd")) {
    PyErr_Clear();
    return nullptr;
  }
  torch = new Torch(module);
  return torch;
}

nb::object get(nb::handle tensor, const nb::object &name) {
  nb::object value = nb::steal(PyObject_GetAttr(tensor.ptr(), name.ptr()));
  if (!value.is_valid()) throw nb::python_error();
  return value;
}

nb::object call(nb::handle tensor, const nb::object &method) {
  nb::object value = nb::steal(PyObject_CallMethodObjArgs(tensor.ptr(), method.ptr(), nullptr));
  if (!value.is_valid()) throw nb::python_error();
  return value;
}

bool is_true(const nb::object &value) { return value.ptr() == Py_True; }

bool element_of(const Torch &torch, nb::handle dtype, Element &element) {
  for (const auto &[known, its_element] : torch.dtypes) {
    if (!dtype.is(known)) continue;
    element = its_element;
    return true;
  }
  return false;
}

/* A dense tensor with memory of its own and nothing pending. */
bool is_plain(const Torch &torch, nb::handle tensor) {
  const nb::handle type = tensor.type();
  return (type.is(torch.tensor) || type.is(torch.parameter)) && get(tensor, torch.layout).is(torch.strided) &&
         !is_true(call(tensor, torch.is_neg));
}

bool is_on_cpu(const Torch &torch, nb::handle tensor) { return is_true(get(tensor, torch.is_cpu)); }

/* Tensors of inference mode cannot be written to outside of it. */
bool is_usable(const Torch &torch, nb::handle tensor) {
  return !is_true(call(tensor, torch.is_inference)) || is_true(torch.is_inference_mode_enabled());
}

/* A tuple of lengths; their number, or -1 if there are too many. */
int read_tuple(const nb::object &tuple, int64_t *lengths) {
  const Py_ssize_t count = PyTuple_Check(tuple.ptr()) ? PyTuple_Size(tuple.ptr()) : -1;
  if (count > MAX_DIMENSIONS) return -1;
  for (Py_ssize_t k = 0; k < count; k++) {
    lengths[k] = PyLong_AsLongLong(PyTuple_GetItem(tuple.ptr(), k));
    if (PyErr_Occurred() != nullptr) throw nb::python_error();
  }
  return static_cast<int>(count);
}

/* Of a plain tensor. */
bool read_layout(const Torch &torch, nb::handle tensor, Array &array) {
  if (!element_of(torch, get(tensor, torch.dtype), array.element)) return false;
  const int ndim = read_tuple(get(tensor, torch.shape), array.shape);
  if (ndim < 0 || read_tuple(call(tensor, torch.stride), array.strides) != ndim) return false;
  array.ndim = ndim;
  array.data = PyLong_AsVoidPtr(call(tensor, torch.data_ptr).ptr());
  return array.data != nullptr || array.empty();
}

}  // namespace

bool is_tensor(nb::handle object) {
  const Torch *torch = loaded_torch();
  return torch != nullptr && PyObject_TypeCheck(object.ptr(), reinterpret_cast<PyTypeObject *>(torch->tensor.ptr()));
}

void check_writable(nb::handle tensor) {
  const Torch &torch = *loaded_torch();
  if (is_true(get(tensor, torch.requires_grad)) && is_true(torch.is_grad_enabled())) {
    throw std::runtime_error(
        "the tensor requires grad, and autograd does not record what kinit does: fill it under torch.no_grad()");
  }
  if (!is_usable(torch, tensor)) {
    throw std::runtime_error("the tensor was made in inference mode: fill it under torch.inference_mode()");
  }
}

bool read_plain_tensor(nb::handle tensor, Array &array) {
  const Torch &torch = *loaded_torch();
  return is_plain(torch, tensor) && (is_on_cpu(torch, tensor) || is_on_gpu(tensor)) &&
         read_layout(torch, tensor, array);
}

void advance_version(nb::handle tensor) { loaded_torch()->increment_version(tensor); }

/* ---- The short way ---------------------------------------------------------------------------------------------- */

namespace {

/* Whether nothing stands between a fill and the tensor's memory: no strides, and neither a mode nor a transform of
 * torch (FakeTensorMode, vmap) that wants to see each operation. */
bool is_ready(const Torch &torch, nb::handle tensor) {
  return is_plain(torch, tensor) && is_on_cpu(torch, tensor) && is_true(call(tensor, torch.is_contiguous)) &&
         is_usable(torch, tensor) && nb::cast<int>(torch.dispatch_depth()) == 0 && torch.transform().is_none();
}

/* The largest parameter that is left to kinit alone. Torch has no random numbers in 8 bits, and kinit's saturate. */
double largest(Element element) {
  if (element == Element::f16) return 65504.0;
  if (element == Element::bf16) return 0x1.fep127;
  return element == Element::f64 ? DBL_MAX : static_cast<double>(FLT_MAX);
}

/* Only of Python's own numbers, and only if the dtype can hold it. */
bool read_short(nb::handle value, Element element, double &number) {
  if (!PyFloat_CheckExact(value.ptr()) && !PyLong_CheckExact(value.ptr())) return false;
  number = PyFloat_AsDouble(value.ptr());
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();
    return false;
  }
  return std::abs(number) <= largest(element);
}

nb::handle item(const nb::object &dictionary, const nb::object &key) {
  const nb::handle value = PyDict_GetItemWithError(dictionary.ptr(), key.ptr());
  if (!value.is_valid()) throw nb::key_error("stream");
  return value;
}

kinit_stream draw_stream(const Torch &torch, nb::handle source) {
  const nb::object keywords = call(source, torch.stream);
  return read_stream(item(keywords, torch.seed), item(keywords, torch.name), item(keywords, torch.subsequence),
                     nb::int_(0));
}

/* fits(a, b, ndim, largest): whether kinit takes the call; fill(tensor, a, b, stream) -> status. */
template <typename Fits, typename Fill>
bool fill_short(nb::handle object, nb::handle first, nb::handle second, nb::handle source, const Fits &fits,
                const Fill &fill) {
  if (!is_tensor(object)) return false;
  const Call in_progress;
  const Torch &torch = *loaded_torch();
  Array array;
  double a, b;
  if (!is_ready(torch, object) || !read_layout(torch, object, array) || array.empty()) return false;
  if (!read_short(first, array.element, a) || !read_short(second, array.element, b)) return false;
  if (!fits(a, b, array.ndim, largest(array.element))) return false;
  kinit_tensor tensor = {};
  tensor.data = array.data;
  tensor.dtype = static_cast<kinit_dtype>(array.element);
  tensor.ndim = array.ndim;
  tensor.shape = array.shape;
  const kinit_stream stream = draw_stream(torch, source);
  kinit_status status;
  {
    const nb::gil_scoped_release release;
    status = fill(&tensor, a, b, stream);
  }
  raise_status(status);
  advance_version(object);
  return true;
}

}  // namespace

bool fill_normal_short(nb::handle tensor, nb::handle mean, nb::handle std, nb::handle source) {
  const auto fits = [](double, double s, int, double) { return s >= 0; };
  return fill_short(tensor, mean, std, source, fits, kinit_normal);
}

bool fill_uniform_short(nb::handle tensor, nb::handle low, nb::handle high, nb::handle source) {
  const auto fits = [](double l, double h, int, double limit) { return l <= h && h - l <= limit; };
  return fill_short(tensor, low, high, source, fits, kinit_uniform);
}

bool fill_kaiming_uniform_short(nb::handle tensor, nb::handle a, nb::handle unused, nb::handle source) {
  const auto fits = [](double, double, int ndim, double) { return ndim >= 2; };
  const auto fill = [](const kinit_tensor *t, double slope, double, kinit_stream stream) {
    return kinit_kaiming_uniform(t, slope, KINIT_FAN_IN, KINIT_LEAKY_RELU, stream);
  };
  return fill_short(tensor, a, unused, source, fits, fill);
}

/* ---- A mode's __torch_function__ -------------------------------------------------------------------------------- */

namespace {

/* What the mode's dictionary `shortcuts` has of a function: (name, whether it is Tensor's own method, kind, names of
 * the parameters that may be given). */
struct Shortcut {
  nb::tuple of;
  nb::object name() const { return of[0]; }
  bool is_method() const { return is_true(of[1]); }
  bool is_kind(const char *kind) const { return PyUnicode_CompareWithASCIIString(nb::object(of[2]).ptr(), kind) == 0; }
  nb::tuple parameters() const { return nb::borrow<nb::tuple>(of[3]); }
};

/* The place of a parameter by its name, counted from 1, or 0. */
size_t place_of(const nb::tuple &parameters, PyObject *name) {
  for (size_t k = 0; k < parameters.size(); k++) {
    if (PyObject_RichCompareBool(name, nb::object(parameters[k]).ptr(), Py_EQ) == 1) return k + 1;
  }
  return 0;
}

/* The tensor and two parameters of a call, 0 and 1 where they are not given; false for all but the plainest calls. */
bool read_call(const nb::tuple &parameters, PyObject *positional, PyObject *keywords, nb::object (&values)[3]) {
  const size_t count = static_cast<size_t>(PyTuple_Size(positional));
  if (count < 1 || count > 1 + parameters.size()) return false;
  for (size_t k = 0; k < count; k++) values[k] = nb::borrow(PyTuple_GetItem(positional, static_cast<Py_ssize_t>(k)));
  PyObject *key, *value;
  for (Py_ssize_t place = 0; keywords != nullptr && PyDict_Next(keywords, &place, &key, &value);) {
    const size_t k = place_of(parameters, key);
    if (k == 0 || values[k].is_valid()) return false;
    values[k] = nb::borrow(value);
  }
  if (!values[1].is_valid()) values[1] = nb::float_(0.0);
  if (!values[2].is_valid()) values[2] = nb::float_(1.0);
  return true;
}

void add(nb::handle dictionary, const nb::object &key, const nb::object &number) {
  PyObject *before = PyDict_GetItemWithError(dictionary.ptr(), key.ptr());
  const nb::object sum = before == nullptr ? number : nb::steal<nb::object>(PyNumber_Add(before, number.ptr()));
  if (!sum.is_valid() || PyDict_SetItem(dictionary.ptr(), key.ptr(), sum.ptr()) != 0) throw nb::python_error();
}

}  // namespace

void count_call(nb::handle tallies, nb::handle name, nb::handle tensor, nb::handle is_random) {
  static const nb::object drawn = interned("drawn"), numel = interned("numel"), one = nb::int_(1);
  const nb::tuple dictionaries = nb::borrow<nb::tuple>(tallies);
  const nb::object key = nb::borrow(name), elements = call(tensor, numel);
  add(dictionaries[0], key, one);
  add(dictionaries[1], key, elements);
  if (is_random.ptr() == Py_True) add(dictionaries[2], drawn, one);
}

namespace {

/* Does the call, and counts it; false if nothing has happened. */
bool take_short(nb::handle mode, const Shortcut &shortcut, PyObject *positional, PyObject *keywords) {
  nb::object values[3];
  if (!read_call(shortcut.parameters(), positional, keywords, values) || !is_tensor(values[0])) return false;
  if (shortcut.is_method() && is_true(get(values[0], loaded_torch()->requires_grad))) return false;
  const auto fill = shortcut.is_kind("normal")    ? fill_normal_short
                    : shortcut.is_kind("uniform") ? fill_uniform_short
                                                  : fill_kaiming_uniform_short;
  if (!fill(values[0], values[1], values[2], mode)) return false;
  static const nb::object tallies = interned("tallies");
  count_call(get(mode, tallies), shortcut.name(), values[0], nb::bool_(true));
  return true;
}

/* What take_short says, with Python's error set where it throws: -1. */
int try_short(PyObject *mode, PyObject *shortcut, PyObject *positional, PyObject *keywords) {
  try {
    return take_short(mode, {nb::borrow<nb::tuple>(shortcut)}, positional, keywords);
  } catch (nb::python_error &error) {
    error.restore();
  } catch (const nb::builtin_exception &error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::exception &error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  }
  return -1;
}

/* (function, types, args, kwargs = None) */
PyObject *offer(PyObject *mode, PyObject *const *arguments, Py_ssize_t count) {
  static const nb::object handlers_name = interned("handlers"), shortcuts_name = interned("shortcuts");
  if (count != 3 && count != 4) return PyErr_Format(PyExc_TypeError, "__torch_function__ takes 3 or 4 arguments");
  PyObject *function = arguments[0], *kwargs = count == 4 && arguments[3] != Py_None ? arguments[3] : nullptr;
  const nb::object handlers = nb::steal(PyObject_GetAttr(mode, handlers_name.ptr()));
  if (!handlers.is_valid()) return nullptr;
  PyObject *handler = PyDict_GetItemWithError(handlers.ptr(), function);
  if (handler == nullptr) {
    PyErr_Clear(); /* what cannot be hashed is no key */
    return PyObject_Call(function, arguments[2], kwargs);
  }
  const nb::object shortcuts = nb::steal(PyObject_GetAttr(mode, shortcuts_name.ptr()));
  if (!shortcuts.is_valid()) return nullptr;
  PyObject *shortcut = PyDict_GetItemWithError(shortcuts.ptr(), function);
  const int taken = shortcut == nullptr ? 0 : try_short(mode, shortcut, arguments[2], kwargs);
  if (taken < 0) return nullptr;
  if (taken > 0) return Py_NewRef(PyTuple_GetItem(arguments[2], 0));
  return PyObject_CallFunctionObjArgs(handler, function, arguments[2], kwargs != nullptr ? kwargs : Py_None, nullptr);
}

PyMethodDef offer_definition = {
    "__torch_function__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(offer)), METH_FASTCALL, nullptr};

}  // namespace

nb::object offering(nb::handle mode) { return nb::steal(PyCFunction_New(&offer_definition, mode.ptr())); }

}  // namespace kinit_python
