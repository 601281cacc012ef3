#!/usr/bin/env bash
# Builds libnm4j_cuda.so with NVIDIA's compiler, its jar and the cuSPARSELt preset, and checks them without a GPU.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

"$ROOT/scripts/cuda.sh"
environment=$("$ROOT/scripts/cuda.sh" --env)
eval "$environment"
maven --quiet -Pcusparselt -pl java/nm4j-cusparselt "-Dcuda.home=$CUDA_HOME" \
  "-Dcusparselt.include=$CUSPARSELT_INCLUDE" "-Dcusparselt.lib=$(dirname "$NM4J_CUSPARSELT")" test
maven --quiet -Pcuda,cuda-jar -pl java/nm4j -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test=PackagedCudaJarIT -Dmaven.javadoc.skip verify
