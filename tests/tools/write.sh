#!/usr/bin/env bash
# tests/tools/write.sh <case>: what kinit-fill leaves in a directory, whatever happens.
#
# ctest sets KINIT_FILL, the command. SPDX-License-Identifier: Apache-2.0
set -euo pipefail
source "$(dirname "$0")/support.sh"

# The same bytes for any number of threads and any instruction set.
same_bytes() {
  local expected threads isa
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --seed 42
  expect_files model.safetensors
  expected=$(sum_of "$work/out/model.safetensors")
  for threads in 1 3; do
    for isa in scalar best; do
      OMP_NUM_THREADS=$threads KINIT_ISA=$isa "$KINIT_FILL" "$work/plan.json" -o "$work/out/other" --seed 42 --force
      [ "$(sum_of "$work/out/other")" = "$expected" ] || fail "$threads threads, $isa: other bytes"
    done
  done
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/other" --seed 43 --force
  [ "$(sum_of "$work/out/other")" != "$expected" ] || fail "another seed gives the same bytes"
}

# What exists stays as it is, unless --force is given.
existing() {
  write_plan
  echo old >"$work/out/model.safetensors"
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  expect_message "it exists"
  [ "$(cat "$work/out/model.safetensors")" = old ] || fail "the file that existed has changed"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --force
  [ "$(head -c 3 "$work/out/model.safetensors")" != old ] || fail "--force did not replace the file"
  expect_files model.safetensors
}

# A file that appears under the name while the command writes stays, too.
existing_meanwhile() {
  local pid
  write_large_plan 8192
  KINIT_ISA=scalar OMP_NUM_THREADS=1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" \
    2>"$work/messages" &
  pid=$!
  wait_for_writing $pid
  echo other >"$work/out/model.safetensors"
  if wait $pid; then fail "it succeeded"; fi
  expect_message "another process wrote or removed files"
  [ "$(cat "$work/out/model.safetensors")" = other ] || fail "the file that appeared has changed"
  expect_files model.safetensors
}

# A shard or an index that exists stops all of them.
existing_shard() {
  write_plan
  echo old >"$work/out/model.safetensors.index.json"
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --max-shard-size 1MB
  expect_files model.safetensors.index.json
  [ "$(cat "$work/out/model.safetensors.index.json")" = old ] || fail "the index that existed has changed"
}

# Only files are replaced.
no_file() {
  write_plan
  mkdir "$work/out/directory"
  mkfifo "$work/out/pipe"
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/directory" --force
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/pipe" --force
  expect_message "no file"
  expect_files directory pipe
}

# The old checkpoint survives a failure even with --force.
force_survives_failure() {
  write_large_plan 4096
  echo old >"$work/out/model.safetensors"
  (ulimit -f 1024 && expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --force)
  [ "$(cat "$work/out/model.safetensors")" = old ] || fail "the old file is lost"
  expect_files model.safetensors
}

no_directory() {
  write_plan
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/none/model.safetensors"
  expect_message "No such file or directory"
}

# Root may write anywhere, so it becomes nobody.
unwritable_directory() {
  local as=()
  write_plan
  chmod 0755 "$work"
  chmod 0555 "$work/out"
  if [ "$(id -u)" -eq 0 ]; then
    command -v setpriv >/dev/null || skip "setpriv, to run as a user that may not write"
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    "${as[@]}" test -x "$KINIT_FILL" || skip "a build directory that nobody may read"
  fi
  expect_code 1 "${as[@]}" "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  expect_message "Permission denied"
  expect_files
}

# A small file system of its own: the space is refused before anything is written.
disk_full() {
  write_large_plan 128
  mount -t tmpfs -o size=2m tmpfs "$work/out" 2>/dev/null || skip "permission to mount a tmpfs"
  trap 'umount "$work/out"; rm -rf "$work"' EXIT
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  expect_message "No space left on device: 4198400 bytes needed, 2097152 available"
  expect_files
  write_plan
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --max-shard-size 500KB
  expect_message "No space left"
  expect_files
}

# A limit for the size of files, which the system also tells by a signal.
file_too_large() {
  write_plan
  (ulimit -f 1024 && expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors")
  expect_message "File too large"
  expect_files
}

# wait_for_writing <process>: until it has its file without a name.
wait_for_writing() {
  until readlink /proc/"$1"/fd/* 2>/dev/null | grep -qF "$work/out/"; do
    kill -0 "$1" 2>/dev/null || fail "it ended before: $(cat "$work/messages")"
    sleep 0.02
  done
}

# ends_by <signal> <exit code>: while it writes.
ends_by() {
  local pid code=0
  write_large_plan 65536
  KINIT_ISA=scalar OMP_NUM_THREADS=1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" \
    2>"$work/messages" &
  pid=$!
  wait_for_writing $pid
  sleep 0.1
  kill -s "$1" $pid
  wait $pid 2>/dev/null || code=$?
  [ "$code" -eq "$2" ] || fail "exit code $code after $1"
  expect_files
}

# 512 MiB with 128 MiB of memory, address space and all: of that an unoptimized build is 36 MiB of code.
memory_limit() {
  local threads
  write_large_plan 16384
  for threads in 1 2 8 32; do
    (ulimit -v 131072 && OMP_NUM_THREADS=$threads "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors" --force)
    expect_files model.safetensors
    [ "$(stat -c %s "$work/out/model.safetensors")" -gt 536870912 ] || fail "$threads threads: the file is too small"
  done
}

# An output is one checkpoint: what is there of another division is refused, or replaced as a whole.
one_set() {
  local out=$work/out/model.safetensors
  write_plan
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out"
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$out" --max-shard-size 1MB
  expect_message "it exists, a file of the same checkpoint"
  expect_files model.safetensors
  touch "$work/out/model-00001-of-00002.bin" "$work/out/model-other.safetensors"
  chmod 0604 "$out"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --max-shard-size 1500KB --force
  expect_files model-00001-of-00002.bin model-00001-of-00003.safetensors model-00002-of-00003.safetensors \
    model-00003-of-00003.safetensors model-other.safetensors model.safetensors.index.json
  [ "$(stat -c %a "$work/out/model-00002-of-00003.safetensors")" = 604 ] || fail "the mode is lost"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --max-shard-size 3MB --force
  expect_files model-00001-of-00002.bin model-00001-of-00002.safetensors model-00002-of-00002.safetensors \
    model-other.safetensors model.safetensors.index.json
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$out"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --force
  expect_files model-00001-of-00002.bin model-other.safetensors model.safetensors
}

# Of two writers at once, one publishes all of its files, and the other ends with an error, --force or not.
two_writers() {
  local out=$work/out/model.safetensors first=0 second=0
  write_large_plan 4096
  "$KINIT_FILL" "$work/plan.json" -o "$out" --seed 7
  KINIT_ISA=scalar OMP_NUM_THREADS=1 "$KINIT_FILL" "$work/plan.json" -o "$out" --seed 1 --force 2>"$work/messages" &
  first=$!
  wait_for_writing $first
  kill -STOP $first
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --seed 2 --force
  kill -CONT $first
  wait $first || second=$?
  [ "$second" -eq 1 ] || fail "the second writer ends with $second"
  expect_files model.safetensors
  grep -qaF '"kinit_seed":"2"' "$out" || fail "the first to publish has not won"
}

# Whatever prints fails where the output takes no more.
full_output() {
  write_plan
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  for arguments in --help --version "$work/plan.json --dry-run" "--inspect $work/out/model.safetensors" \
    "--verify $work/out/model.safetensors $work/plan.json"; do
    # shellcheck disable=SC2086
    expect_code 1 bash -c '"$0" "$@" >/dev/full' "$KINIT_FILL" $arguments
    expect_message "standard output: No space left on device"
  done
}

# On a terminal the last line says what was done.
closing_line() {
  write_plan
  command -v script >/dev/null || skip "script, which makes a terminal"
  script -qec "'$KINIT_FILL' '$work/plan.json' -o '$work/out/model.safetensors'" "$work/messages" >/dev/null
  grep -qE 'MB in 0:0[0-9], [0-9.]+ GB/s' "$work/messages" || fail "no closing line: $(cat "$work/messages")"
}

# Shards of two runs behind one index are refused.
mixed_shards() {
  local out=$work/out/model.safetensors
  write_plan
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --max-shard-size 1500KB
  mkdir "$work/other"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$work/other/model.safetensors" --max-shard-size 1500KB --seed 5
  cp "$work/other/model-00002-of-00003.safetensors" "$work/out"
  expect_code 3 "$KINIT_FILL" --inspect "$out.index.json"
  expect_message "of another checkpoint"
  expect_code 3 "$KINIT_FILL" --verify "$out.index.json" "$work/plan.json"
  expect_message "kinit_seed"
}

# A directory is made, and holds the configuration that the plan has; both are one checkpoint.
directory() {
  local out=$work/out/model/
  echo '{"config": {"model_type": "x", "n": 3}, "defaults": {"dtype": "f32", "init": "ones"},
    "tensors": [{"name": "w.{0..9}", "shape": [100]}]}' >"$work/plan.json"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out"
  [ "$(ls -A "$out")" = "$(printf 'config.json\nmodel.safetensors')" ] || fail "other files: $(ls -A "$out")"
  [ "$(tr -d ' \n' <"$out/config.json")" = '{"model_type":"x","n":3}' ] || fail "config.json: $(cat "$out/config.json")"
  rm "$out/model.safetensors"
  expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$out"
  expect_message "config.json: it exists"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --force --max-shard-size 1KB
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --force --max-shard-size 1KB
  [ "$(ls -A "$out" | wc -l)" -eq 7 ] || fail "other files: $(ls -A "$out")"
  expect_code 0 "$KINIT_FILL" --verify "$out/model.safetensors.index.json" "$work/plan.json"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$out" --force
  [ "$(ls -A "$out" | wc -l)" -eq 2 ] || fail "other files: $(ls -A "$out")"
  (ulimit -f 1 && expect_code 1 "$KINIT_FILL" "$work/plan.json" -o "$work/out/none/")
  [ ! -e "$work/out/none" ] || fail "a directory is left"
  expect_code 2 "$KINIT_FILL" "$work/plan.json" -o ""
}

# A checkpoint of torch.distributed.checkpoint is one set, too, beside others in its directory.
dcp() {
  local out=$work/out/
  write_plan
  touch "$work/out/model.safetensors" "$work/out/__1_0.distcp.old"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" --format dcp -o "$out"
  expect_files .metadata __0_0.distcp __1_0.distcp.old model.safetensors
  expect_code 1 "$KINIT_FILL" "$work/plan.json" --format dcp -o "$out"
  expect_message "it exists, a file of the same checkpoint"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" --format dcp -o "$out" --max-shard-size 1500KB --force
  expect_files .metadata __0_0.distcp __1_0.distcp __1_0.distcp.old __2_0.distcp model.safetensors
  expect_code 0 "$KINIT_FILL" "$work/plan.json" --format dcp -o "$out" --force
  expect_files .metadata __0_0.distcp __1_0.distcp.old model.safetensors
  expect_code 2 "$KINIT_FILL" "$work/plan.json" --format dcp -o "$work/out/model"
  expect_message "--format dcp writes a directory: -o \"$work/out/model/\""
  expect_code 2 "$KINIT_FILL" "$work/plan.json" --format DCP -o "$out"
  expect_message '--format takes safetensors or dcp, not "DCP"'
  expect_code 2 "$KINIT_FILL" "$work/plan.json" --format dcp --dry-run
  expect_message "--format goes with -o"
}

# A dtype that torch has not, of a tensor that is copied.
dcp_dtype() {
  local header='{"four":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}      '
  printf '\x40\0\0\0\0\0\0\0%.64s\1\2' "$header        " >"$work/values.safetensors"
  echo '{"values": "values.safetensors", "tensors": []}' >"$work/plan.json"
  expect_code 3 "$KINIT_FILL" "$work/plan.json" --format dcp -o "$work/out/"
  expect_message '"four" is of dtype F4, which --format dcp has not'
  expect_files
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$work/out/"
}

# seed_of <entry>: that of the whole set that the entry leads to, or nothing.
seed_of() {
  local seed
  for seed in 1 2; do
    if "$KINIT_FILL" --verify "$1" "$work/plan.json" --seed $seed >/dev/null 2>&1; then echo $seed; fi
  done
}

# A directory in memory, if there is one: these tests wait for the disk more than a hundred times.
in_memory() {
  [ -w /dev/shm ] || return 0
  rm -rf "$work"
  work=$(mktemp -d -p /dev/shm)
  mkdir "$work/out"
}

# kill_anywhere <options of the old set> <entries of both, the one that loaders look for first> <options of the new set>:
# killed before any change of a name, the command leaves one of them whole, and all of them have their turn. Then it
# completes the work. (Hidden temporary files may be left.)
kill_anywhere() {
  local change=0 code=137 entry seed seeds=""
  while [ $code -eq 137 ]; do
    change=$((change + 1))
    code=0
    rm -rf "$work/out"
    mkdir "$work/out"
    # shellcheck disable=SC2086
    "$KINIT_FILL" "$work/plan.json" -o "$work/out/" --seed 1 $1
    # shellcheck disable=SC2086
    { LD_PRELOAD=$KILL_AT KINIT_KILL_AT=$change "$KINIT_FILL" "$work/plan.json" -o "$work/out/" --seed 2 --force $3; } \
      2>"$work/messages" || code=$?
    for entry in $2; do [ ! -e "$work/out/$entry" ] || break; done
    seed=$(seed_of "$work/out/$entry")
    [ -n "$seed" ] || fail "killed before change $change, neither set is whole: $(ls -A "$work/out")"
    seeds+=$seed
    # shellcheck disable=SC2086
    expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$work/out/" --seed 2 --force $3
    [ "$(cd "$work/out" && sha256sum *)" = "$(cat "$work/expected")" ] || fail "other files: $(ls -A "$work/out")"
  done
  [ $code -eq 0 ] || fail "exit code $code: $(cat "$work/messages")"
  grep -qE '^1+2+$' <<<"$seeds" || fail "the old set and then the new one: $seeds"
}

# expect_of <options>: what the new set has to be.
expect_of() {
  rm -rf "$work/out"
  # shellcheck disable=SC2086
  "$KINIT_FILL" "$work/plan.json" -o "$work/out/" --seed 2 $1
  (cd "$work/out" && sha256sum *) >"$work/expected"
}

killed_anywhere() {
  local two="--max-shard-size 300" three="--max-shard-size 200" single=model.safetensors
  local index=$single.index.json
  in_memory
  echo '{"defaults": {"dtype": "f32", "init": "normal"}, "config": {"x": 1}, "tensors": [{"name": "w{0..5}", "shape": [25]}]}' \
    >"$work/plan.json"
  expect_of ""
  kill_anywhere "" $single ""
  kill_anywhere "$two" "$single $index" ""
  expect_of "$two"
  kill_anywhere "" "$single $index" "$two"
  kill_anywhere "$two" $index "$two"
  kill_anywhere "$three" $index "$two"
}

# Another config.json never stands beside the old weights: they go first.
killed_config() {
  local change=0 code=137 config
  in_memory
  echo '{"defaults": {"dtype": "f32", "init": "ones"}, "config": {"x": 1}, "tensors": [{"name": "w", "shape": [25]}]}' >"$work/1.json"
  sed 's/"x": 1/"x": 2/; s/ones/zeros/' "$work/1.json" >"$work/2.json"
  while [ $code -eq 137 ]; do
    change=$((change + 1))
    code=0
    rm -rf "$work/out"
    "$KINIT_FILL" "$work/1.json" -o "$work/out/"
    { LD_PRELOAD=$KILL_AT KINIT_KILL_AT=$change "$KINIT_FILL" "$work/2.json" -o "$work/out/" --force; } 2>"$work/messages" || code=$?
    config=$(grep -o '[12]' "$work/out/config.json")
    [ ! -e "$work/out/model.safetensors" ] || "$KINIT_FILL" --verify "$work/out/model.safetensors" "$work/$config.json" >"$work/messages" ||
      fail "killed before change $change, config.json is of other weights"
  done
  [ $code -eq 0 ] && [ "$config" -eq 2 ] || fail "exit code $code, config.json $config: $(cat "$work/messages")"
}

# A checkpoint of torch.distributed.checkpoint, whose index leads to whole files.
killed_anywhere_dcp() {
  local change=0 code=137 of
  in_memory
  echo '{"defaults": {"dtype": "f32", "init": "normal"}, "tensors": [{"name": "w{0..2}", "shape": [25]}]}' >"$work/plan.json"
  for of in 1 2; do
    "$KINIT_FILL" "$work/plan.json" --format dcp -o "$work/$of/" --seed $of --max-shard-size 100
  done
  while [ $code -eq 137 ]; do
    change=$((change + 1))
    code=0
    rm -rf "$work/out"
    cp -r "$work/1" "$work/out"
    { LD_PRELOAD=$KILL_AT KINIT_KILL_AT=$change "$KINIT_FILL" "$work/plan.json" --format dcp -o "$work/out/" --seed 2 --force \
      --max-shard-size 100; } 2>"$work/messages" || code=$?
    names=$(grep -aoE '__[0-9]_0(\.new1)?\.distcp' "$work/out/.metadata" | sort -u)
    [ "$(wc -l <<<"$names")" -eq 3 ] || fail "not three files: $names"
    (cd "$work/out" && cat $names) >"$work/all"
    cmp -s "$work/all" <(cat "$work"/1/__*) || cmp -s "$work/all" <(cat "$work"/2/__*) ||
      fail "killed before change $change, neither set is whole: $(ls -A "$work/out")"
  done
  [ $code -eq 0 ] || fail "exit code $code: $(cat "$work/messages")"
  [ $change -gt 6 ] || fail "killed $change times only"
  diff -r "$work/out" "$work/2" || fail "other files"
}

# Names command no terminal.
control_characters() {
  echo '{"tensors": [{"name": "a\u001b[2J\u009b", "shape": [3], "dtype": "f8_e5m2", "init": "ones"}]}' >"$work/plan.json"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" --dry-run
  expect_message 'a\x1b[2J\xc2\x9b  f8_e5m2  [3]    ones  1              '
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  expect_code 0 "$KINIT_FILL" --inspect "$work/out/model.safetensors"
  expect_message 'a\x1b[2J\xc2\x9b  F8_E5M2  [3] '
  sed 's/\[3\]/[-3]/' "$work/plan.json" >"$work/wrong.json"
  expect_code 3 "$KINIT_FILL" "$work/wrong.json" --dry-run
  expect_message 'the shape of "a\x1b[2J\xc2\x9b" takes whole numbers from 0 to 2^63 - 1, not -3'
  expect_code 1 "$KINIT_FILL" $'no\nplan' --dry-run
  expect_message 'kinit-fill: no\x0aplan: No such file or directory'
}

# The tensors of a file beside the plan are copied; a name may not come twice.
values() {
  echo '{"tensors": [{"name": "a", "shape": [3], "dtype": "f64", "init": "normal"}]}' >"$work/values.json"
  expect_code 0 "$KINIT_FILL" "$work/values.json" -o "$work/values.safetensors" --seed 5
  echo '{"values": "values.safetensors", "tensors": [{"name": "b", "shape": [2], "dtype": "f32", "init": "ones"}]}' >"$work/plan.json"
  expect_code 0 "$KINIT_FILL" "$work/plan.json" -o "$work/out/model.safetensors"
  cmp <(tail -c 32 "$work/out/model.safetensors" | head -c 24) <(tail -c 24 "$work/values.safetensors") ||
    fail "the copy is not the bytes of the values"
  for wrong in '"other.safetensors"' '"../values.safetensors"' '""' '3'; do
    echo "{\"values\": $wrong, \"tensors\": [{\"name\": \"b\", \"shape\": [2], \"dtype\": \"f32\", \"init\": \"ones\"}]}" >"$work/wrong.json"
    if "$KINIT_FILL" "$work/wrong.json" --dry-run 2>"$work/messages"; then fail "$wrong is accepted"; fi
  done
  echo '{"values": "values.safetensors", "tensors": [{"name": "a", "shape": [2], "dtype": "f32", "init": "ones"}]}' >"$work/plan.json"
  expect_code 3 "$KINIT_FILL" "$work/plan.json" --dry-run
  expect_message 'the plan describes "a", which is in the file of values, too'
}

case $1 in
  interrupted) ends_by INT 130 ;;
  terminated) ends_by TERM 143 ;;
  hung_up) ends_by HUP 129 ;;
  killed) ends_by KILL 137 ;;
  *) "$1" ;;
esac
