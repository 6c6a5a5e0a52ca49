"""The initializers of keras.initializers that draw or scale, filled by kinit: same names, parameters and defaults.

    keras.layers.Dense(64, kernel_initializer=kinit.keras.HeNormal(seed=1))

For the backends JAX and PyTorch. Distributions, checks and get_config are those of the class of Keras that each is derived
from; they are registered as "kinit", so that models are saved and loaded with them.

Seeds are those of Keras: an integer, a keras.random.SeedGenerator, or None, for one of Python's random that
keras.utils.set_random_seed decides. One thing differs: Keras gives an instance's every call the same values, here call number
n (from 0) of an instance and its clones is the stream (seed, subsequence = n). So layers that share an instance start apart,
while two instances of equal seeds and parameters begin equal. A SeedGenerator is asked anew by every call.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
from keras import initializers as theirs

from . import _kinit, _new

__all__ = [
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "LecunNormal",
    "LecunUniform",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
]

_FILLS = (_kinit.normal, _kinit.truncated_normal, _kinit.uniform)


def _numpy(shape: Sequence[int], dtype: str, resolved: Any, stream: tuple[int, int]) -> Any:
    kind, mean, stddev, low, high = resolved
    parameters = ((mean, stddev), (mean, stddev, low, high), (low, high))[kind]
    x = _new.empty(shape, dtype)
    fill: Any = _FILLS[kind]
    fill(x, *parameters, stream[0], None, stream[1], 0, None)
    return x


def _tensor(shape: Sequence[int], dtype: str, resolved: Any, stream: tuple[int, int]) -> Any:
    """A tensor of Keras's backend. That of JAX is made where Keras wants it, sharded too."""
    if keras.config.backend() != "jax":
        return keras.ops.convert_to_tensor(_numpy(shape, dtype, resolved, stream), dtype)
    import numpy

    from .jax.call import fill

    words = [half for number in stream for half in (number >> 32, number & 0xFFFFFFFF)]
    key: Any = numpy.array(words, numpy.uint32)  # JAX takes it as it is
    return fill(key, resolved, tuple(shape), numpy.dtype(_new.numpy_dtype(dtype)))


class _Filled:
    """What all have: a stream for each call."""

    seed: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._calls = itertools.count()

    def clone(self) -> Any:
        copy: Any = super().clone()  # type: ignore[misc]
        copy.seed, copy._calls = self.seed, self._calls
        return copy

    def _stream(self) -> tuple[int, int]:
        if isinstance(self.seed, int):
            return self.seed % 2**64, next(self._calls)
        high, low = map(int, keras.ops.convert_to_numpy(self.seed.next()))
        return high << 32 | low, 0

    def _draw(self, shape: Any, dtype: Any, resolved: Any) -> Any:
        return _tensor(tuple(shape), keras.backend.standardize_dtype(dtype), resolved, self._stream())


def _register(cls: Any) -> Any:
    cls.__doc__ = f"As keras.initializers.{cls.__name__}, filled by kinit."
    return keras.saving.register_keras_serializable("kinit")(cls)


# ---- Distributions -------------------------------------------------------------------------------------------------


@_register
class RandomNormal(_Filled, theirs.RandomNormal):  # type: ignore[misc]
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        resolved = _kinit.resolve_distribution("normal", self.mean, self.stddev, 0.0, 1.0)
        return self._draw(shape, dtype, resolved)


@_register
class RandomUniform(_Filled, theirs.RandomUniform):  # type: ignore[misc]
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        resolved = _kinit.resolve_distribution("uniform", 0.0, 1.0, self.minval, self.maxval)
        return self._draw(shape, dtype, resolved)


@_register
class TruncatedNormal(_Filled, theirs.TruncatedNormal):  # type: ignore[misc]
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        low, high = self.mean - 2 * self.stddev, self.mean + 2 * self.stddev
        resolved = _kinit.resolve_distribution("truncated_normal", self.mean, self.stddev, low, high)
        return self._draw(shape, dtype, resolved)


# ---- Variance scaling ----------------------------------------------------------------------------------------------


class _Scaled(_Filled):
    scale: float
    mode: str
    distribution: str
    input_axes: Any
    output_axes: Any

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        kind = {"untruncated_normal": "normal"}.get(self.distribution, self.distribution)
        axes = getattr(self, "input_axes", None), getattr(self, "output_axes", None)
        in_axis, out_axis = (-2 if axes[0] is None else axes[0]), (-1 if axes[1] is None else axes[1])
        # Keras counts a vector's length as both fans, and a scalar as 1.
        lengths = tuple(shape) if len(shape) > 1 else tuple(shape) * 2 or (1, 1)
        resolved = _kinit.resolve_variance_scaling(lengths, self.scale, self.mode, kind, in_axis, out_axis, ())
        return self._draw(shape, dtype, resolved)


@_register
class VarianceScaling(_Scaled, theirs.VarianceScaling):  # type: ignore[misc]
    pass


@_register
class GlorotNormal(_Scaled, theirs.GlorotNormal):  # type: ignore[misc]
    pass


@_register
class GlorotUniform(_Scaled, theirs.GlorotUniform):  # type: ignore[misc]
    pass


@_register
class HeNormal(_Scaled, theirs.HeNormal):  # type: ignore[misc]
    pass


@_register
class HeUniform(_Scaled, theirs.HeUniform):  # type: ignore[misc]
    pass


@_register
class LecunNormal(_Scaled, theirs.LecunNormal):  # type: ignore[misc]
    pass


@_register
class LecunUniform(_Scaled, theirs.LecunUniform):  # type: ignore[misc]
    pass


# ---- Orthogonal matrices -------------------------------------------------------------------------------------------


@_register
class Orthogonal(_Filled, theirs.Orthogonal):  # type: ignore[misc]
    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        if len(shape) < 2:
            raise ValueError(f"The tensor to initialize must be at least two-dimensional. Received: shape={shape}")
        seed, subsequence = self._stream()
        wanted = keras.backend.standardize_dtype(dtype)
        rows = math.prod(shape[:-1])
        q = _new.orthogonal((rows, shape[-1]), wanted, self.gain, seed=seed, subsequence=subsequence)
        return keras.ops.convert_to_tensor(q.reshape(shape), wanted)


OrthogonalInitializer = Orthogonal
