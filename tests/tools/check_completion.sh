#!/usr/bin/env bash
# tests/tools/check_completion.sh <source directory> bash|zsh: the shell completes every option that the command has, and
# bash files, too.
#
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail
cd "$1"
failures=0
options=$(sed -n 's/.*{"\([a-z-]*\)", \(no\|required\)_argument.*/--\1/p' tools/main.c)
[ -n "$options" ] || { echo "no options found in tools/main.c"; exit 1; }

# complete_with <word>...: what bash offers for the last one.
complete_with() {
  COMP_WORDS=(kinit-fill "$@")
  COMP_CWORD=$#
  COMPREPLY=()
  _kinit_fill
  echo "${COMPREPLY[*]}"
}

check_bash() {
  local option word
  source tools/completion/kinit-fill.bash
  for option in $options; do
    [[ " $(complete_with "$option") " == *" $option "* ]] || { echo "bash does not complete $option"; failures=1; }
  done
  for word in $(complete_with --); do
    grep -qxF -- "$word" <<<"$options" || { echo "bash completes $word, which is no option"; failures=1; }
  done
  [ "$(complete_with --like READ)" = README.md ] || { echo "bash completes no file"; failures=1; }
  [ -z "$(complete_with --seed "")" ] || { echo "bash completes a seed"; failures=1; }
  [ "$(complete_with --format "")" = "safetensors dcp" ] || { echo "bash completes no format"; failures=1; }
}

# What zsh lists on a terminal of its own when it is asked for options.
ask_zsh() {
  timeout 60 zsh -f <<'EOF_ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; LISTMAX=1000; fpath=($PWD/tools/completion \$fpath); autoload -Uz compinit && compinit -u -D; echo rea''dy"
zpty -r -m shell listed '*ready*'
zpty -n -w shell $'kinit-fill --\t'
zpty -r -m shell listed '*print versions*'
print -r -- "$listed"
zpty -d shell
EOF_ZSH
}

check_zsh() {
  local option listed
  command -v zsh >/dev/null || { echo "skipped: zsh"; exit 77; }
  listed=$(ask_zsh)
  for option in $options; do
    grep -qE -- "(^|[^a-z-])$option +-- [a-z]" <<<"$listed" || { echo "zsh does not complete $option"; failures=1; }
  done
}

"check_$2"
exit $failures
