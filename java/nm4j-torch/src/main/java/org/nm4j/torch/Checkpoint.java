/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;

/** A file of named sections with a checksum over all: written whole or not at all. */
final class Checkpoint {
  private static final long MAGIC = 0x4e4d_344a_434b_500aL; // "NM4JCKP\n"
  private static final int VERSION = 1;

  private record Section(long offset, long length) {}

  interface Body {
    void write(DataOutputStream out) throws IOException;
  }

  private final Path file;
  private final Map<String, Section> sections = new LinkedHashMap<>();

  private Checkpoint(Path file) {
    this.file = file;
  }

  /** Writes beside the file and moves the result to it, when it has reached the disk. */
  static void write(Path file, Map<String, Body> bodies) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try (FileOutputStream stream = new FileOutputStream(part.toFile())) {
      CheckedOutputStream checked =
          new CheckedOutputStream(new BufferedOutputStream(stream, 1 << 20), new CRC32());
      DataOutputStream out = new DataOutputStream(checked);
      out.writeLong(MAGIC);
      out.writeInt(VERSION);
      for (Map.Entry<String, Body> body : bodies.entrySet()) {
        out.writeUTF(body.getKey());
        out.writeLong(length(body.getValue()));
        body.getValue().write(out);
      }
      out.writeUTF("");
      out.writeLong(checked.getChecksum().getValue());
      out.flush();
      stream.getFD().sync();
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(part);
      throw e;
    }
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private static long length(Body body) throws IOException {
    long[] length = new long[1];
    try (DataOutputStream out =
        new DataOutputStream(
            new OutputStream() {
              @Override
              public void write(int b) {
                length[0]++;
              }

              @Override
              public void write(byte[] b, int off, int len) {
                length[0] += len;
              }
            })) {
      body.write(out);
    }
    return length[0];
  }

  /** Reads all of it once, to find the sections and to check the sum. */
  static Checkpoint open(Path file) throws IOException {
    Checkpoint checkpoint = new Checkpoint(file);
    CRC32 crc = new CRC32();
    try (InputStream stream = new BufferedInputStream(Files.newInputStream(file), 1 << 20);
        CheckedInputStream checked = new CheckedInputStream(stream, crc);
        DataInputStream in = new DataInputStream(checked)) {
      if (in.readLong() != MAGIC) {
        throw new IOException(file + ": not a checkpoint of nm4j");
      }
      int version = in.readInt();
      if (version != VERSION) {
        throw new IOException(file + ": expected version " + VERSION + ", got " + version);
      }
      checkpoint.index(in, Long.BYTES + Integer.BYTES);
      long sum = crc.getValue();
      if (in.readLong() != sum) {
        throw new IOException(file + ": damaged, the checksum differs");
      }
    } catch (EOFException e) {
      throw new IOException(file + ": cut off", e);
    }
    return checkpoint;
  }

  private void index(DataInputStream in, long start) throws IOException {
    long at = start;
    for (String name = in.readUTF(); !name.isEmpty(); name = in.readUTF()) {
      at += encoded(name) + Long.BYTES;
      long length = in.readLong();
      if (length < 0) {
        throw new IOException(file + ": damaged, section " + name + " has length " + length);
      }
      sections.put(name, new Section(at, length));
      in.skipNBytes(length);
      at += length;
    }
  }

  private static int encoded(String name) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    new DataOutputStream(bytes).writeUTF(name);
    return bytes.size();
  }

  boolean has(String name) {
    return sections.containsKey(name);
  }

  /** A section from its start; it must be closed. */
  DataInputStream section(String name) throws IOException {
    Section section = sections.get(name);
    if (section == null) {
      throw new IOException(file + ": there is no " + name + " in it");
    }
    FileChannel channel = FileChannel.open(file).position(section.offset());
    return new DataInputStream(new BufferedInputStream(Channels.newInputStream(channel), 1 << 16));
  }

  byte[] bytes(String name) throws IOException {
    try (DataInputStream in = section(name)) {
      return in.readNBytes(Math.toIntExact(sections.get(name).length()));
    }
  }
}
