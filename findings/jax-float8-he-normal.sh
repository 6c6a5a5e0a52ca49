#!/usr/bin/env bash
# jax 0.10.2: initializers accept float8_e4m3fn, and he_normal returns NaN everywhere, without a word.
# Seen: all of 65536 weights are NaN.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try jax==0.10.2 <<'PYTHON'
import jax
import jax.numpy as jnp

weight = jax.nn.initializers.he_normal()(jax.random.key(0), (256, 256), jnp.float8_e4m3fn)
count = int(jnp.isnan(weight.astype(jnp.float32)).sum())
print(f"{count} of {weight.size} are NaN")
assert count == weight.size
PYTHON
