/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafeFileTest {
  @TempDir Path dir;

  @Test
  void replacesAFileAndWritesThroughALink() throws IOException {
    Path file = Files.writeString(dir.resolve("f"), "old");
    Path link = Files.createSymbolicLink(dir.resolve("link"), file);
    SafeFile.write(link, out -> SafeFile.writeFully(out, bytes("new")));
    assertEquals("new", Files.readString(file));
    assertTrue(Files.isSymbolicLink(link));
  }

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = Files.writeString(dir.resolve("f"), "old");
    assertThrows(
        IOException.class,
        () ->
            SafeFile.write(
                file,
                out -> {
                  SafeFile.writeFully(out, bytes("half"));
                  throw new IOException("no space left");
                }));
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), list());
  }

  @Test
  void interruptionLeavesTheOldFileAndNothingElse() throws Exception {
    Path file = Files.writeString(dir.resolve("f"), "old");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HalfWriter.class.getName(),
                file.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = process.inputReader()) {
      assertEquals("half written", output.readLine());
      assertEquals(2, list().size());
      process.destroy(); // like Ctrl-C: the virtual machine shuts down in order
      assertTrue(process.waitFor(30, TimeUnit.SECONDS));
    }
    assertEquals("old", Files.readString(file));
    assertEquals(List.of(file), list());
  }

  /** Writes half a file and hangs. */
  static final class HalfWriter {
    private HalfWriter() {}

    public static void main(String[] args) throws IOException {
      SafeFile.write(
          Path.of(args[0]),
          out -> {
            SafeFile.writeFully(out, bytes("half"));
            System.out.println("half written");
            while (true) {
              java.util.concurrent.locks.LockSupport.park();
            }
          });
    }
  }

  private List<Path> list() throws IOException {
    try (var files = Files.list(dir)) {
      return files.sorted().toList();
    }
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
