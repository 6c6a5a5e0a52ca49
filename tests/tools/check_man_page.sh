#!/bin/sh
# check_man_page.sh SOURCE_DIR: the formatter of manual pages has nothing to say about ours.
#
# Owns: that check. Run by ctest. Needs mandoc or man with groff. SPDX-License-Identifier: Apache-2.0
set -eu
page=$1/docs/kinit-fill.1
if command -v mandoc >/dev/null; then
  warnings=$(mandoc -Tlint -Wwarning "$page" || true)
elif command -v man >/dev/null && command -v groff >/dev/null; then
  warnings=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null || true)
else
  echo "skipped: neither mandoc nor man and groff on this machine"
  exit 77
fi
[ -z "$warnings" ] || { echo "$warnings"; exit 1; }
