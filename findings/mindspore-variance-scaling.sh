#!/usr/bin/env bash
# mindspore 2.10.0: VarianceScaling(distribution="truncated_normal"), which is also its default, draws uniforms. The
# argument is checked against the documented words, but the function that draws knows another spelling of this one, and
# takes what it does not know for "uniform". The standard deviation is as asked; no weight exceeds sqrt(3) of it, where a
# corrected truncated normal reaches 2.27.
# Seen: largest weight 1.73 standard deviations by default, 1.73 with "truncated_normal", 4.87 with "untruncated_normal".
# SPDX-License-Identifier: Apache-2.0
source "$(dirname "${BASH_SOURCE[0]}")/environment"
try mindspore==2.10.0 <<'PYTHON'
import inspect

import mindspore
from mindspore.common.initializer import VarianceScaling, initializer

mindspore.set_seed(0)


def largest(scaling):
    weight = initializer(scaling, [1000, 1000], mindspore.float32).init_data().asnumpy()
    return abs(weight).max() * 1000**0.5


default, cut, whole = (largest(VarianceScaling(**word)) for word in (
    {}, {"distribution": "truncated_normal"}, {"distribution": "untruncated_normal"}))
print(f"largest weight {default:.2f} standard deviations by default, {cut:.2f} with \"truncated_normal\", "
      f"{whole:.2f} with \"untruncated_normal\"")
assert inspect.signature(VarianceScaling).parameters["distribution"].default == "truncated_normal"
assert 1.72 < default < 1.733 and 1.72 < cut < 1.733 and whole > 4
PYTHON
