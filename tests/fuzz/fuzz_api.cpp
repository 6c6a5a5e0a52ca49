/* libFuzzer's harness for the whole public API: any shape, stride, block, parameter and offset.
 *
 * Owns: the properties that must hold whatever the arguments are. A call succeeds if and only if its arguments keep the
 * rules of kinit.h, told without the library; one that fails has written nothing; a flat fill equals its slices, with
 * any number of threads; a tensor holds element by element what scalar draws at the element's index, and nothing beside
 * them is written; a scheme equals the flat fill with its parameters. Pointers to other people's memory are left out:
 * they are the caller's fault. SPDX-License-Identifier: Apache-2.0 */
#include <cfenv>
#include <cmath>
#include <set>

#include "tensor.h"

/* An allocation that is too large returns NULL under the sanitizers too. */
extern "C" const char *__asan_default_options() { return "allocator_may_return_null=1"; }

namespace kinit_fuzz {
namespace {

/* ---- A distribution with its parameters -------------------------------------------------------------------------- */

enum Kind { kUniform, kNormal, kTruncated, kConstant, kKinds };

struct Draw {
  Kind kind;
  double a, b, low, high;
  kinit_stream stream;
};

Draw AnyDraw(Input *in) {
  Draw draw = {};
  draw.kind = static_cast<Kind>(in->Below(kKinds));
  draw.a = in->Real();
  draw.b = in->Real();
  draw.low = in->Real();
  draw.high = in->Real();
  draw.stream.seed = in->Byte();
  draw.stream.subsequence = in->Flag() ? in->Raw<uint64_t>() : in->Byte();
  draw.stream.offset = draw.kind == kConstant ? 0 : in->Offset();
  return draw;
}

kinit_status Flat(const Draw &d, void *dst, int dtype, size_t count, uint64_t index) {
  const kinit_stream stream = {d.stream.seed, d.stream.subsequence, d.stream.offset + index};
  switch (d.kind) {
    case kUniform:
      return kinit_fill_uniform(dst, Dtype(dtype), count, d.a, d.b, stream);
    case kNormal:
      return kinit_fill_normal(dst, Dtype(dtype), count, d.a, d.b, stream);
    case kTruncated:
      return kinit_fill_truncated_normal(dst, Dtype(dtype), count, d.a, d.b, d.low, d.high, stream);
    default:
      return kinit_fill_constant(dst, Dtype(dtype), count, d.a);
  }
}

kinit_status Initialize(const Draw &d, const kinit_tensor *tensor) {
  switch (d.kind) {
    case kUniform:
      return kinit_uniform(tensor, d.a, d.b, d.stream);
    case kNormal:
      return kinit_normal(tensor, d.a, d.b, d.stream);
    case kTruncated:
      return kinit_truncated_normal(tensor, d.a, d.b, d.low, d.high, d.stream);
    default:
      return kinit_constant(tensor, d.a);
  }
}

/* ---- The rules about parameters ---------------------------------------------------------------------------------- */

bool Finite(int dtype, double value) {
  return std::isfinite(value) && (dtype == KINIT_F64 || std::fabs(value) < 0x1.FFFFFFp127);
}

double Rounded(int dtype, double value) {
  return dtype == KINIT_F64 ? value : static_cast<double>(static_cast<float>(value));
}

bool ConstantKeepsTheRules(int dtype, double value) {
  if (!Finite(dtype, value)) return false;
  const double largest = std::fabs(Rounded(dtype, value));
  if (dtype == KINIT_F8_E4M3) return largest <= 464.0;
  if (dtype == KINIT_F8_E5M2) return largest < 61440.0;
  return !(dtype == KINIT_F16 && largest >= 65520.0) && !(dtype == KINIT_BF16 && largest >= 0x1.FFp127);
}

/* Whether this processor draws normals in f64. */
bool HasFma() {
  double value;
  return kinit_fill_normal(&value, KINIT_F64, 1, 0, 1, {0, 0, 0}) == KINIT_OK;
}

bool ParametersKeepTheRules(const Draw &d, int dtype) {
  switch (d.kind) {
    case kUniform:
      return Finite(dtype, d.a) && Finite(dtype, d.b) && d.a <= d.b &&
             Finite(dtype, Rounded(dtype, d.b) - Rounded(dtype, d.a));
    case kNormal:
      return Finite(dtype, d.a) && Finite(dtype, d.b) && d.b >= 0 && (dtype != KINIT_F64 || HasFma());
    case kTruncated:
      return Finite(dtype, d.a) && Finite(dtype, d.b) && d.b >= 0 && Finite(dtype, d.low) && Finite(dtype, d.high) &&
             Rounded(dtype, d.low) < Rounded(dtype, d.high) && (dtype != KINIT_F64 || HasFma());
    default:
      return ConstantKeepsTheRules(dtype, d.a);
  }
}

/* ---- How a call is made ------------------------------------------------------------------------------------------ */

/* Backend, threads and rounding mode of a call; afterwards all is as before. */
struct Surroundings {
  const char *isa;
  int threads, rounding;
};

Surroundings AnySurroundings(Input *in) {
  constexpr int kModes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  const int backend = in->Byte() % kinit_isa_count();
  return {kinit_isa_name(backend), static_cast<int>(1 + in->Below(4)), kModes[in->Below(4)]};
}

/* What additions do in the mode that is set; fegetround may know of another unit of the processor only. */
unsigned Rounding() {
  volatile double one = 1, little = 0x1p-60;
  volatile const double up = one + little, down = -one - little, below = one - little;
  return (up > one ? 1u : 0u) | (down < -one ? 2u : 0u) | (below < one ? 4u : 0u);
}

template <typename Call>
kinit_status CallIn(const Surroundings &s, Call call) {
  Require(kinit_set_isa(s.isa) == KINIT_OK, "a listed ISA can be chosen");
  kinit_set_num_threads(s.threads);
  std::fesetround(s.rounding);
  const unsigned before = Rounding();
  const kinit_status status = call();
  const unsigned after = Rounding();
  std::fesetround(FE_TONEAREST);
  kinit_set_num_threads(1);
  kinit_set_isa("scalar");
  Require(after == before, "the caller's rounding mode is kept");
  return status;
}

/* ---- Flat fills -------------------------------------------------------------------------------------------------- */

/* Enough for four threads, and guards. */
constexpr size_t kLarge = (1 << 19) + 4096, kGuard = 64;
alignas(64) unsigned char actual[kLarge + 2 * kGuard], expected[kLarge + 2 * kGuard];

/* Mostly few, sometimes for several threads, sometimes more than there can be. */
size_t AnyCount(Input *in) {
  const unsigned choice = in->Below(64);
  if (choice == 63) return in->Raw<size_t>();
  return choice == 62 ? (kLarge >> 4) + in->Raw<uint16_t>() : choice < 32 ? in->Byte() : in->Raw<uint16_t>() % 5000;
}

bool FitsFlat(int dtype, size_t count, uint64_t offset, bool has_stream) {
  if (SizeOf(dtype) == 0 || Wide{count} * static_cast<Wide>(SizeOf(dtype)) > PTRDIFF_MAX) return false;
  if (!has_stream) return true;
  return Wide{offset} + count <= Wide{1} << (dtype == KINIT_F64 ? 63 : 64);
}

using FlatFill = std::function<kinit_status(void *dst, size_t count, uint64_t index)>;

/* One fill in any surroundings against two of scalar with one thread, which meet at `cut`. */
void CheckFlat(Input *in, int dtype, size_t count, bool good, const FlatFill &fill) {
  const size_t size = SizeOf(dtype), shift = in->Below(32) == 31 ? 1 : in->Below(8) * (size != 0 ? size : 1);
  const bool placed = size > 0 && count <= (kLarge - 64) / size && in->Below(32) != 31;
  const size_t bytes = placed ? count * size : 0, watched = kGuard + shift + bytes + kGuard;
  const bool aligned = !placed || shift % size == 0;
  std::memset(actual, kPaint, watched);
  std::memset(expected, kPaint, watched);
  const bool valid = good && aligned && (placed || count == 0);
  if (valid && count > 0) {
    const size_t cut = in->Raw<uint16_t>() % (count + 1);
    unsigned char *const at = expected + kGuard + shift;
    Require(fill(at, cut, 0) == KINIT_OK && fill(at + cut * size, count - cut, cut) == KINIT_OK, "slices are filled");
  }
  unsigned char *const dst = placed ? actual + kGuard + shift : nullptr;
  const kinit_status status = CallIn(AnySurroundings(in), [&] { return fill(dst, count, 0); });
  Require((status == KINIT_OK) == valid, "a flat fill succeeds if its arguments keep the rules, and only then");
  Require(std::memcmp(actual, expected, watched) == 0, "a flat fill writes its slices, and nothing on an error");
}

void FuzzFlat(Input *in) {
  const Draw draw = AnyDraw(in);
  const int dtype = AnyEnum(in, 6);
  const size_t count = AnyCount(in);
  const bool good =
      FitsFlat(dtype, count, draw.stream.offset, draw.kind != kConstant) && ParametersKeepTheRules(draw, dtype);
  CheckFlat(in, dtype, count, good,
            [&](void *dst, size_t n, uint64_t index) { return Flat(draw, dst, dtype, n, index); });
}

void FuzzBits(Input *in) {
  const kinit_stream stream = {in->Raw<uint64_t>(), in->Raw<uint64_t>(), in->Offset()};
  const size_t count = AnyCount(in);
  CheckFlat(in, KINIT_F32, count, FitsFlat(KINIT_F32, count, stream.offset, true),
            [&](void *dst, size_t n, uint64_t index) {
              return kinit_fill_bits(static_cast<uint32_t *>(dst), n,
                                     {stream.seed, stream.subsequence, stream.offset + index});
            });
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

using Element = std::function<void(const std::vector<int64_t> &index, uint64_t element, void *dst)>;

/* Calls `fill`, and compares the arena with what `element` puts at every place, if `good` and the tensor is. Where
 * strides let elements overlap, which is the caller's fault, any of their values will do. */
void CheckTensor(Input *in, const Tensor &t, uint64_t offset, bool good,
                 const std::function<kinit_status(const kinit_tensor *)> &fill, const Element &element) {
  alignas(64) static unsigned char arena[kArena], image[kArena];
  std::memset(arena, kPaint, kArena);
  std::memset(image, kPaint, kArena);
  const bool valid = good && t.KeepsTheRules(offset);
  std::set<size_t> places;
  bool overlap = false;
  if (valid) {
    t.ForEach([&](const std::vector<int64_t> &index, uint64_t whole_index, size_t place) {
      overlap = !places.insert(place).second || overlap;
      element(index, whole_index, image + place);
    });
  }
  const kinit_tensor tensor = t.Describe(arena);
  const kinit_status status = CallIn(AnySurroundings(in), [&] { return fill(&tensor); });
  Require((status == KINIT_OK) == valid, "a tensor is filled if all arguments keep the rules, and only then");
  for (const size_t place : overlap ? places : std::set<size_t>())
    std::memcpy(image + place, arena + place, SizeOf(t.dtype()));
  Require(std::memcmp(arena, image, kArena) == 0, "the elements have their values, and nothing else is written");
}

/* A tensor against flat fills of one element. */
void CheckAgainstFlat(Input *in, const Tensor &t, const Draw &draw, bool good,
                      const std::function<kinit_status(const kinit_tensor *)> &fill) {
  CheckTensor(in, t, draw.stream.offset, good, fill, [&](const std::vector<int64_t> &, uint64_t element, void *dst) {
    Require(Flat(draw, dst, t.dtype(), 1, element) == KINIT_OK, "one element is filled");
  });
}

void FuzzTensor(Input *in) {
  const Tensor t(in);
  const Draw draw = AnyDraw(in);
  CheckAgainstFlat(in, t, draw, ParametersKeepTheRules(draw, t.dtype()),
                   [&](const kinit_tensor *tensor) { return Initialize(draw, tensor); });
}

/* ---- Schemes ----------------------------------------------------------------------------------------------------- */

/* The fan, NaN if there is none. */
double Fan(const Tensor &t, int mode) {
  int64_t in = 0, out = 0;
  if (kinit_fans(t.ndim(), t.whole().data(), &in, &out) != KINIT_OK || !IsOneOf(mode, 4)) return NAN;
  if (mode == KINIT_FAN_AVG) return static_cast<double>(static_cast<uint64_t>(in) + static_cast<uint64_t>(out)) / 2;
  if (mode == KINIT_FAN_GEO_AVG) return std::sqrt(static_cast<double>(in) * static_cast<double>(out));
  return static_cast<double>(mode == KINIT_FAN_IN ? in : out);
}

Draw DrawOf(int distribution, double stddev, double bound, kinit_stream stream) {
  if (distribution == KINIT_DIST_UNIFORM) return {kUniform, -bound, bound, 0, 0, stream};
  return {distribution == KINIT_DIST_NORMAL ? kNormal : kTruncated, 0, stddev, -bound, bound, stream};
}

/* A tensor without elements has no fan to divide by, and no parameters that could be bad. */
void CheckScheme(Input *in, const Tensor &t, const Draw &draw, bool good,
                 const std::function<kinit_status(const kinit_tensor *)> &scheme) {
  CheckAgainstFlat(in, t, draw, good && (t.empty() || ParametersKeepTheRules(draw, t.dtype())), scheme);
}

void FuzzKaiming(Input *in) {
  const Tensor t(in);
  const double a = in->Real();
  const int mode = AnyEnum(in, 4);
  const int nonlinearity = AnyEnum(in, 12);
  const kinit_stream stream = {in->Byte(), in->Byte(), in->Offset()};
  const bool normal = in->Flag();
  double gain = 0;
  const double fan = Fan(t, mode);
  const bool good = kinit_gain(static_cast<kinit_nonlinearity>(nonlinearity), a, &gain) == KINIT_OK && !std::isnan(fan);
  const double stddev = gain / std::sqrt(fan);
  const Draw draw = DrawOf(normal ? KINIT_DIST_NORMAL : KINIT_DIST_UNIFORM, stddev, std::sqrt(3.0) * stddev, stream);
  CheckScheme(in, t, draw, good, [&](const kinit_tensor *tensor) {
    const auto fill = normal ? kinit_kaiming_normal : kinit_kaiming_uniform;
    return fill(tensor, a, static_cast<kinit_fan_mode>(mode), static_cast<kinit_nonlinearity>(nonlinearity), stream);
  });
}

void FuzzXavier(Input *in) {
  const Tensor t(in);
  const double gain = in->Real();
  const kinit_stream stream = {in->Byte(), in->Byte(), in->Offset()};
  const bool normal = in->Flag();
  const double fan = Fan(t, KINIT_FAN_AVG);
  const double stddev = gain * std::sqrt(2.0 / (2 * fan));
  const Draw draw = DrawOf(normal ? KINIT_DIST_NORMAL : KINIT_DIST_UNIFORM, stddev, std::sqrt(3.0) * stddev, stream);
  const bool good = !std::isnan(fan) && std::isfinite(gain) && gain >= 0;
  CheckScheme(in, t, draw, good, [&](const kinit_tensor *tensor) {
    return normal ? kinit_xavier_normal(tensor, gain, stream) : kinit_xavier_uniform(tensor, gain, stream);
  });
}

void FuzzVarianceScaling(Input *in) {
  const Tensor t(in);
  const double scale = in->Real();
  const int mode = AnyEnum(in, 4);
  const int distribution = AnyEnum(in, 3);
  const kinit_stream stream = {in->Byte(), in->Byte(), in->Offset()};
  const double fan = Fan(t, mode), variance = scale / fan;
  const bool cut = distribution == KINIT_DIST_TRUNCATED_NORMAL;
  const double stddev = cut ? std::sqrt(variance) / 0.87962566103423978 : std::sqrt(variance);
  const Draw draw = DrawOf(distribution, stddev, cut ? 2 * stddev : std::sqrt(3 * variance), stream);
  const bool good = !std::isnan(fan) && std::isfinite(scale) && scale > 0 && IsOneOf(distribution, 3);
  CheckScheme(in, t, draw, good, [&](const kinit_tensor *tensor) {
    return kinit_variance_scaling(tensor, scale, static_cast<kinit_fan_mode>(mode),
                                  static_cast<kinit_distribution>(distribution), stream);
  });
}

/* ---- Initializers as values -------------------------------------------------------------------------------------- */

/* As a caller with a newer header has it: its size, a byte in here, may say that more belongs to it. */
struct Initializer {
  kinit_initializer known;
  unsigned char beyond[256];
};

Initializer AnyInitializer(Input *in) {
  Initializer initializer = {kinit_initializer_default(static_cast<kinit_scheme>(AnyEnum(in, 11))), {}};
  kinit_initializer &i = initializer.known;
  for (double *number : {&i.mean, &i.stddev, &i.low, &i.high, &i.value, &i.a, &i.gain, &i.scale})
    if (in->Flag()) *number = in->Real();
  i.mode = static_cast<kinit_fan_mode>(AnyEnum(in, 4));
  i.nonlinearity = static_cast<kinit_nonlinearity>(AnyEnum(in, 12));
  i.distribution = static_cast<kinit_distribution>(AnyEnum(in, 3));
  if (in->Flag()) i.groups = in->Integer();
  if (in->Flag()) i.axes = {in->Byte(), in->Byte(), in->Byte()};
  if (in->Below(8) == 7) i.size = in->Byte();
  if (i.size > sizeof i) initializer.beyond[in->Byte()] = static_cast<unsigned char>(in->Flag());
  return initializer;
}

Draw DrawOf(const kinit_resolved &r, kinit_stream stream) {
  switch (r.distribution) {
    case KINIT_DIST_NORMAL:
      return {kNormal, r.mean, r.stddev, 0, 0, stream};
    case KINIT_DIST_TRUNCATED_NORMAL:
      return {kTruncated, r.mean, r.stddev, r.low, r.high, stream};
    case KINIT_DIST_UNIFORM:
      return {kUniform, r.low, r.high, 0, 0, stream};
    default:
      return {kConstant, r.value, 0, 0, 0, stream};
  }
}

/* One where kinit.h says so, for both kinds of identity. */
double IdentityAt(const Tensor &t, const std::vector<int64_t> &index, int64_t groups) {
  const int64_t rows = t.whole()[0] / groups;
  bool one = t.WholeIndex(index, 0) % rows == t.WholeIndex(index, 1);
  for (size_t k = 2; k < index.size(); k++) one = one && t.WholeIndex(index, k) == t.whole()[k] / 2;
  return one ? 1 : 0;
}

void CheckIdentity(Input *in, const Tensor &t, int64_t groups, uint64_t offset, bool good,
                   const std::function<kinit_status(const kinit_tensor *)> &fill) {
  CheckTensor(in, t, offset, good, fill, [&](const std::vector<int64_t> &index, uint64_t, void *dst) {
    kinit_fill_constant(dst, Dtype(t.dtype()), 1, IdentityAt(t, index, groups));
  });
}

/* A fill is that of the distribution to which the initializer resolves. Of tensors without elements, whose derived
 * parameters are not checked, nothing is asked. */
void FuzzInitializer(Input *in) {
  const Tensor t(in);
  const Initializer any = AnyInitializer(in);
  const kinit_initializer &initializer = any.known;
  const kinit_stream stream = {in->Byte(), in->Byte(), in->Offset()};
  kinit_resolved resolved = {};
  resolved.value = -7;
  const bool good = kinit_resolve(&initializer, t.ndim(), t.whole().data(), &resolved) == KINIT_OK;
  Require(good || resolved.value == -7, "nothing is written on an error");
  if (t.empty()) return;
  const auto fill = [&](const kinit_tensor *tensor) { return kinit_initialize(tensor, &initializer, stream); };
  if (resolved.distribution == KINIT_DIST_IDENTITY) {
    CheckIdentity(in, t, initializer.scheme == KINIT_SCHEME_EYE ? 1 : initializer.groups, stream.offset, good, fill);
    return;
  }
  const Draw draw = DrawOf(resolved, stream);
  CheckAgainstFlat(in, t, draw, good && ParametersKeepTheRules(draw, t.dtype()), fill);
}

/* ---- Identities -------------------------------------------------------------------------------------------------- */

void FuzzIdentity(Input *in) {
  const Tensor t(in);
  const int64_t groups = in->Integer();
  if (in->Flag()) {
    CheckIdentity(in, t, 1, 0, t.ndim() == 2, [](const kinit_tensor *tensor) { return kinit_eye(tensor); });
    return;
  }
  const bool good = t.ndim() >= 3 && t.ndim() <= 5 && groups > 0 && t.whole()[0] % groups == 0;
  CheckIdentity(in, t, groups, 0, good, [&](const kinit_tensor *tensor) { return kinit_dirac(tensor, groups); });
}

/* ---- Everything without a destination ---------------------------------------------------------------------------- */

void FuzzFans(Input *in) {
  const int ndim = in->Raw<int8_t>();
  std::vector<int64_t> shape(static_cast<size_t>(std::max(ndim, 0)));
  for (int64_t &length : shape) length = in->Integer();
  bool good = ndim >= 2 && ndim <= 64;
  Wide fans[2] = {1, 1};
  for (size_t k = 0; good && k < shape.size(); k++) good = shape[k] >= 0;
  /* In the order of the dimensions, so that a product beyond the limit is an error even if a zero follows. */
  for (size_t f = 0; good && f < 2; f++) {
    fans[f] = shape[1 - f];
    for (size_t k = 2; good && k < shape.size(); k++) good = (fans[f] *= shape[k]) <= INT64_MAX;
  }
  int64_t fan_in = -7, fan_out = -7;
  const bool accepted = kinit_fans(ndim, shape.data(), &fan_in, &fan_out) == KINIT_OK;
  Require(accepted == good, "shapes have fans if they keep the rules, and only then");
  Require(accepted ? fan_in == fans[0] && fan_out == fans[1] : fan_in == -7 && fan_out == -7, "fans are products");
}

void FuzzGain(Input *in) {
  const int nonlinearity = AnyEnum(in, 12);
  const double param = in->Real();
  double gain = -7;
  const bool leaky = nonlinearity == KINIT_LEAKY_RELU;
  const bool good = IsOneOf(nonlinearity, 12) && (!leaky || std::isfinite(param * param));
  Require((kinit_gain(static_cast<kinit_nonlinearity>(nonlinearity), param, &gain) == KINIT_OK) == good,
          "a gain exists if the arguments are good");
  Require(good ? gain >= 0 && gain < 2 : gain == -7, "gains are in [0, 2); nothing is written on an error");
}

void FuzzNames(Input *in) {
  const uint64_t seed = in->Raw<uint64_t>();
  const std::string text = in->Text();
  const char *const name = text.c_str();
  uint64_t hash = 0xCBF29CE484222325u;
  for (const char *c = name; *c != '\0'; c++) hash = (hash ^ static_cast<unsigned char>(*c)) * 0x100000001B3u;
  const kinit_stream stream = kinit_stream_named(seed, name);
  Require(stream.seed == seed && stream.subsequence == hash && stream.offset == 0, "a name has its stream");
  kinit_fan_mode mode = KINIT_FAN_AVG;
  const bool is_mode = kinit_fan_mode_from_name(name, &mode) == KINIT_OK;
  Require(is_mode ? text.size() >= 6 && IsOneOf(mode, 4) : mode == KINIT_FAN_AVG, "fan modes by name");
  kinit_nonlinearity nonlinearity = KINIT_SELU;
  const bool is_nonlinearity = kinit_nonlinearity_from_name(name, &nonlinearity) == KINIT_OK;
  double gain;
  Require(is_nonlinearity ? kinit_gain(nonlinearity, 0, &gain) == KINIT_OK : nonlinearity == KINIT_SELU,
          "nonlinearities by name");
  const std::string before = kinit_isa();
  if (kinit_set_isa(name) != KINIT_OK) Require(before == kinit_isa(), "an unknown ISA changes nothing");
}

void FuzzMachine(Input *in) {
  const int number = in->Flag() ? in->Raw<int>() : in->Raw<int8_t>();
  Require(kinit_status_message(static_cast<kinit_status>(number)) != nullptr, "every status has a message");
  Require((kinit_isa_name(number) != nullptr) == (number >= 0 && number < kinit_isa_count()), "ISAs have names");
  const int before = kinit_num_threads();
  const bool set = kinit_set_num_threads(number) == KINIT_OK;
  Require(set == (number >= 0), "a number of threads is not negative");
  Require(set || kinit_num_threads() == before, "an error changes nothing");
  kinit_set_num_threads(1);
  /* Either small, or more than there can be: what lies between is the system's business. */
  const size_t bytes = in->Flag() ? in->Raw<uint16_t>() : SIZE_MAX - in->Raw<uint32_t>();
  void *const memory = kinit_alloc(bytes);
  Require((memory != nullptr) == (bytes <= UINT16_MAX), "memory is there, or NULL");
  if (memory != nullptr) std::memset(memory, 1, bytes);
  kinit_free(memory);
}

}  // namespace
}  // namespace kinit_fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  using namespace kinit_fuzz;
  constexpr void (*kFuzzers[])(Input *) = {FuzzFlat,     FuzzTensor, FuzzKaiming,    FuzzXavier, FuzzVarianceScaling,
                                           FuzzIdentity, FuzzBits,   FuzzFans,       FuzzGain,   FuzzNames,
                                           FuzzMachine,  FuzzTensor, FuzzInitializer};
  kinit_set_isa("scalar");
  kinit_set_num_threads(1);
  Input in(data, size);
  kFuzzers[in.Below(sizeof kFuzzers / sizeof kFuzzers[0])](&in);
  return 0;
}
