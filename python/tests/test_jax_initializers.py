"""kinit.jax.initializers: JAX's names, signatures and formulas; kinit's numbers, in jit, vmap and on any mesh.

SPDX-License-Identifier: Apache-2.0
"""

import inspect
import math
import subprocess
import sys

import kinit
import numpy as np
import pytest
from expected import same, values

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402
import kinit.jax  # noqa: E402
from jax.sharding import AxisType, NamedSharding, PartitionSpec  # noqa: E402

ours, theirs = kinit.jax.initializers, jax.nn.initializers
FACTORIES = [name for name in dir(theirs) if not name.startswith("_") and name != "Initializer"]
RANDOM = [name for name in FACTORIES if name not in ("constant", "zeros", "ones")]
SHARDABLE = [name for name in RANDOM if "orthogonal" not in name]
KEY = jax.random.key(42)


def make(module, name, *arguments):
    fixed = {"variance_scaling": (1.0, "fan_in", "normal")}.get(name, ())
    return getattr(module, name)(*fixed, *arguments)


def mesh(*lengths, kind=AxisType.Auto):
    names = ("x", "y")[: len(lengths)]
    return jax.make_mesh(lengths, names, axis_types=(kind,) * len(lengths), devices=jax.devices("cpu")[: math.prod(lengths)])


# ---- Names, signatures, exceptions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FACTORIES)
def test_name_and_signature(name):
    parameters = lambda function: [(p.name, p.default) for p in inspect.signature(function).parameters.values()]
    assert parameters(getattr(ours, name)) == parameters(getattr(theirs, name))


@pytest.mark.parametrize("name", RANDOM)
def test_init_takes_what_jaxs_takes(name):
    parameters = list(inspect.signature(make(ours, name)).parameters)
    assert parameters == ["key", "shape", "dtype", "out_sharding"]
    shape = (3, 4, 6)
    assert make(ours, name)(KEY, shape).dtype == jnp.float32
    assert make(ours, name)(KEY, shape, jnp.bfloat16).dtype == jnp.bfloat16
    assert make(ours, name)(KEY, shape, None).shape == shape


@pytest.mark.parametrize(
    "call",
    [
        lambda module: module.he_normal()(KEY, (3,)),
        lambda module: module.he_normal(in_axis=5)(KEY, (3, 4)),
        lambda module: module.variance_scaling(1.0, "fan", "normal")(KEY, (3, 4)),
        lambda module: module.variance_scaling(1.0, "fan_in", "gamma")(KEY, (3, 4)),
        lambda module: module.normal()(KEY, (-1, 4)),
        lambda module: module.normal()(KEY, (3, 4), "int32"),
        lambda module: module.normal()(jax.random.split(KEY, 3), (3, 4)),
        lambda module: module.normal()(jnp.zeros(3, jnp.uint32), (3, 4)),
        lambda module: module.normal()(7, (3, 4)),
        lambda module: module.normal()(KEY, ("a", 4)),
        lambda module: module.orthogonal()(KEY, (3,)),
        lambda module: module.delta_orthogonal()(KEY, (3, 4)),
        lambda module: module.delta_orthogonal()(KEY, (3, 4, 2)),
    ],
)
def test_raises_what_jax_raises(call):
    with pytest.raises(Exception) as expected:
        call(theirs)
    with pytest.raises(type(expected.value)):
        call(ours)


@pytest.mark.parametrize("dtype", ["complex64", "float8_e4m3b11fnuz"])
def test_unknown_dtypes_are_refused(dtype):
    with pytest.raises(TypeError, match="kinit fills float32"):
        ours.normal()(KEY, (3, 4), jnp.dtype(dtype))


@pytest.mark.parametrize("dtype, largest", [("float8_e4m3fn", 448), ("float8_e5m2", math.inf)])
def test_8_bit_floats(dtype, largest):
    """Rounded from float32, where JAX's own he_normal makes NaN of them; and beyond the largest number."""
    x, wide = (ours.he_normal()(KEY, (64, 8), kind) for kind in (dtype, "float32"))
    assert same(np.asarray(x), np.asarray(wide).astype(x.dtype))
    assert same(np.asarray(ours.normal(1e12)(KEY, (64,), dtype)).astype("f4"),
                np.copysign(np.float32(largest), np.asarray(ours.normal()(KEY, (64,)))))
    q = np.asarray(ours.orthogonal(1e12)(KEY, (3, 3), dtype)).astype("f4")
    assert abs(q).max() == largest and q.dtype == np.float32 and not np.isnan(q).any()
    assert same(kinit.jax.normal((3, 5), dtype, seed=1), kinit.normal((3, 5), dtype, seed=1))


def test_parameters_are_checked():
    with pytest.raises(ValueError, match="std must be at least 0"):
        ours.normal(-1.0)(KEY, (3, 4))


# ---- Formulas ------------------------------------------------------------------------------------------------------

AXES = [  # shape, in_axis, out_axis, batch_axis, fan_in, fan_out
    ((64, 256), -2, -1, (), 64, 256),
    ((3, 3, 16, 64), -2, -1, (), 144, 576),
    ((8, 64, 256), -2, -1, 0, 64, 256),
    ((8, 16, 64), (0, 1), 2, (), 128, 64),
    ((8, 128, 64), 2, 1, (0,), 64, 128),
]


@pytest.mark.parametrize("shape, in_axis, out_axis, batch_axis, fan_in, fan_out", AXES)
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
def test_standard_deviation(shape, in_axis, out_axis, batch_axis, fan_in, fan_out, mode):
    """To the last bit of double: in float64 the numbers are those of a normal of exactly that deviation."""
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2, "fan_geo_avg": (fan_in * fan_out) ** 0.5}
    std = math.sqrt(1.7 / fan[mode])
    with jax.enable_x64(True):
        x = ours.variance_scaling(1.7, mode, "normal", in_axis, out_axis, batch_axis)(KEY, shape, "float64")
        assert same(np.asarray(x), kinit.normal(shape, "float64", 0.0, std, seed=42))


@pytest.mark.parametrize("name", SHARDABLE)
def test_distribution_agrees_with_jaxs(name):
    stats = pytest.importorskip("scipy.stats")
    a, b = (np.asarray(make(module, name)(KEY, (200, 300))).ravel() for module in (ours, theirs))
    assert stats.ks_2samp(a, b).pvalue > 1e-3


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 2, 8)])
@pytest.mark.parametrize("column_axis", [-1, 0])
def test_orthogonal(shape, column_axis):
    x = np.moveaxis(np.asarray(ours.orthogonal(2.0, column_axis)(KEY, shape)), column_axis, -1)
    q = x.reshape(-1, x.shape[-1]) / 2
    gram = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    assert np.allclose(gram, np.eye(len(gram)), atol=1e-5)


def test_delta_orthogonal():
    x = np.array(ours.delta_orthogonal()(KEY, (3, 3, 2, 4)))
    assert np.allclose(x[1, 1] @ x[1, 1].T, np.eye(2), atol=1e-6)
    x[1, 1] = 0
    assert not x.any()


# ---- Keys ----------------------------------------------------------------------------------------------------------

SHAPE = (16, 24)


def expected(seed, subsequence=0):
    return values("normal", "f32", SHAPE, (0.0, 1.0), seed=seed, subsequence=subsequence)


def test_keys_are_streams():
    init = ours.normal(1.0)
    assert same(np.asarray(init(KEY, SHAPE)), expected(42))
    assert same(np.asarray(init(jax.random.PRNGKey(42), SHAPE)), expected(42))
    words = jnp.array([1, 2, 3, 4], jnp.uint32)
    rbg = jax.random.wrap_key_data(words, impl="rbg")
    assert same(np.asarray(init(rbg, SHAPE)), expected(2**32 + 2, 3 * 2**32 + 4))
    unsafe = jax.random.wrap_key_data(words, impl="unsafe_rbg")
    assert same(np.asarray(init(unsafe, SHAPE)), expected(2**32 + 2, 3 * 2**32 + 4))


def test_vmap_over_keys():
    init, keys = ours.he_normal(), jax.random.split(KEY, (2, 3))
    x = jax.vmap(jax.vmap(lambda key: init(key, SHAPE), out_axes=1))(keys)
    for i in range(2):
        for k in range(3):
            assert same(np.asarray(x[i, :, k]), np.asarray(init(keys[i, k], SHAPE)))
    words = jnp.arange(24, dtype=jnp.uint32).reshape(2, 3, 4)  # of rbg, which reach the batch as they are
    y = jax.vmap(jax.vmap(lambda key: init(key, SHAPE)), in_axes=1)(jax.random.wrap_key_data(words, impl="rbg"))
    for i in range(2):
        for k in range(3):
            assert same(np.asarray(y[k, i]), np.asarray(init(jax.random.wrap_key_data(words[i, k], impl="rbg"), SHAPE)))


# ---- jit, eval_shape, donation, devices ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", RANDOM)
def test_jit_changes_nothing(name):
    init, shape = make(ours, name), (3, 8, 8)
    assert same(np.asarray(jax.jit(lambda key: init(key, shape))(KEY)), np.asarray(init(KEY, shape)))


def test_in_jit_it_is_one_call_without_python():
    text = jax.jit(lambda key: ours.he_normal()(key, SHAPE)).lower(KEY).compile().as_text()
    assert text.count('custom_call_target="kinit_fill"') == 1 and "callback" not in text and "copy" not in text


def test_eval_shape_allocates_nothing():
    shape = (1 << 20, 1 << 20)  # 4 TiB
    out = jax.eval_shape(lambda: ours.he_normal()(KEY, shape, "float32"))
    assert out.shape == shape and out.dtype == jnp.float32


def test_eager_arrays_are_uncommitted():
    sharded = jax.device_put(jnp.zeros(SHAPE), NamedSharding(mesh(8), PartitionSpec("x")))
    assert (sharded + ours.normal()(KEY, SHAPE)).sharding == sharded.sharding
    assert (sharded + kinit.jax.normal(SHAPE, seed=1)).sharding == sharded.sharding


def test_default_device():
    device = jax.devices("cpu")[3]
    with jax.default_device(device):
        assert ours.normal()(KEY, SHAPE).devices() == {device}
        assert kinit.jax.normal(SHAPE, seed=1).devices() == {device}


def test_donation_reuses_the_buffer():
    old = jnp.zeros((256, 256))
    address = old.unsafe_buffer_pointer()
    new = jax.jit(lambda old, key: ours.normal()(key, old.shape, old.dtype), donate_argnums=0, keep_unused=True)(old, KEY)
    assert old.is_deleted() and new.unsafe_buffer_pointer() == address


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_other_platforms_are_told_what_to_do(platform):
    with pytest.raises(NotImplementedError, match=rf"no kernel for {platform}.*default_device.*device_put"):
        jax.jit(lambda key: ours.normal()(key, SHAPE)).trace(KEY).lower(lowering_platforms=(platform,))


# ---- Meshes --------------------------------------------------------------------------------------------------------

SPECS = [PartitionSpec("x"), PartitionSpec(None, "x"), PartitionSpec("y", "x"), PartitionSpec(("x", "y")), PartitionSpec()]


def check_shards(x, whole):
    for shard in x.addressable_shards:
        assert same(np.asarray(shard.data), whole[shard.index])


@pytest.mark.parametrize("spec", SPECS, ids=str)
@pytest.mark.parametrize("name", ["normal", "uniform", "he_normal", "glorot_uniform"])
def test_out_shardings(spec, name, capfd):
    init, sharding = make(ours, name), NamedSharding(mesh(4, 2), spec)
    program = jax.jit(lambda key: init(key, SHAPE), out_shardings=sharding).lower(KEY).compile()
    x = program(KEY)
    assert x.sharding.is_equivalent_to(sharding, 2)
    check_shards(x, np.asarray(init(KEY, SHAPE)))
    shape = ",".join(map(str, sharding.shard_shape(SHAPE)))
    assert f"f32[{shape}]" in program.as_text() and program.as_text().count('"kinit_fill"') == 1
    assert spec == PartitionSpec() or "f32[16,24]" not in program.as_text()  # no device makes the whole
    assert "rematerialization" not in capfd.readouterr().err


@pytest.mark.parametrize("kind", [AxisType.Auto, AxisType.Explicit])
def test_set_mesh_and_out_sharding(kind):
    with jax.set_mesh(mesh(4, 2, kind=kind)):
        init = ours.he_normal()
        x = init(KEY, SHAPE, out_sharding=PartitionSpec("x", "y"))
        y = jax.jit(lambda key: init(key, SHAPE, out_sharding=PartitionSpec("x", "y")))(KEY)
    for array in (x, y):
        assert array.sharding.spec == PartitionSpec("x", "y")
        check_shards(array, np.asarray(init(KEY, SHAPE)))


def test_with_sharding_constraint_and_uneven_lengths():
    sharding, shape = NamedSharding(mesh(8), PartitionSpec("x")), (12, 5)
    constrain = lambda key: jax.lax.with_sharding_constraint(ours.normal()(key, shape), sharding)
    try:
        x = jax.jit(lambda key: constrain(key) * 2)(KEY)
    except ValueError:
        pytest.skip("this JAX refuses uneven constraints itself")
    assert same(np.asarray(x), np.asarray(ours.normal()(KEY, shape)) * np.float32(2))


def test_vmap_over_sharded_keys():
    init, keys = ours.normal(), jax.random.split(KEY, 8)
    sharding = NamedSharding(mesh(4, 2), PartitionSpec("x", "y"))
    x = jax.jit(jax.vmap(lambda key: init(key, SHAPE)), out_shardings=sharding)(keys)
    check_shards(x, np.stack([np.asarray(init(key, SHAPE)) for key in keys]))


def test_shard_map():
    """As with jax.random: the numbers of the key, whatever the device."""
    init = ours.normal()
    local = jax.shard_map(lambda key: init(key, SHAPE), mesh=mesh(8), in_specs=PartitionSpec(),
                          out_specs=PartitionSpec("x"), check_vma=False)
    x = np.asarray(jax.jit(local)(KEY)).reshape(8, *SHAPE)
    assert all(same(part, np.asarray(init(KEY, SHAPE))) for part in x)


# ---- Trees ---------------------------------------------------------------------------------------------------------


def test_init_tree():
    sharding = NamedSharding(mesh(8), PartitionSpec("x"))
    shapes = {"a": {"kernel": jax.ShapeDtypeStruct(SHAPE, jnp.float32, sharding=sharding)},
              "b": [jax.ShapeDtypeStruct((5,), jnp.bfloat16)]}
    tree = kinit.jax.init_tree(shapes, 7, lambda path: ours.zeros if path == "b/0" else ours.normal(1.0))
    assert same(np.asarray(tree["a"]["kernel"]), kinit.normal(SHAPE, seed=7, name="a/kernel"))
    assert tree["a"]["kernel"].sharding == sharding and not tree["b"][0].any() and tree["b"][0].dtype == jnp.bfloat16
    alone = kinit.jax.init_tree({"a": {"kernel": shapes["a"]["kernel"]}}, 7, ours.normal(1.0))
    assert same(np.asarray(alone["a"]["kernel"]), np.asarray(tree["a"]["kernel"]))
    with pytest.raises(ValueError, match="seed"):
        kinit.jax.init_tree(shapes, -1, ours.normal())


# In a process of its own, whose limit of memory leaves space for the tree and half a leaf. A device has an eighth of the tree.
TREE = """
import resource

import jax
import kinit.jax
from jax.sharding import NamedSharding, PartitionSpec

def tree(rows):
    return {name: jax.ShapeDtypeStruct((rows, 4096), jax.numpy.float32, sharding=sharding) for name in "ab"}

mesh = jax.make_mesh((8,), ("x",), devices=jax.devices("cpu")[:8])
sharding = NamedSharding(mesh, PartitionSpec("x"))
init = kinit.jax.initializers.he_normal()
jax.block_until_ready(kinit.jax.init_tree(tree(8), 1, init))  # what JAX itself needs
used = next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (used + (256 + 64 << 20), resource.RLIM_INFINITY))
made = jax.block_until_ready(kinit.jax.init_tree(tree(8192), 1, init))
held = dict.fromkeys(mesh.devices.flat, 0)
for array in jax.live_arrays():
    for shard in array.addressable_shards:
        held[shard.device] += shard.data.nbytes if array.nbytes > 1 << 20 else 0
print(*held.values())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc/self/status and its RLIMIT_DATA")
def test_init_tree_larger_than_a_device():
    """No device has more than its eighth of 256 MiB at any time: a leaf that is whole somewhere takes 128 MiB besides."""
    run = subprocess.run([sys.executable, "-c", TREE], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.split() == [str(32 << 20)] * 8


# ---- Libraries -----------------------------------------------------------------------------------------------------


def test_flax_linen():
    nn = pytest.importorskip("flax.linen")
    model = nn.Dense(8, kernel_init=nn.with_partitioning(ours.he_normal(), (None, "x")))
    x = jnp.zeros((1, 16))
    eager = model.init(KEY, x)
    sharding = NamedSharding(mesh(8), PartitionSpec(None, "x"))
    spec = nn.get_sharding(jax.eval_shape(model.init, KEY, x), mesh(8))
    made = jax.jit(model.init, out_shardings=spec)(KEY, x)
    kernel = made["params"]["kernel"].value
    assert kernel.sharding.is_equivalent_to(sharding, 2)
    check_shards(kernel, np.asarray(eager["params"]["kernel"].value))


def test_flax_nnx():
    nnx = pytest.importorskip("flax.nnx")
    create = lambda: nnx.Linear(16, 32, kernel_init=ours.he_normal(), rngs=nnx.Rngs(0))
    eager, jitted = create(), nnx.jit(create)()
    assert same(np.asarray(eager.kernel[...]), np.asarray(jitted.kernel[...]))
    assert nnx.eval_shape(create).kernel.shape == (16, 32)
    assert 0.3 < float(eager.kernel[...].std()) < 0.4  # sqrt(2 / 16) = 0.354


@pytest.mark.parametrize("create_by", ["jit", "eagerly"])
def test_flax_nnx_sharded_create(create_by):
    nnx = pytest.importorskip("flax.nnx")

    def create():
        init = nnx.with_partitioning(ours.he_normal(), (None, "x"))
        return nnx.Linear(16, 32, kernel_init=init, rngs=nnx.Rngs(0))

    whole = np.asarray(nnx.Linear(16, 32, kernel_init=ours.he_normal(), rngs=nnx.Rngs(0)).kernel[...])
    with jax.set_mesh(mesh(8)):
        kernel = (nnx.jit(create) if create_by == "jit" else create)().kernel[...]
    assert kernel.sharding.is_equivalent_to(NamedSharding(mesh(8), PartitionSpec(None, "x")), 2)
    assert [shard.data.shape for shard in kernel.addressable_shards] == [(16, 4)] * 8
    check_shards(kernel, whole)


def test_equinox():
    eqx = pytest.importorskip("equinox")
    layer = eqx.nn.Linear(16, 32, key=KEY)
    layer = eqx.tree_at(lambda l: l.weight, layer, ours.he_normal(in_axis=1, out_axis=0)(KEY, layer.weight.shape))
    assert eqx.filter_jit(lambda l, x: l(x))(layer, jnp.ones(16)).shape == (32,)


def test_haiku():
    hk = pytest.importorskip("haiku")
    init = ours.he_normal()
    forward = hk.transform(lambda x: hk.Linear(32, w_init=lambda shape, dtype: init(hk.next_rng_key(), shape, dtype))(x))
    weights = jax.jit(forward.init)(jax.random.PRNGKey(1), jnp.ones((1, 16)))["linear"]["w"]
    assert weights.shape == (16, 32) and 0.3 < float(weights.std()) < 0.4
