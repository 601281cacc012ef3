/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Files that are there whole or not at all: written beside their place and moved there at the end,
 * so that neither a failure nor Ctrl-C leaves half a file or costs the one that was there.
 */
final class SafeFile {
  private SafeFile() {}

  /** What goes into a file. */
  interface Content {
    void writeTo(FileChannel out) throws IOException;
  }

  /** Fails early, before work is done whose result could not be written to {@code file}. */
  static void requireWritable(Path file) {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new Failure(file + ": exists and is no regular file");
    }
    Path directory = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(directory)) {
      throw new Failure(file + ": there is no directory " + directory);
    }
    if (!Files.isWritable(directory)) {
      throw new Failure(file + ": no permission to write to " + directory);
    }
  }

  /** Fails when two paths name the same file, which one of them would overwrite. */
  static void requireDifferent(Path file, Path other) throws IOException {
    boolean same =
        Files.exists(file) && Files.exists(other)
            ? Files.isSameFile(file, other)
            : file.toAbsolutePath().normalize().equals(other.toAbsolutePath().normalize());
    if (same) {
      throw new Failure(file + ": would be overwritten");
    }
  }

  static void write(Path file, Content content) throws IOException {
    requireWritable(file);
    Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath(); // keeps links
    Path temporary =
        target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid());
    temporary.toFile().deleteOnExit(); // for Ctrl-C, which skips the finally block
    try {
      try (FileChannel out =
          FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        content.writeTo(out);
        out.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  static void writeFully(WritableByteChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
