#!/bin/sh
# check_manual.sh SOURCE_DIR: --help and the manual page name every option, initializer, argument and exit code of the sources.
#
# Owns: that comparison. KINIT_FILL is the command. Run by ctest. SPDX-License-Identifier: Apache-2.0
set -eu
cd "$1"
failures=0

# The page without its markup.
manual=$(sed 's/\\-/-/g; s/\\fI//g; s/^\.[A-Z]* *//; s/"//g' docs/kinit-fill.1)
help=$("$KINIT_FILL" --help)

# in_both <what> <extended regular expression>...
in_both() {
  what=$1
  shift
  for word; do
    echo "$help" | grep -qE -e "(^|[^a-z_-])$word([^a-z_-]|\$)" || { echo "--help lacks the $what $word"; failures=1; }
    echo "$manual" | grep -qE -e "(^|[^a-z_-])$word([^a-z_-]|\$)" || { echo "the manual lacks the $what $word"; failures=1; }
  done
}

# words <file> <sed expression that prints one word a line>: fails if it finds none.
words() {
  found=$(sed -n "$2" "$1")
  [ -n "$found" ] || { echo "nothing found in $1" >&2; exit 1; }
  echo "$found"
}

in_both option $(words tools/main.c 's/.*{"\([a-z-]*\)", \(no\|required\)_argument.*/--\1/p')
in_both initializer $(words tools/initializers.c 's/^    {"\([a-z_]*\)", KINIT_SCHEME_.*/\1/p')
in_both argument $(sed -n '/argument_names\[ARGUMENTS\] = {/,/};/p' tools/initializers.c | grep -o '"[a-z_]*"' | tr -d '"')
in_both 'exit code' $(words tools/error.h 's/.*TOOL_[A-Z]* = \([0-9]*\).*/\1/p')
exit $failures
