"""New NumPy arrays.

Owns: the functions that allocate; each is the fill_ function of its name on an array of kinit's own memory. The package's
documentation has what they share. NumPy is imported when one of them is called first.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import _fill, _kinit
from ._types import Axes, Distribution, DType, FanMode, Integer, Shape, Shard

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray


_OF_ML_DTYPES = ("bfloat16", "float8_e4m3fn", "float8_e5m2")
FLOATS = ("float32", "float64", "float16", *_OF_ML_DTYPES)
"""The names of all floating-point types that kinit fills."""


def numpy_dtype(dtype: DType) -> numpy.dtype[Any]:
    """NumPy's dtype for what the functions take as one: None is float32, and dtypes of PyTorch are known by name."""
    import numpy

    dtype = "float32" if dtype is None else dtype
    if type(dtype).__module__ == "torch":
        dtype = str(dtype).removeprefix("torch.")
    if isinstance(dtype, str) and dtype in _OF_ML_DTYPES:
        try:
            import ml_dtypes
        except ImportError as error:
            raise ImportError(f"NumPy has no {dtype} of its own: install ml_dtypes") from error
        dtype = getattr(ml_dtypes, dtype)
    wanted = numpy.dtype(dtype)
    if wanted.name not in (*FLOATS, "uint32"):
        raise TypeError(f"dtype {wanted}: kinit fills {', '.join(FLOATS)}, and bits uint32")
    if not wanted.isnative:
        raise ValueError(f"byte order: {wanted} is not in this machine's")
    return wanted


def _lengths(shape: Shape) -> tuple[int, ...]:
    lengths = tuple(map(operator.index, shape if isinstance(shape, Iterable) else (shape,)))
    if min(lengths, default=0) < 0:
        raise ValueError(f"shape {lengths} has a negative length")
    return lengths


def empty(shape: Shape, dtype: DType = "float32") -> NDArray[Any]:
    """A new NumPy array in memory of kinit's own, not initialized and not touched: to be filled by a fill_ function.

    help(kinit) has its arguments and errors; uint32 is allowed too.
    """
    import numpy

    wanted, lengths = numpy_dtype(dtype), _lengths(shape)
    memory = numpy.asarray(_kinit.allocate(math.prod(lengths) * wanted.itemsize))
    return memory.view(wanted).reshape(lengths)


def normal(
    shape: Shape,
    dtype: DType = "float32",
    mean: float = 0.0,
    std: float = 1.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array of normal numbers, as fill_normal; help(kinit) has what all share."""
    return _fill.fill_normal(
        empty(shape, dtype), mean, std, seed=seed, name=name, subsequence=subsequence, offset=offset, shard=shard
    )


def uniform(
    shape: Shape,
    dtype: DType = "float32",
    low: float = 0.0,
    high: float = 1.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array of uniform numbers on [low, high), as fill_uniform; help(kinit) has what all share."""
    return _fill.fill_uniform(
        empty(shape, dtype), low, high, seed=seed, name=name, subsequence=subsequence, offset=offset, shard=shard
    )


def truncated_normal(
    shape: Shape,
    dtype: DType = "float32",
    mean: float = 0.0,
    std: float = 1.0,
    low: float = -2.0,
    high: float = 2.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array of normal numbers in [low, high], as fill_truncated_normal; help(kinit) has what all share."""
    return _fill.fill_truncated_normal(
        empty(shape, dtype), mean, std, low, high, seed=seed, name=name, subsequence=subsequence, offset=offset, shard=shard
    )


def constant(
    shape: Shape, dtype: DType = "float32", value: float = 0.0, *, shard: Shard | None = None
) -> NDArray[Any]:
    """A new NumPy array of one value, as fill_constant; help(kinit) has what all share."""
    return _fill.fill_constant(empty(shape, dtype), value, shard=shard)


def bits(
    shape: Shape,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array of words, of dtype uint32, as fill_bits; help(kinit) has what all share."""
    return _fill.fill_bits(
        empty(shape, "uint32"), seed=seed, name=name, subsequence=subsequence, offset=offset, shard=shard
    )


def kaiming_normal(
    shape: Shape,
    dtype: DType = "float32",
    a: float = 0.0,
    mode: FanMode = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    in_axis: Axes = 1,
    out_axis: Axes = 0,
    batch_axis: Axes = (),
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array, as fill_kaiming_normal; help(kinit) has what all share."""
    return _fill.fill_kaiming_normal(
        empty(shape, dtype),
        a,
        mode,
        nonlinearity,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
        seed=seed,
        name=name,
        subsequence=subsequence,
        offset=offset,
        shard=shard,
    )


def kaiming_uniform(
    shape: Shape,
    dtype: DType = "float32",
    a: float = 0.0,
    mode: FanMode = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    in_axis: Axes = 1,
    out_axis: Axes = 0,
    batch_axis: Axes = (),
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array, as fill_kaiming_uniform; help(kinit) has what all share."""
    return _fill.fill_kaiming_uniform(
        empty(shape, dtype),
        a,
        mode,
        nonlinearity,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
        seed=seed,
        name=name,
        subsequence=subsequence,
        offset=offset,
        shard=shard,
    )


def xavier_normal(
    shape: Shape,
    dtype: DType = "float32",
    gain: float = 1.0,
    *,
    in_axis: Axes = 1,
    out_axis: Axes = 0,
    batch_axis: Axes = (),
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array, as fill_xavier_normal; help(kinit) has what all share."""
    return _fill.fill_xavier_normal(
        empty(shape, dtype),
        gain,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
        seed=seed,
        name=name,
        subsequence=subsequence,
        offset=offset,
        shard=shard,
    )


def xavier_uniform(
    shape: Shape,
    dtype: DType = "float32",
    gain: float = 1.0,
    *,
    in_axis: Axes = 1,
    out_axis: Axes = 0,
    batch_axis: Axes = (),
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array, as fill_xavier_uniform; help(kinit) has what all share."""
    return _fill.fill_xavier_uniform(
        empty(shape, dtype),
        gain,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
        seed=seed,
        name=name,
        subsequence=subsequence,
        offset=offset,
        shard=shard,
    )


def variance_scaling(
    shape: Shape,
    dtype: DType = "float32",
    scale: float = 1.0,
    mode: FanMode = "fan_in",
    distribution: Distribution = "truncated_normal",
    *,
    in_axis: Axes = 1,
    out_axis: Axes = 0,
    batch_axis: Axes = (),
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> NDArray[Any]:
    """A new NumPy array, as fill_variance_scaling; help(kinit) has what all share."""
    return _fill.fill_variance_scaling(
        empty(shape, dtype),
        scale,
        mode,
        distribution,
        in_axis=in_axis,
        out_axis=out_axis,
        batch_axis=batch_axis,
        seed=seed,
        name=name,
        subsequence=subsequence,
        offset=offset,
        shard=shard,
    )


def eye(shape: Shape, dtype: DType = "float32", *, shard: Shard | None = None) -> NDArray[Any]:
    """A new NumPy array with ones on the diagonal, as fill_eye; help(kinit) has what all share."""
    return _fill.fill_eye(empty(shape, dtype), shard=shard)


def dirac(shape: Shape, dtype: DType = "float32", groups: Integer = 1, *, shard: Shard | None = None) -> NDArray[Any]:
    """A new NumPy array, as fill_dirac; help(kinit) has what all share."""
    return _fill.fill_dirac(empty(shape, dtype), groups, shard=shard)


def _matrix(rows: int, columns: int, dtype: DType, stream: dict[str, Any]) -> NDArray[Any]:
    """Orthonormal rows or columns, uniformly distributed: Q of a normal matrix's QR, with R's diagonal positive."""
    import numpy

    work = "float64" if numpy_dtype(dtype) == numpy.float64 else "float32"
    q, r = numpy.linalg.qr(normal((max(rows, columns), min(rows, columns)), work, **stream))
    q *= numpy.where(numpy.diagonal(r) < 0, -1, 1).astype(work)
    return q if rows >= columns else q.T


def orthogonal(
    shape: Shape,
    dtype: DType = "float32",
    gain: float = 1.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
) -> NDArray[Any]:
    """A new NumPy array whose first dimension, by all others together, is a matrix with orthonormal rows or columns.

    Uniformly distributed over these, times gain, as torch.nn.init.orthogonal_ (Saxe et al., Exact Solutions to the
    Nonlinear Dynamics of Learning in Deep Linear Neural Networks, ICLR 2014). The normal numbers are kinit's, the QR
    decomposition is NumPy's, in float64 or else float32: the last bits may differ from one LAPACK to another. Raises
    ValueError for fewer than 2 dimensions; help(kinit) has what all share.
    """
    lengths = _lengths(shape)
    if len(lengths) < 2:
        raise ValueError(f"orthogonal needs at least 2 dimensions, not shape {lengths}")
    x = empty(lengths, dtype)
    if x.size > 0:
        stream = dict(seed=seed, name=name, subsequence=subsequence, offset=offset)
        values = (gain * _matrix(lengths[0], math.prod(lengths[1:]), dtype, stream)).reshape(lengths)
        x[...] = values.clip(-448, 448) if x.dtype.name == "float8_e4m3fn" else values  # whose largest number is 448
    return x


def delta_orthogonal(
    shape: Shape,
    dtype: DType = "float32",
    gain: float = 1.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
) -> NDArray[Any]:
    """A new NumPy array for a convolution, [outputs, inputs, kernel...]: orthogonal in the kernel's middle, else zero.

    Xiao et al., Dynamical Isometry and a Mean Field Theory of CNNs, ICML 2018; the middle of length n is (n - 1) // 2,
    as in JAX. Raises ValueError unless there are 3 to 5 dimensions, and for more inputs than outputs; help(kinit) has
    what all share.
    """
    lengths = _lengths(shape)
    if not 3 <= len(lengths) <= 5:
        raise ValueError(f"delta_orthogonal needs 3 to 5 dimensions, not shape {lengths}")
    if lengths[1] > lengths[0]:
        raise ValueError(f"delta_orthogonal needs no fewer outputs than inputs, not shape {lengths}")
    x = constant(lengths, dtype)
    if x.size > 0:
        index: Any = (slice(None), slice(None), *((length - 1) // 2 for length in lengths[2:]))
        x[index] = orthogonal(
            lengths[:2], dtype, gain, seed=seed, name=name, subsequence=subsequence, offset=offset
        )
    return x
