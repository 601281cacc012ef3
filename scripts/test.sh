#!/usr/bin/env bash
# Runs all tests and checks, in the stages of ci/, and prints which passed and how long each took.
#
# Usage: scripts/test.sh [--java-home DIR] [STAGE...]
#
#   STAGE            runs only these: format, native, sanitize, java, portability, cuda, second-jdk, programs,
#                    pages (default: all)
#   --java-home DIR  the JDK of the stage second-jdk (default: the newest JDK found besides the one in use)
#
# On a machine without JDK 17, Maven, g++, CMake, Ninja, GoogleTest, clang-format or shellcheck it installs them with
# apt-get when run as root, and names the command otherwise. JAVA_HOME chooses the main JDK.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

wanted=()
while (($#)); do
  case $1 in
    --java-home)
      [[ -n ${2:-} ]] || die "--java-home needs a directory"
      export SECOND_JAVA_HOME=$2
      shift
      ;;
    -*) die "unknown option $1; see --help" ;;
    *)
      compgen -G "$ROOT/ci/[0-9]*-$1.sh" >/dev/null || die "no stage $1; see --help"
      wanted+=("$1")
      ;;
  esac
  shift
done
need jdk mvn g++ cmake ninja gtest clang-format shellcheck objdump

report=()
failed=0
for stage in "$ROOT"/ci/[0-9]*.sh; do
  name=$(basename "$stage" .sh)
  name=${name#*-}
  [[ ${#wanted[@]} == 0 || " ${wanted[*]} " == *" $name "* ]] || continue
  printf '\n=== %s: %s\n' "$name" "$(sed -n '2s/^# //p' "$stage")"
  start=$SECONDS
  verdict=ok
  bash "$stage" || { verdict=FAILED && failed=1; }
  report+=("$(printf '%-12s %-6s %4d s' "$name" "$verdict" $((SECONDS - start)))")
done

printf '\n=== Summary\n'
printf '%s\n' "${report[@]}"
if ((failed)); then
  echo "Not everything passed."
  exit 1
fi
echo "Everything passed in $SECONDS s."
