/* PyTorch's tensors, which have more to say than other arrays: autograd, versions, modes.
 *
 * Owns: all that the module knows of torch, which it never imports. Used by array.cpp and module.cpp.
 * SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <nanobind/nanobind.h>

#include "array.h"

namespace kinit_python {

/* Whether the object is a torch.Tensor, or of a class derived from it. */
bool is_tensor(nanobind::handle object);

/* RuntimeError where torch's own in-place functions raise it: a tensor that requires grad while autograd records, and a
 * tensor of inference mode outside of it. */
void check_writable(nanobind::handle tensor);

/* Reads a dense tensor of the CPU, or of a GPU that kinit fills, without the detour through DLPack. False if it is
 * another one, of a derived class other than Parameter say: nothing has happened then. */
bool read_plain_tensor(nanobind::handle tensor, Array &array);

/* Tells autograd that a tensor was written to, as torch's in-place functions do. */
void advance_version(nanobind::handle tensor);

/* Fill a tensor that needs no second look, whatever autograd says: dense and contiguous, parameters that are Python's
 * own numbers and in range. source.stream() draws the stream, if all else is well. False, and nothing has happened: the
 * long way has to decide, attempt.py's. */
bool fill_normal_short(nanobind::handle tensor, nanobind::handle mean, nanobind::handle std, nanobind::handle source);
bool fill_uniform_short(nanobind::handle tensor, nanobind::handle low, nanobind::handle high, nanobind::handle source);
bool fill_kaiming_uniform_short(nanobind::handle tensor, nanobind::handle a, nanobind::handle unused,
                                nanobind::handle source);

/* Counts a call that kinit has done. tallies is three dictionaries: calls and elements by name, and the number of
 * random calls by the key "drawn". The GIL is held throughout, so that no thread loses a call of another one. */
void count_call(nanobind::handle tallies, nanobind::handle name, nanobind::handle tensor, nanobind::handle is_random);

/* The __torch_function__ of a mode of torch: calls mode.handlers[function](function, args, kwargs) for functions that
 * are keys of that dictionary, and every other function itself. Those in mode.shortcuts it does itself if it can, as
 * above, with the stream of mode.stream(), and then calls count_call with mode.tallies. */
nanobind::object offering(nanobind::handle mode);

}  // namespace kinit_python
