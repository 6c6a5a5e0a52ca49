"""kinit.torch.init_module_: weights that depend on names alone. SPDX-License-Identifier: Apache-2.0"""

import math
import warnings

import kinit
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from kinit.torch import init, init_module_  # noqa: E402

SEED = 11


def assert_same(a, b):
    a, b = a.state_dict(), b.state_dict()
    assert set(a) == set(b)
    for name in a:
        assert torch.equal(a[name], b[name]), name


class Block(nn.Module):
    """Submodules in either order, and perhaps one more."""

    def __init__(self, backwards=False, more=False):
        super().__init__()
        torch.randn(3)  # moves torch's generator
        makers = {
            "up": lambda: nn.Linear(6, 8),
            "down": lambda: nn.Linear(8, 6),
            "norm": lambda: nn.LayerNorm(6),
            "convolution": lambda: nn.Conv2d(3, 4, 3),
            "table": lambda: nn.Embedding(5, 6, padding_idx=1),
            "attention": lambda: nn.MultiheadAttention(6, 2, add_bias_kv=True),
            "recurrent": lambda: nn.LSTM(6, 4, num_layers=2),
            "batch": lambda: nn.BatchNorm1d(6),
            "bilinear": lambda: nn.Bilinear(2, 3, 4),
            "slope": lambda: nn.PReLU(),
        }
        for name, make in reversed(makers.items()) if backwards else makers.items():
            setattr(self, name, make())
        if more:
            self.a_first = nn.Linear(6, 6)
            self.z_last = nn.Linear(6, 6)


def test_order_and_other_modules_do_not_matter():
    torch.manual_seed(1)
    first = init_module_(Block(), SEED)
    second = Block(backwards=True, more=True)
    assert init_module_(second, SEED) is second
    del second.a_first, second.z_last
    assert_same(first, second)
    other = init_module_(Block(), SEED + 1).state_dict()
    same = [name for name, tensor in first.state_dict().items() if torch.equal(tensor, other[name])]
    fixed = ("norm", "batch", "slope", "attention.in_proj_bias", "attention.out_proj.bias")
    assert all(name.startswith(fixed) for name in same)


def test_weights_are_those_of_the_modules_schemes():
    block = init_module_(Block(), SEED)
    expected = init.kaiming_uniform_(torch.empty(8, 6), a=math.sqrt(5), seed=SEED, name="up.weight")
    assert torch.equal(block.up.weight, expected)
    bound = 1 / math.sqrt(6)
    assert torch.equal(block.up.bias, init.uniform_(torch.empty(8), -bound, bound, seed=SEED, name="up.bias"))
    assert torch.equal(
        block.attention.in_proj_weight,
        init.xavier_uniform_(torch.empty(18, 6), seed=SEED, name="attention.in_proj_weight"),
    )
    assert block.attention.in_proj_bias.tolist() == [0.0] * 18
    assert torch.equal(
        block.attention.bias_k, init.xavier_normal_(torch.empty(1, 1, 6), seed=SEED, name="attention.bias_k")
    )
    table = init.normal_(torch.empty(5, 6), seed=SEED, name="table.weight")
    table[1] = 0
    assert torch.equal(block.table.weight, table)
    assert torch.equal(
        block.recurrent.weight_hh_l1,
        kinit.fill_uniform(torch.empty(16, 4), -0.5, 0.5, seed=SEED, name="recurrent.weight_hh_l1"),
    )
    assert block.norm.weight.tolist() == [1.0] * 6


def test_a_module_that_initialises_its_childrens_parameters():
    def transformer():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nn.Transformer(8, 2, 1, 1, 16)

    module = init_module_(transformer(), SEED)
    name = "encoder.layers.0.linear1.weight"
    assert torch.equal(module.get_parameter(name), init.xavier_uniform_(torch.empty(16, 8), seed=SEED, name=name))


def test_torchs_generator_and_requires_grad_stay():
    block = Block()
    before = torch.get_rng_state()
    version = block.up.weight._version
    init_module_(block, SEED)
    assert torch.equal(before, torch.get_rng_state())
    assert block.up.weight._version > version
    assert all(parameter.requires_grad for parameter in block.parameters())


class Odd(nn.Module):
    """Fills parts, temporaries and buffers, twice, by old means, and with torch's own generator."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(4, 6))
        self.twice = nn.Parameter(torch.zeros(8))
        self.old = nn.Parameter(torch.zeros(8))
        self.free = nn.Parameter(torch.zeros(8))
        self.temporaries = nn.Parameter(torch.zeros(2, 8))
        self.register_buffer("frequencies", torch.zeros(8))
        self.first = None
        self.reset_parameters()

    def reset_parameters(self):
        for part in (self.weight[:2], self.weight[2:, :3], self.weight[2:, 3:]):
            nn.init.normal_(part)
        nn.init.normal_(self.twice)
        self.first = self.twice.detach().clone()
        nn.init.normal_(self.twice)
        self.old.data.normal_()
        self.free.data.copy_(torch.randn(8))
        for row in range(2):
            self.temporaries.data[row].copy_(torch.empty(8).normal_())
        self.frequencies.normal_()


def test_parts_temporaries_and_repeated_fills_are_all_different():
    module = nn.ModuleDict({"a": Odd(), "b": Odd()})
    init_module_(module, SEED)
    values = [module[key].first.flatten() for key in "ab"]
    values += [tensor.flatten() for tensor in module.state_dict().values()]
    values = torch.cat(values).tolist()
    assert len(values) == 2 * (24 + 8 * 4 + 16 + 8)
    assert len(set(values)) == len(values)


def test_odd_modules_depend_on_their_names_alone():
    first = init_module_(nn.ModuleDict({"a": Odd(), "b": Odd()}), SEED)
    torch.manual_seed(123)
    second = init_module_(nn.ModuleDict({"b": Odd(), "0": nn.Linear(2, 2), "a": Odd()}), SEED)
    del second["0"]
    assert_same(first, second)
    assert torch.equal(first["a"].old, init.normal_(torch.empty(8), seed=SEED, name="a.old"))
    assert torch.equal(first["a"].first, init.normal_(torch.empty(8), seed=SEED, name="a.twice"))
    assert torch.equal(first["a"].frequencies, init.normal_(torch.empty(8), seed=SEED, name="a.frequencies"))


@pytest.mark.parametrize("order", [("embedding", "head"), ("head", "embedding")])
def test_tied_parameters_belong_to_the_first_name(order):
    module = nn.Module()
    for name in order:
        setattr(module, name, {"embedding": nn.Embedding(5, 4), "head": nn.Linear(4, 5, bias=False)}[name])
    module.head.weight = module.embedding.weight
    init_module_(module, SEED)
    assert module.head.weight is module.embedding.weight
    assert torch.equal(module.head.weight, init.normal_(torch.empty(5, 4), seed=SEED, name="embedding.weight"))


def test_a_shared_module_is_initialised_once():
    shared = nn.Linear(3, 3)
    module = init_module_(nn.ModuleDict({"z": shared, "b": shared}), SEED)
    expected = init.kaiming_uniform_(torch.empty(3, 3), a=math.sqrt(5), seed=SEED, name="b.weight")
    assert torch.equal(module["z"].weight, expected)


def test_untouched_parameters_are_named():
    module = nn.Sequential(nn.Linear(2, 2), nn.ParameterList([torch.ones(3)]))
    with pytest.warns(UserWarning, match=r"no reset_parameters fills them: 1\.0$") as caught:
        init_module_(module, SEED)
    assert caught[0].filename == __file__
    assert module[1][0].tolist() == [1.0] * 3
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        init_module_(Block(), SEED)
        init_module_(Odd(), SEED)


def test_lazy_meta_and_complex_modules():
    lazy = nn.LazyLinear(3)
    init_module_(lazy, SEED)
    assert lazy.has_uninitialized_params()
    meta = nn.Linear(3, 3, device="meta")
    assert init_module_(meta, SEED).weight.is_meta
    first, second = (nn.Linear(3, 3, dtype=torch.complex64) for _ in range(2))
    assert_same(init_module_(first, SEED), init_module_(second, SEED))
    assert len(set(first.weight.flatten().tolist())) == 9


def test_bfloat16_is_the_rounded_float32():
    narrow = init_module_(nn.Linear(6, 8).to(torch.bfloat16), SEED)
    wide = init_module_(nn.Linear(6, 8), SEED)
    assert torch.equal(narrow.weight, wide.weight.to(torch.bfloat16))


def test_an_error_in_reset_parameters_comes_through_and_restores_the_generator():
    class Broken(nn.Linear):
        def reset_parameters(self):
            torch.randn(3)
            if hasattr(self, "ready"):
                raise KeyError("broken")

    module = Broken(2, 2)
    module.ready = True
    before = torch.get_rng_state()
    with pytest.raises(KeyError):
        init_module_(module, SEED)
    assert torch.equal(before, torch.get_rng_state())
    tensor = torch.nn.init.ones_(torch.empty(3))
    assert tensor.tolist() == [1.0] * 3


@pytest.mark.parametrize(
    ("seed", "error"), [(-1, ValueError), (2**64, ValueError), (1.5, TypeError), (None, TypeError)]
)
def test_seeds_out_of_range(seed, error):
    module = nn.Linear(2, 2)
    before = module.weight.tolist()
    with pytest.raises(error):
        init_module_(module, seed)
    assert module.weight.tolist() == before
