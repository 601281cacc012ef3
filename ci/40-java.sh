#!/usr/bin/env bash
# Builds the Java modules and the API documentation with warnings as errors and runs their tests.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
need jdk mvn

echo "JDK: $JAVA_HOME"
maven --no-transfer-progress --fail-at-end "$@" verify
