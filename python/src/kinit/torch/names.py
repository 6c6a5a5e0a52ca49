"""The full names of a module's parameters and buffers.

Owns: the rule that gives a tensor its name. Called by module.py and streams.py.

SPDX-License-Identifier: Apache-2.0
"""

import itertools
import re

import torch
from torch.nn.parameter import is_lazy

from . import dtensor

# What torch's own wrappers put between the names: a compiled or checkpointed module has the names of the plain one.
_WRAPPERS = re.compile(r"(?:^|(?<=\.))(?:_orig_mod|_checkpoint_wrapped_module|_fsdp_wrapped_module)\.")


def full_name(path: str) -> str:
    """The name of a submodule, parameter or buffer, without those of torch's wrappers."""
    return _WRAPPERS.sub("", path + ".")[:-1]


def named_modules(module: torch.nn.Module) -> dict[torch.nn.Module, str]:
    """Each submodule once, by the first of its names; those inside come before those around them, and of two
    neighbours the alphabetically first comes last."""
    first: dict[torch.nn.Module, str] = {}
    for path, submodule in module.named_modules(remove_duplicate=False):
        name = full_name(path)
        first[submodule] = min(name, first.get(submodule, name))
    return dict(sorted(first.items(), key=lambda item: item[1], reverse=True))


def named_tensors(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Each parameter and buffer once, by the alphabetically first of its names. Lazy ones have no memory yet."""
    every = itertools.chain[tuple[str, torch.Tensor]](
        module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False)
    )
    first: dict[int, tuple[str, torch.Tensor]] = {}
    for name, tensor in sorted(((full_name(path), tensor) for path, tensor in every), key=lambda item: item[0]):
        if not is_lazy(tensor):
            first.setdefault(id(tensor), (name, tensor))
    return dict(first.values())


def version_of(tensor: torch.Tensor) -> int:
    """How often a tensor was written to; tensors of inference mode do not count."""
    return 0 if tensor.is_inference() else tensor._version


class Names:
    """Finds the name of a tensor by object or by memory."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.tensors = named_tensors(module)
        self._by_object = {id(tensor): name for name, tensor in self.tensors.items()}
        self._by_memory: dict[int, list[tuple[str, torch.Tensor]]] = {}
        for name, tensor in self.tensors.items():
            self._by_memory.setdefault(_memory(tensor), []).append((name, tensor))

    def find(self, tensor: torch.Tensor) -> tuple[str, str] | None:
        """The name of the parameter that the tensor is, or is a part of, and what tells the part from the whole."""
        if id(tensor) in self._by_object:
            return self._by_object[id(tensor)], ""
        memory = _memory(tensor)
        for name, whole in self._by_memory.get(memory, []) if memory else []:
            offset = _local(tensor).storage_offset() - _local(whole).storage_offset()
            if tensor.dtype == whole.dtype and 0 <= offset < _reach(whole):
                is_whole = offset == 0 and tensor.shape == whole.shape and tensor.stride() == whole.stride()
                return name, "" if is_whole else f"[{offset}:{tuple(tensor.shape)}:{tuple(tensor.stride())}]"
        return None


def _local(tensor: torch.Tensor) -> torch.Tensor:
    return dtensor.local_of(tensor) if dtensor.is_dtensor(tensor) else tensor


def _memory(tensor: torch.Tensor) -> int:
    """Address of the memory behind a tensor, or what stands for it on meta; 0 if it is not of one piece, as of sparse
    tensors."""
    try:
        storage = _local(tensor).untyped_storage()
        return storage.data_ptr() or -storage._cdata
    except (NotImplementedError, RuntimeError):
        return 0


def _reach(tensor: torch.Tensor) -> int:
    """Number of elements of memory from the first to the last of a tensor."""
    local = _local(tensor)
    return 1 + sum((length - 1) * stride for length, stride in zip(local.shape, local.stride(), strict=True))
