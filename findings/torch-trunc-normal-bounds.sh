#!/usr/bin/env bash
# torch 2.13.0: the bounds of trunc_normal_ are absolute. With std 0.02 the defaults -2 and 2 lie 100 standard deviations
# out: nothing is cut. JAX, Keras and timm's trunc_normal_tf_ count in standard deviations.
# Seen: 4.5 % of the values lie beyond two standard deviations, as in a whole normal.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try torch==2.13.0 <<'PYTHON'
import torch

torch.manual_seed(0)
weight = torch.nn.init.trunc_normal_(torch.empty(1 << 20), std=0.02)
beyond = (weight.abs() > 0.04).double().mean().item()
print(f"beyond two standard deviations: {100 * beyond:.1f} %")
assert 0.04 < beyond < 0.05
PYTHON
