"""docs/plan.schema.json and the reader of kinit-fill accept and refuse the same plans. SPDX-License-Identifier: Apache-2.0"""

import json
import pathlib
import subprocess

import pytest
from test_checkpoint import PLAN, command  # noqa: F401

jsonschema = pytest.importorskip("jsonschema")

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCHEMA = json.loads((ROOT / "docs" / "plan.schema.json").read_text())
EXAMPLES = sorted((ROOT / "examples" / "plans").glob("*.json"))
SHAPE = {"name": "w", "shape": [4, 6], "dtype": "f32"}

# Initializer -> arguments that it takes, with a value of each.
FANS = {"groups": 1, "zero_row": 3, "in": [1], "out": [0], "batch": []}
KAIMING = {"a": 0.5, "mode": "fan_out", "nonlinearity": "relu", **FANS}
TAKES = {
    "uniform": {"low": -1, "high": "1 / fan_in", **FANS},
    "normal": {"mean": 0.5, "stddev": "sqrt(2)", **FANS},
    "truncated_normal": {"mean": 0, "stddev": 1, "low": -1, "high": 1, **FANS},
    "constant": {"value": 1},
    "zeros": {},
    "ones": {},
    "linear_bias": {"fan_in": 6},
    "kaiming_normal": KAIMING,
    "kaiming_uniform": KAIMING,
    "xavier_normal": {"gain": 2, **FANS},
    "xavier_uniform": {"gain": 2, **FANS},
    "variance_scaling": {"scale": 2, "mode": "fan_avg", "distribution": "normal", **FANS},
    "eye": {},
}
ALL = {argument: value for arguments in TAKES.values() for argument, value in arguments.items()}

GOOD = [
    PLAN,
    *({"tensors": [{**SHAPE, "init": init, **arguments}]} for init, arguments in TAKES.items()),
    *({"tensors": [{**SHAPE, "dtype": dtype, "init": "ones"}]} for dtype in ["f64", "f16", "bf16", "f8_e4m3", "f8_e5m2"]),
    {"tensors": [{**SHAPE, "init": "truncated_normal", "low_sigma": -2, "high_sigma": 2}], "comment": ["any"]},
    {"tensors": [{**SHAPE, "shape": [6, 2, 3], "init": "dirac", "groups": 2}]},
    {"variables": {"n": 2, "m": "n ^ 2"}, "config": {}, "tensors": [{**SHAPE, "init": "normal", "stddev": "m"}]},
    {"tensors": [SHAPE], "rules": [{"match": "*", "init": "normal", "dtype": "f16"}]},
    {"tensors": [SHAPE], "defaults": {"init": "normal", "gain": 3}},
]

BAD = [
    {},
    [],
    {"tensors": []},
    {"tensors": {}},
    {"tensors": [5]},
    {"tensors": [{**SHAPE, "init": "ones"}], "more": 1},
    {"tensors": [{**SHAPE, "init": "one"}]},
    {"tensors": [{**SHAPE, "init": None}]},
    {"tensors": [{**SHAPE, "init": "copy"}]},
    {"tensors": [{**SHAPE, "init": "ones", "std": 1}]},
    {"tensors": [{**SHAPE, "init": "ones", "match": "*"}]},
    {"tensors": [{**SHAPE, "init": "ones", "name": ""}]},
    {"tensors": [{**SHAPE, "init": "ones", "name": "__metadata__"}]},
    {"tensors": [{**SHAPE, "init": "ones", "shape": [-1]}]},
    {"tensors": [{**SHAPE, "init": "ones", "shape": [1.5]}]},
    {"tensors": [{**SHAPE, "init": "ones", "shape": 4}]},
    {"tensors": [{**SHAPE, "init": "ones", "shape": [1] * 65}]},
    {"tensors": [{**SHAPE, "init": "ones", "dtype": "F32"}]},
    {"tensors": [{"name": "w", "dtype": "f32", "init": "ones"}]},
    {"tensors": [{"shape": [1], "dtype": "f32", "init": "ones"}]},
    {"tensors": [{**SHAPE, "stddev": 1}], "defaults": {"init": "normal"}},
    {"tensors": [{**SHAPE, "init": "normal", "stddev": [1]}]},
    {"tensors": [{**SHAPE, "init": "normal", "stddev": True}]},
    {"tensors": [{**SHAPE, "init": "normal", "stddev": ""}]},
    {"tensors": [{**SHAPE, "init": "normal", "zero_row": -1}]},
    {"tensors": [{**SHAPE, "init": "normal", "groups": 1.5}]},
    {"tensors": [{**SHAPE, "init": "normal", "in": 1, "out": [0]}]},
    {"tensors": [{**SHAPE, "init": "normal", "in": ["1"], "out": [0]}]},
    {"tensors": [{**SHAPE, "init": "kaiming_normal", "mode": "fan"}]},
    {"tensors": [{**SHAPE, "init": "kaiming_normal", "nonlinearity": "gelu"}]},
    {"tensors": [{**SHAPE, "init": "variance_scaling", "distribution": "cauchy"}]},
    {"tensors": [{**SHAPE, "init": "ones"}], "config": []},
    {"tensors": [{**SHAPE, "init": "ones"}], "values": "../x"},
    {"tensors": [{**SHAPE, "init": "ones"}], "variables": {"sqrt": 1}},
    {"tensors": [{**SHAPE, "init": "ones"}], "variables": {"2x": 1}},
    {"tensors": [{**SHAPE, "init": "ones"}], "variables": {"x": None}},
    {"tensors": [{**SHAPE, "init": "ones"}], "defaults": {"name": "x"}},
    {"tensors": [{**SHAPE, "init": "ones"}], "defaults": {"mode": "x"}},
    {"tensors": [SHAPE], "rules": [{"match": "*"}]},
    {"tensors": [SHAPE], "rules": [{"init": "ones"}]},
    {"tensors": [SHAPE], "rules": [{"match": "", "init": "ones"}]},
    {"tensors": [SHAPE], "rules": [{"match": "*", "init": "ones", "value": 1}]},
    {"tensors": [SHAPE], "rules": {"match": "*", "init": "ones"}},
    *(
        {"tensors": [{**SHAPE, "init": init, "value": 1, argument: ALL[argument]}]}
        for init, arguments in TAKES.items()
        for argument in ALL
        if argument not in arguments
    ),
]


@pytest.fixture
def is_read(command, tmp_path):  # noqa: F811
    """Whether kinit-fill reads the plan; what its arithmetic and its file of values say is not the schema's business."""

    def run(plan):
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        done = subprocess.run([command, tmp_path / "plan.json", "--dry-run"], capture_output=True, text=True)
        assert done.returncode in (0, 3), done.stderr
        return done.returncode == 0

    return run


def is_valid(plan):
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(plan)


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_both_accept(is_read):
    assert EXAMPLES
    for plan in [*GOOD, *(json.loads(path.read_text()) for path in EXAMPLES)]:
        assert (is_read(plan), is_valid(plan)) == (True, True), plan


def test_both_refuse(is_read):
    for plan in BAD:
        assert (is_read(plan), is_valid(plan)) == (False, False), plan
