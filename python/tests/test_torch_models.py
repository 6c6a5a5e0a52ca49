"""kinit.torch.init_module_ on models of transformers, diffusers, timm and torchtitan: their own initialization, parameter by
parameter, against what torch makes of their constructors. SPDX-License-Identifier: Apache-2.0"""

import importlib.util
import re
import warnings

import pytest

torch = pytest.importorskip("torch")
stats = pytest.importorskip("scipy.stats")

import architectures  # noqa: E402
import kinit  # noqa: E402
from kinit.torch import init_module_  # noqa: E402

SEED = 5
OWN = 3  # models that torch makes for the comparison

# Set by the constructors alone: no function of the libraries computes them again. After to_empty they are named.
LEFT = {"clip": r"logit_scale", "timm_convnext": r"stages\.\d\.blocks\.0\.gamma"}


def build(make):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


def tensors_of(model):
    return dict([*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)])


def empty_model(make):
    """From meta, in memory that holds what no initializer writes; the version counters stay at 0."""
    with torch.device("meta"):
        model = build(make)
    model.to_empty(device="cpu")
    for tensor in tensors_of(model).values():
        tensor.data.fill_(float("nan") if tensor.is_floating_point() else 77)
        assert tensor._version == 0
    return model


def initialised(model, left):
    """Initialises it, and checks the report: left is a pattern for the names that no one writes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        report = init_module_(model, SEED)
    tensors = tensors_of(model)
    names = {min(name for name in tensors if tensors[name] is tensor) for tensor in tensors.values()}
    groups = (report.filled, report.by_torch, report.untouched)
    assert sorted(name for group in groups for name in group) == sorted(names)
    assert all(list(group) == sorted(group) for group in groups)
    written = [name for name in report.untouched if not re.fullmatch(left or "-", name)]
    assert all(tensors_of(model)[name]._version == 0 for name in written)
    assert [str(w.message).count("has not initialised") for w in caught] == ([1] if left else [])
    return report


def assert_like(values, own, name):
    """Whether values are what several constructions of torch gave: equal if those are equal, else distributed alike."""
    if all(torch.equal(own[0], other) for other in own[1:]):
        assert torch.equal(values, own[0]), name
        return
    values = values.detach().double().flatten()
    pool = torch.cat([tensor.detach().double().flatten() for tensor in own])
    spread, count = float(pool.std()), values.numel()
    kurtosis = float(((pool - pool.mean()) / spread).pow(4).mean())
    error = (1 / count + 1 / pool.numel()) ** 0.5
    assert abs(float(values.mean() - pool.mean())) < 5.5 * spread * error, name
    if count >= 16:
        assert abs(float(values.std()) / spread - 1) < 5.5 * (kurtosis - 1) ** 0.5 / 2 * error, name
    assert stats.ks_2samp(values.numpy(), pool.numpy()).pvalue > 1e-6, name


@pytest.mark.parametrize("make", architectures.ALL, ids=lambda make: make.__name__)
def test_a_models_own_initialization(make):
    packages = {"unet": "diffusers", "torchtitan_llama": "torchtitan"}
    package = packages.get(make.__name__, "timm" if "timm" in make.__name__ else "transformers")
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    torch.manual_seed(1)
    own = [tensors_of(build(make)) for _ in range(OWN)]
    left = LEFT.get(make.__name__)
    model = empty_model(make)
    report = initialised(model, left)
    result = tensors_of(model)
    assert set(result) == set(own[0])
    for name, tensor in result.items():
        if left and re.fullmatch(left, name):
            assert tensor.isnan().all() and name in report.untouched
        else:
            assert_like(tensor, [tensors[name] for tensors in own], name)
    assert_streams(result, report)
    built = build(make)
    initialised(built, left)
    for name, tensor in tensors_of(built).items():
        expected = own[0][name] if left and re.fullmatch(left, name) else result[name]
        assert torch.equal(tensor, expected), name
    assert tied_pairs(model) == tied_pairs(built)


def tied_pairs(model):
    tensors = tensors_of(model)
    return {(a, b) for a in tensors for b in tensors if a < b and tensors[a] is tensors[b]}


def assert_streams(result, report):
    """Numbers are increasing functions of those of kinit's stream of the parameter's name, for each that is random."""
    for name in report.filled:
        tensor = result[name].detach()
        if tensor.numel() < 64 or len(tensor.unique()) < tensor.numel() / 2:
            continue
        found = 0
        for fill in (kinit.fill_normal, kinit.fill_uniform, truncated):
            unit = fill(torch.empty(tensor.shape), seed=SEED, name=name)
            found += stats.spearmanr(tensor.flatten(), unit.flatten()).statistic > 0.98
        assert found >= 1, name


def truncated(unit, **stream):
    return kinit.fill_truncated_normal(unit, 0.0, 0.02, -2.0, 2.0, **stream)
