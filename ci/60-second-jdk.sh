#!/usr/bin/env bash
# Builds and tests the Java modules once more with another JDK, if there is one.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
need jdk

if [[ -z ${SECOND_JAVA_HOME:-} ]]; then
  first=$(jdk_version "$JAVA_HOME")
  newest=0
  for home in /usr/lib/jvm/*; do
    version=$(jdk_version "$home") || continue
    if ((version >= OLDEST_JDK && version != first && version > newest)); then
      newest=$version
      SECOND_JAVA_HOME=$home
    fi
  done
fi
if [[ -z ${SECOND_JAVA_HOME:-} ]]; then
  echo "Skipped: JDK $first is the only one here; name another with scripts/test.sh --java-home DIR."
  exit
fi
JAVA_HOME=$SECOND_JAVA_HOME exec bash "$ROOT/ci/40-java.sh" clean
