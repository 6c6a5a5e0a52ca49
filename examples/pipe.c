/* Writes endless random 32-bit words to the standard output, for test batteries that read a pipe: PractRand, TestU01,
 * dieharder. docs/statistics.md has their command lines.
 *
 * Shows how values become words again: by their distribution function, which makes uniform numbers of them.
 * SPDX-License-Identifier: Apache-2.0
 *
 * usage: pipe KIND [SEED [SUBSEQUENCE]] | BATTERY
 *
 *   words                       the words of the stream
 *   uniforms, uniforms64        uniforms on [0, 1)
 *   normals, normals64          the distribution function of normals
 *   truncated, truncated64      that of normals truncated to [-1, 2]
 *   seeds, subsequences, names  the words of 64 streams in turn, one of each: of neighbouring seeds, of neighbouring
 *                               subsequences, and of the names layer.0, layer.1, ...
 *
 * The values are f32, of which 16 bits are taken, two to a word; with 64 f64, of which 32 bits are taken. More bits of
 * f32 would show its rounding. SEED and SUBSEQUENCE are 0 if not given; with interleaved streams SUBSEQUENCE counts
 * groups of 64 of the subsequences or names. */
#include <kinit/kinit.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#endif

enum {
  WORDS = 1 << 15, /* written at a time */
  STREAMS = 64,    /* interleaved */
  STEPS = 128,     /* points of the table of the distribution function from one standard deviation to the next */
  REACH = 10       /* its last point; normals in f64 reach 9.5 */
};

typedef struct kind kind;
struct kind {
  const char *name;
  void (*make)(const kind *k, uint32_t *words, kinit_stream stream);
  kinit_dtype dtype;
  void (*to_units)(double *values, size_t count);
};

static void check(kinit_status status) {
  if (status == KINIT_OK) return;
  fprintf(stderr, "pipe: %s\n", kinit_status_message(status));
  exit(1);
}

/* ---- From values to uniform numbers ------------------------------------------------------------------------------ */

static struct { double below, density; } table[2 * REACH * STEPS + 2];

static double exact_below(double z) { return 0.5 * erfc(-z * 0.70710678118654752); }

static void fill_table(void) {
  for (int i = 0; i < 2 * REACH * STEPS + 2; i++) {
    const double z = (double)i / STEPS - REACH;
    table[i].below = exact_below(z);
    table[i].density = 0.39894228040143268 * exp(-0.5 * z * z);
  }
}

/* The share of standard normals below z: Taylor's series about the nearest point, with an error below 6e-12. */
static double below(double z) {
  const int i = (int)((z + REACH) * STEPS + 0.5);
  const double point = (double)i / STEPS - REACH, d = z - point;
  return table[i].below + table[i].density * d * (1 - d * (0.5 * point - d * (point * point - 1) / 6));
}

static void uniforms(double *values, size_t count) { (void)values, (void)count; }

static void normals(double *values, size_t count) {
  for (size_t i = 0; i < count; i++) values[i] = below(values[i]);
}

static void truncated(double *values, size_t count) {
  const double first = exact_below(-1), share = exact_below(2) - first;
  for (size_t i = 0; i < count; i++) values[i] = (below(values[i]) - first) / share;
}

/* ---- From uniform numbers to words ------------------------------------------------------------------------------- */

/* The upper bits of a number that rounding may have put just outside of [0, 1). */
static uint32_t upper_bits(double unit, double cells) {
  const double cell = unit * cells;
  return (uint32_t)(cell < 0 ? 0 : cell < cells ? cell : cells - 1);
}

static void fill(const kind *k, void *values, size_t count, kinit_stream stream) {
  if (k->to_units == uniforms) check(kinit_fill_uniform(values, k->dtype, count, 0, 1, stream));
  if (k->to_units == normals) check(kinit_fill_normal(values, k->dtype, count, 0, 1, stream));
  if (k->to_units == truncated) check(kinit_fill_truncated_normal(values, k->dtype, count, 0, 1, -1, 2, stream));
}

static void draw_values(const kind *k, uint32_t *words, kinit_stream stream) {
  static double units[2 * WORDS];
  fill(k, units, WORDS, stream);
  k->to_units(units, WORDS);
  for (int i = 0; i < WORDS; i++) words[i] = upper_bits(units[i], 0x1p32);
}

static void draw_halves(const kind *k, uint32_t *words, kinit_stream stream) {
  static float values[2 * WORDS];
  static double units[2 * WORDS];
  stream.offset *= 2;
  fill(k, values, (size_t)2 * WORDS, stream);
  for (int i = 0; i < 2 * WORDS; i++) units[i] = (double)values[i];
  k->to_units(units, (size_t)2 * WORDS);
  for (int i = 0; i < WORDS; i++)
    words[i] = upper_bits(units[2 * i], 0x1p16) << 16 | upper_bits(units[2 * i + 1], 0x1p16);
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

static void draw_words(const kind *k, uint32_t *words, kinit_stream stream) {
  (void)k;
  check(kinit_fill_bits(words, WORDS, stream));
}

/* Number i of the group of streams that `stream` names. */
static kinit_stream neighbour(const kind *k, kinit_stream stream, uint64_t i) {
  const uint64_t number = stream.subsequence * STREAMS + i;
  char name[32];
  if (strcmp(k->name, "seeds") == 0) return (kinit_stream){stream.seed + i, stream.subsequence, stream.offset};
  if (strcmp(k->name, "subsequences") == 0) return (kinit_stream){stream.seed, number, stream.offset};
  (void)snprintf(name, sizeof name, "layer.%llu", (unsigned long long)number);
  return (kinit_stream){stream.seed, kinit_stream_named(stream.seed, name).subsequence, stream.offset};
}

static void draw_interleaved(const kind *k, uint32_t *words, kinit_stream stream) {
  static uint32_t own[WORDS / STREAMS];
  stream.offset /= STREAMS;
  for (int i = 0; i < STREAMS; i++) {
    check(kinit_fill_bits(own, WORDS / STREAMS, neighbour(k, stream, (uint64_t)i)));
    for (int j = 0; j < WORDS / STREAMS; j++) words[j * STREAMS + i] = own[j];
  }
}

/* ---- The command ------------------------------------------------------------------------------------------------- */

static const kind kinds[] = {
    {"words", draw_words, KINIT_F32, NULL},
    {"uniforms", draw_halves, KINIT_F32, uniforms},
    {"uniforms64", draw_values, KINIT_F64, uniforms},
    {"normals", draw_halves, KINIT_F32, normals},
    {"normals64", draw_values, KINIT_F64, normals},
    {"truncated", draw_halves, KINIT_F32, truncated},
    {"truncated64", draw_values, KINIT_F64, truncated},
    {"seeds", draw_interleaved, KINIT_F32, NULL},
    {"subsequences", draw_interleaved, KINIT_F32, NULL},
    {"names", draw_interleaved, KINIT_F32, NULL},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const kind *find(const char *name) {
  for (int i = 0; i < KINDS; i++)
    if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
  return NULL;
}

static int usage(void) {
  fprintf(stderr, "usage: pipe KIND [SEED [SUBSEQUENCE]], where KIND is one of");
  for (int i = 0; i < KINDS; i++) fprintf(stderr, " %s", kinds[i].name);
  fprintf(stderr, "\n");
  return 2;
}

static bool parse(const char *text, uint64_t *number) {
  char *end;
  *number = strtoull(text, &end, 10);
  return *text >= '0' && *text <= '9' && *end == '\0';
}

/* As they are, where text has other ends of lines. */
static void write_bytes(void) {
#ifdef _WIN32
  (void)_setmode(_fileno(stdout), _O_BINARY);
#endif
}

int main(int argc, char **argv) {
  static uint32_t words[WORDS];
  kinit_stream stream = {0, 0, 0};
  const kind *k = argc < 2 ? NULL : find(argv[1]);
  if (k == NULL || argc > 4 || (argc > 2 && !parse(argv[2], &stream.seed)) ||
      (argc > 3 && !parse(argv[3], &stream.subsequence)))
    return usage();
  check(kinit_set_num_threads(1)); /* the battery needs the other processors */
  write_bytes();
  fill_table();
  do {
    k->make(k, words, stream);
    stream.offset += WORDS;
  } while (fwrite(words, sizeof words, 1, stdout) == 1);
  return 0; /* nobody reads any more */
}
