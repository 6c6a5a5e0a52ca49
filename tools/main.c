/* kinit-fill: a plan -> a checkpoint.
 *
 * Owns: the command line and the exit codes. SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "help.h"
#include "inspect.h"
#include "plan_file.h"
#include "ranks.h"
#include "table.h"
#include "verify.h"
#include "write.h"

enum {
  OPTION_MAX_SHARD_SIZE = 256,
  OPTION_FORMAT,
  OPTION_LIKE,
  OPTION_RULES,
  OPTION_FORCE,
  OPTION_DRY_RUN,
  OPTION_INSPECT,
  OPTION_VERIFY,
  OPTION_RANK,
  OPTION_RANKS,
  OPTION_VERSION
};

/* What the user asks for. */
typedef struct request {
  const char *plan, *output, *format, *like, *rules, *inspect, *verify, *rank, *ranks;
  bool dry_run, help, version, seed_given;
  tool_write_options write;
} request;

/* ---- The command line -------------------------------------------------------------------------------------------- */

static int usage(tool_error *error, const char *format, const char *what) {
  char reason[TOOL_REASON_SIZE];
  snprintf(reason, sizeof reason, format, what);
  return tool_fail(error, TOOL_USAGE, NULL, 0, "%s (see --help)", reason);
}

/* A whole number from 0 to 2^64 - 1, decimal or with 0x; *end is what follows it. */
static bool parse_number(const char *text, uint64_t *number, char **end) {
  if (*text < '0' || *text > '9') return false;
  errno = 0;
  *number = strtoull(text, end, strncmp(text, "0x", 2) == 0 || strncmp(text, "0X", 2) == 0 ? 16 : 10);
  return errno == 0;
}

static int parse_seed(const char *text, request *r, tool_error *error) {
  char *end;
  if (!parse_number(text, &r->write.seed, &end) || *end != '\0')
    return usage(error, "--seed takes a whole number from 0 to 2^64 - 1, not \"%s\"", text);
  r->seed_given = true;
  return TOOL_OK;
}

/* "5GB" and "5000000000" are the same; GiB and its like are powers of 1024. */
static int parse_size(const char *text, uint64_t *size, tool_error *error) {
  static const struct {
    const char *unit;
    uint64_t bytes;
  } units[] = {{"", 1},
               {"B", 1},
               {"KB", 1000},
               {"MB", 1000000},
               {"GB", 1000000000},
               {"TB", 1000000000000},
               {"KiB", UINT64_C(1) << 10},
               {"MiB", UINT64_C(1) << 20},
               {"GiB", UINT64_C(1) << 30},
               {"TiB", UINT64_C(1) << 40}};
  char *end;
  if (parse_number(text, size, &end) && *size > 0)
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
      if (strcmp(end, units[i].unit) == 0 && *size <= INT64_MAX / units[i].bytes) {
        *size *= units[i].bytes;
        return TOOL_OK;
      }
  return usage(error, "--max-shard-size takes a size such as 5GB or 512MiB, not \"%s\"", text);
}

/* "DIR/" is a directory to be made, in which the format names the file. */
static int choose_output(request *r, tool_error *error) {
  static char path[TOOL_PATH_SIZE];
  const bool is_dcp = r->format != NULL && strcmp(r->format, "dcp") == 0;
  const size_t length = r->output != NULL ? strlen(r->output) : 0;
  r->write.output = r->output;
  if (r->output == NULL) return TOOL_OK;
  if (length == 0)
    return usage(error, "-o takes the path of a file, or of a directory with a / behind, not \"%s\"", r->output);
  if (r->output[length - 1] != '/')
    return is_dcp ? usage(error, "--format dcp writes a directory: -o \"%s/\"", r->output) : TOOL_OK;
  if (snprintf(path, sizeof path, "%s%s", r->output, is_dcp ? ".metadata" : "model.safetensors") >= (int)sizeof path)
    return usage(error, "%s", "-o takes a path of at most 4000 bytes");
  r->write.output = path;
  r->write.directory = r->output;
  return TOOL_OK;
}

static int parse_format(const char *text, request *r, tool_error *error) {
  r->format = text;
  if (strcmp(text, "safetensors") == 0 || strcmp(text, "dcp") == 0) return TOOL_OK;
  return usage(error, "--format takes safetensors or dcp, not \"%s\"", text);
}

static int parse_option(int option, const char *argument, request *r, tool_error *error) {
  switch (option) {
    case 'o':
      r->output = argument;
      return TOOL_OK;
    case 's':
      return parse_seed(argument, r, error);
    case OPTION_FORCE:
      r->write.force = true;
      return TOOL_OK;
    case OPTION_DRY_RUN:
      r->dry_run = true;
      return TOOL_OK;
    case 'h':
      r->help = true;
      return TOOL_OK;
    case OPTION_MAX_SHARD_SIZE:
      return parse_size(argument, &r->write.max_shard_size, error);
    case OPTION_FORMAT:
      return parse_format(argument, r, error);
    case OPTION_LIKE:
      r->like = argument;
      return TOOL_OK;
    case OPTION_RULES:
      r->rules = argument;
      return TOOL_OK;
    case OPTION_INSPECT:
      r->inspect = argument;
      return TOOL_OK;
    case OPTION_VERIFY:
      r->verify = argument;
      return TOOL_OK;
    case OPTION_RANK:
      r->rank = argument;
      return TOOL_OK;
    case OPTION_RANKS:
      r->ranks = argument;
      return TOOL_OK;
    case OPTION_VERSION:
      r->version = true;
      return TOOL_OK;
    default:
      return TOOL_USAGE;
  }
}

static int parse(int argc, char **argv, request *r, tool_error *error) {
  static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                          {"seed", required_argument, NULL, 's'},
                                          {"force", no_argument, NULL, OPTION_FORCE},
                                          {"dry-run", no_argument, NULL, OPTION_DRY_RUN},
                                          {"help", no_argument, NULL, 'h'},
                                          {"max-shard-size", required_argument, NULL, OPTION_MAX_SHARD_SIZE},
                                          {"format", required_argument, NULL, OPTION_FORMAT},
                                          {"like", required_argument, NULL, OPTION_LIKE},
                                          {"rules", required_argument, NULL, OPTION_RULES},
                                          {"inspect", required_argument, NULL, OPTION_INSPECT},
                                          {"verify", required_argument, NULL, OPTION_VERIFY},
                                          {"rank", required_argument, NULL, OPTION_RANK},
                                          {"ranks", required_argument, NULL, OPTION_RANKS},
                                          {"version", no_argument, NULL, OPTION_VERSION},
                                          {NULL, 0, NULL, 0}};
  int option;
  opterr = 0;
  while ((option = getopt_long(argc, argv, ":o:h", options, NULL)) != -1) {
    if (option == ':') return usage(error, "%s needs an argument", argv[optind - 1]);
    if (option == '?') return usage(error, "unknown option %s", argv[optind - 1]);
    const int code = parse_option(option, optarg, r, error);
    if (code != TOOL_OK) return code;
  }
  if (optind < argc) r->plan = argv[optind++];
  if (optind < argc) return usage(error, "one plan only: what is \"%s\"?", argv[optind]);
  return (r->rank == NULL) == (r->ranks == NULL) ? TOOL_OK : usage(error, "%s", "--rank and --ranks go together");
}

/* Which options go together. */
static int check(const request *r, tool_error *error) {
  if (r->inspect != NULL) {
    if (r->plan != NULL || r->like != NULL || r->verify != NULL || r->output != NULL || r->dry_run)
      return usage(error, "--inspect takes %s", "a file and no more");
    return TOOL_OK;
  }
  if ((r->like == NULL) != (r->rules == NULL)) return usage(error, "--like and --rules %s", "go together");
  if ((r->plan == NULL) == (r->like == NULL)) return usage(error, "%s", "give a plan, or --like and --rules");
  const int actions = (r->verify != NULL) + (r->output != NULL) + r->dry_run;
  if (r->verify != NULL && actions > 1)
    return usage(error, "--verify %s", "writes nothing: leave out -o and --dry-run");
  if (actions == 0) return usage(error, "%s", "missing -o FILE");
  return r->format == NULL || r->output != NULL ? TOOL_OK : usage(error, "--format %s", "goes with -o");
}

/* ---- The work ---------------------------------------------------------------------------------------------------- */

/* What was printed is out. */
static int check_output(tool_error *error) {
  if (fflush(stdout) == 0 && !ferror(stdout)) return TOOL_OK;
  return tool_fail(error, TOOL_FAILED, NULL, 0, "standard output: %s", strerror(errno));
}

static int verify(const request *r, const tool_model *model, tool_error *error) {
  const int code = tool_verify(r->verify, model, r->seed_given ? &r->write.seed : NULL, error);
  return code == TOOL_OK ? tool_ranks_agree(check_output(error), error) : code;
}

/* What rank 0 does alone, because it only reads. */
static int report(const request *r, const tool_model *model, tool_error *error) {
  if (tool_rank() != 0) return TOOL_OK;
  if (r->inspect != NULL) return tool_inspect(r->inspect, error);
  return tool_table_print(model, error);
}

/* Several hosts may have different files under one name. */
static int check_same(const tool_model *model, const request *r, tool_error *error) {
  struct {
    char digest[sizeof model->digest];
    uint64_t seed;
  } first = {{0}, r->write.seed};
  memcpy(first.digest, model->digest, sizeof first.digest);
  tool_ranks_share(&first, sizeof first);
  if (first.seed == r->write.seed && memcmp(first.digest, model->digest, sizeof first.digest) == 0) return TOOL_OK;
  return tool_fail(error, TOOL_INPUT, r->plan, 0, "rank %d does not read the plan that rank 0 reads", tool_rank());
}

static int act(const request *r, const tool_model *model, tool_error *error) {
  if (r->verify != NULL) return verify(r, model, error);
  if (r->dry_run) return tool_ranks_agree(report(r, model, error), error);
  const int code = tool_ranks_agree(check_same(model, r, error), error);
  return code == TOOL_OK ? tool_write(model, &r->write, error) : code;
}

static int run(const request *r, tool_error *error) {
  tool_model model = {0};
  if (r->inspect != NULL) return tool_ranks_agree(report(r, &model, error), error);
  int code =
      r->like != NULL ? tool_plan_read_like(r->like, r->rules, &model, error) : tool_plan_read(r->plan, &model, error);
  code = tool_ranks_agree(code, error);
  if (code == TOOL_OK) code = act(r, &model, error);
  tool_model_free(&model);
  return code;
}

/* Also after an error of the command line, so that of many ranks one prints it. */
static int start_ranks(int code, const request *r, tool_error *error) {
  tool_error unused = {0};
  if (code == TOOL_OK) return tool_ranks_start(r->rank, r->ranks, error);
  tool_ranks_start(NULL, NULL, &unused);
  return code;
}

static void print_version(void) {
  printf("kinit-fill %s (stream version %d, %s)\n", kinit_version(), KINIT_STREAM_VERSION, tool_ranks_kind());
}

static int print_text(const request *r, tool_error *error) {
  if (r->help)
    tool_help_print(stdout);
  else
    print_version();
  return check_output(error);
}

int main(int argc, char **argv) {
  request r = {0};
  tool_error error = {0};
  int code = parse(argc, argv, &r, &error);
  code = start_ranks(code, &r, &error);
  const bool only_text = code == TOOL_OK && (r.help || r.version);
  if (only_text && tool_rank() == 0) code = print_text(&r, &error);
  if (code == TOOL_OK && !only_text) code = check(&r, &error);
  if (code == TOOL_OK) code = choose_output(&r, &error);
  code = tool_ranks_agree(code, &error);
  if (code == TOOL_OK && !only_text) code = run(&r, &error);
  if (error.reason[0] != '\0') tool_error_print(&error);
  tool_ranks_stop();
  return code;
}
