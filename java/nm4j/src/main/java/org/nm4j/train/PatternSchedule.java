/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import org.nm4j.Pattern;

/**
 * Which pattern holds at which step of training: dense at first, tighter in steps, the mask frozen
 * or the network dense again at the end. Steps are numbered from 1, and a step's pattern is the one
 * that its forward and backward pass use.
 *
 * <pre>{@code
 * PatternSchedule plain = PatternSchedule.constant(Pattern.P2_4);
 * PatternSchedule warm = plain.denseFor(1000).frozenFrom(9001); // steps 1 to 1000, 9001 and on
 * PatternSchedule decay = PatternSchedule.structureDecay(Pattern.P1_4, 1, 900);
 * String text = decay.toString(); // "1 3:4, 301 2:4, 601 1:4"
 * boolean same = PatternSchedule.parse(text).equals(decay);
 * Pattern now = decay.pattern(450); // 2:4
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads. {@link #toString} is its form for storage.
 *
 * @param phases at least one, the first from step 1, in ascending order; neighbours that say the
 *     same are joined
 */
public record PatternSchedule(List<Phase> phases) {
  private static final java.util.regex.Pattern PHASE =
      java.util.regex.Pattern.compile("(\\d{1,18}) (dense|\\d+:\\d+)( frozen)?");

  /**
   * What holds from a step on.
   *
   * @param from number of the first step, at least 1
   * @param pattern the pattern, or null for dense
   * @param frozen true when the mask stays as its first step found it
   */
  public record Phase(long from, Pattern pattern, boolean frozen) {
    /**
     * Checks the step.
     *
     * @param from number of the first step
     * @param pattern the pattern, or null for dense
     * @param frozen true when the mask stays
     * @throws IllegalArgumentException when the step is less than 1, or a dense phase is frozen
     */
    public Phase {
      if (from < 1) {
        throw new IllegalArgumentException("from must be at least 1, got " + from);
      }
      if (frozen && pattern == null) {
        throw new IllegalArgumentException("a frozen phase needs a pattern, got dense");
      }
    }

    /**
     * The form that {@link PatternSchedule#parse} reads.
     *
     * @return for example {@code "1001 2:4"}
     */
    @Override
    public String toString() {
      return from + " " + (pattern == null ? "dense" : pattern) + (frozen ? " frozen" : "");
    }

    private boolean sameAs(Phase other) {
      return Objects.equals(pattern, other.pattern) && frozen == other.frozen;
    }
  }

  /**
   * Checks and joins the phases.
   *
   * @param phases what holds from which step on
   * @throws IllegalArgumentException when there is none, the first does not begin at step 1, or one
   *     does not begin after the one before it
   */
  public PatternSchedule {
    List<Phase> joined = new ArrayList<>();
    long last = 0;
    for (Phase phase : List.copyOf(phases)) {
      if (phase.from <= last || (last == 0 && phase.from != 1)) {
        throw new IllegalArgumentException("phases must ascend from step 1, got " + text(phases));
      }
      last = phase.from;
      if (joined.isEmpty() || !joined.get(joined.size() - 1).sameAs(phase)) {
        joined.add(phase);
      }
    }
    if (joined.isEmpty()) {
      throw new IllegalArgumentException("expected at least one phase, got none");
    }
    phases = List.copyOf(joined);
  }

  /**
   * The same pattern at all steps.
   *
   * @param pattern the pattern, or null for dense
   * @return one phase
   */
  public static PatternSchedule constant(Pattern pattern) {
    return new PatternSchedule(List.of(new Phase(1, pattern, false)));
  }

  /**
   * Structure decay, stepwise (Kao et al., arXiv 2209.07617; Bambhaniya et al., arXiv 2402.04744):
   * M-1:M, M/2:M, M/4:M and so on to N:M, each for as many steps; dense before, N:M after.
   *
   * @param target N:M
   * @param first first step of M-1:M
   * @param last last step that is divided; N:M stays after it
   * @return the schedule
   * @throws IllegalArgumentException when {@code first} is less than 1 or there are fewer steps
   *     than patterns
   */
  public static PatternSchedule structureDecay(Pattern target, long first, long last) {
    List<Pattern> patterns = new ArrayList<>();
    int m = target.m();
    if (target.n() < m - 1) {
      patterns.add(Pattern.of(m - 1, m));
    }
    for (int n = m / 2; n > target.n(); n /= 2) {
      if (n < m - 1) {
        patterns.add(Pattern.of(n, m));
      }
    }
    patterns.add(target);
    return divided(patterns, first, last);
  }

  /**
   * Structure decay, geometric (Bambhaniya et al., arXiv 2402.04744): 8N:8M, 4N:4M, 2N:2M, N:M,
   * each for as many steps; dense before, N:M after. It begins with the longest group of at most
   * {@value Pattern#MAX_M}.
   *
   * @param target N:M
   * @param first first step of the longest group
   * @param last last step that is divided; N:M stays after it
   * @return the schedule
   * @throws IllegalArgumentException when {@code first} is less than 1 or there are fewer steps
   *     than patterns
   */
  public static PatternSchedule geometricDecay(Pattern target, long first, long last) {
    List<Pattern> patterns = new ArrayList<>();
    for (int factor = 8; factor >= 1; factor /= 2) {
      if (factor * target.m() <= Pattern.MAX_M) {
        patterns.add(Pattern.of(factor * target.n(), factor * target.m()));
      }
    }
    return divided(patterns, first, last);
  }

  /**
   * Dense at first.
   *
   * @param steps how many steps from step 1 on; 0 changes nothing
   * @return a changed copy
   * @throws IllegalArgumentException when it is negative
   */
  public PatternSchedule denseFor(long steps) {
    if (steps < 0) {
      throw new IllegalArgumentException("steps must be at least 0, got " + steps);
    }
    if (steps == 0) {
      return this;
    }
    List<Phase> changed = new ArrayList<>(List.of(new Phase(1, null, false)));
    if (steps < Long.MAX_VALUE) {
      Phase next = phase(steps + 1);
      changed.add(new Phase(steps + 1, next.pattern, next.frozen));
      phases.stream().filter(phase -> phase.from > steps + 1).forEach(changed::add);
    }
    return new PatternSchedule(changed);
  }

  /**
   * Dense at the end.
   *
   * @param step number of the first of these steps
   * @return a changed copy
   * @throws IllegalArgumentException when it is less than 1
   */
  public PatternSchedule denseFrom(long step) {
    return endingWith(new Phase(step, null, false));
  }

  /**
   * A mask that stays at the end: the one that this step finds.
   *
   * @param step number of the first of these steps
   * @return a changed copy
   * @throws IllegalArgumentException when it is less than 1, or the schedule is dense there
   */
  public PatternSchedule frozenFrom(long step) {
    return endingWith(new Phase(step, pattern(step), true));
  }

  /**
   * The pattern of a step.
   *
   * @param step its number, at least 1
   * @return the pattern, or null for dense
   * @throws IllegalArgumentException when the number is less than 1
   */
  public Pattern pattern(long step) {
    return phase(step).pattern;
  }

  /**
   * Whether a step keeps the mask that the first step of its phase used.
   *
   * @param step its number, at least 1
   * @return true when the mask stays
   * @throws IllegalArgumentException when the number is less than 1
   */
  public boolean frozen(long step) {
    return phase(step).frozen;
  }

  /**
   * Reads the form that {@link #toString} writes.
   *
   * @param text for example {@code "1 dense, 1001 2:4, 9001 2:4 frozen"}
   * @return the schedule
   * @throws IllegalArgumentException when the text is no schedule
   */
  public static PatternSchedule parse(String text) {
    List<Phase> phases = new ArrayList<>();
    for (String part : Objects.requireNonNull(text, "text").split(", ", -1)) {
      Matcher matcher = PHASE.matcher(part);
      if (!matcher.matches()) {
        throw new IllegalArgumentException(
            "schedule must look like \"1 dense, 1001 2:4, 9001 2:4 frozen\", got \"" + text + "\"");
      }
      String pattern = matcher.group(2);
      phases.add(
          new Phase(
              Long.parseLong(matcher.group(1)),
              pattern.equals("dense") ? null : Pattern.parse(pattern),
              matcher.group(3) != null));
    }
    return new PatternSchedule(phases);
  }

  /**
   * The form for storage, which {@link #parse} reads.
   *
   * @return for example {@code "1 dense, 1001 2:4, 9001 2:4 frozen"}
   */
  @Override
  public String toString() {
    return text(phases);
  }

  private static String text(List<Phase> phases) {
    return phases.stream().map(Phase::toString).collect(Collectors.joining(", "));
  }

  private Phase phase(long step) {
    if (step < 1) {
      throw new IllegalArgumentException("step must be at least 1, got " + step);
    }
    int i = phases.size() - 1;
    while (phases.get(i).from > step) {
      i--;
    }
    return phases.get(i);
  }

  private PatternSchedule endingWith(Phase last) {
    List<Phase> changed = new ArrayList<>();
    phases.stream().filter(phase -> phase.from < last.from).forEach(changed::add);
    changed.add(last);
    return new PatternSchedule(changed);
  }

  private static PatternSchedule divided(List<Pattern> patterns, long first, long last) {
    int count = patterns.size();
    if (first < 1 || last < first || last - first < count - 1) {
      throw new IllegalArgumentException(
          "expected at least " + count + " steps from 1 on, got " + first + " to " + last);
    }
    long steps = last - first + 1;
    List<Phase> phases = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      // steps * i / count without overflow.
      long from = first + steps / count * i + steps % count * i / count;
      phases.add(new Phase(from, patterns.get(i), false));
    }
    if (first > 1) {
      phases.add(0, new Phase(1, null, false));
    }
    return new PatternSchedule(phases);
  }
}
