"""The primitive of JAX that fills: an XLA custom call into XLA's own buffer, which each device makes for its own shard.

Owns: streams and parameters -> the call, and how it is partitioned and batched. Used by initializers.py and tree.py.

SPDX-License-Identifier: Apache-2.0
"""

from __future__ import annotations

import contextlib
import functools
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn, TypeAlias

import jax
import jax.extend
import numpy
from jax._src import dispatch  # what JAX does not export, see fill_p and _lower
from jax._src import mesh as mesh_of_jax
from jax.experimental.custom_partitioning import custom_partitioning
from jax.interpreters import batching, mlir
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .. import _kinit

TARGET = "kinit_fill"
jax.ffi.register_ffi_target(TARGET, _kinit.ffi_fill(), platform="cpu")

NO_MESH = jax.sharding.AbstractMesh((), ())

Resolved: TypeAlias = tuple[int, float, float, float, float]
"""The distribution and its mean, stddev, low and high."""

fill_p = jax.extend.core.Primitive("kinit_fill")
dispatch.prim_requires_devices_during_lowering.add(fill_p)  # as custom_partitioning has it, which its lowering calls


def _block(streams: jax.Array, coordinates: Any, lengths: Sequence[int], resolved: Resolved, shape: Any, dtype: Any) -> Any:
    """The call: of one array of that shape per stream, the block with these coordinates in a grid of blocks."""
    out = jax.ShapeDtypeStruct((*streams.shape[:-1], *lengths), dtype)
    return jax.ffi.ffi_call(TARGET, out)(
        streams,
        coordinates,
        distribution=numpy.int64(resolved[0]),
        parameters=numpy.array(resolved[1:], numpy.float64),
        whole=numpy.array(shape, numpy.int64),
    )


def _whole(streams: jax.Array, resolved: Resolved, shape: tuple[int, ...], dtype: Any) -> Any:
    return _block(streams, jax.lax.full((len(shape),), 0, numpy.int32), shape, resolved, shape, dtype)


def _names(entry: Any) -> tuple[str, ...]:
    """The axes of the mesh that divide a dimension, of the entry that a PartitionSpec has for it."""
    return () if entry is None else entry if isinstance(entry, tuple) else (entry,)


def _even(sharding: NamedSharding, lengths: Sequence[int]) -> NamedSharding:
    """The same without the axes that do not divide their dimension evenly."""
    mesh = sharding.mesh
    entries = [*sharding.spec, *[None] * (len(lengths) - len(sharding.spec))]
    parts = [int(numpy.prod([mesh.shape[name] for name in _names(entry)])) for entry in entries]
    kept = [entry if length % part == 0 else None for entry, part, length in zip(entries, parts, lengths)]
    return NamedSharding(mesh, PartitionSpec(*kept))


def _partition(resolved: Resolved, shape: Any, dtype: Any, mesh: Mesh, arguments: Any, result: Any) -> Any:
    """Each device makes its own block; the streams of a batch lie where their arrays lie."""
    sharding = _even(result.sharding, result.shape)
    batch = len(result.shape) - len(shape)
    entries = sharding.spec[batch:]

    def local(streams: jax.Array) -> Any:
        with jax.sharding.use_abstract_mesh(NO_MESH):  # that of jax.set_mesh, if Explicit, would divide the shard again
            zero = jax.lax.full((), 0, numpy.int32)
            indices = [jax.lax.axis_index(_names(entry)) if _names(entry) else zero for entry in entries]
            coordinates = jax.numpy.stack(indices) if indices else jax.lax.full((0,), 0, numpy.int32)
            return _block(streams, coordinates, sharding.shard_shape(result.shape)[batch:], resolved, shape, dtype)

    return mesh, local, sharding, (NamedSharding(mesh, PartitionSpec(*sharding.spec[:batch], None)),)


@functools.cache
def _partitioned(batch: int, ndim: int) -> Any:
    """_whole for that many dimensions of a batch and of an array, with its rule for the partitioner."""
    function = custom_partitioning(_whole, static_argnums=(1, 2, 3))
    batches = " ".join(f"b{k}" for k in range(batch))
    lengths = " ".join(f"d{k}" for k in range(ndim))
    function.def_partition(
        partition=_partition,
        sharding_rule=f"{batches} w -> {batches} {lengths}",
        need_replication_factors=("w",),
    )
    return function


def _lowered(streams: jax.Array, *, resolved: Resolved, shape: tuple[int, ...], dtype: Any) -> Any:
    if streams.ndim == 1 and not shape:
        return _whole(streams, resolved, shape, dtype)
    return _partitioned(streams.ndim - 1, len(shape))(streams, resolved, shape, dtype)


def _lower(context: Any, streams: Any, **parameters: Any) -> Any:
    """Shows the mesh of jax.set_mesh to custom_partitioning, which looks for that of `with mesh:` only."""
    mesh = mesh_of_jax.get_concrete_mesh()
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore", DeprecationWarning)
        if mesh is not None and not mesh.empty:
            stack.enter_context(mesh)
        return mlir.lower_fun(_lowered, multiple_results=False)(context, streams, **parameters)


def _refuse(context: Any, *_: Any, **__: Any) -> NoReturn:
    platforms = ", ".join(context.module_context.platforms)
    raise NotImplementedError(
        f"kinit.jax fills on the CPU and has no kernel for {platforms}: initialize under "
        "jax.default_device(jax.devices('cpu')[0]) and move the result with jax.device_put(x, device_or_sharding)"
    )


def _batch(arguments: Any, axes: Any, **parameters: Any) -> Any:
    return fill_p.bind(jax.numpy.moveaxis(arguments[0], axes[0], 0), **parameters), 0


@fill_p.def_abstract_eval
def _abstract(streams: Any, *, resolved: Resolved, shape: tuple[int, ...], dtype: Any) -> Any:
    return jax.core.ShapedArray((*streams.shape[:-1], *shape), dtype)


@fill_p.def_impl
def _eager(streams: jax.Array, **parameters: Any) -> Any:
    with jax.disable_jit(False):
        return _compiled(streams, **parameters)


batching.primitive_batchers[fill_p] = _batch
mlir.register_lowering(fill_p, _refuse)
mlir.register_lowering(fill_p, _lower, platform="cpu")


@functools.partial(jax.jit, static_argnames=("resolved", "shape", "dtype"))
def _compiled(streams: jax.Array, *, resolved: Resolved, shape: tuple[int, ...], dtype: Any) -> Any:
    return fill_p.bind(streams, resolved=resolved, shape=shape, dtype=dtype)


def _as_named(sharding: Any) -> Any:
    """An out_sharding as the functions of jax.random take it."""
    if not isinstance(sharding, PartitionSpec):
        return sharding
    mesh = mesh_of_jax.get_concrete_mesh()
    return NamedSharding(jax.sharding.get_abstract_mesh() if mesh is None or mesh.empty else mesh, sharding)


def fill(streams: jax.Array, resolved: Resolved, shape: tuple[int, ...], dtype: Any, sharding: Any = None) -> jax.Array:
    """An array of that shape for the stream of the words [seed high, seed low, subsequence high, subsequence low]."""
    function = functools.partial(_compiled, resolved=resolved, shape=shape, dtype=dtype)
    if sharding is None:
        return function(streams)
    named = _as_named(sharding)
    if jax.sharding.AxisType.Explicit in named.mesh.axis_types and not jax.sharding.get_abstract_mesh().empty:
        return jax.sharding.auto_axes(function, out_sharding=named)(streams)
    return jax.jit(function, out_shardings=named)(streams)
