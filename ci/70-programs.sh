#!/usr/bin/env bash
# Runs the demonstration and one benchmark with its tables and plots from end to end, with short measurements.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # the scripts run from anywhere

"$ROOT/scripts/nm4j.sh" info
"$ROOT/scripts/run.sh" --batch 1,32 --seconds 0.2 --epochs 1 --limit 3000
# It is not the numbers that count here: another benchmark may run on this machine.
JDK_JAVA_OPTIONS=-Djmh.ignoreLock=true "$ROOT/scripts/bench.sh" --quick --filter '2:4/batch-major/.*/n32$' --json results.json
[[ -s results.json ]] || die "bench.sh left no results"
"$ROOT/scripts/bench.sh" --tables --plot plots results.json
[[ -n $(compgen -G 'plots/*.svg') ]] || die "bench.sh drew no plot"
