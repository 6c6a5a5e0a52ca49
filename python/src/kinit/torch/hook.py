"""The hooks that torch and Python lack: in the functions of torch.nn.init, and where threads start.

Owns: the exchange of code, and which thread is in which mode. Used by mode.py and guard.py.

uniform_, normal_, constant_ and kaiming_uniform_ ask the modes of the thread (torch.overrides) whether one of them
wants the call; the other functions do not, and modules import them by name, so that replacing the attributes of
torch.nn.init would miss them. While a mode of kinit is active anywhere, each function has code that asks first, and
then does what it always did.

Torch's modes belong to a thread. A thread that is started in a mode of kinit is in that mode too; in any other thread
the functions of torch.nn.init, and those that guard.py guards, ask the mode that was entered last.

SPDX-License-Identifier: Apache-2.0
"""

import functools
import threading
import types
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch.overrides import TorchFunctionMode, handle_torch_function, has_torch_function

from .attempt import ATTEMPTS

_mode_is_enabled = torch._C._is_torch_function_mode_enabled
_depth = torch._C._len_torch_function_stack
_mode_at = torch._C._get_function_stack_at
_push = torch._C._push_on_torch_function_stack
_pop = torch._C._pop_torch_function_stack

_TEMPLATE = """
def {name}(*args, **kwargs):
    return _kinit_call({name!r}, args, kwargs)
"""


class AskedMode(TorchFunctionMode):
    """A mode that the hooks know."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func(*args, **(kwargs or {}))


class _Hook:
    """One function of torch.nn.init: the code it has, the code that asks, and a copy that never asks."""

    def __init__(self, name: str) -> None:
        self.function: types.FunctionType = getattr(torch.nn.init, name)
        self.code = self.function.__code__
        space: dict[str, Any] = {}
        exec(_TEMPLATE.format(name=name), space)
        self.asking_code: types.CodeType = space[name].__code__
        of = self.function
        self.original = types.FunctionType(self.code, of.__globals__, name, of.__defaults__, of.__closure__)
        self.original.__kwdefaults__ = of.__kwdefaults__


_hooks = {name: _Hook(name) for name in ATTEMPTS}
_lock = threading.Lock()
_entered: list[AskedMode] = []  # in all threads, in order
_threads: Counter[int] = Counter()  # how many modes of kinit each thread is in


def _call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a function of torch.nn.init while a mode of kinit is active somewhere."""
    hook = _hooks[name]
    if _mode_is_enabled():
        mode = _mode_at(_depth() - 1)
        if isinstance(mode, AskedMode):  # what handle_torch_function does, in a third of the time
            _pop()
            try:
                return mode.__torch_function__(hook.function, (), args, kwargs)
            finally:
                _push(mode)
    elif is_elsewhere():
        return call_elsewhere(hook.function, args, kwargs)
    tensor = args[:1] or (kwargs.get("tensor"),)
    if has_torch_function(tensor):
        return handle_torch_function(hook.function, tensor, *args, **kwargs)
    return hook.original(*args, **kwargs)


def is_elsewhere() -> bool:
    """Whether this thread is in no mode of kinit, and another one is."""
    return bool(_entered) and threading.get_ident() not in _threads


def call_elsewhere(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """In a thread that is in no mode of kinit: offers the call to the mode that was entered last."""
    with _lock:
        mode = _entered[-1] if _entered else None
        _threads[threading.get_ident()] += 1
    try:
        return function(*args, **kwargs) if mode is None else mode.__torch_function__(function, (), args, kwargs)
    finally:
        _leave_thread()


torch.nn.init._kinit_call = _call  # type: ignore[attr-defined]  # stays: a thread may be in asking code for a while


def enter(mode: AskedMode) -> None:
    """Makes the mode the innermost of this thread, until leave."""
    with _lock:
        _entered.append(mode)
        _threads[threading.get_ident()] += 1
        if len(_entered) == 1:
            _install()
    _push(mode)


def leave(mode: AskedMode) -> None:
    """Undoes enter."""
    _pop()
    with _lock:
        _entered.remove(mode)
        if not _entered:
            _remove()
    _leave_thread()


def _leave_thread() -> None:
    with _lock:
        thread = threading.get_ident()
        _threads[thread] -= 1
        if _threads[thread] == 0:
            del _threads[thread]


def _install() -> None:
    global _start
    for hook in _hooks.values():
        hook.function.__code__ = hook.asking_code
    if threading.Thread.start is not _start_in_mode:
        _start = threading.Thread.start
        threading.Thread.start = _start_in_mode  # type: ignore[method-assign]


def _remove() -> None:
    """If somebody else has replaced Thread.start meanwhile, it stays, and does no harm."""
    for hook in _hooks.values():
        hook.function.__code__ = hook.code
    if threading.Thread.start is _start_in_mode:
        threading.Thread.start = _start  # type: ignore[method-assign]


# ---- Threads that start in a mode ------------------------------------------------------------------------------------

_start = threading.Thread.start


def _start_in_mode(self: threading.Thread) -> None:
    modes = [mode for mode in map(_mode_at, range(_depth())) if isinstance(mode, AskedMode)]
    if modes:
        self.run = functools.partial(_run, modes[-1], self.run)  # type: ignore[method-assign]
    _start(self)


def _run(mode: AskedMode, run: Callable[[], None]) -> None:
    enter(mode)
    try:
        run()
    finally:
        leave(mode)
