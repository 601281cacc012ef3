#!/usr/bin/env bash
# Runs a compiler and keeps what it prints in a file; prints it too where the compiler fails.
#
# Usage: nvcc.sh LOG COMMAND...

set -euo pipefail
log=$1
shift
if ! "$@" >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
