"""8-bit floating point of ml_dtypes, PyTorch and JAX: the rounded float32 values, by the conversion of ml_dtypes.
SPDX-License-Identifier: Apache-2.0"""

import kinit
import ml_dtypes
import numpy as np
import pytest

NAMES = ("float8_e4m3fn", "float8_e5m2")
FILLS = {
    "normal": lambda x, **stream: kinit.fill_normal(x, 0.0, 100.0, **stream),
    "uniform": lambda x, **stream: kinit.fill_uniform(x, -0.01, 0.01, **stream),
    "truncated_normal": lambda x, **stream: kinit.fill_truncated_normal(x, 0.0, 1.0, -1.5, 1.5, **stream),
    "kaiming_normal": kinit.fill_kaiming_normal,
    "kaiming_uniform": kinit.fill_kaiming_uniform,
    "xavier_normal": kinit.fill_xavier_normal,
    "xavier_uniform": kinit.fill_xavier_uniform,
    "variance_scaling": kinit.fill_variance_scaling,
}

HIGHS = {"uniform": 0.01, "kaiming_uniform": (6 / 96) ** 0.5, "xavier_uniform": (6 / 160) ** 0.5}


def rounded(values, name, high=None):
    """The float32 values as 8-bit numbers: e4m3fn, which has no infinity, ends at 448. ml_dtypes makes that NaN. A
    uniform stays below its upper bound."""
    dtype = np.dtype(getattr(ml_dtypes, name))
    result = (values.clip(-448, 448) if name == "float8_e4m3fn" else values).astype(dtype)
    return result if high is None else np.minimum(result, np.nextafter(dtype.type(high), dtype.type(0)))


def same(x, expected):
    return np.array_equal(np.asarray(x).view("u1"), expected.view("u1"))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", FILLS)
def test_numpy_and_torch_receive_the_rounded_values(kind, name):
    torch = pytest.importorskip("torch")
    fill, stream = FILLS[kind], {"seed": 7, "name": "weight"}
    expected = rounded(fill(np.zeros((64, 96), "f4"), **stream), name, HIGHS.get(kind))
    assert same(fill(np.zeros((64, 96), getattr(ml_dtypes, name)), **stream), expected)
    assert same(fill(np.zeros((96, 64), getattr(ml_dtypes, name)).T, **stream), expected)
    dtype = getattr(torch, name)
    for tensor in (torch.zeros(64, 96, dtype=dtype), torch.zeros(96, 64, dtype=dtype).t()):
        assert fill(tensor, **stream) is tensor
        assert same(tensor.contiguous().view(torch.uint8).numpy(), expected)
    shard = torch.zeros(10, 20, dtype=dtype)
    fill(shard, shard=((64, 96), (3, 5)), **stream)
    assert same(shard.view(torch.uint8).numpy(), expected[3:13, 5:25].copy())


@pytest.mark.parametrize("name", NAMES)
def test_overflow_of_what_is_drawn(name):
    """At a deviation of 2**17 nearly all numbers lie beyond 57344, the largest of e5m2, and 448."""
    x = kinit.normal(4096, name, std=2.0**17, seed=1, name="wide")
    assert same(x, rounded(kinit.normal(4096, std=2.0**17, seed=1, name="wide"), name))
    assert np.abs(x.astype("f4")).max() == (448 if name == "float8_e4m3fn" else np.inf)
    assert not np.isnan(x.astype("f4")).any()


@pytest.mark.parametrize(
    ("name", "value", "byte"),
    [("float8_e4m3fn", 448.0, 0x7E), ("float8_e4m3fn", -464.0, 0xFE), ("float8_e4m3fn", 1.0625, 0x38)]
    + [("float8_e5m2", 57344.0, 0x7B), ("float8_e5m2", -np.inf, 0xFC), ("float8_e5m2", 61439.0, 0x7B)],
)
def test_constants(name, value, byte):
    assert kinit.constant(3, name, value).view("u1").tolist() == [byte] * 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("float8_e4m3fn", 465.0), ("float8_e4m3fn", np.inf), ("float8_e5m2", 61440.0), ("float8_e5m2", np.nan)],
)
def test_constants_that_are_refused(name, value):
    x = kinit.constant(3, name, 1.0)
    with pytest.raises(ValueError, match="value must be finite"):
        kinit.fill_constant(x, value)
    assert x.astype("f4").tolist() == [1.0] * 3


@pytest.mark.parametrize("name", ["float8_e4m3", "float8_e4m3fnuz", "float8_e5m2fnuz"])
def test_other_types_of_8_bits_are_refused(name):
    with pytest.raises(TypeError, match=f"dtype {name}: kinit fills float32.*float8_e5m2"):
        kinit.normal(3, name, seed=1)
    with pytest.raises(TypeError, match="kinit fills float32.*float8_e5m2"):
        kinit.fill_normal(np.zeros(3, getattr(ml_dtypes, name)), seed=1)


def test_orthogonal_of_numpy_saturates():
    x = kinit.orthogonal((2, 2), "float8_e4m3fn", 4000.0, seed=1, name="q").astype("f4")
    assert np.abs(x).max() == 448


def test_a_tensor_of_a_subclass_of_torch():
    torch = pytest.importorskip("torch")

    class Derived(torch.Tensor):
        pass

    for name in NAMES:
        tensor = torch.zeros(100, dtype=getattr(torch, name))
        kinit.fill_normal(tensor.as_subclass(Derived), seed=1)
        assert same(tensor.view(torch.uint8).numpy(), rounded(kinit.normal(100, seed=1), name))


def below(wide, dtype, high):
    """The values by torch's conversion; those of a uniform below its upper bound."""
    if high is None:
        return wide.to(dtype)
    return wide.clamp(max=float(rounded(np.float32([high]), str(dtype)[6:], high)[0])).to(dtype)


INITS = {
    "uniform_": lambda init, x, **s: init.uniform_(x, **s),
    "normal_": lambda init, x, **s: init.normal_(x, **s),
    "trunc_normal_": lambda init, x, **s: init.trunc_normal_(x, **s),
    "xavier_uniform_": lambda init, x, **s: init.xavier_uniform_(x, **s),
    "xavier_normal_": lambda init, x, **s: init.xavier_normal_(x, **s),
    "kaiming_uniform_": lambda init, x, **s: init.kaiming_uniform_(x, **s),
    "kaiming_normal_": lambda init, x, **s: init.kaiming_normal_(x, **s),
    "orthogonal_": lambda init, x, **s: init.orthogonal_(x, **s),
    "sparse_": lambda init, x, **s: init.sparse_(x, 0.3, **s),
    "lecun_normal_": lambda init, x, **s: init.lecun_normal_(x, **s),
    "constant_": lambda init, x, **s: init.constant_(x, 0.3),
    "eye_": lambda init, x, **s: init.eye_(x),
    "zeros_": lambda init, x, **s: init.zeros_(x),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", INITS)
def test_functions_of_torch_nn_init(kind, name):
    """By torch's own conversion, which equals kinit's below 448."""
    torch = pytest.importorskip("torch")
    from kinit.torch import init

    fill, dtype = INITS[kind], getattr(torch, name)
    wide = fill(init, torch.ones(30, 40), seed=3, name="weight")
    high = {"uniform_": 1.0, "kaiming_uniform_": (6 / 40) ** 0.5, "xavier_uniform_": (6 / 70) ** 0.5}.get(kind)
    expected = below(wide, dtype, high)
    x = fill(init, torch.ones(30, 40, dtype=dtype), seed=3, name="weight")
    assert torch.equal(x.view(torch.uint8), expected.view(torch.uint8))
    part = fill(init, torch.ones(40, 30, dtype=dtype).t(), seed=3, name="weight")
    assert torch.equal(part.contiguous().view(torch.uint8), expected.view(torch.uint8))


def test_what_torch_refuses_of_constants_it_refuses_still():
    torch = pytest.importorskip("torch")
    from kinit.torch import init

    x = torch.ones(3, dtype=torch.float8_e4m3fn)
    for function in (torch.nn.init.constant_, init.constant_):
        with pytest.raises(RuntimeError, match="overflow"):
            function(x, 1000.0)
    assert x.float().tolist() == [1.0] * 3


def test_a_module_of_8_bits():
    torch = pytest.importorskip("torch")
    import kinit.torch

    def linear(dtype):
        module = torch.nn.Linear(64, 32, device="meta").to(dtype).to_empty(device="cpu")
        report = kinit.torch.init_module_(module, seed=5)
        assert report.filled == ("bias", "weight")
        return module

    expected = linear(torch.float32)
    for dtype in (torch.float8_e4m3fn, torch.float8_e5m2):
        module = linear(dtype)
        for name, weight in module.named_parameters():
            rounded_by_torch = below(expected.get_parameter(name).detach(), dtype, 1 / 8)  # 1 / sqrt(64)
            assert torch.equal(weight.view(torch.uint8), rounded_by_torch.view(torch.uint8))


@pytest.mark.parametrize("name", NAMES)
def test_accelerate(name):
    torch = pytest.importorskip("torch")
    import kinit.torch

    def draw(dtype):
        with kinit.torch.accelerate(seed=2) as mode:
            x = torch.empty(100, dtype=dtype).normal_()
            y = torch.nn.init.uniform_(torch.empty(100, dtype=dtype))
        assert mode.stats.elements_taken_over == {"normal_": 100, "uniform_": 100}
        return x, y

    (x, y), (wide_x, wide_y) = draw(getattr(torch, name)), draw(torch.float32)
    assert same(x.view(torch.uint8).numpy(), rounded(wide_x.numpy(), name))
    assert same(y.view(torch.uint8).numpy(), rounded(wide_y.numpy(), name, 1.0))


@pytest.mark.parametrize("name", NAMES)
def test_arrays_of_jax(name):
    pytest.importorskip("jax")
    import kinit.jax

    x = kinit.jax.normal((8, 4), name, seed=1, name="weight")
    assert x.dtype == getattr(ml_dtypes, name)
    assert same(x, kinit.normal((8, 4), name, seed=1, name="weight"))
