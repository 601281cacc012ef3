/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import packaged.Smoke;

/** The jars as users get them, in an empty directory, with no flag that nm4j would need. */
class PackagedJarIT {
  @TempDir private Path temp;

  private Path home;
  private Path work;
  private Path program;
  private List<Path> jars;

  @BeforeEach
  void layOut() throws Exception {
    home = Files.createDirectory(temp.resolve("home"));
    work = Files.createDirectory(temp.resolve("work"));
    program = Files.createDirectories(temp.resolve("classes/packaged"));
    String name = Smoke.class.getSimpleName() + ".class";
    try (var in = Smoke.class.getResourceAsStream(name)) {
      Files.copy(in, program.resolve(name));
    }
    jars = jars();
  }

  /** What a user's program needs: nm4j, its native library, JavaCPP, and more jars if named. */
  static List<Path> jars(Path... more) {
    String artifact = System.getProperty("nm4j.jar");
    List<Path> jars = new ArrayList<>();
    jars.add(Path.of(artifact + ".jar"));
    jars.add(Path.of(artifact + "-linux-x86_64.jar"));
    jars.add(javacpp());
    jars.addAll(List.of(more));
    for (Path jar : jars) {
      assertTrue(Files.isRegularFile(jar), jar::toString);
    }
    return jars;
  }

  private static Path javacpp() {
    return Arrays.stream(Jvm.classPath().split(File.pathSeparator))
        .map(Path::of)
        .filter(entry -> entry.getFileName().toString().matches("javacpp-[\\d.]+\\.jar"))
        .findFirst()
        .orElseThrow();
  }

  static String path(List<Path> entries) {
    return String.join(File.pathSeparator, entries.stream().map(Path::toString).toList());
  }

  /** The native library is to be unpacked into the home of this test. */
  private Jvm jvm() {
    return new Jvm()
        .options("-Dorg.bytedeco.javacpp.cachedir=" + home.resolve("cache"))
        .directory(work);
  }

  private String classPath(List<Path> entries) {
    return program.getParent() + File.pathSeparator + path(entries);
  }

  @Test
  void theClassPathIsEnough() throws Exception {
    Jvm.Result first = jvm().classPath(classPath(jars)).run(Smoke.class).succeeded();
    first.printed("product 260.0");
    first.printed("library   " + home.resolve("cache"), "module unnamed module");
    assertEquals(List.of(), list(work));
    jvm().classPath(classPath(jars)).run(Smoke.class).succeeded();
    try (Stream<Path> files = Files.walk(home)) {
      assertEquals(1, files.filter(file -> file.toString().endsWith(".so")).count());
    }
  }

  @Test
  void aSpoiledFileInTheCacheIsReplaced() throws Exception {
    jvm().classPath(classPath(jars)).run(Smoke.class).succeeded();
    Path library;
    try (Stream<Path> files = Files.walk(home)) {
      library = files.filter(file -> file.toString().endsWith(".so")).findFirst().orElseThrow();
    }
    FileTime time = Files.getLastModifiedTime(library);
    Files.write(library, new byte[(int) Files.size(library)]);
    Files.setLastModifiedTime(library, time);
    jvm().classPath(classPath(jars)).run(Smoke.class).succeeded().printed("product 260.0");
  }

  @Test
  void theModulePathIsEnough() throws Exception {
    jvm()
        .options("--module-path", path(jars))
        .options("--add-modules", "org.nm4j,org.nm4j.linux.x86_64")
        .classPath(program.getParent().toString())
        .run(Smoke.class)
        .succeeded()
        .printed("product 260.0", "module module org.nm4j");
  }

  @Test
  void aModuleGraphWithoutTheNativeModuleIsReported() throws Exception {
    Jvm.Result result =
        jvm()
            .options("--module-path", path(jars), "--add-modules", "org.nm4j")
            .classPath(program.getParent().toString())
            .run(Smoke.class);
    assertEquals(1, result.exit());
    result.printed("not found", "--add-modules org.nm4j.linux.x86_64");
  }

  @Test
  void theClassifierJarIsNamedWhenMissing() throws Exception {
    Jvm.Result result =
        jvm().classPath(classPath(List.of(jars.get(0), jars.get(2)))).run(Smoke.class);
    assertEquals(1, result.exit());
    result.printed("Nm4jException", "not found", jars.get(1).getFileName().toString());
  }

  @Test
  void aCacheThatCannotBeWrittenIsReported() throws Exception {
    Jvm.Result result =
        jvm()
            .options("-Dorg.bytedeco.javacpp.cachedir=/proc/none")
            .options("-Duser.home=/proc/none", "-Djava.io.tmpdir=/proc/none")
            .classPath(classPath(jars))
            .run(Smoke.class);
    assertEquals(1, result.exit());
    result.printed("Nm4jException", "What to do: name a writable directory");
  }

  @Test
  void aDirectoryMountedNoexecIsReported() throws Exception {
    Path noexec = noexecDirectory();
    Assumptions.assumeTrue(noexec != null, "no writable directory here is mounted noexec");
    Path cache = Files.createTempDirectory(noexec, "nm4j");
    try {
      Jvm.Result result =
          jvm()
              .options("-Dorg.bytedeco.javacpp.cachedir=" + cache)
              .classPath(classPath(jars))
              .run(Smoke.class);
      assertEquals(1, result.exit());
      result.printed("failed to map segment", "What to do: the directory is mounted noexec");
    } finally {
      try (Stream<Path> files = Files.walk(cache)) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
      }
    }
  }

  private static Path noexecDirectory() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/mounts"))) {
      String[] fields = line.split(" ");
      Path directory = Path.of(fields[1]);
      if (fields[3].contains("noexec")
          && fields[2].equals("tmpfs")
          && Files.isWritable(directory)) {
        return directory;
      }
    }
    return null;
  }

  private static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.toList();
    }
  }
}
