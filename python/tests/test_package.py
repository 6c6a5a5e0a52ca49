"""The package as such: what it imports, its types and documentation, the GIL. SPDX-License-Identifier: Apache-2.0"""

import ast
import importlib.metadata
import inspect
import os
import pathlib
import subprocess
import sys
import threading

import kinit
import numpy as np
import pytest
from kinit import _kinit

PUBLIC = [getattr(kinit, name) for name in kinit.__all__ if name != "STREAM_VERSION"]


PYTHON = pathlib.Path(__file__).resolve().parents[1]


def run(code, **environment):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment})
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_import_brings_no_framework():
    """Not even NumPy, and it works where none can be imported."""
    code = """
import sys
for name in ("numpy", "torch", "jax", "ml_dtypes"):
    sys.modules[name] = None  # an import raises ImportError
import array, kinit
x = kinit.fill_bits(array.array("I", [0]), seed=0)
print(hex(x[0]), *sorted(set(sys.modules) & {"asyncio", "inspect", "ctypes", "typing_extensions"}))
"""
    assert run(code) == ["0x6627e8d5"]


def test_versions():
    header = (PYTHON.parent / "include" / "kinit" / "kinit.h").read_text()
    parts = [f"#define KINIT_VERSION_{part} " for part in ("MAJOR", "MINOR", "PATCH")]
    version = ".".join(header.split(part)[1].split()[0] for part in parts)
    assert kinit.__version__ == importlib.metadata.version("kinit") == version
    assert kinit.STREAM_VERSION == int(header.split("#define KINIT_STREAM_VERSION ")[1].split()[0])


@pytest.mark.parametrize("function", PUBLIC, ids=lambda function: function.__name__)
def test_types_and_documentation(function):
    signature = inspect.signature(function)
    assert signature.return_annotation is not inspect.Signature.empty
    assert all(p.annotation is not inspect.Parameter.empty for p in signature.parameters.values())
    assert function.__doc__ and function.__doc__.split("\n")[0].endswith((".", "fan)."))
    assert "seed" not in signature.parameters or signature.parameters["seed"].kind is inspect.Parameter.KEYWORD_ONLY


def test_nothing_public_is_missing():
    """What __init__ imports it lists, in order."""
    public = {name for name, value in vars(kinit).items() if not name.startswith("_") and not inspect.ismodule(value)}
    assert sorted(kinit.__all__) == kinit.__all__ and public == set(kinit.__all__)


def test_types_are_consistent():
    """mypy, strictly, over the package's own files, and over calls that it has to accept and to refuse."""
    pytest.importorskip("mypy")
    assert (pathlib.Path(kinit.__file__).parent / "py.typed").exists()
    sources = sorted((PYTHON / "src" / "kinit").rglob("*.py"))
    command = [sys.executable, "-m", "mypy", *sources, PYTHON / "tests" / "typed_calls.py"]
    result = subprocess.run(command, capture_output=True, text=True, cwd=PYTHON.parent)
    assert result.returncode == 0, result.stdout + result.stderr


def test_stub_of_the_compiled_module():
    """Its functions, and how many arguments each takes: nanobind writes signatures into their documentation."""
    stub = ast.parse((PYTHON / "src" / "kinit" / "_kinit.pyi").read_text())
    stubs = {node.name: len(node.args.posonlyargs) for node in stub.body if isinstance(node, ast.FunctionDef)}
    module = {name: value.__doc__.split(" -> ")[0].count(": ") for name, value in vars(_kinit).items()
              if callable(value) and not name.startswith("_")}
    assert stubs == module


def test_machine():
    assert kinit.isas()[-1] == "scalar" and kinit.isa() == kinit.isas()[0]
    kinit.set_isa("scalar")
    assert kinit.isa() == "scalar"
    with pytest.raises(ValueError, match="ISA 'sse9' is not one of .*scalar"):
        kinit.set_isa("sse9")
    with pytest.raises(TypeError, match="name must be a str"):
        kinit.set_isa(1)
    assert kinit.isa() == "scalar"
    kinit.set_isa(None)
    assert kinit.isa() == kinit.isas()[0]
    default = kinit.num_threads()
    kinit.set_num_threads(1)
    assert kinit.num_threads() == 1
    for wrong, exception in [(-1, ValueError), (2**40, ValueError), (1.5, TypeError)]:
        with pytest.raises(exception):
            kinit.set_num_threads(wrong)
    assert kinit.num_threads() == 1
    kinit.set_num_threads(0)
    assert kinit.num_threads() == default


def test_environment():
    for isa in kinit.isas():
        assert run("import kinit; print(kinit.isa())", KINIT_ISA=isa) == [isa]


@pytest.mark.parametrize("fill, dtype", [(kinit.fill_normal, "f4"), (kinit.fill_bits, "u4")])
def test_gil_is_released(fill, dtype):
    """No thread is made to give the GIL away, so this one runs during a fill only if the fill has released it."""
    x = np.empty(1 << 25, dtype)
    interval = sys.getswitchinterval()

    def fill_and_tell(started, done):
        started.set()
        fill(x, seed=1)
        done.set()

    sys.setswitchinterval(1000.0)
    try:
        for _ in range(50):  # the system may wake this thread too late
            started, done = threading.Event(), threading.Event()
            thread = threading.Thread(target=fill_and_tell, args=(started, done))
            thread.start()
            started.wait()
            met = not done.is_set()
            thread.join()
            if met:
                return
    finally:
        sys.setswitchinterval(interval)
    pytest.fail("nothing else ran during 50 fills")


def test_fills_at_the_same_time():
    expected = [kinit.normal(1 << 16, seed=seed) for seed in range(4)]
    arrays = [np.empty(1 << 16, "f4") for _ in range(4)]
    threads = [threading.Thread(target=lambda seed=seed: kinit.fill_normal(arrays[seed], seed=seed)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(x, y) for x, y in zip(arrays, expected))
