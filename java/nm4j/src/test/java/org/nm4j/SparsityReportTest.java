/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nm4j.train.ConvGrouping;
import org.nm4j.train.LayerWeight;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Recipe;
import org.nm4j.train.SkipReason;
import org.nm4j.train.SparsityReport;

@RandomTest
class SparsityReportTest {
  private static final LayerWeight CONV = LayerWeight.conv2d("conv", 8, 16, 3, 3);
  private static final LayerWeight FC1 = LayerWeight.linear("fc1", 16, 32);
  private static final LayerWeight FC2 = LayerWeight.linear("fc2", 10, 16);

  @Test
  void saysWhatIsWantedAndWhatIs(Random random) {
    Map<LayerWeight, DenseMatrix> network = new LinkedHashMap<>();
    // Of each 4 input channels at a kernel position the first 2: no group along the rows obeys 2:4.
    float[] conv = new float[8 * 16 * 9];
    for (int i = 0; i < conv.length; i++) {
      conv[i] = i / 9 % 4 < 2 ? 1 : 0;
    }
    DenseMatrix fc1 = Samples.matrix(Samples.floats(random, 16 * 32), 16, 32);
    Mask.magnitude(fc1, Pattern.P2_4).apply(fc1);
    network.put(CONV, Samples.matrix(conv, 8, 144));
    network.put(FC1, fc1);
    network.put(FC2, Samples.matrix(Samples.floats(random, 160), 10, 16));
    SparsityReport report = SparsityReport.of(Recipe.paper(), network);
    assertTrue(report.ok(), report::toString);
    assertEquals(0.5, report.lines().get(0).nonZeros());
    assertEquals(1, report.lines().get(1).kept().magnitude());
    assertEquals(SkipReason.LAST, report.lines().get(2).choice().skipped());
    assertNull(report.lines().get(2).compliance());
    String table = report.toString();
    assertTrue(table.contains("3 weights, 2 eligible, 2 obey their pattern"), table);
    assertTrue(table.contains("the last layer"), table);
    assertTrue(table.lines().noneMatch(line -> line.endsWith(" ")), table);

    Recipe kernels = Recipe.builder().convGrouping(ConvGrouping.WITHIN_KERNELS).build();
    assertFalse(SparsityReport.of(kernels, network).ok());
  }

  @Test
  void oneWeightTooManyIsNamed() {
    float[] w = new float[16 * 32];
    Arrays.fill(w, 5 * 32 + 8, 5 * 32 + 11, 1);
    Map<LayerWeight, DenseMatrix> network = new LinkedHashMap<>();
    network.put(FC1, Samples.matrix(w, 16, 32));
    network.put(FC2, DenseMatrix.allocate(10, 16));
    SparsityReport report = SparsityReport.of(Recipe.paper(), network);
    assertFalse(report.ok());
    assertEquals(1, report.lines().get(0).compliance().breaches());
    assertEquals(2 / 3.0, report.lines().get(0).kept().magnitude(), 1e-12);
    assertTrue(report.toString().contains("1 group keeps too much, the first at row 5, column 8"));
    assertTrue(report.toString().contains("66.7 %"), report::toString);
  }

  /** Weights may come in parts, and blocks of masks count where masks are of blocks. */
  @Test
  void blocksOfMasksAreLookedAtToo(Random random) {
    Recipe.Builder recipe = Recipe.builder().lastDense(false).wholeGroups(false);
    DenseMatrix w = Samples.matrix(Samples.floats(random, 16 * 32), 16, 32);
    Mask.magnitude(w, Pattern.P2_4).apply(w);
    w.set(5, 0, 0);
    w.set(5, 1, 0);
    w.set(5, 2, 0);
    w.set(5, 3, 0);
    Map<LayerWeight, DenseMatrix> network = new LinkedHashMap<>();
    network.put(FC1, w);
    assertTrue(SparsityReport.of(recipe.build(), network).ok());
    for (MaskKind kind : new MaskKind[] {MaskKind.TRANSPOSABLE, MaskKind.vnm(8)}) {
      recipe.masks(kind).pattern(kind.v() == 0 ? Pattern.P2_4 : Pattern.P4_8);
      SparsityReport report = SparsityReport.of(recipe.build(), network);
      Compliance found = report.lines().get(0).compliance();
      assertFalse(report.ok(), "of random rows");
      assertTrue(report.lines().get(0).kept().magnitude() < 1);
      SparsityReport.Builder parts =
          SparsityReport.builder(kind, recipe.build().select(List.of(FC1)));
      parts.add(FC1, w.rows(0, 8));
      Misuse.illegalArgument(() -> parts.add(FC1, w.rows(8, 3)), "fc1", "8 x 32", "3 x 32");
      Misuse.illegalArgument(() -> parts.add(FC1, w), "fc1", "16 x 32");
      Misuse.illegalState(parts::build, "fc1", "16 rows, got 8");
      Misuse.illegalArgument(() -> parts.add(FC2, w), "[fc1]", "fc2");
      SparsityReport inParts = parts.add(FC1, w.rows(8, 8)).build();
      assertEquals(found, inParts.lines().get(0).compliance());
      assertEquals(report.lines().get(0).nonZeros(), inParts.lines().get(0).nonZeros());
      Mask mask =
          kind.v() == 0 ? Mask.transposable(w, Pattern.P2_4) : Mask.vnm(w, new VnmPattern(8, 4, 8));
      DenseMatrix pruned = DenseMatrix.copyOf(w.toArray(), 16, 32);
      mask.apply(pruned);
      network.put(FC1, pruned);
      assertTrue(SparsityReport.of(recipe.build(), network).ok());
      assertEquals(mask.keptShare(w).magnitude(), inParts.lines().get(0).kept().magnitude(), 1e-12);
      network.put(FC1, w);
    }
  }

  @Test
  void convolutionsHaveBlocksOfEachKernelPosition(Random random) {
    Recipe recipe = Recipe.builder().masks(MaskKind.TRANSPOSABLE).lastDense(false).build();
    DenseMatrix w = Samples.matrix(Samples.floats(random, 8 * 144), 8, 144);
    MaskedParameter p = recipe.parameter(recipe.select(List.of(CONV)).get(0), w, 1).build();
    p.mask().apply(w);
    Map<LayerWeight, DenseMatrix> network = Map.of(CONV, w);
    assertTrue(SparsityReport.of(recipe, network).ok());
    for (int input = 0; input < 4; input++) {
      w.set(6, input * 9 + 2, 1); // output 6, kernel position 2
    }
    Compliance found = SparsityReport.of(recipe, network).lines().get(0).compliance();
    assertEquals(1, found.breaches());
    assertEquals(4 * 9 + 2, found.firstRow(), "the block of outputs 4 to 7");
    assertEquals(0, found.firstColumn());
  }

  @Test
  void nanIsSeenAndNothingIsReported() {
    float[] w = new float[16 * 32];
    w[3] = Float.NaN;
    Map<LayerWeight, DenseMatrix> network = new LinkedHashMap<>();
    network.put(FC1, Samples.matrix(w, 16, 32));
    network.put(FC2, DenseMatrix.allocate(10, 16));
    SparsityReport report = SparsityReport.of(Recipe.paper(), network);
    assertTrue(report.ok());
    assertTrue(report.toString().contains("n/a"), report::toString);
    assertEquals(
        "0 weights, 0 eligible, 0 obey their pattern",
        SparsityReport.of(Recipe.paper(), Map.of()).toString().lines().skip(1).findFirst().get());
  }

  @Test
  void matricesOfAnotherShapeOrTypeAreRefused() {
    Misuse.illegalArgument(
        () -> SparsityReport.of(Recipe.paper(), Map.of(FC1, DenseMatrix.allocate(32, 16))),
        "fc1",
        "16 x 32",
        "32 x 16");
    Misuse.illegalArgument(
        () ->
            SparsityReport.of(
                Recipe.paper(), Map.of(FC1, DenseMatrix.allocate(DType.BF16, 16, 32))),
        "fc1",
        "BF16");
    Misuse.nullPointer(() -> SparsityReport.of(null, Map.of()));
  }
}
