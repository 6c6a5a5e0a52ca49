"""Where the random numbers of one call come from.

Owns: the choice between a seed that is given and one that a generator of torch draws. Called by init.py, mode.py and
module.py, which make a Source, and by attempt.py, which draws from it.

SPDX-License-Identifier: Apache-2.0
"""

import array
import ctypes
import threading
from typing import Any

import torch

import kinit


class _Scratch(threading.local):
    """A number of each thread, for random_ to draw."""

    def __init__(self) -> None:
        with torch.inference_mode(False):
            number = torch.empty((), dtype=torch.int64, device="cpu")
        self.draw = number.random_  # keeps the tensor
        self.number = ctypes.c_int64.from_address(number.data_ptr())


_scratch = _Scratch()


def drawn_seed(generator: torch.Generator | None) -> int:
    """From torch's default generator if there is none. 63 bits: what random_ has for integers of 64 bits."""
    if torch._C._is_torch_function_mode_enabled():  # no call of the model's: modes are not asked
        with torch._C.DisableTorchFunction():
            _scratch.draw(generator=generator)
    elif generator is None:
        _scratch.draw()  # which is faster
    else:
        _scratch.draw(generator=generator)
    return _scratch.number.value


class Source:
    """The stream of one call, asked for at most once.

    generator    of torch, on the CPU: draws the seed (a GPU's would have to be waited for); None for torch's default generator
    seed         0 to 2**64 - 1: no generator is asked or changed
    name         names one of the streams of the seed
    subsequence  the same by number
    """

    def __init__(
        self,
        generator: torch.Generator | None = None,
        seed: int | None = None,
        name: str | None = None,
        subsequence: int | None = None,
    ) -> None:
        if seed is not None and generator is not None:
            raise ValueError("generator and seed exclude each other: the seed decides all numbers")
        self._generator = generator
        self._seed = seed
        self._name = name
        self._subsequence = subsequence

    def is_of_gpu(self) -> bool:
        """Whether the generator is not the CPU's: torch has to draw then."""
        return self._generator is not None and self._generator.device.type != "cpu"

    def stream(self) -> dict[str, Any]:
        """The keywords of a fill of kinit that choose its stream."""
        seed = drawn_seed(self._generator) if self._seed is None else self._seed
        return {"seed": seed, "name": self._name, "subsequence": self._subsequence}

    def torch_generator(self, device: torch.device) -> torch.Generator | None:
        """The generator for one of torch's own functions: that of the call, or one that seed and name decide."""
        if self._seed is None or device.type == "meta":
            return self._generator
        words = array.array("I", (0, 0))
        kinit.fill_bits(words, **self.stream())
        return torch.Generator(device).manual_seed(words[0] | words[1] << 32)
