"""torch.distributed.checkpoint loads what kinit-fill writes, into DTensors that processes share. SPDX-License-Identifier:
Apache-2.0"""

import json
import subprocess

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402
import torch.distributed.checkpoint as dcp  # noqa: E402
import torch.multiprocessing  # noqa: E402, F811
from test_checkpoint import command  # noqa: E402, F401
from torch.distributed.device_mesh import init_device_mesh  # noqa: E402
from torch.distributed.tensor import Shard, distribute_tensor  # noqa: E402

import kinit  # noqa: E402

SEED = 6
SHAPES = {"layers.0.weight": (9, 6), "layers.1.weight": (9, 6), "table": (5, 7)}
PLAN = {
    "defaults": {"dtype": "f32", "init": "normal"},
    "tensors": [{"name": "layers.{0..1}.weight", "shape": [9, 6]}, {"name": "table", "shape": [5, 7]}],
}


def _load(rank, count, folder):
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=count)
    try:
        mesh = init_device_mesh("cpu", (count,))
        state = {
            name: distribute_tensor(torch.zeros(shape), mesh, [Shard(i % 2)])
            for i, (name, shape) in enumerate(SHAPES.items())
        }
        dcp.load(state, storage_reader=dcp.HuggingFaceStorageReader(f"{folder}/out"))
        for name, tensor in state.items():
            expected = kinit.fill_normal(torch.empty(SHAPES[name]), seed=SEED, name=name)
            assert torch.equal(tensor.full_tensor(), expected), name
    finally:
        dist.destroy_process_group()


def test_a_sharded_model(command, tmp_path):  # noqa: F811
    if not hasattr(dcp, "HuggingFaceStorageReader"):
        pytest.skip("this torch has no HuggingFaceStorageReader")
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    arguments = [command, tmp_path / "plan.json", "-o", f"{tmp_path}/out/", "--max-shard-size", "300"]
    subprocess.run([*arguments, "--seed", str(SEED)], check=True)
    assert len(list((tmp_path / "out").glob("*.safetensors"))) == 3
    torch.multiprocessing.spawn(_load, (2, str(tmp_path)), nprocs=2)
