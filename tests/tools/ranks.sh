#!/usr/bin/env bash
# tests/tools/ranks.sh <case>: kinit-fill as several processes without MPI.
#
# ctest sets KINIT_FILL, the command. SPDX-License-Identifier: Apache-2.0
set -euo pipefail
source "$(dirname "$0")/support.sh"
unset OMPI_COMM_WORLD_RANK PMI_RANK PMIX_RANK MV2_COMM_WORLD_RANK SLURM_PROCID SLURM_NTASKS SLURM_JOB_ID RANK WORLD_SIZE
export OMP_NUM_THREADS=1
output=$work/out/model.safetensors

sums() { (cd "$work/out" && sha256sum $(ls -A)); }

# expect_bytes <expected sums> <ranks> <option...>: all at once.
expect_bytes() {
  local expected=$1 ranks=$2 rank processes=()
  shift 2
  rm -rf "$work/out"
  mkdir "$work/out"
  for ((rank = 0; rank < ranks; rank++)); do
    "$KINIT_FILL" "$work/plan.json" -o "$output" --seed 42 --rank $rank --ranks "$ranks" "$@" 2>>"$work/messages" &
    processes+=($!)
  done
  for rank in "${processes[@]}"; do wait "$rank" || fail "$ranks ranks: $(cat "$work/messages")"; done
  [ "$(sums)" = "$expected" ] || fail "$ranks ranks: other files, $(ls -A "$work/out")"
}

# The bytes of one process, in one file and in several.
same_bytes() {
  local ranks expected sharded
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$output" --seed 42
  expected=$(sums)
  "$KINIT_FILL" "$work/plan.json" -o "$output" --seed 42 --max-shard-size 1MB --force
  sharded=$(sums)
  [ "$(wc -l <<<"$sharded")" -gt 3 ] || fail "no shards"
  for ranks in 1 2 3 7; do expect_bytes "$expected" $ranks; done
  expect_bytes "$sharded" 3 --max-shard-size 1MB
}

# Those of torch.distributed.checkpoint.
same_dcp() {
  local expected
  output=$work/out/
  write_plan
  "$KINIT_FILL" "$work/plan.json" --format dcp -o "$output" --seed 42 --max-shard-size 1MB
  expected=$(sums)
  [ "$(wc -l <<<"$expected")" -gt 3 ] || fail "no shards"
  expect_bytes "$expected" 3 --format dcp --max-shard-size 1MB
}

# A rank that is missing keeps all from appearing; one that comes late or again completes the job.
missing_rank() {
  local expected
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$output"
  expected=$(sum_of "$output")
  rm "$output"
  for rank in 0 2 0; do
    expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank $rank --ranks 3
    expect_message "nothing is published yet"
    [ ! -e "$output" ] || fail "a file of two parts is published"
  done
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 1 --ranks 3
  expect_files model.safetensors
  [ "$(sum_of "$output")" = "$expected" ] || fail "other bytes"
}

# A rank that is killed has not done its part, and the next one of its number does it.
killed_rank() {
  local pid expected
  write_large_plan 3072
  "$KINIT_FILL" "$work/plan.json" -o "$output"
  expected=$(sum_of "$output")
  rm "$output"
  KINIT_ISA=scalar "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 1 --ranks 2 2>/dev/null &
  pid=$!
  until [ -n "$(ls -A "$work/out")" ]; do sleep 0.02; done
  kill -KILL $pid
  wait $pid 2>/dev/null && fail "it ended before the signal"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 0 --ranks 2
  [ ! -e "$output" ] || fail "half a file is published"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 1 --ranks 2
  expect_files model.safetensors
  [ "$(sum_of "$output")" = "$expected" ] || fail "other bytes"
}

# What exists stays without --force, and with it until all parts are there.
existing() {
  write_plan
  echo old >"$output"
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 0 --ranks 2
  expect_message "it exists"
  expect_files model.safetensors
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 0 --ranks 2 --force
  [ "$(cat "$output")" = old ] || fail "replaced by half a checkpoint"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 1 --ranks 2 --force
  if grep -qx old "$output"; then fail "not replaced"; fi
  expect_files model.safetensors
}

# One process for each rank.
twice() {
  local pid
  write_large_plan 65536
  KINIT_ISA=scalar "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 0 --ranks 2 2>/dev/null &
  pid=$!
  until [ -e "$(echo "$work"/out/.kinit-fill-*/0)" ]; do sleep 0.02; done
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 0 --ranks 2
  kill -TERM $pid
  wait $pid 2>/dev/null || true
  expect_message "another process is rank 0 of this job"
}

# Each rank compares its part, and the one with the difference says so.
verify() {
  local rank codes="" code
  write_large_plan 256
  "$KINIT_FILL" "$work/plan.json" -o "$output"
  printf '\1\2\3' | dd of="$output" bs=1 seek=7000000 conv=notrunc status=none
  for rank in 0 1 2; do
    code=0
    "$KINIT_FILL" --verify "$output" "$work/plan.json" --rank $rank --ranks 3 >"$work/messages.$rank" 2>&1 || code=$?
    codes+=" $code"
  done
  [ "$codes" = " 0 0 4" ] || fail "exit codes$codes"
  grep -qF "part 2 of 3, all bytes as the plan gives them" "$work/messages.1" || fail "$(cat "$work/messages.1")"
  grep -qF 'the first difference is in "w", element 34998' "$work/messages.2" || fail "$(cat "$work/messages.2")"
}

# expect_two <variable=value...>: the environment says which of two this is.
expect_two() {
  rm -rf "$work/out"
  mkdir "$work/out"
  expect_code 0 env "$1=1" "$2=2" "$KINIT_FILL" "$work/plan.json" -o "$output"
  expect_message "rank 1 of 2 has written its part; 1 is not done"
  expect_code 0 env "$1=0" "$2=2" "$KINIT_FILL" "$work/plan.json" -o "$output"
  expect_files model.safetensors
}

environment() {
  write_plan
  expect_two SLURM_PROCID SLURM_NTASKS
  expect_two RANK WORLD_SIZE
  # A script of Slurm before its first step is alone, and options count before variables.
  expect_code 0 env SLURM_JOB_ID=1 SLURM_PROCID=0 SLURM_NTASKS=4 "$KINIT_FILL" "$work/plan.json" -o "$output" --force
  expect_code 0 env RANK=1 WORLD_SIZE=2 "$KINIT_FILL" "$work/plan.json" -o "$output" --force --rank 0 --ranks 1
  expect_code 2 env RANK=2 WORLD_SIZE=2 "$KINIT_FILL" "$work/plan.json" -o "$output" --force
  expect_message 'RANK takes a whole number from 0 to 1, below that of WORLD_SIZE, not "2"'
}

wrong_numbers() {
  write_plan
  for options in "--rank 2 --ranks 2" "--rank -1 --ranks 2" "--rank 0 --ranks 0" "--rank 0 --ranks x" "--rank 0x0 --ranks 2" \
    "--rank 0" "--ranks 2" "--rank 0 --ranks 99999999999"; do
    # shellcheck disable=SC2086
    expect_code 2 "$KINIT_FILL" "$work/plan.json" -o "$output" $options
    expect_files
  done
  expect_code 2 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 3 --ranks 2
  expect_message '--rank takes a whole number from 0 to 1, below that of --ranks, not "3"'
}

# Processes that a launcher counts and MPI does not would all write the same file.
unseen_launcher() {
  write_plan
  expect_code 1 env PMI_RANK=0 PMI_SIZE=2 "$KINIT_FILL" "$work/plan.json" -o "$output"
  expect_message "the launcher started 2 processes (PMI_SIZE), and MPI sees 1"
  expect_files
  expect_code 0 env PMI_RANK=0 PMI_SIZE=2 "$KINIT_FILL" "$work/plan.json" -o "$output" --rank 0 --ranks 1
  expect_files model.safetensors
}

"$1"
