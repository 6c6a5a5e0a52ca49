"""Instruction sets and threads: they change the speed, and never a bit. SPDX-License-Identifier: Apache-2.0"""

from . import _kinit


def isa() -> str:
    """Name of the instruction set in use: the best, or that of the environment variable KINIT_ISA, or of set_isa."""
    return _kinit.isa()


def isas() -> tuple[str, ...]:
    """The instruction sets that this build has and this machine runs, best first; "scalar" is always the last."""
    return _kinit.isas()


def set_isa(name: str | None) -> None:
    """Chooses the instruction set for all fills that start from now on, in all threads. None: as at the start.

    Raises ValueError for a name that isas() does not have; nothing changes then.
    """
    _kinit.set_isa(name)


def num_threads() -> int:
    """The largest number of threads that one fill may use; small fills use fewer."""
    return _kinit.num_threads()


def set_num_threads(count: int) -> None:
    """Sets the largest number of threads that one fill may use, for the whole process.

    0 restores the default: the number of physical cores that the process may run on, or OMP_NUM_THREADS if that is set.
    Raises ValueError for a negative count.
    """
    _kinit.set_num_threads(count)
