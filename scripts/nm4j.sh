#!/usr/bin/env bash
# Runs the nm4j command line from the working tree, building first what is missing or out of date.
#
# Usage: scripts/nm4j.sh [COMMAND] [OPTION...]
#
#   info   the library, the CPU and the kernels in use
#   prune  prunes the weights of an ONNX model or a raw file, and reports what was kept
#   check  tells whether weights obey a pattern, and where they do not
#   run    compares sparse with dense products on a real model
#   help   lists the options of a command: scripts/nm4j.sh help run
#
#   train       trains a network dense or sparse, by one or several methods
#   demo        trains dense and 2:4, compresses, and compares inference
#   report      writes a page about trainings
#   experiment  trains what is missing of an experiment
#
# On a machine without JDK 17, Maven, g++, CMake or Ninja it installs them with apt-get when run as root, and names the
# command otherwise. JAVA_HOME chooses the JDK.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

# Training needs PyTorch, the rest does not.
command=${1:-}
if [[ $command == help ]]; then command=${2:-}; fi
case $command in
  train | demo | report | experiment) launch java/nm4j-torch org.nm4j.torch.app.Main "$@" ;;
  *) launch java/nm4j-cli org.nm4j.cli.Main "$@" ;;
esac
