#!/usr/bin/env bash
# mlx 0.32.4: nn.init.he_normal draws a variance of 1 / fan_in, not 2 / fan_in: its gain is 1 unless the call says otherwise.
# Seen: for 1000 inputs, variance times fan_in = 1.00.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try 'mlx[cpu]==0.32.4' <<'PYTHON'
import mlx.core as mx
import mlx.nn as nn

weight = nn.init.he_normal()(mx.zeros((1000, 1000)))
variance = mx.var(weight).item() * 1000
print(f"variance times fan_in {variance:.2f}")
assert 0.97 < variance < 1.03
PYTHON
