"""The mode that gives each parameter of a module a stream of its own.

Owns: which stream a fill has, and who has written to a parameter last. Called by module.py.

SPDX-License-Identifier: Apache-2.0
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch

from . import dtensor
from .attempt import ATTEMPTS
from .mode import Call, InitMode
from .names import Names
from .source import Source

# Functions that ask for no element of a tensor, besides attributes and views, whose users are seen by their memory.
_LOOKS = frozenset(
    "dim ndimension size numel nelement stride is_floating_point is_complex is_contiguous storage_offset __len__ "
    "detach view view_as reshape t transpose permute squeeze unsqueeze narrow select chunk split unbind "
    "requires_grad_ untyped_storage data_ptr is_inference __hash__".split()
)
_CONSTANTS = frozenset(("zeros_", "ones_", "constant_", "zero_", "fill_"))  # the same for each element of a part


class NamedStreams(InitMode):
    """Active while a module is initialised, one owner (a submodule whose initializer runs) after the other."""

    def __init__(self, seed: int, names: Names) -> None:
        super().__init__()
        self.filled: set[str] = set()  # by kinit, in the last call that set all of the parameter
        self.written: set[str] = set()  # by torch's functions
        self._seed = seed
        self._names = names
        self._owner = "()"
        self._uses: Counter[str] = Counter()
        self._unread: dict[str, set[str]] = {}  # parameter -> its streams whose numbers nobody has used yet
        self._rows: dict[int, tuple[torch.Tensor, torch.Tensor, object]] = {}

    def begin(self, owner: str) -> None:
        """From here on the initializer of another owner runs. Seeds torch's default generator, for all that is no call
        of InitMode's."""
        self._owner = f"{owner}()"  # no parameter has such a name
        self._uses.clear()
        self._unread.clear()
        self._rows.clear()
        generator = Source(seed=self._seed, name=self._owner).torch_generator(torch.device("cpu"))
        assert generator is not None
        torch.default_generator.manual_seed(generator.initial_seed())

    def source(self, call: Call) -> Source:
        if call.generator is not None:
            return Source(call.generator)
        found = self._names.find(call.tensor)
        stream = self._owner if found is None else "".join(found)
        unread = set() if found is None else self._unread.setdefault(found[0], set())
        if found is None or stream not in unread:
            unread.add(stream)
            self._uses[stream] += 1
        count = self._uses[stream] - 1
        return Source(seed=self._seed, name=f"{stream}#{count}" if count else stream)

    def taken_over(self, call: Call) -> None:
        found = self._names.find(call.tensor)
        if found is not None:
            self.filled.add(found[0])

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if call is None:
            return function(*args, **kwargs)
        self._write_of_torch(call.tensor)
        if call.source is None or call.generator is not None:
            return function(*args, **kwargs)
        return function(call.tensor, *call.parameters, generator=call.source.torch_generator(call.tensor.device))

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if args and id(args[0]) in self._rows:
            self._write_row(func, name, *args, **(kwargs or {}))
        if name not in ATTEMPTS and name not in _LOOKS and name != "__get__":
            self._note_uses(_tensors_in(args))
        if name == "copy_" and dtensor.is_dtensor(args[0]) and not dtensor.is_dtensor(args[1]):
            func, args = dtensor.copy_whole, args[:2]  # which torch refuses
        result = super().__torch_function__(func, types, args, kwargs)
        if name == "copy_":
            self._write_of_torch(args[0])
        if name == "__getitem__" and dtensor.is_dtensor(args[0]) and self._names.find(args[0]):
            self._rows[id(result)] = (result, args[0], args[1])
        return result

    def _note_uses(self, tensors: Iterable[torch.Tensor]) -> None:
        for tensor in tensors if self._unread else ():
            found = self._names.find(tensor)
            if found is not None:
                self._unread.pop(found[0], None)

    def _write_of_torch(self, tensor: torch.Tensor) -> None:
        found = self._names.find(tensor)
        if found is not None:
            self.written.add(found[0])
            if not found[1]:
                self.filled.discard(found[0])

    def _write_row(self, func: Callable[..., Any], name: str, row: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        """An element of a DTensor is a copy, or a local part with an offset of its own. What writes a constant to it
        is done to the parameter; fills with numbers are refused, for they would be lost or depend on the process."""
        _, tensor, index = self._rows[id(row)]
        if name in _CONSTANTS and isinstance(index, int):
            local = dtensor.local_row(tensor, index)
            if local is not None:
                func(local, *args, **kwargs)
        elif name.endswith("_") and not name.endswith("__"):
            raise NotImplementedError(f"{name} of a part of a DTensor: kinit fills DTensors as a whole")


def _tensors_in(values: Iterable[Any]) -> Iterator[torch.Tensor]:
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors_in(value)
