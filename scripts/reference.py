#!/usr/bin/env python3
# Follows docs/stream.md without the library: every operation is done on integers and rounded once.
#
# Owns: the independent reference, and through it tests/golden.txt. For maintainers: no test runs it.
# SPDX-License-Identifier: Apache-2.0
"""Values of kinit's streams from their definition alone.

usage: reference.py --values            the first elements of a few streams, to compare by eye
       reference.py --golden            tests/golden.txt, on standard output; half a minute
       reference.py LINE...             the elements that a line of the golden file stands for, one to a line of output

Normals in f64 need SLEEF's shared library (its functions of the finz family, through ctypes) and a processor with fused
multiply-add; everything else needs Python alone.
"""
import ctypes
import ctypes.util
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
    return x if x == 0 or math.isinf(x) else rounded(*parts(x), to)


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


def below(high, to):
    """The largest number of the format that is less than high."""
    if high == 0:
        return -math.ldexp(1.0, to.least)
    number, integer = ("<d", "<q") if to is F64 else ("<f", "<i")
    bits = struct.unpack(integer, to.pack(high))[0]
    return struct.unpack(number, struct.pack(integer, bits + 1 if high < 0 else bits - 1))[0]


def uniform_range(low, high, to):
    low, high = convert(low, to), convert(high, to)
    return low, add(high, -low, to), below(high, to) if low < high else high


def uniform_f32(words, e, low, high):
    low, span, limit = uniform_range(low, high, F32)
    u = math.ldexp(float(words[e] % (1 << 24)), -24)
    return min(fma(u, span, low, F32), limit)


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


def radius_f32(word):
    """sqrt(-2 ln u), u the word's number in (0, 1]."""
    u = bits_of(fma32(from_integer(word, F32), 2.0**-32, 2.0**-33))
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
    return sqrt(fma32(s, a, g), F32)


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


def load_sleef():
    name = ctypes.util.find_library("sleef")
    if name is None:
        sys.exit("reference.py: normals in f64 need SLEEF's shared library (Debian: libsleef3)")
    library = ctypes.CDLL(name)
    log, sincospi = library.Sleef_finz_logd1_u35purecfma, library.Sleef_finz_sincospid1_u35purecfma
    log.argtypes = sincospi.argtypes = [ctypes.c_double]
    log.restype, sincospi.restype = ctypes.c_double, Pair
    return log, sincospi


sleef = []


def unit_f64(w0, w1):
    return fma(float(w0), 2.0**-32, math.ldexp(2.0 * w1 + 1.0, -65), F64)


def normal_f64(words, e, mean, stddev):
    if not sleef:
        sleef.extend(load_sleef())
    log, sincospi = sleef
    first = e // 2 * 4
    w = [words[first + i] for i in range(4)]
    radius = sqrt(-2.0 * log(unit_f64(w[0], w[1])), F64)
    angle = sincospi(2.0 * unit_f64(w[2], w[3]))
    return fma(mul(radius, angle.x if e % 2 else angle.y, F64), stddev, mean, F64)


# ---- Distributions and types -----------------------------------------------------------------------------------------

# name -> (function for f32, function for f64), each (words, element, *parameters) -> number
DISTRIBUTIONS = {
    "uniform": (uniform_f32, uniform_f64),
    "normal": (normal_f32, normal_f64),
}
TYPES = {"f32": F32, "f64": F64, "f16": F16, "bf16": BF16}


def element(distribution, dtype, words, e, parameters):
    """The bytes of element e of a stream, little-endian."""
    if distribution == "bits":
        return struct.pack("<I", words[e])
    of_f32, of_f64 = DISTRIBUTIONS[distribution]
    if dtype == "f64":
        return F64.pack(of_f64(words, e, *parameters))
    return TYPES[dtype].pack(convert(of_f32(words, e, *parameters), TYPES[dtype]))


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
#   parameters  low,high or mean,stddev as hexadecimal floating-point numbers; - if there are none
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
}
# Of f64 alone: subnormal numbers, a range whose u reaches high but for the limit, and numbers far beyond f32.
PARAMETERS_F64 = {
    "bits": [],
    "uniform": [(-(2.0**-1070), 2.0**-1060), (1.0, 1.0 + 2.0**-51), (-1e308, 7e307)],
    "normal": [(0.0, 2.0**-1060), (-1e300, 1e307)],
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
        wide = value if case.dtype != "bf16" else b"\0\0" + value
        code = {"u32": "<I", "f32": "<f", "f64": "<d", "f16": "<e", "bf16": "<f"}[case.dtype]
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
