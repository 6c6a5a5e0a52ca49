"""Which block of a DTensor this process holds.

Owns: placements. Called by target.py, names.py and streams.py. Imports torch.distributed only if the program has done so.

SPDX-License-Identifier: Apache-2.0
"""

import sys
from typing import Any

import torch


class PlacementError(NotImplementedError):
    """A DTensor is placed so that the local tensor is no block of the whole."""


def is_dtensor(tensor: torch.Tensor) -> bool:
    """Whether the tensor is a DTensor. Without torch.distributed.tensor there is none."""
    module = sys.modules.get("torch.distributed.tensor")
    return isinstance(tensor, getattr(module, "DTensor", ()))


def local_of(tensor: Any) -> torch.Tensor:
    """The local tensor of a DTensor, without autograd and without communication."""
    with torch.no_grad():
        local: torch.Tensor = tensor.to_local()
    return local


def start_of(tensor: Any) -> tuple[int, ...]:
    """Index in the whole DTensor of the first element of the local tensor; zeros if that is empty.

    Raises PlacementError for placements other than Shard and Replicate, and if the local tensor's shape is not the one
    that follows from them.
    """
    from torch.distributed.tensor import Replicate, Shard
    from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

    for placement in tensor.placements:
        if type(placement) not in (Shard, Replicate):
            raise PlacementError(
                f"kinit cannot fill a DTensor with the placement {placement!r}: only Shard and Replicate, "
                "which give each process a block of the tensor"
            )
    local = local_of(tensor)
    if local.numel() == 0:
        return (0,) * len(tensor.shape)
    shape, start = compute_local_shape_and_global_offset(tensor.shape, tensor.device_mesh, tensor.placements)
    if tuple(local.shape) != tuple(shape):
        raise PlacementError(
            f"kinit cannot fill a DTensor with a local tensor of shape {tuple(local.shape)}: "
            f"its placements {tuple(tensor.placements)!r} make that {tuple(shape)}"
        )
    return tuple(start)


def local_row(tensor: Any, row: int) -> torch.Tensor | None:
    """What this process holds of a row of a DTensor; None if nothing."""
    local, first = local_of(tensor).detach(), start_of(tensor)[0]
    row = row if row >= 0 else row + tensor.size(0)
    return local[row - first] if first <= row < first + local.size(0) else None
