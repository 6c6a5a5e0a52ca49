"""One attempt for each function of torch.nn.init: kinit does what the call asks for, or leaves it to torch.

Owns: the schemes, and which parameters kinit takes. Called by init.py and mode.py.

An attempt takes the tensor, the source of the numbers (None where none are random) and the parameters of torch's
function. True: done. False: nothing has happened, and torch has to do it, be it only to raise its own exception, which
is how wrong parameters come to the exceptions that torch has for them.

SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import math
import numbers
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.autograd.graph import increment_version
from torch.nn.init import _calculate_correct_fan, _calculate_fan_in_and_fan_out

import kinit
from kinit import _kinit

from .source import Source
from .target import DTYPES, FLOAT8, Target, fill, target_of

_CALLER = 4  # frames from a warning to the caller of a function of init.py
_FAR_MEAN = (
    "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. " "The distribution of values may be incorrect."
)
_qr_lock = threading.Lock()

# Random numbers in 8 bits are kinit's own, and saturate: what matters there is the type they are computed in.
_LARGEST = {dtype: torch.finfo(torch.float32 if dtype in FLOAT8 else dtype).max for dtype in DTYPES}


def _fits(dtype: torch.dtype, *values: Any) -> bool:
    """Whether all are numbers that kinit's random fills take for the dtype."""
    limit = _LARGEST.get(dtype)
    if limit is None:
        return False
    for value in values:
        if not isinstance(value, float | int):  # which is fast
            if not isinstance(value, numbers.Real):
                return False
            value = float(value)
        if not -limit <= value <= limit:
            return False
    return True


def uniform(tensor: torch.Tensor, source: Source, a: float, b: float) -> bool:
    if _kinit.fill_uniform_short(tensor, a, b, source):
        return True
    if not _fits(tensor.dtype, a, b) or not a <= b or not _fits(tensor.dtype, b - a):
        return False
    return fill(tensor, source, kinit.fill_uniform, float(a), float(b))


def normal(tensor: torch.Tensor, source: Source, mean: float, std: float) -> bool:
    if _kinit.fill_normal_short(tensor, mean, std, source):
        return True
    if not _fits(tensor.dtype, mean, std) or std < 0:
        return False
    if tensor.dtype is torch.float64 and not tensor.is_cpu:
        return False  # kinit draws no normals in float64 on a GPU
    return fill(tensor, source, kinit.fill_normal, float(mean), float(std))


def truncated_normal(tensor: torch.Tensor, source: Source, mean: float, std: float, a: float, b: float) -> bool:
    if not _fits(tensor.dtype, mean, std, a, b) or std <= 0 or not _is_interval(tensor.dtype, a, b):
        return False
    if tensor.numel() == 0 or target_of(tensor) is None:
        return False
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(_FAR_MEAN, stacklevel=_CALLER)
    return fill(tensor, source, kinit.fill_truncated_normal, float(mean), float(std), float(a), float(b))


def _is_interval(dtype: torch.dtype, a: float, b: float) -> bool:
    """Whether a < b in the type that kinit computes with."""
    compute = ctypes.c_double if dtype is torch.float64 else ctypes.c_float
    return compute(a).value < compute(b).value


def constant(tensor: torch.Tensor, source: None, val: float) -> bool:
    if not _fits(tensor.dtype, val) or (tensor.dtype in FLOAT8 and abs(val) > torch.finfo(tensor.dtype).max):
        return False
    return fill(tensor, source, kinit.fill_constant, float(val))


def ones(tensor: torch.Tensor, source: None) -> bool:
    return constant(tensor, source, 1.0)


def zeros(tensor: torch.Tensor, source: None) -> bool:
    return constant(tensor, source, 0.0)


def eye(tensor: torch.Tensor, source: None) -> bool:
    return tensor.ndimension() == 2 and fill(tensor, source, kinit.fill_eye)


def dirac(tensor: torch.Tensor, source: None, groups: int) -> bool:
    if tensor.ndimension() not in (3, 4, 5) or not isinstance(groups, int):
        return False
    if groups <= 0 or tensor.size(0) % groups != 0:
        return False
    return fill(tensor, source, kinit.fill_dirac, groups)


def xavier_uniform(tensor: torch.Tensor, source: Source, gain: float) -> bool:
    bound = math.sqrt(3.0) * _xavier_std(tensor, gain)
    return uniform(tensor, source, -bound, bound)


def xavier_normal(tensor: torch.Tensor, source: Source, gain: float) -> bool:
    return normal(tensor, source, 0.0, _xavier_std(tensor, gain))


def _xavier_std(tensor: torch.Tensor, gain: float) -> float:
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


def kaiming_uniform(tensor: torch.Tensor, source: Source, a: float, mode: Any, nonlinearity: Any) -> bool:
    if 0 in tensor.shape:
        return _warn_no_op()
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform(tensor, source, -bound, bound)


def kaiming_normal(tensor: torch.Tensor, source: Source, a: float, mode: Any, nonlinearity: Any) -> bool:
    if 0 in tensor.shape:
        return _warn_no_op()
    return normal(tensor, source, 0.0, _kaiming_std(tensor, a, mode, nonlinearity))


def _kaiming_std(tensor: torch.Tensor, a: float, mode: Any, nonlinearity: Any) -> float:
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


def calculate_gain(nonlinearity: Any, param: int | float | None = None) -> float:
    """As torch.nn.init.calculate_gain, whose exceptions it has. The square of a slope is rounded correctly."""
    gain: float = torch.nn.init.calculate_gain(nonlinearity, param)
    if nonlinearity != "leaky_relu" or param is None or not 0 < gain < math.inf:
        return gain
    return kinit.gain(nonlinearity, param)


def _warn_no_op() -> bool:
    warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=_CALLER + 1)
    return True


def orthogonal(tensor: torch.Tensor, source: Source, gain: float) -> bool:
    """The QR factorisation of a normal matrix needs all of it: of a DTensor each process makes the whole."""
    if tensor.ndimension() < 2 or tensor.numel() == 0 or not tensor.is_cpu:
        return False
    target = target_of(tensor)
    if target is None:
        return False
    narrow = tensor.dtype not in (torch.float32, torch.float64)  # which LAPACK does not know
    rows = tensor.size(0)
    matrix = torch.empty((rows, tensor.numel() // rows), dtype=torch.float32 if narrow else tensor.dtype, device="cpu")
    kinit.fill_normal(matrix, **source.stream())
    with torch.no_grad():
        whole = _orthogonal_factor(matrix).mul_(gain).reshape(tensor.shape)
        if tensor.dtype is torch.float8_e4m3fn:
            whole.clamp_(-448, 448)  # kinit saturates, and torch would make it NaN
        if target.local.numel() > 0:
            target.local.copy_(_local_part(whole, target))
    increment_version(tensor)
    return True


def _orthogonal_factor(matrix: torch.Tensor) -> torch.Tensor:
    """Q of the QR factorisation, of the transpose if that is the taller one, with the signs that make it uniform
    (Mezzadri, How to Generate Random Matrices from the Classical Compact Groups, Notices of the AMS 54, 2007)."""
    wide = matrix.size(0) < matrix.size(1)
    with _one_thread():
        q, r = torch.linalg.qr(matrix.t() if wide else matrix)
    factor: torch.Tensor = q * torch.diag(r, 0).sign()
    return factor.t() if wide else factor


@contextmanager
def _one_thread() -> Iterator[None]:
    """LAPACK's bits depend on the number of threads, and kinit's must not: processes of one run have several."""
    with _qr_lock:
        count = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(count)


def sparse(tensor: torch.Tensor, source: Source, sparsity: float, std: float) -> bool:
    """The zeros of a column stand where a column of uniform numbers has its smallest."""
    if tensor.ndimension() != 2 or tensor.numel() == 0 or not tensor.is_cpu:
        return False
    if not _fits(tensor.dtype, std) or std < 0:
        return False
    target = target_of(tensor)
    if target is None:
        return False
    zeros_per_column = math.ceil(sparsity * tensor.size(0))
    stream = source.stream()
    if target.local.numel() > 0:
        kinit.fill_normal(target.local, 0.0, float(std), **stream, shard=target.shard)
        with torch.no_grad():
            local = target.local.view(torch.uint8) if tensor.dtype in FLOAT8 else target.local  # no masks in 8 bits
            local.masked_fill_(_zeros_of_sparse(tensor, target, zeros_per_column, stream), 0)
    increment_version(tensor)
    return True


def _zeros_of_sparse(tensor: torch.Tensor, target: Target, count: int, stream: dict[str, Any]) -> torch.Tensor:
    """The mask of the local tensor's zeros. The uniform numbers come from words that no normal has used: at most 2 for
    each element, and 2 more for the other half of the last pair."""
    rows, columns = tensor.shape
    first_row, first_column = (0, 0) if target.shard is None else target.shard[1]
    keys = torch.empty((target.local.size(1), rows), dtype=torch.float64, device="cpu")
    kinit.fill_uniform(keys, **stream, offset=tensor.numel() + 1, shard=((columns, rows), (first_column, 0)))
    smallest = keys.argsort(dim=1, stable=True)[:, :count]
    mask = torch.zeros(keys.shape, dtype=torch.bool, device="cpu").scatter_(1, smallest, True)
    return mask.t()[first_row : first_row + target.local.size(0)]


def _local_part(whole: torch.Tensor, target: Target) -> torch.Tensor:
    if target.shard is None:
        return whole
    ends = [start + length for start, length in zip(target.shard[1], target.local.shape, strict=True)]
    return whole[tuple(map(slice, target.shard[1], ends))]


ATTEMPTS: dict[str, Callable[..., bool]] = {
    "uniform_": uniform,
    "normal_": normal,
    "trunc_normal_": truncated_normal,
    "constant_": constant,
    "ones_": ones,
    "zeros_": zeros,
    "eye_": eye,
    "dirac_": dirac,
    "xavier_uniform_": xavier_uniform,
    "xavier_normal_": xavier_normal,
    "kaiming_uniform_": kaiming_uniform,
    "kaiming_normal_": kaiming_normal,
    "orthogonal_": orthogonal,
    "sparse_": sparse,
}
