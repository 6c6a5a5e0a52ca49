#!/bin/sh
# check_readme.sh SOURCE_DIR: the README's example is examples/readme.c, which is built and run, to the letter.
#
# Owns: that comparison. Run by ctest. SPDX-License-Identifier: Apache-2.0
set -eu
awk '/^```c$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' "$1/README.md" | diff - "$1/examples/readme.c"
