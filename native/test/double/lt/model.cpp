// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. Compiled once for each version, with its numbers defined by the build.
#include "lt/model.h"

namespace nm4j_double {

const Model kModel = {NM4J_DOUBLE_MAJOR, NM4J_DOUBLE_MINOR, NM4J_DOUBLE_PATCH,
                      NM4J_DOUBLE_MAJOR == 0 && NM4J_DOUBLE_MINOR < 7 ? 13072 : 512};

}  // namespace nm4j_double
