/* Python's arguments -> those of the C library.
 *
 * Owns: the rules about seeds, names, shards and numbers, and the exceptions of a kinit_status. Used by module.cpp.
 * SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <nanobind/nanobind.h>

#include <initializer_list>
#include <string>

#include "array.h"
#include "kinit/kinit.h"

namespace kinit_python {

/* A real number. TypeError if it is none; `what` names it there. */
double read_number(nanobind::handle value, const char *what);

/* An integer: TypeError if it is none, ValueError if it is out of range. */
uint64_t read_uint64(nanobind::handle value, const char *what);
int64_t read_int64(nanobind::handle value, const char *what);

/* Lengths of at most MAX_DIMENSIONS dimensions: returns their number. A single integer is one length. */
int read_lengths(nanobind::handle value, const char *what, int64_t *lengths);

/* The stream of the keyword arguments that every fill with random numbers has. */
kinit_stream read_stream(nanobind::handle seed, nanobind::handle name, nanobind::handle subsequence,
                         nanobind::handle offset);

/* An array, or the shard of a larger one: with shard = (global_shape, start) a block of a tensor of that shape. None
 * is the whole. The tensor points into this object. */
class Destination {
 public:
  Destination(nanobind::handle object, nanobind::handle shard);
  Destination(const Destination &) = delete;
  Destination &operator=(const Destination &) = delete;

  /* For all functions but fill_bits: TypeError if the elements are words. */
  kinit_tensor tensor() const;

  Array array;
  bool is_shard = false;
  int64_t global_shape[MAX_DIMENSIONS];
  int64_t start[MAX_DIMENSIONS];
};

/* A number that the caller gave, or what follows from one ("high - low"). */
struct Parameter {
  const char *name;
  double value;
};

/* What a call asked for, so that its exception can say which argument is wrong. */
struct Request {
  std::initializer_list<Parameter> parameters; /* must be finite, and those named std, gain and scale in range */
  uint64_t offset = 0;
  int ndim = 0;
  const int64_t *shape = nullptr;
  const Destination *to = nullptr;
};

/* Raises the exception of a status that is not KINIT_OK: RuntimeError for what the machine lacks, else ValueError. */
void raise_status(kinit_status status, const Request &request = {});

}  // namespace kinit_python
