// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. libcuda.so.1, which libraries name that are linked with NVIDIA's driver: nothing that the tests call is in
// it.
