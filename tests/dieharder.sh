#!/usr/bin/env bash
# dieharder.sh <program pipe> <program plant> <kind>: all tests of dieharder (Brown, Eddelbuettel and Bauer) on a stream.
#
# Owns: which tests, and the policy about p-values. Run by ctest in the long tier. SPDX-License-Identifier: Apache-2.0
#
#   a kind of pipe  must pass: no p-value below 1e-6 or above 1 - 1e-6, and no test weak twice. A test is weak if its
#                   least p-value, times their number, is below 0.005, at either end: one in a hundred is by chance. It
#                   is then tried again, once, on fresh words. Of tests that dieharder itself calls suspect, or not to
#                   be used, the p-values are printed and not judged.
#   planted         words with planted defects, which must fail
#
# The tests are those of dieharder -a, with the same parameters. Each reads a subsequence of its own of a fixed seed, so
# that the outcome is always the same. Prints a line for each p-value, and the seconds of each test.
set -euo pipefail
pipe=$1 plant=$2 kind=$3
command -v dieharder >/dev/null || { echo "skipped: there is no dieharder (Debian's package of that name)" && exit 77; }

seed=20250101
suspect=("-d 5" "-d 6" "-d 7" "-d 14")
tests=("-d "{0..17} "-d "{100..102} "-d "{204..207} "-d 208 -n "{0,1} "-d 209" "-d 200 -n "{1..12} "-d 201 -n "{2..5}
  "-d 202 -n "{2..5} "-d 203 -n "{0..32})

# run_test <option>...: words of the standard input; lines of name, parameter and p-value.
run_test() { dieharder -g 200 "$@" -D test_name -D ntuple -D pvalues 2>&1 | sed -n 's/ *| */ /gp'; }

# words_of <kind> <subsequence>: ends when nobody reads any more, without an error.
words_of() { "$pipe" "$1" "$seed" "$2" || true; }

# The worst verdict on lines of run_test: good, weak or bad; or none, if there is no p-value.
verdict() {
  awk 'BEGIN { least = 1 }
    { p = $3 < 0.5 ? $3 : 1 - $3; if (p < least) least = p }
    END { print NR == 0 ? "none" : least < 1e-6 ? "bad" : least * NR < 0.005 ? "weak" : "good" }'
}

# report <lines> <verdict> <second at which the test began>
report() { printf '%s\n' "$1" | sed "s/^/$kind: /;s/\$/ $2/" && echo "$kind: $((SECONDS - $3)) s"; }

# must_pass <number of the test>: prints the p-values; false if they are bad, or weak twice.
must_pass() {
  local lines found started options
  read -ra options <<<"${tests[$1]}"
  for subsequence in "$1" $((1000 + $1)); do
    started=$SECONDS
    lines=$(words_of "$kind" "$subsequence" | run_test "${options[@]}")
    found=$(verdict <<<"$lines")
    [[ " ${suspect[*]} " != *" ${tests[$1]} "* ]] || found=unjudged
    report "$lines" "$found" "$started"
    case $found in
      good | unjudged) return 0 ;;
      bad | none) return 1 ;;
    esac
  done
  return 1
}

# must_fail <kind> <defect> <option>...
must_fail() {
  local found
  found=$(words_of "$1" 1 | { "$plant" "$2" || true; } | run_test "${@:3}" | verdict)
  echo "planted $*: $found"
  [ "$found" = bad ]
}

failures=0
if [ "$kind" = planted ]; then
  for defect in "words reused -d 3" "words short -d 100" "normals narrow -d 100" "seeds twice -d 102" \
    "names reused -d 3" "subsequences twice -d 202 -n 2"; do
    # shellcheck disable=SC2086 # the words of a defect
    must_fail $defect || failures=$((failures + 1))
  done
else
  for number in "${!tests[@]}"; do
    must_pass "$number" || failures=$((failures + 1))
  done
  echo "tried: $kind, ${#tests[@]} tests of dieharder, $failures failed"
fi
[ "$failures" -eq 0 ]
