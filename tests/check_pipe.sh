#!/bin/sh
# check_pipe.sh <program pipe> [emulator...]: the words that the example writes are those of the stream, and uniform.
#
# Owns: what is expected. SPDX-License-Identifier: Apache-2.0
set -eu
pipe=$1
shift
failures=0

# words_of <kind> [seed [subsequence]]: ends when nobody reads any more, without an error.
words_of() { "$@" || true; }

# expect <words> <argument of pipe>...
expect() {
  wanted=$1
  shift
  found=$(words_of $run "$@" | head -c 16 | od -An -v -tx4 | tr -d '\n')
  [ "$found" = " $wanted" ] && return
  echo "pipe $* writes$found, not $wanted" >&2
  failures=$((failures + 1))
}

# The share of 131,072 numbers of 16 bits in each sixteenth of their range: chi-square with 15 degrees of freedom exceeds
# 60 in one stream of four million.
expect_uniform() {
  words_of $run "$1" 1 | head -c 262144 | od -An -v -tu2 -w2 | awk '{ cells[int($1 / 4096)]++ }
    END { for (i = 0; i < 16; i++) sum += (cells[i] - 8192) ^ 2 / 8192; exit sum > 60 }' && return
  echo "pipe $1 is not uniform" >&2
  failures=$((failures + 1))
}

run="$* $pipe"
# Philox4x32-10 of the key 0 and the counter 0 is a known answer; the other words are those of scripts/reference.py. The
# distribution function gives back the word that a truncated normal was drawn from; of normals it was computed by erfc.
expect "6627e8d5 e169c58d bc57ac4c 9b00dbd8" words
expect "2fa4f36a 51582eab 9bd85016 328c67e4" words 5 3
expect "27e869c5 57ac00db e4ccb200 a5747eff" uniforms
expect "3f46af0b bd6264d8 266522e5 2ba7584b" uniforms64
expect "d6d52d75 44b6509b 705e925e cc169408" normals
expect "6627e169 bc579b00 f8e45cb2 b1a5097e" truncated
expect "6627e8d5 bc57ac4c f8e4cca4 b1a574eb" truncated64
expect "6627e8d5 e3e80670 6cea1ec5 d1104d77" seeds
expect "cf473219 98a2396a 8d29cc8d 6abb02f2" subsequences 0 1
expect "2411edfb efdf82c7 99de6edf b399c657" names 7

kinds="words uniforms uniforms64 normals truncated truncated64 seeds subsequences names"
lacks=$({ words_of $run normals64 | head -c 16 >/dev/null; } 2>&1 | grep -e '^pipe:' -e '^the decoy' || true)
if [ -n "$lacks" ]; then
  echo "skipped: normals64: $lacks"
else
  expect "739eb45b 16a81dcf 77a5c801 69710816" normals64
  kinds="$kinds normals64"
fi
for kind in $kinds; do
  expect_uniform $kind
done
for arguments in "" "nonsense" "words x" "words 1 2 3"; do
  # shellcheck disable=SC2086
  $run $arguments >/dev/null 2>&1 && echo "pipe $arguments is accepted" >&2 && failures=$((failures + 1))
done

[ $failures -eq 0 ]
