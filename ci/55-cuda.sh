#!/usr/bin/env bash
# Builds libnm4j_cuda.so with NVIDIA's compiler, its jar and the cuSPARSELt preset, and checks them without a GPU.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"

"$ROOT/scripts/cuda.sh"
environment=$("$ROOT/scripts/cuda.sh" --env)
eval "$environment"
maven --quiet -Pcusparselt -pl java/nm4j-cusparselt "-Dcuda.home=$CUDA_HOME" \
  "-Dcusparselt.include=$CUSPARSELT_INCLUDE" "-Dcusparselt.lib=$(dirname "$NM4J_CUSPARSELT")" test
# Simulated: the preset, made from NVIDIA's header, calls the double of its library.
"$ROOT/scripts/build-native.sh" --tests
double=$ROOT/native/build/test/double
maven --quiet -Pcusparselt -pl java/nm4j-cusparselt "-Dcuda.home=$CUDA_HOME" \
  "-Dcusparselt.include=$CUSPARSELT_INCLUDE" "-Dcusparselt.lib=$(dirname "$NM4J_CUSPARSELT")" \
  "-Dtest.libraries=$double/cusparselt-0.10.0:$double/cudart" "-Dtest.cache=$ROOT/java/nm4j-cusparselt/target/double-cache" \
  -Dnm4j.test.gpu=double -Dtest=MatmulSampleTest test
maven --quiet -Pcuda,cuda-jar -pl java/nm4j -am -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false \
  -Dit.test=PackagedCudaJarIT -Dmaven.javadoc.skip verify
