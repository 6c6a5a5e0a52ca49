/* The weights of a checkpoint, a tile at a time.
 *
 * Owns: their reading, and what the bits of an element mean. SPDX-License-Identifier: Apache-2.0 */
#include "weights.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static int open_file(tool_weights *w, const tool_checkpoint *checkpoint, size_t file, tool_error *error) {
  if (w->descriptor > 0 && w->file == file) return TOOL_OK;
  tool_weights_close(w);
  const int descriptor = open(checkpoint->files[file], O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return tool_fail(error, TOOL_FAILED, checkpoint->files[file], 0, "%s", strerror(errno));
  posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL);
  *w = (tool_weights){descriptor, file};
  return TOOL_OK;
}

/* Reads all of it; `name`: what ends too early. */
static int read_fully(int descriptor, const char *path, const char *name, uint64_t begin, size_t size, char *to,
                      tool_error *error) {
  while (size > 0) {
    const ssize_t got = pread(descriptor, to, size, (off_t)begin);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return tool_fail(error, TOOL_FAILED, path, 0, "%s", strerror(errno));
    if (got == 0) return tool_fail(error, TOOL_INPUT, path, 0, "the file ends within \"%s\"", name);
    to += got;
    begin += (uint64_t)got;
    size -= (size_t)got;
  }
  return TOOL_OK;
}

static int copy_bytes(int descriptor, const tool_copy *copy, uint64_t offset, size_t size, void *dst,
                      tool_error *error) {
  return read_fully(descriptor, copy->path, "a tensor to copy", copy->begin + offset, size, dst, error);
}

/* Rounds to nearest even; a NaN stays one. */
static uint16_t narrow(uint32_t bits) {
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

/* Places and sizes are those of whole elements of BF16. */
static int copy_narrow(int descriptor, const tool_copy *copy, uint64_t offset, size_t size, void *dst,
                       tool_error *error) {
  uint32_t wide[4096];
  uint16_t *to = dst;
  int code = TOOL_OK;
  for (size_t left = size / sizeof *to; left > 0 && code == TOOL_OK;) {
    const size_t count = left < 4096 ? left : 4096;
    code = copy_bytes(descriptor, copy, 2 * offset, count * sizeof *wide, wide, error);
    for (size_t i = 0; i < count && code == TOOL_OK; i++) *to++ = narrow(wide[i]);
    offset += count * sizeof *to;
    left -= count;
  }
  return code;
}

int tool_copy_read(const tool_copy *copy, uint64_t offset, size_t size, void *dst, tool_error *error) {
  if (copy->path == NULL) return memset(dst, 0, size), TOOL_OK;
  const int descriptor = open(copy->path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return tool_fail(error, TOOL_FAILED, copy->path, 0, "%s", strerror(errno));
  const int code = copy->narrows ? copy_narrow(descriptor, copy, offset, size, dst, error)
                                 : copy_bytes(descriptor, copy, offset, size, dst, error);
  close(descriptor);
  return code;
}

int tool_weights_read(tool_weights *w, const tool_checkpoint *checkpoint, const tool_entry *entry, uint64_t offset,
                      size_t size, void *dst, tool_error *error) {
  const int code = open_file(w, checkpoint, entry->file, error);
  if (code != TOOL_OK) return code;
  return read_fully(w->descriptor, checkpoint->files[entry->file], entry->name, entry->begin + offset, size, dst,
                    error);
}

void tool_weights_close(tool_weights *w) {
  if (w->descriptor > 0) close(w->descriptor);
  *w = (tool_weights){0};
}

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

static double from_bf16(uint16_t bits) {
  const uint32_t word = (uint32_t)bits << 16;
  float value;
  memcpy(&value, &word, sizeof value);
  return value;
}

/* IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction, which have their places in binary32 when moved; its
 * exponents are 112 larger. */
static double from_f16(uint16_t bits) {
  const uint32_t word = (uint32_t)(bits & 0x7FFF) << 13;
  float value;
  memcpy(&value, &word, sizeof value);
  value *= 0x1p112F;
  if ((bits & 0x7C00) == 0x7C00) value = (bits & 0x3FF) == 0 ? INFINITY : NAN;
  return bits >> 15 ? -value : value;
}

/* 1 bit of sign, 4 of exponent, 3 of fraction; no infinity. */
static double from_f8_e4m3(uint8_t bits) {
  const int exponent = bits >> 3 & 15, fraction = bits & 7;
  const double value = exponent == 0 ? ldexp(fraction, -9) : ldexp(8 + fraction, exponent - 10);
  if ((bits & 0x7F) == 0x7F) return NAN;
  return bits >> 7 ? -value : value;
}

void tool_weights_convert(kinit_dtype dtype, const void *elements, size_t count, double *values) {
  switch (dtype) {
    case KINIT_F64:
      memcpy(values, elements, count * sizeof *values);
      return;
    case KINIT_F32:
      for (size_t i = 0; i < count; i++) values[i] = ((const float *)elements)[i];
      return;
    case KINIT_F16:
      for (size_t i = 0; i < count; i++) values[i] = from_f16(((const uint16_t *)elements)[i]);
      return;
    case KINIT_BF16:
      for (size_t i = 0; i < count; i++) values[i] = from_bf16(((const uint16_t *)elements)[i]);
      return;
    case KINIT_F8_E4M3:
      for (size_t i = 0; i < count; i++) values[i] = from_f8_e4m3(((const uint8_t *)elements)[i]);
      return;
    case KINIT_F8_E5M2: /* the upper half of a binary16 */
      for (size_t i = 0; i < count; i++) values[i] = from_f16((uint16_t)(((const uint8_t *)elements)[i] << 8));
  }
}
