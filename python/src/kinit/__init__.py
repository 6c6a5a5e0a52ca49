"""Fills arrays with random numbers at the speed of memory, with the same bits everywhere.

    fill_*       fill an array that exists: NumPy's, PyTorch's, whatever speaks DLPack or the buffer protocol
    normal, ...  the same without fill_: make a new NumPy array
    kinit.jax    initializers for JAX, Flax, Equinox and Haiku, and new arrays of JAX
    kinit.keras  initializers for Keras
    kinit.torch  the functions of torch.nn.init

seed alone gives every tensor the same first numbers: give each its own name (or subsequence) as well.

Every fill is a pure function of its arguments: the element of row-major index e gets element offset + e of the stream that
seed and name (or subsequence) name. Number of threads, instruction set, strides and shards change nothing. All functions
may be called from any number of threads at once; fills release the GIL.

Arguments that functions share:

    x            a writable array in the CPU's memory that speaks DLPack or the buffer protocol, of any strides; its dtype is
                 float32, float64, float16, bfloat16, float8_e4m3fn or float8_e5m2 (uint32 for fill_bits). It is filled in
                 place and returned. The version counter of a tensor of PyTorch advances, so that autograd finds out about
                 values that it still needs. Narrow types receive the rounded float32 values. What is drawn beyond their
                 largest number becomes infinite, and 448 in float8_e4m3fn, which has no infinity; a constant out there is
                 refused.
    shape        of a new array: the lengths of its dimensions, or one integer
    dtype        of a new array: float32 (the default, and what None means) or another of these types, as numpy.dtype takes it, or
                 a dtype of PyTorch; bfloat16 and the two of 8 bits need the package ml_dtypes
    seed         0 to 2**64 - 1: the key of the generator, one per model, say
    name         names one of the 2**64 independent streams of the seed: the parameter's full name, say
    subsequence  the same by number, 0 to 2**64 - 1 (0 if neither is given): give one of both
    offset       index in the stream of the array's first element, 0 to 2**64 - 1
    shard        (global_shape, start): the array is the block of a larger one of shape global_shape whose first element
                 has the index start there. It receives what that slice of the whole would have, and fans are those of
                 the whole.

    in_axis, out_axis, batch_axis
                 of the functions with fans: which dimensions, an integer or a sequence of them, are the inputs, the
                 outputs, and copies that count for neither fan. All others are the kernel. The default is PyTorch's
                 order, [outputs, inputs, kernel...]; a dense weight or a convolution of JAX or Keras has in_axis=-2,
                 out_axis=-1.

New arrays own memory of kinit's. From 1 MiB on it is 2 MiB-aligned, advised to use huge pages, and first touched by the
threads that fill it.

Errors, and no array is touched then: TypeError if x is no array, does not lie on the CPU or has another dtype, and for
arguments of wrong types; ValueError if x is read-only, of foreign byte order, unaligned, or if its elements overlap, if
the shard lies outside the whole array, if the stream ends before the array, and for parameters out of range; RuntimeError
for normals in float64 on processors without fused multiply-add, and for tensors of PyTorch where its own in-place functions
raise it: those that require grad while autograd records, and those of inference mode outside of it. BufferError comes from
the array itself. New arrays: MemoryError, and ImportError without NumPy or, for types that it adds, ml_dtypes.

SPDX-License-Identifier: Apache-2.0
"""

import atexit

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
from ._schemes import fans, gain
from ._machine import isa, isas, num_threads, set_isa, set_num_threads
from ._kinit import STREAM_VERSION, end_calls as _end_calls, version as _version
from ._new import (
    bits,
    constant,
    delta_orthogonal,
    dirac,
    empty,
    eye,
    kaiming_normal,
    kaiming_uniform,
    normal,
    orthogonal,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)

__version__: str = _version()
atexit.register(_end_calls)  # daemon threads that fill meanwhile would abort the process

__all__ = [
    "STREAM_VERSION",
    "bits",
    "constant",
    "delta_orthogonal",
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
    "orthogonal",
    "set_isa",
    "set_num_threads",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
]
