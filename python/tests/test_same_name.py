"""The rows of "Same name, other distribution" (docs/site/migration.md) that installed libraries show: no kinit in here.

SPDX-License-Identifier: Apache-2.0
"""

import math

import pytest

FAN_IN, FAN_OUT = 400, 1000
STDDEV = math.sqrt(2 / FAN_IN)
CUT = 2 * STDDEV / 0.87962566103423978  # two standard deviations of the normal that was cut


def test_he_normal_of_jax_is_cut_and_kaiming_normal_of_torch_is_whole():
    jax = pytest.importorskip("jax")
    torch = pytest.importorskip("torch")
    cut = jax.nn.initializers.he_normal()(jax.random.key(0), (FAN_IN, FAN_OUT))
    whole = torch.nn.init.kaiming_normal_(
        torch.empty(FAN_OUT, FAN_IN), generator=torch.Generator().manual_seed(0)
    )
    assert float(cut.std()) == pytest.approx(STDDEV, rel=0.01)
    assert float(whole.std()) == pytest.approx(STDDEV, rel=0.01)
    assert 0.99 * CUT < float(abs(cut).max()) <= CUT * 1.000001
    assert float(whole.abs().max()) > 1.5 * CUT


def test_kaiming_uniform_of_linear_is_the_reciprocal_root_of_fan_in():
    torch = pytest.importorskip("torch")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        weight = torch.nn.Linear(FAN_IN, FAN_OUT).weight
    bound = 1 / math.sqrt(FAN_IN)
    assert 0.999 * bound < float(weight.detach().abs().max()) <= bound
