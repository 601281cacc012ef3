/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The public classes of the packages that the module exports. */
final class PublicApi {
  private static final List<String> PACKAGES =
      List.of("org.nm4j", "org.nm4j.interop", "org.nm4j.train");

  private PublicApi() {}

  static List<Class<?>> classes() throws IOException, ReflectiveOperationException {
    List<Class<?>> classes = new ArrayList<>();
    for (String name : PACKAGES) {
      try (Stream<Path> files = Files.list(root().resolve(name.replace('.', '/')))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".class")).sorted().toList()) {
          String simple = file.getFileName().toString().replace(".class", "");
          if (!simple.equals("package-info")) {
            Class<?> type =
                Class.forName(name + "." + simple, false, PublicApi.class.getClassLoader());
            if (Modifier.isPublic(type.getModifiers())) {
              classes.add(type);
            }
          }
        }
      }
    }
    return classes;
  }

  private static Path root() {
    try {
      return Path.of(Pattern.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
