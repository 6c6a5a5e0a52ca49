"""The initializers of jax.nn.initializers, filled by kinit: same names, parameters, defaults and exceptions.

    init = kinit.jax.initializers.he_normal()
    weight = init(jax.random.key(0), (64, 32), jax.numpy.bfloat16)

Inside jit, vmap and shard_map as outside of them. The numbers are a function of key, shape and initializer: neither the mesh
nor jit nor the number of threads changes one. Under a mesh each device fills its own shard.

Keys become streams so: of the words of jax.random.key_data(key), k0 and k1 are the seed, k0 * 2**32 + k1, and k2 and k3,
where the kind of key has them (rbg, unsafe_rbg), the subsequence, k2 * 2**32 + k3, which is else 0. So
normal(1.0)(jax.random.key(42), shape) is kinit.normal(shape, seed=42). Raw and typed keys of equal words give equal numbers.

Wrong keys, shapes, dtypes and axes raise what JAX raises. Besides: ValueError for parameters that kinit refuses (a negative
stddev, say), TypeError for dtypes that it does not fill (complex ones, say), NotImplementedError on other platforms than
the CPU.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import jax
import jax.numpy as jnp
from jax.nn.initializers import Initializer, constant, ones, zeros

from .. import _kinit, _new
from .call import Resolved, fill

__all__ = [
    "Initializer",
    "constant",
    "delta_orthogonal",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "kaiming_normal",
    "kaiming_uniform",
    "lecun_normal",
    "lecun_uniform",
    "normal",
    "ones",
    "orthogonal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

Axes: TypeAlias = int | Sequence[int]
Mode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
Kind: TypeAlias = Literal["truncated_normal", "normal", "uniform"]

theirs = jax.nn.initializers


# ---- Keys, shapes and dtypes ---------------------------------------------------------------------------------------


def streams_of(key: Any) -> jax.Array:
    """The words [seed high, seed low, subsequence high, subsequence low] of a key."""
    words = jax.random.key_data(key) if jnp.issubdtype(key.dtype, jax.dtypes.prng_key) else jnp.asarray(key)
    return jnp.concatenate([words, jnp.zeros(2, words.dtype)]) if words.shape[-1] == 2 else words


@functools.lru_cache(maxsize=1024)
def _checked(peer: Any, key: Any, shape: Any, dtype: Any, _: Any) -> Any:
    return jax.eval_shape(lambda k: peer(k, shape, dtype), key)


def _expected(peer: Any, key: Any, shape: Any, dtype: Any) -> Any:
    """The shape and dtype that JAX's own initializer would return for these arguments, or its exception."""
    if not hasattr(key, "dtype"):
        return jax.eval_shape(lambda: peer(key, shape, dtype))
    kind = jax.ShapeDtypeStruct(key.shape, key.dtype)
    out = _checked(peer, kind, tuple(shape), dtype, (getattr(jax.config, "jax_enable_x64"), getattr(jax.config, "jax_default_prng_impl")))
    if out.dtype.name not in _new.FLOATS:
        raise TypeError(f"dtype {out.dtype}: kinit fills {', '.join(_new.FLOATS)}")
    return out


def _random(peer: Any, dtype: Any, resolve: Callable[[tuple[int, ...]], Resolved]) -> Initializer:
    """The initializer that fills with what resolve says of a shape, and refuses what its peer of JAX refuses."""

    def init(key: Any, shape: Any, dtype: Any = dtype, out_sharding: Any = None) -> jax.Array:
        out = _expected(peer, key, shape, dtype)
        return fill(streams_of(key), resolve(out.shape), out.shape, out.dtype, out_sharding)

    return init


# ---- Distributions -------------------------------------------------------------------------------------------------


def uniform(scale: Any = 1e-2, dtype: Any = None) -> Initializer:
    """Uniform numbers on [0, scale)."""
    return _random(
        theirs.uniform(scale, dtype),
        dtype,
        lambda _: _kinit.resolve_distribution("uniform", 0.0, 1.0, 0.0, float(scale)),
    )


def normal(stddev: Any = 1e-2, dtype: Any = None) -> Initializer:
    """Normal numbers of mean 0."""
    return _random(
        theirs.normal(stddev, dtype),
        dtype,
        lambda _: _kinit.resolve_distribution("normal", 0.0, float(stddev), 0.0, 1.0),
    )


def truncated_normal(stddev: Any = 1e-2, dtype: Any = None, lower: Any = -2.0, upper: Any = 2.0) -> Initializer:
    """Normal numbers of mean 0, cut at lower and upper standard deviations; stddev is that before the cut."""

    def resolve(_: tuple[int, ...]) -> Resolved:
        low, high = float(lower) * float(stddev), float(upper) * float(stddev)
        return _kinit.resolve_distribution("truncated_normal", 0.0, float(stddev), low, high)

    return _random(theirs.truncated_normal(stddev, dtype, lower, upper), dtype, resolve)


# ---- Variance scaling ----------------------------------------------------------------------------------------------


def variance_scaling(
    scale: Any,
    mode: Mode,
    distribution: Kind,
    in_axis: Axes = -2,
    out_axis: Axes = -1,
    batch_axis: Axes = (),
    dtype: Any = None,
) -> Initializer:
    """Numbers of mean 0 and variance scale / fan; axes that are in none of the three are the receptive field."""
    return _random(
        theirs.variance_scaling(scale, mode, distribution, in_axis, out_axis, batch_axis, dtype),
        dtype,
        lambda shape: _kinit.resolve_variance_scaling(
            shape, float(scale), mode, distribution, in_axis, out_axis, batch_axis
        ),
    )


def _scaling(name: str, scale: float, mode: Mode, distribution: Kind) -> Callable[..., Initializer]:
    def factory(
        in_axis: Axes = -2, out_axis: Axes = -1, batch_axis: Axes = (), dtype: Any = None
    ) -> Initializer:
        return variance_scaling(scale, mode, distribution, in_axis, out_axis, batch_axis, dtype)

    factory.__name__ = factory.__qualname__ = name
    factory.__doc__ = f'variance_scaling({scale}, "{mode}", "{distribution}").'
    return factory


glorot_uniform = xavier_uniform = _scaling("glorot_uniform", 1.0, "fan_avg", "uniform")
glorot_normal = xavier_normal = _scaling("glorot_normal", 1.0, "fan_avg", "truncated_normal")
lecun_uniform = _scaling("lecun_uniform", 1.0, "fan_in", "uniform")
lecun_normal = _scaling("lecun_normal", 1.0, "fan_in", "truncated_normal")
he_uniform = kaiming_uniform = _scaling("he_uniform", 2.0, "fan_in", "uniform")
he_normal = kaiming_normal = _scaling("he_normal", 2.0, "fan_in", "truncated_normal")


# ---- Orthogonal matrices -------------------------------------------------------------------------------------------


def _matrix(key: Any, rows: int, columns: int, dtype: Any) -> jax.Array:
    """A uniformly distributed matrix with orthonormal rows or columns: Q of a normal one's QR, with R's diagonal positive."""
    work = jnp.float32 if _is_narrow(dtype) else dtype
    standard = _kinit.resolve_distribution("normal", 0.0, 1.0, 0.0, 1.0)
    q, r = jnp.linalg.qr(fill(streams_of(key), standard, (max(rows, columns), min(rows, columns)), work))
    q = q * jnp.where(jnp.diagonal(r) < 0, -1, 1).astype(q.dtype)
    return q if rows >= columns else q.T


def orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None) -> Initializer:
    """Uniformly distributed orthogonal matrices times scale; the columns lie along column_axis."""
    peer = theirs.orthogonal(scale, column_axis, dtype)

    def init(key: Any, shape: Any, dtype: Any = dtype, out_sharding: Any = None) -> jax.Array:
        if out_sharding is not None:
            raise NotImplementedError
        out = _expected(peer, key, shape, jnp.float32 if _is_narrow(dtype) else dtype)
        dtype = dtype if _is_narrow(dtype) else out.dtype
        if math.prod(out.shape) == 0:
            return jnp.zeros(out.shape, dtype)
        columns = out.shape[column_axis]
        q = _matrix(key, math.prod(out.shape) // columns, columns, dtype)
        rest = [length for k, length in enumerate(out.shape) if k != column_axis % len(out.shape)]
        q = scale * jnp.moveaxis(q.reshape(*rest, columns), -1, column_axis)
        if jnp.dtype(dtype) == jnp.float8_e4m3fn:  # has nothing but NaN beyond its largest number
            q = jnp.clip(q, -448, 448)
        return q.astype(dtype)

    return init


def delta_orthogonal(scale: Any = 1.0, column_axis: int = -1, dtype: Any = None) -> Initializer:
    """Kernels of convolutions, [kernel..., inputs, outputs]: an orthogonal matrix in the middle, and zeros."""
    peer = theirs.delta_orthogonal(scale, column_axis, dtype)

    def init(key: Any, shape: Any, dtype: Any = dtype, out_sharding: Any = None) -> jax.Array:
        if out_sharding is not None:
            raise NotImplementedError
        out = _expected(peer, key, shape, jnp.float32 if _is_narrow(dtype) else dtype)
        dtype = dtype if _is_narrow(dtype) else out.dtype
        middle = tuple((length - 1) // 2 for length in out.shape[:-2])
        matrix = orthogonal(scale, column_axis, dtype)(key, out.shape[-2:])
        return jnp.zeros(out.shape, dtype).at[middle].set(matrix)

    return init


def _is_narrow(dtype: Any) -> bool:
    """A type for which JAX has no QR: made in float32, then rounded."""
    return dtype is not None and jnp.dtype(dtype).name in _new.FLOATS and jnp.dtype(dtype).itemsize < 4
