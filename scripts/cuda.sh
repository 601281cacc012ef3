#!/usr/bin/env bash
# Builds libnm4j_cuda.so into native/build-cuda and checks it as far as that goes without a GPU.
#
# Usage: scripts/cuda.sh [--env]
#
#   (no option)  builds for compute capability 8.0, 8.6, 8.9, 9.0 and what else nvcc knows, warnings as errors; writes
#                registers, shared memory and spills of each kernel to native/build-cuda/kernels.txt (a spill fails);
#                compares nm4j's declarations of cuSPARSELt with NVIDIA's header; loads library and cuSPARSELt and
#                checks that what is missing, the driver for example, is the reason given
#   --env        only finds or fetches what is needed, and prints CUDA_HOME, CUSPARSELT_INCLUDE and NM4J_CUSPARSELT as
#                assignments for a shell
#
# The CUDA toolkit (12.4 or newer) is looked for in CUDA_HOME, /usr/local/cuda and beside the nvcc in PATH; cuSPARSELt
# (0.8 or newer) in CUSPARSELT_HOME, in the toolkit and where NVIDIA's packages put it. What is not there is fetched as
# NVIDIA's Python wheels, whose versions and hashes scripts/cuda-wheels.txt fixes, into NM4J_CUDA_CACHE (default:
# ~/.cache/nm4j): about 400 MB, 650 MB unpacked. That needs python3 with pip; building needs g++, CMake and Ninja.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

WHEELS=$ROOT/scripts/cuda-wheels.txt
BUILD=$ROOT/native/build-cuda

# --- what is needed --------------------------------------------------------------------------------------------------

# fetch NAME PATTERN: installs the wheels whose names match into a folder of the cache, once; prints the folder.
fetch() {
  local name=$1 pattern=$2 cache folder
  cache=${NM4J_CUDA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/nm4j}
  folder=$cache/$name-$(grep -E "$pattern" "$WHEELS" | sha256sum | cut -c1-16)
  if [[ ! -d $folder ]]; then
    python3 -m pip --version >/dev/null 2>&1 ||
      die "no $name was found, and without pip none can be fetched. Install python3-pip, or set CUDA_HOME and CUSPARSELT_HOME."
    say "Fetching $name into $folder (once)"
    mkdir -p "$cache"
    local partial
    partial=$(mktemp -d "$cache/$name.XXXXXX")
    grep -E "$pattern" "$WHEELS" >"$partial/wheels.txt"
    python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --root-user-action ignore --no-deps \
      --no-compile --no-cache-dir --only-binary :all: --require-hashes --target "$partial/site" -r "$partial/wheels.txt" ||
      die "pip could not fetch the wheels of $WHEELS (no network?). Install $name, or set CUDA_HOME and CUSPARSELT_HOME."
    mv -T "$partial" "$folder" 2>/dev/null || rm -rf "$partial" # somebody else was faster
  fi
  echo "$folder/site/nvidia/cu13"
}

find_toolkit() {
  local home
  if [[ -n ${CUDA_HOME:-} ]]; then
    [[ -x $CUDA_HOME/bin/nvcc ]] || die "CUDA_HOME=$CUDA_HOME holds no bin/nvcc. Set it to a CUDA toolkit, or unset it."
    return
  fi
  home=$(readlink -f "$(command -v nvcc)" || true)
  for home in /usr/local/cuda "${home%/bin/nvcc}"; do
    if [[ -x $home/bin/nvcc ]]; then
      CUDA_HOME=$home
      return
    fi
  done
  CUDA_HOME=$(fetch cuda-toolkit '^nvidia-(cuda-|nvvm|cusparse==)')
}

find_cusparselt() {
  local include library pairs=(
    "${CUSPARSELT_HOME:-}/include" "${CUSPARSELT_HOME:-}/lib" "${CUSPARSELT_HOME:-}/include" "${CUSPARSELT_HOME:-}/lib64"
    "$CUDA_HOME/include" "$CUDA_HOME/lib64" "$CUDA_HOME/include" "$CUDA_HOME/lib"
    /usr/include/libcusparseLt/13 /usr/lib/x86_64-linux-gnu/libcusparseLt/13
    /usr/include/libcusparseLt/12 /usr/lib/x86_64-linux-gnu/libcusparseLt/12
    /usr/include /usr/lib/x86_64-linux-gnu)
  set -- "${pairs[@]}"
  while (($#)); do
    include=$1 library=$2/libcusparseLt.so.0
    shift 2
    if [[ -e $include/cusparseLt.h && -e $library ]]; then
      CUSPARSELT_INCLUDE=$include NM4J_CUSPARSELT=$library
      return
    fi
  done
  [[ -z ${CUSPARSELT_HOME:-} ]] || die "CUSPARSELT_HOME=$CUSPARSELT_HOME holds no include/cusparseLt.h with lib/libcusparseLt.so.0."
  include=$(fetch cusparselt '^nvidia-cusparselt')
  CUSPARSELT_INCLUDE=$include/include NM4J_CUSPARSELT=$include/lib/libcusparseLt.so.0
}

find_toolkit
find_cusparselt
case ${1:-} in
  '') ;;
  --env)
    printf '%s=%q\n' CUDA_HOME "$CUDA_HOME" CUSPARSELT_INCLUDE "$CUSPARSELT_INCLUDE" NM4J_CUSPARSELT "$NM4J_CUSPARSELT"
    exit
    ;;
  *) die "unknown option $1; see --help" ;;
esac
need g++ cmake ninja

# --- the build -------------------------------------------------------------------------------------------------------

# The required ones, and the first of each newer generation: its code runs on the rest of the generation.
architectures='80;86;89;90'
known=$("$CUDA_HOME/bin/nvcc" --list-gpu-code)
for newer in 100 110 120; do
  if grep -qx "sm_$newer" <<<"$known"; then architectures+=";$newer"; fi
done
say "Building with $("$CUDA_HOME/bin/nvcc" --version | sed -n 's/.*release \([0-9.]*\).*/CUDA \1/p') from $CUDA_HOME for ${architectures//;/, }"
mkdir -p "$BUILD"
exec 9>"$BUILD/.lock"
flock 9
cmake -S "$ROOT/native/src/cuda" -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DNM4J_CUDA_HOME=$CUDA_HOME" \
  "-DNM4J_CUDA_ARCHITECTURES=$architectures" >"$BUILD/configure.log" 2>&1 ||
  { cat "$BUILD/configure.log" >&2 && die "CMake failed"; }
cmake --build "$BUILD" --parallel "$(nproc)"

# --- registers, shared memory, spills --------------------------------------------------------------------------------

cat "$BUILD"/*.ptxas | c++filt | awk '
  /Compiling entry function/ {
    kernel = $0
    sub(/.*run<nm::cuda::/, "", kernel); sub(/ *>\(.*/, "", kernel); gsub(/nm::cuda::|nm::/, "", kernel)
    architecture = $0
    sub(/.* for ./, "", architecture); sub(/.$/, "", architecture)
  }
  /bytes stack frame/ { stack = $1; stored = $5; loaded = $9 }
  /Used [0-9]+ registers/ {
    shared = 0
    for (i = 2; i <= NF; ++i) if ($i ~ /^smem/) shared = $(i - 2)
    printf "%-7s %3d registers %6d B shared %4d B stack %4d B spilled  %s\n", architecture, $5, shared, stack, stored + loaded, kernel
  }' | sort -k9 -k1,1V >"$BUILD/kernels.txt"
kernels=$(wc -l <"$BUILD/kernels.txt")
((kernels > 0)) || die "ptxas reported no kernel"
if grep -E ' [1-9][0-9]* B (stack|spilled)' "$BUILD/kernels.txt"; then die "these kernels spill registers, or need a stack"; fi
echo "ok      $kernels compiled kernels (all architectures), none spills; native/build-cuda/kernels.txt"

# --- NVIDIA's header, and loading ------------------------------------------------------------------------------------

g++ -std=c++17 -Wall -Wextra -Werror -fsyntax-only -I"$ROOT/native/src" -I"$ROOT/native/include" \
  -isystem "$CUSPARSELT_INCLUDE" -isystem "$CUDA_HOME/include" "$ROOT/native/test/cuda/real_header_check.cpp"
echo "ok      nm4j's declarations are those of $CUSPARSELT_INCLUDE/cusparseLt.h"

linked=$(ldd "$BUILD/libnm4j_cuda.so" | grep -E 'not found|libcuda|libcusparse|libcublas' || true)
[[ -z $linked ]] || die "libnm4j_cuda.so needs what it should open at run time: $linked"
g++ -std=c++17 -Wall -Wextra -Werror -I"$ROOT/native/include" "$ROOT/native/test/cuda/load_check.cpp" -L"$BUILD" \
  -lnm4j_cuda -ldl -Wl,-rpath,"$BUILD" -o "$BUILD/load_check"
NM4J_CUSPARSELT=$NM4J_CUSPARSELT "$BUILD/load_check"
