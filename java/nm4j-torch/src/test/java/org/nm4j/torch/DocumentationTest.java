/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Compiles and runs the examples of README and Javadoc as they stand there. */
class DocumentationTest {
  private static final Pattern JAVADOC =
      Pattern.compile("<pre>\\{@code\\n(.*?)\\}</pre>", Pattern.DOTALL);
  private static final Pattern README = Pattern.compile("```java\\n(.*?)```", Pattern.DOTALL);

  @TempDir private Path temp;

  @TestFactory
  List<DynamicTest> everyExampleCompilesAndRuns() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    Matcher readme = README.matcher(Files.readString(Path.of("README.md")));
    while (readme.find()) {
      String code = readme.group(1);
      tests.add(DynamicTest.dynamicTest("README", () -> run("TrainSparse", code)));
    }
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
        Matcher javadoc = JAVADOC.matcher(Files.readString(file));
        while (javadoc.find()) {
          String code = javadoc.group(1).replaceAll("(?m)^ *\\* ?", "");
          tests.add(DynamicTest.dynamicTest(file.toString(), () -> run("Example", main(code))));
        }
      }
    }
    assertTrue(tests.size() >= 10, () -> "found only " + tests.size());
    return tests;
  }

  private static String main(String statements) {
    return """
    import java.util.*;
    import org.bytedeco.javacpp.*;
    import org.bytedeco.pytorch.*;
    import org.bytedeco.pytorch.Module;
    import org.bytedeco.pytorch.global.torch;
    import org.bytedeco.pytorch.global.torch.ScalarType;
    import org.nm4j.*;
    import org.nm4j.torch.*;
    import org.nm4j.torch.data.*;
    import org.nm4j.torch.nets.*;
    import org.nm4j.train.Recipe;

    public class Example {
      public static void main(String[] args) throws Exception {
    %s
      }
    }
    """
        .formatted(statements);
  }

  private void run(String name, String code) throws Exception {
    Path directory = Files.createTempDirectory(temp, "example");
    Path source = Files.writeString(directory.resolve(name + ".java"), code);
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    StringWriter messages = new StringWriter();
    String classPath = System.getProperty("java.class.path");
    List<String> options = List.of("-cp", classPath, "-d", directory.toString());
    boolean compiled;
    try (var files = compiler.getStandardFileManager(null, null, null)) {
      var units = files.getJavaFileObjects(source);
      compiled = compiler.getTask(messages, files, null, options, null, units).call();
    }
    assertTrue(compiled, () -> messages + "\n" + code);
    URL[] classes = {directory.toUri().toURL()};
    try (URLClassLoader loader = new URLClassLoader(classes, getClass().getClassLoader())) {
      loader.loadClass(name).getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    }
  }
}
