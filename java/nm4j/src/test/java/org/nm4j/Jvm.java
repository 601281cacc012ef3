/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A JVM of its own, for what depends on the start of a process. */
final class Jvm {
  private final List<String> options = new ArrayList<>(List.of("-Xcheck:jni"));
  private final Map<String, String> environment = new HashMap<>();
  private String classPath = classPath();
  private File directory = new File(".");

  Jvm() {
    String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
    if (cache != null) {
      options.add("-Dorg.bytedeco.javacpp.cachedir=" + cache);
    }
  }

  /** The class path of the tests. */
  static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  Jvm options(String... more) {
    options.addAll(List.of(more));
    return this;
  }

  Jvm environment(String name, String value) {
    environment.put(name, value);
    return this;
  }

  Jvm classPath(String entries) {
    classPath = entries;
    return this;
  }

  Jvm directory(Path path) {
    directory = path.toFile();
    return this;
  }

  /** Runs a class's main method to its end. */
  Result run(String main, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options);
    if (!classPath.isEmpty()) {
      command.addAll(List.of("-cp", classPath));
    }
    command.add(main);
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("NM4J_ISA");
    builder.environment().putAll(environment);
    Process process = builder.directory(directory).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  Result run(Class<?> main, String... arguments) throws IOException, InterruptedException {
    return run(main.getName(), arguments);
  }

  /** How it ended and what it printed. */
  record Result(int exit, String output) {
    Result succeeded() {
      assertEquals(0, exit, output);
      assertFalse(output.contains("in native method"), output); // -Xcheck:jni
      return this;
    }

    Result printed(String... words) {
      for (String word : words) {
        assertTrue(output.contains(word), () -> "expected \"" + word + "\" in:\n" + output);
      }
      return this;
    }

    Result didNotPrint(String... words) {
      for (String word : words) {
        assertFalse(output.contains(word), () -> "unexpected \"" + word + "\" in:\n" + output);
      }
      return this;
    }
  }
}
