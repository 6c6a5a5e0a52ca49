"""What all tests share: where the independent reference is, and eight devices of JAX. SPDX-License-Identifier: Apache-2.0"""

import os
import pathlib
import sys

import pytest
from hypothesis import HealthCheck, settings

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

# Before JAX is imported, which reads it once.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_force_host_platform_device_count=8"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("KERAS_BACKEND", "jax")  # Keras would take TensorFlow, which is not there

# The same examples in every run, and no deadlines: timings decide nothing.
settings.register_profile(
    "kinit", deadline=None, derandomize=True, max_examples=200, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("kinit")


@pytest.fixture(autouse=True)
def default_machine():
    """Each test starts with the default instruction set and number of threads, and leaves them so."""
    import kinit

    yield
    kinit.set_isa(None)
    kinit.set_num_threads(0)
