#!/usr/bin/env bash
# flax 0.12.8: nnx.Einsum takes the axis before the last as its inputs, whatever the equation sums over. In
# 'bd,dnh->bnh' d is summed; the weight [d, n, h] is initialised with a fan of d n, so that 16 heads divide the standard
# deviation of the outputs by 4.
# Seen: standard deviation times sqrt(d) = 0.25.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try flax==0.12.8 jax==0.10.2 <<'PYTHON'
import jax.numpy as jnp
from flax import nnx

layer = nnx.Einsum("bd,dnh->bnh", (1024, 16, 64), rngs=nnx.Rngs(0))
ratio = jnp.std(layer.kernel[...]) * 1024**0.5
print(f"standard deviation times sqrt(d) {ratio:.2f}")
assert 0.24 < ratio < 0.26
PYTHON
