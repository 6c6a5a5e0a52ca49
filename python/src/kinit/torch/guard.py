"""Random functions of torch in threads that were there before a mode of kinit.

Owns: the exchange of attributes of torch. Used by mode.py.

Torch's modes belong to a thread, and cannot be entered for another one. While a mode is active that wants to hear of
other threads' calls, and there are other threads, functions such as torch.rand and Tensor.normal_ have guards in their
places, which ask that mode in the threads that are in none. A function that was imported by name before has none.

SPDX-License-Identifier: Apache-2.0
"""

import functools
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from . import hook


class Guards:
    """places: names of functions, separated by spaces, of each module or class."""

    def __init__(self, places: Mapping[Any, str]) -> None:
        self._places = [(place, name) for place, names in places.items() for name in names.split() if hasattr(place, name)]
        self.functions = {(place, name): getattr(place, name) for place, name in self._places}
        self.guards = {function: _guard(function) for function in self.functions.values()}
        self._replaced: list[tuple[Any, str]] = []
        self._users = 0
        self._lock = threading.Lock()

    def install(self) -> None:
        """If there are other threads."""
        with self._lock:
            self._users += 1
            if not self._replaced and len(sys._current_frames()) > 1:
                self._replaced = self._places
                for place, name in self._replaced:
                    setattr(place, name, self.guards[self.functions[place, name]])

    def remove(self) -> None:
        """Undoes install. What somebody else has replaced meanwhile stays."""
        with self._lock:
            self._users -= 1
            if self._users == 0:
                for place, name in self._replaced:
                    self._restore(place, name)
                self._replaced = []

    def _restore(self, place: Any, name: str) -> None:
        function = self.functions[place, name]
        if vars(place).get(name) is self.guards[function]:
            delattr(place, name)
            if getattr(place, name, None) is not function:  # those of a tensor's base class are there again
                setattr(place, name, function)


def _guard(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def guard(*args: Any, **kwargs: Any) -> Any:
        return hook.call_elsewhere(function, args, kwargs) if hook.is_elsewhere() else function(*args, **kwargs)

    return guard
