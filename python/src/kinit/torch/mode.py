"""torch's own initializers on kinit.

Owns: the mode that takes the calls over, and accelerate. streams.py derives its own mode from it.

SPDX-License-Identifier: Apache-2.0
"""

import inspect
import operator
import pickle
import random
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch

from kinit import _kinit

from . import guard, hook
from .attempt import ATTEMPTS
from .dtensor import PlacementError
from .source import Source, drawn_seed


@dataclass
class Stats:
    """What became of the calls inside a context, by the function's name.

    taken_over           number of calls that kinit has done
    passed_on            of functions of torch.nn.init, Tensor.normal_ and Tensor.uniform_ that kinit left to torch
    other                of torch's other random functions: rand, randn_like, bernoulli_ and so on
    elements_taken_over, elements_passed_on, elements_other      the numbers of elements of the same calls
    other_generators     which global generators outside of torch, "random" and "numpy.random", were in another state at
                         the end of the context: a seed of accelerate does not decide what they draw
    """

    taken_over: Counter[str] = field(default_factory=Counter)
    passed_on: Counter[str] = field(default_factory=Counter)
    other: Counter[str] = field(default_factory=Counter)
    elements_taken_over: Counter[str] = field(default_factory=Counter)
    elements_passed_on: Counter[str] = field(default_factory=Counter)
    elements_other: Counter[str] = field(default_factory=Counter)
    other_generators: set[str] = field(default_factory=set)


class Call:
    """A call of one of torch's functions, in the terms of attempt.py."""

    __slots__ = ("name", "tensor", "parameters", "generator", "is_random", "source")

    def __init__(
        self,
        name: str,
        tensor: torch.Tensor,
        parameters: tuple[Any, ...],
        generator: torch.Generator | None,
        is_random: bool,
    ) -> None:
        self.name = name
        self.tensor = tensor
        self.parameters = parameters
        self.generator = generator
        self.is_random = is_random
        self.source: Source | None = None


# ---- Which functions there are ---------------------------------------------------------------------------------------


def _normal_method(tensor: Any, mean: float = 0, std: float = 1, *, generator: Any = None) -> None:
    """The signature of torch.Tensor.normal_."""


def _uniform_method(tensor: Any, from_: float = 0, to: float = 1, *, generator: Any = None) -> None:
    """The signature of torch.Tensor.uniform_, whose second parameter has a name that Python keeps for itself."""


class _Function(NamedTuple):
    """One that kinit may do. read(*args, **kwargs) -> (tensor, parameters, generator)."""

    name: str
    read: Callable[..., tuple[torch.Tensor, tuple[Any, ...], torch.Generator | None]]
    is_random: bool
    is_method: bool


def _function(signature: Callable[..., Any], name: str, is_method: bool = False) -> _Function:
    """With a reader that Python compiles from the signature: binding by inspect takes ten times as long."""
    parameters = inspect.signature(signature).parameters.values()
    heads = [("*, " if p.kind is p.KEYWORD_ONLY else "") + _head(p) for p in parameters]
    names = [p.name for p in parameters if p.name != "generator"]
    is_random = len(names) < len(parameters)
    values = f"{names[0]}, ({''.join(f'{n}, ' for n in names[1:])}), {'generator' if is_random else None}"
    space = {f"default_{p.name}": p.default for p in parameters}
    exec(f"def read({', '.join(heads)}): return {values}", space)
    return _Function(name, space["read"], is_random, is_method)


def _head(parameter: inspect.Parameter) -> str:
    return parameter.name + ("" if parameter.default is parameter.empty else f"=default_{parameter.name}")


_FUNCTIONS: dict[Callable[..., Any], _Function] = {
    torch.Tensor.normal_: _function(_normal_method, "normal_", is_method=True),
    torch.Tensor.uniform_: _function(_uniform_method, "uniform_", is_method=True),
    **{getattr(torch.nn.init, name): _function(getattr(torch.nn.init, name), name) for name in ATTEMPTS},
}

# Plain calls of these are done by compiled code: (name, whether a method, kind, parameters that may be given).
_Shortcut = tuple[str, bool, str, tuple[str, ...]]
_SHORTCUTS: dict[Callable[..., Any], _Shortcut] = {
    torch.Tensor.normal_: ("normal_", True, "normal", ("mean", "std")),
    torch.Tensor.uniform_: ("uniform_", True, "uniform", ("from", "to")),
    torch.nn.init.normal_: ("normal_", False, "normal", ("mean", "std")),
    torch.nn.init.uniform_: ("uniform_", False, "uniform", ("a", "b")),
    torch.nn.init.kaiming_uniform_: ("kaiming_uniform_", False, "kaiming_uniform", ("a",)),
}

_OTHER_NAMES = {
    torch: "bernoulli binomial multinomial normal poisson rand rand_like randint randint_like randn randn_like randperm "
    "dropout dropout_ alpha_dropout alpha_dropout_ feature_dropout feature_dropout_ feature_alpha_dropout "
    "feature_alpha_dropout_ native_dropout rrelu rrelu_ _standard_gamma _sample_dirichlet",
    torch.Tensor: "bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial random_",
    torch.nn.functional: "dropout alpha_dropout dropout1d dropout2d dropout3d feature_alpha_dropout gumbel_softmax rrelu "
    "rrelu_ fractional_max_pool2d fractional_max_pool3d",
}
_guards = guard.Guards({**_OTHER_NAMES, torch.Tensor: f"{_OTHER_NAMES[torch.Tensor]} normal_ uniform_"})
_OTHER_FUNCTIONS = set(_guards.functions.values()) - set(_FUNCTIONS)

# Torch looks its own methods up in the class, and so it may be a guard that it offers to a mode.
for _original, _of_guard in _guards.guards.items():
    if _original in _FUNCTIONS:
        _FUNCTIONS[_of_guard] = _FUNCTIONS[_original]
        _SHORTCUTS[_of_guard] = _SHORTCUTS[_original]
    else:
        _OTHER_FUNCTIONS.add(_of_guard)


# ---- The modes -------------------------------------------------------------------------------------------------------


def _is_recorded(tensor: torch.Tensor) -> bool:
    """Whether autograd has something to say about a method that writes to the tensor, be it an error."""
    return tensor.requires_grad and torch.is_grad_enabled()  # views of such tensors require grad too


class InitMode(hook.AskedMode):
    """Offers each call of a function of torch.nn.init, and of Tensor.normal_ and Tensor.uniform_, to kinit.

    Holds for the thread that enters it and for those that are started inside. Where the order of the calls decides the
    numbers, RuntimeError refuses random calls of any other thread than the one that entered.
    """

    _thread = 0  # the one that has entered, while it has not left
    _depth = 0  # how often it has entered

    def source(self, call: Call) -> Source:
        """Where the numbers of a random call come from."""
        raise NotImplementedError

    def taken_over(self, call: Call) -> None:
        """Hears of each call that kinit has done."""

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Does what kinit did not. call is None for arguments that torch will refuse."""
        return function(*args, **kwargs)

    def __enter__(self) -> "InitMode":
        self._thread = threading.get_ident()
        self._depth += 1
        hook.enter(self)
        return self

    def __exit__(self, *exception: Any) -> None:
        hook.leave(self)
        self._depth -= 1
        if self._depth == 0:
            self._thread = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _FUNCTIONS:
            return self._offered(func, args, kwargs)
        return func(*args, **(kwargs or {}))

    def _offered(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A call of one of _FUNCTIONS."""
        kwargs = kwargs or {}
        if not self._thread:  # a thread that goes on after the context
            return function(*args, **kwargs)
        entry = _FUNCTIONS[function]
        call = _read_call(entry, args, kwargs)
        if call is None or (entry.is_method and _is_recorded(call.tensor)):
            return self.pass_on(call, function, args, kwargs)
        if entry.is_random:
            if call.generator is None:
                self._check_thread(entry.name)
            call.source = self.source(call)
        if self._attempt(call):
            self.taken_over(call)
            return call.tensor
        return self.pass_on(call, function, args, kwargs)

    def _attempt(self, call: Call) -> bool:
        return ATTEMPTS[call.name](call.tensor, call.source, *call.parameters)

    def _drawing_thread(self) -> int:
        """The only one that may draw without a generator of the call's own; 0 if each may."""
        return self._thread

    def _check_thread(self, name: str) -> None:
        thread = self._drawing_thread()
        if thread and thread != threading.get_ident():
            raise _wrong_thread(name)


def _wrong_thread(name: str) -> RuntimeError:
    return RuntimeError(
        f"{name} in thread {threading.current_thread().name!r}, and kinit.torch has a seed in another thread: "
        "the order in which threads come would decide the numbers. Build the model in one thread"
    )


def _read_call(function: _Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call | None:
    """None if the arguments do not fit the function."""
    try:
        tensor, parameters, generator = function.read(*args, **kwargs)
    except TypeError:
        if "from" not in kwargs:
            return None
        return _read_call(function, args, {("from_" if key == "from" else key): kwargs[key] for key in kwargs})
    return Call(function.name, tensor, parameters, generator, function.is_random)


class accelerate(InitMode):
    """Context in which torch.nn.init.*, Tensor.normal_ and Tensor.uniform_ run on kinit where it can.

        with kinit.torch.accelerate() as mode:
            model = Transformer(config)
        print(mode.stats)

    Also in code that imported the functions by name, as torch's own modules do. Warns at its end if kinit has taken
    nothing over.

    seed   None: each call draws its seed from torch's default generator, so that torch.manual_seed governs. Otherwise 0
           to 2**64 - 1, and all that is drawn inside is a function of it: the n-th random call that kinit takes over fills
           from the n-th stream of the seed, counted from 0, and all other random calls (torch.rand, say) draw from
           torch's default generators, seeded anew, which are as before afterwards. A generator that is given to a call
           governs that call.
    stats  what was taken over, what was passed on to torch (tensors and parameters that kinit.torch.init leaves to torch,
           methods on tensors that autograd watches, and DTensors that kinit cannot fill), and which other random calls
           there were, in calls and elements; and whether Python's or NumPy's global generator was used

    Threads that are started inside are inside too, and so are calls of all these functions in other threads that are in no
    context of their own. Without a seed kinit serves them all. With a seed only the thread that entered may draw: in the
    others there is a RuntimeError, also for contexts of their own. Not seen are functions other than torch.nn.init.* that
    such threads imported by name (from torch import rand) before the context: they must not draw meanwhile.
    """

    def __init__(self, seed: int | None = None) -> None:
        super().__init__()
        self.seed = None if seed is None else _checked_seed(seed)
        self.stats = Stats()
        self._random: Counter[str] = Counter()  # how many random calls kinit has taken over: "drawn"
        self.tallies = (self.stats.taken_over, self.stats.elements_taken_over, self._random)
        self._lock = threading.Lock()
        self.handlers = {**dict.fromkeys(_OTHER_FUNCTIONS, self._other), **dict.fromkeys(_FUNCTIONS, self._offered)}
        self.shortcuts: dict[Callable[..., Any], _Shortcut] = {}  # while the context lasts
        self._outside: dict[str, bytes] = {}  # states of other generators when it began
        # What torch calls. The method of that name does the same, slower, and torch.compile can read it.
        vars(self)["__torch_function__"] = _kinit.offering(self)

    def __enter__(self) -> "accelerate":
        if self.seed is not None:
            _generators.seed(self.seed)
        if not self._thread:
            self._outside = _states_outside()
        self.shortcuts = _SHORTCUTS
        super().__enter__()
        _guards.install()
        return self

    def __exit__(self, *exception: Any) -> None:
        _guards.remove()
        super().__exit__(*exception)
        if not self._thread:
            self.shortcuts = {}
            now = _states_outside()
            self.stats.other_generators |= {name for name, state in self._outside.items() if now[name] != state}
        if self.seed is not None:
            _generators.restore()
        if exception[:1] == (None,) and not self.stats.taken_over:
            warnings.warn(_nothing_taken_over(self.stats), stacklevel=2)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func in _OTHER_FUNCTIONS:
            return self._other(func, args, kwargs)
        return super().__torch_function__(func, types, args, kwargs)

    def source(self, call: Call) -> Source:
        if self.seed is None or call.generator is not None:
            return Source(call.generator)
        return Source(seed=self.seed, subsequence=self._random["drawn"])

    def taken_over(self, call: Call) -> None:
        _kinit.count_call(self.tallies, call.name, call.tensor, call.is_random)

    def stream(self) -> dict[str, Any]:
        """The stream of a random call that takes the short way."""
        self._check_thread("a fill")
        if self.seed is None:
            return {"seed": drawn_seed(None), "name": None, "subsequence": None}
        return {"seed": self.seed, "name": None, "subsequence": self._random["drawn"]}

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        with self._lock:
            self.stats.passed_on[function.__name__] += 1
            self.stats.elements_passed_on[function.__name__] += 0 if call is None else call.tensor.numel()
        return super().pass_on(call, function, args, kwargs)

    def _other(self, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A call of one of _OTHER_FUNCTIONS."""
        kwargs = kwargs or {}
        if not self._thread:
            return function(*args, **kwargs)
        if kwargs.get("generator") is None:
            self._check_thread(function.__name__)
        result = function(*args, **kwargs)
        with self._lock:
            self.stats.other[function.__name__] += 1
            self.stats.elements_other[function.__name__] += result.numel() if isinstance(result, torch.Tensor) else 0
        return result

    def _drawing_thread(self) -> int:
        return _generators.thread if self.seed is None else self._thread

    def _attempt(self, call: Call) -> bool:
        try:
            return ATTEMPTS[call.name](call.tensor, call.source, *call.parameters)
        except PlacementError:
            return False


def _states_outside() -> dict[str, bytes]:
    """Of the global generators that are not torch's."""
    states = {"random": pickle.dumps(random.getstate())}
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        states["numpy.random"] = pickle.dumps(numpy.random.get_state(legacy=False))
    return states


def _nothing_taken_over(stats: Stats) -> str:
    calls = [f"{name} {count} times" for name, count in (stats.passed_on + stats.other).items()]
    found = f"torch did {', '.join(calls)}" if calls else "there was no call to take over"
    return f"kinit.torch.accelerate has taken nothing over: {found}"


class _Generators:
    """torch's default generators, seeded for one context inside the other, all of one thread."""

    def __init__(self) -> None:
        self.thread = 0  # for which they are seeded
        self._lock = threading.Lock()
        self._saved: list[list[tuple[torch.Generator, torch.Tensor]]] = []  # states before

    def seed(self, seed: int) -> None:
        with self._lock:
            if self.thread and self.thread != threading.get_ident():
                raise RuntimeError(
                    f"accelerate(seed={seed}): another thread is in accelerate with a seed, and both would draw from "
                    "torch's default generator. Build one model after the other, or use kinit.torch.init_module_"
                )
            self.thread = threading.get_ident()
            # Devices that the program has not used yet have no generators.
            generators = (torch.default_generator, *torch.cuda.default_generators)
            self._saved.append([(generator, generator.get_state()) for generator in generators])
            seeded = Source(seed=seed, name="accelerate()").torch_generator(torch.device("cpu"))
            assert seeded is not None
            for generator in generators:
                generator.manual_seed(seeded.initial_seed())

    def restore(self) -> None:
        with self._lock:
            for generator, state in self._saved.pop():
                generator.set_state(state)
            if not self._saved:
                self.thread = 0


_generators = _Generators()


def _checked_seed(seed: int) -> int:
    """The seed as an int. Raises TypeError and ValueError."""
    seed = operator.index(seed)
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must lie in [0, 2**64), not {seed}")
    return seed
