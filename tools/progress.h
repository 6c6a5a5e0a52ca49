/* The progress bar. SPDX-License-Identifier: Apache-2.0 */
#ifndef KINIT_TOOLS_PROGRESS_H
#define KINIT_TOOLS_PROGRESS_H

#include <stdint.h>

void tool_progress_start(uint64_t total_bytes);
/* Thread-safe. */
void tool_progress_advance(uint64_t bytes);
void tool_progress_stop(void);

#endif
