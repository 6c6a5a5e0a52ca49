"""kinit beside torch: its keyed generator's bits, and the distributions of torch.nn.init; then any shapes, strides,
dtypes and shards. SPDX-License-Identifier: Apache-2.0

All samples have fixed seeds: a test gives the same verdict on each run."""

import importlib
import math

import kinit
import numpy as np
import pytest
from expected import words

torch = pytest.importorskip("torch")
stats = pytest.importorskip("scipy.stats")  # comes with jax

from hypothesis import given  # noqa: E402
from hypothesis import strategies as some  # noqa: E402

from kinit.torch import init  # noqa: E402


def find_keyed_generator():
    """torch.func._random, if this torch has it and it runs on the CPU."""
    try:
        module = importlib.import_module("torch.func._random")
        module.uniform(torch.tensor([0, 0], dtype=torch.uint64), 4)
    except (ImportError, NotImplementedError):
        return None
    return module


keyed = find_keyed_generator()
needs_keyed = pytest.mark.skipif(
    keyed is None, reason="this torch has no keyed generator for the CPU, torch.func._random"
)

SEEDS = [0, 42, 2**63 + 12345, 2**64 - 1]
COUNT = 100_003
SHAPE = (500, 200)
DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]


# ---- The keyed Philox: torch's, and an independent reference of it ---------------------------------------------------


def keyed_uniform(seed, dtype, block=0):
    return keyed.uniform(torch.tensor([seed, block], dtype=torch.uint64), COUNT, dtype=dtype)


def keyed_normal(seed, dtype):
    return keyed.normal(torch.tensor([seed, 0], dtype=torch.uint64), COUNT, dtype=dtype)


def reference_uniform(seed, dtype, block=0):
    if dtype is torch.float32:
        return torch.from_numpy(((words(seed, 0, 4 * block, COUNT) % 2**24) * 2.0**-24).astype(np.float32))
    w = words(seed, 0, 4 * block, 2 * COUNT).astype(np.uint64).reshape(-1, 2)
    return torch.from_numpy(((w[:, 0] << np.uint64(32) | w[:, 1]) % np.uint64(2**53)) * 2.0**-53)


def reference_normal(seed, dtype):
    """In float64 from the rounded u of the radius. What rounds after that comes on top; torch rounds the angle too."""
    if dtype is torch.float32:
        w = words(seed, 0, 0, COUNT + 1).reshape(-1, 2)
        u = (w[:, 0].astype(np.float32) * 2.0**-32 + 2.0**-33).astype(np.float32).astype(np.float64)
        v = w[:, 1] * 2.0**-32 + 2.0**-33
    else:
        w = words(seed, 0, 0, 2 * COUNT + 2).reshape(-1, 4)
        u, v = (w[:, k] * 2.0**-32 + (w[:, k + 1] * 2.0**-64 + 2.0**-65) for k in (0, 2))
    radius = np.sqrt(-2.0 * np.log(u))
    pairs = np.stack([radius * np.cos(2 * np.pi * v), radius * np.sin(2 * np.pi * v)], axis=1)
    return torch.from_numpy(pairs.reshape(-1)[:COUNT])


UNIFORMS = [pytest.param(keyed_uniform, marks=needs_keyed, id="torch"), pytest.param(reference_uniform, id="reference")]
NORMALS = [pytest.param(keyed_normal, marks=needs_keyed, id="torch"), pytest.param(reference_normal, id="reference")]


@pytest.mark.parametrize("uniform", UNIFORMS)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_uniform_is_the_keyed_generators_bit_for_bit(seed, dtype, uniform):
    assert torch.equal(init.uniform_(torch.empty(COUNT, dtype=dtype), seed=seed), uniform(seed, dtype))


@pytest.mark.parametrize("uniform", UNIFORMS)
def test_offsets_are_the_keyed_generators(uniform):
    block = 2**33 + 5  # of 4 words
    ours = kinit.fill_uniform(torch.empty(COUNT), seed=42, offset=4 * block)
    assert torch.equal(ours, uniform(42, torch.float32, block))


@pytest.mark.parametrize("normal", NORMALS)
@pytest.mark.parametrize("seed", SEEDS)
def test_normal_is_the_keyed_generators_to_rounding(seed, normal):
    # float32: the radius lies within 2 ulp and the cosine within 3, as much again for torch's; |z| < 8, ulp 2^-21
    for dtype, tolerance in ((torch.float32, 10 * 2.0**-21), (torch.float64, 16 * 2.0**-49)):
        ours = init.normal_(torch.empty(COUNT, dtype=dtype), seed=seed)
        torch.testing.assert_close(ours, normal(seed, dtype), atol=tolerance, rtol=0, check_dtype=False)


@pytest.mark.parametrize("normal", NORMALS)
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_narrow_normals_are_the_keyed_generators_to_rounding(dtype, normal):
    ours = init.normal_(torch.empty(COUNT, dtype=dtype), seed=42)
    theirs = normal(42, torch.float32).to(dtype)
    assert (ours != theirs).sum() < COUNT * 2**-8  # where the float32 lies at the border between two
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=torch.finfo(dtype).eps)


# ---- torch.nn.init ---------------------------------------------------------------------------------------------------

FILLS = [
    ("uniform_", {}),
    ("uniform_", dict(a=-0.1, b=0.3)),
    ("normal_", {}),
    ("normal_", dict(mean=1.0, std=0.02)),
    ("trunc_normal_", {}),
    ("trunc_normal_", dict(std=0.02, a=-0.04, b=0.04)),
    ("trunc_normal_", dict(mean=0.5, std=1.0, a=0.0, b=0.7)),
    ("trunc_normal_", dict(a=1.0, b=3.0)),
    ("xavier_uniform_", dict(gain=0.5)),
    ("xavier_normal_", {}),
    ("kaiming_uniform_", dict(a=math.sqrt(5))),
    ("kaiming_uniform_", dict(mode="fan_out", nonlinearity="selu")),
    ("kaiming_normal_", dict(nonlinearity="relu")),
    ("kaiming_normal_", dict(mode="fan_out", nonlinearity="tanh")),
    ("orthogonal_", dict(gain=2.0)),
    ("sparse_", dict(sparsity=0.2, std=0.1)),
]


def samples(name, keywords, dtype):
    """The same call of kinit and of torch, as float64; without the zeros of sparse_, which are tested elsewhere."""
    torch.manual_seed(2024)
    theirs = getattr(torch.nn.init, name)(torch.empty(SHAPE, dtype=dtype), **keywords)
    ours = getattr(init, name)(torch.empty(SHAPE, dtype=dtype), **keywords, seed=2024)
    return [x[x != 0].flatten().double() if name == "sparse_" else x.flatten().double() for x in (ours, theirs)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("name", "keywords"), FILLS, ids=lambda value: str(value))
def test_distribution_is_torchs(name, keywords, dtype):
    ours, theirs = samples(name, keywords, dtype)
    assert len(ours) == len(theirs)
    deviation, count = theirs.std(), len(theirs)
    standard_error = deviation * math.sqrt(2 / count)
    assert abs(ours.mean() - theirs.mean()) < 5 * standard_error
    kurtosis = stats.kurtosis(theirs.numpy(), fisher=False)
    assert abs(ours.std() / deviation - 1) < 5 * math.sqrt((kurtosis - 1) / 4 * 2 / count)
    # Two samples of one distribution are further apart than this once in 100,000 times.
    distance = stats.ks_2samp(ours.numpy(), theirs.numpy(), method="asymp")
    assert distance.pvalue > 1e-5, distance


def upper_bound(name, keywords, dtype):
    """Of a uniform, by torch.nn.init's formulas; None of others."""
    fan_out, fan_in = SHAPE
    if name == "uniform_":
        bound = keywords.get("b", 1.0)
    elif name == "xavier_uniform_":
        bound = keywords["gain"] * math.sqrt(6.0 / (fan_in + fan_out))
    elif name == "kaiming_uniform_":
        gain = torch.nn.init.calculate_gain(keywords.get("nonlinearity", "leaky_relu"), keywords.get("a", 0))
        bound = gain * math.sqrt(3.0 / (fan_out if keywords.get("mode") == "fan_out" else fan_in))
    else:
        return None
    return torch.tensor(bound).to(dtype)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("name", "keywords"), [fill for fill in FILLS if fill[0] not in ("orthogonal_", "sparse_")])
def test_narrow_values_are_the_rounded_float32(name, keywords, dtype):
    """But for the upper bound of a uniform, for which the number below stands: torch never returns it either."""
    narrow = getattr(init, name)(torch.empty(SHAPE, dtype=dtype), **keywords, seed=1)
    expected = getattr(init, name)(torch.empty(SHAPE), **keywords, seed=1).to(dtype)
    bound = upper_bound(name, keywords, dtype)
    if bound is not None:
        below = (bound.view(torch.int16) - 1).view(dtype)  # of a positive number
        assert (narrow < bound).all()
        expected = torch.where(expected >= bound, below, expected)
    assert torch.equal(narrow, expected)


OWN = [
    ("variance_scaling_", dict(scale=2.0), stats.truncnorm(-2, 2, scale=math.sqrt(2 / 200) / 0.87962566103423978)),
    ("variance_scaling_", dict(mode="fan_avg", distribution="normal"), stats.norm(scale=math.sqrt(1 / 350))),
    (
        "variance_scaling_",
        dict(mode="fan_out", distribution="uniform"),
        stats.uniform(-math.sqrt(3 / 500), 2 * math.sqrt(3 / 500)),
    ),
    ("lecun_normal_", {}, stats.truncnorm(-2, 2, scale=math.sqrt(1 / 200) / 0.87962566103423978)),
    ("lecun_uniform_", {}, stats.uniform(-math.sqrt(3 / 200), 2 * math.sqrt(3 / 200))),
]


@pytest.mark.parametrize(("name", "keywords", "distribution"), OWN)
def test_distributions_that_torch_has_not(name, keywords, distribution):
    values = getattr(init, name)(torch.empty(SHAPE), **keywords, seed=3).flatten().double().numpy()
    assert stats.kstest(values, distribution.cdf).pvalue > 1e-5


# ---- Any shape, strides, dtype, shard --------------------------------------------------------------------------------

shapes = some.lists(some.integers(1, 9), min_size=2, max_size=4).map(tuple)
dtypes = some.sampled_from(DTYPES)
names = some.sampled_from(
    ["uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_"]
)
seeds = some.integers(0, 2**64 - 1)


@some.composite
def strided_tensors(draw):
    """A view of shape (a permutation of slices with steps of a larger tensor), and the whole."""
    shape = draw(shapes)
    steps = draw(some.lists(some.integers(1, 3), min_size=len(shape), max_size=len(shape)))
    margins = draw(some.lists(some.integers(0, 2), min_size=len(shape), max_size=len(shape)))
    whole = torch.full(
        [margin + length * step for margin, length, step in zip(margins, shape, steps, strict=True)],
        7.0,
        dtype=draw(dtypes),
    )
    part = whole[tuple(slice(margin, None, step) for margin, step in zip(margins, steps, strict=True))]
    return part.permute(draw(some.permutations(range(len(shape))))), whole


@given(strided_tensors(), names, seeds)
def test_strided_tensors_equal_their_dense_twins(tensors, name, seed):
    view, whole = tensors
    dense = getattr(init, name)(torch.empty(view.shape, dtype=view.dtype), seed=seed)
    getattr(init, name)(view, seed=seed)
    assert torch.equal(view, dense)
    written = torch.zeros(whole.shape, dtype=torch.bool)
    written.as_strided(view.shape, view.stride(), view.storage_offset()).fill_(True)
    assert bool((whole[~written] == 7.0).all())


@given(shapes, dtypes, names, seeds, some.data())
def test_shards_equal_their_slices(shape, dtype, name, seed, data):
    """What DTensors rest on: kinit's distribution on a block, with the whole's shape, is the slice of torch-side fills."""
    begin = [data.draw(some.integers(0, length - 1)) for length in shape]
    end = [data.draw(some.integers(first + 1, length)) for first, length in zip(begin, shape, strict=True)]
    whole = getattr(init, name)(torch.empty(shape, dtype=dtype), seed=seed, name="w")
    block = torch.empty([last - first for first, last in zip(begin, end, strict=True)], dtype=dtype)
    function = {
        "uniform_": kinit.fill_uniform,
        "normal_": kinit.fill_normal,
        "trunc_normal_": kinit.fill_truncated_normal,
        "xavier_uniform_": kinit.fill_xavier_uniform,
        "xavier_normal_": kinit.fill_xavier_normal,
        "kaiming_uniform_": kinit.fill_kaiming_uniform,
        "kaiming_normal_": kinit.fill_kaiming_normal,
    }[name]
    function(block, seed=seed, name="w", shard=(shape, begin))
    assert torch.equal(block, whole[tuple(map(slice, begin, end))])
