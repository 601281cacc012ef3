/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.nm4j.Compliance;
import org.nm4j.DenseMatrix;
import org.nm4j.KeptShare;

/**
 * What a network's weights are, beside what a {@link Recipe} wants them to be: which may be sparse,
 * why others may not, and whether those that should be are. It looks at the values themselves, not
 * at masks that should have made them.
 *
 * <pre>{@code
 * Map<LayerWeight, DenseMatrix> network = new LinkedHashMap<>();     // in the network's order
 * network.put(LayerWeight.linear("fc1", 8, 16), DenseMatrix.allocate(8, 16));
 * network.put(LayerWeight.linear("fc2", 10, 8), DenseMatrix.allocate(10, 8));
 * SparsityReport report = SparsityReport.of(Recipe.paper(), network);
 * System.out.println(report);                                        // a table
 * boolean ok = report.ok();                                          // true: zeros obey 2:4
 * }</pre>
 *
 * <p>Immutable, safe for use by many threads.
 *
 * @param lines one for each weight, in the network's order
 */
public record SparsityReport(List<Line> lines) {

  /**
   * A weight.
   *
   * @param choice what the recipe wants, and why it stays dense if it does
   * @param compliance whether the values obey the pattern; null for one that stays dense. Of
   *     convolutions with groups of input channels a row is an output and kernel position.
   * @param kept the share of the values that the best mask keeps, 1 when they obey it: by
   *     magnitude, for transposable and V:N:M masks one of that kind. So it is for random, scored
   *     and Wanda's masks too, whose choice the values do not show. Null for one that stays dense
   * @param nonZeros how many values are not 0, of all of them
   */
  public record Line(LayerChoice choice, Compliance compliance, KeptShare kept, double nonZeros) {
    /**
     * Whether the values are what the recipe wants.
     *
     * @return true when they obey the pattern, or stay dense
     */
    public boolean ok() {
      return compliance == null || compliance.ok();
    }
  }

  /**
   * Copies the list.
   *
   * @param lines one for each weight
   */
  public SparsityReport {
    lines = List.copyOf(lines);
  }

  /**
   * Looks at weights.
   *
   * @param recipe what they should be
   * @param network fp32 weights by name and shape, in the network's order, each outputs x {@link
   *     LayerWeight#cols} in PyTorch's order of dimensions
   * @return the report
   * @throws IllegalArgumentException when a matrix is not of its shape, or not fp32
   */
  public static SparsityReport of(Recipe recipe, Map<LayerWeight, DenseMatrix> network) {
    Builder builder = builder(recipe.masks(), recipe.select(List.copyOf(network.keySet())));
    network.forEach(builder::add);
    return builder.build();
  }

  /**
   * Begins a report of weights that come one after the other, or in parts.
   *
   * @param masks of which kind masks should be: transposable and V:N:M ones have to keep their
   *     blocks, too
   * @param choices what each weight should be, in the network's order
   * @return a builder
   */
  public static Builder builder(MaskKind masks, List<LayerChoice> choices) {
    return new Builder(masks, choices);
  }

  /**
   * Takes the values of weights.
   *
   * <p>Not safe for use by many threads at once.
   */
  public static final class Builder {
    private final Map<String, WeightTally> tallies = new LinkedHashMap<>();

    private Builder(MaskKind masks, List<LayerChoice> choices) {
      Objects.requireNonNull(masks, "masks");
      for (LayerChoice choice : choices) {
        tallies.put(choice.weight().name(), new WeightTally(masks, choice));
      }
      if (tallies.size() < choices.size()) {
        throw new IllegalArgumentException("expected weights with a name each, got " + choices);
      }
    }

    /**
     * Looks at rows of a weight: all, or those after the ones before.
     *
     * @param weight one of the choices'
     * @param rows fp32, some outputs x {@link LayerWeight#cols}; parts end at whole blocks of masks
     * @return this
     * @throws IllegalArgumentException when the weight is none of these, or the rows are of another
     *     shape or type, or too many
     */
    public Builder add(LayerWeight weight, DenseMatrix rows) {
      WeightTally tally = tallies.get(weight.name());
      if (tally == null) {
        throw new IllegalArgumentException(
            "expected one of " + tallies.keySet() + ", got " + weight.name());
      }
      tally.add(rows);
      return this;
    }

    /**
     * Ends the report.
     *
     * @return the report
     * @throws IllegalStateException when rows are missing
     */
    public SparsityReport build() {
      return new SparsityReport(tallies.values().stream().map(WeightTally::line).toList());
    }
  }

  /**
   * Whether all values are what the recipe wants.
   *
   * @return true when each line is
   */
  public boolean ok() {
    return lines.stream().allMatch(Line::ok);
  }

  /**
   * The report as a table.
   *
   * @return a line with headings, one for each weight, and a sum
   */
  @Override
  public String toString() {
    int name = lines.stream().mapToInt(l -> l.choice.weight().name().length()).max().orElse(0);
    String format = "%-" + Math.max(name, 6) + "s  %12s  %-7s  %8s  %8s  %s%n";
    StringBuilder table = new StringBuilder();
    table.append(row(format, "weight", "values", "pattern", "non-zero", "kept |w|", "finding"));
    for (Line line : lines) {
      LayerChoice choice = line.choice;
      table.append(
          row(
              format,
              choice.weight().name(),
              choice.weight().weights(),
              choice.isSparse() ? choice.pattern() : "dense",
              percent(line.nonZeros),
              line.kept == null ? "" : percent(line.kept.magnitude()),
              choice.isSparse() ? finding(line.compliance) : choice.detail()));
    }
    long sparse = lines.stream().filter(line -> line.choice.isSparse()).count();
    long obey = lines.stream().filter(line -> line.choice.isSparse() && line.ok()).count();
    return table
        .append(lines.size())
        .append(" weights, ")
        .append(sparse)
        .append(" eligible, ")
        .append(obey)
        .append(" obey their pattern")
        .toString();
  }

  private static String finding(Compliance compliance) {
    return compliance.ok()
        ? "ok"
        : compliance.breaches()
            + (compliance.breaches() == 1 ? " group keeps" : " groups keep")
            + " too much, the first at row "
            + compliance.firstRow()
            + ", column "
            + compliance.firstColumn();
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "n/a" : String.format(Locale.ROOT, "%.1f %%", 100 * share);
  }

  private static String row(String format, Object... cells) {
    return String.format(Locale.ROOT, format, cells).replace(" " + System.lineSeparator(), "\n");
  }
}
