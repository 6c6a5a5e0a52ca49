"""The types that signatures name. SPDX-License-Identifier: Apache-2.0"""

from collections.abc import Sequence
from typing import Any, Literal, Protocol, SupportsIndex, TypeAlias, TypeVar


class _DLPack(Protocol):
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...


class _Buffer(Protocol):
    def __buffer__(self, flags: int, /) -> memoryview: ...


Array = TypeVar("Array", bound=_DLPack | _Buffer)
"""A writable array in the CPU's memory that speaks DLPack or the buffer protocol."""

Integer: TypeAlias = SupportsIndex
"""An integer of Python or NumPy."""

Shape: TypeAlias = Integer | Sequence[Integer]
"""Lengths of the dimensions; a single integer is one dimension."""

Axes: TypeAlias = Integer | Sequence[Integer]
"""Dimensions; negative ones count from the last."""

Shard: TypeAlias = tuple[Sequence[Integer], Sequence[Integer]]
"""(global_shape, start): the shape of the whole array, and the index in it of the shard's first element."""

DType: TypeAlias = Any
"""What numpy.dtype takes, or the name of a type of ml_dtypes: "bfloat16", "float8_e4m3fn", "float8_e5m2"."""

FanMode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg", "fan_geo_avg"]
"""The number of inputs of a unit, of its outputs, or the arithmetic or geometric mean of both."""

Distribution: TypeAlias = Literal["normal", "truncated_normal", "uniform"]
