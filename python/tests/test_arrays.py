"""Which arrays are filled, in place, and which are refused, untouched. SPDX-License-Identifier: Apache-2.0"""

import array
import ctypes
import gc
import json
import mmap
import sys

import kinit
import ml_dtypes
import numpy as np
import pytest
from expected import same, values

VALUES = values("normal", "f32", (4, 6), (0.0, 1.0), seed=1)


def fill(x, **stream):
    return kinit.fill_normal(x, seed=1, **stream)


# ---- Filled ----------------------------------------------------------------------------------------------------------


def test_numpy():
    x = np.zeros((4, 6), "f4")
    address = x.ctypes.data
    assert fill(x) is x
    assert x.ctypes.data == address
    assert same(x, VALUES)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
def test_torch(dtype):
    torch = pytest.importorskip("torch")
    x = torch.zeros(6, 4, dtype=getattr(torch, dtype)).T
    address = x.data_ptr()
    assert fill(x) is x
    assert x.data_ptr() == address
    name = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16"}[dtype]
    expected = values("normal", name, (4, 6), (0.0, 1.0), seed=1)
    assert x.tolist() == expected.astype("f8").tolist()


@pytest.mark.parametrize("code, dtype", [("f", "f32"), ("d", "f64")])
def test_array_array(code, dtype):
    x = array.array(code, bytes(8 * 24))
    assert fill(x) is x
    assert same(np.array(x), values("normal", dtype, (len(x),), (0.0, 1.0), seed=1))
    kinit.fill_bits(words := array.array("I", [0] * 5), seed=1)
    assert words.tolist() == kinit.bits(5, seed=1).tolist()


def test_memoryview_of_mmap(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(bytes(4096))
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        with memoryview(memory)[1024 : 1024 + 96].cast("f", (4, 6)) as view:
            assert fill(view) is view
    assert path.read_bytes() == bytes(1024) + VALUES.tobytes() + bytes(4096 - 1024 - 96)


def test_memoryview_of_half_precision():
    x = np.zeros((4, 6), "f2")
    fill(memoryview(x))
    assert same(x, values("normal", "f16", (4, 6), (0.0, 1.0), seed=1))


def test_ctypes():
    """Whose buffers have no strides."""
    x = ((ctypes.c_float * 6) * 4)()
    fill(x)
    assert same(np.ctypeslib.as_array(x), VALUES)


def test_field_of_a_structured_array():
    x = np.zeros((4, 6), [("key", "i4"), ("value", "f4")])
    fill(x["value"])
    assert same(x["value"].copy(), VALUES)
    assert not x["key"].any()


def test_bfloat16_of_ml_dtypes():
    x = np.zeros((6, 8), ml_dtypes.bfloat16)
    assert fill(x[5:1:-1, :6]) is not None
    assert same(x[5:1:-1, :6], values("normal", "bf16", (4, 6), (0.0, 1.0), seed=1))
    assert not x[:2].any() and not x[:, 6:].any()


def test_safetensors_file_in_place(tmp_path):
    """A checkpoint on disk, larger than memory perhaps: each tensor is filled where it lies."""
    safetensors = pytest.importorskip("safetensors.numpy")
    path = tmp_path / "model.safetensors"
    safetensors.save_file({"up": np.zeros((4, 6), "f4"), "down": np.zeros((6, 4), "f8")}, path)
    header = int.from_bytes(path.read_bytes()[:8], "little")
    layout = json.loads(path.read_bytes()[8 : 8 + header])
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
        for name, code in [("up", "f"), ("down", "d")]:
            first, last = (8 + header + end for end in layout[name]["data_offsets"])
            with memoryview(memory)[first:last].cast(code, layout[name]["shape"]) as view:
                kinit.fill_normal(view, seed=7, name=name)
    loaded = safetensors.load_file(path)
    assert same(loaded["up"], kinit.normal((4, 6), seed=7, name="up"))
    assert same(loaded["down"], kinit.normal((6, 4), "float64", seed=7, name="down"))


def test_scalars_and_empty_arrays():
    assert fill(np.zeros((), "f4")) == VALUES[0, 0]
    for shape, strides in [((3, 0, 2), None), ((0,), None), ((0, 3), (0, 0))]:
        empty = np.ndarray(shape, "f4", bytearray(64), strides=strides)
        assert fill(empty) is empty


def test_strides_that_are_not_nested():
    """Rows of step 3 and columns of step 2 interleave without meeting: 0 2 4, 3 5 7."""
    base = np.zeros(8, "f4")
    x = np.lib.stride_tricks.as_strided(base, (2, 3), (12, 8))
    fill(x)
    assert same(base[[0, 2, 4, 3, 5, 7]], VALUES.ravel()[:6])
    assert not base[[1, 6]].any()


def test_buffer_is_released():
    x = array.array("f", [0.0])
    fill(x)
    x.append(1.0)  # BufferError while somebody holds the buffer
    with pytest.raises(ValueError):
        kinit.fill_normal(x, std=-1.0, seed=1)
    x.append(1.0)


@pytest.mark.parametrize("protocol", ["OnlyDLPack", "OldDLPack"])
def test_dlpack_alone(protocol):
    x = globals()[protocol](np.zeros((4, 6), "f4"))
    assert fill(x) is x
    assert same(x.x, VALUES)


# ---- Refused ---------------------------------------------------------------------------------------------------------


class OnAccelerator:
    """A float array that says it lies on the first CUDA device: NumPy's capsule with another device type."""

    def __init__(self, x):
        self.x = x

    def __dlpack_device__(self):
        return (2, 0)

    def __dlpack__(self, **kwargs):
        capsule = self.x.__dlpack__()
        pointer = ctypes.pythonapi.PyCapsule_GetPointer
        pointer.restype, pointer.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
        # DLManagedTensor begins with DLTensor: void *data, then the device type
        ctypes.c_int32.from_address(pointer(capsule, b"dltensor") + 8).value = 2
        return capsule


class OnlyDLPack:
    """An array that speaks DLPack alone, of version 1 or before."""

    def __init__(self, x, answer=None):
        self.x, self.answer = x, answer

    def __dlpack__(self, **version):
        return self.answer or self.x.__dlpack__(**version)


class OldDLPack(OnlyDLPack):
    def __dlpack__(self):
        return self.x.__dlpack__()


class Immutable(np.ndarray):
    """Refuses its buffer, as the dtype has none, and speaks a DLPack that cannot tell that it is read-only: as arrays of
    JAX do that are not of NumPy's dtypes."""

    def __dlpack__(self, **version):
        return np.full(3, 7, "f4").__dlpack__()


def read_only(dtype="f4"):
    x = np.full(3, 7, dtype)
    x.flags.writeable = False
    return x


def overlapping(shape, strides):
    return np.lib.stride_tricks.as_strided(np.full(9, 7, "f4"), shape, strides)


REFUSED = {
    "read-only": (read_only, ValueError, "read-only"),
    "read-only bfloat16": (lambda: read_only(ml_dtypes.bfloat16), ValueError, "read-only"),
    "read-only memoryview": (lambda: memoryview(np.zeros(3, "f4")).toreadonly(), ValueError, "read-only"),
    "broadcast": (lambda: np.broadcast_to(np.float32(7), (3,)), ValueError, "read-only"),
    "scalar of NumPy": (lambda: np.float32(7), ValueError, "read-only"),
    "int32": (lambda: np.full(3, 7, "i4"), TypeError, "dtype int32"),
    "uint32": (lambda: np.full(3, 7, "u4"), TypeError, "uint32 is for fill_bits"),
    "complex": (lambda: np.full(3, 7, "c8"), TypeError, "dtype complex64"),
    "longdouble": (lambda: np.full(3, 7, "g"), TypeError, "dtype"),
    "object": (lambda: np.full(3, None), TypeError, "dtype object"),
    "datetime": (lambda: np.full(3, 7, "M8[s]"), TypeError, "dtype datetime64"),
    "structure": (lambda: np.zeros(3, [("a", "f4"), ("b", "f4")]), TypeError, "dtype"),
    "float8_e3m4": (lambda: np.full(3, 7, ml_dtypes.float8_e3m4), TypeError, "dtype float8_e3m4"),
    "bytes": (lambda: b"1234", TypeError, r"memoryview\(x\)\.cast"),
    "foreign byte order": (lambda: np.full(3, 7, ">f4"), ValueError, "byte order"),
    "foreign bfloat16": (lambda: np.full(3, 7, ml_dtypes.bfloat16).astype(
        np.dtype(ml_dtypes.bfloat16).newbyteorder(">")), ValueError, "byte order"),
    "zero stride": (lambda: overlapping((3, 2), (0, 4)), ValueError, "overlap"),
    "windows": (lambda: overlapping((4, 3), (4, 4)), ValueError, "overlap"),
    "interleaved": (lambda: overlapping((2, 4), (12, 4)), ValueError, "overlap"),
    "negative windows": (lambda: np.lib.stride_tricks.sliding_window_view(
        np.full(9, 7, "f4"), 3, writeable=True)[::-1], ValueError, "overlap"),
    "unaligned": (lambda: np.zeros(13, "u1")[1:].view("f4"), ValueError, "aligned"),
    "odd stride": (lambda: np.zeros(3, [("a", "u1"), ("b", "f4")])["b"], ValueError, "stride"),
    "other device": (lambda: OnAccelerator(np.full(3, 7, "f4")), TypeError, "device number 2"),
    "read-only by DLPack": (lambda: OnlyDLPack(read_only()), ValueError, "read-only"),
    "immutable, which DLPack does not tell": (lambda: np.full(3, 7, "M8[s]").view(Immutable), ValueError, "read-only"),
    "no capsule": (lambda: OnlyDLPack(np.full(3, 7, "f4"), "dltensor"), TypeError, "no capsule"),
    "list": (lambda: [1.0, 2.0], TypeError, "list is no array"),
    "None": (lambda: None, TypeError, "NoneType is no array"),
}


def content(x):
    return str(x.x if isinstance(x, (OnAccelerator, OnlyDLPack)) else np.array(x))


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    make, exception, message = REFUSED[name]
    x = make()
    before = content(x)
    with pytest.raises(exception, match=message):
        fill(x)
    assert content(x) == before


TORCH_REFUSED = {
    "requires grad": (lambda t: t.ones(3, requires_grad=True), RuntimeError, "no_grad"),
    "meta": (lambda t: t.ones(3, device="meta"), TypeError, "device meta"),
    "sparse": (lambda t: t.ones(3, 3).to_sparse(), BufferError, "layout"),
    "complex": (lambda t: t.ones(3, dtype=t.complex64), TypeError, "dtype torch.complex64"),
    "int64": (lambda t: t.ones(3, dtype=t.int64), TypeError, "dtype torch.int64"),
    "expanded": (lambda t: t.ones(3).expand(4, 3), ValueError, "overlap"),
    "negative bit": (lambda t: t.ones(3, dtype=t.complex64).conj().imag, ValueError, "negative bit"),
}


@pytest.mark.parametrize("name", TORCH_REFUSED)
def test_torch_refused(name):
    torch = pytest.importorskip("torch")
    make, exception, message = TORCH_REFUSED[name]
    x = make(torch)
    before = str(x)
    with pytest.raises(exception, match=message):
        fill(x)
    assert str(x) == before


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_jax_arrays_are_immutable(dtype):
    jnp = pytest.importorskip("jax.numpy")
    x = jnp.ones(3, dtype)
    with pytest.raises(ValueError, match="read-only"):
        fill(x)
    assert (x == 1).all()


def test_bits_want_words():
    x = np.full(3, 7, "f4")
    with pytest.raises(TypeError, match="uint32"):
        kinit.fill_bits(x, seed=1)
    with pytest.raises(ValueError, match="aligned"):
        kinit.fill_bits(np.zeros(13, "u1")[1:].view("u4"), seed=1)
    with pytest.raises(ValueError, match="read-only"):
        kinit.fill_bits(np.broadcast_to(np.uint32(7), 3), seed=1)
    assert (x == 7).all()


def test_bits_are_checked_before_the_first_row():
    x = np.full((3, 5), 7, "u4")
    with pytest.raises(ValueError, match="end of the stream"):
        kinit.fill_bits(x[:, :4:2], seed=1, offset=2**64 - 5)
    assert (x == 7).all()


ARGUMENTS = [
    ({}, TypeError, "seed"),
    ({"seed": None}, TypeError, "seed must be an integer, not NoneType"),
    ({"seed": -1}, ValueError, r"seed must lie in \[0, 2\*\*64\), not -1"),
    ({"seed": 2**64}, ValueError, "seed must lie in"),
    ({"seed": 1.0}, TypeError, "seed must be an integer, not float"),
    ({"subsequence": -1}, ValueError, "subsequence must lie in"),
    ({"offset": 2**64}, ValueError, "offset must lie in"),
    ({"offset": 2**64 - 2}, ValueError, "end of the stream"),
    ({"name": "a", "subsequence": 2}, ValueError, "name and subsequence"),
    ({"name": "a", "subsequence": 0}, ValueError, "name and subsequence"),
    ({"name": 3}, TypeError, "name must be a str, not int"),
    ({"name": "a\0b"}, ValueError, "NUL"),
    ({"name": "\ud800"}, UnicodeEncodeError, "surrogate"),
    ({"shard": 3}, TypeError, "shard must be a pair"),
    ({"shard": ((9,),)}, ValueError, "shard must be a pair"),
    ({"shard": ((9,), 3.0)}, TypeError, "start must be a sequence of integers, not float"),
    ({"shard": ((9,), (1.5,))}, TypeError, "start must be an integer, not float"),
    ({"shard": ((9, 1), (0, 0))}, ValueError, "global_shape of the shard has 2 dimensions, the array 1"),
    ({"shard": ((9,), (0, 0))}, ValueError, "start of the shard has 2 dimensions, the array 1"),
    ({"shard": ((9,), (7,))}, ValueError, "outside the array of global_shape"),
    ({"shard": ((9,), (-1,))}, ValueError, "outside the array of global_shape"),
]


@pytest.mark.parametrize("arguments, exception, message", ARGUMENTS)
@pytest.mark.parametrize("call, dtype", [(kinit.fill_normal, "f4"), (kinit.fill_bits, "u4")])
def test_arguments_refused(call, dtype, arguments, exception, message):
    x = np.full(3, 7, dtype)
    seed = {} if not arguments else {"seed": 1}
    with pytest.raises(exception, match=message):
        call(x, **{**seed, **arguments})
    assert (x == 7).all()


@pytest.mark.parametrize("call, message", [
    (lambda x: kinit.fill_normal(x, std=-1.0, seed=1), "std must be at least 0"),
    (lambda x: kinit.fill_normal(x, mean=float("nan"), seed=1), "must be finite, not nan"),
    (lambda x: kinit.fill_normal(x, mean=1e39, seed=1), "mean must be finite in float32"),
    (lambda x: kinit.fill_uniform(x, 2.0, 1.0, seed=1), "low must be at most high"),
    (lambda x: kinit.fill_truncated_normal(x, low=1.0, high=1.0, seed=1), "low must be less than high"),
    (lambda x: kinit.fill_constant(x, float("nan")), "must be finite, not nan"),
    (lambda x: kinit.fill_constant(x, 1e39), "value must be finite in float32"),
])
def test_parameters_refused(call, message):
    x = np.full(3, 7, "f4")
    with pytest.raises(ValueError, match=message):
        call(x)
    assert (x == 7).all()


def test_parameters_are_real_numbers():
    x = np.full(3, 7, "f4")
    for wrong in ["1.0", None, 1j]:
        with pytest.raises(TypeError, match="mean must be a real number"):
            kinit.fill_normal(x, wrong, seed=1)
    assert (x == 7).all()
    assert same(kinit.fill_normal(x, np.float32(0), True, seed=np.uint64(1)), VALUES.ravel()[:3])


def test_refusals_keep_no_references():
    x = np.zeros(3, "i4")
    before = sys.getrefcount(x)
    for _ in range(10):
        with pytest.raises(TypeError):
            fill(x)
    gc.collect()
    assert sys.getrefcount(x) == before
