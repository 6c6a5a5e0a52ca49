/* Checkpoints of torch.distributed.checkpoint (DCP), as its FileSystemReader loads them.
 *
 * Owns: the format. Each tensor of a file __N_0.distcp is what torch.load reads, in the format that torch.save had
 * before that of zip archives, since this one has no checksums: texts in pickle, then the tensor's bytes. The file
 * .metadata is a pickle of DCP's classes, and says where each tensor is. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_DCP_H
#define KINIT_TOOLS_DCP_H

#include "shard_files.h"

/* Whether the path of an output, DIR/.metadata, is that of such a checkpoint. */
bool tool_dcp_is_output(const char *path);

/* Whether a name in the directory is that of a file with tensors: __0_0.distcp. */
bool tool_dcp_is_file(const char *name);

/* The path of file number `index`. */
int tool_dcp_name_file(tool_file *file, const char *output, size_t index, tool_error *error);

/* Puts the text before each tensor of the file. Errors: FAILED, INPUT (a dtype that torch has not). */
int tool_dcp_make_file(tool_file *file, const tool_model *model, uint64_t seed, tool_error *error);

/* Makes the last file of the layout: its path and text. */
int tool_dcp_make_metadata(const tool_layout *layout, tool_file *file, const char *output, tool_error *error);

#endif
