#!/usr/bin/env bash
# Runs the native tests under AddressSanitizer and UndefinedBehaviorSanitizer.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

"$ROOT/scripts/build-native.sh" --sanitize --tests
export ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1
ctest --test-dir "$ROOT/native/build-sanitize" --parallel "$(nproc)" --output-on-failure
