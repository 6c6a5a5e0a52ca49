#!/usr/bin/env bash
# paddlepaddle 3.3.1: a grouped convolution's default weights are scaled by all input channels, though each output sums
# over the channels of its group only: of 64 channels in 32 groups the standard deviation is 0.059, where sqrt(2 / (2 *
# 9)) = 0.333 would keep the variance. KaimingNormal, asked for by name, gives that for the same layer.
# Seen: [512, 2, 3, 3], default 0.0592, KaimingNormal 0.34.
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try paddlepaddle==3.3.1 <<'PYTHON'
import paddle

paddle.seed(0)
kaiming = paddle.ParamAttr(initializer=paddle.nn.initializer.KaimingNormal())
default = paddle.nn.Conv2D(64, 512, 3, groups=32).weight
named = paddle.nn.Conv2D(64, 512, 3, groups=32, weight_attr=kaiming).weight
print(default.shape, f"default {float(default.std()):.4f}, KaimingNormal {float(named.std()):.2f}")
assert default.shape == [512, 2, 3, 3]
assert abs(float(default.std()) / (2 / (64 * 9)) ** 0.5 - 1) < 0.03
assert abs(float(named.std()) / (2 / (2 * 9)) ** 0.5 - 1) < 0.03
PYTHON
