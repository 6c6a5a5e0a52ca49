"""Exceptions name the argument and its value, and nothing is written. SPDX-License-Identifier: Apache-2.0"""

import math
import re

import kinit
import numpy as np
import pytest

MESSAGES = [
    (kinit.fill_normal, dict(std=math.nan), "std must be finite, not nan"),
    (kinit.fill_normal, dict(mean=-math.inf), "mean must be finite, not -inf"),
    (kinit.fill_normal, dict(mean=-1.0, std=-2.0), "std must be at least 0, not -2.0"),
    (kinit.fill_normal, dict(std=1e300), "std must be finite in float32, not 1e+300"),
    (kinit.fill_uniform, dict(low=2.0), "low must be at most high = 1.0, not 2.0"),
    (kinit.fill_uniform, dict(low=-3e38, high=3e38), "high - low must be finite in float32, not 6e+38"),
    (kinit.fill_truncated_normal, dict(low=3.0), "low must be less than high = 2.0, not 3.0"),
    (kinit.fill_truncated_normal, dict(low=2 - 1e-12), "low must be less than high = 2.0 in float32, not 1.999999999999"),
    (kinit.fill_truncated_normal, dict(high=math.inf), "high must be finite, not inf"),
    (kinit.fill_kaiming_normal, dict(a=math.nan), "a must be finite, not nan"),
    (kinit.fill_kaiming_uniform, dict(a=1e200), "a**2 must be finite, not inf"),
    (kinit.fill_xavier_normal, dict(gain=-1.0), "gain must be at least 0, not -1.0"),
    (kinit.fill_xavier_uniform, dict(gain=math.inf), "gain must be finite, not inf"),
    (kinit.fill_variance_scaling, dict(scale=0.0), "scale must be positive, not 0.0"),
    (kinit.fill_variance_scaling, dict(scale=math.nan), "scale must be finite, not nan"),
    (kinit.fill_variance_scaling, dict(scale=1e-200), "scale must be larger, not 1e-200"),
    (kinit.fill_normal, dict(offset=2**64 - 1), "offset 18446744073709551615 lies too close to the end of the stream"),
    (
        kinit.fill_normal,
        dict(shard=((4, 8), (0, 5))),
        "the shard of shape (4, 6) at start (0, 5) lies outside the array of global_shape (4, 8)",
    ),
]


@pytest.mark.parametrize(("fill", "keywords", "message"), MESSAGES, ids=[message for _, _, message in MESSAGES])
def test_random_fills(fill, keywords, message):
    x = np.ones((4, 6), "f4")
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        fill(x, **keywords, seed=1)
    assert (x == 1).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kinit.constant(3, "float16", 1e5), "value must be finite in float16, not 100000.0"),
        (lambda: kinit.constant(3, "float8_e4m3fn", -math.inf), "value must be finite, not -inf"),
        (lambda: kinit.constant(3, value=math.nan), "value must be finite, not nan"),
        (lambda: kinit.dirac((4, 2, 3), groups=3), "groups must be positive and divide the length of the first dimension"
         ", not 3: the shape is (4, 2, 3)"),
        (lambda: kinit.fill_eye(np.ones(3)), "the number of dimensions does not fit the function"),
        (lambda: kinit.fans((3, -1)), "a dimension is negative, or the size overflows: the shape is (3, -1)"),
        (lambda: kinit.gain("leaky_relu", math.nan), "param must be finite, not nan"),
        (lambda: kinit.gain("leaky_relu", 1e200), "param**2 must be finite, not inf"),
        (lambda: kinit.set_num_threads(-1), "count must lie in [0, 2**31), not -1"),
        (lambda: kinit.bits((4, 6), seed=1, shard=((4, 6), (1, 0))), "the shard of shape (4, 6) at start (1, 0) lies"),
        (lambda: kinit.normal(3, seed=-1), "seed must lie in [0, 2**64), not -1"),
    ],
)
def test_other_functions(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


def test_initializers_of_jax():
    jax = pytest.importorskip("jax")
    from kinit.jax import initializers

    for init, message in [
        (lambda: initializers.normal(math.nan), "std must be finite, not nan"),
        (lambda: initializers.truncated_normal(1.0, lower=3.0), "low must be less than high = 2.0, not 3.0"),
    ]:
        with pytest.raises(ValueError, match=message):
            init()(jax.random.key(0), (4, 6))
