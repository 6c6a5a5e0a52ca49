"""Calls as programs write them, for mypy: test_package.py checks this file and does not run it.

A line that ends in "type: ignore" has to be refused: strictly, mypy reports such a comment where nothing is wrong.

SPDX-License-Identifier: Apache-2.0
"""

import array

import kinit
import ml_dtypes
import numpy as np
import torch

seed, length = np.uint64(7), np.int64(3)
floats = np.zeros((3, 4), np.float32)

floats = kinit.fill_normal(floats, seed=seed, subsequence=np.int32(2), offset=length)
tensor: torch.Tensor = kinit.fill_kaiming_uniform(torch.empty(3, 4), in_axis=np.int8(0), out_axis=(1,), seed=seed)
words: array.array[int] = kinit.fill_bits(array.array("I", [0]), seed=1)
kinit.fill_uniform(memoryview(bytearray(8)).cast("f"), seed=1)
kinit.fill_normal(np.zeros(3, ml_dtypes.bfloat16), seed=1, shard=((length, 4), [0, length]))
kinit.normal((length, 4), torch.bfloat16, seed=seed)
kinit.variance_scaling(np.int64(3), None, seed=1)
kinit.dirac((4, 4, 3), groups=np.int64(2))
kinit.fans([length, 4], in_axis=[0], out_axis=-1, batch_axis=())

kinit.fill_normal([1.0, 2.0], seed=1)  # type: ignore[type-var]
kinit.fill_normal(3.0, seed=1)  # type: ignore[type-var]
kinit.normal(3, seed=[1])  # type: ignore[arg-type]
kinit.normal(3, seed=1.0)  # type: ignore[arg-type]
kinit.normal(3, seed=1, subsequence=[1])  # type: ignore[arg-type]
kinit.normal(3, seed=1, offset=[1])  # type: ignore[arg-type]
kinit.normal(3, seed=1, name=["a"])  # type: ignore[arg-type]
kinit.normal([1.5], seed=1)  # type: ignore[list-item]
kinit.kaiming_normal((3, 4), mode="fan_sum", seed=1)  # type: ignore[arg-type]
