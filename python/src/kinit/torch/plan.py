"""kinit-plan: a model's own initialization, as a plan for kinit-fill.

Owns: the command line, what is watched, and how plans are written. The model is built on the device meta, so that it needs
no memory, and its own initialization runs there under watch (module.py, streams.py). What ends as one call of a function
of torch.nn.init becomes an initializer of the plan. What the initialization computes otherwise (a constant table, a
parameter scaled afterwards) is initialised alone, in memory, and goes to a file of values beside the plan.

SPDX-License-Identifier: Apache-2.0
"""

import argparse
import importlib
import json
import pathlib
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import torch

from . import own
from .attempt import ATTEMPTS
from .mode import Call
from .module import _hugging_face_models, _run
from .names import Names, named_tensors, version_of
from .streams import NamedStreams

DTYPES = {
    torch.float32: "f32",
    torch.float64: "f64",
    torch.float16: "f16",
    torch.bfloat16: "bf16",
    torch.float8_e4m3fn: "f8_e4m3",
    torch.float8_e5m2: "f8_e5m2",
}
Initializer = dict[str, Any]

# The arguments of torch's functions under the names that plans have for them.
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "uniform_": ("uniform", "low", "high"),
    "normal_": ("normal", "mean", "stddev"),
    "trunc_normal_": ("truncated_normal", "mean", "stddev", "low", "high"),
    "constant_": ("constant", "value"),
    "fill_": ("constant", "value"),
    "ones_": ("ones",),
    "zeros_": ("zeros",),
    "zero_": ("zeros",),
    "eye_": ("eye",),
    "dirac_": ("dirac", "groups"),
    "xavier_uniform_": ("xavier_uniform", "gain"),
    "xavier_normal_": ("xavier_normal", "gain"),
    "kaiming_uniform_": ("kaiming_uniform", "a", "mode", "nonlinearity"),
    "kaiming_normal_": ("kaiming_normal", "a", "mode", "nonlinearity"),
}


# ---- What the initialization does ------------------------------------------------------------------------------------


class _Last(NamedTuple):
    """The last call that set all of a tensor, and how often the tensor was written to then."""

    initializer: Initializer
    version: int


class Watch(NamedStreams):
    """Notes what becomes of each parameter and buffer of a model on meta."""

    def __init__(self, names: Names) -> None:
        super().__init__(0, names)
        self.last: dict[str, _Last] = {}
        self.noted: set[str] = set()  # all that any call wrote to

    def pass_on(self, call: Call | None, function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        result = super().pass_on(call, function, args, kwargs)
        if call is not None:
            self._note(call.name, call.tensor, call.parameters)
        return result

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = super().__torch_function__(func, types, args, kwargs)
        name = getattr(func, "__name__", "")
        if _writes(name) and name not in ATTEMPTS and args and isinstance(args[0], torch.Tensor):
            self._note(name, args[0], (*args[1:], *(kwargs or {}).values()))
        return result

    def _note(self, function: str, tensor: torch.Tensor, values: tuple[Any, ...]) -> None:
        found = self._names.find(tensor)
        if found is None:
            return
        name, part = found
        self.noted.add(name)
        whole = self._names.tensors[name]
        initializer = _initializer(function, values)
        row = _zero_row(part, whole) if initializer == {"init": "zeros"} else None
        if row is not None and name in self.last and version_of(whole) - self.last[name].version <= 1:
            initializer = {**self.last[name].initializer, "zero_row": row}
        elif part or initializer is None:
            self.last.pop(name, None)
            return
        self.last[name] = _Last(initializer, version_of(whole))

    def initializer(self, name: str) -> Initializer | None:
        """None for a tensor that something else than one call has made."""
        last = self.last.get(name)
        return last.initializer if last and last.version == version_of(self._names.tensors[name]) else None


def _writes(name: str) -> bool:
    """Whether a method of Tensor writes to it. Those of tensor.data do not advance the version of the tensor."""
    if name.startswith("__"):
        return name == "__setitem__" or (name[:3] == "__i" and name not in ("__invert__", "__int__", "__index__"))
    return name.endswith("_") and name != "requires_grad_"


def _initializer(function: str, values: tuple[Any, ...]) -> Initializer | None:
    """In the words of a plan; None for what has none."""
    if function not in _ARGUMENTS or any(isinstance(value, torch.Tensor) for value in values):
        return None
    init, *arguments = _ARGUMENTS[function]
    if init == "constant" and values[0] == 0:
        return {"init": "zeros"}
    return {"init": init, **dict(zip(arguments, values, strict=True))}


def _zero_row(part: str, whole: torch.Tensor) -> int | None:
    """The row of a matrix that is the part, such as that of the padding of an embedding."""
    if whole.ndim != 2 or not whole.is_contiguous() or not part:
        return None
    offset, shape, strides = part[1:-1].split(":")
    length = whole.size(1)
    is_row = (shape, strides) == (str((length,)), "(1,)") and int(offset) % length == 0
    return int(offset) // length if is_row else None


def _initialise(model: torch.nn.Module, streams: NamedStreams) -> None:
    state = torch.get_rng_state()
    try:
        with streams:
            _run(model, streams, None)
    finally:
        torch.set_rng_state(state)


def _tie(model: torch.nn.Module) -> None:
    for part in _hugging_face_models(model):
        own.tie(part)


# ---- What the plan cannot say ----------------------------------------------------------------------------------------


def _computed(model: torch.nn.Module, names: list[str], seed: int) -> dict[str, torch.Tensor]:
    """The values of tensors that the initialization computes: they alone get memory, and it runs again."""
    places = {id(named_tensors(model)[name]) for name in names}
    for part in model.modules():
        groups: tuple[dict[str, Any], ...] = (part._parameters, part._buffers)
        for group in groups:
            for key, tensor in group.items():
                if tensor is not None and id(tensor) in places:
                    value = torch.zeros_like(tensor, device="cpu")
                    group[key] = torch.nn.Parameter(value, False) if isinstance(tensor, torch.nn.Parameter) else value
    _tie(model)
    _initialise(model, NamedStreams(seed, Names(model)))
    values = named_tensors(model)
    return {name: values[name].detach() for name in names}


def _constructed(build: Callable[[], torch.nn.Module], names: Iterable[str], seed: int) -> dict[str, torch.Tensor]:
    """The values of tensors that only the constructor sets, which is run in memory."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        values = named_tensors(build())
    return {name: values[name].detach() for name in names}


# ---- The plan --------------------------------------------------------------------------------------------------------


def _saved_names(model: torch.nn.Module) -> dict[str, str]:
    """Name in a checkpoint -> name in named_tensors. Of tied tensors one has a place in a checkpoint."""
    tied = set(getattr(model, "all_tied_weights_keys", None) or getattr(model, "_tied_weights_keys", None) or ())
    state = model.state_dict(keep_vars=True)
    owners = {id(tensor): name for name, tensor in named_tensors(model).items()}
    saved: dict[str, str] = {}
    for name in sorted(state, key=lambda name: (name in tied, name)):
        tensor = state[name]
        if not isinstance(tensor, torch.Tensor) or id(tensor) not in owners:
            raise SystemExit(f'kinit-plan: "{name}" of the model\'s state is no tensor of the model')
        saved.setdefault(owners[id(tensor)], name)
    return {name: owner for owner, name in saved.items()}


def make_plan(build: Callable[[], torch.nn.Module], seed: int) -> tuple[list[Initializer], dict[str, torch.Tensor]]:
    """The tensors of a plan, and the values of those that it cannot describe."""
    with torch.device("meta"):
        model = build()
    _tie(model)
    names = Names(model)
    before = {name: version_of(tensor) for name, tensor in names.tensors.items()}
    watch = Watch(names)
    _initialise(model, watch)
    tensors, computed, constructed = [], {}, {}
    for name, owner in _saved_names(model).items():
        tensor = names.tensors[owner]
        initializer = watch.initializer(owner)
        if initializer is not None and tensor.dtype in DTYPES:
            entry = {"name": name, "shape": list(tensor.shape), "dtype": DTYPES[tensor.dtype]}
            tensors.append({**entry, **initializer})
        elif version_of(tensor) > before[owner] or owner in watch.noted:
            computed[owner] = name
        else:
            constructed[owner] = name
    values = _computed(model, list(computed), seed) if computed else {}
    values |= _constructed(build, constructed, seed) if constructed else {}
    renamed = {**computed, **constructed}
    return _folded(tensors), {renamed[owner]: tensor.contiguous() for owner, tensor in values.items()}


def _folded(tensors: list[Initializer]) -> list[Initializer]:
    """Tensors that differ in a layer's number alone become one, whose name has a range."""
    groups: dict[tuple[str, str], list[int]] = {}
    for tensor in tensors:
        head, number, tail = _split(tensor["name"])
        rest = json.dumps({**tensor, "name": None})
        name = _escaped(head) + ("{}" + _escaped(tail) if number >= 0 else "")
        groups.setdefault((name, rest), []).append(number)
    return [
        {**json.loads(rest), "name": name.replace("{}", numbers, 1) if numbers else name}
        for (name, rest), found in groups.items()
        for numbers in _ranges(found)
    ]


def _split(name: str) -> tuple[str, int, str]:
    """The name around its first number, which is -1 if there is none."""
    found = re.search(r"(?:^|(?<=\.))(0|[1-9]\d{0,8})(?=\.)", name)
    return (name[: found.start()], int(found[0]), name[found.end() :]) if found else (name, -1, "")


def _escaped(text: str) -> str:
    return re.sub(r"([{}\\])", r"\\\1", text)


def _ranges(numbers: list[int]) -> list[str]:
    """ "{0..31}" for each run of numbers; "" for a name without one."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and runs[-1][-1] == number - 1 >= 0:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ["" if run[0] < 0 else str(run[0]) if len(run) == 1 else f"{{{run[0]}..{run[-1]}}}" for run in runs]


# ---- The command -----------------------------------------------------------------------------------------------------


def _builder_of_config(path: pathlib.Path, architecture: str | None, dtype: str | None) -> Callable[[], torch.nn.Module]:
    """From a configuration of transformers."""
    import transformers

    if not path.is_file():
        raise SystemExit(f"kinit-plan: {path}: no such file")
    config = transformers.AutoConfig.from_pretrained(str(path))
    names = [architecture] if architecture else config.architectures or []
    kind = getattr(transformers, names[0], None) if names else None
    if kind is None:
        found = f"transformers has no class {names[0]}" if names else "it names no architectures"
        raise SystemExit(f"kinit-plan: {path}: {found}: give --architecture, such as LlamaForCausalLM")
    chosen = getattr(torch, dtype) if dtype else config.dtype or torch.float32
    build: Callable[[], torch.nn.Module] = lambda: kind._from_config(config, dtype=chosen)
    return build


def _builder_of_path(path: str, arguments: str, dtype: str | None) -> Callable[[], torch.nn.Module]:
    """From "package.module:function", called with arguments in JSON: an array, or an object of keywords."""
    sys.path.insert(0, "")
    place, _, name = path.partition(":")
    try:
        make = getattr(importlib.import_module(place), name or "no function")
    except (ImportError, AttributeError) as error:
        raise SystemExit(f"kinit-plan: {path} is no config.json and no package.module:function: {error}") from None
    given = json.loads(arguments)

    def build() -> torch.nn.Module:
        model = make(*given) if isinstance(given, list) else make(**given)
        if not isinstance(model, torch.nn.Module):
            raise SystemExit(f"kinit-plan: {path} gives a {type(model).__name__}, and no torch.nn.Module")
        return model.to(getattr(torch, dtype)) if dtype else model

    return build


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("kinit-plan", description="Writes the plan of a model's weights for kinit-fill.")
    parser.add_argument("model", help="config.json of transformers, or package.module:function that makes a module")
    parser.add_argument("-o", "--output", required=True, help="the plan; values stand beside it, if there are any")
    parser.add_argument("--architecture", help="class of transformers, if the configuration names another or none")
    parser.add_argument("--arguments", default="[]", help="of the function, in JSON: an array, or an object of keywords")
    parser.add_argument("--dtype", choices=["float32", "float64", "float16", "bfloat16"], help="of the weights")
    parser.add_argument("--seed", type=int, default=0, help="of values that kinit-fill copies (0)")
    return parser.parse_args(arguments)


def _write(output: pathlib.Path, plan: dict[str, Any], values: dict[str, torch.Tensor]) -> None:
    if values:
        from safetensors.torch import save_file

        plan["values"] = f"{output.stem}.values.safetensors"
        save_file(values, str(output.with_name(plan["values"])), {"format": "pt"})
    rows = ",\n  ".join(json.dumps(tensor) for tensor in plan.pop("tensors"))
    rest = "".join(f" {json.dumps(key)}: {json.dumps(value)},\n" for key, value in plan.items())
    output.write_text("{" + rest[1:] + ' "tensors": [\n  ' + rows + "]}\n")


def main(arguments: list[str] | None = None) -> None:
    given = _arguments(arguments)
    plan: dict[str, Any] = {"comment": f"made by kinit-plan from {given.model}"}
    if given.model.endswith(".json"):
        path = pathlib.Path(given.model)
        build = _builder_of_config(path, given.architecture, given.dtype)
        plan["config"] = json.loads(path.read_text())
    else:
        build = _builder_of_path(given.model, given.arguments, given.dtype)
    plan["tensors"], values = make_plan(build, given.seed)
    count = len(plan["tensors"])
    _write(pathlib.Path(given.output), plan, values)
    print(f"{given.output}: {count} lines, {len(values)} tensors of values")


if __name__ == "__main__":
    main()
