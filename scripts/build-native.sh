#!/usr/bin/env bash
# Builds the native library into native/build, for Maven and by hand; quick when nothing has changed.
#
# Usage: scripts/build-native.sh [--debug | --sanitize] [--tests]
#
#   (no option)  native/build           Release
#   --debug      native/build-debug     Debug
#   --sanitize   native/build-sanitize  Debug with AddressSanitizer and UndefinedBehaviorSanitizer
#   --tests      builds the GoogleTest suite too; run it with: ctest --test-dir native/build
#
# Leaves libnm4j.a and libnm4j.so in the build folder. Needs g++, CMake and Ninja (--tests: GoogleTest) and installs
# them with apt-get when run as root.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

build=$ROOT/native/build
options=(-DCMAKE_BUILD_TYPE=Release)
tests=OFF
targets=(nm4j nm4j_static)
tools=(g++ cmake ninja)
for argument in "$@"; do
  case $argument in
    --debug)
      build=$ROOT/native/build-debug
      options=(-DCMAKE_BUILD_TYPE=Debug)
      ;;
    --sanitize)
      build=$ROOT/native/build-sanitize
      # Instrumented, GCC sees uninitialized values in its own headers; the other builds look for real ones.
      flags='-O1 -g1 -Wno-uninitialized -Wno-maybe-uninitialized'
      options=(-DCMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=$flags" -DNM4J_SANITIZE=ON)
      ;;
    --tests)
      tests=ON
      targets=(all)
      tools+=(gtest)
      ;;
    *) die "unknown option $argument; see --help" ;;
  esac
done
need "${tools[@]}"

# One build at a time: Maven and a developer may both be here.
mkdir -p "$build"
exec 9>"$build/.lock"
flock 9

# A build folder that was copied along with the tree still points to the other place.
if [[ -e $build/CMakeCache.txt ]] && ! grep -qFx "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT/native" "$build/CMakeCache.txt"; then
  rm -rf "$build/CMakeCache.txt" "$build/CMakeFiles"
fi
if ! cmake -S "$ROOT/native" -B "$build" -G Ninja "${options[@]}" -DNM4J_BUILD_TESTS=$tests >"$build/configure.log" 2>&1; then
  cat "$build/configure.log" >&2
  die "CMake failed"
fi
cmake --build "$build" --parallel "$(nproc)" --target "${targets[@]}"
