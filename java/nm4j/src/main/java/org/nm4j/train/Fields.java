/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** The fields of an object as JSON libraries read it, each checked and asked for by name. */
final class Fields {
  private final String path;
  private final Map<?, ?> map;
  private final Set<String> read = new HashSet<>();

  Fields(String path, Map<?, ?> map) {
    this.path = path;
    this.map = map;
  }

  /** An enum constant as it stands in JSON. */
  static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** A float by its shortest decimal form, 2.0E-4 and not 1.9999999494757503E-4. */
  static double number(float value) {
    return Double.parseDouble(Float.toString(value));
  }

  String string(String name, String absent) {
    return get(name, absent, "a string", value -> value instanceof String s ? s : null);
  }

  boolean truth(String name, boolean absent) {
    return get(name, absent, "true or false", value -> value instanceof Boolean b ? b : null);
  }

  double number(String name, double absent) {
    return get(
        name, absent, "a number", value -> value instanceof Number n ? n.doubleValue() : null);
  }

  /** JSON does not tell 40 from 40.0, and libraries read either as double. */
  long integer(String name, long absent) {
    return get(
        name,
        absent,
        "an integer",
        value -> {
          if (value instanceof Long || value instanceof Integer) {
            return ((Number) value).longValue();
          }
          double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
          return number == Math.rint(number) && Math.abs(number) <= 0x1p63 ? (long) number : null;
        });
  }

  <E extends Enum<E>> E constant(String name, E absent) {
    E[] constants = absent.getDeclaringClass().getEnumConstants();
    List<String> names = java.util.Arrays.stream(constants).map(Fields::name).toList();
    return get(
        name,
        absent,
        "one of " + names,
        value -> names.contains(value) ? constants[names.indexOf(value)] : null);
  }

  String[] strings(String name) {
    return get(
        name,
        new String[0],
        "a list of strings",
        value ->
            value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)
                ? list.toArray(String[]::new)
                : null);
  }

  /** Without fields when it is absent. */
  Fields object(String name) {
    Map<?, ?> inner =
        get(name, Map.of(), "an object", value -> value instanceof Map<?, ?> m ? m : null);
    return new Fields(path + "." + name, inner);
  }

  /** So that a misspelt name is no silent default. */
  void requireAllRead() {
    for (Object name : map.keySet()) {
      if (!read.contains(name)) {
        throw new IllegalArgumentException(
            path + ": expected some of " + new TreeSet<>(read) + ", got " + name);
      }
    }
  }

  private <T> T get(String name, T absent, String expected, Function<Object, T> convert) {
    read.add(name);
    if (!map.containsKey(name)) {
      return absent;
    }
    T value = convert.apply(map.get(name));
    if (value == null) {
      throw new IllegalArgumentException(
          path + "." + name + " must be " + expected + ", got " + map.get(name));
    }
    return value;
  }
}
