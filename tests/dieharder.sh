#!/usr/bin/env bash
# dieharder.sh <program words> <kind>: tests of dieharder (Brown, Eddelbuettel and Bauer) on the words of that kind.
#
# Owns: which tests, and the policy about p-values. Run by ctest in the long tier. SPDX-License-Identifier: Apache-2.0
#
#   bits, normals   must pass: no p-value below 1e-6 or above 1 - 1e-6, and no test weak twice. A test is weak if its
#                   least p-value, times their number, is below 0.005, at either end: one in a hundred is by chance. It
#                   is then tried again, once, on fresh words.
#   planted         words with planted defects, which must fail
#
# All but the tests that dieharder itself calls suspect, and few of the many parameters of those that have some. Each
# test reads a subsequence of its own of a fixed seed, so that the outcome is always the same.
set -euo pipefail
words=$1
kind=$2
command -v dieharder >/dev/null || { echo "skipped: there is no dieharder (Debian's package of that name)" && exit 77; }

tests=(
  "-d 0" "-d 1" "-d 2" "-d 3" "-d 4" "-d 8" "-d 9" "-d 10" "-d 11" "-d 12" "-d 13" "-d 15" "-d 16" "-d 17"
  "-d 100" "-d 101" "-d 102"
  "-d 200 -n 1" "-d 200 -n 4" "-d 200 -n 8" "-d 201 -n 2" "-d 201 -n 5" "-d 202 -n 5" "-d 203 -n 1" "-d 203 -n 4"
  "-d 205" "-d 206" "-d 207" "-d 208" "-d 209"
)

# run_test <kind> <subsequence> <option>...: lines of name, parameter and p-value.
run_test() {
  local kind=$1 subsequence=$2
  shift 2
  { "$words" "$kind" "$subsequence" || true; } |
    dieharder -g 200 "$@" -D test_name -D ntuple -D pvalues 2>&1 | sed -n 's/ *| */ /gp'
}

# The worst verdict on lines of run_test: good, weak or bad; or none, if there is no p-value.
verdict() {
  awk 'BEGIN { least = 1 }
    { p = $3 < 0.5 ? $3 : 1 - $3; if (p < least) least = p }
    END { print NR == 0 ? "none" : least < 1e-6 ? "bad" : least * NR < 0.005 ? "weak" : "good" }'
}

# must_pass <number of the test>: prints the p-values; false if they are bad, or weak twice.
must_pass() {
  local lines found
  for subsequence in "$1" $((1000 + $1)); do
    # shellcheck disable=SC2086
    lines=$(run_test "$kind" "$subsequence" ${tests[$1]})
    found=$(verdict <<<"$lines")
    printf '%s\n' "$lines" | sed "s/^/$kind: /;s/\$/ $found/"
    case $found in
      good) return 0 ;;
      bad | none) return 1 ;;
    esac
  done
  return 1
}

# must_fail <kind> <option>...
must_fail() {
  local found
  found=$(run_test "$1" 1 "${@:2}" | verdict)
  echo "planted $*: $found"
  [ "$found" = bad ]
}

failures=0
if [ "$kind" = planted ]; then
  must_fail reused -d 3 || failures=$((failures + 1))
  must_fail short -d 100 || failures=$((failures + 1))
else
  for number in "${!tests[@]}"; do
    must_pass "$number" || failures=$((failures + 1))
  done
  echo "$kind: $failures of ${#tests[@]} tests failed"
fi
[ "$failures" -eq 0 ]
