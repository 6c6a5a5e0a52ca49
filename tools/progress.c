/* The progress bar.
 *
 * Owns: its state, and what it looks like. Whichever thread comes first after the interval draws.
 * SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "text.h"

enum { WIDTH = 79, LINE_TEXT = 160, CELLS = 24, TIME_TEXT = 24 };

static const uint64_t interval = 100000000; /* nanoseconds */

static bool shown;
static uint64_t total, began; /* bytes; nanoseconds */
static atomic_uint_fast64_t done, next_drawing;

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* "1:02:03", "2:03". */
static void text_time(double seconds, char text[TIME_TEXT]) {
  const uint64_t s = seconds < 1e9 ? (uint64_t)(seconds + 0.5) : 1000000000;
  if (s >= 3600)
    snprintf(text, TIME_TEXT, "%" PRIu64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
  else
    snprintf(text, TIME_TEXT, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

/* Replaces the line. What is shorter than the line before it is padded. */
static void draw_line(const char *line, const char *end) {
  fprintf(stderr, "\r%-*.*s%s", WIDTH, WIDTH, line, end);
  fflush(stderr);
}

static double share(uint64_t bytes) { return total > 0 ? (double)bytes / (double)total : 1; }

static void draw(uint64_t bytes, double seconds) {
  char bar[CELLS + 1], line[LINE_TEXT], left[TIME_TEXT], part[TOOL_BYTES_TEXT], whole[TOOL_BYTES_TEXT];
  for (int i = 0; i < CELLS; i++) bar[i] = i < share(bytes) * CELLS ? '#' : '.';
  bar[CELLS] = '\0';
  tool_text_bytes(bytes, part);
  tool_text_bytes(total, whole);
  text_time(bytes > 0 ? seconds * (double)(total - bytes) / (double)bytes : 1e9, left);
  snprintf(line, sizeof line, "[%s] %3d%%  %s of %s  %.2f GB/s  %s left", bar, (int)(100 * share(bytes)), part, whole,
           (double)bytes / seconds * 1e-9, bytes > 0 ? left : "?");
  draw_line(line, "");
}

void tool_progress_start(uint64_t total_bytes) {
  shown = isatty(STDERR_FILENO);
  total = total_bytes;
  began = now();
  atomic_store(&done, 0);
  atomic_store(&next_drawing, began + interval);
}

void tool_progress_advance(uint64_t bytes) {
  if (!shown) return;
  const uint64_t sum = atomic_fetch_add(&done, bytes) + bytes, time = now();
  uint_fast64_t due = atomic_load(&next_drawing);
  if (time >= due && atomic_compare_exchange_strong(&next_drawing, &due, time + interval))
    draw(sum < total ? sum : total, (double)(time - began) * 1e-9);
}

void tool_progress_stop(void) {
  if (!shown) return;
  const double seconds = (double)(now() - began) * 1e-9;
  const uint64_t bytes = atomic_load(&done);
  char line[LINE_TEXT], part[TOOL_BYTES_TEXT], time[TIME_TEXT];
  tool_text_bytes(bytes, part);
  text_time(seconds, time);
  snprintf(line, sizeof line, "%s in %s, %.2f GB/s", part, time, (double)bytes / seconds * 1e-9);
  if (bytes < total)
    draw_line("", "\r");
  else
    draw_line(line, "\n");
  shown = false;
}
