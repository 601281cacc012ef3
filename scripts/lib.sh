# shellcheck shell=bash
# Functions shared by the scripts: messages, tools and their installation, and the build of the Java modules.
# Sourced, not run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*" >&2; }

die() {
  say "$(basename "$0"): $*"
  exit 1
}

# help ARGUMENT...: answers --help with the comment at the head of the calling script.
help() {
  if [[ ${1:-} == -h || ${1:-} == --help ]]; then
    sed -n '2,/^$/s/^# \{0,1\}//p' "$0"
    exit
  fi
}

# --- the JDK ---------------------------------------------------------------------------------------------------------

OLDEST_JDK=17

# Feature version of the JDK in a directory ("17"); fails when there is none.
jdk_version() {
  [[ -x $1/bin/javac && -r $1/release ]] && sed -nE 's/^JAVA_VERSION="(1\.)?([0-9]+).*/\2/p' "$1/release"
}

# Puts a JDK that is new enough into JAVA_HOME and PATH. An existing JAVA_HOME is the user's word: never replaced.
use_jdk() {
  local home version on_path
  if [[ -n ${JAVA_HOME:-} ]]; then
    version=$(jdk_version "$JAVA_HOME") ||
      die "JAVA_HOME=$JAVA_HOME holds no JDK (no bin/javac). Set it to a JDK $OLDEST_JDK or newer, or unset it."
    ((version >= OLDEST_JDK)) ||
      die "JAVA_HOME=$JAVA_HOME is JDK $version. Set it to a JDK $OLDEST_JDK or newer, or unset it."
    PATH=$JAVA_HOME/bin:$PATH
    return
  fi
  on_path=$(readlink -f "$(command -v javac || true)")
  for home in "${on_path%/bin/javac}" /usr/lib/jvm/*; do
    version=$(jdk_version "$home") || continue
    if ((version >= OLDEST_JDK)); then
      export JAVA_HOME=$home PATH=$home/bin:$PATH
      return
    fi
  done
  return 1
}

# --- other tools -----------------------------------------------------------------------------------------------------

# clang-format's output changes with its version, so the version is fixed.
CLANG_FORMAT_VERSION=14

clang_format() {
  local command
  for command in "clang-format-$CLANG_FORMAT_VERSION" clang-format; do
    if "$command" --version 2>/dev/null | grep -q "version $CLANG_FORMAT_VERSION\."; then
      echo "$command"
      return
    fi
  done
  return 1
}

has() {
  case $1 in
    jdk) use_jdk ;;
    gtest) echo '#include <gtest/gtest.h>' | g++ -E -x c++ - >/dev/null 2>&1 ;;
    clang-format) clang_format >/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

apt_package() {
  case $1 in
    jdk)
      local package
      for package in openjdk-{17,21,25}-jdk-headless; do
        if apt-cache show "$package" >/dev/null 2>&1; then break; fi
      done
      echo "$package"
      ;;
    mvn) echo maven ;;
    ninja) echo ninja-build ;;
    gtest) echo libgtest-dev ;;
    objdump) echo binutils ;;
    clang-format) echo "clang-format-$CLANG_FORMAT_VERSION" ;;
    *) echo "$1" ;;
  esac
}

# need TOOL...: installs what is missing when run as root on a system with apt, else names the command that does.
need() {
  local tool missing=() packages=()
  for tool in "$@"; do has "$tool" || missing+=("$tool"); done
  ((${#missing[@]})) || return 0
  [[ -n $(command -v apt-get) ]] ||
    die "not found: ${missing[*]}. There is no apt-get here; install them with your system's package manager."
  if ((EUID == 0)); then apt-get update -qq || die "not found: ${missing[*]}, and 'apt-get update' failed."; fi
  for tool in "${missing[@]}"; do packages+=("$(apt_package "$tool")"); done
  ((EUID == 0)) ||
    die "not found: ${missing[*]}. Install with: sudo apt-get update && sudo apt-get install -y ${packages[*]}"
  say "Installing ${packages[*]}"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 \
    "${packages[@]}" >/dev/null || die "'apt-get install ${packages[*]}' failed."
  for tool in "${missing[@]}"; do
    has "$tool" || die "$tool is still not usable after installing $(apt_package "$tool")."
  done
}

# --- the Java modules ------------------------------------------------------------------------------------------------

maven() { (cd "$ROOT" && mvn --batch-mode "$@"); }

# Reads Maven's log and shows a line per module and, on a terminal, the number of downloads so far.
maven_progress() {
  local line files=0 module='^\[INFO\] Building (.*) [^ ]+ +(\[[0-9]+/[0-9]+\])$'
  while IFS= read -r line; do
    if [[ $line =~ $module ]]; then
      if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
      say "  ${BASH_REMATCH[2]} ${BASH_REMATCH[1]}"
    elif [[ $line == *'Downloaded from '* ]]; then
      files=$((files + 1))
      if [[ -t 2 ]]; then printf '\r  %d files downloaded' "$files" >&2; fi
    fi
  done
  if [[ -t 2 ]]; then printf '\r\033[K' >&2; fi
}

# package MODULE: builds the module's jar and all it stands on, unless nothing has changed since the last time.
package() {
  local module=$1 target=$ROOT/$1/target start=$SECONDS
  if [[ -e $target/.packaged && -z $(find "$ROOT/pom.xml" "$ROOT"/native/{CMakeLists.txt,include,src} \
    "$ROOT"/java/*/{pom.xml,src} "$ROOT"/jmh/{pom.xml,src} -newer "$target/.packaged" -print -quit) ]]; then
    need jdk
    return
  fi
  need jdk mvn g++ cmake ninja
  mkdir -p "$target"
  touch "$target/.packaging"
  say "Building $module (the first time downloads its dependencies; details in $target/build.log)"
  if ! maven -pl "$module" -am package -DskipTests -Dmaven.javadoc.skip 2>&1 | tee "$target/build.log" | maven_progress; then
    grep -E '^\[ERROR\]|error:' "$target/build.log" | head -n 30 >&2 || tail -n 30 "$target/build.log" >&2
    die "the build failed; see $target/build.log"
  fi
  mv "$target/.packaging" "$target/.packaged"
  say "Built in $((SECONDS - start)) s"
}

# launch MODULE CLASS ARGUMENT...: builds the module and replaces the script by a JVM that runs its class.
# - JNI is a restricted operation for JDK 24 and newer: the flag grants it, older ones accept it silently.
# - Protobuf, which reads ONNX, uses sun.misc.Unsafe: without the second flag JDK 24 and newer print a warning, and with the
#   first one older JDKs ignore it.
# - OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE override what OpenBLAS detects. Set for another machine they make the dense
#   peer slow and every comparison with it worthless, so both are dropped.
launch() {
  local module=$1 class=$2
  shift 2
  package "$module"
  unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
  exec java --enable-native-access=ALL-UNNAMED -XX:+IgnoreUnrecognizedVMOptions \
    --sun-misc-unsafe-memory-access=allow -cp "$ROOT/$module/target/lib/*:$(main_jar "$ROOT/$module")" "$class" "$@"
}

# The module's own jar: the one without a classifier.
main_jar() {
  local jar
  for jar in "$1"/target/nm4j-*.jar; do
    [[ $jar =~ -(sources|javadoc|tests)\.jar$ ]] || { echo "$jar" && return; }
  done
  die "no jar in $1/target"
}
