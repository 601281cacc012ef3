/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PublicApiTest {
  @Test
  void noSignatureShowsJavaCppOrInternals() throws Exception {
    List<String> leaks = new ArrayList<>();
    List<Class<?>> classes = PublicApi.classes();
    assertTrue(classes.size() > 15, () -> "found only " + classes);
    for (Class<?> type : classes) {
      for (Class<?> seen : seen(type)) {
        boolean javacpp = seen.getName().startsWith("org.bytedeco");
        boolean internal = seen.getName().startsWith("org.nm4j.internal");
        if (internal || (javacpp && !type.getPackageName().equals("org.nm4j.interop"))) {
          leaks.add(type.getName() + " shows " + seen.getName());
        }
      }
    }
    assertEquals(List.of(), leaks);
  }

  @Test
  void classesAreFinal() throws Exception {
    for (Class<?> type : PublicApi.classes()) {
      assertTrue(type.isInterface() || Modifier.isFinal(type.getModifiers()), type.getName());
    }
  }

  private static Set<Class<?>> seen(Class<?> type) {
    Set<Class<?>> seen = new HashSet<>(Arrays.asList(type.getInterfaces()));
    seen.add(type.getSuperclass());
    Stream.of(type.getConstructors(), type.getMethods())
        .flatMap(Arrays::stream)
        .map(Executable.class::cast)
        .filter(e -> e.getDeclaringClass() == type)
        .forEach(
            e -> {
              seen.addAll(Arrays.asList(e.getParameterTypes()));
              seen.addAll(Arrays.asList(e.getExceptionTypes()));
              if (e instanceof java.lang.reflect.Method method) {
                seen.add(method.getReturnType());
              }
            });
    for (Field field : type.getFields()) {
      seen.add(field.getType());
    }
    seen.remove(null);
    return seen;
  }
}
