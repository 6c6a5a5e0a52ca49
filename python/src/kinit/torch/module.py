"""Initialises modules anew, each parameter from a stream of its own.

Owns: init_module_, the order of its steps, and its report.

SPDX-License-Identifier: Apache-2.0
"""

import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch.nn.parameter import is_lazy

from . import own
from .mode import _checked_seed
from .names import Names, full_name, named_modules, named_tensors, version_of
from .streams import NamedStreams


@dataclass(frozen=True)
class Report:
    """Full names of parameters and buffers, in alphabetical order; each has one place.

    filled     kinit set all of it last; the module may have changed it afterwards (scaled it, say)
    by_torch   written, but not by kinit alone: computed, copied, or filled by a function of torch
    untouched  not written: as they were before
    """

    filled: tuple[str, ...]
    by_torch: tuple[str, ...]
    untouched: tuple[str, ...]


def init_module_(
    module: torch.nn.Module,
    seed: int,
    *,
    initialize: Callable[[torch.nn.Module], object] | None = None,
    strict: bool = False,
) -> Report:
    """Runs the module's own initialization again, with streams that parameters name.

    The weights depend on seed, on the parameters' full names and on what the module's own initialization does; not on
    the order of construction, on other modules, on the number of processes or on torch's generator, which does not
    change. After model = Model(config) on meta and model.to_empty(device="cpu"), or for a model that is built already.

    What is run, submodules before those that contain them:

        reset_parameters, or _reset_parameters    of each submodule; then
        transformers   init_weights of each PreTrainedModel, which runs _init_weights for each module inside; flags of
                       initialised modules are cleared before, and weights are tied before and after
        others         init_weights (timm, torchtitan), init_states and other usual names that need no argument; or
                       _init_weights for each module inside, be it a method or, in timm, the function of the model's
                       file
        buffers        that nothing has written: init_non_persistent_buffers, reset_buffers, init_buffers

    What a constructor does to the modules inside by itself, in no such method, nobody can run again: use initialize for
    models like that, or accelerate around the constructor.

    Which stream:

        a parameter            the stream of its full name: what normal_(weight, std=s) fills is
                               init.normal_(weight, std=s, seed=seed, name="layer.weight")
        filled again           the same stream; "layer.weight#1", "#2" and so on, if the same initializer of the same
                               submodule has used the numbers in between
        a part of a parameter  streams of their own, named after offset, shape and strides
        other tensors          temporaries, say: streams "layer()", "layer()#1" and so on, named after the submodule
        everything else        torch.randn, say: torch's default generator, seeded from seed and the submodule's name

    A tied parameter belongs to the alphabetically first of its names. Buffers count as parameters. What torch.compile
    and checkpoint wrappers add to names does not count.

    module      on any device but meta. What kinit does not fill, torch fills, from a generator that seed and name decide
    seed        0 to 2**64 - 1
    initialize  called with the module instead of all that is run above; the streams stay
    strict      an error instead of a warning for what is still uninitialised
    Returns a Report. Warns of parameters that nothing has written, and of such buffers if their module's parameters
    were new as well, as after to_empty. Raises TypeError and ValueError for the seed, ValueError for a module on meta:
    then nothing has happened. Raises RuntimeError if strict, and NotImplementedError for DTensors that kinit cannot
    fill; then some submodules have been initialised. Not to be called for one module by several threads at once; no
    other thread may use torch's default generator meanwhile.
    """
    seed = _checked_seed(seed)
    _refuse_meta(module)
    for model in _hugging_face_models(module):
        own.tie(model)
    names = Names(module)
    versions = {name: version_of(tensor) for name, tensor in names.tensors.items()}
    computed = _computed_buffers(module)
    streams = NamedStreams(seed, names)

    def untouched() -> set[str]:
        now = named_tensors(module)
        same = {name for name, tensor in names.tensors.items() if now.get(name) is tensor}
        same -= streams.filled | streams.written
        return {name for name in same if version_of(names.tensors[name]) == versions[name]}

    state = torch.get_rng_state()
    try:
        with streams:
            _run(module, streams, initialize)
            if initialize is None:
                _compute_buffers(module, streams, untouched() - computed)
    finally:
        torch.set_rng_state(state)
    left = untouched()
    _complain(left - computed, strict)
    filled = streams.filled - left
    return Report(*(tuple(sorted(group)) for group in (filled, set(named_tensors(module)) - filled - left, left)))


def _refuse_meta(module: torch.nn.Module) -> None:
    meta = [name for name, tensor in named_tensors(module).items() if tensor.device.type == "meta"]
    if meta:
        raise ValueError(
            f"module has no memory for {_listed(meta)}, which are on the device meta: "
            'call module.to_empty(device="cpu") before init_module_'
        )


def _hugging_face_models(module: torch.nn.Module) -> list[torch.nn.Module]:
    """The outermost ones: each initialises those inside itself."""
    models = [submodule for submodule in module.modules() if own.is_hugging_face(submodule)]
    inner = {part for model in models for part in model.modules() if part is not model}
    return [model for model in models if model not in inner]


def _run(
    module: torch.nn.Module, streams: NamedStreams, initialize: Callable[[torch.nn.Module], object] | None
) -> None:
    names = named_modules(module)
    if initialize is not None:
        streams.begin("")
        initialize(module)
        return
    resets = ((submodule, own.reset_of(submodule)) for submodule in names)
    _call(((submodule, reset) for submodule, reset in resets if reset is not None), streams, names)
    outermost = _hugging_face_models(module)
    for submodule in names:
        if submodule in outermost:
            with own.hugging_face_steps(submodule, lambda part: streams.begin(names[part])):
                submodule.init_weights()  # type: ignore[operator]
        elif not own.is_hugging_face(submodule):
            _call(own.steps_of(submodule), streams, names)


def _call(steps: Iterable[own.Step], streams: NamedStreams, names: dict[torch.nn.Module, str]) -> None:
    for submodule, step in steps:
        streams.begin(names[submodule])
        step()


def _computed_buffers(module: torch.nn.Module) -> set[str]:
    """Buffers of modules whose parameters have been written to: that was not to_empty, so the constructor made them.
    A module without parameters is judged by the next one around it."""
    computed = set()
    for path, _ in module.named_buffers(remove_duplicate=False):
        owner = path
        while owner:
            owner = owner.rpartition(".")[0]
            parameters = [parameter for parameter in module.get_submodule(owner).parameters() if not is_lazy(parameter)]
            if parameters:
                if any(version_of(parameter) > 0 for parameter in parameters):
                    computed.add(full_name(path))
                break
    return computed


def _compute_buffers(module: torch.nn.Module, streams: NamedStreams, missing: set[str]) -> None:
    names = named_modules(module)
    for submodule, name in names.items():
        buffers = {f"{name}.{key}".lstrip(".") for key in submodule._buffers}
        compute = own.buffers_of(submodule)
        if compute is not None and buffers & missing:
            _call([(submodule, compute)], streams, names)


def _complain(missing: set[str], strict: bool) -> None:
    """Of what nothing has written."""
    if missing:
        message = f"init_module_ has not initialised {_listed(sorted(missing))}: nothing in the module fills them"
        if strict:
            raise RuntimeError(message)
        warnings.warn(message, stacklevel=3)


def _listed(names: list[str]) -> str:
    return ", ".join(names)
