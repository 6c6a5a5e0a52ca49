"""init_module_ on models that fully_shard and tensor-parallel plans have spread over processes, from meta: the weights
of one process. The processes are those of test_torch_dtensor.py. SPDX-License-Identifier: Apache-2.0"""

import importlib.util

import architectures
import torch
from kinit.torch import init_module_
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

SEED = 17
TRANSFORMERS = [architectures.gpt2, architectures.qwen3, architectures.mamba, architectures.whisper]
LIBRARIES = {  # of some numbers of processes: what differs between these is the DTensor, not the model
    2: {"transformers": TRANSFORMERS, "timm": [architectures.timm_vit]},
    4: {"transformers": [architectures.gpt2]},
}


class Block(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.up = nn.Linear(width, hidden)
        self.down = nn.Linear(hidden, width)
        self.register_buffer("scale", torch.ones(width), persistent=False)

    def init_weights(self):
        nn.init.trunc_normal_(self.up.weight, std=0.02)
        self.down.weight.data.normal_().mul_(0.25)
        self.scale.fill_(2.0)


class Model(nn.Module):
    """Dimensions that no number of processes divides, fewer rows than processes, and a padding row."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 7, padding_idx=8)
        self.blocks = nn.ModuleList([Block(7, 13), Block(7, 3)])
        self.norm = nn.LayerNorm(7)
        self.steps = nn.Parameter(torch.zeros(7))

    def reset_parameters(self):
        with torch.no_grad():
            self.steps.copy_(torch.rand(7))  # the same in each process, which has a part


def on_meta(make):
    with torch.device("meta"):
        return make()


def blocks_of(model):
    lists = (module for module in model.modules() if isinstance(module, nn.ModuleList | nn.Sequential))
    return list(next(lists, []))


def shard(model, mesh):
    for block in blocks_of(model):
        fully_shard(block, mesh=mesh)
    return fully_shard(model, mesh=mesh)


def split(model, mesh):
    """A tensor-parallel plan."""
    plan = {"table": RowwiseParallel()}
    for number in range(len(model.blocks)):
        plan |= {f"blocks.{number}.up": ColwiseParallel(), f"blocks.{number}.down": RowwiseParallel()}
    return parallelize_module(model, mesh, plan)


def whole(model):
    tensors = [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]
    return {name: tensor.full_tensor() if isinstance(tensor, DTensor) else tensor for name, tensor in tensors}


def check(make, *steps):
    """Against the model that one process builds and initialises."""
    plain, model = make(), on_meta(make)
    assert init_module_(plain, SEED).untouched == ()
    for step, mesh in steps:
        step(model, mesh)
    model.to_empty(device="cpu")
    parameters = list(model.parameters())
    assert any(isinstance(parameter, DTensor) for parameter in parameters)
    for tensor in (*parameters, *model.buffers()):
        local = tensor.detach().to_local() if isinstance(tensor, DTensor) else tensor.detach()
        local.fill_(77)
    report = init_module_(model, SEED, strict=True)
    assert report.untouched == ()
    expected, result = whole(plain), whole(model)
    assert set(result) == set(expected)
    for name, tensor in result.items():
        assert torch.equal(tensor, expected[name]), name
    assert len(list(model.parameters())) == len(list(plain.parameters()))  # ties


def check_parallel(rank, size):
    torch.manual_seed(rank)  # which decides nothing
    mesh = init_device_mesh("cpu", (size,), mesh_dim_names=("all",))
    square = init_device_mesh("cpu", (2, 2) if size == 4 else (1, size), mesh_dim_names=("data", "tensor"))
    check(Model, (shard, mesh))
    check(Model, (shard, square))  # replicated over the first dimension
    check(Model, (split, mesh))
    check(Model, (split, square["tensor"]), (shard, square["data"]))
    for library, models in LIBRARIES.get(size, {}).items():
        for make in models if importlib.util.find_spec(library) else ():
            check(make, (shard, mesh))
