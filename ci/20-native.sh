#!/usr/bin/env bash
# Builds the native library with warnings as errors and runs its tests, once per instruction set.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

"$ROOT/scripts/build-native.sh" --tests
ctest --test-dir "$ROOT/native/build" --parallel "$(nproc)" --output-on-failure
