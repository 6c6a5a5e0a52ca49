"""Which tensors kinit fills.

Owns: the rule that separates kinit's tensors from those that are torch's business, and the one way to fill. Called by
attempt.py.

SPDX-License-Identifier: Apache-2.0
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch.autograd.graph import increment_version

from kinit import _kinit

from . import dtensor
from .source import Source

FLOAT8 = frozenset((torch.float8_e4m3fn, torch.float8_e5m2))
DTYPES = FLOAT8 | {torch.float32, torch.float64, torch.float16, torch.bfloat16}
_TORCH_FUNCTIONS = (vars(torch.Tensor)["__torch_function__"].__func__, torch._C._disabled_torch_function_impl)


class Target(NamedTuple):
    """What of a tensor this process fills."""

    local: torch.Tensor  # detached: a plain tensor on the CPU or a GPU
    shard: tuple[tuple[int, ...], tuple[int, ...]] | None  # as in kinit.fill_normal; None: local is the whole


def target_of(tensor: torch.Tensor) -> Target | None:
    """What kinit fills of the tensor; None if torch has to.

    Raises PlacementError for a DTensor whose placements cannot be served.
    """
    if torch._C._len_torch_dispatch_stack() > 0 or not _is_writable(tensor):
        return None  # a mode of torch, FakeTensorMode say, wants to see each operation
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return None  # inside vmap and the like
    if not dtensor.is_dtensor(tensor):
        return Target(tensor.detach(), None) if _is_served(tensor) else None
    local = dtensor.local_of(tensor)
    if not _is_served(local):
        return None
    return Target(local.detach(), (tuple(tensor.shape), dtensor.start_of(tensor)))


def fill(tensor: torch.Tensor, source: Source | None, function: Callable[..., object], *parameters: Any) -> bool:
    """Fills what this process holds of the tensor with a function of kinit, such as kinit.fill_normal.

    Draws from the source once, in every process. False, and nothing has happened: the tensor is torch's business, or
    has no elements.
    """
    if tensor.numel() == 0:
        return False
    target = target_of(tensor)
    if target is None or (source is not None and source.is_of_gpu()):
        return False
    stream = {} if source is None else source.stream()
    if target.local.numel() > 0:
        function(target.local, *parameters, **stream, shard=target.shard)
    if target.shard is not None:
        increment_version(tensor)  # that of the local tensor has advanced
    return True


def _is_served(tensor: torch.Tensor) -> bool:
    return (
        _is_plain(type(tensor))
        and (tensor.is_cpu or _kinit.is_on_gpu(tensor))
        and tensor.layout is torch.strided
        and tensor.dtype in DTYPES
        and not tensor.is_neg()
        and not _overlaps(tensor)
    )


def _is_plain(kind: type[torch.Tensor]) -> bool:
    """Whether a subclass of Tensor leaves its operations to torch, as Parameter does."""
    function = kind.__torch_function__
    return (
        kind.__torch_dispatch__ is torch.Tensor.__torch_dispatch__
        and getattr(function, "__func__", function) in _TORCH_FUNCTIONS
    )


def _is_writable(tensor: torch.Tensor) -> bool:
    """Whether torch would write to it: not to tensors made in inference mode once that has ended."""
    return torch.is_inference_mode_enabled() or not tensor.is_inference()


def _overlaps(tensor: torch.Tensor) -> bool:
    """Whether two elements may share memory. Torch has no strides below 0."""
    reach = 0
    for stride, length in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if length > 1:
            if stride <= reach:
                return True
            reach += (length - 1) * stride
    return False
