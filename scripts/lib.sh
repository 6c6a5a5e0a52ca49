# Shared by the scripts of this folder and by .ci/run, which source it.
#
# Owns: how the scripts speak, and how they build a preset. SPDX-License-Identifier: Apache-2.0

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${0##*/}

say() { printf '%s: %s\n' "$program" "$*"; }
fail() {
  printf '%s: %s\n' "$program" "$*" >&2
  exit 1
}

# The comment at the head of the script is its manual: prints it.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$0"; }

# Configures and builds a preset of CMakePresets.json, with as many jobs as the process has processors.
build_preset() {
  (cd "$root" && cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(nproc)") || fail "preset $1 does not build"
}

# Tests a preset that is built; further arguments go to ctest.
test_preset() {
  local preset=$1
  shift
  (cd "$root" && ctest --preset "$preset" --parallel "$(nproc)" "$@") || fail "tests of preset $preset FAILED"
}
