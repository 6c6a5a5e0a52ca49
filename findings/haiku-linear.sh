#!/usr/bin/env bash
# dm-haiku 0.0.17: Linear's default TruncatedNormal(stddev=1/sqrt(fan_in)) is cut at two standard deviations and not
# widened again, so that the weights have 0.88 of the standard deviation that is named. JAX's lecun_normal corrects it.
# Seen: haiku 0.88, lecun_normal 1.00, both times sqrt(fan_in).
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try dm-haiku==0.0.17 jax==0.10.2 <<'PYTHON'
import haiku as hk
import jax
import jax.numpy as jnp

layer = hk.without_apply_rng(hk.transform(lambda x: hk.Linear(1000)(x)))
haiku = jnp.std(layer.init(jax.random.key(0), jnp.zeros((1, 1000)))["linear"]["w"]) * 1000**0.5
lecun = jnp.std(jax.nn.initializers.lecun_normal()(jax.random.key(0), (1000, 1000))) * 1000**0.5
print(f"haiku {haiku:.2f}, lecun_normal {lecun:.2f}")
assert 0.87 < haiku < 0.89 and 0.99 < lecun < 1.01
PYTHON
