"""Other libraries in the process, and processes that it starts. SPDX-License-Identifier: Apache-2.0"""

import hashlib
import multiprocessing
import os
import shutil
import subprocess
import sys
from pathlib import Path

import kinit
import numpy as np
import pytest

DECOY = Path(__file__).resolve().parents[2] / "tests" / "sleef_decoy.c"
COUNT = 1 << 19  # elements: several threads


def normals():
    """The hash of a large fill in f64, whose sine and cosine are SLEEF's."""
    values = kinit.fill_normal(np.empty(COUNT, np.float64), seed=1, subsequence=2, offset=3)
    return hashlib.sha256(values.tobytes()).hexdigest()


def test_other_libraries_with_the_names_of_sleef_are_not_called(tmp_path):
    """torch exports them; a decoy, whose functions end the process, shows that what comes first is not taken."""
    compiler = shutil.which("cc")
    if compiler is None or not hasattr(os, "RTLD_GLOBAL"):
        pytest.skip("a C compiler and RTLD_GLOBAL")
    decoy = tmp_path / "decoy.so"
    subprocess.run([compiler, "-shared", "-fPIC", DECOY, "-o", decoy], check=True)
    program = f"""
import ctypes, os, sys
sys.setdlopenflags(os.RTLD_NOW | os.RTLD_GLOBAL)
decoy = ctypes.CDLL({str(decoy)!r}, os.RTLD_NOW | os.RTLD_GLOBAL)
address = lambda library: ctypes.cast(library.Sleef_finz_sincospid1_u35purecfma, ctypes.c_void_p).value
assert address(decoy) == address(ctypes.CDLL(None))
try:
    import torch
except ImportError:
    pass
import test_guest
print(test_guest.normals())
"""
    run = [sys.executable, "-c", program]
    result = subprocess.run(run, capture_output=True, text=True, timeout=300, cwd=Path(__file__).parent)
    assert (result.returncode, result.stdout, result.stderr) == (0, normals() + "\n", "")


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_children_of_multiprocessing_fill(method):
    expected = normals()
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        assert [pool.apply_async(normals).get(timeout=100) for _ in range(4)] == [expected] * 4


def test_a_forked_child_fills_after_torch_has_used_its_threads():
    torch = pytest.importorskip("torch")
    expected = normals()
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.ones(1 << 22).sin().sum()
        child = os.fork()
        if child == 0:
            os._exit(0 if normals() == expected else 1)
        assert os.waitpid(child, 0)[1] == 0
    finally:
        torch.set_num_threads(threads)
