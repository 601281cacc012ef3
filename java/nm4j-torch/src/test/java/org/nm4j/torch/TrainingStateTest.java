/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.Pattern;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Recipe;

class TrainingStateTest {
  private static final Recipe RECIPE = Recipe.builder().rule(MaskRule.srSte(0.01f)).build();

  @TempDir private Path temp;

  /** A network in training with PyTorch's Adam, nm4j's, or these in turn. */
  private static final class Training implements AutoCloseable {
    final SmallNet net;
    final Optimizer torchs;
    final org.nm4j.train.Optimizer fused;
    final Sparsifier sparsifier;
    final boolean inTurn;
    final int fusedAt; // which batches, of two

    Training(String optimizer, long seed) {
      this(optimizer, seed, RECIPE);
    }

    Training(String optimizer, long seed, Recipe recipe) {
      SmallNet seeded = SmallNet.seeded(seed);
      net = optimizer.endsWith("bf16") ? seeded.inBf16() : seeded;
      inTurn = optimizer.startsWith("both");
      fusedAt = optimizer.contains("odd") ? 1 : 0;
      torchs = optimizer.startsWith("torch") || inTurn ? net.adam() : null;
      fused = org.nm4j.train.Optimizer.adam(1e-3f);
      sparsifier = Sparsifier.attach(net, recipe);
    }

    void step(long batch) {
      net.backward(batch);
      if (torchs == null || inTurn && batch % 2 == fusedAt) {
        sparsifier.step(fused);
      } else {
        sparsifier.step(torchs);
      }
      sparsifier.record();
    }

    @Override
    public void close() {
      sparsifier.close();
    }
  }

  private static void assertSame(Training expected, Training got) {
    SmallNet.assertSame(expected.net.values(), got.net.values());
    SmallNet.assertSame(expected.sparsifier, got.sparsifier);
  }

  @ParameterizedTest
  @CsvSource({
    "torch,magnitude",
    "torch bf16,magnitude",
    "fused bf16,transposable",
    "fused,magnitude",
    "torch,transposable",
    "fused,random 3",
    "torch,scores",
    "fused,wanda",
    "both,magnitude",
    "both odd,magnitude",
    "both bf16,magnitude",
    "both odd bf16,magnitude"
  })
  void goesOnBitForBit(String optimizer, String masks) throws IOException {
    Path file = temp.resolve("state.nm4j");
    MaskRule rule = MaskRule.srSte().refreshEvery(2);
    Recipe recipe = Recipe.builder().masks(MaskKind.parse(masks)).rule(rule).build();
    try (Training whole = new Training(optimizer, 1, recipe);
        Training resumed = new Training(optimizer, 2, recipe)) {
      for (int batch = 0; batch < 7; batch++) {
        whole.step(batch);
      }
      torch.manual_seed(77);
      whole.sparsifier.save(file, whole.torchs, new byte[] {1, 2, 3});
      float drawn = torch.rand(1).item_float();
      for (int batch = 7; batch < 15; batch++) {
        whole.step(batch);
      }
      assertArrayEquals(new byte[] {1, 2, 3}, resumed.sparsifier.load(file, resumed.torchs));
      assertEquals(drawn, torch.rand(1).item_float());
      for (int batch = 7; batch < 15; batch++) {
        resumed.step(batch);
      }
      assertSame(whole, resumed);
      assertEquals(List.of(file), listed());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"both", "both bf16"})
  void whatNm4jsOptimisersKnewIsForgotten(String optimizer) throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training saved = new Training(optimizer, 1);
        Training used = new Training(optimizer, 2);
        Training fresh = new Training(optimizer, 3)) {
      saved.step(1); // by PyTorch's
      saved.sparsifier.save(file, saved.torchs, new byte[0]);
      used.step(0); // by nm4j's
      for (Training training : List.of(used, fresh)) {
        training.sparsifier.load(file, training.torchs);
        for (int batch = 2; batch < 6; batch++) {
          training.step(batch);
        }
      }
      assertSame(fresh, used);
    }
  }

  private List<Path> listed() throws IOException {
    try (var files = Files.list(temp)) {
      return files.toList();
    }
  }

  @Test
  void damagedFilesChangeNothing() throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training saved = new Training("torch", 1);
        Training other = new Training("torch", 2);
        Training untouched = new Training("torch", 2)) {
      saved.step(0);
      saved.sparsifier.save(file, saved.torchs, new byte[0]);
      byte[] good = Files.readAllBytes(file);
      Random random = new Random(5);
      for (int i = 0; i < 50; i++) {
        byte[] bad = good.clone();
        bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bad);
        refused(other, file, other.torchs);
        Files.write(file, Arrays.copyOf(good, random.nextInt(good.length)));
        refused(other, file, other.torchs);
      }
      Files.write(file, good);
      IOException e = refused(other, file, null);
      assertTrue(e.getMessage().contains("with an optimiser of PyTorch"), e.getMessage());
      assertSame(untouched, other);
      other.sparsifier.load(file, other.torchs);
      assertSame(saved, other);
    }
  }

  @Test
  void anotherRecipeIsRefused() throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training saved = new Training("fused", 1)) {
      saved.sparsifier.save(file, null, new byte[0]);
    }
    SmallNet net = SmallNet.seeded(1);
    Recipe recipe = Recipe.builder().pattern(Pattern.P1_4).build();
    try (Sparsifier sparsifier = Sparsifier.attach(net, recipe)) {
      IOException e = assertThrows(IOException.class, () -> sparsifier.load(file, null));
      assertTrue(e.getMessage().contains("recipe and steps: expected"), e.getMessage());
    }
  }

  @Test
  void anotherOptimiserIsRefused() throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training saved = new Training("torch", 1);
        Training other = new Training("torch", 2);
        Training untouched = new Training("torch", 2)) {
      saved.step(0);
      saved.sparsifier.save(file, saved.torchs, new byte[0]);
      IOException e = refused(other, file, other.net.sgd());
      assertTrue(e.getMessage().contains("optimiser: expected Adam, got SGD"), e.getMessage());
      assertSame(untouched, other);
    }
  }

  private static IOException refused(Training training, Path file, Optimizer optimizer) {
    return assertThrows(IOException.class, () -> training.sparsifier.load(file, optimizer));
  }
}
