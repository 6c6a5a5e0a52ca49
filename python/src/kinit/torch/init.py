"""The functions of torch.nn.init, filled by kinit: same names, signatures, defaults, results, warnings and exceptions.

    from kinit.torch import init
    init.kaiming_normal_(layer.weight, nonlinearity="relu")                    # torch.manual_seed decides
    init.kaiming_normal_(layer.weight, nonlinearity="relu", seed=42, name="layer.weight")      # nothing else decides

seed alone gives every tensor the same first numbers: give each its own name as well.

Owns: the public functions. What those that draw random numbers have in common:

    generator    draws the seed, one number for each call; None for torch's default generator, so that torch.manual_seed
                 governs. Equal generators give equal weights, and repeated calls differ.
    seed         0 to 2**64 - 1, instead of a generator: the numbers depend on seed and name alone, not on calls before,
                 and no generator changes. The tensor then equals what kinit.fill_normal and the like give.
    name         names one of the streams of the seed: the parameter's full name, say

Tensors are filled in place and returned; they may require grad and be strided. float32, float64, float16, bfloat16,
float8_e4m3fn and float8_e5m2 on the CPU are kinit's; all others (meta, sparse, complex) and what kinit does not take
(infinite parameters, say) go to torch's own function, with a generator made from seed and name if a seed is given.
CUDA tensors are kinit's too, in the current stream of their device and with the same numbers, if kinit was built with
kernels for a GPU; but for normals in float64, orthogonal_, sparse_ and generators on the GPU, which are torch's.
Of a DTensor each process fills its own shard; together they hold what one process would. The processes have to agree on
the seed: give one, or the same torch.manual_seed everywhere. Raises NotImplementedError for DTensors with placements
other than Shard and Replicate.

All functions may be called from any number of threads at once, for different tensors.

SPDX-License-Identifier: Apache-2.0
"""

import warnings
from collections.abc import Callable
from typing import Any, Literal, ParamSpec, TypeVar

import torch
from torch import Tensor
from torch.nn.init import _calculate_fan_in_and_fan_out

from kinit import _kinit
from kinit._types import Distribution, FanMode

from .attempt import ATTEMPTS, calculate_gain
from .source import Source

__all__ = [
    "calculate_gain",
    "uniform_",
    "normal_",
    "trunc_normal_",
    "constant_",
    "ones_",
    "zeros_",
    "eye_",
    "dirac_",
    "xavier_uniform_",
    "xavier_normal_",
    "kaiming_uniform_",
    "kaiming_normal_",
    "orthogonal_",
    "sparse_",
    "variance_scaling_",
    "lecun_normal_",
    "lecun_uniform_",
    # As torch has them: deprecated.
    "uniform",
    "normal",
    "constant",
    "eye",
    "dirac",
    "xavier_uniform",
    "xavier_normal",
    "kaiming_uniform",
    "kaiming_normal",
    "orthogonal",
    "sparse",
]

_R = TypeVar("_R")
_P = ParamSpec("_P")
_Nonlinearity = Literal[
    "linear",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "sigmoid",
    "tanh",
    "relu",
    "leaky_relu",
    "selu",
]
_FanMode = Literal["fan_in", "fan_out"]


def _fill(name: str, tensor: Tensor, parameters: tuple[Any, ...], source: Source | None = None) -> Tensor:
    """kinit's attempt at a function, or else torch's own function."""
    if ATTEMPTS[name](tensor, source, *parameters):
        return tensor
    generator = {} if source is None else {"generator": source.torch_generator(tensor.device)}
    result: Tensor = getattr(torch.nn.init, name)(tensor, *parameters, **generator)
    return result


def uniform_(
    tensor: Tensor,
    a: float = 0.0,
    b: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with numbers that are uniform on [a, b): never b, not by rounding to a narrow type either."""
    return _fill("uniform_", tensor, (a, b), Source(generator, seed, name))


def normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with normal numbers of the given mean and standard deviation."""
    return _fill("normal_", tensor, (mean, std), Source(generator, seed, name))


def trunc_normal_(
    tensor: Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with normal numbers of the given mean and standard deviation that lie in [a, b].

    a and b are absolute, not in units of std. By the inverse distribution function: nothing is rejected, and the
    distribution is right also where torch warns that it may not be.
    """
    return _fill("trunc_normal_", tensor, (mean, std, a, b), Source(generator, seed, name))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Fills with the value val."""
    return _fill("constant_", tensor, (val,))


def ones_(tensor: Tensor) -> Tensor:
    """Fills with 1."""
    return _fill("ones_", tensor, ())


def zeros_(tensor: Tensor) -> Tensor:
    """Fills with 0."""
    return _fill("zeros_", tensor, ())


def eye_(tensor: Tensor) -> Tensor:
    """Fills a matrix with ones on the diagonal and zeros elsewhere. Raises ValueError unless there are 2 dimensions."""
    return _fill("eye_", tensor, ())


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Fills the weight of a convolution with the Dirac delta function: each group keeps as many channels as it can.

    Raises ValueError unless there are 3 to 5 dimensions, and if groups does not divide the first.
    """
    return _fill("dirac_", tensor, (groups,))


def xavier_uniform_(
    tensor: Tensor,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with numbers that are uniform on +-gain sqrt(6 / (fan_in + fan_out)).

    Glorot and Bengio, AISTATS 2010. Raises ValueError for fewer than 2 dimensions.
    """
    return _fill("xavier_uniform_", tensor, (gain,), Source(generator, seed, name))


def xavier_normal_(
    tensor: Tensor,
    gain: float = 1.0,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with normal numbers of standard deviation gain sqrt(2 / (fan_in + fan_out)).

    Glorot and Bengio, AISTATS 2010. Raises ValueError for fewer than 2 dimensions.
    """
    return _fill("xavier_normal_", tensor, (gain,), Source(generator, seed, name))


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: _FanMode = "fan_in",
    nonlinearity: _Nonlinearity = "leaky_relu",
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with numbers that are uniform on +-gain sqrt(3 / fan), gain that of the nonlinearity.

    He et al., ICCV 2015. a is the slope of leaky_relu. Raises ValueError for fewer than 2 dimensions and other names.
    """
    return _fill("kaiming_uniform_", tensor, (a, mode, nonlinearity), Source(generator, seed, name))


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: _FanMode = "fan_in",
    nonlinearity: _Nonlinearity = "leaky_relu",
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with normal numbers of standard deviation gain / sqrt(fan), gain that of the nonlinearity.

    He et al., ICCV 2015. a is the slope of leaky_relu. Raises ValueError for fewer than 2 dimensions and other names.
    """
    return _fill("kaiming_normal_", tensor, (a, mode, nonlinearity), Source(generator, seed, name))


def orthogonal_(
    tensor: Tensor,
    gain: float = 1,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with gain times a matrix of shape[0] rows that has orthonormal rows or columns, whichever are fewer.

    Saxe et al., ICLR 2014. The normal matrix is kinit's, its QR factorisation that of torch.linalg, by one thread, so
    that the number of threads changes nothing; the bits are those of this torch on this processor. Narrow types
    are the rounded float32.
    Raises ValueError for fewer than 2 dimensions.
    """
    return _fill("orthogonal_", tensor, (gain,), Source(generator, seed, name))


def sparse_(
    tensor: Tensor,
    sparsity: float,
    std: float = 0.01,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills a matrix with normal numbers of standard deviation std, and ceil(sparsity * rows) zeros in each column.

    Martens, ICML 2010. Raises ValueError unless there are 2 dimensions. The generator decides the places of the zeros
    too; torch takes these from its default generator.
    """
    return _fill("sparse_", tensor, (sparsity, std), Source(generator, seed, name))


def variance_scaling_(
    tensor: Tensor,
    scale: float = 1.0,
    mode: FanMode = "fan_in",
    distribution: Distribution = "truncated_normal",
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with numbers of mean 0 and variance scale / fan, as the function of that name in JAX and Keras does.

    truncated_normal is cut at 2 standard deviations of the normal before the cut. Raises ValueError for a scale that is
    not positive, for fewer than 2 dimensions, and for other names.
    """
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=2)
        return tensor
    _calculate_fan_in_and_fan_out(tensor)  # has the exception for too few dimensions
    _, mean, std, low, high = _kinit.resolve_variance_scaling(tensor.shape, scale, mode, distribution, 1, 0, ())
    if distribution == "truncated_normal":
        return trunc_normal_(tensor, mean, std, low, high, generator, seed=seed, name=name)
    if distribution == "normal":
        return normal_(tensor, mean, std, generator, seed=seed, name=name)
    return uniform_(tensor, low, high, generator, seed=seed, name=name)


def lecun_normal_(
    tensor: Tensor,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with truncated normal numbers of variance 1 / fan_in, as JAX and Keras do.

    LeCun et al., Efficient BackProp, 1998. Raises ValueError for fewer than 2 dimensions.
    """
    return variance_scaling_(tensor, 1.0, "fan_in", "truncated_normal", generator, seed=seed, name=name)


def lecun_uniform_(
    tensor: Tensor,
    generator: torch.Generator | None = None,
    *,
    seed: int | None = None,
    name: str | None = None,
) -> Tensor:
    """Fills with numbers that are uniform on +-sqrt(3 / fan_in), as JAX and Keras do.

    LeCun et al., Efficient BackProp, 1998. Raises ValueError for fewer than 2 dimensions.
    """
    return variance_scaling_(tensor, 1.0, "fan_in", "uniform", generator, seed=seed, name=name)


def _deprecated(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """The alias without underscore that torch keeps, with its warning."""
    alias = function.__name__[:-1]

    def call(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        message = f"`nn.init.{alias}` is now deprecated in favor of `nn.init.{function.__name__}`."
        warnings.warn(message, FutureWarning, stacklevel=2)
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = alias
    call.__doc__ = f"Deprecated: {function.__name__}."
    return call


uniform = _deprecated(uniform_)
normal = _deprecated(normal_)
constant = _deprecated(constant_)
eye = _deprecated(eye_)
dirac = _deprecated(dirac_)
xavier_uniform = _deprecated(xavier_uniform_)
xavier_normal = _deprecated(xavier_normal_)
kaiming_uniform = _deprecated(kaiming_uniform_)
kaiming_normal = _deprecated(kaiming_normal_)
orthogonal = _deprecated(orthogonal_)
sparse = _deprecated(sparse_)
