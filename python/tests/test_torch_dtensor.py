"""DTensors: however many processes, the weights of one. SPDX-License-Identifier: Apache-2.0

For each number of processes, gloo joins that many once, and every process runs every case. The expectation is what the
same process gets for a plain tensor of the global shape."""

import math
import warnings

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402
import torch.multiprocessing  # noqa: E402, F811
from torch import nn  # noqa: E402
from torch.distributed.device_mesh import init_device_mesh  # noqa: E402
from torch.distributed.tensor import (  # noqa: E402
    DTensor,
    Partial,
    Replicate,
    Shard,
    distribute_module,
    distribute_tensor,
)
from torch.distributed.tensor.placement_types import _StridedShard  # noqa: E402

from kinit.torch import accelerate, init, init_module_  # noqa: E402
from parallel import check_parallel  # noqa: E402

SEED = 13
MESHES = {1: [(1,), (1, 1)], 2: [(2,), (2, 1), (1, 2)], 4: [(4,), (2, 2)]}
PLACEMENTS = {
    1: [(Shard(0),), (Shard(1),), (Shard(2),), (Replicate(),)],
    2: [
        (Shard(0), Shard(1)),
        (Shard(1), Shard(0)),
        (Shard(0), Shard(0)),
        (Replicate(), Shard(1)),
        (Shard(2), Replicate()),
    ],
}
SHAPES = [(5, 7, 3), (9, 6), (3,)]  # uneven, and with processes that hold nothing
CALLS = [  # on every placement
    ("normal_", dict(std=0.02)),
    ("kaiming_uniform_", dict(a=math.sqrt(5), mode="fan_out")),
    ("orthogonal_", dict(gain=2.0)),
    ("sparse_", dict(sparsity=0.4)),
    ("eye_", {}),
    ("dirac_", dict(groups=1)),
]
MORE_CALLS = [  # on the first placement of each mesh: what differs is the scheme
    ("uniform_", {}),
    ("trunc_normal_", dict(std=0.5, a=-1.0, b=0.7)),
    ("constant_", dict(val=0.3)),
    ("ones_", {}),
    ("zeros_", {}),
    ("kaiming_normal_", dict(nonlinearity="relu")),
    ("xavier_normal_", {}),
    ("xavier_uniform_", {}),
    ("variance_scaling_", {}),
    ("lecun_normal_", {}),
    ("lecun_uniform_", {}),
]
DIMENSIONS = dict.fromkeys(("normal_", "uniform_", "trunc_normal_", "constant_", "ones_", "zeros_"), (1, 2, 3))
DIMENSIONS.update(sparse_=(2,), eye_=(2,), dirac_=(3,))


def calls_for(shape, placements):
    more = MORE_CALLS if placements in (PLACEMENTS[1][0], PLACEMENTS[2][0]) else []
    return [(name, keywords) for name, keywords in CALLS + more if len(shape) in DIMENSIONS.get(name, (2, 3))]


def cases(meshes):
    for mesh in meshes:
        for placements in PLACEMENTS[mesh.ndim]:
            for shape in SHAPES:
                if all(not isinstance(p, Shard) or p.dim < len(shape) for p in placements):
                    yield mesh, placements, shape


def stream_of(name):
    return {} if name in ("constant_", "ones_", "zeros_", "eye_", "dirac_") else {"seed": SEED, "name": name}


def check_functions(meshes):
    for mesh, placements, shape in cases(meshes):
        for name, keywords in calls_for(shape, placements):
            tensor = nn.Parameter(distribute_tensor(torch.full(shape, 7.0), mesh, placements))
            version = tensor._version
            assert getattr(init, name)(tensor, **keywords, **stream_of(name)) is tensor
            assert tensor._version > version
            expected = getattr(init, name)(torch.empty(shape), **keywords, **stream_of(name))
            assert torch.equal(tensor.full_tensor(), expected), (name, shape, placements)


def check_dtypes(mesh):
    for dtype in (torch.bfloat16, torch.float16, torch.float64):
        for name, keywords in (("normal_", {}), ("orthogonal_", {}), ("sparse_", dict(sparsity=0.5))):
            tensor = distribute_tensor(torch.empty(9, 6, dtype=dtype), mesh, [Shard(0)])
            getattr(init, name)(tensor, **keywords, seed=SEED)
            expected = getattr(init, name)(torch.empty(9, 6, dtype=dtype), **keywords, seed=SEED)
            assert torch.equal(tensor.full_tensor(), expected)


def check_torchs_generator(mesh):
    """Equal seeds in all processes, and processes that hold nothing draw too."""
    torch.manual_seed(SEED)
    tensors = [init.normal_(distribute_tensor(torch.empty(3), mesh, [Shard(0)])) for _ in range(2)]
    torch.manual_seed(SEED)
    for tensor in tensors:
        assert torch.equal(tensor.full_tensor(), init.normal_(torch.empty(3)))


def check_accelerate(mesh):
    with accelerate(seed=SEED) as mode:
        tensor = nn.init.trunc_normal_(distribute_tensor(torch.empty(9, 6), mesh, [Shard(1)]), std=0.5)
        other = distribute_tensor(torch.empty(9, 6), mesh, [Shard(0)]).uniform_()
        nn.init.ones_(DTensor.from_local(torch.empty(2, 2), mesh, [Partial()], run_check=False))
    assert (dict(mode.stats.taken_over), dict(mode.stats.passed_on)) == (
        {"trunc_normal_": 1, "uniform_": 1},
        {"ones_": 1},
    )
    with accelerate(seed=SEED):
        assert torch.equal(tensor.full_tensor(), nn.init.trunc_normal_(torch.empty(9, 6), std=0.5))
        assert torch.equal(other.full_tensor(), torch.empty(9, 6).uniform_())


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 8, padding_idx=4)
        self.linear = nn.Linear(8, 5)
        self.norm = nn.LayerNorm(5)
        self.convolution = nn.Conv1d(3, 5, 3)
        self.attention = nn.MultiheadAttention(8, 2)


def shard_parameters(dim):
    def partition(name, module, mesh):
        for key, parameter in list(module._parameters.items()):
            if parameter is not None:
                placement = Shard(dim) if dim < parameter.ndim else Replicate()
                placements = [Replicate()] * (mesh.ndim - 1) + [placement]
                module._parameters[key] = nn.Parameter(distribute_tensor(parameter.detach(), mesh, placements))

    return partition


def check_modules(meshes):
    plain = Model()
    init_module_(plain, SEED)
    expected = plain.state_dict()
    for mesh in meshes:
        for dim in (0, 1):
            model = distribute_module(Model(), mesh, shard_parameters(dim))
            init_module_(model, SEED)
            for name, tensor in model.state_dict().items():
                assert isinstance(tensor, DTensor)
                assert torch.equal(tensor.full_tensor(), expected[name]), (name, dim)


def check_refusals(mesh):
    local = torch.full((2, 2), 7.0)
    strided = [(_StridedShard(0, split_factor=2), "_StridedShard")] * (mesh.size() > 1)  # else it is the whole
    for placement, name in [(Partial(), "Partial"), *strided]:
        tensor = DTensor.from_local(local, mesh, [placement], run_check=False)
        for function in (init.normal_, init.ones_, init.orthogonal_):
            with pytest.raises(NotImplementedError, match=name):
                function(tensor)
    module = nn.Linear(2, 2)
    module.weight = nn.Parameter(DTensor.from_local(local, mesh, [Partial()], run_check=False))
    with pytest.raises(NotImplementedError, match="Partial"):
        init_module_(module, SEED)
    assert local.tolist() == [[7.0, 7.0], [7.0, 7.0]]
    other = DTensor.from_local(
        torch.full((5, 2), 7.0), mesh, [Shard(0)], run_check=False, shape=torch.Size((3, 2)), stride=(2, 1)
    )
    with pytest.raises(NotImplementedError, match="local tensor of shape"):
        init.normal_(other)
    assert (other.to_local() == 7.0).all()


def run_checks(rank, size, store):
    warnings.simplefilter("ignore")  # gloo and torch's own generator for DTensors have things to say
    torch.set_num_threads(1 + rank % 2)
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=size)
    meshes = [init_device_mesh("cpu", shape) for shape in MESHES[size]]
    check_functions(meshes)
    check_dtypes(meshes[0])
    check_torchs_generator(meshes[0])
    check_accelerate(meshes[0])
    check_modules(meshes)
    check_refusals(meshes[0])
    check_parallel(rank, size)
    dist.destroy_process_group()


@pytest.mark.parametrize("size", [1, 2, 4])
def test_processes_hold_together_what_one_would(size, tmp_path):
    torch.multiprocessing.spawn(run_checks, (size, tmp_path / "store"), nprocs=size)
