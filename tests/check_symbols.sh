#!/bin/sh
# The symbols of the libraries: the shared one exports what the headers declare, globals of the static one begin with
# kinit_, a backend has one, its table, SLEEF gives sincospi alone, and nobody interposes.
#
# Owns: these rules. NM names the tool of another target. For builds without sanitizers and coverage, which add symbols.
# usage: check_symbols.sh <source directory> <static library> <shared library>    SPDX-License-Identifier: Apache-2.0
set -eu
headers=$1/include/kinit
static=$2
shared=$3
nm=${NM:-nm}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

fail() {
  echo "check_symbols: $*" >&2
  failures=$((failures + 1))
}

# What the headers declare, and what the shared library exports.
sed -n 's/^KINIT_API .*[ *]\(kinit_[a-z0-9_]*\)(.*/\1/p' "$headers"/*.h | sort >"$work/declared"
"$nm" -D --defined-only "$shared" | awk 'NF >= 3 { print $3 }' | sed 's/@.*//' | sort >"$work/exported"
[ -s "$work/declared" ] || fail "no declaration found in $headers"
if ! diff "$work/declared" "$work/exported" >"$work/difference"; then
  fail "declared (<) and exported (>) functions differ:"
  cat "$work/difference" >&2
fi
[ "$(cat "$headers"/*.h | grep -c '^KINIT_API ')" -eq "$(wc -l <"$work/declared")" ] || fail "a declaration was not understood"

# What the shared library calls of its own is bound to its own: no relocation names one of its functions.
"${READELF:-readelf}" -r --wide "$shared" | awk '$5 ~ /^kinit_/ { print $5 }' | sort -u >"$work/interposed"
[ ! -s "$work/interposed" ] || fail "another library could replace $(tr '\n' ' ' <"$work/interposed")"

# All globals of the static library.
"$nm" -g --defined-only "$static" | awk 'NF == 3 { print $3 }' >"$work/globals"
if grep -v '^kinit_' "$work/globals" >"$work/foreign"; then
  fail "globals without the prefix kinit_: $(tr '\n' ' ' <"$work/foreign")"
fi

# One line for each backend's object: number of globals, their names; then what it needs of the rest of kinit.
"$nm" -g "$static" | awk '
  /^kernels_[a-z0-9_]*\.c\.o:$/ { backend = $1; backends++; next }
  /:$/ { backend = "" }
  backend != "" && NF == 3 { count[backends]++; names[backends] = names[backends] " " $3; member[backends] = backend }
  backend != "" && $1 == "U" && $2 ~ /^kinit_/ { print "uses", backend, $2 }
  END { for (i = 1; i <= backends; i++) print count[i] + 0, member[i] names[i] }' >"$work/backends"
[ -s "$work/backends" ] || fail "no backend found in $static"
while read -r count rest; do
  case "$count $rest" in
    "1 "*" kinit_backend_"*) ;;
    "uses "*) fail "a backend reaches above the kernel interface: $rest" ;;
    *) fail "a backend must export one table, kinit_backend_...: $count global symbols: $rest" ;;
  esac
done <"$work/backends"

# Of SLEEF only what has the same bits in all its versions.
"$nm" -g "$static" | awk '$1 == "U" && $2 ~ /^Sleef_/ { print $2 }' | sort -u >"$work/sleef"
[ -s "$work/sleef" ] || fail "no function of SLEEF is used"
if grep -vE '^Sleef_finz_sincospid[1248]_u35[a-z0-9]+$' "$work/sleef" >"$work/foreign"; then
  fail "the stream needs sincospi's finz family alone, not $(tr '\n' ' ' <"$work/foreign")"
fi

[ $failures -eq 0 ] || exit 1
echo "tried: symbols, $(wc -l <"$work/declared") functions exported, $(wc -l <"$work/globals") globals," \
  "$(wc -l <"$work/backends") backends"
