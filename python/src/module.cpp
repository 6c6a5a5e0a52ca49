/* The module kinit._kinit: one function for each function of the C library that fills, and the machine.
 *
 * Owns: the order of work of a call: read the arguments, release the GIL, fill, raise. Called by the package's own
 * Python code only, which holds signatures, defaults and documentation. SPDX-License-Identifier: Apache-2.0 */
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>

#include <cmath>
#include <cstdlib>
#include <new>
#include <string>

#include "arguments.h"
#include "bits.h"
#include "calls.h"
#include "ffi.h"
#include "gpu.h"
#include "infinity.h"
#include "kinit/cuda.h"
#include "tensor.h"

namespace nb = nanobind;
using nb::handle;

namespace kinit_python {

namespace {

void run(const Destination &destination, Request request, const kinit_initializer &initializer, kinit_stream stream) {
  const kinit_tensor tensor = destination.tensor();
  const kinit_status status = destination.array.initialize(tensor, initializer, stream);
  request.ndim = tensor.ndim;
  request.shape = tensor.shape;
  request.to = &destination;
  raise_status(status, request);
  destination.array.written();
}

void run(handle x, handle shard, const Request &request, const kinit_initializer &initializer, kinit_stream stream) {
  const Call call;
  run(Destination(x, shard), request, initializer, stream);
}

/* ---- Names ------------------------------------------------------------------------------------------------------ */

std::string read_text(handle value, const char *what) {
  std::string text;
  if (!nb::try_cast(value, text)) throw nb::type_error((std::string(what) + " must be a str").c_str());
  return text;
}

[[noreturn]] void refuse_name(const char *what, const std::string &name, const char *known) {
  throw nb::value_error((std::string(what) + " '" + name + "' is not one of " + known).c_str());
}

kinit_fan_mode read_mode(handle value) {
  const std::string name = read_text(value, "mode");
  kinit_fan_mode mode;
  if (kinit_fan_mode_from_name(name.c_str(), &mode) != KINIT_OK) {
    refuse_name("mode", name, "fan_in, fan_out, fan_avg, fan_geo_avg");
  }
  return mode;
}

kinit_nonlinearity read_nonlinearity(handle value) {
  const std::string name = read_text(value, "nonlinearity");
  kinit_nonlinearity nonlinearity;
  if (kinit_nonlinearity_from_name(name.c_str(), &nonlinearity) != KINIT_OK) {
    refuse_name(
        "nonlinearity", name,
        "linear, conv1d to conv3d, conv_transpose1d to conv_transpose3d, sigmoid, tanh, relu, leaky_relu, selu");
  }
  return nonlinearity;
}

kinit_distribution read_distribution(handle value) {
  const std::string name = read_text(value, "distribution");
  if (name == "normal") return KINIT_DIST_NORMAL;
  if (name == "truncated_normal") return KINIT_DIST_TRUNCATED_NORMAL;
  if (name == "uniform") return KINIT_DIST_UNIFORM;
  refuse_name("distribution", name, "normal, truncated_normal, uniform");
}

/* ---- Axes -------------------------------------------------------------------------------------------------------- */

/* The roles of dimensions, as in_axis, out_axis and batch_axis name them. */
struct Axes {
  handle in, out, batch;
};

/* Dimensions as a set of bits; negative ones count from the end. */
uint64_t read_dimensions(handle value, const char *what, int ndim) {
  int64_t axes[MAX_DIMENSIONS];
  const int count = read_lengths(value, what, axes);
  uint64_t set = 0;
  for (int k = 0; k < count; k++) {
    if (axes[k] < -ndim || axes[k] >= ndim) {
      throw nb::index_error((std::string(what) + " " + std::to_string(axes[k]) + " is not a dimension of an array of " +
                             std::to_string(ndim) + " dimensions")
                                .c_str());
    }
    const uint64_t bit = uint64_t{1} << (axes[k] < 0 ? axes[k] + ndim : axes[k]);
    if ((set & bit) != 0) throw nb::value_error((std::string(what) + " names a dimension twice").c_str());
    set |= bit;
  }
  return set;
}

/* Of fewer than two dimensions none: they have no fans, which is the error to raise. */
kinit_axes read_axes(const Axes &axes, int ndim) {
  if (ndim < 2) return {};
  const kinit_axes read = {read_dimensions(axes.in, "in_axis", ndim), read_dimensions(axes.out, "out_axis", ndim),
                           read_dimensions(axes.batch, "batch_axis", ndim)};
  if ((read.in | read.out | read.batch) == 0) throw nb::value_error("in_axis, out_axis and batch_axis are all empty");
  return read;
}

/* ---- Fills ------------------------------------------------------------------------------------------------------ */

void normal(handle x, handle mean, handle std, handle seed, handle name, handle subsequence, handle offset,
            handle shard) {
  const double m = read_number(mean, "mean"), s = read_number(std, "std");
  const kinit_stream stream = read_stream(seed, name, subsequence, offset);
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_NORMAL);
  initializer.mean = m;
  initializer.stddev = s;
  run(x, shard, {{{"mean", m}, {"std", s}}, stream.offset}, initializer, stream);
}

void uniform(handle x, handle low, handle high, handle seed, handle name, handle subsequence, handle offset,
             handle shard) {
  const double l = read_number(low, "low"), h = read_number(high, "high");
  const kinit_stream stream = read_stream(seed, name, subsequence, offset);
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_UNIFORM);
  initializer.low = l;
  initializer.high = h;
  run(x, shard, {{{"low", l}, {"high", h}, {"high - low", h - l}}, stream.offset}, initializer, stream);
}

void truncated_normal(handle x, handle mean, handle std, handle low, handle high, handle seed, handle name,
                      handle subsequence, handle offset, handle shard) {
  const double m = read_number(mean, "mean"), s = read_number(std, "std");
  const double l = read_number(low, "low"), h = read_number(high, "high");
  const kinit_stream stream = read_stream(seed, name, subsequence, offset);
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_TRUNCATED_NORMAL);
  initializer.mean = m;
  initializer.stddev = s;
  initializer.low = l;
  initializer.high = h;
  run(x, shard, {{{"mean", m}, {"std", s}, {"low", l}, {"high", h}}, stream.offset}, initializer, stream);
}

void constant(handle x, handle value, handle shard) {
  const double v = read_number(value, "value");
  const Call call;
  const Destination destination(x, shard);
  const Request request = {{{"value", v}}};
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_CONSTANT);
  initializer.value = v;
  if (!std::isinf(v)) return run(destination, request, initializer, {});
  fill_infinity(destination, v < 0);
  destination.array.written();
}

void bits(handle x, handle seed, handle name, handle subsequence, handle offset, handle shard) {
  const kinit_stream stream = read_stream(seed, name, subsequence, offset);
  const Call call;
  const Destination destination(x, shard);
  fill_bits(destination, stream);
  destination.array.written();
}

/* What an initializer with fans fills, whose axes are yet to be read. */
void run_scheme(handle x, kinit_initializer initializer, std::initializer_list<Parameter> parameters, const Axes &axes,
                kinit_stream stream, handle shard) {
  const Call call;
  const Destination destination(x, shard);
  initializer.axes = read_axes(axes, destination.array.ndim);
  run(destination, {parameters, stream.offset}, initializer, stream);
}

template <kinit_scheme scheme>
void kaiming(handle x, handle a, handle mode, handle nonlinearity, handle in, handle out, handle batch, handle seed,
             handle name, handle subsequence, handle offset, handle shard) {
  kinit_initializer initializer = kinit_initializer_default(scheme);
  initializer.a = read_number(a, "a");
  initializer.mode = read_mode(mode);
  initializer.nonlinearity = read_nonlinearity(nonlinearity);
  run_scheme(x, initializer, {{"a", initializer.a}, {"a**2", initializer.a * initializer.a}}, {in, out, batch},
             read_stream(seed, name, subsequence, offset), shard);
}

template <kinit_scheme scheme>
void xavier(handle x, handle gain, handle in, handle out, handle batch, handle seed, handle name, handle subsequence,
            handle offset, handle shard) {
  kinit_initializer initializer = kinit_initializer_default(scheme);
  initializer.gain = read_number(gain, "gain");
  run_scheme(x, initializer, {{"gain", initializer.gain}}, {in, out, batch},
             read_stream(seed, name, subsequence, offset), shard);
}

kinit_initializer read_variance_scaling(handle scale, handle mode, handle distribution) {
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_VARIANCE_SCALING);
  initializer.scale = read_number(scale, "scale");
  initializer.mode = read_mode(mode);
  initializer.distribution = read_distribution(distribution);
  return initializer;
}

void variance_scaling(handle x, handle scale, handle mode, handle distribution, handle in, handle out, handle batch,
                      handle seed, handle name, handle subsequence, handle offset, handle shard) {
  const kinit_initializer initializer = read_variance_scaling(scale, mode, distribution);
  run_scheme(x, initializer, {{"scale", initializer.scale}}, {in, out, batch},
             read_stream(seed, name, subsequence, offset), shard);
}

void eye(handle x, handle shard) { run(x, shard, {}, kinit_initializer_default(KINIT_SCHEME_EYE), {}); }

void dirac(handle x, handle groups, handle shard) {
  const int64_t count = read_int64(groups, "groups");
  kinit_initializer initializer = kinit_initializer_default(KINIT_SCHEME_DIRAC);
  initializer.groups = count;
  run(x, shard, {{{"groups", static_cast<double>(count)}}}, initializer, {});
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

nb::tuple fans(handle shape, handle in, handle out, handle batch) {
  int64_t lengths[MAX_DIMENSIONS];
  double fan_in, fan_out;
  const int ndim = read_lengths(shape, "shape", lengths);
  const kinit_axes axes = read_axes({in, out, batch}, ndim);
  raise_status(kinit_fans_axes(ndim, lengths, &axes, 1, &fan_in, &fan_out), {{}, 0, ndim, lengths});
  return nb::make_tuple(nb::int_(fan_in), nb::int_(fan_out));
}

/* (distribution, mean, stddev, low, high): what a scheme comes to for a shape. */
nb::tuple resolve(const kinit_initializer &initializer, const Request &request) {
  kinit_resolved r;
  raise_status(kinit_resolve(&initializer, request.ndim, request.shape, &r), request);
  return nb::make_tuple(static_cast<int>(r.distribution), r.mean, r.stddev, r.low, r.high);
}

nb::tuple resolve_variance_scaling(handle shape, handle scale, handle mode, handle distribution, handle in, handle out,
                                   handle batch) {
  int64_t lengths[MAX_DIMENSIONS];
  const int ndim = read_lengths(shape, "shape", lengths);
  kinit_initializer initializer = read_variance_scaling(scale, mode, distribution);
  initializer.axes = read_axes({in, out, batch}, ndim);
  return resolve(initializer, {{{"scale", initializer.scale}}, 0, ndim, lengths});
}

/* The same of a distribution, whose parameters are checked so. */
nb::tuple resolve_distribution(handle distribution, handle mean, handle stddev, handle low, handle high) {
  const kinit_distribution kind = read_distribution(distribution);
  kinit_initializer initializer =
      kinit_initializer_default(kind == KINIT_DIST_NORMAL    ? KINIT_SCHEME_NORMAL
                                : kind == KINIT_DIST_UNIFORM ? KINIT_SCHEME_UNIFORM
                                                             : KINIT_SCHEME_TRUNCATED_NORMAL);
  const double m = read_number(mean, "mean"), s = read_number(stddev, "std");
  const double l = read_number(low, "low"), h = read_number(high, "high");
  initializer.mean = m;
  initializer.stddev = s;
  initializer.low = l;
  initializer.high = h;
  if (kind == KINIT_DIST_NORMAL) return resolve(initializer, {{{"mean", m}, {"std", s}}});
  if (kind == KINIT_DIST_UNIFORM) return resolve(initializer, {{{"low", l}, {"high", h}, {"high - low", h - l}}});
  return resolve(initializer, {{{"mean", m}, {"std", s}, {"low", l}, {"high", h}}});
}

double gain(handle nonlinearity, handle param) {
  double value;
  const double slope = read_number(param, "param");
  raise_status(kinit_gain(read_nonlinearity(nonlinearity), slope, &value),
               {{{"param", slope}, {"param**2", slope * slope}}});
  return value;
}

/* The subsequence of a name. */
uint64_t subsequence(handle name) { return kinit_stream_named(0, read_text(name, "name").c_str()).subsequence; }

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

/* A huge page for less than this would be mostly air. */
const size_t WORTH_HUGE_PAGES = 1 << 20;
/* What JAX wants of memory that it takes over; a cache line, too. */
const size_t SMALL_ALIGNMENT = 64;

nb::capsule allocate_capsule(size_t bytes) {
  if (bytes >= WORTH_HUGE_PAGES) {
    void *memory = kinit_alloc(bytes);
    if (memory == nullptr) throw std::bad_alloc();
    return nb::capsule(memory, [](void *p) noexcept { kinit_free(p); });
  }
  void *memory = std::aligned_alloc(SMALL_ALIGNMENT, (bytes / SMALL_ALIGNMENT + 1) * SMALL_ALIGNMENT);
  if (memory == nullptr) throw std::bad_alloc();
  return nb::capsule(memory, [](void *p) noexcept { std::free(p); });
}

/* Memory as an array of bytes that owns it. */
nb::ndarray<nb::array_api> allocate(handle size) {
  const size_t bytes = read_uint64(size, "the size in bytes");
  const nb::capsule memory = allocate_capsule(bytes);
  return nb::ndarray<nb::array_api>(memory.data(), 1, &bytes, memory, nullptr, nb::dtype<uint8_t>(),
                                    nb::device::cpu::value);
}

/* ---- The machine ------------------------------------------------------------------------------------------------ */

nb::tuple isas() {
  nb::list names;
  for (int i = 0; i < kinit_isa_count(); i++) names.append(kinit_isa_name(i));
  return nb::tuple(names);
}

void set_isa(handle name) {
  const std::string text = name.is_none() ? "" : read_text(name, "name");
  if (kinit_set_isa(name.is_none() ? nullptr : text.c_str()) == KINIT_OK) return;
  const std::string known = nb::cast<std::string>(nb::str(", ").attr("join")(isas()));
  refuse_name("ISA", text, (known + ": those of this machine and build").c_str());
}

void set_num_threads(handle count) {
  const int64_t threads = read_int64(count, "count");
  if (threads < 0 || threads > INT32_MAX) {
    throw nb::value_error(("count must lie in [0, 2**31), not " + std::to_string(threads)).c_str());
  }
  raise_status(kinit_set_num_threads(static_cast<int>(threads)));
}

/* A function whose arguments may be any object, None too. */
template <typename Result, typename... Handles>
void bind(nb::module_ &m, const char *name, Result (*function)(Handles...)) {
  m.def(name, function, (static_cast<void>(sizeof(Handles)), nb::arg().none())...);
}

void bind_fills(nb::module_ &m) {
  bind(m, "normal", normal);
  bind(m, "uniform", uniform);
  bind(m, "truncated_normal", truncated_normal);
  bind(m, "constant", constant);
  bind(m, "bits", bits);
  bind(m, "kaiming_normal", kaiming<KINIT_SCHEME_KAIMING_NORMAL>);
  bind(m, "kaiming_uniform", kaiming<KINIT_SCHEME_KAIMING_UNIFORM>);
  bind(m, "xavier_normal", xavier<KINIT_SCHEME_XAVIER_NORMAL>);
  bind(m, "xavier_uniform", xavier<KINIT_SCHEME_XAVIER_UNIFORM>);
  bind(m, "variance_scaling", variance_scaling);
  bind(m, "eye", eye);
  bind(m, "dirac", dirac);
}

}  // namespace

NB_MODULE(_kinit, m) {
  bind_fills(m);
  bind(m, "fans", fans);
  bind(m, "gain", gain);
  bind(m, "resolve_variance_scaling", resolve_variance_scaling);
  bind(m, "resolve_distribution", resolve_distribution);
  bind(m, "subsequence", subsequence);
  bind(m, "ffi_fill", ffi_fill);
  bind(m, "allocate", allocate);
  bind(m, "offering", offering);
  bind(m, "count_call", count_call);
  bind(m, "is_on_gpu", is_on_gpu);
  m.def("has_gpu", [] { return kinit_cuda_available() != 0; });
  bind(m, "fill_normal_short", fill_normal_short);
  bind(m, "fill_uniform_short", fill_uniform_short);
  m.def("isa", kinit_isa);
  m.def("isas", isas);
  bind(m, "set_isa", set_isa);
  m.def("num_threads", kinit_num_threads);
  bind(m, "set_num_threads", set_num_threads);
  m.def("version", kinit_version);
  m.def("end_calls", end_calls);
  watch_forks();
  m.attr("STREAM_VERSION") = KINIT_STREAM_VERSION;
}

}  // namespace kinit_python
