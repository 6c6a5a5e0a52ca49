"""Kaiming, Xavier, variance scaling, eye and dirac. SPDX-License-Identifier: Apache-2.0"""

import math

import kinit
import numpy as np
import pytest
from expected import same, values

torch = pytest.importorskip("torch")

SHAPE = (6, 4, 3)  # fan_in 12, fan_out 18
NONLINEARITIES = ["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
                  "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


def check(x, distribution, *parameters):
    assert same(x, values(distribution, "f32", x.shape, parameters, seed=4))


@pytest.mark.parametrize("shape", [(3, 5), (7, 2, 4), (2, 3, 4, 5), (1, 1, 1, 1, 1)])
def test_fans_are_torchs(shape):
    assert kinit.fans(shape) == torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize("nonlinearity", NONLINEARITIES)
def test_gains_are_torchs(nonlinearity):
    assert kinit.gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)
    if nonlinearity == "leaky_relu":
        assert kinit.gain(nonlinearity, 0.3) == torch.nn.init.calculate_gain(nonlinearity, 0.3)


def test_kaiming_defaults():
    """gain(leaky_relu, 0) = sqrt(2), fan_in 12."""
    check(kinit.kaiming_normal(SHAPE, seed=4), "normal", 0.0, math.sqrt(2) / math.sqrt(12))
    bound = math.sqrt(3) * (math.sqrt(2) / math.sqrt(12))
    check(kinit.kaiming_uniform(SHAPE, seed=4), "uniform", -bound, bound)


def test_kaiming_arguments():
    check(kinit.kaiming_normal(SHAPE, "float32", 0.0, "fan_out", "tanh", seed=4), "normal", 0.0, 5 / 3 / math.sqrt(18))
    std = math.sqrt(2 / (1 + 0.2**2)) / math.sqrt(15)
    check(kinit.kaiming_normal(SHAPE, "float32", 0.2, "fan_avg", seed=4), "normal", 0.0, std)
    bound = math.sqrt(3) * (1 / math.sqrt(18))
    check(kinit.kaiming_uniform(SHAPE, mode="fan_out", nonlinearity="linear", seed=4), "uniform", -bound, bound)


def test_xavier():
    std = math.sqrt(2 / 30)
    check(kinit.xavier_normal(SHAPE, seed=4), "normal", 0.0, std)
    check(kinit.xavier_normal(SHAPE, gain=1.5, seed=4), "normal", 0.0, 1.5 * std)
    check(kinit.xavier_uniform(SHAPE, seed=4), "uniform", -math.sqrt(3) * std, math.sqrt(3) * std)


def test_variance_scaling():
    std = math.sqrt(1 / 12) / 0.87962566103423978
    check(kinit.variance_scaling(SHAPE, seed=4), "truncated", 0.0, std, -2 * std, 2 * std)
    check(kinit.variance_scaling(SHAPE, "float32", 2.0, "fan_avg", "normal", seed=4), "normal", 0.0, math.sqrt(2 / 15))
    bound = math.sqrt(3 * (1 / 18))
    check(kinit.variance_scaling(SHAPE, mode="fan_out", distribution="uniform", seed=4), "uniform", -bound, bound)


AXES = [  # shape, in_axis, out_axis, batch_axis, fan_in, fan_out
    ((64, 256), 0, 1, (), 64, 256),
    ((3, 3, 16, 64), -2, -1, (), 144, 576),
    ((8, 64, 256), 1, [2], 0, 64, 256),
    ((8, 16, 64), (0, 1), 2, (), 128, 64),
    ((8, 128, 64), 2, 1, (0,), 64, 128),
]


@pytest.mark.parametrize("shape, in_axis, out_axis, batch_axis, fan_in, fan_out", AXES)
def test_axes(shape, in_axis, out_axis, batch_axis, fan_in, fan_out):
    """With JAX's fans, those of variance_scaling there."""
    axes = dict(in_axis=in_axis, out_axis=out_axis, batch_axis=batch_axis)
    assert kinit.fans(shape, **axes) == (fan_in, fan_out)
    new = lambda function, *arguments: function(shape, "float64", *arguments, **axes, seed=4)
    normal = lambda std: kinit.normal(shape, "float64", 0.0, std, seed=4)
    uniform = lambda bound: kinit.uniform(shape, "float64", -bound, bound, seed=4)
    assert same(new(kinit.kaiming_normal, 0.0, "fan_in", "linear"), normal(1 / math.sqrt(fan_in)))
    assert same(new(kinit.kaiming_normal, 0.0, "fan_out", "linear"), normal(1 / math.sqrt(fan_out)))
    assert same(new(kinit.kaiming_uniform, 0.0, "fan_in", "linear"), uniform(math.sqrt(3) * (1 / math.sqrt(fan_in))))
    std = math.sqrt(2 / (fan_in + fan_out))
    assert same(new(kinit.xavier_normal), normal(std))
    assert same(new(kinit.xavier_uniform), uniform(math.sqrt(3) * std))
    assert same(new(kinit.variance_scaling, 2.0, "fan_in", "normal"), normal(math.sqrt(2 / fan_in)))
    geo = math.sqrt(fan_in * fan_out)
    assert same(new(kinit.variance_scaling, 1.0, "fan_geo_avg", "normal"), normal(math.sqrt(1 / geo)))


def test_axes_of_a_shard_are_those_of_the_whole():
    whole = kinit.variance_scaling((8, 16, 64), in_axis=(0, 1), out_axis=2, seed=6)
    part = np.empty((4, 16, 3), "f4")
    kinit.fill_variance_scaling(part, in_axis=(0, 1), out_axis=2, seed=6, shard=((8, 16, 64), (2, 0, 5)))
    assert same(part, np.ascontiguousarray(whole[2:6, :, 5:8]))


@pytest.mark.parametrize("axes, exception, message", [
    (dict(in_axis=2), IndexError, "in_axis 2 is not a dimension of an array of 2"),
    (dict(out_axis=-3), IndexError, "out_axis -3"),
    (dict(batch_axis=(5,)), IndexError, "batch_axis 5"),
    (dict(in_axis=(1, -1)), ValueError, "in_axis names a dimension twice"),
    (dict(in_axis=0), ValueError, "dimensions"),
    (dict(in_axis=(), out_axis=()), ValueError, "all empty"),
    (dict(in_axis=1.0), TypeError, "in_axis must be a sequence of integers"),
])
def test_axes_refused(axes, exception, message):
    x = np.full((3, 4), 7, "f4")
    for fill in (kinit.fill_kaiming_normal, kinit.fill_kaiming_uniform, kinit.fill_xavier_normal, kinit.fill_xavier_uniform,
                 kinit.fill_variance_scaling):
        with pytest.raises(exception, match=message):
            fill(x, **axes, seed=1)
    assert (x == 7).all()
    with pytest.raises(exception, match=message):
        kinit.fans((3, 4), **axes)


def test_fans_of_a_shard_are_those_of_the_whole():
    for new in (kinit.kaiming_normal, kinit.kaiming_uniform, kinit.xavier_normal, kinit.xavier_uniform,
                kinit.variance_scaling):
        whole = new((8, 10), seed=6)
        assert same(new((3, 4), seed=6, shard=((8, 10), (5, 2))), whole[5:8, 2:6])


def test_eye_is_torchs():
    for shape in [(4, 4), (3, 5), (5, 3)]:
        assert same(kinit.eye(shape), torch.nn.init.eye_(torch.empty(shape)).numpy())
    assert same(kinit.eye((2, 3), shard=((5, 6), (2, 1))), np.eye(5, 6, dtype="f4")[2:4, 1:4])


def test_dirac_is_torchs():
    for shape, groups in [((4, 3, 5), 1), ((6, 2, 3, 4), 3), ((4, 4, 1, 2, 3), 2)]:
        theirs = torch.nn.init.dirac_(torch.empty(shape), groups).numpy()
        assert same(kinit.dirac(shape, groups=groups), theirs)
    assert same(kinit.dirac((2, 2, 2), shard=((4, 3, 5), (1, 0, 1))),
                torch.nn.init.dirac_(torch.empty(4, 3, 5)).numpy()[1:3, 0:2, 1:3])


def test_constant():
    assert same(kinit.constant((2, 3), value=0.1), np.full((2, 3), 0.1, "f4"))
    assert same(kinit.constant(3, "float64", 0.1), np.full(3, 0.1))
    assert same(kinit.constant(3), np.zeros(3, "f4"))
    assert same(kinit.constant(2, value=2.0, shard=((5,), (3,))), np.full(2, 2.0, "f4"))


@pytest.mark.parametrize("call, message", [
    (lambda: kinit.fans((3,)), "dimensions"),
    (lambda: kinit.fans((3, -1)), "negative"),
    (lambda: kinit.gain("swish"), "nonlinearity 'swish'"),
    (lambda: kinit.gain("RELU"), "nonlinearity 'RELU'"),
    (lambda: kinit.gain("leaky_relu", math.inf), "param must be finite"),
    (lambda: kinit.kaiming_normal(3, seed=1), "dimensions"),
    (lambda: kinit.kaiming_normal((3, 3), mode="fan_sum", seed=1), "mode 'fan_sum'"),
    (lambda: kinit.kaiming_uniform((3, 3), nonlinearity="gelu", seed=1), "nonlinearity 'gelu'"),
    (lambda: kinit.xavier_normal((3, 3), gain=-1.0, seed=1), "gain must be at least 0"),
    (lambda: kinit.variance_scaling((3, 3), scale=0.0, seed=1), "scale must be positive"),
    (lambda: kinit.variance_scaling((3, 3), distribution="cauchy", seed=1), "distribution 'cauchy'"),
    (lambda: kinit.eye((3, 3, 3)), "dimensions"),
    (lambda: kinit.dirac((3, 3)), "dimensions"),
    (lambda: kinit.dirac((4, 3, 3), groups=3), "groups"),
    (lambda: kinit.constant(3, value=math.nan), "value must be finite, not nan"),
    (lambda: kinit.constant(3, "float16", 70000.0), "value must be finite in float16"),
])
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_mode_in_any_case():
    assert same(kinit.kaiming_normal((3, 4), mode="FAN_OUT", seed=1), kinit.kaiming_normal((3, 4), mode="fan_out", seed=1))
