#!/usr/bin/env python3
# Follows docs/stream.md without the library: every operation is done on integers and rounded once.
#
# Owns: the independent reference, and through it tests/golden.txt. For maintainers: no test runs it.
# SPDX-License-Identifier: Apache-2.0
"""Values of kinit's streams from their definition alone.

usage: reference.py --values            the first elements of a few streams, to compare by eye
       reference.py --golden            tests/golden.txt, on standard output; a minute
       reference.py LINE...             the elements that a line of the golden file stands for, one to a line of output

Normals in f64 need SLEEF's shared library (sincospi of its finz family, through ctypes) and a processor with fused
multiply-add; everything else needs Python alone.
"""
import ctypes
import ctypes.util
import functools
import math
import struct
import sys
from collections import namedtuple

# ---- Arithmetic: exact on integers, then one rounding to nearest even ------------------------------------------------
# A number of any format is held in a Python float, which holds it exactly.

Format = namedtuple("Format", "precision least limit pack")  # digits, exponent of the least subnormal, 2^limit is inf
F64 = Format(53, -1074, 1024, lambda x: struct.pack("<d", x))
F32 = Format(24, -149, 128, lambda x: struct.pack("<f", x))
F16 = Format(11, -24, 16, lambda x: struct.pack("<e", x))
BF16 = Format(8, -133, 128, lambda x: struct.pack("<f", x)[2:])
F8_E5M2 = Format(3, -16, 16, lambda x: struct.pack("<e", x)[1:])
F8_E4M3 = Format(4, -9, 9, lambda x: pack_e4m3(x))
NARROW_TYPES = (F16, BF16, F8_E4M3, F8_E5M2)


def pack_e4m3(x):
    """A number of the format: sign, 4 bits of exponent, 3 of fraction. It has no infinity."""
    sign, magnitude = (0x80 if math.copysign(1.0, x) < 0 else 0), abs(x)
    if magnitude < 2.0**-6:
        return bytes([sign | int(magnitude * 512)])
    fraction, exponent = math.frexp(magnitude)
    return bytes([sign | (exponent + 6) << 3 | int(fraction * 16) - 8])


def rounded(significand, exponent, to):
    """significand * 2^exponent, significand an integer other than 0, in the format `to`."""
    sign = -1.0 if significand < 0 else 1.0
    significand = abs(significand)
    dropped = max(significand.bit_length() - to.precision, to.least - exponent)
    if dropped > 0:
        rest = significand & ((1 << dropped) - 1)
        half = 1 << (dropped - 1)
        significand >>= dropped
        exponent += dropped
        if rest > half or (rest == half and significand & 1):
            significand += 1
    if significand.bit_length() + exponent > to.limit:
        return sign * math.inf
    return sign * math.ldexp(float(significand), exponent)


def parts(x):
    """Integers s, e with x = s * 2^e."""
    fraction, exponent = math.frexp(x)
    return int(fraction * 9007199254740992.0), exponent - 53


def convert(x, to):
    y = x if x == 0 or math.isinf(x) else rounded(*parts(x), to)
    return math.copysign(min(abs(y), 448.0), y) if to is F8_E4M3 else y  # saturates


def from_integer(n, to):
    return rounded(n, 0, to) if n else 0.0


def fma(a, b, c, to):
    """a * b + c, rounded once."""
    if a == 0 or b == 0 or not (math.isfinite(a) and math.isfinite(b) and math.isfinite(c)):
        return a * b + c  # nothing to round, but the signs of zeros count
    (sa, ea), (sb, eb), (sc, ec) = parts(a), parts(b), parts(c)
    product, exponent = sa * sb, ea + eb
    if c == 0:
        return rounded(product, exponent, to)
    least = min(exponent, ec)
    total = (product << (exponent - least)) + (sc << (ec - least))
    return rounded(total, least, to) if total else 0.0


def mul(a, b, to):
    if a == 0 or b == 0:
        return a * b
    (sa, ea), (sb, eb) = parts(a), parts(b)
    return rounded(sa * sb, ea + eb, to)


def add(a, b, to):
    return fma(a, 1.0, b, to)


def sqrt(a, to):
    if a == 0:
        return a
    significand, exponent = parts(a)
    shift = 80 + (exponent & 1)  # many digits more than any format has, and an even exponent
    significand <<= shift
    root = math.isqrt(significand)
    sticky = 1 if root * root != significand else 0
    return rounded(root << 1 | sticky, (exponent - shift) // 2 - 1, to)


# ---- Words -----------------------------------------------------------------------------------------------------------

MASK32 = 0xFFFFFFFF


def philox(seed, subsequence, block):
    """The four words of a block: Philox4x32-10."""
    c = [block & MASK32, block >> 32, subsequence & MASK32, subsequence >> 32]
    k0, k1 = seed & MASK32, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [p1 >> 32 ^ c[1] ^ k0, p1 & MASK32, p0 >> 32 ^ c[3] ^ k1, p0 & MASK32]
        k0, k1 = (k0 + 0x9E3779B9) & MASK32, (k1 + 0xBB67AE85) & MASK32
    return c


class Words:
    """word[j] of a stream; the last block is kept, because neighbours share it."""

    def __init__(self, seed, subsequence):
        self.seed, self.subsequence, self.block, self.words = seed, subsequence, None, None

    def __getitem__(self, j):
        if self.block != j // 4:
            self.block, self.words = j // 4, philox(self.seed, self.subsequence, j // 4)
        return self.words[j % 4]


# ---- Uniform ---------------------------------------------------------------------------------------------------------


def below_narrow(high, to):
    if math.isinf(high):
        return math.ldexp(2.0 - math.ldexp(2.0, -to.precision), to.limit - 1)
    fraction, exponent = math.frexp(high)
    power_of_two = fraction == 0.5  # whose lower neighbour is half as far
    return high - math.ldexp(1.0, max(exponent - to.precision - power_of_two, to.least))


def below(high, to):
    """The largest number of the format that is less than high."""
    if high == 0:
        return -math.ldexp(1.0, to.least)
    if to in NARROW_TYPES:
        return below_narrow(high, to)
    number, integer = ("<d", "<q") if to is F64 else ("<f", "<i")
    bits = struct.unpack(integer, to.pack(high))[0]
    return struct.unpack(number, struct.pack(integer, bits + 1 if high < 0 else bits - 1))[0]


def uniform_range(low, high, to):
    low, high = convert(low, to) + 0.0, convert(high, to) + 0.0  # -0 is 0
    return low, add(high, -low, to), below(high, to) if low < high else high


def uniform_f32(words, e, low, high):
    low, span, limit = uniform_range(low, high, F32)
    u = math.ldexp(float(words[e] % (1 << 24)), -24)
    return min(fma(u, span, low, F32), limit)


def clamp_uniform(value, to, low, high):
    """A number of a narrow format: never the upper bound, unless both bounds are one number of it."""
    low, high = convert(convert(low, F32) + 0.0, to), convert(convert(high, F32) + 0.0, to)
    return min(value, below(high, to)) if low < high else value


def uniform_f64(words, e, low, high):
    low, span, limit = uniform_range(low, high, F64)
    x = words[2 * e] << 32 | words[2 * e + 1]
    u = math.ldexp(float(x % (1 << 53)), -53)
    return min(fma(u, span, low, F64), limit)


# ---- Normal ----------------------------------------------------------------------------------------------------------

fromhex = float.fromhex
LOG_2 = fromhex("-0x1.62e43p-23")
LOG_Q = [fromhex(q) for q in (
    "0x1.fffecp-3", "0x1.55624cp-4", "0x1.0044e8p-5", "0x1.95131ap-7", "0x1.4b00b2p-8", "0x1.60bc0ep-9",
    "0x1.519328p-10")]
SIN = [fromhex(s) for s in ("0x1.921fb6p-1", "-0x1.4abbecp-4", "0x1.466b2p-9", "-0x1.2f5992p-15")]
COS = [fromhex(c) for c in ("0x1p+0", "-0x1.3bd39cp-2", "0x1.03b068p-6", "-0x1.4e7de8p-12")]


def bits_of(x):
    return struct.unpack("<I", F32.pack(x))[0]


def float_of(bits):
    return struct.unpack("<f", struct.pack("<I", bits))[0]


def fma32(a, b, c):
    return fma(a, b, c, F32)


def minus_two_log(u):
    """-2 ln u of a binary32."""
    u = bits_of(u)
    exponent = (u - 0x3F2AAAAB) & 0xFF800000
    e = from_integer(exponent - (1 << 32) if exponent >> 31 else exponent, F32)  # e * 2^23
    g = fma32(float_of((u - exponent) & MASK32), -2.0, 2.0)
    s = mul(g, g, F32)
    a = fma32(LOG_Q[1], g, LOG_Q[0])
    b = fma32(LOG_Q[3], g, LOG_Q[2])
    c = fma32(LOG_Q[5], g, LOG_Q[4])
    c = fma32(LOG_Q[6], s, c)
    b = fma32(c, s, b)
    a = fma32(b, s, a)
    g = fma32(e, LOG_2, g)
    return fma32(s, a, g)


def radius_f32(word):
    """sqrt(-2 ln u), u the word's number in (0, 1]."""
    return sqrt(minus_two_log(fma32(from_integer(word, F32), 2.0**-32, 2.0**-33)), F32)


def angle_f32(word):
    """Cosine and sine of (word + 1/2) * 2^-32 turns."""
    rest = (word << 2 | 2) & MASK32  # distance to the nearest quarter turn, a signed integer
    x = from_integer(rest - (1 << 32) if rest >> 31 else rest, F32) * 2.0**-31
    y = mul(x, x, F32)
    p = fma32(SIN[3], y, SIN[2])
    p = fma32(p, y, SIN[1])
    p = mul(fma32(p, y, SIN[0]), x, F32)
    q = fma32(COS[3], y, COS[2])
    q = fma32(q, y, COS[1])
    q = fma32(q, y, COS[0])
    quarter = (word + 0x20000000) >> 30 & 3  # the nearest quarter turn
    return [(q, p), (-p, q), (-q, -p), (p, -q)][quarter]


def normal_f32(words, e, mean, stddev):
    mean, stddev = convert(mean, F32), convert(stddev, F32)
    pair = e // 2
    radius, angle = radius_f32(words[2 * pair]), angle_f32(words[2 * pair + 1])
    return fma32(mul(radius, angle[e % 2], F32), stddev, mean)


class Pair(ctypes.Structure):
    _fields_ = [("x", ctypes.c_double), ("y", ctypes.c_double)]


@functools.cache
def sincospi():
    name = ctypes.util.find_library("sleef")
    if name is None:
        sys.exit("reference.py: normals in f64 need SLEEF's shared library (Debian: libsleef3)")
    function = ctypes.CDLL(name).Sleef_finz_sincospid1_u35purecfma
    function.argtypes, function.restype = [ctypes.c_double], Pair
    return function


LOG64_2 = fromhex("-0x1.62e42fefa39efp+0")
LOG64_Q = [fromhex(q) for q in (
    "-0x1.5555555555558p+0", "-0x1.9999999995323p-1", "-0x1.2492492deec37p-1", "-0x1.c71c62e684aaap-2",
    "-0x1.7462b4ab7b36ap-2", "-0x1.39fe5b524b232p-2", "-0x1.2b58abb5a535ap-2")]


def fma64(a, b, c):
    return fma(a, b, c, F64)


def minus_two_log_f64(u):
    """-2 ln u of a binary64."""
    bits = struct.unpack("<Q", F64.pack(u))[0] + 0x00095F619980C433
    e = float(bits >> 52) - 1023.0
    m = struct.unpack("<d", struct.pack("<Q", bits % 2**52 + 0x3FE6A09E667F3BCD))[0]
    s = (m - 1.0) / (m + 1.0)
    s2 = s * s
    s4 = s2 * s2
    a, b, c = (fma64(LOG64_Q[i + 1], s2, LOG64_Q[i]) for i in (0, 2, 4))
    c = fma64(LOG64_Q[6], s4, c)
    a = fma64(fma64(c, s4, b), s4, a)
    return fma64(s2 * s, a, fma64(e, LOG64_2, s * -4.0))


def unit_f64(w0, w1):
    return fma(float(w0), 2.0**-32, math.ldexp(2.0 * w1 + 1.0, -65), F64)


def normal_f64(words, e, mean, stddev):
    first = e // 2 * 4
    w = [words[first + i] for i in range(4)]
    radius = sqrt(minus_two_log_f64(unit_f64(w[0], w[1])), F64)
    angle = sincospi()(2.0 * unit_f64(w[2], w[3]))
    return fma64(mul(radius, angle.x if e % 2 else angle.y, F64), stddev, mean)


# ---- Truncated normal: the plan of a fill ----------------------------------------------------------------------------
# In binary64, by + - * / sqrt floor, which Python rounds correctly too.

MILLS = [fromhex(m) for m in (
    "0x1.5c1ea559f5fc2p+1", "-0x1.2f3d9b78244b6p+1", "0x1.b3c4619af1bf5p-1", "-0x1.02bc3075db95cp-2",
    "0x1.f3d68a252e1c6p-5", "-0x1.780796d304258p-7", "0x1.87cda3af15154p-10", "-0x1.3bc532f930455p-14",
    "-0x1.249f4712620efp-16", "0x1.178358d6f32a1p-18", "-0x1.cdeb91473e794p-24", "-0x1.96c93c6022ed7p-24",
    "0x1.910e3a200d64ap-27", "0x1.f4bafe0722f8fp-30", "-0x1.028763229eb06p-31", "-0x1.2ab95aa7463adp-35",
    "0x1.29de531b58796p-36", "0x1.909c21f26a6f6p-41", "-0x1.5c9d2dc28d477p-41", "-0x1.986e99164adc2p-46",
    "0x1.aac55c2c34116p-46", "0x1.5c9814828654fp-50", "-0x1.0e97b936649b5p-50", "-0x1.6ee3fdc84b8f2p-54",
    "0x1.57a9f8d7ea832p-55")]
PHI_0 = fromhex("0x1.9884533d43651p-2")
# The right half of the Chebyshev points; they are odd about 0.
POINTS_F32 = ["0x1.0907dc1930690p-2", "0x1.6a09e667f3bcdp-1", "0x1.ee8dd4748bf15p-1"]
POINTS_F64 = ["0x0p+0", "0x1.a9cd9ac4258f6p-3", "0x1.a07f921061ad1p-2", "0x1.2cf2304755a5ep-1", "0x1.7c7d7a833bec2p-1",
              "0x1.bb67ae8584caap-1", "0x1.e6f0e134454ffp-1", "0x1.fd31f94f867c6p-1"]
CENTRAL, TAIL, NARROW = "central", "tail", "narrow"


def horner(coefficients, x):
    """By products and sums, each rounded."""
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = total * x + c
    return total


def plan_exp(x):
    if not x > -700:
        return 0.0
    k = math.floor(x * fromhex("0x1.71547652b82fep+0") + 0.5)
    r = (x - k * fromhex("0x1.62e42fee00000p-1")) - k * fromhex("0x1.a39ef35793c76p-33")
    return math.ldexp(horner([1 / math.factorial(i) for i in range(15)], r), k)


def plan_log(x):
    f, e = math.frexp(x)
    f, e = 2 * f, e - 1
    if f >= fromhex("0x1.6a09e667f3bcdp+0"):  # sqrt(2)
        f, e = f / 2, e + 1
    s = (f - 1) / (f + 1)
    s2, p = s * s, 0.0
    for i in range(23, 1, -2):
        p = (p + 1.0 / i) * s2
    return e * fromhex("0x1.62e42fefa39efp-1") + (2 * s + 2 * s * p)


def plan_mills(z):
    y, b1, b2 = 1 - 10.0 / (z + 5.0), 0.0, 0.0
    for m in reversed(MILLS[1:]):
        b1, b2 = m + (2 * y * b1 - b2), b1
    return (MILLS[0] + (y * b1 - b2)) / (z + 5.0)


def plan_above(z):
    return plan_exp(-0.5 * z * z) * PHI_0 * plan_mills(z)


def chebyshev_points(to):
    right = [fromhex(x) for x in (POINTS_F64 if to is F64 else POINTS_F32)]
    return [-x for x in reversed(right) if x] + right


def interpolate(x, y, centre, half):
    """Coefficients in x - centre of the polynomial through the points."""
    n = len(x)
    order = [i * (4 if n == 15 else 5) % n for i in range(n)]
    t, d = [2 * (x[j] - centre) / half for j in order], [y[j] for j in order]
    for k in range(1, n):
        for i in range(n - 1, k - 1, -1):
            d[i] = (d[i] - d[i - 1]) / (t[i] - t[i - k])
    c = [0.0] * n
    for i in range(n - 1, -1, -1):
        for k in range(n - 1, 0, -1):
            c[k] = c[k - 1] - c[k] * t[i]
        c[0] = d[i] - c[0] * t[i]
    power = 1.0
    for k in range(n):
        c[k] *= power
        power *= 2 / half
    return c


def plan_narrow(p, kappa, h, to):
    series, y0, y1 = [1.0], 1.0, -kappa
    for i in range(1, 18):
        series.append(y1 / (i + 1))
        y0, y1 = y1, -(kappa * y1 + h * h * y0) / (i + 1)
    even = odd = 0.0
    for i in range(17, -1, -1):
        even, odd = (even, odd + series[i]) if i % 2 else (even + series[i], odd)
    points = chebyshev_points(to)
    places = [x + 0.5 * kappa * (x * x - 1) for x in points]
    x = [(horner(series, place) * place - odd) / even for place in places]
    p["poly"] = interpolate(x, places, 0.0, 1.0)
    low, high = p["low"], p["high"]
    p["anchor"], p["scale"] = convert(0.5 * low + 0.5 * high, to), 0.5 * high - 0.5 * low
    p["poly"][0] += ((0.5 * low - p["anchor"]) + 0.5 * high) / p["scale"]


def set_probabilities(p, step, left, right, to):
    half_step = 0.0 if to is F64 else step * 2.0**-33
    p["v_mul"] = step if to is F64 else step * 2.0**-32
    p["v_left"], p["v_right"] = left + half_step, right + half_step


def plan_central(p, mean, stddev, a, b, to):
    right, left = plan_above(b), plan_above(-a) if a < 0 else 1.0
    inside = (1 - left) - right if a < 0 else plan_above(a) - right
    set_probabilities(p, 2 * inside, 2 * left, 2 * right, to)
    if a < 0:
        p["turn"] = MASK32 - math.floor((0.5 - left) / inside * 2.0**32 + 0.5)
    p["anchor"], p["scale"] = mean, stddev


def tail_c(to):
    return 70.0 if to is F64 else 30.0


def plan_tail_polynomial(p, a, m, smallest, to):
    c = tail_c(to)
    r0, r1 = math.sqrt(c), math.sqrt(c + -2 * plan_log(smallest))
    centre, half, k = convert(0.5 * (r0 + r1), to), 0.5 * (r1 - r0), a * a + 1.4
    x, y = [], []
    for point in chebyshev_points(to):
        r = centre + half * point
        wanted = r * r - c
        guess = wanted - plan_log(1 + wanted / (k + 1))
        beyond = guess / (a + math.sqrt(a * a + guess))
        l = beyond * (2 * a + beyond) - 2 * plan_log(plan_mills(a + beyond) / m)
        x.append(math.sqrt(l + c))
        y.append(beyond / (l * (0.5 * m)))
    p["centre"], p["poly"] = centre, interpolate(x, y, centre, half)


def plan_tail(p, stddev, a, width, to):
    if a > 1e8:
        rho, m = plan_exp(-a * width), 1 / a
        p["centre"], p["poly"] = 9.0, [1.0] + [0.0] * (14 if to is F64 else 5)
    else:
        m = plan_mills(a)
        rho = plan_exp(-0.5 * width * (2 * a + width)) * (plan_mills(a + width) / m) if width < 1e3 else 0.0
        plan_tail_polynomial(p, a, m, rho + (1 - rho) * (2.0**-65 if to is F64 else 2.0**-33), to)
    set_probabilities(p, 1 - rho, rho, rho, to)
    p["scale"] = 0.5 * m * stddev


@functools.cache
def truncated_plan(mean, stddev, low, high, to):
    """None where stddev is 0; f32 rounds the numbers later, when it uses them."""
    mean, stddev, low, high = (convert(x, to) for x in (mean, stddev, low, high))
    p = {"low": low, "high": high, "mean": mean, "flip": MASK32, "turn": MASK32}
    if stddev == 0:
        return {**p, "variant": None}
    h, c = (0.5 * high - 0.5 * low) / stddev, ((0.5 * low + 0.5 * high) - mean) / stddev
    a, b = (low - mean) / stddev, (high - mean) / stddev
    if h <= 0.125 and abs(c) * h <= 0.0625:
        p["variant"] = NARROW
        plan_narrow(p, c * h, h, to)
        return p
    mirrored = a + b < 0
    if mirrored:
        a, b, p["flip"] = -b, -a, 0
    p["anchor"] = high if mirrored else low
    p["variant"] = CENTRAL if a < (8 if to is F64 else 5) else TAIL
    if p["variant"] == CENTRAL:
        plan_central(p, mean, stddev, a, b, to)
    else:
        plan_tail(p, stddev, a, 2 * h, to)
    if mirrored:
        p["scale"] = -p["scale"]
    return p


# ---- Truncated normal: the values ------------------------------------------------------------------------------------

TRUNCATED_C = fromhex("0x1.62p+0")
N_F32 = [fromhex(n) for n in ("0x1.a36a56p+2", "0x1.a81ab2p+4", "0x1.7f9256p+3", "0x1.001596p+0")]
D_F32 = [fromhex(d) for d in ("0x1.68827ep+1", "0x1.47ca5cp+4", "0x1.d90122p+4", "0x1.809b06p+3", "0x1p+0")]
N_F64 = [fromhex(n) for n in (
    "0x1.0f8ba1cb95e18p+9", "0x1.b296a2ae052fep+11", "0x1.12ca6ffb95712p+13", "0x1.e232edf9818edp+13",
    "0x1.5c86753e680a0p+13", "0x1.ef0b667d0c22ap+11", "0x1.58f0a2353da8cp+9", "0x1.87e01dbeae5bbp+5",
    "0x1.00041766a15ccp+0", "-0x1.20ac9034df6e2p-22")]
D_F64 = [fromhex(d) for d in (
    "0x1.ce44e9670c027p+7", "0x1.1a81e147ffeb6p+11", "0x1.d71ae4eb4870bp+12", "0x1.f85bd04e30050p+13",
    "0x1.3461f2922aff4p+14", "0x1.81fe4f92b0a09p+13", "0x1.ffb69a7f3d3efp+11", "0x1.5b164c149298ep+9",
    "0x1.87f701ff60cc4p+5", "0x1p+0")]


def horner_fma(coefficients, x, to):
    total = coefficients[-1]
    for c in reversed(coefficients[:-1]):
        total = fma(total, x, c, to)
    return total


def clamp(value, p, to):
    low, high = convert(p["low"], to), convert(p["high"], to)
    value = value if value > low else low
    return value if value < high else high


def polynomial(q, x, x2, to):
    """The terms of even and of odd power apart."""
    return fma(horner_fma(q[1::2], x2, to), x, horner_fma(q[0::2], x2, to), to)


def quantile(l, n, d, to):
    r2 = add(l, TRUNCATED_C, to)
    r = sqrt(r2, to)
    # binary64 has more than twice the digits of binary32, so rounding the quotient twice is harmless
    return mul(l, convert(polynomial(n, r, r2, to) / polynomial(d, r, r2, to), to), to)


def polynomial_f32(q, x):
    q = [convert(c, F32) for c in q]
    s = mul(x, x, F32)
    a, b, c = (fma32(q[i + 1], x, q[i]) for i in (0, 2, 4))
    return fma32(fma32(c, s, b), s, a)


def truncated_f32(words, e, *parameters):
    p = truncated_plan(*parameters, F32)
    constant = lambda name: convert(p[name], F32)
    if p["variant"] is None:
        return clamp(p["mean"], p, F32)
    word, scale = words[e], constant("scale")
    if p["variant"] == NARROW:
        x = fma32(from_integer(word - (1 << 31), F32), 2.0**-31, 2.0**-32)
        return clamp(fma32(polynomial_f32(p["poly"], x), scale, constant("anchor")), p, F32)
    k = word ^ p["flip"]
    left = k > p["turn"]
    turned = from_integer(k ^ (MASK32 if left else 0), F32)
    v = fma32(turned, constant("v_mul"), constant("v_left" if left else "v_right"))
    l = minus_two_log(v)
    if p["variant"] == CENTRAL:
        z = quantile(l, N_F32, D_F32, F32)
    else:
        r = sqrt(add(l, tail_c(F32), F32), F32)
        z = mul(l, polynomial_f32(p["poly"], add(r, -constant("centre"), F32)), F32)
    return clamp(fma32(z, -scale if left else scale, constant("anchor")), p, F32)


def polynomial_f64(q, x):
    return polynomial(q, x, mul(x, x, F64), F64)


def truncated_f64(words, e, *parameters):
    p = truncated_plan(*parameters, F64)
    if p["variant"] is None:
        return clamp(p["mean"], p, F64)
    w0, w1 = words[2 * e], words[2 * e + 1]
    if p["variant"] == NARROW:
        x = fma(float(w0 - (1 << 31)), 2.0**-31, math.ldexp(2.0 * w1 + 1.0, -64), F64)
        return clamp(fma(polynomial_f64(p["poly"], x), p["scale"], p["anchor"], F64), p, F64)
    left = (w0 ^ p["flip"]) > p["turn"]
    turned = p["flip"] ^ (MASK32 if left else 0)
    v = fma(unit_f64(w0 ^ turned, w1 ^ turned), p["v_mul"], p["v_left" if left else "v_right"], F64)
    l = minus_two_log_f64(v)
    if p["variant"] == CENTRAL:
        z = quantile(l, N_F64, D_F64, F64)
    else:
        z = mul(l, polynomial_f64(p["poly"], sqrt(l + tail_c(F64), F64) - p["centre"]), F64)
    return clamp(fma(z, -p["scale"] if left else p["scale"], p["anchor"], F64), p, F64)


# ---- Distributions and types -----------------------------------------------------------------------------------------

# name -> (function for f32, function for f64), each (words, element, *parameters) -> number
DISTRIBUTIONS = {
    "uniform": (uniform_f32, uniform_f64),
    "normal": (normal_f32, normal_f64),
    "truncated": (truncated_f32, truncated_f64),
}
TYPES = {"f32": F32, "f64": F64, "f16": F16, "bf16": BF16, "f8_e4m3": F8_E4M3, "f8_e5m2": F8_E5M2}


def element(distribution, dtype, words, e, parameters):
    """The bytes of element e of a stream, little-endian."""
    if distribution == "bits":
        return struct.pack("<I", words[e])
    of_f32, of_f64 = DISTRIBUTIONS[distribution]
    if dtype == "f64":
        return F64.pack(of_f64(words, e, *parameters))
    to = TYPES[dtype]
    value = convert(of_f32(words, e, *parameters), to)
    if distribution == "uniform" and to in NARROW_TYPES:
        value = clamp_uniform(value, to, *parameters)
    return to.pack(value)


def elements(distribution, dtype, seed, subsequence, offset, count, parameters):
    words = Words(seed, subsequence)
    return [element(distribution, dtype, words, offset + i, parameters) for i in range(count)]


# ---- The golden file -------------------------------------------------------------------------------------------------

Case = namedtuple("Case", "distribution dtype seed subsequence offset count parameters")

HEADER = """\
# Golden values of stream version 1, for every instruction set: scripts/reference.py --golden made them, without kinit.
# They change if KINIT_STREAM_VERSION does, and never otherwise. SPDX-License-Identifier: Apache-2.0
#
# distribution dtype seed subsequence offset count parameters hash first
#   parameters  low,high or mean,stddev or mean,stddev,low,high as hexadecimal floating-point numbers; - if none
#   hash        FNV-1a, 64 bits, of the elements' bytes, little-endian
#   first       bits of the first element"""

# seed, subsequence, offset, count. Offset None: the last elements of the stream; "wrap": block 2^32 in their midst.
STREAMS = [
    (0, 0, 0, 9216),
    (1, 0, 1, 7001),
    (42, 0x6B696E6974, 2, 4094),
    (0xFEDCBA9876543210, 0xFFFFFFFFFFFFFFFF, 3, 3999),
    (0xFFFFFFFFFFFFFFFF, 0x8000000000000001, 0x123456789ABCDEF, 3200),
    (7, 1 << 32, "wrap", 6001),
    (0x9E3779B97F4A7C15, 3, None, 3600),
]

# Of each distribution: the first meets all of STREAMS, the others one stream more.
PARAMETERS = {
    "bits": [()],
    "uniform": [(-0.3, 0.7), (0.0, 1.0), (-1.0, 1.0), (0.1, 0.1), (5.0, 1e6), (-(2.0**-110), 2.0**-108),
                (2.0**-140, 2.0**-139), (1.0, 1.0 + 2.0**-22), (-3e38, -2.9e38), (100000.0, 100000.015625),
                (-0.0, 0.0)],
    "normal": [(0.0, 1.0), (0.0, 0.02), (-1.5, 3.0), (0.1, 0.0), (1e30, 1e28), (0.0, 2.0**-140), (0.0, 1e38),
               (1000.1, 1e-3), (-0.0, 0.0), (3.0, 20000.0)],
    "truncated": [(0.0, 1.0, -2.0, 2.0), (0.0, 0.02, -0.04, 0.04), (0.1, 1.0, -3.0, 1.0), (0.1, 1.0, -1.0, 3.0),
                  (0.0, 1.0, 0.0, 5.0), (0.0, 1.0, -1e6, 1e6), (3.0, 2.0, -1e30, 1.5), (0.0, 1.0, 5.0, 6.0),
                  (0.0, 1.0, -21.0, -20.0), (0.0, 1.0, 100.0, 101.0), (-2.0, 1.0, 0.0, 30.0), (-1e9, 1.0, -5.0, 3.0),
                  (0.0, 1.0, -1e-3, 1e-3), (2.0, 1.0, 0.25, 0.5), (0.1, 1e6, -1.0, 1.0), (0.3, 0.0, -1.0, 1.0),
                  (9.0, 0.0, -1.0, 1.0), (-0.0, 1e-45, -1e-44, 0.0), (0.0, 1e-44, -0.0, 1e-43),
                  (0.0, 1e38, -3e38, 3e38)],
}
# Of f64 alone: subnormal numbers, a range whose u reaches high but for the limit, and numbers far beyond f32.
PARAMETERS_F64 = {
    "bits": [],
    "uniform": [(-(2.0**-1070), 2.0**-1060), (1.0, 1.0 + 2.0**-51), (-1e308, 7e307)],
    "normal": [(0.0, 2.0**-1060), (-1e300, 1e307)],
    "truncated": [(0.0, 2.0**-1060, -(2.0**-1058), 2.0**-1062), (-1e300, 1e307, -1.7e308, 1e308)],
}


def first_element(offset, count, dtype):
    """An offset of STREAMS as a number."""
    if offset is None:
        return (1 << (63 if dtype == "f64" else 64)) - count
    if offset == "wrap":
        return (1 << (33 if dtype == "f64" else 34)) - count // 2
    return offset


def cases():
    for distribution in ("bits", *DISTRIBUTIONS):
        for dtype in ("u32",) if distribution == "bits" else TYPES:
            parameters = PARAMETERS[distribution] + (PARAMETERS_F64[distribution] if dtype == "f64" else [])
            for seed, subsequence, offset, count in STREAMS:
                first = first_element(offset, count, dtype)
                yield Case(distribution, dtype, seed, subsequence, first, count, parameters[0])
            for other in parameters[1:]:
                yield Case(distribution, dtype, 2718281828, 5, 9, 1500, other)


def fnv1a(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def golden_line(case):
    values = elements(*case)
    parameters = ",".join(p.hex() for p in case.parameters) or "-"
    return (f"{case.distribution} {case.dtype} {case.seed:#x} {case.subsequence:#x} {case.offset:#x} {case.count} "
            f"{parameters} {fnv1a(b''.join(values)):016x} {values[0][::-1].hex()}")


def parse_line(line):
    """A line of the golden file, of which hash and first may be missing."""
    distribution, dtype, seed, subsequence, offset, count, parameters = line.split()[:7]
    numbers = () if parameters == "-" else tuple(fromhex(p) for p in parameters.split(","))
    return Case(distribution, dtype, int(seed, 0), int(subsequence, 0), int(offset, 0), int(count), numbers)


# ---- Program ---------------------------------------------------------------------------------------------------------

FIRST = [Case("bits", "u32", 42, 0, 0, 8, ()), Case("uniform", "f32", 42, 0, 0, 8, (0.0, 1.0)),
         Case("uniform", "f64", 42, 0, 0, 4, (0.0, 1.0)), Case("normal", "f32", 42, 0, 0, 8, (0.0, 1.0)),
         Case("normal", "f16", 42, 0, 0, 8, (0.0, 1.0)), Case("normal", "bf16", 42, 0, 0, 8, (0.0, 1.0))]


def print_values(case):
    for i, value in enumerate(elements(*case)):
        wide = {"bf16": b"\0\0", "f8_e5m2": b"\0"}.get(case.dtype, b"") + value
        code = {"u32": "<I", "f32": "<f", "f64": "<d", "bf16": "<f", "f8_e4m3": "<B"}.get(case.dtype, "<e")
        print(f"{case.distribution} {case.dtype} [{case.offset + i}] = {value[::-1].hex()} "
              f"{struct.unpack(code, wide)[0]!r}")


def main(arguments):
    if arguments == ["--values"]:
        for case in FIRST:
            print_values(case)
    elif arguments == ["--golden"]:
        print(HEADER)
        for case in cases():
            print(golden_line(case))
    elif arguments and not arguments[0].startswith("-"):
        for line in arguments:
            print_values(parse_line(line))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
