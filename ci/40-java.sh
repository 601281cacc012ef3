#!/usr/bin/env bash
# Builds the Java modules and the API documentation with warnings as errors and runs their tests, GPU tests on the double.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
need jdk mvn

echo "JDK: $JAVA_HOME"
# Simulated: the double of CUDA, cuSPARSELt and cuBLAS computes on the CPU. On a card the same tests run by scripts/gpu-check.sh.
"$ROOT/scripts/build-native.sh" --tests
double=$ROOT/native/build/test/double
export NM4J_CUSPARSELT=$double/cusparselt-0.10.0/libcusparseLt.so.0 NM4J_CUBLAS=$double/cublas/libcublas.so.13
maven --no-transfer-progress --fail-at-end -Pcuda "-Dcuda.library.path=$double" -Dnm4j.test.gpu=double "$@" verify
