/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.jmh;

import com.google.gson.Gson;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Results as lines of JSON. A line with the environment comes before the lines that were measured
 * there, so that files put one behind the other still make a file.
 */
final class ResultFile {
  private static final String ENVIRONMENT = "environment";

  /**
   * All that was measured in one environment by the same number of threads. If a case was measured
   * again, what comes later counts.
   */
  record Run(Environment environment, int threads, List<CaseResult> cases) {}

  private record Key(Environment environment, int threads) {}

  private ResultFile() {}

  static void write(PrintWriter out, Environment environment) {
    JsonObject line = new JsonObject();
    line.add(ENVIRONMENT, new Gson().toJsonTree(environment));
    out.println(line);
  }

  static void write(PrintWriter out, CaseResult result) {
    result.lines().forEach(line -> out.println(line.toJson()));
    out.flush(); // an interrupted run keeps what it has
  }

  /**
   * Reads files, and puts together what was measured under the same conditions, whatever the day.
   *
   * @throws IllegalArgumentException when a line is none of this version's
   */
  static List<Run> read(List<Path> files) throws IOException {
    Map<Key, Map<String, Map<String, ResultLine>>> runs = new LinkedHashMap<>();
    Map<Key, Environment> environments = new LinkedHashMap<>();
    for (Path file : files) {
      Environment environment = null;
      int number = 0;
      for (String text : Files.readAllLines(file)) {
        number++;
        try {
          JsonObject json = JsonParser.parseString(text).getAsJsonObject();
          if (json.has(ENVIRONMENT)) {
            environment = new Gson().fromJson(json.get(ENVIRONMENT), Environment.class);
            continue;
          }
          ResultLine line = new Gson().fromJson(json, ResultLine.class);
          Objects.requireNonNull(environment, "no environment before it");
          Objects.requireNonNull(line.name(), "no member \"case\"");
          Key key = new Key(environment.on(""), line.threads());
          environments.put(key, environment);
          runs.computeIfAbsent(key, k -> new LinkedHashMap<>())
              .computeIfAbsent(line.name(), k -> new LinkedHashMap<>())
              .put(line.peer(), line);
        } catch (JsonParseException | IllegalStateException | NullPointerException e) {
          throw new IllegalArgumentException(
              "%s, line %d: expected a result, got %s (%s)"
                  .formatted(file, number, text, e.getMessage()),
              e);
        }
      }
    }
    List<Run> result = new ArrayList<>();
    runs.forEach(
        (key, cases) -> {
          List<CaseResult> results = new ArrayList<>();
          cases.forEach(
              (name, lines) ->
                  results.add(
                      new CaseResult(
                          BenchmarkCase.parse(name), key.threads, List.copyOf(lines.values()))));
          result.add(new Run(environments.get(key), key.threads, results));
        });
    return result;
  }
}
