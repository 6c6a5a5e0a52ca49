/* Files that appear under their names when they are complete, or not at all.
 *
 * All that belongs to the output's path is one set: without force, none of it may be there; with it, the old set goes
 * when the new one is complete. What was found at the start has to be there still at the end, compared under a lock of
 * the directory, so of two writers at once only the first one publishes.
 *
 * A file without a name (O_TMPFILE) vanishes with the process, however that ends. Where the file system has none, or
 * several ranks have to find the file, it has a temporary name, which all ends but SIGKILL remove.
 *
 * Ranks without MPI write to files in a directory that they share (parts.h); the last of them to finish publishes.
 *
 * Written with direct I/O where the file system has it: the disk's own rate, and nothing is left to sync.
 * SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "file_set.h"
#include "parts.h"
#include "ranks.h"

typedef struct output {
  const tool_file *file;
  char *temporary; /* its name if it has one */
  bool has_name;
  bool is_published;
  int descriptor;         /* rank 0's; -1: none */
  tool_rank_file *shared; /* with several ranks */
} output;

static output *outputs;
static size_t output_count;
static const tool_layout *whole;
static char *directory;
static char *parts; /* where ranks without MPI meet; NULL with one rank, or with MPI */
static bool is_part_done;
static const char *target;      /* the output's path */
static tool_file_set found_set; /* what was there at the start; rank 0's */
static bool replace, has_config;

static int system_error(const char *path, tool_error *error) {
  return tool_fail(error, TOOL_FAILED, path, 0, "%s", strerror(errno));
}

/* ---- Signals ----------------------------------------------------------------------------------------------------- */

/* The last ones stay ignored if they are, as nohup does it; a shell ignores INT for all that it runs in the background.
 */
static const int fatal_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
enum { ALWAYS_CAUGHT = 2, FATAL_SIGNALS = sizeof fatal_signals / sizeof fatal_signals[0] };

/* Calls only what a signal handler may call. */
void tool_output_remove(void) {
  for (size_t i = 0; i < output_count; i++)
    if (outputs[i].has_name) unlink(outputs[i].temporary);
}

/* The handler is gone when it runs, so the process dies of the signal. */
static void end_by_signal(int number) {
  tool_output_remove();
  raise(number);
}

static void catch_signals(void) {
  struct sigaction action = {.sa_handler = end_by_signal, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
  for (size_t i = 0; i < FATAL_SIGNALS; i++) {
    struct sigaction before;
    sigaction(fatal_signals[i], NULL, &before);
    if (i < ALWAYS_CAUGHT || before.sa_handler != SIG_IGN) sigaction(fatal_signals[i], &action, NULL);
  }
  signal(SIGXFSZ, SIG_IGN); /* a file too large for the limit is an error like others */
}

static void ignore_signals(void) {
  for (size_t i = 0; i < FATAL_SIGNALS; i++) signal(fatal_signals[i], SIG_IGN);
}

/* ---- Creation ---------------------------------------------------------------------------------------------------- */

static uint64_t padded_size(const output *o) { return (o->file->size + TOOL_PAGE - 1) / TOOL_PAGE * TOOL_PAGE; }

static uint64_t hash(uint64_t value, const void *bytes, size_t size) {
  for (size_t i = 0; i < size; i++) value = (value ^ ((const unsigned char *)bytes)[i]) * UINT64_C(0x100000001B3);
  return value;
}

/* What is copied counts as it is, and other bytes do not go with it. */
static uint64_t hash_place(uint64_t value, const tool_place *place) {
  struct stat status;
  if (place->tensor == NULL) return hash(value, place->text, (size_t)place->size);
  const tool_copy *const copy = place->tensor->copy;
  if (copy == NULL || copy->path == NULL || stat(copy->path, &status) != 0) return value;
  value = hash(value, copy->path, strlen(copy->path));
  value = hash(value, &copy->begin, sizeof copy->begin);
  value = hash(value, &status.st_size, sizeof status.st_size);
  return hash(value, &status.st_mtim.tv_sec, sizeof status.st_mtim.tv_sec);
}

/* A number for all that is written, and by how many ranks: FNV-1a. */
static uint64_t hash_layout(const tool_layout *layout) {
  uint64_t value = UINT64_C(0xCBF29CE484222325) ^ (uint64_t)tool_rank_count();
  for (size_t i = 0; i < layout->count; i++) {
    const tool_file *const file = &layout->files[i];
    value = hash(value, file->path, strlen(file->path) + 1);
    value = hash(value, file->text, file->text_size);
    for (size_t k = 0; k < file->count; k++) value = hash_place(value, &file->places[k]);
  }
  return value;
}

static int name_directories(const tool_layout *layout, tool_error *error) {
  const char *const path = layout->files[0].path, *const slash = strrchr(path, '/');
  if (asprintf(&directory, "%.*s", slash != NULL ? (int)(slash - path) + 1 : 2, slash != NULL ? path : "./") < 0)
    return tool_fail_memory(error);
  if (tool_ranks_meet_in_files() && asprintf(&parts, "%s.kinit-fill-%016" PRIx64, directory, hash_layout(layout)) < 0)
    return tool_fail_memory(error);
  return TOOL_OK;
}

/* Temporary names: the same for all ranks. */
static int name_outputs(const tool_layout *layout, tool_error *error) {
  uint64_t tag = 0;
  if (getrandom(&tag, sizeof tag, 0) != (ssize_t)sizeof tag) tag = (uint64_t)getpid();
  tool_ranks_share(&tag, sizeof tag);
  const int code = name_directories(layout, error);
  if (code != TOOL_OK) return code;
  outputs = calloc(layout->count, sizeof *outputs);
  if (outputs == NULL) return tool_fail_memory(error);
  for (size_t i = 0; i < layout->count; i++) {
    outputs[i].file = &layout->files[i];
    outputs[i].descriptor = -1;
    const int length = parts != NULL
                           ? asprintf(&outputs[i].temporary, "%s/%zu", parts, i)
                           : asprintf(&outputs[i].temporary, "%s.kinit-fill-%016" PRIx64 "-%zu.tmp", directory, tag, i);
    if (length < 0) return tool_fail_memory(error);
    output_count = i + 1;
  }
  return TOOL_OK;
}

/* What stands under the names already. */
static int check_names(tool_error *error) {
  const int code = tool_file_set_find(target, has_config, &found_set, error);
  if (code != TOOL_OK) return code;
  for (size_t i = 0; i < found_set.count; i++) {
    const tool_member *const member = &found_set.members[i];
    if (!S_ISREG(member->status.st_mode))
      return tool_fail(error, TOOL_FAILED, member->path, 0, "it exists and is no file");
    if (!replace)
      return tool_fail(error, TOOL_FAILED, member->path, 0,
                       "it exists, a file of the same checkpoint; --force replaces all of it");
  }
  return TOOL_OK;
}

/* The way to a file without a name. */
static void print_way(const output *o, char *way, size_t size) {
  snprintf(way, size, "/proc/self/fd/%d", o->descriptor);
}

/* Whether the file can be given a name later. */
static bool can_be_named(const output *o) {
  char way[64];
  print_way(o, way, sizeof way);
  return access(way, F_OK) == 0;
}

static int create_named(output *o, tool_error *error) {
  o->has_name = true;
  o->descriptor = open(o->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (o->descriptor >= 0) return TOOL_OK;
  o->has_name = false;
  return system_error(o->file->path, error);
}

/* Whichever rank comes first makes the file; it stays when this process ends. Without it no part is there. */
static int create_part(output *o, tool_error *error) {
  o->descriptor = open(o->temporary, O_WRONLY | (is_part_done ? 0 : O_CREAT) | O_CLOEXEC, 0666);
  if (o->descriptor >= 0) return TOOL_OK;
  if (!is_part_done || errno != ENOENT) return system_error(o->temporary, error);
  return tool_fail(error, TOOL_FAILED, parts, 0, "a killed process has left it incomplete: remove it to begin anew");
}

static int create(output *o, tool_error *error) {
  if (parts != NULL) return create_part(o, error);
  if (tool_rank_count() > 1) return create_named(o, error);
  o->descriptor = open(directory, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (o->descriptor >= 0 && can_be_named(o)) return TOOL_OK;
  if (o->descriptor < 0 && errno != EOPNOTSUPP && errno != EISDIR) return system_error(o->file->path, error);
  if (o->descriptor >= 0) close(o->descriptor);
  return create_named(o, error);
}

/* errno says why. */
static int no_space(const output *o, uint64_t needed, tool_error *error) {
  struct statvfs status;
  const int why = errno;
  if (why != ENOSPC && why != EDQUOT) return system_error(o->file->path, error);
  const uint64_t available = statvfs(directory, &status) == 0 ? (uint64_t)status.f_bavail * status.f_frsize : 0;
  return tool_fail(error, TOOL_FAILED, o->file->path, 0, "%s: %" PRIu64 " bytes needed, %" PRIu64 " available",
                   strerror(why), needed, available);
}

/* Where the file system cannot reserve, its free space has to do; *unreserved: what was counted on so far. */
static int reserve(output *o, uint64_t *unreserved, tool_error *error) {
  struct statvfs status;
  const uint64_t size = padded_size(o);
  if (fallocate(o->descriptor, 0, 0, (off_t)size) == 0) return TOOL_OK;
  if (errno != EOPNOTSUPP && errno != ENOSYS) return no_space(o, size, error);
  *unreserved += size;
  if (ftruncate(o->descriptor, (off_t)size) != 0) return no_space(o, size, error);
  if (statvfs(directory, &status) == 0 && (uint64_t)status.f_bavail * status.f_frsize >= *unreserved) return TOOL_OK;
  errno = ENOSPC;
  return no_space(o, *unreserved, error);
}

static int create_all(tool_error *error) {
  uint64_t unreserved = 0;
  int code = check_names(error);
  if (code == TOOL_OK && parts != NULL) code = tool_parts_enter(parts, &is_part_done, error);
  for (size_t i = 0; i < output_count && code == TOOL_OK; i++) {
    code = create(&outputs[i], error);
    if (code == TOOL_OK) code = reserve(&outputs[i], &unreserved, error);
  }
  return code;
}

/* Every file is open until its end. */
static void allow_many_files(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int tool_output_start(const tool_layout *layout, const char *path, bool force, tool_error *error) {
  whole = layout;
  replace = force;
  has_config = layout->first > 0;
  target = path;
  const int code = name_outputs(layout, error);
  if (code != TOOL_OK) return code;
  allow_many_files();
  catch_signals();
  if (tool_rank() == 0 || parts != NULL) return create_all(error);
  for (size_t i = 0; i < output_count; i++) outputs[i].has_name = true;
  return TOOL_OK;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */

bool tool_output_has_part(void) { return is_part_done; }

int tool_output_open(size_t file, tool_error *error) {
  output *o = &outputs[file];
  if (tool_rank_count() == 1 || parts != NULL) {
    fcntl(o->descriptor, F_SETFL, O_DIRECT); /* where it fails, the system's cache takes the writes */
    return TOOL_OK;
  }
  const char *why = tool_rank_file_open(o->temporary, &o->shared);
  return why == NULL ? TOOL_OK : tool_fail(error, TOOL_FAILED, o->file->path, 0, "%s", why);
}

/* Some file systems take the flag and then refuse, and a write that was cut short may end anywhere. */
static bool retry_without_direct(const output *o) {
  const int flags = fcntl(o->descriptor, F_GETFL);
  return errno == EINVAL && flags >= 0 && (flags & O_DIRECT) != 0 &&
         fcntl(o->descriptor, F_SETFL, flags & ~O_DIRECT) == 0;
}

int tool_output_write(size_t file, const void *bytes, size_t size, uint64_t offset, tool_error *error) {
  const output *o = &outputs[file];
  if (o->shared != NULL) {
    const char *why = tool_rank_file_write(o->shared, bytes, size, offset);
    return why == NULL ? TOOL_OK : tool_fail(error, TOOL_FAILED, o->file->path, 0, "%s", why);
  }
  const size_t padded = (size + TOOL_PAGE - 1) / TOOL_PAGE * TOOL_PAGE;
  for (size_t done = 0; done < padded;) {
    const ssize_t n = pwrite(o->descriptor, (const char *)bytes + done, padded - done, (off_t)(offset + done));
    if (n > 0) done += (size_t)n;
    if (n < 0 && errno != EINTR && !retry_without_direct(o)) return system_error(o->file->path, error);
  }
  return TOOL_OK;
}

/* Other ranks may write behind the end yet. */
static bool cut_and_sync(const output *o) {
  return (parts != NULL || ftruncate(o->descriptor, (off_t)o->file->size) == 0) && fsync(o->descriptor) == 0;
}

int tool_output_sync(tool_error *error) {
  int code = TOOL_OK;
  for (size_t i = 0; i < output_count; i++) {
    output *o = &outputs[i];
    const char *why = tool_rank_file_close(o->shared);
    o->shared = NULL;
    if (why != NULL) code = tool_fail(error, TOOL_FAILED, o->file->path, 0, "%s", why);
    if (o->descriptor < 0) continue;
    if (!cut_and_sync(o)) code = system_error(o->file->path, error);
  }
  return code;
}

/* ---- Publishing -------------------------------------------------------------------------------------------------- */

static int link_output(const output *o, const char *name) {
  char way[64];
  if (o->has_name) return link(o->temporary, name);
  print_way(o, way, sizeof way);
  return linkat(AT_FDCWD, way, AT_FDCWD, name, AT_SYMLINK_FOLLOW);
}

static bool has_no_links(void) { return errno == EPERM || errno == EOPNOTSUPP || errno == ENOSYS; }

/* A link fails where the name exists, a rename replaces what has it. */
static int publish(output *o, tool_error *error) {
  const char *name = o->file->path;
  bool ok = replace ? o->has_name || link_output(o, o->temporary) == 0 : link_output(o, name) == 0;
  if (!ok && (replace || !o->has_name || !has_no_links())) return system_error(name, error);
  if (replace) o->has_name = true;
  if (replace || !ok)
    ok = rename(o->temporary, name) == 0;
  else if (o->has_name)
    unlink(o->temporary);
  if (!ok) return system_error(name, error);
  o->has_name = false;
  o->is_published = true;
  return TOOL_OK;
}

static int sync_directory(tool_error *error) {
  const int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return system_error(directory, error);
  const bool ok = fsync(descriptor) == 0 || errno == EINVAL; /* some file systems have nothing to sync there */
  const int code = ok ? TOOL_OK : system_error(directory, error);
  close(descriptor);
  return code;
}

/* Held until the descriptor is closed. Where the file system has no locks, the comparison has to do. */
static int lock_directory(int *descriptor, tool_error *error) {
  *descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (*descriptor < 0) return errno == EACCES ? TOOL_OK : system_error(directory, error);
  while (flock(*descriptor, LOCK_EX) != 0 && errno == EINTR) continue;
  return TOOL_OK;
}

/* Whether another writer was there meanwhile. */
static int check_unchanged(tool_error *error) {
  tool_file_set now;
  int code = tool_file_set_find(target, has_config, &now, error);
  if (code == TOOL_OK && !tool_file_set_equal(&found_set, &now))
    code = tool_fail(error, TOOL_FAILED, target, 0,
                     "another process wrote or removed files of this checkpoint meanwhile: nothing is replaced");
  tool_file_set_free(&now);
  return code;
}

static bool is_output(const char *path) {
  for (size_t i = 0; i < output_count; i++)
    if (strcmp(outputs[i].file->path, path) == 0) return true;
  return false;
}

static bool ends_with(const char *text, const char *ending) {
  const size_t length = strlen(text), size = strlen(ending);
  return length >= size && strcmp(text + length - size, ending) == 0;
}

static bool is_found(const char *path) {
  for (size_t i = 0; i < found_set.count; i++)
    if (strcmp(found_set.members[i].path, path) == 0) return true;
  return false;
}

static int unlink_member(const char *path, tool_error *error) {
  return unlink(path) == 0 || errno == ENOENT ? TOOL_OK : system_error(path, error);
}

static const output *last_output(void) { return &outputs[output_count - 1]; }

/* Files with tensors whose names old ones have, while the index that leads to those is there. */
static bool has_same_shards(void) {
  if (output_count - whole->first < 2 || !is_found(last_output()->file->path)) return false;
  for (size_t i = whole->first; i < output_count - 1; i++)
    if (is_found(outputs[i].file->path)) return true;
  return false;
}

/* Whether config.json is there with another text, so that the old weights must not be found beside the new one. */
static bool has_other_config(void) {
  if (!has_config || !is_found(outputs[0].file->path)) return false;
  const size_t size = outputs[0].file->text_size;
  char *const old = malloc(size + 1);
  const int descriptor = open(outputs[0].file->path, O_RDONLY | O_CLOEXEC);
  const ssize_t got = old != NULL && descriptor >= 0 ? pread(descriptor, old, size + 1, 0) : -1;
  const bool is_same = got == (ssize_t)size && memcmp(old, outputs[0].file->text, size) == 0;
  if (descriptor >= 0) close(descriptor);
  free(old);
  return !is_same;
}

/* What loaders look for first: the single file, or the index. */
static bool is_entry(const char *path) { return strcmp(path, target) == 0 || ends_with(path, ".index.json"); }

static int remove_old_entries(tool_error *error) {
  int code = TOOL_OK;
  for (size_t i = 0; i < found_set.count && code == TOOL_OK; i++)
    if (is_entry(found_set.members[i].path)) code = unlink_member(found_set.members[i].path, error);
  return code;
}

/* Removes the files of the old set that the new one has not: its entry first. */
static int remove_old_set(tool_error *error) {
  int code = TOOL_OK;
  for (int shards = 0; shards < 2; shards++)
    for (size_t i = 0; i < found_set.count && code == TOOL_OK; i++) {
      const char *const path = found_set.members[i].path;
      if (is_entry(path) != (shards == 1) && !is_output(path)) code = unlink_member(path, error);
    }
  return code;
}

/* ---- Where new files take the names of old ones ------------------------------------------------------------------ */
/* Those that the old index leads to must stay until another index is there. So the new files have names beside them
 * first, with an index of their own; then they take the names of the old ones, and the last index leads to these. */

static char **besides; /* a name for each file with tensors */

static size_t beside_count(void) { return output_count - 1 - whole->first; }

static void forget_besides(bool remove_them) {
  for (size_t i = 0; besides != NULL && i < beside_count(); i++) {
    if (besides[i] != NULL && remove_them) unlink(besides[i]);
    free(besides[i]);
  }
  free(besides);
  besides = NULL;
}

static int link_besides(bool *has_links, tool_error *error) {
  const int number = tool_file_set_number(&found_set);
  besides = calloc(beside_count(), sizeof *besides);
  if (besides == NULL) return tool_fail_memory(error);
  for (size_t i = 0; i < beside_count(); i++) {
    const output *const o = &outputs[whole->first + i];
    besides[i] = tool_file_set_beside(o->file->path, number);
    if (besides[i] == NULL) return tool_fail_memory(error);
    if (link_output(o, besides[i]) == 0) continue;
    *has_links = !has_no_links();
    return *has_links ? system_error(besides[i], error) : TOOL_OK;
  }
  return TOOL_OK;
}

/* A small file, by way of a temporary name. */
static int replace_text(const tool_file *file, const char *temporary, tool_error *error) {
  const int descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (descriptor < 0) return system_error(temporary, error);
  bool ok = write(descriptor, file->text, file->text_size) == (ssize_t)file->text_size && fsync(descriptor) == 0;
  ok = close(descriptor) == 0 && ok && rename(temporary, file->path) == 0;
  if (ok) return TOOL_OK;
  const int code = system_error(file->path, error);
  unlink(temporary);
  return code;
}

static int publish_besides(tool_error *error) {
  tool_file index = {0};
  char temporary[TOOL_PATH_SIZE];
  snprintf(temporary, sizeof temporary, "%s.beside", last_output()->temporary);
  int code = sync_directory(error);
  if (code == TOOL_OK) code = tool_layout_make_index(whole, besides, target, &index, error);
  if (code == TOOL_OK) code = replace_text(&index, temporary, error);
  if (code != TOOL_OK) forget_besides(true);
  if (code == TOOL_OK) code = sync_directory(error);
  free(index.path);
  free(index.text);
  return code;
}

/* Before the new files take their names. A file system without links has no names beside; there the old index goes. */
static int make_way(tool_error *error) {
  bool has_links = true;
  if (has_other_config()) return remove_old_entries(error);
  if (!has_same_shards()) return TOOL_OK;
  const int code = link_besides(&has_links, error);
  if (code == TOOL_OK && has_links) return publish_besides(error);
  forget_besides(true);
  return code == TOOL_OK ? remove_old_entries(error) : code;
}

/* Mode and, where the system allows it, owner of the old file of the name, or of the first one of the old set. */
static void keep_mode(const output *o) {
  if (found_set.count == 0 || o->descriptor < 0) return;
  const struct stat *status = &found_set.members[0].status;
  for (size_t i = 0; i < found_set.count; i++)
    if (strcmp(found_set.members[i].path, o->file->path) == 0) status = &found_set.members[i].status;
  if (fchown(o->descriptor, status->st_uid, status->st_gid) != 0 &&
      fchown(o->descriptor, (uid_t)-1, status->st_gid) != 0)
    errno = 0; /* only root may give files away */
  fchmod(o->descriptor, status->st_mode & 07777);
}

static void unpublish(void) {
  for (size_t i = 0; i < output_count && !replace; i++)
    if (outputs[i].is_published) unlink(outputs[i].file->path);
}

static int publish_all(tool_error *error) {
  int code = make_way(error);
  for (size_t i = 0; i < output_count && code == TOOL_OK; i++) {
    if (i > 0 && i == output_count - 1) code = sync_directory(error); /* the index comes when all shards are there */
    keep_mode(&outputs[i]);
    if (code == TOOL_OK) code = publish(&outputs[i], error);
  }
  if (code == TOOL_OK) code = sync_directory(error);
  forget_besides(code == TOOL_OK);
  if (code == TOOL_OK) code = remove_old_set(error);
  if (code != TOOL_OK) unpublish();
  return code;
}

static int publish_locked(tool_error *error) {
  int lock;
  ignore_signals();
  int code = lock_directory(&lock, error);
  if (code == TOOL_OK) code = check_unchanged(error);
  if (code == TOOL_OK) code = publish_all(error);
  if (lock >= 0) close(lock);
  return code;
}

/* The last rank has all parts in its files. Whether it can publish them or not, they go. */
static int publish_parts(tool_error *error) {
  int code = TOOL_OK;
  for (size_t i = 0; i < output_count; i++) {
    outputs[i].has_name = true;
    if (ftruncate(outputs[i].descriptor, (off_t)outputs[i].file->size) != 0 || fsync(outputs[i].descriptor) != 0)
      code = system_error(outputs[i].file->path, error);
  }
  if (code == TOOL_OK) code = publish_locked(error);
  tool_output_remove();
  tool_parts_remove();
  return code;
}

/* Says what is missing, or publishes. */
static int finish_part(tool_error *error) {
  int left;
  const int code = tool_parts_finish(&left, error);
  if (code != TOOL_OK) return code;
  if (left == 0) return publish_parts(error);
  tool_note("rank %d of %d has written its part; %d %s not done, and nothing is published yet", tool_rank(),
            tool_rank_count(), left, left == 1 ? "is" : "are");
  return TOOL_OK;
}

int tool_output_publish(tool_error *error) {
  if (parts != NULL) return finish_part(error);
  return tool_rank() == 0 ? publish_locked(error) : TOOL_OK;
}

void tool_output_discard(void) {
  if (tool_rank() == 0 || parts != NULL) tool_output_remove();
  for (size_t i = 0; i < output_count; i++) {
    if (outputs[i].descriptor >= 0) close(outputs[i].descriptor);
    tool_rank_file_close(outputs[i].shared);
    free(outputs[i].temporary);
  }
  output_count = 0;
  free(outputs);
  free(directory);
  free(parts);
  tool_file_set_free(&found_set);
  outputs = NULL;
  directory = NULL;
  parts = NULL;
}
