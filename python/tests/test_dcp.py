"""torch.distributed.checkpoint loads what kinit-fill writes, safetensors and its own format, into DTensors that processes
share. SPDX-License-Identifier: Apache-2.0"""

import json
import subprocess

import pytest

torch = pytest.importorskip("torch")

import torch.distributed as dist  # noqa: E402
import torch.distributed.checkpoint as dcp  # noqa: E402
import torch.multiprocessing  # noqa: E402, F811
from test_checkpoint import command  # noqa: E402, F401
from torch.distributed.checkpoint.format_utils import dcp_to_torch_save  # noqa: E402
from torch.distributed.device_mesh import init_device_mesh  # noqa: E402
from torch.distributed.tensor import Shard, distribute_tensor  # noqa: E402

import kinit  # noqa: E402

SEED = 6
SHAPES = {"layers.0.weight": (9, 6), "layers.1.weight": (9, 6), "table": (5, 7)}
PLAN = {
    "defaults": {"dtype": "f32", "init": "normal"},
    "tensors": [{"name": "layers.{0..1}.weight", "shape": [9, 6]}, {"name": "table", "shape": [5, 7]}],
}


def _load(rank, count, folder, reader):
    dist.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=count)
    try:
        mesh = init_device_mesh("cpu", (count,))
        state = {
            name: distribute_tensor(torch.zeros(shape), mesh, [Shard(i % 2)])
            for i, (name, shape) in enumerate(SHAPES.items())
        }
        dcp.load(state, storage_reader=getattr(dcp, reader)(f"{folder}/out"))
        for name, tensor in state.items():
            expected = kinit.fill_normal(torch.empty(SHAPES[name]), seed=SEED, name=name)
            assert torch.equal(tensor.full_tensor(), expected), name
    finally:
        dist.destroy_process_group()


def _fill(program, folder, plan, *arguments):
    (folder / "plan.json").write_text(json.dumps(plan))
    subprocess.run([program, folder / "plan.json", "--seed", str(SEED), *arguments], check=True)


@pytest.mark.parametrize(
    ("form", "reader", "files"),
    [("safetensors", "HuggingFaceStorageReader", "*.safetensors"), ("dcp", "FileSystemReader", "*.distcp")],
)
def test_a_sharded_model(command, tmp_path, form, reader, files):  # noqa: F811
    if not hasattr(dcp, reader):
        pytest.skip(f"this torch has no {reader}")
    _fill(command, tmp_path, PLAN, "--format", form, "-o", f"{tmp_path}/out/", "--max-shard-size", "300")
    assert len(list((tmp_path / "out").glob(files))) == 3
    torch.multiprocessing.spawn(_load, (2, str(tmp_path), reader), nprocs=2)


# One of each dtype, and shapes that are odd; counters are copied from a file beside the plan.
TENSORS = {
    "f32": ("f32", [9, 6]),
    "f64": ("f64", [3, 1000, 7]),
    "f16": ("f16", [5]),
    "bf16": ("bf16", [5, 7]),
    "f8_e4m3": ("f8_e4m3", [5, 7]),
    "f8_e5m2": ("f8_e5m2", [13]),
    "scalar \u00e9": ("f32", []),
    "none": ("f32", [0, 5]),
}
COUNTERS = {
    "steps": torch.tensor(7),
    "mask": torch.tensor([True, False, True]),
    "wave": torch.tensor([1 + 2j]),
    "words": torch.tensor([65535], dtype=torch.uint16),
}


def _bytes(tensor):
    return tensor.dtype, tensor.shape, bytes(tensor.reshape(-1).view(torch.uint8).numpy())


def test_every_dtype(command, tmp_path):  # noqa: F811
    safetensors = pytest.importorskip("safetensors.torch")
    safetensors.save_file(COUNTERS, tmp_path / "values.safetensors")
    tensors = [{"name": name, "dtype": dtype, "shape": shape} for name, (dtype, shape) in TENSORS.items()]
    plan = {"defaults": {"init": "normal"}, "tensors": tensors, "values": "values.safetensors"}
    _fill(command, tmp_path, plan, "-o", tmp_path / "one.safetensors")
    _fill(command, tmp_path, plan, "--format", "dcp", "-o", f"{tmp_path}/out/")
    expected = safetensors.load_file(tmp_path / "one.safetensors")
    assert set(expected) == set(TENSORS) | set(COUNTERS)
    state = {name: torch.zeros_like(tensor) for name, tensor in expected.items()}
    dcp.load(state, storage_reader=dcp.FileSystemReader(tmp_path / "out"), no_dist=True)
    for name, tensor in expected.items():
        assert _bytes(state[name]) == _bytes(tensor), name
    dcp_to_torch_save(tmp_path / "out", tmp_path / "one.pt")
    converted = torch.load(tmp_path / "one.pt")
    assert {name: _bytes(tensor) for name, tensor in converted.items()} == {
        name: _bytes(tensor) for name, tensor in expected.items()
    }
