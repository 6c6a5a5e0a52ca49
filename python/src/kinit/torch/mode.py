"""torch's own initializers on kinit.

Owns: the mode that takes the calls over, and accelerate. module.py derives its own mode from it.

SPDX-License-Identifier: Apache-2.0
"""

import inspect
import operator
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from . import hook
from .attempt import ATTEMPTS
from .dtensor import PlacementError
from .source import Source


@dataclass
class Stats:
    """How many calls kinit took over, and how many it passed on to torch, by the function's name."""

    taken_over: Counter[str] = field(default_factory=Counter)
    passed_on: Counter[str] = field(default_factory=Counter)


@dataclass
class Call:
    """A call of one of torch's functions, in the terms of attempt.py."""

    name: str
    tensor: torch.Tensor
    parameters: tuple[Any, ...]
    generator: torch.Generator | None
    is_random: bool
    source: Source | None = None


def _normal_method(tensor: torch.Tensor, mean: float = 0, std: float = 1, *, generator: Any = None) -> None:
    """The signature of torch.Tensor.normal_."""


def _uniform_method(tensor: torch.Tensor, from_: float = 0, to: float = 1, *, generator: Any = None) -> None:
    """The signature of torch.Tensor.uniform_, whose second parameter has a name that Python keeps for itself."""


_SIGNATURES: dict[Callable[..., Any], inspect.Signature] = {
    torch.Tensor.normal_: inspect.signature(_normal_method),
    torch.Tensor.uniform_: inspect.signature(_uniform_method),
    **{getattr(torch.nn.init, name): inspect.signature(getattr(torch.nn.init, name)) for name in ATTEMPTS},
}
_METHODS = (torch.Tensor.normal_, torch.Tensor.uniform_)


def _read_call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    """None if the arguments do not fit the function."""
    if "from" in kwargs:
        kwargs = {("from_" if key == "from" else key): value for key, value in kwargs.items()}
    try:
        bound = _SIGNATURES[function].bind(*args, **kwargs)
    except TypeError:
        return None
    bound.apply_defaults()
    tensor, *parameters = bound.arguments.values()
    is_random = "generator" in bound.arguments  # the last one
    generator = parameters.pop() if is_random else None
    return Call(function.__name__, tensor, tuple(parameters), generator, is_random)


def _is_recorded(tensor: torch.Tensor) -> bool:
    """Whether autograd has something to say about a method that writes to the tensor, be it an error."""
    return torch.is_grad_enabled() and tensor.requires_grad  # views of such tensors require grad too


class InitMode(TorchFunctionMode):
    """Offers each call of a function of torch.nn.init, and of Tensor.normal_ and Tensor.uniform_, to kinit."""

    def source(self, call: Call) -> Source:
        """Where the numbers of a random call come from."""
        raise NotImplementedError

    def taken_over(self, call: Call) -> None:
        """Hears of each call that kinit has done."""

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Does what kinit did not. call is None for arguments that torch will refuse."""
        return function(*args, **kwargs)

    def __enter__(self) -> "InitMode":
        hook.acquire()
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)  # type: ignore[no-untyped-call]
        hook.release()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func not in _SIGNATURES:
            return func(*args, **kwargs)
        call = _read_call(func, args, kwargs)
        if call is not None and not (func in _METHODS and _is_recorded(call.tensor)) and self._attempt(call):
            self.taken_over(call)
            return call.tensor
        return self.pass_on(call, func, args, kwargs)

    def _attempt(self, call: Call) -> bool:
        call.source = self.source(call) if call.is_random else None
        return ATTEMPTS[call.name](call.tensor, call.source, *call.parameters)


class accelerate(InitMode):
    """Context in which torch.nn.init.*, Tensor.normal_ and Tensor.uniform_ run on kinit where it can.

        with kinit.torch.accelerate() as mode:
            model = Transformer(config)
        print(mode.stats)

    Also in code that imported the functions by name, as torch's own modules do. Holds for the thread that enters it.

    seed   None: each call draws its seed from torch's default generator, so that torch.manual_seed governs. Otherwise 0
           to 2**64 - 1: the n-th random call that kinit takes over fills from the n-th stream of the seed, counted from
           0, and torch's generator does not change. A generator that is given to a call governs that call.
    stats  what was taken over and what was passed on to torch: tensors and parameters that kinit.torch.init leaves to
           torch, methods on tensors that autograd watches, and DTensors that kinit cannot fill
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self.seed = None if seed is None else _checked_seed(seed)
        self.stats = Stats()
        self._streams = 0

    def source(self, call: Call) -> Source:
        if self.seed is None or call.generator is not None:
            return Source(call.generator)
        return Source(seed=self.seed, subsequence=self._streams)

    def taken_over(self, call: Call) -> None:
        self._streams += call.is_random
        self.stats.taken_over[call.name] += 1

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        self.stats.passed_on[function.__name__] += 1
        return super().pass_on(call, function, args, kwargs)

    def _attempt(self, call: Call) -> bool:
        try:
            return super()._attempt(call)
        except PlacementError:
            return False


def _checked_seed(seed: int) -> int:
    """The seed as an int. Raises TypeError and ValueError."""
    seed = operator.index(seed)
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must lie in [0, 2**64), not {seed}")
    return seed
