"""The fills give the stream's values, through any strides and in any shard. SPDX-License-Identifier: Apache-2.0"""

import kinit
import numpy as np
import pytest
from expected import DTYPES, same, values, words
from hypothesis import given
from hypothesis import strategies as st

FLOATS = ["f32", "f64", "f16", "bf16"]
FILLS = {
    "bits": (kinit.fill_bits, ()),
    "uniform": (kinit.fill_uniform, (-0.5, 2.0)),
    "normal": (kinit.fill_normal, (0.25, 1.5)),
    "truncated": (kinit.fill_truncated_normal, (0.1, 1.0, -1.0, 2.5)),
}
KINDS = [("bits", "u32")] + [(fill, dtype) for fill in ("uniform", "normal", "truncated") for dtype in FLOATS]


def test_known_answers():
    """Random123's known answer for key 0, and C++26's for std::philox4x32, whose seed is 20111115."""
    assert kinit.bits(4, seed=0).tolist() == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
    assert kinit.bits(1, seed=20111115, offset=9999) == [1955073260]


@pytest.mark.parametrize("seed, subsequence, offset", [(42, 0, 0), (2**64 - 1, 2**64 - 1, 3), (7, 2**40, 2**34 - 100)])
def test_words(seed, subsequence, offset):
    filled = kinit.bits(100_003, seed=seed, subsequence=subsequence, offset=offset)
    assert same(filled, words(seed, subsequence, offset, 100_003))


def test_words_of_long_columns():
    """Rows that are not contiguous are scattered in steps; these take three."""
    x = np.zeros((10_000, 2), "u4")
    kinit.fill_bits(x[::-1, 1], seed=3, offset=1)
    assert same(x[::-1, 1], words(3, 0, 1, 10_000))
    assert not x[:, 0].any()


def test_uniform_is_the_low_24_bits():
    expected = (words(5, 0, 0, 100_003) & 0xFFFFFF).astype("f4") * np.float32(2**-24)
    assert same(kinit.uniform(100_003, seed=5), expected)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("distribution, new", [
    ("uniform", kinit.uniform), ("normal", kinit.normal), ("truncated", kinit.truncated_normal)])
def test_defaults(distribution, new, dtype):
    """Mean 0, deviation 1; [0, 1); cut at -2 and 2; subsequence and offset 0."""
    defaults = {"uniform": (0.0, 1.0), "normal": (0.0, 1.0), "truncated": (0.0, 1.0, -2.0, 2.0)}
    assert same(new((5, 7), DTYPES[dtype], seed=3), values(distribution, dtype, (5, 7), defaults[distribution], seed=3))


def test_name_is_a_subsequence():
    """FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv has these two, and UTF-8 makes bytes of the name."""
    for name, subsequence in [("a", 0xAF63DC4C8601EC8C), ("foobar", 0x85944171F73967E8)]:
        assert same(kinit.bits(9, seed=1, name=name, offset=5), words(1, subsequence, 5, 9))
    assert same(kinit.bits(9, seed=1, name=""), words(1, 0xCBF29CE484222325, 0, 9))


def test_normal_is_box_muller():
    """In binary64 from the words, of which u is rounded to binary32: a few last places of radius and angle apart."""
    w = words(5, 0, 0, 100_000)
    u = (w[0::2].astype("f4").astype("f8") * 2.0**-32 + 2.0**-33).astype("f4").astype("f8")
    radius, angle = np.sqrt(-2 * np.log(u)), 2 * np.pi * (w[1::2] + 0.5) * 2.0**-32
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1)
    assert abs(kinit.normal(100_000, seed=5) - pairs.ravel()).max() < 4e-6


STREAMS = st.fixed_dictionaries({
    "seed": st.integers(0, 2**64 - 1),
    "subsequence": st.integers(0, 2**64 - 1),
    "offset": st.one_of(st.integers(0, 9), st.integers(0, 2**63 - 1000)),
})


@st.composite
def views(draw, dtype, shape):
    """A view of that shape, with any order of dimensions, steps and signs, of a larger array; and the larger one."""
    order = draw(st.permutations(range(len(shape))))
    steps = [draw(st.sampled_from([1, 1, 2, 3, -1, -2])) for _ in shape]
    margins = [draw(st.integers(0, 2)) for _ in shape]
    base = np.frombuffer(bytes(range(1, 241)) * 200, np.uint8).copy()
    lengths = [margins[d] + max(shape[d] - 1, 0) * abs(steps[d]) + 1 for d in order]
    base = base[: int(np.prod(lengths)) * dtype.itemsize].view(dtype).reshape(lengths)
    slices = []
    for d in order:
        first, last = margins[d], margins[d] + (shape[d] - 1) * abs(steps[d])
        if shape[d] == 0:
            slices.append(slice(0, 0))
        elif steps[d] > 0:
            slices.append(slice(first, last + 1, steps[d]))
        else:
            slices.append(slice(last, first - 1 if first else None, steps[d]))
    return base[(..., *slices)].transpose(np.argsort(order)), base


@given(st.data(), st.sampled_from(KINDS), st.lists(st.integers(0, 5), max_size=4), STREAMS)
def test_any_strides(data, kind, shape, stream):
    """The values of the C-ordered twin, and not a byte beside them."""
    distribution, dtype = kind
    view, base = data.draw(views(DTYPES[dtype], shape))
    assert view.shape == tuple(shape)
    fill, parameters = FILLS[distribution]
    expected = values(distribution, dtype, tuple(shape), parameters, **stream)
    untouched = base.copy()
    assert fill(view, *parameters, **stream) is view
    assert same(view, expected)
    view.view(f"u{view.itemsize}")[...] = 0  # what is left of base is what was not in the view
    left = base.view(f"u{view.itemsize}")
    assert ((left == 0) | (left == untouched.view(left.dtype))).all()


@given(st.data(), st.sampled_from(KINDS), st.lists(st.integers(1, 5), min_size=1, max_size=4), STREAMS)
def test_any_shard(data, kind, whole, stream):
    """A block, itself of any strides, equals that slice of the whole."""
    distribution, dtype = kind
    start = [data.draw(st.integers(0, length)) for length in whole]
    shape = [data.draw(st.integers(0, length - first)) for length, first in zip(whole, start)]
    view, _ = data.draw(views(DTYPES[dtype], shape))
    fill, parameters = FILLS[distribution]
    expected = values(distribution, dtype, tuple(whole), parameters, **stream)
    fill(view, *parameters, shard=(whole, start), **stream)
    assert same(view, expected[tuple(slice(a, a + n) for a, n in zip(start, shape))])


@pytest.mark.parametrize("distribution, dtype", KINDS)
def test_large_shards(distribution, dtype):
    """Shards that take threads and streaming stores: columns and rows of 3 MiB and more, put together again."""
    fill, parameters = FILLS[distribution]
    whole = fill(np.empty((1030, 1031), DTYPES[dtype]), *parameters, seed=9)
    columns = [fill(np.empty((1030, n), DTYPES[dtype]), *parameters, seed=9, shard=((1030, 1031), (0, a)))
               for a, n in [(0, 517), (517, 514)]]
    rows = [fill(np.empty((n, 1031), DTYPES[dtype]), *parameters, seed=9, shard=((1030, 1031), (a, 0)))
            for a, n in [(0, 1), (1, 1029)]]
    assert same(np.concatenate(columns, 1), whole)
    assert same(np.concatenate(rows, 0), whole)
    assert same(whole.ravel()[-40:], values(distribution, dtype, (40,), parameters, seed=9, offset=whole.size - 40))


@pytest.mark.parametrize("isa", kinit.isas())
@pytest.mark.parametrize("threads", [1, 2])
def test_isa_and_threads_change_no_bit(isa, threads):
    kinit.set_isa(isa)
    kinit.set_num_threads(threads)
    assert kinit.isa() == isa
    assert kinit.num_threads() in (1, threads)  # 1 without threads
    x = kinit.normal(1 << 18, seed=11)
    assert same(x[:50], values("normal", "f32", (50,), (0.0, 1.0), seed=11))
    assert same(x[-50:], values("normal", "f32", (50,), (0.0, 1.0), seed=11, offset=(1 << 18) - 50))


# ---- Agreement with others -------------------------------------------------------------------------------------------


@pytest.fixture
def keyed():
    """keyed(function, x, seed) fills x by torch's keyed generator."""
    torch = pytest.importorskip("torch")
    random = pytest.importorskip("torch.func._random", reason="this PyTorch has no keyed generator")
    try:
        random.uniform_(random.key(0), torch.empty(4))
    except NotImplementedError:
        pytest.skip(f"the keyed generator of PyTorch {torch.__version__} does not run on this machine's CPU")
    return lambda function, x, seed: getattr(random, function)(random.key(seed), x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform_equals_torch_keyed(keyed, dtype):
    """Bit for bit on [0, 1). In narrow types torch takes other bits of the words, where kinit rounds the float32."""
    import torch

    theirs = keyed("uniform_", torch.empty(100_000, dtype=getattr(torch, dtype)), 12345)
    assert torch.equal(kinit.fill_uniform(torch.empty_like(theirs), seed=12345), theirs)


@pytest.mark.parametrize("dtype, bound", [("float32", 4e-6), ("float64", 2e-14), ("float16", 2e-3), ("bfloat16", 2e-2)])
def test_normal_equals_torch_keyed(keyed, dtype, bound):
    """To rounding: a few last places of radius and angle, or one of the narrow types."""
    import torch

    theirs = keyed("normal_", torch.empty(100_000, dtype=getattr(torch, dtype)), 12345)
    ours = kinit.fill_normal(torch.empty_like(theirs), seed=12345)
    assert (ours - theirs).abs().max() <= bound
    assert theirs.abs().max() > 4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kolmogorov_smirnov(dtype):
    """Against SciPy's distribution functions. The streams are fixed, so the p-values are too."""
    stats = pytest.importorskip("scipy.stats")
    samples = {
        "normal": (kinit.normal(200_000, dtype, 0.5, 2.0, seed=21), stats.norm(0.5, 2.0)),
        "uniform": (kinit.uniform(200_000, dtype, -3.0, 1.0, seed=22), stats.uniform(-3.0, 4.0)),
        "truncated": (kinit.truncated_normal(200_000, dtype, 0.5, 2.0, 0.0, 3.0, seed=23),
                      stats.truncnorm(-0.25, 1.25, 0.5, 2.0)),
    }
    for name, (sample, distribution) in samples.items():
        assert stats.kstest(sample, distribution.cdf).pvalue > 1e-3, name
        assert abs(sample.mean() - distribution.mean()) < 5 * distribution.std() / 200_000**0.5, name
        assert abs(sample.std() / distribution.std() - 1) < 0.01, name
