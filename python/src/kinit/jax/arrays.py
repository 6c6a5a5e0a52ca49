"""New arrays of JAX on the CPU, without a second copy of the data.

Each function is that of kinit with the same name and arguments; JAX takes over the memory that kinit has filled. seed
alone gives every array the same first numbers: give each its name as well. Errors are those of kinit's function, and
ValueError for float64 where JAX would make it float32, without jax_enable_x64.

A sharded array from its shards, the same numbers on any number of devices:

    def shard(index):
        local = [len(range(*part.indices(length))) for part, length in zip(index, shape)]
        return kinit.jax.normal(local, seed=42, name="up", shard=(shape, [part.start or 0 for part in index]))

    jax.make_array_from_callback(shape, sharding, shard)

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, ParamSpec

import jax
from numpy.typing import NDArray

from .. import _new

__all__ = [
    "bits",
    "constant",
    "dirac",
    "eye",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
]

P = ParamSpec("P")


def _from_numpy(x: NDArray[Any]) -> jax.Array:
    """The same memory as an array of JAX."""
    if jax.dtypes.canonicalize_dtype(x.dtype) != x.dtype:
        raise ValueError(f"{x.dtype} needs jax_enable_x64; JAX would make it a smaller type")
    array: jax.Array = jax.device_put(x)
    return array


def _on_jax(new: Callable[P, NDArray[Any]]) -> Callable[P, jax.Array]:
    @functools.wraps(new)
    def function(*args: P.args, **kwargs: P.kwargs) -> jax.Array:
        return _from_numpy(new(*args, **kwargs))

    function.__module__ = "kinit.jax"
    function.__annotations__ = {**new.__annotations__, "return": "jax.Array"}
    function.__doc__ = (new.__doc__ or "").replace("A new NumPy array", "A new array of JAX on the CPU")
    return function


bits = _on_jax(_new.bits)
constant = _on_jax(_new.constant)
dirac = _on_jax(_new.dirac)
eye = _on_jax(_new.eye)
kaiming_normal = _on_jax(_new.kaiming_normal)
kaiming_uniform = _on_jax(_new.kaiming_uniform)
normal = _on_jax(_new.normal)
truncated_normal = _on_jax(_new.truncated_normal)
uniform = _on_jax(_new.uniform)
variance_scaling = _on_jax(_new.variance_scaling)
xavier_normal = _on_jax(_new.xavier_normal)
xavier_uniform = _on_jax(_new.xavier_uniform)
