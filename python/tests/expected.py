"""Expected values, computed without the library. SPDX-License-Identifier: Apache-2.0

words() is Philox4x32-10 in NumPy's integers; values() asks scripts/reference.py, which follows docs/stream.md with
integers and one rounding at a time.
"""

import math

import ml_dtypes
import numpy as np
import reference

DTYPES = {
    "f32": np.dtype("float32"),
    "f64": np.dtype("float64"),
    "f16": np.dtype("float16"),
    "bf16": np.dtype(ml_dtypes.bfloat16),
    "u32": np.dtype("uint32"),
}


def words(seed, subsequence, first, count):
    """word[first], word[first + 1], ... of a stream."""
    index = np.arange(count, dtype=np.uint64) + np.uint64(first)
    block, low = index >> np.uint64(2), np.uint64(0xFFFFFFFF)
    c = [block & low, block >> np.uint64(32)]
    c += [np.full_like(block, subsequence & 0xFFFFFFFF), np.full_like(block, subsequence >> 32)]
    k = [seed & 0xFFFFFFFF, seed >> 32]
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [
            (p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]),
            p1 & low,
            (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]),
            p0 & low,
        ]
        k = [(k[0] + 0x9E3779B9) & 0xFFFFFFFF, (k[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.choose((index & np.uint64(3)).astype(int), c).astype(np.uint32)


def values(distribution, dtype, shape, parameters=(), seed=1, subsequence=0, offset=0):
    """An array of a distribution of scripts/reference.py: bits, uniform, normal or truncated."""
    elements = reference.elements(distribution, dtype, seed, subsequence, offset, math.prod(shape), parameters)
    return np.frombuffer(b"".join(elements), DTYPES[dtype]).reshape(shape)


def same(x, y):
    """Equal shapes, dtypes and bytes."""
    x, y = np.asarray(x), np.asarray(y)
    return x.shape == y.shape and x.dtype == y.dtype and x.tobytes() == y.tobytes()
