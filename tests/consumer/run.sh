#!/usr/bin/env bash
# tests/consumer/run.sh <way>: builds and runs a user's program, in C and in C++.
#
#   install                  installs the build, then moves the tree, so that nothing may depend on its first place
#   find_package-shared      CMake package, the default      find_package-static    its component static
#   pkg_config-shared        kinit.pc                        pkg_config-static      pkg-config --static
#   missing_sleef            the error where there is no SLEEF
#   add_subdirectory         the source as a part of the user's project, kinit::kinit static, then shared
#
# ctest sets KINIT_SOURCE, KINIT_BUILD, CMAKE, GENERATOR, CC and CXX. SPDX-License-Identifier: Apache-2.0
set -euo pipefail

here=$KINIT_SOURCE/tests/consumer
work=$KINIT_BUILD/consumer
prefix=$work/prefix
way=$1

# configure_and_run <directory> <language> [option...]
configure_and_run() {
  local dir=$work/$1 language=$2
  shift 2
  "$CMAKE" -S "$here" -B "$dir" -G "$GENERATOR" -DCONSUMER_LANGUAGE="$language" "$@"
  "$CMAKE" --build "$dir" --target consumer
  "$dir/consumer"
}

# The program has to take the library that the way promises.
expect_library() {
  local program=$1 kind=$2 found=static
  readelf -d "$program" | grep -q 'NEEDED.*libkinit' && found=shared
  [ "$found" = "$kind" ] || { echo "$program links the $found library, not the $kind one"; exit 1; }
}

install_and_move() {
  rm -rf "$prefix" "$work/first"
  "$CMAKE" --install "$KINIT_BUILD" --prefix "$work/first"
  mv "$work/first" "$prefix"
  if grep -rlF "$KINIT_BUILD" "$prefix" --include='*.cmake' --include='*.pc'; then
    echo "these installed files name the build tree"
    exit 1
  fi
}

by_find_package() {
  local kind=$1 language
  for language in C CXX; do
    configure_and_run "$way-$language" "$language" -DCMAKE_PREFIX_PATH="$prefix" -DKINIT_COMPONENTS="${kind#shared}"
    expect_library "$work/$way-$language/consumer" "$kind"
  done
}

# What pkg-config gives for linking names libraries and their folders, and nothing for the compiler.
expect_no_flags() {
  local pc=$1 flags
  shift
  flags=$(PKG_CONFIG_PATH=$pc pkg-config "$@" --libs kinit)
  [[ ! " $flags" =~ " -"[^lL] ]] || { echo "kinit.pc has other flags than -L and -l: $flags"; exit 1; }
}

# The linker prefers the shared library where it finds both, so the static way has a tree without it.
by_pkg_config() {
  local kind=$1 tree=$prefix pc flags options=()
  mkdir -p "$work/$way"
  if [ "$kind" = static ]; then
    tree=$work/$way/prefix
    options=(--static)
    rm -rf "$tree"
    cp -a "$prefix" "$tree"
    find "$tree" -name 'libkinit.so*' -delete
  fi
  pc=$(dirname "$(find "$tree" -name kinit.pc)")
  expect_no_flags "$pc" "${options[@]}"
  flags=$(PKG_CONFIG_PATH=$pc pkg-config "${options[@]}" --cflags --libs kinit)
  # shellcheck disable=SC2086 # flags are words
  "$CC" -std=c11 "$here/consumer.c" -o "$work/$way/in_c" $flags -Wl,-rpath,"${pc%/pkgconfig}"
  # shellcheck disable=SC2086
  "$CXX" -std=c++17 "$here/consumer.cpp" -o "$work/$way/in_cpp" $flags -Wl,-rpath,"${pc%/pkgconfig}"
  for program in in_c in_cpp; do
    expect_library "$work/$way/$program" "$kind"
    "$work/$way/$program"
  done
}

# One build tree for both: only the link differs. The project sets no build type, and kinit is optimized all the same.
by_add_subdirectory() {
  configure_and_run "$way" CXX -DKINIT_SOURCE_DIR="$KINIT_SOURCE" -DBUILD_SHARED_LIBS=OFF -DKINIT_CUDA=OFF -DCMAKE_BUILD_TYPE= \
    -DCMAKE_EXPORT_COMPILE_COMMANDS=ON
  if grep '"command".*/src/.*\.c' "$work/$way/compile_commands.json" | grep -v -e ' -O3 '; then
    echo "these are compiled without optimization"
    exit 1
  fi
  expect_library "$work/$way/consumer" static
  configure_and_run "$way" CXX -DKINIT_SOURCE_DIR="$KINIT_SOURCE" -DBUILD_SHARED_LIBS=ON
  expect_library "$work/$way/consumer" shared
  configure_and_run "$way-C" C -DKINIT_SOURCE_DIR="$KINIT_SOURCE" -DKINIT_AVX2=OFF -DKINIT_AVX512=OFF -DKINIT_THREADS=OFF
}

# The message names the package, the option that takes a source tree, and the one that fetches it.
missing_sleef() {
  local log=$work/$way.log part
  mkdir -p "$work"
  rm -rf "${work:?}/$way"
  if "$CMAKE" -S "$KINIT_SOURCE" -B "$work/$way" -G "$GENERATOR" -DCMAKE_DISABLE_FIND_PACKAGE_SLEEF=ON >"$log" 2>&1; then
    echo "kinit is configured without SLEEF"
    exit 1
  fi
  for part in libsleef-dev sleef-devel FETCHCONTENT_SOURCE_DIR_SLEEF= KINIT_FETCH_SLEEF=ON; do
    grep -q -e "$part" "$log" || { cat "$log"; echo "the message does not name $part"; exit 1; }
  done
}

case $way in
  install) install_and_move ;;
  find_package-*) by_find_package "${way#*-}" ;;
  pkg_config-*) by_pkg_config "${way#*-}" ;;
  missing_sleef) missing_sleef ;;
  add_subdirectory) by_add_subdirectory ;;
  *) echo "no such way: $way"; exit 2 ;;
esac
