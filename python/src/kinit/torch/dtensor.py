"""Which block of a DTensor this process holds.

Owns: placements. Called by target.py, names.py and streams.py. Imports torch.distributed only if the program has done so.

SPDX-License-Identifier: Apache-2.0
"""

import sys
from typing import Any

import torch
from torch.autograd.graph import increment_version


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

    Raises PlacementError for placements other than Shard and Replicate, if the local tensor is no block of the whole
    (which only fully_shard's placement of tensors that are sharded already, _StridedShard, can bring about), and if its
    shape is not the one that follows from the placements.
    """
    from torch.distributed.tensor import Replicate, Shard
    from torch.distributed.tensor.placement_types import _StridedShard

    for placement in tensor.placements:
        if type(placement) not in (Shard, Replicate, _StridedShard):
            raise PlacementError(
                f"kinit cannot fill a DTensor with the placement {placement!r}: only Shard and Replicate, "
                "which give each process a block of the tensor"
            )
    local = local_of(tensor)
    if local.numel() == 0:
        return (0,) * len(tensor.shape)
    indices = [_indices(tensor, dimension) for dimension in range(len(tensor.shape))]
    if tuple(local.shape) != tuple(map(len, indices)):
        raise PlacementError(
            f"kinit cannot fill a DTensor with a local tensor of shape {tuple(local.shape)}: "
            f"its placements {tuple(tensor.placements)!r} make that {tuple(map(len, indices))}"
        )
    if any(index[-1] - index[0] != len(index) - 1 for index in indices):
        raise PlacementError(
            f"kinit cannot fill a DTensor with the placements {tuple(tensor.placements)!r}: "
            "this process holds no block of the tensor"
        )
    return tuple(int(index[0]) for index in indices)


def _indices(tensor: Any, dimension: int) -> torch.Tensor:
    """Which indices of a dimension this process holds, in ascending order."""
    index = torch.arange(tensor.shape[dimension], device="cpu")
    coordinate = tensor.device_mesh.get_coordinate()
    for place, processes, placement in zip(coordinate, tensor.device_mesh.shape, tensor.placements, strict=True):
        if getattr(placement, "dim", None) == dimension:
            parts = index.chunk(getattr(placement, "split_factor", 1))
            index = torch.cat([_chunk(part, processes, place) for part in parts])
    return index


def _chunk(index: torch.Tensor, count: int, number: int) -> torch.Tensor:
    """One of count chunks, of which the last ones may be empty."""
    chunks = index.chunk(count)
    return chunks[number] if number < len(chunks) else index[:0]


def local_row(tensor: Any, row: int) -> torch.Tensor | None:
    """What this process holds of a row of a DTensor; None if nothing."""
    local, first = local_of(tensor).detach(), start_of(tensor)[0]
    row = row if row >= 0 else row + tensor.size(0)
    return local[row - first] if first <= row < first + local.size(0) else None


def copy_whole(tensor: Any, whole: torch.Tensor) -> Any:
    """Copies to a DTensor from a tensor of its global shape, which each process has."""
    if torch.is_grad_enabled() and tensor.requires_grad:
        return tensor.copy_(whole)  # torch's own error
    local = local_of(tensor).detach()
    if local.numel() > 0:
        ends = [start + length for start, length in zip(start_of(tensor), local.shape, strict=True)]
        local.copy_(whole.detach().expand(tensor.shape)[tuple(map(slice, start_of(tensor), ends))])
    increment_version(tensor)
    return tensor
