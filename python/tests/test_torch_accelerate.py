"""kinit.torch.accelerate: torch's own initializers on kinit. SPDX-License-Identifier: Apache-2.0"""

import inspect
import math
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import kinit
import pytest

torch = pytest.importorskip("torch")

from torch.nn.init import (  # noqa: E402  by name, as torch's own modules do
    constant_,
    dirac_,
    eye_,
    kaiming_normal_,
    kaiming_uniform_,
    normal_,
    ones_,
    orthogonal_,
    sparse_,
    trunc_normal_,
    uniform_,
    xavier_normal_,
    xavier_uniform_,
    zeros_,
)

from kinit.torch import accelerate, init  # noqa: E402

RANDOM = {
    uniform_: dict(a=-0.5, b=0.25),
    normal_: dict(mean=0.5, std=0.1),
    trunc_normal_: dict(std=0.02, a=-0.04, b=0.04),
    xavier_uniform_: dict(gain=0.7),
    xavier_normal_: {},
    kaiming_uniform_: dict(a=math.sqrt(5)),
    kaiming_normal_: dict(nonlinearity="relu"),
    orthogonal_: {},
    sparse_: dict(sparsity=0.3),
}
FIXED = {constant_: (0.3,), ones_: (), zeros_: (), eye_: ()}


def stats_of(mode):
    return dict(mode.stats.taken_over), dict(mode.stats.passed_on)


@pytest.mark.parametrize("function", RANDOM, ids=lambda function: function.__name__)
def test_random_functions_run_on_kinit(function):
    name, keywords = function.__name__, RANDOM[function]
    with accelerate(seed=5) as mode:
        tensor = torch.nn.Parameter(torch.full((9, 8), 7.0))
        assert function(tensor, **keywords) is tensor
        getattr(torch.nn.init, name)(torch.empty(9, 8), **keywords)
    assert stats_of(mode) == ({name: 2}, {})
    assert torch.equal(tensor, getattr(init, name)(torch.empty(9, 8), **keywords, seed=5))


@pytest.mark.parametrize("function", FIXED, ids=lambda function: function.__name__)
def test_constant_functions_run_on_kinit(function):
    with accelerate() as mode:
        tensor = function(torch.full((9, 8), 7.0), *FIXED[function])
        dirac = dirac_(torch.full((4, 2, 3), 7.0), groups=2)
    assert stats_of(mode) == ({function.__name__: 1, "dirac_": 1}, {})
    assert torch.equal(tensor, function(torch.empty(9, 8), *FIXED[function]))
    assert torch.equal(dirac, dirac_(torch.empty(4, 2, 3), groups=2))


def test_methods_run_on_kinit():
    with accelerate(seed=5) as mode:
        tensors = [
            torch.empty(9).normal_(0.5, std=2.0),
            torch.empty(9).uniform_(-1, to=2),
            torch.empty(9).uniform_(**{"from": -1.0}),
            torch.Tensor.normal_(torch.empty(9)),
        ]
    assert stats_of(mode) == ({"normal_": 2, "uniform_": 2}, {})
    expected = [
        kinit.fill_normal(torch.empty(9), 0.5, 2.0, seed=5, subsequence=0),
        kinit.fill_uniform(torch.empty(9), -1.0, 2.0, seed=5, subsequence=1),
        kinit.fill_uniform(torch.empty(9), -1.0, 1.0, seed=5, subsequence=2),
        kinit.fill_normal(torch.empty(9), seed=5, subsequence=3),
    ]
    assert all(map(torch.equal, tensors, expected))


def test_short_and_long_ways_give_the_same():
    """Plain calls are done by compiled code; a bool, a NumPy scalar, strides or a keyword lead around it."""
    strided, numpy_scalar = torch.empty(3, 6).t(), math.prod(torch.tensor([0.5]).numpy())
    calls = [
        lambda x: x.normal_(0.5, True),
        lambda x: x.normal_(mean=0.5),
        lambda x: x.normal_(numpy_scalar, 1),
        lambda x: normal_(x, 0.5, std=1.0),
        lambda x: normal_(tensor=x, mean=0.5),
        lambda x: x.normal_(0.5, generator=None),
    ]
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16):
        expected = kinit.fill_normal(torch.empty(6, 3, dtype=dtype), 0.5, 1.0, seed=5)
        for call in calls:
            for tensor in (torch.empty(6, 3, dtype=dtype), strided.to(dtype)):
                with accelerate(seed=5) as mode:
                    result = call(tensor)
                assert result is tensor and torch.equal(tensor, expected) and tensor._version > 0
                assert stats_of(mode) == ({"normal_": 1}, {})
                assert dict(mode.stats.elements_taken_over) == {"normal_": 18}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
def test_short_kaiming_uniform_is_the_long_one(dtype):
    """kinit.torch.init has PyTorch's formula in Python, the short way that of the library."""
    for shape in ((4, 6), (64, 64), (3, 5, 7), (8, 1, 3, 3), (1, 999)):
        for a in (0, math.sqrt(5), -0.25, 1e3):
            with accelerate(seed=5):
                tensor = kaiming_uniform_(torch.empty(shape, dtype=dtype), a)
            assert torch.equal(tensor, init.kaiming_uniform_(torch.empty(shape, dtype=dtype), a, seed=5))
    with warnings.catch_warnings(), accelerate(seed=5):
        warnings.simplefilter("ignore")
        with pytest.raises(ValueError, match="fewer than 2 dimensions"):
            kaiming_uniform_(torch.empty(4, dtype=dtype))


@pytest.mark.parametrize("parameters", [(0.0, 1e300), (0.0, 70000.0), (1e39, 1.0), (0.0, -1.0), (0.0, 0.0)])
def test_short_calls_take_what_the_dtype_can_hold(parameters):
    for dtype, limit in ((torch.float16, 65504.0), (torch.float32, 3.5e38)):
        with warnings.catch_warnings(), accelerate(seed=5) as mode:
            warnings.simplefilter("ignore")
            try:
                torch.empty(3, dtype=dtype).normal_(*parameters)
            except RuntimeError:
                pass
        fits = max(parameters) <= limit and parameters[1] >= 0
        assert stats_of(mode) == (({"normal_": 1}, {}) if fits else ({}, {"normal_": 1}))


def test_calls_have_streams_of_their_own_and_a_seed_leaves_torchs_generator():
    before = torch.get_rng_state()
    with accelerate(seed=5):
        layers = [torch.nn.Linear(6, 4, bias=False) for _ in range(2)]
    assert torch.equal(before, torch.get_rng_state())
    for count, layer in enumerate(layers):
        expected = torch.empty(4, 6)
        kinit.fill_kaiming_uniform(expected, math.sqrt(5), seed=5, subsequence=count)
        assert torch.equal(layer.weight, expected)


def test_manual_seed_governs_without_a_seed():
    weights = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        with accelerate():
            weights.append(torch.nn.Linear(6, 4).weight)
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])
    torch.manual_seed(1)
    assert torch.equal(weights[0], init.kaiming_uniform_(torch.empty(4, 6), a=math.sqrt(5)))


def test_a_generator_of_the_call_governs():
    with accelerate(seed=5):
        a, b = (normal_(torch.empty(9), generator=torch.Generator().manual_seed(3)) for _ in range(2))
        c = normal_(torch.empty(9))
    assert torch.equal(a, b)
    assert torch.equal(c, kinit.fill_normal(torch.empty(9), seed=5, subsequence=2))


def test_a_transformer_of_torch_is_taken_over_whole():
    with accelerate() as mode, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.nn.Transformer(16, 2, 1, 1, 32)
        torch.nn.Conv2d(3, 4, 3)
        torch.nn.LSTM(3, 4)
        torch.nn.Embedding(5, 4, padding_idx=1)
    taken_over, passed_on = stats_of(mode)
    assert passed_on == {}
    assert {"kaiming_uniform_", "uniform_", "xavier_uniform_", "normal_", "ones_", "zeros_"} <= set(taken_over)


def test_what_kinit_cannot_do_is_passed_on():
    with pytest.warns(UserWarning, match="taken nothing over"), accelerate(seed=5) as mode:
        normal_(torch.empty(3, device="meta"))
        xavier_normal_(torch.empty(3, 3, dtype=torch.complex64))
        trunc_normal_(torch.empty(3), a=-math.inf)
        torch.empty(3).normal_(math.inf)
        with pytest.raises(RuntimeError, match="expects std >= 0"):
            normal_(torch.empty(3), std=-1.0)
        with pytest.raises(TypeError):
            normal_(torch.empty(3), unknown=1)
        with pytest.raises(ValueError, match="Unsupported nonlinearity"):
            kaiming_normal_(torch.empty(3, 3), nonlinearity="none")
    assert stats_of(mode) == ({}, {"normal_": 4, "xavier_normal_": 1, "trunc_normal_": 1})


def test_methods_that_autograd_watches_are_torchs():
    parameter = torch.nn.Parameter(torch.ones(4))
    with torch.no_grad():
        view = parameter[:2]
    with accelerate() as mode:
        for tensor in (parameter, parameter[:2], view):
            with pytest.raises(RuntimeError):
                tensor.normal_()
        result = (2 * parameter).uniform_()
        assert result.grad_fn is not None
        assert parameter.tolist() == [1.0] * 4
        with torch.no_grad():
            parameter.normal_()
    assert stats_of(mode) == ({"normal_": 1}, {"normal_": 3, "uniform_": 1})


def test_torch_is_as_before_outside():
    codes = {name: getattr(torch.nn.init, name).__code__ for name in torch.nn.init.__all__}
    torch.manual_seed(3)
    expected = [trunc_normal_(torch.empty(50)), torch.empty(50).normal_()]
    with pytest.raises(KeyError), accelerate(), accelerate():
        trunc_normal_(torch.empty(50))
        raise KeyError
    torch.manual_seed(3)
    assert all(map(torch.equal, expected, [trunc_normal_(torch.empty(50)), torch.empty(50).normal_()]))
    assert codes == {name: getattr(torch.nn.init, name).__code__ for name in torch.nn.init.__all__}
    assert list(inspect.signature(trunc_normal_).parameters) == ["tensor", "mean", "std", "a", "b", "generator"]


# ---- Everything else that is random ----------------------------------------------------------------------------------

HALF = torch.full((40,), 0.5)
OTHERS = {
    "rand": lambda: torch.rand(40),
    "randn": lambda: torch.randn(40),
    "rand_like": lambda: torch.rand_like(HALF),
    "randn_like": lambda: torch.randn_like(HALF),
    "randint": lambda: torch.randint(1000, (40,)),
    "randperm": lambda: torch.randperm(40),
    "normal": lambda: torch.normal(HALF, HALF),
    "bernoulli": lambda: torch.bernoulli(HALF),
    "poisson": lambda: torch.poisson(20 * HALF),
    "multinomial": lambda: torch.multinomial(HALF, 20),
    "dropout": lambda: torch.nn.functional.dropout(HALF),
    "random_": lambda: torch.empty(40).random_(),
    "exponential_": lambda: torch.empty(40).exponential_(),
    "bernoulli_": lambda: torch.empty(40).bernoulli_(),
    "cauchy_": lambda: torch.empty(40).cauchy_(),
    "geometric_": lambda: torch.empty(40).geometric_(0.1),
    "log_normal_": lambda: torch.empty(40).log_normal_(),
}
UNLISTED = {  # which no mode sees as random
    "torch.distributions": lambda: torch.distributions.Gamma(HALF, HALF).sample(),
    "svd_lowrank": lambda: torch.svd_lowrank(torch.eye(9), 2)[0],
}


def drawn(seed, call):
    with accelerate(seed=seed) as mode:
        normal_(torch.empty(3))
        return [call(), call(), normal_(torch.empty(3))], mode


@pytest.mark.parametrize("name", [*OTHERS, *UNLISTED])
def test_a_seed_decides_all_that_torch_draws(name):
    call = {**OTHERS, **UNLISTED}[name]
    (first, second, ours), mode = drawn(1, call)
    before = torch.get_rng_state()
    again, _ = drawn(1, call)
    assert torch.equal(before, torch.get_rng_state())
    assert all(map(torch.equal, (first, second, ours), again))
    assert not torch.equal(first, second)
    assert not torch.equal(first, drawn(2, call)[0][0])
    assert torch.equal(ours, kinit.fill_normal(torch.empty(3), seed=1, subsequence=1))
    if name in OTHERS:
        assert dict(mode.stats.other) == {name: 2}
        assert dict(mode.stats.elements_other) == {name: 2 * first.numel()}


def test_torchs_generator_is_as_before_an_exception_and_between_contexts():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), accelerate(seed=1):
        first = torch.rand(3)
        with accelerate(seed=2):
            normal_(torch.empty(3))
            torch.rand(3)
        second = torch.rand(3)
        raise KeyError
    assert torch.equal(before, torch.get_rng_state())
    with accelerate(seed=1):
        normal_(torch.empty(3))
        assert torch.equal(torch.rand(3), first) and torch.equal(torch.rand(3), second)


def test_manual_seed_governs_torchs_functions_too_without_a_seed():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    with accelerate() as mode:
        assert torch.equal(torch.rand(3), expected)
        normal_(torch.empty(3))
    assert dict(mode.stats.other) == {"rand": 1}


def test_elements_are_counted():
    with accelerate(seed=1) as mode:
        torch.nn.Linear(6, 4)
        torch.empty(2, 3).normal_()
        normal_(torch.empty(5, 5, device="meta"))
    assert dict(mode.stats.elements_taken_over) == {"kaiming_uniform_": 24, "uniform_": 4, "normal_": 6}
    assert dict(mode.stats.elements_passed_on) == {"normal_": 25}


def test_a_context_that_took_nothing_over_says_what_torch_did():
    with pytest.warns(UserWarning, match="nothing over: torch did normal_ 1 times, rand 2 times") as found:
        with accelerate():
            torch.rand(3), torch.rand(3)
            normal_(torch.empty(3, device="meta"))
    assert found[0].filename == __file__
    with pytest.warns(UserWarning, match="there was no call to take over"), accelerate(seed=1):
        pass
    with warnings.catch_warnings(), pytest.raises(KeyError), accelerate():
        warnings.simplefilter("error")
        raise KeyError


def test_inside_transforms_torch_does_it():
    with accelerate(seed=1) as mode:
        normal_(torch.empty(3))
        rows = torch.vmap(lambda x: torch.empty_like(x).normal_(), randomness="different")(torch.zeros(2, 3))
    assert not torch.equal(rows[0], rows[1])
    assert dict(mode.stats.passed_on) == {"normal_": 1}


def test_generators_outside_of_torch_are_named():
    import random

    import numpy

    with accelerate(seed=1) as mode:
        normal_(torch.empty(3))
    assert mode.stats.other_generators == set()
    with mode:
        random.random()
    assert mode.stats.other_generators == {"random"}
    with accelerate() as mode:
        normal_(torch.empty(3))
        numpy.random.rand(3)
        with mode:
            pass
    assert mode.stats.other_generators == {"numpy.random"}


# ---- Threads ---------------------------------------------------------------------------------------------------------

DRAWS = {
    "nn.init": lambda: trunc_normal_(torch.empty(50)),
    "module": lambda: torch.nn.Linear(5, 5, bias=False).weight,
    "method": lambda: torch.empty(50).normal_(),
}


def result_in(thread_of, draw):
    """What a draw returns, or raises, in another thread."""
    results = []

    def work():
        try:
            results.append(draw())
        except RuntimeError as error:
            results.append(error)

    thread_of(work)
    return results[0]


def new_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def pooled_thread(work):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.parametrize("thread_of", [new_thread, pooled_thread])
@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_threads_that_start_inside_are_inside(draw, thread_of):
    torch.manual_seed(3)
    with accelerate():
        expected = draw()
    torch.manual_seed(3)
    with accelerate() as mode:
        assert torch.equal(result_in(thread_of, draw), expected)
    assert mode.stats.taken_over.total() == 1


@pytest.mark.parametrize("thread_of", [new_thread, pooled_thread])
@pytest.mark.parametrize("draw", [*DRAWS.values(), OTHERS["rand"]], ids=[*DRAWS, "rand"])
def test_a_seed_refuses_threads_that_start_inside(draw, thread_of):
    with accelerate(seed=1) as mode:
        normal_(torch.empty(3))
        assert "Build the model in one thread" in str(result_in(thread_of, draw))
        given = result_in(thread_of, lambda: normal_(torch.empty(3), generator=torch.Generator().manual_seed(3)))
        ones = result_in(thread_of, lambda: ones_(torch.empty(3)))
    assert torch.equal(given, init.normal_(torch.empty(3), generator=torch.Generator().manual_seed(3)))
    assert ones.tolist() == [1.0] * 3
    assert dict(mode.stats.taken_over) == {"normal_": 2, "ones_": 1}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_threads_that_were_there_before(draw):
    with ThreadPoolExecutor(1) as pool:
        pool.submit(torch.manual_seed, 3).result()
        expected = draw()
        with accelerate() as mode:
            pool.submit(draw).result()
        assert mode.stats.taken_over.total() == 1
        with accelerate(seed=1):
            normal_(torch.empty(3))
            with pytest.raises(RuntimeError, match="Build the model in one thread"):
                pool.submit(draw).result()
        torch.manual_seed(3)
        assert torch.equal(pool.submit(draw).result(), expected)


OTHER_DRAWS = {
    "rand": lambda: torch.rand(3),
    "randn_like": lambda: torch.randn_like(torch.empty(3)),
    "exponential_": lambda: torch.empty(3).exponential_(),
    "dropout": lambda: torch.nn.Dropout(0.5)(torch.ones(3)),
}


@pytest.mark.parametrize("name", OTHER_DRAWS)
def test_other_draws_of_threads_that_were_there_before(name):
    """They would take numbers from the generator that the seed decides."""
    draw, uniform = OTHER_DRAWS[name], torch.Tensor.uniform_
    with ThreadPoolExecutor(1) as pool:
        pool.submit(torch.manual_seed, 3).result()
        expected = draw()
        torch.manual_seed(3)
        with accelerate() as mode:
            normal_(torch.empty(3), generator=torch.Generator())
            assert torch.equal(pool.submit(draw).result(), expected)
        assert dict(mode.stats.other) == {name: 1}
        with accelerate(seed=1) as mode:
            assert torch.Tensor.uniform_ is not uniform
            first = normal_(torch.empty(3)), torch.rand(3), torch.empty(3).uniform_()
            with pytest.raises(RuntimeError, match="Build the model in one thread"):
                pool.submit(draw).result()
            pool.submit(lambda: torch.rand(3, generator=torch.Generator().manual_seed(3))).result()
        assert torch.Tensor.uniform_ is uniform and "uniform_" not in vars(torch.Tensor)
        assert mode.stats.taken_over == {"normal_": 1, "uniform_": 1} and mode.stats.other == {"rand": 2}
    with accelerate(seed=1):  # without other threads
        again = normal_(torch.empty(3)), torch.rand(3), torch.empty(3).uniform_()
    assert all(map(torch.equal, first, again))


def test_threads_with_a_context_of_their_own():
    def in_context(seed):
        with accelerate(seed) as mode:
            normal_(torch.empty(3))
        return dict(mode.stats.taken_over)

    with ThreadPoolExecutor(1) as pool:
        for seed in (None, 2):
            with accelerate() as mode:
                normal_(torch.empty(3))
                assert pool.submit(in_context, seed).result() == {"normal_": 1}
            assert stats_of(mode) == ({"normal_": 1}, {})
        with accelerate(seed=1) as mode:
            normal_(torch.empty(3))
            with pytest.raises(RuntimeError, match="Build the model in one thread"):
                pool.submit(in_context, None).result()
            with pytest.raises(RuntimeError, match="another thread is in accelerate with a seed"):
                pool.submit(in_context, 2).result()
        assert stats_of(mode) == ({"normal_": 1}, {})


def test_drawing_a_seed_is_no_random_call_of_the_model():
    with accelerate(seed=1) as outer:
        normal_(torch.empty(3))
        with accelerate() as inner:
            normal_(torch.empty(3))
    assert stats_of(inner) == ({"normal_": 1}, {})
    assert outer.stats.other.total() == 0


def test_a_thread_that_goes_on_after_the_context():
    torch.manual_seed(3)
    expected = DRAWS["method"]()
    go_on, results = threading.Event(), []
    start = threading.Thread.start
    with accelerate(seed=1) as mode:
        normal_(torch.empty(3))
        thread = threading.Thread(target=lambda: (go_on.wait(60), results.append(DRAWS["method"]())))
        thread.start()
    torch.manual_seed(3)
    go_on.set()
    thread.join()
    assert torch.equal(results[0], expected) and stats_of(mode) == ({"normal_": 1}, {})
    assert threading.Thread.start is start


# ---- Other modes -----------------------------------------------------------------------------------------------------


def test_contexts_nest_and_other_modes_go_on():
    with accelerate(seed=1) as outer, torch.device("meta"):
        with accelerate(seed=2) as inner:
            tensor = trunc_normal_(torch.empty(9, device="cpu"))
            assert torch.nn.Linear(2, 2).weight.is_meta
        normal_(torch.empty(9, device="cpu"))
    assert torch.equal(tensor, init.trunc_normal_(torch.empty(9), seed=2))
    assert stats_of(inner) == ({"trunc_normal_": 1}, {"kaiming_uniform_": 1, "uniform_": 1})
    assert stats_of(outer) == ({"normal_": 1}, {"kaiming_uniform_": 1, "uniform_": 1})


def test_a_context_may_be_entered_again():
    with accelerate(seed=5) as mode:
        with mode:
            first = torch.empty(9).normal_()
        second = torch.empty(9).normal_()
    with mode:
        third = normal_(torch.empty(9))
    assert stats_of(mode) == ({"normal_": 3}, {})
    for count, tensor in enumerate((first, second, third)):
        assert torch.equal(tensor, kinit.fill_normal(torch.empty(9), seed=5, subsequence=count))


def test_deprecated_names_are_taken_over():
    with accelerate() as mode, pytest.warns(FutureWarning, match="xavier_normal_"):
        torch.nn.init.xavier_normal(torch.empty(3, 3))
    assert stats_of(mode) == ({"xavier_normal_": 1}, {})


@pytest.mark.parametrize(("seed", "error"), [(-1, ValueError), (2**64, ValueError), (1.5, TypeError), ("1", TypeError)])
def test_seeds_out_of_range(seed, error):
    with pytest.raises(error):
        accelerate(seed=seed)
