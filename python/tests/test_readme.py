"""The examples of README.md, as they stand there, in order. SPDX-License-Identifier: Apache-2.0"""

import pathlib
import re
import socket

import pytest

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"
SECTIONS = re.split(r"^## ", README.read_text(), flags=re.MULTILINE)
EXAMPLES = {section.split("\n")[0]: re.findall(r"^```python\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
            for section in SECTIONS}


def test_five_lines_to_the_first_fill():
    lines = [line for line in EXAMPLES["# kinit for Python"][0].splitlines() if line]
    assert len(lines) <= 5 and lines[-1].startswith("kinit.fill_normal(")


def free_port():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """What torchrun tells each process."""
    for name, value in dict(RANK=0, WORLD_SIZE=1, MASTER_ADDR="127.0.0.1", MASTER_PORT=free_port()).items():
        monkeypatch.setenv(name, str(value))


@pytest.mark.parametrize("section", [section for section, examples in EXAMPLES.items() if examples])
def test_examples(section, monkeypatch):
    """The first example, which imports, and then those of the section, in a namespace of their own."""
    modules = {"PyTorch": ["torch", "transformers"], "JAX": ["jax"], "Shards": ["jax"], "Flax": ["flax"], "Keras": ["keras"]}
    for module in modules.get(section, []):
        pytest.importorskip(module)
    if section == "Keras":
        monkeypatch.setenv("KERAS_BACKEND", "jax")
    names = {}
    for example in [*EXAMPLES["# kinit for Python"], *EXAMPLES["JAX"] * (section == "Shards"), *EXAMPLES[section]]:
        exec(compile(example, f"README.md, {section}", "exec"), names)
