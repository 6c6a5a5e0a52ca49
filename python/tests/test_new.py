"""New NumPy arrays: what memory they have, and who frees it. SPDX-License-Identifier: Apache-2.0"""

import pathlib
import resource
import sys

import kinit
import ml_dtypes
import numpy as np
import pytest
import reference
from expected import same, values, words

HUGE_PAGE = 2 << 20


@pytest.mark.parametrize("dtype, wanted", [
    ("float32", "float32"), (np.float64, "float64"), (np.dtype("f2"), "float16"), (float, "float64"),
    ("bfloat16", "bfloat16"), (ml_dtypes.bfloat16, "bfloat16"), ("=f4", "float32")])
def test_dtypes(dtype, wanted):
    assert kinit.normal((2, 3), dtype, seed=1).dtype.name == wanted


@pytest.mark.parametrize("shape, wanted", [
    (3, (3,)), ((), ()), ((2, 3), (2, 3)), ([2, 0, 3], (2, 0, 3)), (np.array([2, 3]), (2, 3)), (np.int64(4), (4,))])
def test_shapes(shape, wanted):
    x = kinit.uniform(shape, seed=1)
    assert x.shape == wanted
    assert x.flags.c_contiguous and x.flags.writeable
    assert same(x, values("uniform", "f32", wanted, (0.0, 1.0), seed=1))


def test_streams_and_shards_are_handed_on():
    stream = {"seed": 3, "subsequence": 5, "offset": 7}
    for new, distribution, parameters in [
        (kinit.normal, "normal", (0.5, 2.0)), (kinit.uniform, "uniform", (-1.0, 3.0)),
        (kinit.truncated_normal, "truncated", (0.5, 2.0, -1.0, 1.0))]:
        whole = values(distribution, "f64", (6, 5), parameters, **stream)
        assert same(new((6, 5), "float64", *parameters, **stream), whole)
        assert same(new((2, 3), "float64", *parameters, **stream, shard=((6, 5), (1, 2))), whole[1:3, 2:5])
        assert same(new(4, seed=1, name="w"), new(4, seed=1, subsequence=reference.fnv1a(b"w")))
    assert same(kinit.bits((2, 3), **stream, shard=((6, 5), (1, 2))), words(3, 5, 7, 30).reshape(6, 5)[1:3, 2:5])


def test_huge_pages():
    """2 MiB-aligned, and advised: the kernel marks such memory with "hg" in smaps."""
    x = kinit.normal((1 << 20,), seed=1)
    assert x.ctypes.data % HUGE_PAGE == 0
    smaps = pathlib.Path("/proc/self/smaps")
    if not smaps.exists():
        pytest.skip("no /proc/self/smaps")
    flags, inside = [], False
    for line in smaps.read_text().splitlines():
        head = line.split()[0]
        if "-" in head and not head.endswith(":"):
            first, last = (int(address, 16) for address in head.split("-"))
            inside = first <= x.ctypes.data < last
        elif inside and head == "VmFlags:":
            flags = line.split()[1:]
    assert "hg" in flags


def test_small_arrays_take_little_memory():
    """1,000 of 16 bytes: huge pages would take 2 GB."""
    before = resident()
    kept = [kinit.normal(4, seed=i) for i in range(1000)]
    assert resident() - before < 64 << 20
    assert all(x.ctypes.data % 64 == 0 for x in kept)


def resident():
    """Bytes of memory in use."""
    statm = pathlib.Path("/proc/self/statm")
    if not statm.exists():
        pytest.skip("no /proc/self/statm")
    return int(statm.read_text().split()[1]) * resource.getpagesize()


def test_memory_lives_as_long_as_a_view_and_no_longer():
    before = resident()
    for seed in range(40):
        view = kinit.normal((1 << 22,), seed=seed)[5:9]  # 16 MiB each
        assert same(view, values("normal", "f32", (4,), (0.0, 1.0), seed=seed, offset=5))
    assert resident() - before < 64 << 20


@pytest.mark.parametrize("arguments, exception, message", [
    ((3, "int32"), TypeError, "dtype int32"),
    ((3, "complex64"), TypeError, "dtype complex64"),
    ((3, ">f4"), ValueError, "byte order"),
    ((3, "nonsense"), TypeError, "nonsense"),
    (((2, -3),), ValueError, r"shape \(2, -3\) has a negative length"),
    ((2.0,), TypeError, "integer"),
    (((1 << 40, 1 << 40),), ValueError, "size in bytes"),
    (((1 << 30, 1 << 30),), MemoryError, None),
    ((3, "uint32"), TypeError, "uint32 is for fill_bits"),
])
def test_refused(arguments, exception, message):
    with pytest.raises(exception, match=message):
        kinit.normal(*arguments, seed=1)


def test_without_ml_dtypes(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    with pytest.raises(ImportError, match="install ml_dtypes"):
        kinit.normal(3, "bfloat16", seed=1)


def test_empty():
    x = kinit.empty((5, 3), "bfloat16")
    assert kinit.fill_uniform(x, seed=2) is x
    assert same(x, values("uniform", "bf16", (5, 3), (0.0, 1.0), seed=2))
    assert kinit.empty(3, "uint32").dtype == "uint32"


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "float8_e5m2"])
@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_infinite_constants(dtype, value):
    assert (kinit.constant((3, 5), dtype, value).astype("f8") == value).all()
    assert kinit.constant((), dtype, value) == value and kinit.constant((0, 3), dtype, value).size == 0
    x = kinit.constant((4, 6, 8), dtype, 7.0)
    assert kinit.fill_constant(part := x[1:3, ::2, 7:2:-2], value).base is not None
    assert (part.astype("f8") == value).all() and (x.astype("f8") == 7).sum() == x.size - part.size
    assert (kinit.constant((2, 3), dtype, value, shard=((4, 3), (2, 0))).astype("f8") == value).all()


def test_infinite_constants_are_checked():
    with pytest.raises(ValueError, match="value must be finite, not inf"):
        kinit.constant(3, "float8_e4m3fn", float("inf"))
    x = np.full((2, 3), 7, "f4")
    with pytest.raises(ValueError, match="outside the array"):
        kinit.fill_constant(x, float("inf"), shard=((2, 3), (1, 0)))
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        kinit.fill_constant(x, float("inf"))
    assert (x == 7).all()
    tensor = pytest.importorskip("torch").zeros(3)
    version = tensor._version
    assert kinit.fill_constant(tensor, float("-inf")) is tensor and tensor._version == version + 1


def test_dtypes_of_others():
    ml_dtypes, torch = pytest.importorskip("ml_dtypes"), pytest.importorskip("torch")
    assert kinit.normal(3, None, seed=1).dtype == np.float32
    assert kinit.normal(3, ml_dtypes.bfloat16, seed=1).dtype == kinit.normal(3, torch.bfloat16, seed=1).dtype
    assert kinit.normal(3, torch.float64, seed=1).dtype == np.float64
    with pytest.raises(TypeError, match="int32"):
        kinit.normal(3, torch.int32, seed=1)


@pytest.mark.parametrize("shape", [(8, 3), (3, 8), (5, 2, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16"])
def test_orthogonal(shape, dtype):
    x = kinit.orthogonal(shape, dtype, 2.0, seed=1).astype("f8").reshape(shape[0], -1) / 2
    gram = x @ x.T if x.shape[0] <= x.shape[1] else x.T @ x
    assert np.allclose(gram, np.eye(len(gram)), atol={"float32": 1e-5, "float64": 1e-13, "bfloat16": 2e-2}[dtype])


def test_delta_orthogonal():
    x = kinit.delta_orthogonal((4, 2, 3, 3), seed=1)
    assert (x[:, :, 1, 1] == kinit.orthogonal((4, 2), seed=1)).all()
    x[:, :, 1, 1] = 0
    assert not x.any()
    with pytest.raises(ValueError, match="no fewer outputs"):
        kinit.delta_orthogonal((2, 4, 3), seed=1)
    with pytest.raises(ValueError, match="3 to 5"):
        kinit.delta_orthogonal((4, 2), seed=1)
    with pytest.raises(ValueError, match="at least 2"):
        kinit.orthogonal(4, seed=1)
