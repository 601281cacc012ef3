/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compiles and runs every example of the documentation as it stands there: in Javadoc the code
 * blocks, in README files the fenced blocks of Java. An example is a sequence of statements or a
 * class with a main method.
 */
class DocumentationTest {
  private static final Path SOURCES = Path.of("src/main/java");
  private static final List<Path> READMES =
      List.of(Path.of("README.md"), Path.of("../../README.md"));

  private static final java.util.regex.Pattern JAVADOC_EXAMPLE =
      java.util.regex.Pattern.compile(
          "<pre>\\{@code\\n(.*?)\\}</pre>", java.util.regex.Pattern.DOTALL);
  private static final java.util.regex.Pattern README_EXAMPLE =
      java.util.regex.Pattern.compile("```java\\n(.*?)```", java.util.regex.Pattern.DOTALL);
  private static final java.util.regex.Pattern CLASS =
      java.util.regex.Pattern.compile(
          "^(?:public )?(?:final )?class (\\w+)", java.util.regex.Pattern.MULTILINE);

  @TempDir private Path temp;

  @TestFactory
  List<DynamicTest> everyExampleCompilesAndRuns() throws IOException {
    List<Path> documents = new ArrayList<>(READMES);
    try (Stream<Path> files = Files.walk(SOURCES)) {
      files.filter(file -> file.toString().endsWith(".java")).sorted().forEach(documents::add);
    }
    List<DynamicTest> tests = new ArrayList<>();
    for (Path document : documents) {
      int number = 0;
      for (String example : examples(document)) {
        String name = document + " " + ++number;
        tests.add(DynamicTest.dynamicTest(name, () -> compileAndRun(example)));
      }
    }
    assertTrue(tests.size() >= 20, () -> "found only " + tests.size() + " examples");
    return tests;
  }

  @Test
  void everyPublicClassHasAnExample() throws Exception {
    List<String> without = new ArrayList<>();
    for (Class<?> type : PublicApi.classes()) {
      Path source = SOURCES.resolve(type.getName().replace('.', '/') + ".java");
      if (type.getEnclosingClass() == null && examples(source).isEmpty()) {
        without.add(type.getName());
      }
    }
    assertEquals(List.of(), without);
  }

  private static List<String> examples(Path document) throws IOException {
    boolean java = document.toString().endsWith(".java");
    Matcher matcher = (java ? JAVADOC_EXAMPLE : README_EXAMPLE).matcher(Files.readString(document));
    List<String> examples = new ArrayList<>();
    while (matcher.find()) {
      String text = matcher.group(1);
      examples.add(java ? text.replaceAll("(?m)^ *\\* ?", "") : text);
    }
    return examples;
  }

  private void compileAndRun(String example) throws Exception {
    Matcher declaration = CLASS.matcher(example);
    if (declaration.find()) {
      run(declaration.group(1), example);
    } else {
      run("Example", asClass(example));
    }
  }

  private static String asClass(String statements) {
    String body =
        statements
            .lines()
            .filter(line -> !line.startsWith("import "))
            .collect(Collectors.joining("\n"));
    return """
    import java.nio.*;
    import java.util.*;
    import java.util.concurrent.*;
    import org.bytedeco.javacpp.FloatPointer;
    import org.nm4j.*;
    import org.nm4j.interop.*;
    import org.nm4j.train.*;

    public class Example {
      public static void main(String[] args) throws Exception {
    %s
      }
    }
    """
        .formatted(body);
  }

  private void run(String name, String code) throws Exception {
    Path directory = Files.createTempDirectory(temp, "example");
    Path source = Files.writeString(directory.resolve(name + ".java"), code);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    List<String> options = List.of("-cp", Jvm.classPath(), "-d", directory.toString());
    boolean compiled;
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var units = files.getJavaFileObjects(source);
      compiled = compiler.getTask(messages, files, null, options, null, units).call();
    }
    assertTrue(compiled, () -> messages + "\n" + code);
    URL[] classes = {directory.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader())) {
      Method main = loader.loadClass(name).getMethod("main", String[].class);
      FutureTask<Object> call = new FutureTask<>(() -> main.invoke(null, (Object) new String[0]));
      Thread thread = new Thread(call); // whose handles of cuSPARSELt end with it
      thread.start();
      thread.join();
      call.get();
    }
  }
}
