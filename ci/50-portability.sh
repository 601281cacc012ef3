#!/usr/bin/env bash
# Checks that the binaries run on any x86-64 Linux: no stray vector instructions, no libstdc++, an old enough glibc.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
need jdk objdump

# The oldest glibc that the JNI library promises to run with. What a build needs follows from the symbols it uses and from
# the machine it is built on: built on Debian 12 or Ubuntu 22.04, 2.34 brings dlopen and 2.35 the static unwinder.
GLIBC_FLOOR=2.35

failed=0
check() { # check WHAT FINDINGS: fails when there are findings
  if [[ -z $2 ]]; then
    echo "ok      $1"
  else
    printf 'FAILED  %s:\n%s\n' "$1" "$(head -n 20 <<<"$2")"
    failed=1
  fi
}

# --- flags and objects ---

build=$ROOT/native/build
"$ROOT/scripts/build-native.sh"
check "no -march=native" "$(grep -rnE -e '-m(arch|tune)=native' "$ROOT"/{pom.xml,native,java,jmh} \
  --include={pom.xml,CMakeLists.txt,*.cmake,build.ninja} || true)"

# Functions of an object whose code uses the given registers.
users() { objdump -d --no-show-raw-insn -C "$1" | awk -v registers="%($2)mm" '/>:$/ { f = $0 } $0 ~ registers && f { print f; f = "" }'; }
# Functions of an object that the linker may replace by, or use in place of, another file's copy.
shared_functions() { nm -C --defined-only "$1" | grep ' [WV] ' | grep -vE '(avx2|avx512)::' || true; }

while IFS= read -r object; do
  name=${object##*/}
  case $name in
    *_avx512*.* | *_amx.*) check "$name shares no code with other files" "$(shared_functions "$object")" ;;
    *_avx2.*)
      check "$name has no AVX-512" "$(users "$object" z)"
      check "$name shares no code with other files" "$(shared_functions "$object")"
      ;;
    *) check "$name has no AVX" "$(users "$object" 'y|z')" ;;
  esac
done < <(find "$build/CMakeFiles/nm4j_objects.dir" -name '*.o' | sort)

# --- the library that ships ---

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jar=$(ls "$ROOT"/java/nm4j/target/nm4j-*-linux-x86_64.jar)
(cd "$work" && jar xf "$jar")
library=$(find "$work" -name '*.so')
check "the classifier jar holds one library" "$([[ $(wc -l <<<"$library") == 1 ]] || echo "$library")"

needed=$(objdump -p "$library" | awk '$1 == "NEEDED" { print $2 }')
check "it needs no libstdc++ or OpenMP" "$(grep -E 'libstdc|libgomp' <<<"$needed" || true)"
glibc=$(objdump -T "$library" | grep -o 'GLIBC_[0-9.]*' | sort -uV)
newest=${glibc##*GLIBC_}
check "it runs with glibc $GLIBC_FLOOR (needs $newest)" \
  "$([[ $(printf '%s\n' "$GLIBC_FLOOR" "$newest" | sort -V | tail -n 1) == "$GLIBC_FLOOR" ]] ||
    objdump -T "$library" | grep "GLIBC_$newest")"
check "it exports only the JNI functions" \
  "$(nm -D --defined-only -C "$library" | awk '$2 != "A" { print $3 }' | grep -vE '^(Java_|JNI_On)' || true)"
check "its stack is not executable" "$(objdump -p "$library" | grep -A1 STACK | grep 'flags ..x' || true)"

((failed == 0)) || exit 1
