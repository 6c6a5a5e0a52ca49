#!/bin/sh
# Who may include whom below src/ (the table in CONTRIBUTING.md), and who may know the system.
#
# Owns: the list of what each file may include. A file that no rule knows is an error, so a new one has to be placed.
# usage: check_layering.sh <source directory of the project>          SPDX-License-Identifier: Apache-2.0
set -eu
cd "$1/src"
failures=0

fail() {
  echo "check_layering: $*" >&2
  failures=$((failures + 1))
}

# The files in which this extended regular expression is found.
containing() { grep -rlE "$1" . | sed 's|^\./||'; }

# The project's own headers that a file may include, separated by spaces.
allowed() {
  case $1 in
    kernel.h) ;;
    distribution.h) echo "kinit/kinit.h" ;;
    status.c | enums.c) echo "kinit/kinit.h" ;;
    api.c) echo "check.h scheme.h fill.h layout.h kinit/kinit.h" ;;
    initialize.[ch]) echo "initialize.h check.h scheme.h fill.h identity.h kinit/kinit.h" ;;
    check.[ch]) echo "check.h distribution.h narrow.h kinit/kinit.h" ;;
    narrow.[ch]) echo "narrow.h kinit/kinit.h" ;;
    scheme.[ch]) echo "scheme.h distribution.h kinit/kinit.h" ;;
    identity.[ch]) echo "identity.h fill.h layout.h kinit/kinit.h" ;;
    plan.[ch]) echo "plan.h plan_truncated.h narrow.h distribution.h check.h dispatch.h kernel.h kinit/kinit.h" ;;
    plan_truncated.[ch]) echo "plan_truncated.h kernel.h" ;;
    layout.[ch]) echo "layout.h kernel.h kinit/kinit.h" ;;
    fill.[ch]) echo "fill.h distribution.h check.h plan.h layout.h cpu.h memory.h parallel.h kinit/kinit.h" ;;
    parallel.[ch]) echo "parallel.h cpu.h environment.h kinit/kinit.h" ;;
    environment.[ch]) echo "environment.h" ;;
    memory.[ch]) echo "memory.h environment.h kinit/kinit.h" ;;
    cpu.[ch]) echo "cpu.h" ;;
    dispatch.[ch]) echo "dispatch.h kernel.h cpu.h environment.h kinit/kinit.h" ;;
    cuda/launch.[ch])
      echo "launch.h ../check.h ../distribution.h ../kernel.h ../kernel/list.h ../layout.h ../plan.h kinit/kinit.h" ;;
    cuda/driver.[ch]) echo "driver.h launch.h ../fill.h ../initialize.h kinit/cuda.h" ;;
    cuda/image.c) echo "driver.h" ;;
    cuda/kernels.cu) echo "simd_cuda.h launch.h ../kernel/philox.h ../kernel/transform.h" ;;
    kernel/*.h) echo "../kernel.h $(cd kernel && echo *.h)" ;;
    */simd_*.h) echo "../kernel/simd.h" ;;
    */kernels_*.c) echo "simd_$(dirname "$1").h ../kernel/table.h" ;;
    *) return 1 ;;
  esac
}

# only <header> <files, separated by spaces>: nobody else includes this header of the system.
only() {
  header=$1
  for file in $(containing "^ *# *include *<$header>"); do
    case " $2 " in
      *" $file "*) ;;
      *) fail "$file includes <$header>; only $2 may" ;;
    esac
  done
}

files=$(find . -name '*.[ch]' -o -name '*.cu' | sed 's|^\./||' | sort)
for file in $files; do
  if ! list=$(allowed "$file"); then
    fail "$file: no rule of tests/check_layering.sh knows it"
    continue
  fi
  for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
    case " $list " in
      *" $header "*) ;;
      *) fail "$file includes \"$header\"; it may include only: $list" ;;
    esac
  done
done

primitives=$(ls */simd_*.h | tr '\n' ' ')
only '(imm|x86|[a-z]mm)intrin\.h' "cpu.c $primitives"
only 'arm_neon\.h' "$primitives"
only 'sleef\.h' "$primitives"
only 'cpuid\.h' cpu.c
only 'dlfcn\.h' 'dispatch.c cuda/driver.c'
only 'sys/auxv\.h' cpu.c
only 'sched\.h' 'cpu.c parallel.c'
only 'stdio\.h' cpu.c
only 'pthread\.h' 'parallel.c cuda/driver.c'
only 'signal\.h' parallel.c
only 'stdatomic\.h' "dispatch.c parallel.c fill.c cpu.c memory.c"

# Words that belong to one file even without a header.
word='(^|[^A-Za-z0-9_])'
for file in $(containing "pragma omp|${word}omp_[a-z]"); do
  fail "$file uses OpenMP, whose threads stay behind in the process"
done
for file in $(containing "${word}(secure_)?getenv *\("); do
  [ "$file" = environment.c ] || fail "$file reads the environment; only environment.c may"
done
for file in $(containing "${word}(__m(128|256|512)[id]?|_mm[0-9]*_[a-z]|(float|uint|int)(64|32|16|8)x[0-9]+_t)"); do
  case " cpu.c $primitives " in
    *" $file "*) ;;
    *) fail "$file uses an instruction set's types or intrinsics" ;;
  esac
done
for file in $(containing "${word}(clock|time|gettimeofday|clock_gettime|s?rand|random|getrandom) *\("); do
  fail "$file reads a clock or global randomness"
done

# Above the public header: the command sees it and its own headers, and no source of the library knows the command.
cd ..
tools=$(ls tools/*.[ch])
for file in $tools; do
  for header in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
    [ -e "tools/$header" ] && [ "$header" = "${header##*/}" ] ||
      fail "$file includes \"$header\"; it may include <kinit/kinit.h> and headers of tools/"
  done
done
for file in $(grep -l '^ *# *include *<mpi\.h>' $tools); do
  [ "$file" = tools/ranks_mpi.c ] || fail "$file includes <mpi.h>; only tools/ranks_mpi.c may"
done
for file in $(grep -lE '^ *# *include *["<].*(jansson|openssl|mpi)[./]' src/* src/*/* include/kinit/* 2>/dev/null); do
  fail "$file includes what belongs to tools/"
done

[ $failures -eq 0 ] || exit 1
echo "tried: who includes whom and knows what, $(echo "$files" "$tools" | wc -w) files"
