"""Arrays of JAX: kinit's values in kinit's memory. SPDX-License-Identifier: Apache-2.0"""

import inspect

import kinit
import numpy as np
import pytest
import reference
from expected import DTYPES, same, values, words

jax = pytest.importorskip("jax")
import kinit.jax  # noqa: E402
from kinit.jax import arrays  # noqa: E402

NEW = sorted(set(kinit.jax.__all__) - {"init_tree", "initializers"})


@pytest.fixture
def addresses(monkeypatch):
    """Where the NumPy arrays lay that became arrays of JAX."""
    seen, from_numpy = [], arrays._from_numpy

    def spy(x):
        seen.append(x.ctypes.data)
        return from_numpy(x)

    monkeypatch.setattr(arrays, "_from_numpy", spy)
    return seen


@pytest.mark.parametrize("shape", [(), (3,), (5, 7), (0, 2), (600, 700)])
@pytest.mark.parametrize("dtype", ["f32", "f16", "bf16"])
def test_values_without_a_copy(addresses, shape, dtype):
    x = kinit.jax.normal(shape, DTYPES[dtype], 0.5, 2.0, seed=3, name="w", offset=5)
    assert isinstance(x, jax.Array) and x.shape == shape and x.dtype == DTYPES[dtype]
    assert x.devices() == {jax.devices("cpu")[0]}
    assert x.unsafe_buffer_pointer() == addresses[0]
    last = min(x.size, 40)
    expected = values("normal", dtype, (last,), (0.5, 2.0), seed=3, subsequence=reference.fnv1a(b"w"),
                      offset=5 + x.size - last)
    assert same(np.asarray(x).ravel()[x.size - last :], expected)


@pytest.mark.parametrize("name", NEW)
def test_every_function(addresses, name):
    """The numbers of kinit's function of that name, in its own memory, and its signature."""
    ours, numpys = getattr(kinit.jax, name), getattr(kinit, name)
    arguments = {"seed": 9} if "seed" in inspect.signature(numpys).parameters else {}
    shape = (4, 3, 5) if name == "dirac" else (4, 3)
    x = ours(shape, **arguments)
    assert x.unsafe_buffer_pointer() == addresses[0]
    assert same(x, numpys(shape, **arguments))
    assert str(inspect.signature(ours)).split("->")[0] == str(inspect.signature(numpys)).split("->")[0]
    assert ours.__doc__.startswith("A new array of JAX on the CPU") and "fill_" + name in ours.__doc__


def test_all_of_kinits():
    assert {name for name in kinit.__all__ if "fill_" + name in kinit.__all__} == set(NEW)


def test_memory_outlives_kinits_names():
    x = kinit.jax.bits(1 << 20, seed=4)
    for seed in range(8):  # would reuse the memory if it were free
        kinit.bits(1 << 20, seed=seed)
    assert same(x, words(4, 0, 0, 1 << 20))


def test_arithmetic_and_donation():
    x = kinit.jax.uniform(1000, seed=4)
    expected = np.asarray(x) * np.float32(2)
    assert same(jax.jit(lambda y: y * 2, donate_argnums=0)(x), expected)


def test_float64_needs_x64():
    with pytest.raises(ValueError, match="jax_enable_x64"):
        kinit.jax.normal(3, "float64", seed=1)
    jax.config.update("jax_enable_x64", True)
    try:
        assert same(kinit.jax.normal(3, "float64", seed=1), values("normal", "f64", (3,), (0.0, 1.0), seed=1))
    finally:
        jax.config.update("jax_enable_x64", False)


def test_refusals_are_kinits():
    with pytest.raises(ValueError, match="std must be at least 0"):
        kinit.jax.normal(3, std=-1.0, seed=1)
    with pytest.raises(TypeError, match="dtype int32"):
        kinit.jax.normal(3, "int32", seed=1)


def test_sharded_over_devices():
    """Each device's shard from the global shape, as the module's documentation has it."""
    shape = (8, 6)
    mesh = jax.sharding.Mesh(np.array(jax.devices("cpu")[:4]).reshape(2, 2), ("a", "b"))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("a", "b"))

    def shard(index):
        local = [len(range(*part.indices(length))) for part, length in zip(index, shape)]
        return kinit.jax.normal(local, seed=42, shard=(shape, [part.start or 0 for part in index]))

    x = jax.make_array_from_callback(shape, sharding, shard)
    assert len(x.addressable_shards) == 4
    assert same(x, values("normal", "f32", shape, (0.0, 1.0), seed=42))
