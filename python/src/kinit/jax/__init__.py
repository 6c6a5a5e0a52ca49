"""The same seed alone, or the same key, gives every tensor the same numbers: name tensors, split keys, or use init_tree.

kinit for JAX: initializers, trees of weights, and new arrays.

    initializers  the factories of jax.nn.initializers, for Flax, Equinox, Haiku and jax.jit
    init_tree     a tree of arrays from a tree of shapes, each leaf named by its path
    normal, ...   the functions of kinit with the same names, as arrays of JAX on the CPU: seed=42, name="up.weight"

SPDX-License-Identifier: Apache-2.0
"""

from . import initializers
from .arrays import (
    bits,
    constant,
    dirac,
    eye,
    kaiming_normal,
    kaiming_uniform,
    normal,
    truncated_normal,
    uniform,
    variance_scaling,
    xavier_normal,
    xavier_uniform,
)
from .tree import init_tree

__all__ = [
    "bits",
    "constant",
    "dirac",
    "eye",
    "init_tree",
    "initializers",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "truncated_normal",
    "uniform",
    "variance_scaling",
    "xavier_normal",
    "xavier_uniform",
]
