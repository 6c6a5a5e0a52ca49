"""Fills arrays with random numbers at the speed of memory, with the same bits everywhere.

    fill_*      fill an array that exists: NumPy's, PyTorch's, anything that speaks DLPack or the buffer protocol
    normal ...  make a new NumPy array in memory of huge pages
    kinit.jax   the same as arrays of JAX
    kinit.torch the functions of torch.nn.init

Every fill is a pure function of its arguments: element e of an array gets element offset + e, in row-major order, of
the stream that seed and name (or subsequence) name. Number of threads, instruction set, strides and shards change
nothing. All functions may be called from any number of threads at once; fills release the GIL.

SPDX-License-Identifier: Apache-2.0
"""

from ._fill import (
    fill_bits,
    fill_constant,
    fill_dirac,
    fill_eye,
    fill_kaiming_normal,
    fill_kaiming_uniform,
    fill_normal,
    fill_truncated_normal,
    fill_uniform,
    fill_variance_scaling,
    fill_xavier_normal,
    fill_xavier_uniform,
)
from ._laws import fans, gain
from ._machine import isa, isas, num_threads, set_isa, set_num_threads
from ._kinit import STREAM_VERSION, version as _version
from ._new import (
    bits,
    constant,
    dirac,
    empty,
    eye,
    kaiming_normal,
    kaiming_uniform,
    normal,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)

__version__: str = _version()

__all__ = [
    "STREAM_VERSION",
    "bits",
    "constant",
    "dirac",
    "empty",
    "eye",
    "fans",
    "fill_bits",
    "fill_constant",
    "fill_dirac",
    "fill_eye",
    "fill_kaiming_normal",
    "fill_kaiming_uniform",
    "fill_normal",
    "fill_truncated_normal",
    "fill_uniform",
    "fill_variance_scaling",
    "fill_xavier_normal",
    "fill_xavier_uniform",
    "gain",
    "isa",
    "isas",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "num_threads",
    "set_isa",
    "set_num_threads",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
]
