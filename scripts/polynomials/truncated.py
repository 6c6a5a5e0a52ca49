#!/usr/bin/env python3
# Owns: the constants of src/plan_truncated.c and src/kernel/truncated.h. For maintainers: no build runs it.
# SPDX-License-Identifier: Apache-2.0
"""Coefficients of the truncated normal (docs/stream.md), printed as C. Needs mpmath; takes a minute.

usage: truncated.py [f32] [f64] [mills] [nodes]     all four if none is named

1. The quantile function of the normal, as a rational function of r = sqrt(l + c), l = -2 ln v, v = 2 s, s the
   probability of the nearer tail:  z = l N(r) / D(r).  Minimax in relative error, by Remez' algorithm.
   c = 1.3828125 instead of 2 ln 2 gains a bit in f32 and keeps every coefficient positive.
2. Mills' ratio m(z) = Q(z) / phi(z), z >= 0, as a Chebyshev series in y = (z - K) / (z + K) of (z + K) m(z).
3. The Chebyshev points at which a fill's own polynomial (variants "tail" and "narrow") is fitted.
"""
import math
import struct
import sys

from mpmath import cos, erfc, exp, ln, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 50
SQRT2 = sqrt(mpf(2))
LOW_C = "1.3828125"
FIRST_TAIL_F32, FIRST_TAIL_F64 = mpf(5), mpf(8)


def upper_tail(z):
    return erfc(z / SQRT2) / 2


def mills(z):
    """Q(z) / phi(z)"""
    return upper_tail(z) * sqrt(2 * pi) * exp(z * z / 2)


def z_over_l(l):
    """Quantile of the tail probability exp(-l/2)/2, divided by l; its limit at l = 0."""
    if abs(l) < mpf(10) ** -18:
        return sqrt(2 * pi) / 4 * (1 - l / 4)
    t = l + 2 * ln(2)
    z = sqrt(2 * pi) * l / 4 if l < 1 else sqrt(t - ln(2 * pi * t)) if t > 4 else mpf(1)
    for _ in range(100):
        m = mills(z)
        # g(z) = -2 ln Q(z) - t,  g' = 2 / m
        step = (-2 * ln(upper_tail(z)) - t) * m / 2
        z -= step
        if abs(step) < abs(z) * mpf(10) ** -42:
            break
    return z / l


def horner(c, x):
    r = mpf(0)
    for a in reversed(c):
        r = r * x + a
    return r


class Target:
    """f(r) = z / l with memory."""

    def __init__(self, c):
        self.c, self.known = c, {}

    def __call__(self, r):
        if r not in self.known:
            self.known[r] = z_over_l(r * r - self.c)
        return self.known[r]


def remez(f, low, high, m, n, grid_size):
    """p of degree m, q of degree n (leading coefficient 1) with |p/(f q) - 1| equioscillating on [low, high]."""
    count = m + n + 2
    node = lambda t: (low + high) / 2 - (high - low) / 2 * cos(pi * t)
    grid = [node(mpf(i) / (grid_size - 1)) for i in range(grid_size)]
    ref = [node(mpf(i) / (count - 1)) for i in range(count)]
    p = q = None
    level = mpf(0)
    for turn in range(60):
        for _ in range(30):
            a, b = matrix(count, count), matrix(count, 1)
            for i, x in enumerate(ref):
                sign = 1 if i % 2 == 0 else -1
                w = f(x) * (1 + sign * level)
                for j in range(m + 1):
                    a[i, j] = x ** j
                for j in range(n):
                    a[i, m + 1 + j] = -w * x ** j
                # d/dlevel, with the denominator of the last step
                qx = horner(q, x) if q else x ** n
                a[i, count - 1] = -sign * f(x) * qx
                b[i] = w * x ** n - sign * f(x) * qx * level
            s = lu_solve(a, b)
            p, q = [s[i] for i in range(m + 1)], [s[m + 1 + i] for i in range(n)] + [mpf(1)]
            done = abs(s[count - 1] - level) < abs(level) * mpf(10) ** -8
            level = s[count - 1]
            if done:
                break
        err = [horner(p, x) / (f(x) * horner(q, x)) - 1 for x in grid]
        # the largest error of each run of one sign
        peaks = []
        for i, e in enumerate(err):
            if peaks and (e > 0) == (err[peaks[-1]] > 0):
                if abs(e) > abs(err[peaks[-1]]):
                    peaks[-1] = i
            else:
                peaks.append(i)
        while len(peaks) > count:
            if abs(err[peaks[0]]) < abs(err[peaks[-1]]):
                peaks.pop(0)
            else:
                peaks.pop()
        top = max(abs(e) for e in err)
        sys.stderr.write(f"remez({m},{n}) {turn}: level 2^{float(log(abs(level), 2)):.3f} worst 2^{float(log(top, 2)):.3f} peaks {len(peaks)}\n")
        if len(peaks) < count:
            raise ArithmeticError("lost the alternation")
        ref = [grid[i] for i in peaks]
        if top < abs(level) * mpf("1.01"):
            break
    return p, q, top


def to_f32(x):
    return struct.unpack("f", struct.pack("f", float(x)))[0]  # double rounding is harmless here


def hex32(x):
    return float(x).hex().replace("0000000p", "p") + "f"


def largest_l(first_tail, bits):
    """Of the central variant, whose nearer bound is at most first_tail standard deviations from the mean."""
    return -2 * ln(2 * upper_tail(first_tail) * mpf(2) ** -(bits + 1))


def neighbours(coefficients):
    """The same with one of them moved by a last place or two."""
    for i, c in enumerate(coefficients):
        ulp = 2.0 ** (math.frexp(c)[1] - 24)
        for step in (-2, -1, 1, 2):
            yield coefficients[:i] + [c + step * ulp] + coefficients[i + 1:]


def rational_f32():
    """D's leading coefficient is 1, so that its first step is an addition."""
    c, top, m, n = mpf(LOW_C), largest_l(FIRST_TAIL_F32, 32), 3, 4
    f = Target(c)
    p, q, worst = remez(f, sqrt(c), sqrt(c + top), m, n, 600)
    known = sorted(f.known)[::3]
    points, values = [float(x) for x in known], [float(f(x)) for x in known]
    horner64 = lambda cs, x: cs[0] + x * horner64(cs[1:], x) if len(cs) > 1 else cs[0]

    def error(cs):
        pr, qr = cs[: m + 1], cs[m + 1:] + [1.0]
        return max(abs(horner64(pr, x) / (horner64(qr, x) * v) - 1) for x, v in zip(points, values))

    # rounding: from the nearest floats downhill
    best = [to_f32(x) for x in p + q[:-1]]
    while True:
        better = min(neighbours(best), key=error)
        if error(better) >= error(best):
            break
        best = better
    print(f"/* l in [0, {float(top):.3f}]: minimax 2^{float(log(worst, 2)):.2f}, rounded 2^{math.log2(error(best)):.2f} */")
    print(f"#define TRUNCATED_C {hex32(c)}")
    for i, x in enumerate(best):
        name, k = ("N", i) if i <= m else ("D", i - m - 1)
        print(f"#define TRUNCATED_{name}{k} {hex32(x)}")


def rational_f64(m, n):
    mp.dps = 70
    c = mpf(LOW_C)
    top = largest_l(FIRST_TAIL_F64, 64)
    f = Target(c)
    p, q, worst = remez(f, sqrt(c), sqrt(c + top), m, n, 1000)
    print(f"/* l in [0, {float(top):.3f}]: minimax 2^{float(log(worst, 2)):.2f} */")
    for name, cs in (("n", p), ("d", q[:-1])):
        print(f"static const double truncated_{name}[{len(cs)}] = {{" + ", ".join(float(x).hex() for x in cs) + "};")
    mp.dps = 50


def mills_series(k, terms):
    big = 80
    k = mpf(k)

    def g(y):
        z = k * (1 + y) / (1 - y)
        return mills(z) * (z + k)

    values = [g(cos(pi * (i + mpf(1) / 2) / big)) for i in range(big)]
    series = [2 * sum(values[i] * cos(pi * j * (i + mpf(1) / 2) / big) for i in range(big)) / big for j in range(big)]
    tail = sum(abs(x) for x in series[terms:])
    print(f"/* (z + K) m(z), Chebyshev in (z - K)/(z + K): rest 2^{float(log(tail, 2)):.1f} of about 1 */")
    print(f"#define MILLS_K {float(k)}")
    series[0] /= 2
    print(f"static const double mills_series[{terms}] = {{" + ", ".join(float(x).hex() for x in series[:terms]) + "};")


def nodes(degree, name):
    count = degree + 1
    points = [mpf(0) if 2 * i == degree else -cos(pi * (i + mpf(1) / 2) / count) for i in range(count)]
    print(f"static const double points_{name}[{count}] = {{" + ", ".join(float(x).hex() for x in points) + "};")


if __name__ == "__main__":
    parts = sys.argv[1:] or ["f32", "f64", "mills", "nodes"]
    if "f32" in parts:
        rational_f32()
    if "f64" in parts:
        rational_f64(9, 9)
    if "mills" in parts:
        mills_series("5", 25)
    if "nodes" in parts:
        nodes(5, "f32")
        nodes(14, "f64")
