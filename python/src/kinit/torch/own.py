"""The initialization that a module brings with it.

Owns: where the libraries keep it. Called by module.py.

    torch                      reset_parameters, or _reset_parameters
    Hugging Face transformers  PreTrainedModel.init_weights, which calls _init_weights of the nearest model for each
                               module, skips what carries its flag, and ties weights at the end
    timm                       init_weights, or the function _init_weights of the model's file, which gets each module
    torchtitan                 init_weights or init_states, with buffer_device
    others                     the first of _WHOLE that needs no argument, or _init_weights for each module, as in
                               self.apply

SPDX-License-Identifier: Apache-2.0
"""

import contextlib
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

Step = tuple[torch.nn.Module, Callable[[], object]]  # whose initializer, and the call
_FLAG = "_is_hf_initialized"
_WHOLE = ("init_weights", "initialize_weights", "init_states", "_init_weights", "_initialize_weights", "init_parameters")
_BUFFERS = ("init_non_persistent_buffers", "reset_buffers", "init_buffers", "_init_buffers")


def reset_of(module: torch.nn.Module) -> Callable[[], object] | None:
    """The method that initialises a module anew. Some modules of torch keep it to themselves."""
    return _first_method(module, ("reset_parameters", "_reset_parameters"))


def buffers_of(module: torch.nn.Module) -> Callable[[], object] | None:
    """The method that computes a module's buffers."""
    return _first_method(module, _BUFFERS)


def is_hugging_face(module: torch.nn.Module) -> bool:
    library = sys.modules.get("transformers.modeling_utils")
    return isinstance(module, getattr(library, "PreTrainedModel", ()))


def steps_of(module: torch.nn.Module) -> Iterator[Step]:
    """What a module does beyond reset_parameters, for itself and for those inside."""
    whole = _first_method(module, _WHOLE)
    if whole is not None:
        yield module, whole
        return
    for each in (getattr(module, "_init_weights", None), _function_of_timm(module)):
        if callable(each) and _takes(each, 1):
            yield from ((part, partial(each, part)) for part in _children_first(module))
            return
        if callable(each) and _takes(each, 2):
            names = {part: name for name, part in module.named_modules()}
            yield from ((part, partial(each, part, names[part])) for part in _children_first(module))
            return


def _plain_class(module: torch.nn.Module) -> type:
    """The class that it had before fully_shard gave it another, in a file of torch."""
    return next(kind for kind in type(module).__mro__ if not kind.__module__.startswith("torch.distributed."))


def _children_first(module: torch.nn.Module) -> list[torch.nn.Module]:
    parts: list[torch.nn.Module] = []
    module.apply(parts.append)
    return parts


def _function_of_timm(module: torch.nn.Module) -> Callable[..., object] | None:
    """Constructors of timm's models end with named_apply(_init_weights, self)."""
    kind = _plain_class(module)
    if not kind.__module__.startswith("timm.models.") or "default_cfg" not in vars(module):
        return None
    return getattr(sys.modules[kind.__module__], "_init_weights", None)


def _first_method(module: torch.nn.Module, names: tuple[str, ...]) -> Callable[[], object] | None:
    for name in names:
        method = getattr(module, name, None)
        if callable(method) and _takes(method, 0):
            return lambda: method(**_device_of_buffers(module, method))
    return None


def _takes(function: Callable[..., object], count: int) -> bool:
    """Whether a function can be called with that many positional arguments."""
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _device_of_buffers(module: torch.nn.Module, method: Callable[..., object]) -> dict[str, Any]:
    if "buffer_device" not in inspect.signature(method).parameters:
        return {}
    tensor = next(module.buffers(), next(module.parameters(), torch.empty(0)))
    return {"buffer_device": tensor.device}


@contextlib.contextmanager
def hugging_face_steps(model: Any, begin: Callable[[torch.nn.Module], None]) -> Iterator[None]:
    """Inside, model.init_weights() initialises everything anew, and tells begin of each module before."""
    models = [module for module in model.modules() if is_hugging_face(module)]
    flagged = _clear_flags(model)
    for each in models:
        each._init_weights = _telling(each._init_weights, begin)
        if hasattr(each, "is_custom_code"):  # to which modules without parameters are initialised from the start
            each.is_custom_code = getattr(_plain_class(each), "is_custom_code")
    try:
        yield
    finally:
        for each in models:
            vars(each).pop("is_custom_code", None)
            del each._init_weights
        for tensor, flag in flagged:
            setattr(tensor, _FLAG, flag)


def _telling(function: Callable[..., object], begin: Callable[[torch.nn.Module], None]) -> Callable[..., object]:
    def told(module: torch.nn.Module) -> object:
        begin(module)
        return function(module)

    return told


def _clear_flags(model: torch.nn.Module) -> list[tuple[torch.Tensor, object]]:
    """Removes the flags of what is initialised already, and returns those of tensors."""
    flagged = []
    for module in model.modules():
        vars(module).pop(_FLAG, None)
        for tensor in (*module._parameters.values(), *module._buffers.values()):
            if tensor is not None and hasattr(tensor, _FLAG):
                flagged.append((tensor, getattr(tensor, _FLAG)))
                delattr(tensor, _FLAG)
    return flagged


def tie(model: Any) -> None:
    """Ties the weights of a model of transformers, which to_empty has parted."""
    recompute = "recompute_mapping" in inspect.signature(model.tie_weights).parameters
    model.tie_weights(**({"recompute_mapping": False} if recompute else {}))
