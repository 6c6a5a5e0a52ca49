"""Trees of weights by path. Owns: init_tree. SPDX-License-Identifier: Apache-2.0"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import jax

from .. import _kinit


def _key(seed: int, path: str) -> Any:
    """The key whose stream is that of kinit's functions with this seed and name."""
    subsequence = _kinit.subsequence(path)
    words = [seed >> 32, seed & 0xFFFFFFFF, subsequence >> 32, subsequence & 0xFFFFFFFF]
    return jax.random.wrap_key_data(jax.numpy.array(words, jax.numpy.uint32), impl="rbg")


def init_tree(shapes: Any, seed: int, initializer: Callable[..., Any]) -> Any:
    """A tree of arrays for a tree of jax.ShapeDtypeStruct, as jax.eval_shape returns it.

    initializer is one of kinit.jax.initializers for all leaves, or a function that is called with the path of a leaf,
    "params/Dense_0/kernel" say, and returns that leaf's. A leaf's numbers are those of the stream (seed, name = its path):
    the other leaves and their order change nothing. A leaf with a sharding is made with it, each device its own shard, so
    that a tree may be larger than the memory of one device.

    Raises ValueError for a seed outside [0, 2**64), and what the initializers raise.
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must lie in [0, 2**64), not {seed}")

    def leaf(path: Any, shape: Any) -> Any:
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        chosen = initializer(name) if _takes_path(initializer) else initializer
        make = jax.jit(lambda key: chosen(key, shape.shape, shape.dtype), out_shardings=getattr(shape, "sharding", None))
        return make(_key(seed, name))

    return jax.tree_util.tree_map_with_path(leaf, shapes)


def _takes_path(initializer: Callable[..., Any]) -> bool:
    """Whether it has one parameter, a path, and is no initializer: those have three and more."""
    return len(inspect.signature(initializer).parameters) == 1
