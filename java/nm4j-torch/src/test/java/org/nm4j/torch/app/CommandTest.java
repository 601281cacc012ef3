/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CommandTest {
  @AfterEach
  void reset() {
    Command.set();
  }

  @Test
  void foldersAreNotNamed() {
    Command.set(
        "experiment",
        "text",
        "--data",
        "/mnt/my texts/a",
        "--results=/tmp/r",
        "--checkpoints",
        "/tmp/c",
        "--epochs",
        "2",
        "--into=README.md",
        "--verbose");
    assertEquals(
        "scripts/nm4j.sh experiment text --data DATA --results=RESULTS --checkpoints CHECKPOINTS"
            + " --epochs 2 --into=INTO --verbose",
        Command.line());
    Command.set("train", "a b", "--out", "--data");
    assertEquals("scripts/nm4j.sh train 'a b' --out OUT", Command.line());
  }
}
