/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.digits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A sparse network of masked layers learns; what it says of SAD is recorded, not tested. */
class DigitsTest {
  private static final String RECORD = "nm4j.digits.record";

  @Test
  void fiveEpochsTeachDigitsAndAreTheSameAgain() {
    DigitsExperiment.Run run = DigitsExperiment.run(2e-4f, 1, 5);
    assertTrue(run.accuracy() > 0.8, run::toString); // 0.1 by guessing
    assertTrue(run.sadByEpoch().get(0) > 0, run::toString);
    assertEquals(run, DigitsExperiment.run(2e-4f, 1, 5));
  }

  /** Writes the file that the property names. */
  @Test
  @EnabledIfSystemProperty(named = RECORD, matches = ".+")
  void theExperimentIsRecorded() throws IOException {
    DigitsExperiment.record(Path.of(System.getProperty(RECORD)));
  }
}
