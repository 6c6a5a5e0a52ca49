"""kinit.torch.init: the same functions as torch.nn.init, filled by kinit. SPDX-License-Identifier: Apache-2.0"""

import inspect
import math
import random
import re
import warnings

import kinit
import pytest
import reference

torch = pytest.importorskip("torch")

from kinit import _kinit  # noqa: E402
from kinit.torch import init  # noqa: E402

DTYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
SEED, NAME = 42, "layers.0.weight"

RANDOM = {  # of torch.nn.init: keywords of a call, and the same by the function of kinit
    "uniform_": [dict(a=-0.5, b=0.25), (kinit.fill_uniform, dict(low=-0.5, high=0.25))],
    "normal_": [dict(mean=0.5, std=0.1), (kinit.fill_normal, dict(mean=0.5, std=0.1))],
    "trunc_normal_": [
        dict(mean=0.1, std=0.5, a=-0.2, b=1.0),
        (kinit.fill_truncated_normal, dict(mean=0.1, std=0.5, low=-0.2, high=1.0)),
    ],
    "xavier_uniform_": [dict(gain=0.7), (kinit.fill_xavier_uniform, dict(gain=0.7))],
    "xavier_normal_": [dict(gain=0.7), (kinit.fill_xavier_normal, dict(gain=0.7))],
    "kaiming_uniform_": [
        dict(a=math.sqrt(5), mode="fan_out"),
        (kinit.fill_kaiming_uniform, dict(a=math.sqrt(5), mode="fan_out")),
    ],
    "kaiming_normal_": [
        dict(nonlinearity="relu"),
        (kinit.fill_kaiming_normal, dict(nonlinearity="relu")),
    ],
}
OTHER_RANDOM = {"orthogonal_": dict(gain=2.0), "sparse_": dict(sparsity=0.3, std=0.5)}
OWN_RANDOM = {
    "variance_scaling_": [
        dict(scale=2.0, mode="fan_avg"),
        (kinit.fill_variance_scaling, dict(scale=2.0, mode="fan_avg", distribution="truncated_normal")),
    ],
    "lecun_normal_": [
        {},
        (kinit.fill_variance_scaling, dict(scale=1.0, mode="fan_in", distribution="truncated_normal")),
    ],
    "lecun_uniform_": [
        {},
        (kinit.fill_variance_scaling, dict(scale=1.0, mode="fan_in", distribution="uniform")),
    ],
}
ALL_RANDOM = {
    **{name: keywords for name, (keywords, _) in {**RANDOM, **OWN_RANDOM}.items()},
    **OTHER_RANDOM,
}
CONSTANTS = {
    "constant_": [(torch.empty(3, 5), 0.3), (torch.empty(()), -0.0), (torch.empty(7), 2), (torch.empty(2), True)],
    "ones_": [(torch.empty(3, 5),), (torch.empty(3, 2, 2),)],
    "zeros_": [(torch.ones(3, 5),)],
    "eye_": [(torch.ones(3, 5),), (torch.ones(5, 3),), (torch.ones(4, 4),)],
    "dirac_": [
        (torch.ones(4, 6, 3),),
        (torch.ones(6, 2, 3, 4), 3),
        (torch.ones(4, 3, 1, 2, 5), 2),
    ],
}


def call(name, tensor, /, **keywords):
    return getattr(init, name)(tensor, **keywords)


def bits(tensor):
    return tensor.detach().contiguous().view({2: torch.int16, 4: torch.int32, 8: torch.int64}[tensor.dtype.itemsize])


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and torch.equal(bits(a), bits(b))


# ---- The functions ---------------------------------------------------------------------------------------------------


def test_every_function_of_torch_is_there():
    assert set(torch.nn.init.__all__) <= set(init.__all__)
    assert all(callable(getattr(init, name)) for name in init.__all__)


@pytest.mark.filterwarnings("ignore")
def test_the_gain_is_the_librarys_and_the_exceptions_are_torchs():
    """torch squares a slope by pow, which rounds 5 of 200,000 squares to the other neighbour."""
    numbers = random.Random(1)
    for _ in range(200_000):
        slope = numbers.uniform(-1, 1) * 10.0 ** numbers.randint(-3, 3)
        gain = init.calculate_gain("leaky_relu", slope)
        assert gain == math.sqrt(2 / (1 + slope * slope)) == kinit.gain("leaky_relu", slope)
    for nonlinearity in ("linear", "conv2d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"):
        assert init.calculate_gain(nonlinearity) == torch.nn.init.calculate_gain(nonlinearity)
    assert init.calculate_gain("leaky_relu", 1) == 1 and init.calculate_gain("leaky_relu", math.inf) == 0
    for parameters in (("gelu",), ("leaky_relu", "0.1"), ("leaky_relu", True), ("leaky_relu", 1e200)):
        with pytest.raises((ValueError, OverflowError)) as theirs:
            torch.nn.init.calculate_gain(*parameters)
        with pytest.raises(theirs.type, match=re.escape(str(theirs.value))):
            init.calculate_gain(*parameters)


def test_schemes_have_the_parameters_of_the_library_in_every_double():
    """In float64 each bit of a deviation shows."""
    numbers = random.Random(2)
    for _ in range(500):
        shape = (numbers.randint(1, 40), numbers.randint(1, 40))
        a, gain = numbers.uniform(0, 3), numbers.uniform(0, 9)
        for name, keywords in {
            "kaiming_normal": dict(a=a, mode=numbers.choice(["fan_in", "fan_out"])),
            "kaiming_uniform": dict(a=a),
            "xavier_normal": dict(gain=gain),
            "xavier_uniform": dict(gain=gain),
            "variance_scaling": dict(scale=gain + 0.1, mode="fan_avg"),
        }.items():
            x = torch.empty(shape, dtype=torch.float64)
            getattr(init, f"{name}_")(x, **keywords, seed=1, name="w")
            expected = getattr(kinit, f"fill_{name}")(torch.empty_like(x), **keywords, seed=1, name="w")
            assert same_bits(x, expected), (name, keywords, shape)


@pytest.mark.parametrize("name", [name for name in torch.nn.init.__all__ if name.endswith("_")])
def test_signature_is_torchs_and_seed_and_name_by_keyword(name):
    ours, theirs = inspect.signature(getattr(init, name)), inspect.signature(getattr(torch.nn.init, name))
    own = [parameter for parameter in ours.parameters.values() if parameter.name not in theirs.parameters]
    assert ours.replace(parameters=[p for p in ours.parameters.values() if p not in own]) == theirs
    assert [p.name for p in own] == (["seed", "name"] if "generator" in theirs.parameters else [])
    assert all(p.kind is p.KEYWORD_ONLY and p.default is None for p in own)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", {**RANDOM, **OWN_RANDOM})
def test_values_are_those_of_kinits_scheme(name, dtype):
    keywords, (function, parameters) = {**RANDOM, **OWN_RANDOM}[name]
    tensor, expected = torch.empty(12, 7, 3, dtype=dtype), torch.empty(12, 7, 3, dtype=dtype)
    assert call(name, tensor, **keywords, seed=SEED, name=NAME) is tensor
    function(expected, **parameters, seed=SEED, name=NAME)
    assert same_bits(tensor, expected)


@pytest.mark.parametrize(
    ("name", "keywords", "distribution", "parameters"),
    [
        ("uniform_", dict(a=-0.5, b=0.25), "uniform", (-0.5, 0.25)),
        ("normal_", dict(mean=0.5, std=0.1), "normal", (0.5, 0.1)),
        ("trunc_normal_", dict(mean=0.1, std=0.5, a=-0.2, b=1.0), "truncated", (0.1, 0.5, -0.2, 1.0)),
        ("xavier_uniform_", {}, "uniform", (-math.sqrt(6 / 16), math.sqrt(6 / 16))),
        ("kaiming_normal_", dict(nonlinearity="linear"), "normal", (0.0, 0.5)),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_values_are_those_of_the_reference(name, keywords, distribution, parameters, dtype):
    short = {torch.float32: "f32", torch.float16: "f16", torch.bfloat16: "bf16"}[dtype]
    tensor = call(name, torch.empty(12, 4, dtype=dtype), **keywords, seed=SEED)
    expected = reference.elements(distribution, short, SEED, 0, 0, 48, parameters)
    assert bits(tensor).numpy().tobytes() == b"".join(expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_torchs(name, dtype):
    for tensor, *parameters in CONSTANTS[name]:
        ours, theirs = tensor.to(dtype), tensor.to(dtype, copy=True)
        assert getattr(init, name)(ours, *parameters) is ours
        assert same_bits(ours, getattr(torch.nn.init, name)(theirs, *parameters))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (8, 8), (4, 3, 2, 2)])
def test_orthogonal_rows_or_columns(shape, dtype):
    tensor = init.orthogonal_(torch.empty(shape, dtype=dtype), gain=2.0, seed=SEED)
    matrix = tensor.to(torch.float64).reshape(shape[0], -1)
    product = matrix @ matrix.T if matrix.size(0) <= matrix.size(1) else matrix.T @ matrix
    tolerance = {torch.float64: 1e-13, torch.float32: 1e-5}.get(dtype, 0.05)
    torch.testing.assert_close(product, 4.0 * torch.eye(len(product), dtype=torch.float64), atol=tolerance, rtol=0)


def test_orthogonal_is_torchs_algorithm_on_kinits_normals():
    normals = kinit.fill_normal(torch.empty(6, 20), seed=SEED, name=NAME)
    q, r = torch.linalg.qr(normals.t())
    expected = (q * r.diagonal().sign()).t()
    torch.testing.assert_close(init.orthogonal_(torch.empty(6, 20), seed=SEED, name=NAME), expected, atol=1e-5, rtol=0)


def test_orthogonal_does_not_depend_on_the_number_of_threads():
    count = torch.get_num_threads()
    results = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        results.append(init.orthogonal_(torch.empty(700, 300), seed=SEED))
        assert torch.get_num_threads() == threads
    torch.set_num_threads(count)
    assert same_bits(*results)


@pytest.mark.parametrize("sparsity", [0.0, 0.1, 0.5, 0.99, 1.0, 1.5])
@pytest.mark.parametrize("dtype", DTYPES)
def test_sparse_has_the_zeros_of_each_column(sparsity, dtype):
    tensor = init.sparse_(torch.empty(50, 20, dtype=dtype), sparsity, std=0.5, seed=SEED, name=NAME)
    assert (tensor == 0).sum(dim=0).tolist() == [min(50, math.ceil(sparsity * 50))] * 20
    normals = kinit.fill_normal(torch.empty(50, 20, dtype=dtype), 0.0, 0.5, seed=SEED, name=NAME)
    assert same_bits(tensor, torch.where(tensor == 0, tensor, normals))


def test_zeros_of_sparse_have_words_of_their_own():
    """Of 3 x 5 normals float64 uses the words below 32, whose last pair has no second half: the zeros begin there."""
    tensor = init.sparse_(torch.empty(3, 5, dtype=torch.float64), 0.4, seed=SEED, name=NAME)
    keys = kinit.fill_uniform(torch.empty(5, 3, dtype=torch.float64), seed=SEED, name=NAME, offset=16)
    assert ((tensor == 0).sum(dim=0) == 2).all()
    assert torch.equal(tensor != 0, keys.T == keys.max(dim=1).values)


def test_zeros_of_sparse_stand_anywhere():
    tensor = init.sparse_(torch.empty(10, 20000), 0.3, seed=SEED)
    counts = (tensor == 0).sum(dim=1)  # of each row binomial: 20000 times 0.3, deviation 65
    assert (counts - 6000).abs().max() < 5 * 65
    both = ((tensor[0] == 0) & (tensor[1] == 0)).sum()  # probability 0.3 * 2/9, deviation 35
    assert abs(both - 20000 * 0.3 * 2 / 9) < 5 * 35


def test_variance_scaling_modes_and_distributions():
    for mode, fan in (("fan_in", 12), ("fan_out", 20), ("fan_avg", 16)):
        tensor = init.variance_scaling_(torch.empty(20, 12), 3.0, mode, "uniform", seed=1)
        assert 0.9 < tensor.abs().max() / math.sqrt(9.0 / fan) <= 1
    expected = kinit.fill_variance_scaling(torch.empty(20, 12), scale=3.0, mode="fan_in", distribution="normal", seed=1)
    assert same_bits(init.variance_scaling_(torch.empty(20, 12), 3.0, "FAN_IN", "normal", seed=1), expected)
    for parameters in ((0.0,), (1.0, "fan"), (1.0, "fan_in", "gamma"), (math.nan,)):
        with pytest.raises(ValueError, match=r"scale|mode|distribution"):
            init.variance_scaling_(torch.empty(20, 12), *parameters)
    with pytest.raises(ValueError, match="fewer than 2 dimensions"):
        init.lecun_normal_(torch.empty(20))
    with pytest.warns(UserWarning, match="no-op"):
        init.variance_scaling_(torch.empty(0, 12))


# ---- Where the numbers come from -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL_RANDOM)
def test_manual_seed_governs_and_calls_differ(name):
    results = []
    for _ in range(2):
        torch.manual_seed(7)
        results.append([call(name, torch.empty(9, 8), **ALL_RANDOM[name]) for _ in range(2)])
    assert same_bits(results[0][0], results[1][0]) and same_bits(results[0][1], results[1][1])
    assert not torch.equal(results[0][0], results[0][1])
    torch.manual_seed(8)
    assert not torch.equal(results[0][0], call(name, torch.empty(9, 8), **ALL_RANDOM[name]))


@pytest.mark.parametrize("name", ALL_RANDOM)
def test_a_generator_governs_and_leaves_the_default_one(name):
    before = torch.get_rng_state()
    results = []
    for seed in (3, 3, 4):
        generator = torch.Generator().manual_seed(seed)
        results.append(call(name, torch.empty(9, 8), **ALL_RANDOM[name], generator=generator))
        assert not torch.equal(generator.get_state(), torch.Generator().manual_seed(seed).get_state())
    assert same_bits(results[0], results[1])
    assert not torch.equal(results[0], results[2])
    assert torch.equal(before, torch.get_rng_state())


def test_each_call_draws_one_number():
    torch.manual_seed(5)
    drawn = torch.empty((), dtype=torch.int64).random_()
    after = torch.get_rng_state()
    torch.manual_seed(5)
    tensor = init.normal_(torch.empty(1000))
    assert torch.equal(after, torch.get_rng_state())
    assert same_bits(tensor, kinit.fill_normal(torch.empty(1000), seed=int(drawn)))


@pytest.mark.parametrize("name", ALL_RANDOM)
def test_seed_and_name_decide_alone(name):
    before = torch.get_rng_state()
    keywords = ALL_RANDOM[name]
    first = call(name, torch.empty(9, 8), **keywords, seed=1, name="a")
    others = [
        call(name, torch.empty(9, 8), **keywords, **stream)
        for stream in (dict(seed=1, name="b"), dict(seed=1), dict(seed=2, name="a"))
    ]
    assert same_bits(first, call(name, torch.empty(9, 8), **keywords, seed=1, name="a"))
    assert not any(torch.equal(first, other) for other in others)
    assert torch.equal(before, torch.get_rng_state())


def test_a_name_without_seed_draws_the_seed():
    torch.manual_seed(5)
    a, b = (init.normal_(torch.empty(9), name="a") for _ in range(2))
    torch.manual_seed(5)
    drawn = int(torch.empty((), dtype=torch.int64).random_())
    assert same_bits(a, kinit.fill_normal(torch.empty(9), seed=drawn, name="a"))
    assert not torch.equal(a, b)


def test_seed_and_generator_exclude_each_other():
    tensor = torch.full((3,), 7.0)
    with pytest.raises(ValueError, match="exclude"):
        init.normal_(tensor, generator=torch.Generator(), seed=1)
    for seed, error in ((-1, ValueError), (2**64, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="seed"):
            init.normal_(tensor, seed=seed)
    assert tensor.tolist() == [7.0] * 3


# ---- Tensors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*ALL_RANDOM, "ones_", "zeros_", "eye_"])
def test_parameters_that_require_grad(name):
    parameter = torch.nn.Parameter(torch.full((9, 8), 7.0))
    version = parameter._version
    keywords = {**ALL_RANDOM[name], "seed": 1} if name in ALL_RANDOM else {}
    assert call(name, parameter, **keywords) is parameter
    assert parameter._version > version
    assert parameter.requires_grad and parameter.is_leaf and parameter.grad_fn is None
    assert torch.equal(parameter, call(name, torch.empty(9, 8), **keywords))


def test_autograd_notices_the_fill():
    parameter = torch.nn.Parameter(torch.ones(4))
    loss = (parameter * parameter).sum()
    init.normal_(parameter)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def strided_views():
    yield "transposed", torch.full((8, 9), 7.0).t()
    yield "step", torch.full((18, 16), 7.0)[::2, ::2]
    yield "columns", torch.full((9, 20), 7.0)[:, 5:13]
    yield "permuted", torch.full((8, 2, 9), 7.0).permute(2, 1, 0)[:, 1]


@pytest.mark.parametrize("name", [*ALL_RANDOM, "ones_", "zeros_", "eye_"])
def test_strided_views(name):
    keywords = {**ALL_RANDOM[name], "seed": 1} if name in ALL_RANDOM else {}
    dense = call(name, torch.empty(9, 8), **keywords)
    for what, view in strided_views():
        outside = view._base.numel() - view.numel()
        call(name, view, **keywords)
        assert same_bits(view, dense), what
        assert int((view._base == 7.0).sum()) == outside, what


def test_inference_mode():
    with torch.inference_mode():
        tensor = init.normal_(torch.empty(5), seed=1)
    assert same_bits(tensor.clone(), kinit.fill_normal(torch.empty(5), seed=1))
    with pytest.raises(RuntimeError, match="inference tensor"):
        init.normal_(tensor)


# ---- What torch does itself ------------------------------------------------------------------------------------------


def test_meta_tensors_stay_meta():
    for name in ALL_RANDOM:
        tensor = torch.empty(9, 8, device="meta")
        assert call(name, tensor, **ALL_RANDOM[name], seed=1, name="a") is tensor


@pytest.mark.parametrize("dtype", [torch.complex64, torch.complex128])
def test_complex_tensors_are_torchs(dtype):
    torch.manual_seed(3)
    ours = init.normal_(torch.empty(9, 8, dtype=dtype))
    torch.manual_seed(3)
    assert torch.equal(ours, torch.nn.init.normal_(torch.empty(9, 8, dtype=dtype)))
    a, b, c = (init.normal_(torch.empty(9, 8, dtype=dtype), seed=1, name=name) for name in "aab")
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert a.imag.std() > 0.5


def test_sparse_tensors_are_torchs():
    def outcome(functions):
        tensor = torch.eye(3).to_sparse()
        return [result_of(getattr(functions, name), tensor) for name in ("zeros_", "normal_", "uniform_")]

    assert outcome(init) == outcome(torch.nn.init)


def test_negated_views_are_torchs():
    view = torch.zeros(4, dtype=torch.complex64).conj().imag
    assert view.is_neg()  # its memory holds the negatives
    assert init.ones_(view).tolist() == [1.0] * 4


def test_integers_are_torchs():
    tensor = init.constant_(torch.empty(3, dtype=torch.int32), 7)
    assert tensor.tolist() == [7, 7, 7]
    assert init.eye_(torch.empty(2, 2, dtype=torch.bool)).tolist() == [[True, False], [False, True]]


def test_fake_and_subclass_tensors_are_torchs():
    from torch._subclasses.fake_tensor import FakeTensorMode

    class Logged(torch.Tensor):
        calls = []

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.calls.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    with FakeTensorMode():
        assert init.normal_(torch.empty(3)).shape == (3,)
    init.normal_(torch.empty(3).as_subclass(Logged))
    assert torch.nn.init.normal_ in Logged.calls


def test_vmap_is_torchs():
    with pytest.raises(RuntimeError, match="randomness"):
        torch.vmap(init.normal_)(torch.empty(3, 4))
    result = torch.vmap(init.normal_, randomness="different")(torch.empty(3, 4))
    assert len(set(result.flatten().tolist())) == 12


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")
def test_cuda_tensors_have_streams_too():
    """kinit's, if this build has kernels for a GPU, else torch's."""
    a, b, c = (init.normal_(torch.empty(9, 8, device="cuda"), seed=1, name=name) for name in "aab")
    assert torch.equal(a, b) and not torch.equal(a, c)
    assert not _kinit.has_gpu() or torch.equal(a.cpu(), init.normal_(torch.empty(9, 8), seed=1, name="a"))


# ---- Exceptions and warnings -----------------------------------------------------------------------------------------


def result_of(function, *arguments, **keywords):
    """The exception and the warnings of a call."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            function(*arguments, **keywords)
            error = None
        except Exception as exception:
            error = (type(exception), str(exception).splitlines()[0])
    return error, [(warning.category, str(warning.message)) for warning in caught]


def matrix(*shape, dtype=torch.float32):
    return lambda: torch.full(shape or (3, 4), 7.0, dtype=dtype)


INF, NAN = math.inf, math.nan
UNUSUAL = [
    # What raises
    *[(name, matrix(5), ()) for name in ("xavier_uniform_", "xavier_normal_", "kaiming_uniform_", "kaiming_normal_")],
    *[(name, matrix(5), ()) for name in ("eye_", "dirac_", "orthogonal_")],
    ("eye_", matrix(2, 2, 2), ()),
    ("dirac_", matrix(2, 2), ()),
    ("dirac_", matrix(3, 2, 1), (2,)),
    ("dirac_", matrix(3, 2, 1), (0,)),
    ("dirac_", matrix(4, 2, 1), (-2,)),
    ("dirac_", matrix(4, 2, 1), (2.0,)),
    ("dirac_", matrix(2, 2, 0), ()),
    ("sparse_", matrix(5), (0.1,)),
    ("sparse_", matrix(2, 2, 2), (0.1,)),
    ("sparse_", matrix(), (NAN,)),
    ("sparse_", matrix(), (0.5, -1.0)),
    ("normal_", matrix(), (0.0, -1.0)),
    ("normal_", matrix(), (0.0, NAN)),
    ("normal_", matrix(), (0.0, "1")),
    ("normal_", matrix(0), (0.0, -1.0)),
    ("uniform_", matrix(), (2.0, 1.0)),
    ("uniform_", matrix(), (0.0, INF)),
    ("uniform_", matrix(), (NAN, 1.0)),
    ("uniform_", matrix(), (-3e38, 3e38)),
    ("uniform_", matrix(0), (2.0, 1.0)),
    ("uniform_", matrix(3, dtype=torch.float16), (0.0, 1e5)),
    ("constant_", matrix(), (1e300,)),
    ("constant_", matrix(3, dtype=torch.float16), (1e6,)),
    ("constant_", matrix(), ("1",)),
    ("trunc_normal_", matrix(), (0.0, 0.0)),
    ("trunc_normal_", matrix(), (0.0, 1.0, 2.0, 1.0)),
    ("xavier_normal_", matrix(), (-1.0,)),
    ("xavier_uniform_", matrix(), (-1.0,)),
    ("xavier_normal_", matrix(0, 0), ()),
    ("kaiming_normal_", matrix(), (0, "fan_avg")),
    ("kaiming_uniform_", matrix(), (0, "Fan")),
    ("kaiming_uniform_", matrix(), (0, 3)),
    ("kaiming_normal_", matrix(), (0, "fan_in", "ReLU")),
    ("kaiming_uniform_", matrix(), (True,)),
    ("kaiming_uniform_", matrix(), ("x",)),
    ("normal_", lambda: torch.full((1, 3), 7.0).expand(2, 3), ()),
    ("zeros_", lambda: torch.full((1, 3), 7.0).expand(2, 3), ()),
    # What warns
    ("kaiming_uniform_", matrix(0, 4), ()),
    ("kaiming_normal_", matrix(4, 0), (0, "neither")),
    ("trunc_normal_", matrix(), (0.0, 0.1, 0.5, 0.6)),
    ("trunc_normal_", matrix(), (2.0, 0.1, 0.5, 0.6)),
    ("trunc_normal_", matrix(0), (2.0, 0.1, 0.5, 0.6)),
    # What does neither
    ("trunc_normal_", matrix(), (0.0, 1.0, -INF, 1.0)),
    ("trunc_normal_", matrix(), (0.0, 1.0, 1.0, 1.0)),
    ("normal_", matrix(), (INF, 1.0)),
    ("normal_", matrix(), (True, False)),
    ("normal_", matrix(), (0.0, 0.0)),
    ("normal_", matrix(), (torch.tensor(1.0), 1)),
    ("uniform_", matrix(), (1.0, 1.0)),
    ("constant_", matrix(), (INF,)),
    ("constant_", matrix(), (torch.tensor(1.0),)),
    ("sparse_", matrix(), (-0.5,)),
    ("sparse_", matrix(), (2.0,)),
    ("xavier_normal_", matrix(0, 3), ()),
    ("orthogonal_", matrix(0, 3), ()),
    ("kaiming_normal_", matrix(), (0, "FAN_OUT", "selu")),
    ("normal_", lambda: torch.full((6,), 7.0).as_strided((3, 2), (1, 1)), ()),
]


@pytest.mark.parametrize(("name", "make", "parameters"), UNUSUAL, ids=lambda value: "" if callable(value) else str(value))
def test_exceptions_and_warnings_are_torchs(name, make, parameters):
    ours, theirs = make(), make()
    outcome = result_of(getattr(init, name), ours, *parameters)
    assert outcome == result_of(getattr(torch.nn.init, name), theirs, *parameters)
    if outcome[0] is not None:
        assert torch.equal(ours, theirs)


@pytest.mark.parametrize("name", ["normal_", "xavier_uniform_", "constant_", "sparse_"])
def test_missing_and_unknown_arguments(name):
    for arguments, keywords in (((), {}), ((torch.empty(3, 3),), {"unknown": 1})):
        ours = result_of(getattr(init, name), *arguments, **keywords)
        assert ours == result_of(getattr(torch.nn.init, name), *arguments, **keywords)
        assert ours[0][0] is TypeError


@pytest.mark.parametrize("name", [name for name in torch.nn.init.__all__ if f"{name}_" in torch.nn.init.__all__])
def test_deprecated_names_warn_as_torchs(name):
    parameters = {"constant": (1.0,), "sparse": (0.5,)}.get(name, ())
    shape = (2, 2, 1) if name == "dirac" else (3, 3)
    ours = result_of(getattr(init, name), torch.empty(shape), *parameters)
    assert ours == result_of(getattr(torch.nn.init, name), torch.empty(shape), *parameters)
    assert ours[1][0][0] is FutureWarning
    assert getattr(init, name).__name__ == name


def test_warnings_name_the_callers_line():
    for call_it in (
        lambda: init.kaiming_normal_(torch.empty(0, 3)),
        lambda: init.trunc_normal_(torch.empty(3), mean=9.0),
        lambda: init.normal(torch.empty(3)),
    ):
        with pytest.warns() as caught:
            call_it()
        assert caught[0].filename == __file__


def test_a_warning_as_error_changes_nothing():
    tensor = torch.full((3,), 7.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="more than 2 std"):
            init.trunc_normal_(tensor, mean=9.0)
    assert tensor.tolist() == [7.0] * 3
