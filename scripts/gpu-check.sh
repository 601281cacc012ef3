#!/usr/bin/env bash
# Checks and measures the CUDA backend on an NVIDIA GPU and writes one report.
#
# Usage: scripts/gpu-check.sh [--quick] [--out DIR]
#
#   --quick    few benchmark cases
#   --out DIR  where report.md, the logs and the raw results go (default: gpu-check in the current folder)
#
# Needs a GPU of compute capability 8.0 or more with its driver (nvidia-smi), and what scripts/cuda.sh needs. Steps, each
# with its verdict in the report: build; the native and the Java tests of the backend on the real libraries; the preset
# for cuSPARSELt; compute-sanitizer on the kernels, if it is there; sparse products against cuBLAS, and against bare calls
# of cuSPARSELt (target: within 3 %).

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

out=$PWD/gpu-check
quick=()
while (($#)); do
  case $1 in
    --quick) quick=(--quick) ;;
    --out)
      [[ -n ${2:-} ]] || die "--out needs a directory"
      out=$(realpath -m "$2")
      shift
      ;;
    *) die "unknown option $1; see --help" ;;
  esac
  shift
done

# --- the card ---

command -v nvidia-smi >/dev/null ||
  die "no NVIDIA GPU here: there is no nvidia-smi, which comes with NVIDIA's driver. Without a card scripts/test.sh runs the same tests on a double."
gpu=$(nvidia-smi --query-gpu=name,compute_cap,driver_version,memory.total --format=csv,noheader | head -n 1) ||
  die "no NVIDIA GPU here: nvidia-smi fails."
[[ -n $gpu ]] || die "no NVIDIA GPU here: nvidia-smi lists none."
capability=$(cut -d, -f2 <<<"$gpu" | tr -d ' ')
((${capability%%.*} >= 8)) ||
  die "compute capability 8.0 or more is needed, for sparse tensor cores; this GPU is: $gpu"
need jdk mvn g++ cmake ninja gtest
[[ -x $ROOT/scripts/cuda.sh ]] || die "scripts/cuda.sh is missing: it builds libnm4j_cuda.so."

# --- steps ---

mkdir -p "$out"
rm -f "$out/benchmarks.jsonl" # of an earlier run, as every step writes its log anew
verdicts=()
failed=0
# step NAME COMMAND...: runs it with its output in NAME.log. No error ends a function here, so functions return theirs.
step() {
  local name=$1 start=$SECONDS verdict=ok
  shift
  say "$name ..."
  "$@" >"$out/$name.log" 2>&1 || { verdict=FAILED && failed=1; }
  verdicts+=("| $name | $verdict | $((SECONDS - start)) s | [$name.log]($name.log) |")
}

step build "$ROOT/scripts/cuda.sh"
environment=$("$ROOT/scripts/cuda.sh" --env) || die "scripts/cuda.sh --env failed; see $out/build.log"
eval "$environment"
export NM4J_CUSPARSELT CUDA_HOME
library=$ROOT/native/build-cuda
preset=("-Dcuda.home=$CUDA_HOME" "-Dcusparselt.include=$CUSPARSELT_INCLUDE"
  "-Dcusparselt.lib=$(dirname "$NM4J_CUSPARSELT")")

# The test programs are linked to the double; LD_LIBRARY_PATH leads them to the real library.
native_tests() {
  "$ROOT/scripts/build-native.sh" --tests || return
  local program status=0
  for program in "$ROOT"/native/build/test/cuda/nm4j_cuda*_tests; do
    LD_LIBRARY_PATH=$library "$program" || status=1
  done
  return "$status"
}
step native-tests native_tests
step java-tests maven -Pcuda -pl java/nm4j -am "-Dcuda.library.path=$library" -Dnm4j.test.gpu=card \
  -Dtest='Device*Test,Gpu*Test' -Dsurefire.failIfNoSpecifiedTests=false test
step preset maven -Pcusparselt -pl java/nm4j-cusparselt "${preset[@]}" test

sanitizer=$(command -v compute-sanitizer || ls "$CUDA_HOME/bin/compute-sanitizer" 2>/dev/null || true)
if [[ -n $sanitizer ]]; then
  step compute-sanitizer env "LD_LIBRARY_PATH=$library" "$sanitizer" --error-exitcode 1 \
    "$ROOT/native/build/test/cuda/nm4j_cuda_kernel_tests"
else
  verdicts+=("| compute-sanitizer | not found | | |")
fi

step benchmarks-build maven -Pcuda,cuda-jar,cusparselt -pl jmh -am "-Dcuda.library.path=$library" "${preset[@]}" \
  -DskipTests -Dmaven.javadoc.skip package

benchmarks() {
  local jar=("$ROOT"/java/nm4j/target/nm4j-*-linux-x86_64-cuda.jar)
  LD_LIBRARY_PATH=$(dirname "$NM4J_CUSPARSELT"):$CUDA_HOME/lib:$CUDA_HOME/lib64 java --enable-native-access=ALL-UNNAMED \
    -cp "$ROOT/jmh/target/lib/*:$(main_jar "$ROOT/jmh"):${jar[0]}" org.nm4j.jmh.Main --device cuda "${quick[@]}" \
    --json "$out/benchmarks.jsonl"
}
step benchmarks benchmarks

# --- the report ---

{
  printf '# nm4j on a GPU\n\n'
  printf '| | |\n|---|---|\n'
  printf '| GPU, compute capability, driver, memory | %s |\n' "$gpu"
  printf '| host | %s, %s |\n' "$(uname -sr)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  printf '| nm4j | %s |\n' "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  printf '| cuSPARSELt | %s |\n' "$NM4J_CUSPARSELT"
  printf '| date | %s |\n\n' "$(date -u +%F)"
  printf '| step | verdict | time | log |\n|---|---|---|---|\n'
  printf '%s\n' "${verdicts[@]}"
  printf '\n## Benchmarks\n\n'
  [[ ! -s $out/benchmarks.jsonl ]] || printf 'Raw results: [benchmarks.jsonl](benchmarks.jsonl)\n\n'
  printf '```\n'
  cat "$out/benchmarks.log"
  printf '```\n'
} >"$out/report.md"
say "Report: $out/report.md"
((failed == 0)) || die "not everything passed; see $out/report.md"
