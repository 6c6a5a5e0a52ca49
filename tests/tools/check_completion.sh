#!/usr/bin/env bash
# tests/tools/check_completion.sh <source directory>: bash and zsh complete every option that the command has, and files.
#
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$1"
failures=0
options=$(sed -n 's/.*{"\([a-z-]*\)", \(no\|required\)_argument.*/--\1/p' tools/main.c)
[ -n "$options" ] || { echo "no options found in tools/main.c"; exit 1; }
source tools/completion/kinit-fill.bash

# complete_with <word>...: what bash offers for the last one.
complete_with() {
  COMP_WORDS=(kinit-fill "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _kinit_fill
  echo "${COMPREPLY[*]}"
}

for option in $options; do
  [[ " $(complete_with "$option") " == *" $option "* ]] || { echo "bash does not complete $option"; failures=1; }
  grep -qE -- "[^a-z-]$option[[,}]" tools/completion/_kinit-fill || { echo "zsh does not complete $option"; failures=1; }
done
for word in $(complete_with --); do
  grep -qxF -- "$word" <<<"$options" || { echo "bash completes $word, which is no option"; failures=1; }
done
[ "$(complete_with --like READ)" = README.md ] || { echo "bash completes no file"; failures=1; }
[ -z "$(complete_with --seed "")" ] || { echo "bash completes a seed"; failures=1; }
if command -v zsh >/dev/null; then zsh -n tools/completion/_kinit-fill || failures=1; fi
exit $failures
