#!/usr/bin/env bash
# keras 3.15.1: an instance of an initializer gives the same values in every call, also without a seed. Two layers of one
# shape that share HeNormal() are equal; the string "he_normal" makes an instance for each.
# Seen: layers that share an instance are equal, with and without a seed; layers that name it by a string differ.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try keras==3.15.1 jax==0.10.2 <<'PYTHON'
import keras
import numpy as np


def equal(initializer):
    layers = [keras.layers.Dense(4, kernel_initializer=initializer) for _ in range(2)]
    for layer in layers:
        layer.build((None, 4))
    return np.array_equal(*[np.asarray(layer.kernel) for layer in layers])


seeded, free, named = map(equal, (keras.initializers.HeNormal(seed=1), keras.initializers.HeNormal(), "he_normal"))
print(f"equal layers: with a seed {seeded}, without {free}, by name {named}")
assert seeded and free and not named
PYTHON
