"""Initialises modules anew, each parameter from a stream of its own.

Owns: init_module_, and the rule that names the streams.

SPDX-License-Identifier: Apache-2.0
"""

import itertools
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch.nn.parameter import is_lazy

from . import dtensor
from .mode import Call, InitMode, _checked_seed
from .source import Source


def init_module_(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Runs reset_parameters (or _reset_parameters) of each submodule again, with streams that parameters name.

    The weights depend on seed, on the parameters' full names and on what the modules' own reset_parameters do; not on
    the order of construction, on other modules or on torch's generator, which does not change.

        a parameter            is filled from the stream of its full name: after reset_parameters has called
                               normal_(weight, std=s), it is init.normal_(weight, std=s, seed=seed, name="layer.weight")
        filled again           by the same reset_parameters: streams "layer.weight#1", "#2" and so on
        a part of a parameter  streams of their own, named after offset, shape and strides
        other tensors          temporaries, say: streams "layer()", "layer()#1" and so on, named after the submodule
        everything else        torch.randn, say: torch's default generator, seeded from seed and the submodule's name

    Submodules come before those that contain them, and of two neighbours the alphabetically first comes last. So a tied
    parameter belongs to the alphabetically first of its names. Buffers count as parameters.

    module  on any device. What kinit does not fill, torch fills, from a generator that seed and name decide
    seed    0 to 2**64 - 1
    Returns the module. Raises TypeError and ValueError for the seed, NotImplementedError for DTensors that kinit cannot
    fill; then some submodules have been initialised. Warns of parameters that are left as they are because their module
    has no reset_parameters and no other module fills them. Not to be called for one module by several threads at once;
    no other thread may use torch's default generator meanwhile.
    """
    seed = _checked_seed(seed)
    names = _Names(module)
    versions = {name: _version(parameter) for name, parameter in names.parameters.items()}
    filled: set[str] = set()
    state = torch.get_rng_state()
    try:
        for name, submodule in _children_first(module):
            _reset(submodule, _NamedStreams(seed, name, names, filled))
    finally:
        torch.set_rng_state(state)
    same = {name for name, parameter in names.parameters.items() if _version(parameter) == versions[name]}
    _warn_of_untouched([name for name in sorted(same - filled) if _reset_of(_owner(module, name)) is None])
    return module


def _children_first(module: torch.nn.Module) -> Iterator[tuple[str, torch.nn.Module]]:
    """Each submodule once, by the first of its names. A name sorts before those that continue it."""
    first: dict[torch.nn.Module, str] = {}
    for name, submodule in module.named_modules(remove_duplicate=False):
        first[submodule] = min(name, first.get(submodule, name))
    for submodule in sorted(first, key=lambda submodule: first[submodule], reverse=True):
        yield first[submodule], submodule


def _reset_of(submodule: torch.nn.Module) -> Callable[[], object] | None:
    """The method that initialises a submodule anew. Some modules of torch keep it to themselves."""
    reset: Callable[[], object] | None = getattr(submodule, "reset_parameters", None)
    return getattr(submodule, "_reset_parameters", None) if reset is None else reset


def _reset(submodule: torch.nn.Module, streams: "_NamedStreams") -> None:
    reset = _reset_of(submodule)
    if reset is None:
        return
    streams.seed_torch()
    with streams:
        reset()
    _zero_padding(submodule)


def _owner(module: torch.nn.Module, name: str) -> torch.nn.Module:
    """The submodule that has a parameter, by the parameter's full name."""
    return module.get_submodule(name.rpartition(".")[0])


def _zero_padding(submodule: torch.nn.Module) -> None:
    """What an embedding's reset_parameters does itself, but not to a DTensor: there it zeroes a copy of the row."""
    if isinstance(submodule, torch.nn.Embedding | torch.nn.EmbeddingBag) and submodule.padding_idx is not None:
        if dtensor.is_dtensor(submodule.weight):
            dtensor.zero_row(submodule.weight, submodule.padding_idx)


def _warn_of_untouched(names: list[str]) -> None:
    if names:
        message = f"init_module_ left as they are, because no reset_parameters fills them: {', '.join(names)}"
        warnings.warn(message, stacklevel=3)


class _Names:
    """The full names of a module's parameters and buffers, found by object or by memory."""

    def __init__(self, module: torch.nn.Module) -> None:
        self.parameters: dict[str, torch.Tensor] = {}
        self._by_object: dict[int, str] = {}
        self._by_memory: dict[int, list[tuple[str, torch.Tensor]]] = {}
        for name, tensor in sorted(_named_tensors(module), key=lambda item: item[0]):
            if id(tensor) in self._by_object:
                continue
            self._by_object[id(tensor)] = name
            self._by_memory.setdefault(_memory(tensor), []).append((name, tensor))
            if isinstance(tensor, torch.nn.Parameter):
                self.parameters[name] = tensor

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


def _named_tensors(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """Under every name that they have. Lazy ones have no memory yet."""
    tensors = (module.named_parameters(remove_duplicate=False), module.named_buffers(remove_duplicate=False))
    for name, tensor in itertools.chain[tuple[str, torch.Tensor]](*tensors):
        if not is_lazy(tensor):
            yield name, tensor


def _local(tensor: torch.Tensor) -> torch.Tensor:
    return dtensor.local_of(tensor) if dtensor.is_dtensor(tensor) else tensor


def _version(tensor: torch.Tensor) -> int:
    """How often a tensor was written to; tensors of inference mode do not count."""
    return 0 if tensor.is_inference() else tensor._version


def _memory(tensor: torch.Tensor) -> int:
    """Address of the memory behind a tensor; 0 if it has none, as on meta, or none of one piece, as sparse ones."""
    try:
        return _local(tensor).untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):
        return 0


def _reach(tensor: torch.Tensor) -> int:
    """Number of elements of memory from the first to the last of a tensor."""
    local = _local(tensor)
    return 1 + sum((length - 1) * stride for length, stride in zip(local.shape, local.stride(), strict=True))


class _NamedStreams(InitMode):
    """Active while one submodule's reset_parameters runs."""

    def __init__(self, seed: int, owner: str, names: _Names, filled: set[str]) -> None:
        super().__init__()
        self._seed = seed
        self._owner = f"{owner}()"  # no parameter has such a name
        self._names = names
        self._filled = filled
        self._uses: Counter[str] = Counter()

    def seed_torch(self) -> None:
        """Seeds torch's default generator, for all that is no call of InitMode's."""
        generator = Source(seed=self._seed, name=self._owner).torch_generator(torch.device("cpu"))
        assert generator is not None
        torch.default_generator.manual_seed(generator.initial_seed())

    def source(self, call: Call) -> Source:
        if call.generator is not None:
            return Source(call.generator)
        name, part = self._names.find(call.tensor) or (self._owner, "")
        stream = name + part
        count = self._uses[stream]
        self._uses[stream] += 1
        return Source(seed=self._seed, name=f"{stream}#{count}" if count else stream)

    def taken_over(self, call: Call) -> None:
        found = self._names.find(call.tensor)
        if found is not None:
            self._filled.add(found[0])

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if call is None:
            return function(*args, **kwargs)
        self.taken_over(call)
        if call.source is None or call.generator is not None:
            return function(*args, **kwargs)
        return function(call.tensor, *call.parameters, generator=call.source.torch_generator(call.tensor.device))
