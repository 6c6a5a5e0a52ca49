#!/usr/bin/env bash
# tests/tools/mpi.sh <case>: kinit-fill as a job of several ranks.
#
# ctest sets KINIT_FILL, the command. SPDX-License-Identifier: Apache-2.0
set -euo pipefail
source "$(dirname "$0")/support.sh"

"$KINIT_FILL" --version | grep -q ', MPI)' || skip "a build with MPI"
command -v mpirun >/dev/null || skip "mpirun"
# Open MPI wants to be told that it may run as root, and more ranks than there are processors.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 OMP_NUM_THREADS=1
export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe # the same for Open MPI 5

# run <ranks> <argument...>
run() {
  local ranks=$1
  shift
  timeout 120 mpirun -n "$ranks" "$@"
}

# expect_same <expected sums> <ranks> <argument...>
expect_same() {
  local expected=$1 ranks=$2
  shift 2
  rm -f "$work"/out/*
  run "$ranks" "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --seed 42 "$@"
  [ "$(cd "$work/out" && sha256sum $(ls -A))" = "$expected" ] || fail "$ranks ranks: other files"
}

# One file by any number of ranks.
same_bytes() {
  local ranks expected
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --seed 42
  expected=$(cd "$work/out" && sha256sum $(ls -A))
  for ranks in 1 2 3 4 7; do expect_same "$expected" $ranks; done
}

# The same shards.
same_shards() {
  local expected
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --seed 42 --max-shard-size 1MB
  expected=$(cd "$work/out" && sha256sum $(ls -A))
  [ "$(wc -l <<<"$expected")" -gt 3 ] || fail "no shards"
  expect_same "$expected" 3 --max-shard-size 1MB
}

# More ranks than pages: some have nothing to do.
idle_ranks() {
  echo '{"tensors": [{"name": "w", "dtype": "f32", "shape": [2], "init": "constant", "value": 1}]}' >"$work/plan.json"
  run 3 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/alone"
  cmp "$work/out/model.safetensors" "$work/out/alone" || fail "other bytes"
  expect_files alone model.safetensors
}

# expect_failure <argument of mpirun...>: the job says so and leaves nothing.
expect_failure() {
  if run 3 "$@" >"$work/messages" 2>&1; then fail "the job succeeded"; fi
  expect_files
}

# The first or the last rank cannot write its part.
failing_rank() {
  local rank
  write_large_plan 3072
  cat >"$work/limited" <<'EOF_LIMITED'
#!/bin/sh
[ "$OMPI_COMM_WORLD_RANK" != "$RANK" ] || ulimit -f "$LIMIT"
exec "$@"
EOF_LIMITED
  chmod +x "$work/limited"
  for rank in 0 2; do
    RANK=$rank LIMIT=32768 expect_failure "$work/limited" "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
    [ $rank -eq 0 ] || expect_message "kinit-fill: $work/out/model.safetensors:"
  done
}

# Until the ranks have begun.
wait_for_file() {
  local step
  for step in $(seq 500); do
    [ -z "$(ls -A "$work/out")" ] || return 0
    sleep 0.02
  done
  fail "no file appears: $(cat "$work/messages")"
}

# The first and the last rank are killed, then mpirun is asked to end.
killed_rank() {
  local rank job
  write_large_plan 65536
  export KINIT_ISA=scalar
  for rank in 0 2; do
    cat >"$work/tell" <<'EOF_TELL'
#!/bin/sh
[ "$OMPI_COMM_WORLD_RANK" != "$RANK" ] || echo $$ >"$PID_FILE"
exec "$@"
EOF_TELL
    chmod +x "$work/tell"
    RANK=$rank PID_FILE=$work/pid mpirun -n 3 "$work/tell" "$KINIT_FILL" "$work/plan.json" \
      -o "$work/out/model.safetensors" >"$work/messages" 2>&1 &
    job=$!
    wait_for_file
    kill -s KILL "$(cat "$work/pid")"
    if wait $job; then fail "rank $rank was killed and the job succeeded"; fi
    expect_files
  done
}

ended_job() {
  local job
  write_large_plan 65536
  KINIT_ISA=scalar mpirun -n 3 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" \
    >"$work/messages" 2>&1 &
  job=$!
  wait_for_file
  kill -s TERM $job
  if wait $job; then fail "the job was ended and succeeded"; fi
  expect_files
}

# Hosts with different files under the plan's name.
different_plans() {
  write_plan
  sed 's/0.5/0.25/' "$work/plan.json" >"$work/plan.1.json"
  cp "$work/plan.json" "$work/plan.0.json"
  cp "$work/plan.json" "$work/plan.2.json"
  echo 'exec "$KINIT_FILL" "$PLANS.$OMPI_COMM_WORLD_RANK.json" -o "$OUTPUT"' >"$work/each"
  PLANS=$work/plan OUTPUT=$work/out/model.safetensors expect_failure sh "$work/each"
  expect_message "rank 1 does not read the plan that rank 0 reads"
}

# An error of all is told once.
one_message() {
  expect_failure "$KINIT_FILL" "$work/none.json" -o "$work/out/model.safetensors"
  [ "$(grep -c 'none.json' "$work/messages")" -eq 1 ] || fail "not one message: $(cat "$work/messages")"
  for options in "--nonsense" "--seed x" "--rank 1" "" "-o a b c"; do
    # shellcheck disable=SC2086
    expect_failure "$KINIT_FILL" $options
    [ "$(grep -c '^kinit-fill: ' "$work/messages")" -eq 1 ] || fail "not one message: $(cat "$work/messages")"
  done
}

# All ranks compare a part each; one of them says what is different.
verify() {
  local ranks out=$work/out/model.safetensors
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$out" --seed 42
  for ranks in 2 3; do
    run $ranks "$KINIT_FILL" --verify "$out" "$work/plan.json" >"$work/messages" 2>&1 || fail "$(cat "$work/messages")"
    [ "$(grep -c 'all bytes as the plan gives them with seed 42' "$work/messages")" -eq 1 ] ||
      fail "not one message: $(cat "$work/messages")"
  done
  printf '\1\2\3' | dd of="$out" bs=1 seek=2000000 conv=notrunc status=none
  for ranks in 2 3; do
    if run $ranks "$KINIT_FILL" --verify "$out" "$work/plan.json" >"$work/messages" 2>&1; then fail "it is not different"; fi
    [ "$(grep -c 'the first difference is in "layers' "$work/messages")" -eq 1 ] ||
      fail "not one message: $(cat "$work/messages")"
  done
}

"$1"
