/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Reports for programs: records as JSON, with names like {@code kept_magnitude}. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES)
          .disableHtmlEscaping()
          .serializeNulls()
          .setPrettyPrinting()
          .create();

  private Json() {}

  static void write(Path file, Object report) throws IOException {
    byte[] json = (GSON.toJson(report) + "\n").getBytes(StandardCharsets.UTF_8);
    SafeFile.write(file, out -> SafeFile.writeFully(out, ByteBuffer.wrap(json)));
  }

  /** JSON has no NaN and no infinities: they become null. */
  static Double number(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
