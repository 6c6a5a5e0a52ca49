"""kinit-plan and kinit-fill: a checkpoint from a configuration alone, loaded by the library that the model is of, and
distributed as the model's own initialization. SPDX-License-Identifier: Apache-2.0"""

import importlib.util
import json
import subprocess
import sys

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("scipy")

import architectures  # noqa: E402
from kinit.torch import plan  # noqa: E402
from test_checkpoint import command  # noqa: E402, F401
from test_torch_models import OWN, assert_like, build, tensors_of  # noqa: E402

SEED = 3
TRANSFORMERS = ["gpt2", "llama", "qwen3", "mixtral", "bert", "t5", "vit", "resnet", "whisper", "mamba"]


@pytest.fixture
def fill(command, tmp_path):  # noqa: F811
    """Makes the plan, and from it the folder out/."""

    def run(model, *arguments):
        plan.main([str(model), "-o", str(tmp_path / "plan.json"), *arguments])
        done = [command, tmp_path / "plan.json", "-o", f"{tmp_path}/out/", "--seed", str(SEED)]
        subprocess.run(done, check=True, capture_output=True)
        return tmp_path / "out"

    return run


def needs(package):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


def own_tensors(make):
    torch.manual_seed(1)
    return [tensors_of(build(make)) for _ in range(OWN)]


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_from_a_configuration_to_a_checkpoint(name, fill, tmp_path):
    needs("transformers")
    make = getattr(architectures, name)
    model = build(make)
    model.config.architectures = [type(model).__name__]
    model.config.save_pretrained(tmp_path)
    folder = fill(tmp_path / "config.json")
    assert json.loads((folder / "config.json").read_text()) == json.loads((tmp_path / "config.json").read_text())
    loaded, info = type(model).from_pretrained(folder, output_loading_info=True)
    assert not any(info.values()), info
    own = own_tensors(make)
    result = tensors_of(loaded)
    assert set(result) == set(own[0])
    for key, tensor in result.items():
        assert_like(tensor, [tensors[key] for tensors in own], key)


@pytest.mark.parametrize("name", ["timm_resnet", "timm_vit", "timm_convnext"])
def test_an_import_path(name, fill):
    needs("timm")
    from safetensors.torch import load_file

    make = getattr(architectures, name)
    loaded = load_file(fill(f"architectures:{name}") / "model.safetensors")
    model = build(make)
    model.load_state_dict(loaded)
    own = own_tensors(make)
    for key, tensor in loaded.items():
        assert_like(tensor, [tensors[key] for tensors in own], key)


def test_a_plain_module(fill, tmp_path):
    from safetensors.torch import load_file

    loaded = load_file(fill("torch.nn:Embedding", "--arguments", '[30, 8, 7]', "--dtype", "bfloat16") / "model.safetensors")
    entries = json.loads((tmp_path / "plan.json").read_text())["tensors"]
    assert entries == [
        {"name": "weight", "shape": [30, 8], "dtype": "bf16", "init": "normal", "mean": 0.0, "stddev": 1.0, "zero_row": 7}
    ]
    assert loaded["weight"].dtype == torch.bfloat16
    assert (loaded["weight"] == 0).all(dim=1).nonzero().tolist() == [[7]]


class Odd(torch.nn.Module):
    """Layers with braces and numbers in their names, and values that only the constructor or arithmetic gives."""

    def __init__(self):
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(6, 4, bias=False) for _ in range(3))
        self.layers.append(torch.nn.Linear(6, 5, bias=False))
        self.scale = torch.nn.Parameter(torch.tensor(2.5))
        self.tied = self.layers[0].weight
        self.scaled = torch.nn.Linear(64, 64)

    def init_weights(self):
        self.scaled.weight.data.mul_(100)


def test_ties_ranges_and_computed_values(fill, tmp_path):
    from safetensors.torch import load_file

    loaded = load_file(fill("test_plan:Odd") / "model.safetensors")
    names = [entry["name"] for entry in json.loads((tmp_path / "plan.json").read_text())["tensors"]]
    assert names == ["layers.{0..2}.weight", "layers.3.weight", "scaled.bias"]
    assert sorted(loaded) == [*(f"layers.{i}.weight" for i in range(4)), "scale", "scaled.bias", "scaled.weight"]
    assert loaded["scale"] == 2.5
    assert abs(float(loaded["scaled.weight"].std()) / (100 / (3 * 64) ** 0.5) - 1) < 0.05


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["none/config.json"], "no such file"),
        (["torch.nn:Nothing"], "is no config.json and no package.module:function"),
        (["torch.nn"], "is no config.json and no package.module:function"),
        (["no_such_package:f"], "no_such_package"),
        (["builtins:list"], "gives a list, and no torch.nn.Module"),
    ],
)
def test_errors_name_what_is_wrong(arguments, message, tmp_path):
    with pytest.raises(SystemExit, match=message):
        plan.main([*arguments, "-o", str(tmp_path / "plan.json")])
    assert not (tmp_path / "plan.json").exists()


def test_a_configuration_without_a_class(tmp_path):
    needs("transformers")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(SystemExit, match="names no architectures: give --architecture"):
        plan.main([str(tmp_path / "config.json"), "-o", str(tmp_path / "plan.json")])


def test_the_command_is_installed():
    from importlib.metadata import entry_points

    found = entry_points(group="console_scripts", name="kinit-plan")
    if not found:
        pytest.skip("kinit is not installed as a package")
    assert next(iter(found)).load() is plan.main
    assert "kinit-plan" in subprocess.run(
        [sys.executable, "-m", "kinit.torch.plan", "--help"], capture_output=True, text=True, check=True
    ).stdout
