#!/usr/bin/env bash
# Prunes a real pretrained model to 2:4, multiplies with it sparse and dense, checks the products, prints the numbers.
#
# Usage: scripts/run.sh [OPTION...]
#
# Builds what is missing (minutes the first time, downloads included), then runs `nm4j run`; its options are listed by
# scripts/nm4j.sh help run
#
# On a machine without JDK 17, Maven, g++, CMake or Ninja it installs them with apt-get when run as root, and names the
# command otherwise. JAVA_HOME chooses the JDK.

set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
help "$@"

launch java/nm4j-cli org.nm4j.cli.Main run "$@"
