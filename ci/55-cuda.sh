#!/usr/bin/env bash
# Builds libnm4j_cuda.so with NVIDIA's compiler and checks it against NVIDIA's cuSPARSELt; no GPU is needed.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

"$ROOT/scripts/cuda.sh"
