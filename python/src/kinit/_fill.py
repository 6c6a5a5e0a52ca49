"""Fills of arrays that exist.

Owns: the signatures of the fill_ functions. The package's documentation has what they share.

SPDX-License-Identifier: Apache-2.0
"""

from . import _kinit
from ._types import Array, Axes, Distribution, FanMode, Integer, Shard


def fill_normal(
    x: Array,
    mean: float = 0.0,
    std: float = 1.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> Array:
    """Fills x with normal numbers of the given mean and standard deviation, and returns it.

    By the transformation of Box and Muller: |z| reaches 6.76, in float64 9.5. Raises ValueError for a negative std and
    for parameters that are not finite; help(kinit) has what all fills share.
    """
    _kinit.normal(x, mean, std, seed, name, subsequence, offset, shard)
    return x


def fill_uniform(
    x: Array,
    low: float = 0.0,
    high: float = 1.0,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> Array:
    """Fills x with numbers that are uniform on [low, high), and returns it.

    high is never reached, not by rounding either, unless low and high are one number of the dtype. Raises ValueError if
    low > high, and if low, high or high - low are not finite; help(kinit) has what all fills share.
    """
    _kinit.uniform(x, low, high, seed, name, subsequence, offset, shard)
    return x


def fill_truncated_normal(
    x: Array,
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
) -> Array:
    """Fills x with normal numbers of the given mean and standard deviation that lie in [low, high], and returns it.

    By the inverse distribution function: nothing is rejected. low and high are absolute, not in units of std, as in
    torch.nn.init.trunc_normal_. Raises ValueError if low >= high, for a negative std and for parameters that are not
    finite; help(kinit) has what all fills share.
    """
    _kinit.truncated_normal(x, mean, std, low, high, seed, name, subsequence, offset, shard)
    return x


def fill_constant(x: Array, value: float, *, shard: Shard | None = None) -> Array:
    """Fills x with value, rounded to its dtype, and returns it.

    value may be infinite where the dtype has infinities. Raises ValueError if it is NaN, or finite and too large for the
    dtype; help(kinit) has what all fills share.
    """
    _kinit.constant(x, value, shard)
    return x


def fill_bits(
    x: Array,
    *,
    seed: Integer,
    name: str | None = None,
    subsequence: Integer | None = None,
    offset: Integer = 0,
    shard: Shard | None = None,
) -> Array:
    """Fills x, of dtype uint32, with the words of Philox4x32-10, and returns it.

    They equal those of Random123, and of cuRAND with the same seed, subsequence and offset. help(kinit) has what all
    fills share.
    """
    _kinit.bits(x, seed, name, subsequence, offset, shard)
    return x


def fill_kaiming_normal(
    x: Array,
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
) -> Array:
    """Fills x with normal numbers of mean 0 and std = gain(nonlinearity, a) / sqrt(fan), and returns it.

    Kaiming initialization (He et al., Delving Deep into Rectifiers, ICCV 2015), as torch.nn.init.kaiming_normal_; fans
    are those of kinit.fans. Raises ValueError for fewer than 2 dimensions, unknown names and an a that is not finite;
    help(kinit) has what all fills share.
    """
    _kinit.kaiming_normal(
        x, a, mode, nonlinearity, in_axis, out_axis, batch_axis, seed, name, subsequence, offset, shard
    )
    return x


def fill_kaiming_uniform(
    x: Array,
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
) -> Array:
    """Fills x with uniform numbers on [-bound, bound), bound = sqrt(3) * gain(nonlinearity, a) / sqrt(fan).

    Returns x. As fill_kaiming_normal otherwise, and as torch.nn.init.kaiming_uniform_.
    """
    _kinit.kaiming_uniform(
        x, a, mode, nonlinearity, in_axis, out_axis, batch_axis, seed, name, subsequence, offset, shard
    )
    return x


def fill_xavier_normal(
    x: Array,
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
) -> Array:
    """Fills x with normal numbers of mean 0 and std = gain * sqrt(2 / (fan_in + fan_out)), and returns it.

    Xavier initialization (Glorot and Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks,
    AISTATS 2010), as torch.nn.init.xavier_normal_; fans are those of kinit.fans. Raises ValueError for fewer than 2
    dimensions and a gain that is negative or not finite; help(kinit) has what all fills share.
    """
    _kinit.xavier_normal(x, gain, in_axis, out_axis, batch_axis, seed, name, subsequence, offset, shard)
    return x


def fill_xavier_uniform(
    x: Array,
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
) -> Array:
    """Fills x with uniform numbers on [-bound, bound), bound = gain * sqrt(6 / (fan_in + fan_out)), and returns it.

    As fill_xavier_normal otherwise, and as torch.nn.init.xavier_uniform_.
    """
    _kinit.xavier_uniform(x, gain, in_axis, out_axis, batch_axis, seed, name, subsequence, offset, shard)
    return x


def fill_variance_scaling(
    x: Array,
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
) -> Array:
    """Fills x with numbers of mean 0 and variance scale / fan, and returns it.

    As in JAX and Keras: LeCun is scale 1 with fan_in, He scale 2 with fan_in, Glorot scale 1 with fan_avg. The truncated
    normal is cut at two standard deviations, and its variance after the cut is scale / fan. Fans are those of kinit.fans:
    JAX and Keras keep the outputs in the last dimension, in_axis=-2, out_axis=-1. Raises ValueError for fewer than 2 dimensions, unknown names and
    a scale that is not positive and finite; help(kinit) has what all fills share.
    """
    _kinit.variance_scaling(
        x, scale, mode, distribution, in_axis, out_axis, batch_axis, seed, name, subsequence, offset, shard
    )
    return x


def fill_eye(x: Array, *, shard: Shard | None = None) -> Array:
    """Fills the matrix x with ones on the diagonal and zeros elsewhere, and returns it.

    Raises ValueError if x has not 2 dimensions; help(kinit) has what all fills share.
    """
    _kinit.eye(x, shard)
    return x


def fill_dirac(x: Array, groups: Integer = 1, *, shard: Shard | None = None) -> Array:
    """Fills x with the Dirac delta function for convolutions, and returns it.

    As torch.nn.init.dirac_: keeps as many input channels as possible, in each group of outputs. Raises ValueError if x
    has not 3 to 5 dimensions, and if groups is not positive or does not divide the first one; help(kinit) has what all
    fills share.
    """
    _kinit.dirac(x, groups, shard)
    return x
