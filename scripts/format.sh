#!/usr/bin/env bash
# Formats the C++ sources with clang-format and the Java sources with google-java-format.
#
# Usage: scripts/format.sh [--check]
#
#   --check  changes nothing; prints what differs and fails if anything does
#
# Needs clang-format 14, a JDK 17 or newer and Maven, and installs them with apt-get when run as root. The version of
# google-java-format is fixed in pom.xml.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

case ${1:-} in
  '') cpp_mode=(-i) java_goal=spotless:apply ;;
  --check) cpp_mode=(--dry-run -Werror) java_goal=spotless:check ;;
  *) die "unknown option $1; see --help" ;;
esac
need clang-format jdk mvn

failed=0
find "$ROOT/native" -path "$ROOT/native/build*" -prune -o \( -name '*.h' -o -name '*.c' -o -name '*.cpp' -o -name '*.cu' \) -print0 |
  xargs -0 -r "$(clang_format)" "${cpp_mode[@]}" || failed=1
maven --quiet --fail-at-end -Pcusparselt "$java_goal" || failed=1
((failed == 0)) || die "run scripts/format.sh and look at the difference"
