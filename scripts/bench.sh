#!/usr/bin/env bash
# Measures nm4j against dense OpenBLAS and oneDNN on the same buffers and prints the ratios; makes tables and plots of
# what was measured.
#
# Usage: scripts/bench.sh [--quick] [--threads N] [--filter REGEX] [--json FILE] [--device cpu|cuda]
#        scripts/bench.sh [--tables] [--plot DIR] FILE...
#
#   --quick         few cases, short measurements: a minute instead of half an hour
#   --threads N     threads of nm4j and of the dense library (default 1)
#   --filter REGEX  only the cases whose name matches
#   --json FILE     also writes one JSON object per result and line
#   --device        cpu (default), or cuda when there is a usable GPU
#   --tables        measures nothing: prints Markdown tables of the results in FILE...
#   --plot DIR      measures nothing: draws the results in FILE... as SVG files in DIR
#
# On a machine without JDK 17, Maven, g++, CMake or Ninja it installs them with apt-get when run as root, and names the
# command otherwise. JAVA_HOME chooses the JDK.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

threads=1
previous=''
for argument in "$@"; do
  if [[ $previous == --threads ]]; then threads=$argument; fi
  if [[ $argument == --threads=* ]]; then threads=${argument#*=}; fi
  previous=$argument
done
# The dense libraries read their thread count from OMP_NUM_THREADS, OpenBLAS only if nothing of its own is set.
unset OPENBLAS_NUM_THREADS GOTO_NUM_THREADS
export OMP_NUM_THREADS=$threads
launch jmh org.nm4j.jmh.Main "$@"
