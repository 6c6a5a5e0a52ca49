"""kinit.keras on one backend of Keras, in a process of its own for each. SPDX-License-Identifier: Apache-2.0"""

import os
import pathlib
import subprocess
import sys

import pytest

pytest.importorskip("keras")


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_backend(backend):
    pytest.importorskip(backend)
    script = pathlib.Path(__file__).with_name("keras_backend.py")
    done = subprocess.run([sys.executable, script], env={**os.environ, "KERAS_BACKEND": backend}, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.endswith("all hold\n"), done.stdout + done.stderr
