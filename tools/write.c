/* A model -> safetensors files on disk.
 *
 * The files are one line of bytes, cut evenly among the ranks, and each rank's part into tiles. Threads take tiles in
 * turn: fill in memory that stays in the cache, then write. So memory does not depend on the model, and there are more
 * threads than processors, because some of them wait for the disk. SPDX-License-Identifier: Apache-2.0 */
#include "write.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"
#include "progress.h"
#include "ranks.h"
#include "shard_files.h"
#include "threads.h"

enum { TILE = 1 << 20, WRITERS_PER_THREAD = 2 };

/* A rank's part of the line of bytes, in which every file begins at a page: where it begins, and its length. */
typedef struct part {
  size_t file;
  uint64_t at; /* in that file */
  uint64_t left;
} part;

/* What the threads share; the lock guards all that changes. */
typedef struct work {
  const tool_layout *layout;
  uint64_t seed;
  pthread_mutex_t lock;
  part rest; /* what no thread has taken yet */
  int code;
  tool_error *error;
} work;

/* What one thread takes: at most TILE bytes of one file. */
typedef struct tile {
  size_t file;
  uint64_t begin;
  size_t size;
} tile;

static uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

/* ---- Parts and tiles --------------------------------------------------------------------------------------------- */

static uint64_t pages(const tool_file *file) { return (file->size + TOOL_PAGE - 1) / TOOL_PAGE; }

/* The page at which a rank's part begins. */
static uint64_t first_page(uint64_t total, int rank) {
  const uint64_t count = (uint64_t)tool_rank_count(), index = (uint64_t)rank;
  return total / count * index + smaller(index, total % count);
}

static part rank_part(const tool_layout *layout) {
  uint64_t total = 0;
  for (size_t i = 0; i < layout->count; i++) total += pages(&layout->files[i]);
  uint64_t begin = first_page(total, tool_rank());
  part p = {0, 0, (first_page(total, tool_rank() + 1) - begin) * TOOL_PAGE};
  for (; p.file < layout->count && begin >= pages(&layout->files[p.file]); p.file++)
    begin -= pages(&layout->files[p.file]);
  p.at = begin * TOOL_PAGE;
  return p;
}

/* Takes the next tile off the part; false if there is none. Tiles end at multiples of TILE in their file. */
static bool take(const tool_layout *layout, part *rest, tile *t) {
  if (rest->left == 0) return false;
  const tool_file *file = &layout->files[rest->file];
  const uint64_t file_end = pages(file) * TOOL_PAGE;
  uint64_t end = smaller((rest->at / TILE + 1) * TILE, file_end);
  end = smaller(end, rest->at + rest->left);
  *t = (tile){rest->file, rest->at, (size_t)(smaller(end, file->size) - rest->at)};
  rest->left -= end - rest->at;
  rest->at = end;
  if (end == file_end) *rest = (part){rest->file + 1, 0, rest->left};
  return true;
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

static bool next_tile(work *w, tile *t) {
  pthread_mutex_lock(&w->lock);
  const bool there_is = w->code == TOOL_OK && take(w->layout, &w->rest, t);
  pthread_mutex_unlock(&w->lock);
  return there_is;
}

/* Keeps the first error. */
static void stop(work *w, int code, const tool_error *error) {
  pthread_mutex_lock(&w->lock);
  if (w->code == TOOL_OK) {
    w->code = code;
    *w->error = *error;
  }
  pthread_mutex_unlock(&w->lock);
}

static int write_tile(const work *w, const tile *t, void *memory, tool_error *error) {
  const tool_file *file = &w->layout->files[t->file];
  const size_t padded = (t->size + TOOL_PAGE - 1) / TOOL_PAGE * TOOL_PAGE;
  int code = tool_layout_fill(file, w->seed, t->begin, padded, memory, error);
  if (code == TOOL_OK) code = tool_output_write(t->file, memory, t->size, t->begin, error);
  if (code == TOOL_OK) tool_progress_advance(padded); /* the total counts whole pages, too */
  return code;
}

static void write_tiles(void *shared, void *memory) {
  work *const w = shared;
  tool_error error;
  tile t;
  int code = TOOL_OK;
  while (code == TOOL_OK && next_tile(w, &t)) code = write_tile(w, &t, memory, &error);
  if (code != TOOL_OK) stop(w, code, &error);
}

/* ---- The work ---------------------------------------------------------------------------------------------------- */

static int open_files(const tool_layout *layout, part rest, tool_error *error) {
  tile t;
  int code = TOOL_OK;
  for (size_t last = SIZE_MAX; code == TOOL_OK && take(layout, &rest, &t); last = t.file)
    if (t.file != last) code = tool_output_open(t.file, error);
  return code;
}

/* This rank's part. */
static int write_part(const tool_layout *layout, uint64_t seed, tool_error *error) {
  work w = {layout, seed, PTHREAD_MUTEX_INITIALIZER, rank_part(layout), TOOL_OK, error};
  const int code = open_files(layout, w.rest, error);
  if (code != TOOL_OK) return code;
  if (tool_rank() == 0) tool_progress_start(w.rest.left);
  if (!tool_threads_run(WRITERS_PER_THREAD, TILE, write_tiles, &w)) w.code = tool_fail_memory(error);
  if (w.code == TOOL_OK) w.code = tool_output_sync(error);
  if (tool_rank() == 0) tool_progress_stop();
  return w.code;
}

/* The other ranks would not hear of an error before they have written their parts, so the whole job ends here. */
static int end_job(int code, const tool_error *error) {
  if (tool_rank_count() == 1 || tool_ranks_meet_in_files()) return code;
  tool_error_print(error);
  tool_output_remove();
  tool_ranks_abort(code);
  return code;
}

static int write_layout(const tool_layout *layout, const tool_write_options *options, tool_error *error) {
  int code = tool_ranks_agree(tool_output_start(layout, options->output, options->force, error), error);
  if (code == TOOL_OK) {
    if (!tool_output_has_part()) code = write_part(layout, options->seed, error);
    code = code == TOOL_OK ? tool_ranks_agree(TOOL_OK, error) : end_job(code, error);
  }
  if (code == TOOL_OK) code = tool_ranks_agree(tool_output_publish(error), error);
  tool_output_discard();
  return code;
}

/* Where it is not there yet. A failure removes what it made. */
static int write_into_directory(const tool_layout *layout, const tool_write_options *options, tool_error *error) {
  const bool is_new = options->directory != NULL && mkdir(options->directory, 0777) == 0;
  if (options->directory != NULL && !is_new && errno != EEXIST)
    return tool_fail(error, TOOL_FAILED, options->directory, 0, "%s", strerror(errno));
  const int code = write_layout(layout, options, error);
  if (code != TOOL_OK && is_new) rmdir(options->directory);
  return code;
}

int tool_write(const tool_model *model, const tool_write_options *options, tool_error *error) {
  tool_layout layout;
  int code = tool_layout_make(model, options->output, options->seed, options->max_shard_size, &layout, error);
  code = tool_ranks_agree(code, error);
  if (code == TOOL_OK) code = write_into_directory(&layout, options, error);
  tool_layout_free(&layout);
  return code;
}
