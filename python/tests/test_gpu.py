"""CUDA tensors, on a machine without a GPU: torch is made to believe that its tensors lie on one, and the driver is that of
the tests of the C library, which runs the kernels on the host. That a GPU gives the same bytes is scripts/test-cuda's.

SPDX-License-Identifier: Apache-2.0
"""

import ctypes
import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """A folder with the driver of the tests: libcuda.so.1."""
    compiler = shutil.which(os.environ.get("CXX", "c++"))
    if compiler is None:
        pytest.skip("this machine has no C++ compiler")
    folder = tmp_path_factory.mktemp("driver")
    flags = ["-std=c++20", "-O1", "-ffp-contract=off", "-fPIC", "-shared", "-Wl,-soname,libcuda.so.1"]
    folders = [f"-I{ROOT / name}" for name in ("include", "src", "tests")]
    subprocess.run([compiler, *flags, *folders, ROOT / "tests/stand_in.cpp", "-o", folder / "libcuda.so.1"], check=True)
    return folder


def run(driver, test):
    """In a process of its own, because the driver is looked for once."""
    environment = {**os.environ, "LD_LIBRARY_PATH": str(driver)}
    done = subprocess.run([sys.executable, __file__, test], env=environment, capture_output=True, text=True)
    print(done.stdout)
    if done.returncode == 77:
        pytest.skip("this build of kinit has no kernels for a GPU")
    assert done.returncode == 0, done.stdout + done.stderr


def test_on_the_driver_of_the_tests(driver):
    run(driver, "present")


def test_without_a_driver_tensors_are_refused(tmp_path):
    """As before there were kernels for a GPU."""
    (tmp_path / "libcuda.so.1").write_text("no library")
    run(tmp_path, "absent")


# ---- In that process -------------------------------------------------------------------------------------------------


class Stream:
    """torch's current stream of a device."""

    cuda_stream = 0x1234
    asked = 0

    def query(self):
        Stream.asked += 1
        STAND_IN.context(True)
        return True


class Device:
    """torch.cuda.device, which remembers which device was current last."""

    entered: list = []

    def __init__(self, device):
        self.device = device

    def __enter__(self):
        Device.entered.append(self.device)

    def __exit__(self, *exception):
        assert exception == (None, None, None)


class StandIn:
    """What a test reads of the driver, by the functions that it exports for Python."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")
        self.library.stand_in_stream.restype = ctypes.c_void_p

    def launches(self):
        return self.library.stand_in_launches()

    def stream(self):
        return self.library.stand_in_stream()

    def context(self, is_there):
        self.library.stand_in_set_context(int(is_there))


def on_gpu(*shape, dtype=None):
    """Of the CPU in truth, and so are its bytes."""
    return torch.full(shape, 7.0).to(dtype or torch.float32)


def pretend():
    """Until forget(), all tensors lie on a GPU."""
    torch.Tensor.is_cpu = property(lambda tensor: False)
    torch.Tensor.is_cuda = property(lambda tensor: True)
    torch.Tensor.device = property(lambda tensor: torch.device("cuda", 1))
    torch.cuda.device = Device
    torch.cuda.current_stream = Stream
    torch.version.cuda = "13.0"


def forget():
    for name in ("is_cpu", "is_cuda", "device"):
        delattr(torch.Tensor, name)


def both(fill, *shape, dtype=None):
    """The bytes of a fill on the processor and on the GPU are equal, and there was a launch."""
    here, there = on_gpu(*shape, dtype=dtype), on_gpu(*shape, dtype=dtype)
    fill(here)
    before, version = STAND_IN.launches(), there._version
    pretend()
    try:
        fill(there)
    finally:
        forget()
    assert STAND_IN.launches() > before
    assert STAND_IN.stream() == Stream.cuda_stream
    assert Device.entered[-1] == torch.device("cuda", 1)
    assert torch.equal(here.view(torch.uint8), there.view(torch.uint8))
    assert there._version > version


def fills():
    for dtype in (torch.float32, torch.bfloat16, torch.float16, torch.float8_e4m3fn, torch.float8_e5m2):
        both(lambda x: kinit.fill_normal(x, 1, 2, seed=3, name="a", offset=5), 7, 9, dtype=dtype)
    both(lambda x: kinit.fill_uniform(x.t(), -1, 2, seed=3, shard=((20, 30), (4, 5))), 7, 9, dtype=torch.float64)
    both(lambda x: kinit.fill_truncated_normal(x, seed=3), 100)
    both(lambda x: kinit.fill_constant(x, 0.3), 100)
    both(lambda x: kinit.fill_kaiming_uniform(x, seed=3), 7, 9)
    both(lambda x: kinit.fill_xavier_normal(x, seed=3), 7, 9)
    both(lambda x: kinit.fill_variance_scaling(x, seed=3), 7, 9)
    both(kinit.fill_eye, 7, 9)
    both(lambda x: kinit.fill_dirac(x, 2), 8, 3, 3)


def errors():
    x, d = on_gpu(4), on_gpu(4, dtype=torch.float64)
    words, before = torch.full((4,), 7, dtype=torch.uint32), STAND_IN.launches()
    pretend()
    with pytest.raises(RuntimeError, match="normals in f64 are not drawn on a GPU"):
        kinit.fill_normal(d, seed=1)
    with pytest.raises(ValueError, match="std must be at least 0, not -1.0"):
        kinit.fill_normal(x, std=-1, seed=1)
    with pytest.raises(TypeError, match="lies on device cuda:1"):
        kinit.fill_constant(x, float("inf"))
    with pytest.raises(TypeError):
        kinit.fill_bits(words, seed=1)
    forget()
    assert STAND_IN.launches() == before
    assert torch.equal(x, on_gpu(4)) and torch.equal(d, on_gpu(4, dtype=torch.float64))


def initializers():
    for function in (init.uniform_, init.normal_, init.trunc_normal_, init.xavier_uniform_, init.kaiming_normal_):
        both(functools.partial(function, seed=3, name="a"), 7, 9)
    both(init.ones_, 7, 9)
    both(init.eye_, 7, 9)
    both(init.dirac_, 8, 3, 3)

    def of_the_default_generator(x):
        torch.manual_seed(5)
        init.normal_(x)

    both(of_the_default_generator, 7, 9)


def left_to_torch():
    """kinit has no kernel for these, or would have to wait for the GPU."""
    taken, before = [], STAND_IN.launches()
    torch.nn.init.normal_ = torch.nn.init.orthogonal_ = torch.nn.init.sparse_ = lambda x, *_, **__: taken.append(x)
    d, x = on_gpu(4, 4, dtype=torch.float64), on_gpu(4, 4)
    generator = torch.Generator()
    of_gpu = type("G", (), {"device": torch.device("cuda", 1)})()
    pretend()
    init.normal_(d, generator=generator)
    init.normal_(x, generator=of_gpu)
    init.orthogonal_(x, generator=generator)
    init.sparse_(x, 0.5, generator=generator)
    forget()
    assert len(taken) == 4 and STAND_IN.launches() == before


def accelerate():
    def build(x):
        with kinit.torch.accelerate(seed=3) as mode:
            torch.nn.init.normal_(x)
            x.uniform_(2, 3)
            torch.nn.init.kaiming_uniform_(x)
        assert mode.stats.taken_over == {"normal_": 1, "uniform_": 1, "kaiming_uniform_": 1}
        assert mode.stats.elements_taken_over["normal_"] == 63 and not mode.stats.passed_on

    both(build, 7, 9)


def module():
    before = STAND_IN.launches()
    here, there = torch.nn.Linear(9, 7), torch.nn.Linear(9, 7)
    kinit.torch.init_module_(here, seed=3)
    pretend()
    kinit.torch.init_module_(there, seed=3)
    forget()
    assert STAND_IN.launches() == before + 2
    assert all(map(torch.equal, here.parameters(), there.parameters()))


def threads():
    """A thread that has no context yet asks its stream, and gets torch's."""
    STAND_IN.context(False)
    both(lambda x: kinit.fill_normal(x, seed=3), 7, 9)
    assert Stream.asked == 1


def absent():
    x = on_gpu(4)
    pretend()
    with pytest.raises(TypeError, match="lies on device cuda:1"):
        kinit.fill_normal(x, seed=1)
    forget()
    assert torch.equal(x, on_gpu(4))


if __name__ == "__main__":
    import kinit
    import kinit.torch
    from kinit import _kinit
    from kinit.torch import init

    if sys.argv[1] == "absent":
        absent()
    elif not _kinit.has_gpu():
        sys.exit(77)
    else:
        STAND_IN = StandIn()
        for test in (fills, errors, initializers, accelerate, module, threads, left_to_torch):
            print(test.__name__, flush=True)
            test()
