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
usage() { sed -n '2,/^[^#]/{/SPDX/d;s/^# \{0,1\}//p}' "$0"; }

# Configures and builds a preset of CMakePresets.json, with as many jobs as the process has processors.
build_preset() {
  (cd "$root" && cmake --preset "$1" && cmake --build --preset "$1" --parallel "$(nproc)") ||
    fail "preset $1 does not build"
}

# Tests a preset that is built; further arguments go to ctest. Ends with what the tests tried, and one line that sums
# up, whatever the version of ctest.
test_preset() {
  local preset=$1 report=$root/build/$1/ctest.xml status=0
  shift
  rm -f "$report"
  (cd "$root" && ctest --preset "$preset" --parallel "$(nproc)" --output-junit "$report" "$@") || status=$?
  [ -e "$report" ] || fail "preset $preset: ctest ran no tests"
  sed -n 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g; s/^.*\(tried: .*\)/\1/p' "$report"
  summarize "$report"
  [ "$status" -eq 0 ] || fail "preset $preset: tests FAILED"
}

# The counts of a report in the format of JUnit.
summarize() {
  local tests failed skipped
  tests=$(attribute "$1" tests)
  failed=$(($(attribute "$1" failures) + $(attribute "$1" errors)))
  skipped=$(($(attribute "$1" skipped) + $(attribute "$1" disabled)))
  say "$((tests == 0 ? 0 : 100 * (tests - failed) / tests))% tests passed, $failed tests failed out of $tests" \
    "($skipped skipped, named above)"
  count_tests $((tests - failed - skipped)) "$failed" "$skipped"
}

# count_tests <passed> <failed> <skipped>: adds to the totals of .ci/run, if that is what runs.
count_tests() { [ -z "${KINIT_COUNTS-}" ] || echo "$1 $2 $3" >>"$KINIT_COUNTS"; }

# An attribute of the report's outermost element, which ctest spreads over several lines; 0 if it is not there.
attribute() { grep -o -m1 "[[:space:]]$2=\"[0-9]*\"" "$1" | head -n 1 | grep -o '[0-9]*' || echo 0; }
