#!/usr/bin/env bash
# Checks the formatting of the C++ and Java sources and lints the shell scripts.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
need shellcheck

"$ROOT/scripts/format.sh" --check
shellcheck "$ROOT"/scripts/*.sh "$ROOT"/ci/*.sh "$ROOT/.ci/run"
