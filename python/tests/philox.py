"""Philox4x32-10 and the numbers that torch's keyed generator makes of it, in NumPy and without kinit: the independent reference
of test_torch_agreement.py. SPDX-License-Identifier: Apache-2.0

Salmon, Moraes, Dror and Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011. The counter is (block, subsequence)."""

import numpy as np

_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_LOW, _HALF = np.uint64(0xFFFFFFFF), np.uint64(32)


def rounds(counter, key):
    """Four words for each counter: uint64 arrays that hold 32 bits each."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = _MULTIPLIERS[0] * c0, _MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (p1 >> _HALF) ^ c1 ^ np.uint64(k0), p1 & _LOW, (p0 >> _HALF) ^ c3 ^ np.uint64(k1), p0 & _LOW
        k0, k1 = (k0 + _WEYL[0]) % 2**32, (k1 + _WEYL[1]) % 2**32
    return c0, c1, c2, c3


def words(seed, count, block=0):
    """The first words from a block on, subsequence 0."""
    blocks = np.arange(block, block + -(-count // 4), dtype=np.uint64)
    zeros = np.zeros_like(blocks)
    counter = (blocks & _LOW, blocks >> _HALF, zeros, zeros)
    return np.stack(rounds(counter, (seed % 2**32, seed >> 32)), axis=1).reshape(-1)[:count]


def uniform(seed, count, dtype, block=0):
    if dtype == np.float32:
        return ((words(seed, count, block) & np.uint64(2**24 - 1)) * 2.0**-24).astype(np.float32)
    w = words(seed, 2 * count, block).reshape(-1, 2)
    return (((w[:, 0] << _HALF | w[:, 1]) & np.uint64(2**53 - 1)) * 2.0**-53).astype(np.float64)


def normal(seed, count, dtype):
    """In float64 from the rounded u of the radius: what rounds after that comes on top. torch rounds the angle's u too."""
    pairs = -(-count // 2)
    if dtype == np.float32:
        w = words(seed, 2 * pairs).reshape(-1, 2)
        u = (w[:, 0].astype(np.float32).astype(np.float64) * 2.0**-32 + 2.0**-33).astype(np.float32).astype(np.float64)
        v = w[:, 1] * 2.0**-32 + 2.0**-33
    else:
        w = words(seed, 4 * pairs).reshape(-1, 4).astype(np.float64)
        u, v = (w[:, k] * 2.0**-32 + (w[:, k + 1] * 2.0**-64 + 2.0**-65) for k in (0, 2))
    radius = np.sqrt(-2.0 * np.log(u))
    return np.stack([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)], axis=1).reshape(-1)[:count]
