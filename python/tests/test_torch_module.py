"""kinit.torch.init_module_: weights that depend on names alone. SPDX-License-Identifier: Apache-2.0"""

import itertools
import math
import warnings

import kinit
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from kinit.torch import init, init_module_  # noqa: E402

SEED = 11


def initialised(module, seed=SEED, **keywords):
    init_module_(module, seed, **keywords)
    return module


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
    first = initialised(Block())
    second = initialised(Block(backwards=True, more=True))
    del second.a_first, second.z_last
    assert_same(first, second)
    other = initialised(Block(), SEED + 1).state_dict()
    same = [name for name, tensor in first.state_dict().items() if torch.equal(tensor, other[name])]
    fixed = ("norm", "batch", "slope", "attention.in_proj_bias", "attention.out_proj.bias")
    assert all(name.startswith(fixed) for name in same)


def test_weights_are_those_of_the_modules_schemes():
    block = initialised(Block())
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

    module = initialised(transformer())
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
    first = initialised(nn.ModuleDict({"a": Odd(), "b": Odd()}))
    torch.manual_seed(123)
    second = initialised(nn.ModuleDict({"b": Odd(), "0": nn.Linear(2, 2), "a": Odd()}))
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
    module = initialised(nn.ModuleDict({"z": shared, "b": shared}))
    expected = init.kaiming_uniform_(torch.empty(3, 3), a=math.sqrt(5), seed=SEED, name="b.weight")
    assert torch.equal(module["z"].weight, expected)


def test_untouched_parameters_are_named():
    module = nn.Sequential(nn.Linear(2, 2), nn.ParameterList([torch.ones(3)]))
    with pytest.warns(UserWarning, match=r"has not initialised 1\.0: nothing in the module fills them$") as caught:
        report = init_module_(module, SEED)
    assert caught[0].filename == __file__
    assert (report.filled, report.by_torch, report.untouched) == (("0.bias", "0.weight"), (), ("1.0",))
    assert module[1][0].tolist() == [1.0] * 3
    with pytest.raises(RuntimeError, match=r"has not initialised 1\.0"):
        init_module_(module, SEED, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        init_module_(Block(), SEED, strict=True)
        init_module_(Odd(), SEED, strict=True)


def test_the_report_tells_who_wrote():
    report = init_module_(nn.ModuleDict({"odd": Odd(), "batch": nn.BatchNorm1d(3)}), SEED)
    assert report.filled == ("batch.bias", "batch.weight", "odd.frequencies", "odd.old", "odd.twice", "odd.weight")
    counters = ("batch.num_batches_tracked", "batch.running_mean", "batch.running_var")
    assert report.by_torch == (*counters, "odd.free", "odd.temporaries")
    assert report.untouched == ()


@pytest.mark.parametrize("build", [lambda: nn.Linear(3, 3, device="meta"), lambda: nn.BatchNorm1d(3, device="meta")])
def test_a_module_on_meta_is_refused(build):
    module = nn.Sequential(nn.Linear(2, 2), build())
    before = module[0].weight.tolist()
    with pytest.raises(ValueError, match=r"no memory for 1\.bias, 1\.[a-z_, 1.]*weight, which are on the device meta"):
        init_module_(module, SEED)
    assert module[0].weight.tolist() == before


class Rotary(nn.Module):
    """A buffer that the constructor alone computes, or a method too."""

    def __init__(self):
        super().__init__()
        self.register_buffer("frequencies", self.compute(), persistent=False)

    def compute(self):
        return 2.0 ** -torch.arange(4)


class Resettable(Rotary):
    def reset_buffers(self):
        self.frequencies = self.compute()


def test_buffers_that_nothing_writes_after_to_empty():
    def attention(rotary):
        with torch.device("meta"):
            module = nn.ModuleDict({"rotary": rotary(), "up": nn.Linear(2, 2)})
        return module.to_empty(device="cpu")

    with pytest.warns(UserWarning, match=r"has not initialised rotary\.frequencies: "):
        report = init_module_(attention(Rotary), SEED)
    assert report.untouched == ("rotary.frequencies",)
    module = attention(Resettable)
    report = init_module_(module, SEED, strict=True)
    assert (report.by_torch, report.untouched) == (("rotary.frequencies",), ())
    assert module["rotary"].frequencies.tolist() == [1.0, 0.5, 0.25, 0.125]
    built = nn.ModuleDict({"rotary": Rotary(), "up": nn.Linear(2, 2)})
    report = init_module_(built, SEED, strict=True)  # its constructor has computed it
    assert report.untouched == ("rotary.frequencies",)
    assert built["rotary"].frequencies.tolist() == [1.0, 0.5, 0.25, 0.125]


class Titan(nn.Module):
    """torchtitan's protocol, which a mixture of its versions has: the model initialises all that is inside."""

    def __init__(self, depth=2):
        super().__init__()
        self.table = nn.Embedding(16, 8)
        self.layers = nn.ModuleDict({str(i): nn.Linear(8, 8) for i in range(depth)})
        self.register_buffer("cache", torch.zeros(4), persistent=False)

    def init_weights(self, buffer_device=None):
        assert buffer_device == torch.device("cpu")
        nn.init.normal_(self.table.weight)
        for depth, layer in enumerate(self.layers.values()):
            nn.init.trunc_normal_(layer.weight, std=0.02 / (depth + 1))
            nn.init.zeros_(layer.bias)
        with torch.device(buffer_device):
            self.cache = torch.arange(4.0)


class States(Titan):
    init_weights = None

    def init_states(self, *, buffer_device=None):
        Titan.init_weights(self, buffer_device)


@pytest.mark.parametrize("kind", [Titan, States])
def test_the_model_initialises_all_inside(kind):
    with torch.device("meta"):
        module = nn.Sequential(kind())
    report = init_module_(module.to_empty(device="cpu"), SEED, strict=True)
    assert report.by_torch == ("0.cache",)
    assert module[0].cache.tolist() == [0.0, 1.0, 2.0, 3.0]
    name = "0.layers.1.weight"
    expected = init.trunc_normal_(torch.empty(8, 8), std=0.01, seed=SEED, name=name)
    assert torch.equal(module.get_parameter(name), expected)
    assert not module.get_parameter("0.layers.1.bias").any()


class Applied(nn.Module):
    """The usual _init_weights for each module."""

    def __init__(self):
        super().__init__()
        self.up = nn.Linear(8, 16)
        self.norm = nn.LayerNorm(16)
        self.apply(self._init_weights)

    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
            module.weight.data.mul_(0.5)


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.up = nn.Linear(8, 16)

    def _init_weights(self):
        nn.init.normal_(self.up.weight, std=0.02)


def test_init_weights_without_an_argument():
    module = initialised(Named())
    assert torch.equal(module.up.weight, init.normal_(torch.empty(16, 8), std=0.02, seed=SEED, name="up.weight"))


def test_init_weights_for_each_module():
    module = initialised(nn.ModuleList([Applied()]))[0]
    assert torch.equal(module.up.weight, init.normal_(torch.empty(16, 8), std=0.02, seed=SEED, name="0.up.weight") * 0.5)
    bound = 1 / math.sqrt(8)
    assert torch.equal(module.up.bias, init.uniform_(torch.empty(16), -bound, bound, seed=SEED, name="0.up.bias"))
    assert module.norm.weight.tolist() == [1.0] * 16


def test_a_callable_takes_the_place_of_all():
    def initialize(module):
        for parameter in module[0].parameters():
            nn.init.normal_(parameter)
            nn.init.normal_(parameter, std=3.0)  # nobody has used the first numbers: the same stream

    module = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    before = module[1].weight.tolist()
    with pytest.warns(UserWarning, match=r"has not initialised 1\.bias, 1\.weight"):
        report = init_module_(module, SEED, initialize=initialize)
    assert (report.filled, report.untouched) == (("0.bias", "0.weight"), ("1.bias", "1.weight"))
    assert torch.equal(module[0].weight, init.normal_(torch.empty(8, 8), std=3.0, seed=SEED, name="0.weight"))
    assert module[1].weight.tolist() == before


def test_numbers_that_were_used_do_not_come_again():
    def initialize(module):
        while float(nn.init.normal_(module.weight).max()) > 1.5:  # for ever, if the numbers were the same
            pass

    module = nn.Linear(8, 4, bias=False)
    init_module_(module, SEED, initialize=initialize)
    names = itertools.chain(["weight"], (f"weight#{count}" for count in itertools.count(1)))
    tries = (init.normal_(torch.empty(4, 8), seed=SEED, name=name) for name in names)
    used, expected = next((count, numbers) for count, numbers in enumerate(tries) if float(numbers.max()) <= 1.5)
    assert used > 0
    assert torch.equal(module.weight, expected)


def test_wrappers_do_not_change_names():
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

    wrapped = nn.ModuleDict({"a": checkpoint_wrapper(Applied()), "b": torch.compile(nn.Linear(3, 3))})
    assert "b._orig_mod.weight" in dict(wrapped.named_parameters())
    report = init_module_(wrapped, SEED, strict=True)
    names = ("a.norm.bias", "a.norm.weight", "a.up.bias", "a.up.weight", "b.bias", "b.weight")
    assert report.filled == names
    plain = initialised(nn.ModuleDict({"a": Applied(), "b": nn.Linear(3, 3)}))
    for (_, one), (_, other) in zip(wrapped.named_parameters(), plain.named_parameters(), strict=True):
        assert torch.equal(one, other)


def test_lazy_and_complex_modules():
    lazy = nn.LazyLinear(3)
    init_module_(lazy, SEED)
    assert lazy.has_uninitialized_params()
    first, second = (nn.Linear(3, 3, dtype=torch.complex64) for _ in range(2))
    assert_same(initialised(first), initialised(second))
    assert len(set(first.weight.flatten().tolist())) == 9


def test_bfloat16_is_the_rounded_float32():
    narrow = initialised(nn.Linear(6, 8).to(torch.bfloat16))
    wide = initialised(nn.Linear(6, 8))
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
