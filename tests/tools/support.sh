# Shared by the scripts of this folder, which source it.
#
# Owns: the working directory, how expectations are stated, and what is skipped. SPDX-License-Identifier: Apache-2.0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/out"

fail() {
  echo "${0##*/}: $*" >&2
  exit 1
}

# What the machine lacks; ctest reports the test as skipped.
skip() {
  echo "skipped: $*"
  exit 77
}

# expect_code <code> <command...>: its messages go to $work/messages.
expect_code() {
  local expected=$1 code=0
  shift
  "$@" >"$work/messages" 2>&1 || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code, not $expected: $* ($(cat "$work/messages"))"
}

expect_message() { grep -qF -- "$1" "$work/messages" || fail "no \"$1\" in: $(cat "$work/messages")"; }

# expect_files <name...>: the directory holds these and no others, hidden ones included.
expect_files() {
  local found
  found=$(ls -A "$work/out" | LC_ALL=C sort | tr '\n' ' ')
  [ "${found% }" = "$*" ] || fail "the directory holds \"${found% }\", not \"$*\""
}

sum_of() { sha256sum <"$1"; }

# All initializers and dtypes, in tensors of odd sizes.
write_plan() {
  cat >"$work/plan.json" <<'EOF_PLAN'
{"defaults": {"dtype": "bf16"},
 "tensors": [
  {"name": "layers.{0..5}.weight", "shape": [513, 385], "init": "kaiming_normal", "mode": "fan_in", "nonlinearity": "relu", "a": 0},
  {"name": "layers.{0..5}.bias", "shape": [513], "dtype": "f32"},
  {"name": "up", "shape": [7, 1031], "dtype": "f64", "init": "uniform", "low": -1, "high": 1},
  {"name": "conv", "shape": [6, 3, 5, 5], "dtype": "f16", "init": "dirac", "groups": 2},
  {"name": "eye", "shape": [300, 200], "init": "eye"},
  {"name": "none", "shape": [0, 5], "init": "constant", "value": 1},
  {"name": "head", "shape": [1000, 333], "dtype": "f32", "init": "truncated_normal", "mean": 0, "stddev": 1, "low": -2, "high": 2}],
 "rules": [{"match": "*.bias", "init": "constant", "value": 0.5}]}
EOF_PLAN
}

# write_large_plan <rows>: rows * 32 KiB, which the scalar instruction set fills slowly.
write_large_plan() {
  echo "{\"tensors\": [{\"name\": \"w\", \"dtype\": \"bf16\", \"shape\": [$1, 16384], \"init\": \"normal\"," \
    "\"mean\": 0, \"stddev\": 1}]}" >"$work/plan.json"
}
