"""The types that signatures name. SPDX-License-Identifier: Apache-2.0"""

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, TypeVar

Array = TypeVar("Array")
"""A writable array in the CPU's memory that speaks DLPack or the buffer protocol."""

Shape: TypeAlias = int | Sequence[int]
"""Lengths of the dimensions; a single integer is one dimension."""

Shard: TypeAlias = tuple[Sequence[int], Sequence[int]]
"""(global_shape, start): the shape of the whole array, and the index in it of the shard's first element."""

DType: TypeAlias = Any
"""What numpy.dtype takes, or the name of a type of ml_dtypes: "bfloat16", "float8_e4m3fn", "float8_e5m2"."""

FanMode: TypeAlias = Literal["fan_in", "fan_out", "fan_avg"]
"""The number of inputs of a unit, of its outputs, or the mean of both."""

Distribution: TypeAlias = Literal["normal", "truncated_normal", "uniform"]
