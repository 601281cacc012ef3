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
# for cuSPARSELt; compute-sanitizer on the kernels, if it is there; each kernel's speed as a share of a copy's on the same
# card; sparse products against cuBLAS and against bare calls of cuSPARSELt, and whether nm4j stays within 3 % of these.
# A step whose build failed is not run, and counts as failed. The exit status is 0 if no step failed: the report says
# whether those of compute-sanitizer were run.

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
rm -f "$out"/{benchmarks,kernels}.jsonl # of an earlier run, as every step writes its log anew
verdicts=()
declare -A outcome=()
# step NAME COMMAND...: runs it with its output in NAME.log. No error ends a function here, so functions return theirs.
step() {
  local name=$1 start=$SECONDS
  shift
  say "$name ..."
  outcome[$name]=ok
  "$@" >"$out/$name.log" 2>&1 || outcome[$name]=FAILED
  verdicts+=("| $name | ${outcome[$name]} | $((SECONDS - start)) s | [$name.log]($name.log) |")
}
# after STEP NAME COMMAND...: the same, if STEP passed.
after() {
  local needed=$1
  shift
  if [[ ${outcome[$needed]} == ok ]]; then
    step "$@"
  else
    outcome[$1]=FAILED
    verdicts+=("| $1 | not run: $needed did not pass | | |")
  fi
}

environment=
build() {
  "$ROOT/scripts/cuda.sh" || return
  "$ROOT/scripts/build-native.sh" --tests
}
step build build
if [[ ${outcome[build]} == ok ]]; then
  environment=$("$ROOT/scripts/cuda.sh" --env) || die "scripts/cuda.sh --env failed; see $out/build.log"
fi
eval "$environment"
export NM4J_CUSPARSELT=${NM4J_CUSPARSELT:-} CUDA_HOME=${CUDA_HOME:-}
# Dense products are tested where the toolkit, or the system's loader, has cuBLAS; the wheels have none.
cublas=$(compgen -G "$CUDA_HOME/lib*/libcublas.so.1[123]" | head -n 1 || true)
[[ -z ${NM4J_CUBLAS:-} && -n $cublas ]] && export NM4J_CUBLAS=$cublas
library=$ROOT/native/build-cuda
programs=$ROOT/native/build/test/cuda
preset=("-Dcuda.home=$CUDA_HOME" "-Dcusparselt.include=${CUSPARSELT_INCLUDE:-}"
  "-Dcusparselt.lib=$(dirname "$NM4J_CUSPARSELT")")

# The test programs are linked to the double; LD_LIBRARY_PATH leads them to the real library.
on_card() { LD_LIBRARY_PATH=$library "$@"; }
native_tests() {
  local program status=0
  for program in "$programs"/nm4j_cuda*_tests; do
    on_card "$program" || status=1
  done
  return "$status"
}
after build native-tests native_tests

# Maven builds what it needs of native anew, without tests: test programs run before, or are kept.
sanitizer=$(command -v compute-sanitizer || ls "$CUDA_HOME/bin/compute-sanitizer" 2>/dev/null || true)
for tool in memcheck racecheck initcheck; do
  if [[ -n $sanitizer ]]; then
    # Long rows show a sanitizer nothing that short ones do not.
    after build "compute-sanitizer-$tool" on_card "$sanitizer" --tool "$tool" --error-exitcode 1 \
      "$programs/nm4j_cuda_kernel_tests" '--gtest_filter=-*LongRows*:*EveryValue*'
  else
    verdicts+=("| compute-sanitizer-$tool | not found | | |")
  fi
done

after build kernels on_card "$programs/nm4j_cuda_kernel_bandwidth" --json "$out/kernels.jsonl"

after build java-tests maven -Pcuda -pl java/nm4j -am "-Dcuda.library.path=$library" -Dnm4j.test.gpu=card \
  -Dtest='Device*Test,Gpu*Test' -Dsurefire.failIfNoSpecifiedTests=false test
# The CUDA preset's runtime is of a newer release than the toolkit may be: with it come the wheels.
after build preset maven -Pcusparselt -pl java/nm4j-cusparselt "${preset[@]}" -Dnm4j.test.gpu=card \
  "-Dtest.libraries=$(dirname "$NM4J_CUSPARSELT"):$CUDA_HOME/lib:$CUDA_HOME/lib64" test

after build benchmarks-build maven -Pcuda,cuda-jar,cusparselt -pl jmh -am "-Dcuda.library.path=$library" \
  "${preset[@]}" -DskipTests -Dmaven.javadoc.skip package

jmh() {
  local jar=("$ROOT"/java/nm4j/target/nm4j-*-linux-x86_64-cuda.jar)
  LD_LIBRARY_PATH=$(dirname "$NM4J_CUSPARSELT"):$CUDA_HOME/lib:$CUDA_HOME/lib64 java --enable-native-access=ALL-UNNAMED \
    -cp "$ROOT/jmh/target/lib/*:$(main_jar "$ROOT/jmh"):${jar[0]}" org.nm4j.jmh.Main "$@"
}
after benchmarks-build benchmarks jmh --device cuda "${quick[@]}" --json "$out/benchmarks.jsonl"
after benchmarks within-3-percent jmh --bare-target "$out/benchmarks.jsonl"

# --- the report ---

{
  printf '# nm4j on a GPU\n\n'
  printf '| | |\n|---|---|\n'
  printf '| GPU, compute capability, driver, memory | %s |\n' "$gpu"
  printf '| host | %s, %s |\n' "$(uname -sr)" "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  printf '| nm4j | %s |\n' "$(git -C "$ROOT" describe --always --dirty 2>/dev/null || echo unknown)"
  printf '| cuSPARSELt | %s |\n' "$NM4J_CUSPARSELT"
  printf '| cuBLAS | %s |\n' "${NM4J_CUBLAS:-none in the toolkit: dense products are tested only if the loader finds one}"
  printf '| date | %s |\n\n' "$(date -u +%F)"
  printf '| step | verdict | time | log |\n|---|---|---|---|\n'
  printf '%s\n' "${verdicts[@]}"
  if [[ ${outcome[kernels]} == ok ]]; then
    printf '\n## Kernels\n\nRaw results: [kernels.jsonl](kernels.jsonl)\n\n'
    cat "$out/kernels.log"
  fi
  if [[ -s $out/benchmarks.jsonl ]]; then
    printf '\n## Products\n\nRaw results: [benchmarks.jsonl](benchmarks.jsonl)\n\n'
    [[ ! -s $out/within-3-percent.log ]] || cat "$out/within-3-percent.log"
    printf '\n```\n'
    cat "$out/benchmarks.log"
    printf '```\n'
  fi
} >"$out/report.md"
say "Report: $out/report.md"
[[ " ${outcome[*]} " != *' FAILED '* ]] || die "not everything passed; see $out/report.md"
