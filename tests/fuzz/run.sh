#!/usr/bin/env bash
# tests/fuzz/run.sh <harness> <corpus> [option of libFuzzer...]: fuzzes for KINIT_FUZZ_SECONDS seconds, 60 if not set.
#
# What it finds beyond the corpus of the tree goes to <harness>-corpus, beside the program, and an input that fails to
# <harness>-failure-...; to see it again: <harness> <file>. To take over what is new, without what adds nothing:
#   <harness> -merge=1 <corpus> <harness>-corpus
#
# Run by ctest in the preset fuzz. SPDX-License-Identifier: Apache-2.0
set -euo pipefail
harness=$1 corpus=$2
shift 2
seconds=${KINIT_FUZZ_SECONDS:-60}
mkdir -p "$harness-corpus"
log=$harness.log
"$harness" -max_total_time="$seconds" -timeout=60 -max_len=1024 -artifact_prefix="$harness-failure-" "$@" \
  "$harness-corpus" "$corpus" >"$log" 2>&1 || { tail -n 60 "$log"; exit 1; }
echo "tried: ${harness##*/}, $(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs/p' "$log") in $seconds s," \
  "$(grep -o 'cov: [0-9]*' "$log" | tail -n 1) edges reached"
