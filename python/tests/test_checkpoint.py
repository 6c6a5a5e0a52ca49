"""kinit-fill: the official safetensors package and torch load what it writes. SPDX-License-Identifier: Apache-2.0

The command is that of the environment variable KINIT_FILL, or is built in build/kinit-fill.
"""

import hashlib
import json
import os
import pathlib
import subprocess

import ml_dtypes
import numpy as np
import pytest
import safetensors
import safetensors.numpy
from expected import words

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 42

PLAN = {
    "defaults": {"dtype": "f32"},
    "tensors": [
        {"name": "layers.{0..2}.up.weight", "shape": [50, 30], "init": "kaiming_normal", "nonlinearity": "relu"},
        {"name": "layers.{0..2}.up.bias", "shape": [50]},
        {"name": "uniform", "shape": [7, 11], "init": "uniform"},
        {"name": "half", "shape": [3], "init": "constant", "value": 0.5, "dtype": "f16"},
        {"name": "brain", "shape": [3, 1], "init": "constant", "value": -3.140625, "dtype": "bf16"},
        {"name": "double", "shape": [5], "init": "normal", "dtype": "f64"},
        {"name": "scalar", "shape": [], "init": "constant", "value": 7},
        {"name": "nothing", "shape": [0, 4], "init": "normal"},
        {"name": "eye", "shape": [4, 4], "init": "eye"},
    ],
    "rules": [{"match": "*.bias", "init": "constant", "value": 0.25}],
}
DTYPES = {"half": np.float16, "brain": ml_dtypes.bfloat16, "double": np.float64}


def build():
    """Path of the command, or the reason why it cannot be built."""
    directory = ROOT / "build" / "kinit-fill"
    options = [f"-DKINIT_{part}=OFF" for part in ("BUILD_TESTS", "BUILD_BENCH", "BUILD_EXAMPLES", "MPI")]
    configure = ["cmake", "-S", ROOT, "-B", directory, "-G", "Ninja", *options]
    configured = subprocess.run(configure, capture_output=True, text=True, check=True)
    if "kinit-fill is not built" in configured.stdout + configured.stderr:
        return None, "kinit-fill needs jansson and libcrypto"
    subprocess.run(["cmake", "--build", directory, "--target", "kinit-fill"], check=True, capture_output=True)
    return directory / "tools" / "kinit-fill", None


@pytest.fixture(scope="session")
def command():
    if "KINIT_FILL" in os.environ:
        return os.environ["KINIT_FILL"]
    path, reason = build()
    return path or pytest.skip(reason)


@pytest.fixture
def fill(command, tmp_path):
    """Runs the command in a directory that holds plan.json. Returns its exit code."""
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))

    def run(*arguments):
        done = subprocess.run([command, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode in (0, 4), done.stderr
        return done.returncode

    return run


@pytest.fixture
def one_file(fill, tmp_path):
    fill("plan.json", "-o", "whole.safetensors", "--seed", SEED)
    return tmp_path / "whole.safetensors"


@pytest.fixture
def index(fill, tmp_path):
    fill("plan.json", "-o", "model.safetensors", "--seed", SEED, "--max-shard-size", "7KB")
    return json.loads((tmp_path / "model.safetensors.index.json").read_text())


def names_and_shapes():
    for tensor in PLAN["tensors"]:
        for i in range(3) if "{0..2}" in tensor["name"] else [0]:
            yield tensor["name"].replace("{0..2}", str(i)), tuple(tensor["shape"])


def fnv1a(name):
    value = 0xCBF29CE484222325
    for byte in name.encode():
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def test_the_reference_reader_loads_the_file(one_file):
    tensors = safetensors.numpy.load_file(one_file)
    assert {name: t.shape for name, t in tensors.items()} == dict(names_and_shapes())
    for name, tensor in tensors.items():
        assert tensor.dtype == np.dtype(DTYPES.get(name, np.float32)), name
    assert (tensors["layers.1.up.bias"] == np.float32(0.25)).all()
    assert (tensors["half"] == np.float16(0.5)).all()
    assert (tensors["brain"].astype(np.float32) == np.float32(-3.140625)).all()
    assert tensors["scalar"] == np.float32(7)
    assert (tensors["eye"] == np.eye(4, dtype=np.float32)).all()
    uniform = (words(SEED, fnv1a("uniform"), 0, 77) & np.uint32(0xFFFFFF)).astype(np.float32) * np.float32(2**-24)
    assert tensors["uniform"].tobytes() == uniform.tobytes()


def test_the_metadata_tell_where_the_file_is_from(one_file):
    with safetensors.safe_open(one_file, "numpy") as file:
        metadata = file.metadata()
    assert metadata["format"] == "pt"
    assert metadata["kinit_seed"] == str(SEED)
    assert metadata["kinit_stream_version"] == "1"
    assert metadata["kinit_version"].count(".") == 2
    assert metadata["kinit_plan_sha256"] == hashlib.sha256(json.dumps(PLAN).encode()).hexdigest()


def test_torch_loads_the_file(one_file):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    tensors = load_file(one_file)
    assert {name: tuple(t.shape) for name, t in tensors.items()} == dict(names_and_shapes())
    assert tensors["brain"].dtype == torch.bfloat16
    assert tensors["half"].dtype == torch.float16
    assert tensors["double"].dtype == torch.float64
    assert torch.equal(tensors["eye"], torch.eye(4))
    assert torch.equal(tensors["layers.2.up.bias"], torch.full((50,), 0.25))


def test_the_index_leads_to_the_same_tensors(one_file, index, tmp_path):
    """As Hugging Face's loaders go about it."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file

    whole = load_file(one_file)
    files = sorted(set(index["weight_map"].values()))
    assert files == [f"model-{i + 1:05}-of-{len(files):05}.safetensors" for i in range(len(files))]
    assert len(files) > 2
    loaded = {}
    for name in files:
        part = load_file(tmp_path / name)
        assert {tensor for tensor, file in index["weight_map"].items() if file == name} == set(part)
        loaded.update(part)
    assert set(loaded) == set(whole)
    assert all(torch.equal(loaded[name], whole[name]) for name in whole)
    assert index["metadata"]["total_size"] == sum(t.numel() * t.element_size() for t in whole.values())


def test_like_takes_what_the_reference_writer_wrote(fill, tmp_path):
    old = {"a.weight": np.full((6, 4), np.nan, np.float16), "a.bias": np.zeros(6, np.float32)}
    safetensors.numpy.save_file(old, tmp_path / "old.safetensors")
    rules = {"rules": [{"match": "*.bias", "init": "constant", "value": 1}, {"match": "*", "init": "eye"}]}
    (tmp_path / "rules.json").write_text(json.dumps(rules))
    assert fill("--like", "old.safetensors", "--rules", "rules.json", "-o", "new.safetensors") == 0
    new = safetensors.numpy.load_file(tmp_path / "new.safetensors")
    assert (new["a.weight"] == np.eye(6, 4, dtype=np.float16)).all() and new["a.weight"].dtype == np.float16
    assert (new["a.bias"] == 1).all() and new["a.bias"].dtype == np.float32


def test_verify_finds_what_another_program_changed(one_file, fill, tmp_path):
    assert fill("--verify", "whole.safetensors", "plan.json") == 0
    tensors = safetensors.numpy.load_file(one_file)
    safetensors.numpy.save_file(tensors, tmp_path / "copy.safetensors")
    assert fill("--verify", "copy.safetensors", "plan.json", "--seed", SEED) == 0
    tensors["layers.2.up.weight"][49, 29] *= -1
    safetensors.numpy.save_file(tensors, tmp_path / "copy.safetensors")
    assert fill("--verify", "copy.safetensors", "plan.json", "--seed", SEED) == 4
