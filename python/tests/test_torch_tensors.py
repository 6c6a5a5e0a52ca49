"""kinit.fill_* on tensors of PyTorch: what its own in-place functions tell autograd, and what they refuse.
SPDX-License-Identifier: Apache-2.0"""

import kinit
import pytest

torch = pytest.importorskip("torch")

FILLS = {
    "normal": lambda x: kinit.fill_normal(x, seed=1),
    "uniform": lambda x: kinit.fill_uniform(x, seed=1),
    "truncated_normal": lambda x: kinit.fill_truncated_normal(x, seed=1),
    "constant": lambda x: kinit.fill_constant(x, 2.0),
    "kaiming_normal": lambda x: kinit.fill_kaiming_normal(x, seed=1),
    "kaiming_uniform": lambda x: kinit.fill_kaiming_uniform(x, seed=1),
    "xavier_normal": lambda x: kinit.fill_xavier_normal(x, seed=1),
    "xavier_uniform": lambda x: kinit.fill_xavier_uniform(x, seed=1),
    "variance_scaling": lambda x: kinit.fill_variance_scaling(x, seed=1),
    "eye": kinit.fill_eye,
}


@pytest.mark.parametrize("fill", FILLS.values(), ids=FILLS)
@pytest.mark.parametrize("kind", ["tensor", "view", "subclass"])
def test_a_fill_advances_the_version_once(fill, kind):
    class Derived(torch.Tensor):
        pass

    base = torch.zeros(4, 6)
    tensor = {"tensor": base, "view": base[:, 1:4], "subclass": base.as_subclass(Derived)}[kind]
    before = base._version
    assert fill(tensor) is tensor
    assert base._version == tensor._version == before + 1
    assert tensor.count_nonzero() > 0


def test_bits_dirac_and_shards_advance_the_version():
    words, weight, block = torch.zeros(4, dtype=torch.uint32), torch.zeros(4, 2, 3), torch.zeros(2)
    kinit.fill_bits(words, seed=1)
    kinit.fill_dirac(weight)
    kinit.fill_normal(block, seed=1, shard=((6,), (2,)))
    assert [tensor._version for tensor in (words, weight, block)] == [1, 1, 1]


def test_a_refused_fill_does_not_advance_it():
    tensor = torch.ones(3)
    with pytest.raises(ValueError):
        kinit.fill_normal(tensor, std=-1.0, seed=1)
    assert tensor._version == 0 and tensor.tolist() == [1.0] * 3


def test_backward_finds_values_that_were_overwritten():
    weight = torch.ones(3, requires_grad=True)
    result = weight.exp()
    kinit.fill_constant(result.detach(), 0.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        result.sum().backward()


def test_tensors_that_require_grad_are_filled_where_autograd_does_not_record():
    leaf = torch.ones(3, requires_grad=True)
    result = 2 * leaf
    for tensor in (leaf, leaf[:2], result, torch.nn.Parameter(torch.ones(3))):
        before = tensor.tolist()
        with pytest.raises(RuntimeError, match="requires grad"):
            kinit.fill_constant(tensor, 5.0)
        assert tensor.tolist() == before
        with torch.no_grad():
            kinit.fill_constant(tensor, 5.0)
        assert set(tensor.tolist()) == {5.0} and tensor.requires_grad


def test_tensors_of_inference_mode():
    with torch.inference_mode():
        tensor = kinit.fill_constant(torch.ones(3), 5.0)
    assert tensor.tolist() == [5.0] * 3
    with pytest.raises(RuntimeError, match="inference mode"):
        kinit.fill_constant(tensor, 6.0)
    assert tensor.tolist() == [5.0] * 3


@pytest.mark.parametrize(("dtype", "largest"), [(torch.bfloat16, 1 - 2**-8), (torch.float16, 1 - 2**-11)])
def test_uniforms_of_narrow_types_never_reach_the_upper_bound(dtype, largest):
    """As torch has it: log(1 - u) of a u that is 1 would be infinite."""
    import kinit.torch

    with kinit.torch.accelerate(seed=1):
        u = torch.empty(1 << 20, dtype=dtype).uniform_(0, 1)
    assert u.max().item() == largest
    assert u.min() >= 0
