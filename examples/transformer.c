/* Initialises the tensors of a small transformer by name: whole, and in 2, 4 and 8 shards along rows and along columns.
 *
 * Shows that names give each tensor its own stream, so order and company do not matter, and that every way to divide
 * a tensor gives the same bytes. Exits with 1 if one byte differs. SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <kinit/kinit.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 1234, VOCABULARY = 2000, WIDTH = 256, HIDDEN = 1024, LAYERS = 4, NAME_SIZE = 64 };

/* A weight matrix, [outputs, inputs], in bf16. None is larger than the embedding. */
typedef struct weight {
  char name[NAME_SIZE];
  int64_t shape[2];
} weight;

enum { WEIGHTS_PER_LAYER = 6, WEIGHTS = 2 + LAYERS * WEIGHTS_PER_LAYER };

static void list_weights(weight *list) {
  static const struct {
    const char *name;
    int64_t shape[2];
  } in_layer[WEIGHTS_PER_LAYER] = {
      {"attention.query", {WIDTH, WIDTH}},  {"attention.key", {WIDTH, WIDTH}}, {"attention.value", {WIDTH, WIDTH}},
      {"attention.output", {WIDTH, WIDTH}}, {"mlp.up", {HIDDEN, WIDTH}},       {"mlp.down", {WIDTH, HIDDEN}},
  };
  *list++ = (weight){"embedding", {VOCABULARY, WIDTH}};
  for (int layer = 0; layer < LAYERS; layer++)
    for (int i = 0; i < WEIGHTS_PER_LAYER; i++, list++) {
      snprintf(list->name, NAME_SIZE, "layers.%d.%s", layer, in_layer[i].name);
      memcpy(list->shape, in_layer[i].shape, sizeof list->shape);
    }
  *list = (weight){"head", {VOCABULARY, WIDTH}};
}

static void require(kinit_status status, const char *name) {
  if (status == KINIT_OK) return;
  fprintf(stderr, "%s: %s\n", name, kinit_status_message(status));
  exit(1);
}

/* The initializer of each weight follows from its name. It does not matter whether the tensor is whole or a block. */
static void initialize(const weight *w, const kinit_tensor *tensor) {
  const kinit_stream stream = kinit_stream_named(SEED, w->name);
  if (strcmp(w->name, "embedding") == 0)
    require(kinit_normal(tensor, 0, 0.02, stream), w->name);
  else if (strstr(w->name, "mlp.up") != NULL)
    require(kinit_kaiming_normal(tensor, 0, KINIT_FAN_IN, KINIT_RELU, stream), w->name);
  else
    require(kinit_xavier_uniform(tensor, 1, stream), w->name);
}

static size_t size_of(const weight *w) { return (size_t)(w->shape[0] * w->shape[1]) * sizeof(uint16_t); }

static void *allocate(size_t bytes) {
  void *memory = kinit_alloc(bytes);
  if (memory == NULL) require(KINIT_ERROR_NULL, "no memory");
  return memory;
}

static void initialize_whole(const weight *w, uint16_t *values) {
  const kinit_tensor tensor = {.data = values, .dtype = KINIT_BF16, .ndim = 2, .shape = w->shape};
  initialize(w, &tensor);
}

/* Copies a dense block to its place in the whole. */
static void place(const weight *w, uint16_t *whole, const uint16_t *block, const int64_t *start, const int64_t *shape) {
  for (int64_t i = 0; i < shape[0]; i++)
    memcpy(whole + (start[0] + i) * w->shape[1] + start[1], block + i * shape[1], (size_t)shape[1] * sizeof *block);
}

/* As many machines would: each fills its own block, in memory of its own. They are put together for the comparison. */
static void initialize_shards(const weight *w, int dimension, int shards, uint16_t *values) {
  uint16_t *block = allocate(size_of(w));
  for (int s = 0; s < shards; s++) {
    int64_t start[2] = {0, 0}, shape[2] = {w->shape[0], w->shape[1]};
    start[dimension] = w->shape[dimension] * s / shards;
    shape[dimension] = w->shape[dimension] * (s + 1) / shards - start[dimension];
    const kinit_tensor tensor = {
        .data = block, .dtype = KINIT_BF16, .ndim = 2, .shape = shape, .global_shape = w->shape, .start = start};
    initialize(w, &tensor);
    place(w, values, block, start, shape);
  }
  kinit_free(block);
}

/* A fingerprint of the bytes, to compare with other machines: FNV-1a. */
static uint64_t fingerprint(const void *bytes, size_t count) {
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (size_t i = 0; i < count; i++) hash = (hash ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
  return hash;
}

/* Whether the weight has this fingerprint, and all ways to divide it give the bytes of the whole. */
static bool compare(const weight *w, uint64_t expected) {
  uint16_t *whole = allocate(size_of(w)), *parts = allocate(size_of(w));
  initialize_whole(w, whole);
  bool equal = fingerprint(whole, size_of(w)) == expected;
  printf("%-26s %4" PRId64 " x %4" PRId64 "  %016" PRIx64 "  %-5s", w->name, w->shape[0], w->shape[1], expected,
         equal ? "equal" : "DIFFERENT");
  for (int dimension = 0; dimension < 2; dimension++)
    for (int shards = 2; shards <= 8; shards *= 2) {
      memset(parts, 0xFF, size_of(w));
      initialize_shards(w, dimension, shards, parts);
      const bool same = memcmp(whole, parts, size_of(w)) == 0;
      printf("  %s", same ? "equal" : "DIFFERENT");
      equal = equal && same;
    }
  printf("\n");
  kinit_free(whole);
  kinit_free(parts);
  return equal;
}

int main(void) {
  weight weights[WEIGHTS];
  uint64_t fingerprints[WEIGHTS];
  uint16_t *memory = allocate((size_t)VOCABULARY * WIDTH * sizeof(uint16_t));
  list_weights(weights);
  for (int i = 0; i < WEIGHTS; i++) {
    initialize_whole(&weights[i], memory);
    fingerprints[i] = fingerprint(memory, size_of(&weights[i]));
  }
  kinit_free(memory);
  printf("%-26s %11s  %-16s  again  rows/2 rows/4 rows/8 cols/2 cols/4 cols/8\n", "weight", "shape", "fingerprint");
  /* Again from the last to the first: the order does not matter. */
  bool equal = true;
  for (int i = WEIGHTS - 1; i >= 0; i--) equal = compare(&weights[i], fingerprints[i]) && equal;
  printf("%s\n", equal ? "all orders and all shards give the same bytes" : "SOME BYTES DIFFER");
  return equal ? 0 : 1;
}
