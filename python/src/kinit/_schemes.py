"""Fans and gains. SPDX-License-Identifier: Apache-2.0"""

from collections.abc import Sequence

from . import _kinit
from ._types import Axes, Integer


def fans(
    shape: Sequence[Integer], *, in_axis: Axes = 1, out_axis: Axes = 0, batch_axis: Axes = ()
) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight: of shape [outputs, inputs, kernel...], as PyTorch keeps it, unless the axes differ.

    fan_in is the product of the lengths of in_axis, fan_out that of out_axis, both times the lengths of all dimensions
    that are not named; batch_axis counts for neither. Raises ValueError for fewer than 2 dimensions, for negative or too
    large lengths and for a dimension that is named twice; IndexError for one that is not there.
    """
    return _kinit.fans(shape, in_axis, out_axis, batch_axis)


def gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which a scheme's standard deviation is larger than that of a linear layer.

    As torch.nn.init.calculate_gain: 1 for linear, conv1d to conv3d, conv_transpose1d to conv_transpose3d and sigmoid,
    5/3 for tanh, sqrt(2) for relu, sqrt(2 / (1 + param**2)) for leaky_relu with the negative slope param (0.01 if None),
    3/4 for selu. Other nonlinearities do not read param. Raises ValueError for an unknown nonlinearity or a param that
    is not finite.
    """
    return _kinit.gain(nonlinearity, 0.01 if param is None else param)
