#!/usr/bin/env bash
# Prunes a real pretrained model to 2:4, multiplies with it sparse and dense, checks the products, prints the numbers.
# Then trains a small network on Fashion-MNIST, dense and 2:4 with SR-STE, compresses it and compares inference.
#
# Usage: scripts/run.sh [--fashion-mnist DIR] [--epochs N] [--limit N] [OPTION...]
#
#   --fashion-mnist DIR  the data set's four IDX files, gzipped or not (default: where Debian's package
#                        dataset-fashion-mnist puts them); without them training is left out
#   --epochs N           passes over the data (default: 3, about two minutes)
#   --limit N            train on so many images only
#   OPTION               of `nm4j run`, see scripts/nm4j.sh help run
#
# Builds what is missing (minutes the first time, downloads included). The page about the training is
# java/nm4j-torch/target/demo/report.html; trainings that are complete there are not repeated.
#
# On a machine without JDK 17, Maven, g++, CMake or Ninja it installs them with apt-get when run as root, and names the
# command otherwise. JAVA_HOME chooses the JDK.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

run=() training=()
while (($#)); do
  case $1 in
    --fashion-mnist)
      [[ -n ${2:-} ]] || die "$1 needs a folder"
      training+=(--data "$2")
      shift
      ;;
    --epochs | --limit)
      [[ -n ${2:-} ]] || die "$1 needs a number"
      training+=("$1" "$2")
      shift
      ;;
    *) run+=("$1") ;;
  esac
  shift
done

# Each launch replaces its shell.
status=0
(launch java/nm4j-cli org.nm4j.cli.Main run "${run[@]}") || status=$?
((status < 2)) || exit "$status"
echo
(launch java/nm4j-torch org.nm4j.torch.app.Main demo --out "$ROOT/java/nm4j-torch/target/demo" "${training[@]}") || status=$?
exit "$status"
