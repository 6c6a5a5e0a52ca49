"""Programs that end while threads fill. SPDX-License-Identifier: Apache-2.0"""

import os
import subprocess
import sys
import threading

import kinit
import numpy as np
import pytest

ENDING = """
import threading, time
import kinit
{arrays}
started = threading.Barrier({threads} + 1)

def fill(array):
    started.wait()
    while True:
        kinit.fill_normal(array, seed=1, name="a") if array.dtype != unsigned else kinit.fill_bits(array, seed=1)

for number in range({threads}):
    threading.Thread(target=fill, args=(make(number),), daemon=True).start()
started.wait()
time.sleep(0.05)
"""
NUMPY = """
import numpy
unsigned = numpy.uint32
make = lambda number: numpy.empty((16, 1 << 21, 300)[number], (numpy.float32, numpy.float16, numpy.uint32)[number])
"""
TORCH = """
import torch
unsigned = None
make = lambda number: torch.empty((16, 1 << 21, 300)[number])
"""


@pytest.mark.parametrize("arrays", [NUMPY, TORCH], ids=["numpy", "torch"])
def test_daemon_threads_that_fill_do_not_abort_the_end(arrays):
    if arrays is TORCH:
        pytest.importorskip("torch")
    program = ENDING.format(arrays=arrays, threads=3)
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (result.returncode, result.stderr) == (0, "")


def test_functions_that_run_at_exit_still_fill():
    program = """
import atexit
atexit.register(lambda: print(kinit.fill_constant(numpy.zeros(3, "float32"), 2.0).tolist()))
import kinit, numpy
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert (result.returncode, result.stdout, result.stderr) == (0, "[2.0, 2.0, 2.0]\n", "")


def test_a_child_of_a_process_whose_threads_fill_ends():
    """It has none of these threads, and must not wait for them."""
    array, ended = np.empty(1 << 22, np.float32), threading.Event()

    def fill():
        while not ended.is_set():
            kinit.fill_normal(array, seed=1, name="a")

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        for _ in range(5):
            child = os.fork()
            if child == 0:
                try:
                    kinit._end_calls()
                finally:
                    os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        ended.set()
        thread.join()
