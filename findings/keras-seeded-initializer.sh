#!/usr/bin/env bash
# keras 3.15.1: an initializer with a seed gives the same values in every call. One HeNormal(seed=1) for a whole model makes
# all layers of one shape equal.
# Seen: two calls are equal; without a seed they differ.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try keras==3.15.1 jax==0.10.2 <<'PYTHON'
import keras
import numpy as np

seeded, free = keras.initializers.HeNormal(seed=1), keras.initializers.HeNormal()
same = np.array_equal(seeded((4, 4)), seeded((4, 4)))
differ = not np.array_equal(free((4, 4)), free((4, 4)))
print(f"seeded calls equal: {same}; free calls differ: {differ}")
assert same and differ
PYTHON
