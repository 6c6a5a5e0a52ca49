#!/usr/bin/env bash
# jax 0.10.2: jax.random.normal in bfloat16 draws from a uniform of 8 bits: a million values are 128 different ones, the
# largest 2.52, the smallest -2.89, and their mean is -0.012. Draw in float32, then convert.
# Seen: 128 values in [-2.89, 2.52], mean -0.012.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try jax==0.10.2 <<'PYTHON'
import jax
import jax.numpy as jnp

x = jax.random.normal(jax.random.key(0), (1 << 20,), jnp.bfloat16).astype(jnp.float32)
values = len(set(x.tolist()))
print(f"{values} values in [{x.min():.2f}, {x.max():.2f}], mean {x.mean():.3f}")
assert values == 128 and x.max() < 2.6 and x.min() > -2.9 and x.mean() < -0.01
PYTHON
