"""The hook that torch lacks in most functions of torch.nn.init.

Owns: the exchange of these functions' code. Called by mode.py.

uniform_, normal_, constant_ and kaiming_uniform_ ask the modes of the thread (torch.overrides) whether one of them
wants the call; the other functions do not, and modules import them by name, so that replacing the attributes of
torch.nn.init would miss them. While a mode of kinit is active anywhere, each function has code that asks first, and
then does what it always did. In threads without a mode that changes nothing.

SPDX-License-Identifier: Apache-2.0
"""

import threading
import types
from typing import Any

import torch
from torch.overrides import handle_torch_function, has_torch_function

from .attempt import ATTEMPTS

_TEMPLATE = """
def {name}(*args, **kwargs):
    from kinit.torch.hook import call
    return call({name!r}, args, kwargs)
"""


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
_users = 0


def call(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call of a function of torch.nn.init while a mode of kinit is active somewhere."""
    hook = _hooks[name]
    tensor = args[:1] or (kwargs.get("tensor"),)
    if has_torch_function(tensor):
        return handle_torch_function(hook.function, tensor, *args, **kwargs)
    return hook.original(*args, **kwargs)


def acquire() -> None:
    """Lets the functions ask, until as many calls of release."""
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            for hook in _hooks.values():
                hook.function.__code__ = hook.asking_code


def release() -> None:
    """Undoes one call of acquire."""
    global _users
    with _lock:
        _users -= 1
        if _users == 0:
            for hook in _hooks.values():
                hook.function.__code__ = hook.code
