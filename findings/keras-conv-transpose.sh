#!/usr/bin/env bash
# keras 3.15.1: the kernel of Conv2DTranspose is [h, w, outputs, inputs], and initializers take the axis before the last as
# inputs: he_normal divides by the outputs. With 512 inputs and 8 outputs the variance is 64 times too large.
# Seen: variance times the fan of the inputs 128, of the outputs 2.0.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try keras==3.15.1 jax==0.10.2 <<'PYTHON'
import keras
import numpy as np

layer = keras.layers.Conv2DTranspose(8, 3, kernel_initializer=keras.initializers.HeNormal(seed=0))
layer.build((None, 4, 4, 512))
variance = np.var(np.asarray(layer.kernel))
print(f"variance times 9 * 512: {variance * 9 * 512:.0f}, times 9 * 8: {variance * 9 * 8:.1f}")
assert 120 < variance * 9 * 512 < 136
PYTHON
