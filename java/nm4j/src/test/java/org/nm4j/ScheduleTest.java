/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.train.MaskDecay;
import org.nm4j.train.MaskRule;
import org.nm4j.train.MaskedParameter;
import org.nm4j.train.Optimizer;
import org.nm4j.train.PatternSchedule;

@RandomTest
class ScheduleTest {
  private static final Execution CALLER = Execution.caller();

  private static DenseMatrix drawn(Random random) {
    return Samples.matrix(Samples.floats(random, 6 * 48), 6, 48);
  }

  @Test
  void structureDecayHalvesWhatIsKept() {
    assertEquals(
        "1 7:8, 26 4:8, 51 2:8, 76 1:8",
        PatternSchedule.structureDecay(Pattern.of(1, 8), 1, 100).toString());
    assertEquals(
        "1 dense, 11 3:4, 16 2:4", PatternSchedule.structureDecay(Pattern.P2_4, 11, 20).toString());
    assertEquals(
        "1 6:7, 2 3:7, 3 2:7", PatternSchedule.structureDecay(Pattern.of(2, 7), 1, 3).toString());
    assertEquals("1 1:2", PatternSchedule.structureDecay(Pattern.P1_2, 1, 1).toString());
    assertEquals("1 3:4", PatternSchedule.structureDecay(Pattern.of(3, 4), 1, 9).toString());
    assertEquals("1 2:3, 4 1:3", PatternSchedule.structureDecay(Pattern.of(1, 3), 1, 7).toString());
  }

  @Test
  void geometricDecayShortensGroups() {
    assertEquals(
        "1 16:32, 11 8:16, 21 4:8, 31 2:4",
        PatternSchedule.geometricDecay(Pattern.P2_4, 1, 40).toString());
    assertEquals(
        "1 dense, 5 2:32, 6 1:16",
        PatternSchedule.geometricDecay(Pattern.of(1, 16), 5, 6).toString());
    assertEquals("1 3:17", PatternSchedule.geometricDecay(Pattern.of(3, 17), 1, 40).toString());
  }

  @Test
  void framesOfAnyLengthDoNotOverflow() {
    PatternSchedule whole = PatternSchedule.structureDecay(Pattern.P1_4, 1, Long.MAX_VALUE - 1);
    assertEquals(Pattern.P1_4, whole.pattern(Long.MAX_VALUE));
    assertEquals(Pattern.of(3, 4), whole.pattern(Long.MAX_VALUE / 3));
    assertEquals(Pattern.P2_4, whole.pattern(Long.MAX_VALUE / 3 + 2));
  }

  @Test
  void denseAtBothEndsAndFrozen() {
    PatternSchedule schedule = PatternSchedule.constant(Pattern.P2_4).denseFor(10);
    assertEquals("1 dense, 11 2:4", schedule.toString());
    assertNull(schedule.pattern(10));
    assertEquals(Pattern.P2_4, schedule.pattern(11));
    assertEquals("1 dense, 11 2:4, 90 2:4 frozen", schedule.frozenFrom(90).toString());
    assertTrue(schedule.frozenFrom(90).frozen(90));
    assertFalse(schedule.frozenFrom(90).frozen(89));
    assertEquals("1 dense, 11 2:4, 90 dense", schedule.denseFrom(90).toString());
    assertEquals("1 dense", schedule.denseFrom(1).toString());
    assertEquals("1 dense", schedule.denseFor(Long.MAX_VALUE).toString());
    assertEquals(schedule, schedule.denseFor(0));
    assertEquals("1 dense, 11 2:4", schedule.denseFor(5).toString());
    PatternSchedule steps = PatternSchedule.parse("1 3:4, 5 2:4, 9 1:4");
    assertEquals("1 dense, 7 2:4, 9 1:4", steps.denseFor(6).toString());
    assertEquals("1 dense, 9 1:4", steps.denseFor(8).toString());
    assertEquals("1 3:4, 5 2:4, 6 2:4 frozen", steps.frozenFrom(6).toString());
    Misuse.illegalArgument(() -> schedule.frozenFrom(3), "frozen", "dense");
    Misuse.illegalArgument(() -> schedule.denseFor(-1), "-1");
    Misuse.illegalArgument(() -> schedule.denseFrom(0), "0");
    Misuse.illegalArgument(() -> schedule.pattern(0), "0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1 2:4", "1 dense", "1 dense, 1001 3:4, 2001 2:4, 9001 2:4 frozen"})
  void schedulesReadWhatTheyWrite(String text) {
    PatternSchedule schedule = PatternSchedule.parse(text);
    assertEquals(text, schedule.toString());
    assertEquals(schedule, PatternSchedule.parse(schedule.toString()));
    assertEquals(schedule.hashCode(), PatternSchedule.parse(text).hashCode());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2 2:4",
        "1 2:4,3 1:4",
        "1 2:4, 1 1:4",
        "1 2:4, 0 1:4",
        "1 4:2",
        "1 2:4 thawed",
        "1 dense frozen",
        "-1 2:4",
        "1 2:4, ",
        "1 2:4, 9999999999999999999 1:4"
      })
  void otherTextsAreRefused(String text) {
    Misuse.illegalArgument(() -> PatternSchedule.parse(text));
  }

  @Test
  void neighboursThatSayTheSameAreJoined() {
    assertEquals("1 2:4, 9 1:4", PatternSchedule.parse("1 2:4, 5 2:4, 9 1:4").toString());
    Misuse.illegalArgument(() -> new PatternSchedule(List.of()), "phase");
    Misuse.illegalArgument(() -> new PatternSchedule.Phase(0, null, false), "0");
    Misuse.illegalArgument(
        () -> PatternSchedule.structureDecay(Pattern.of(1, 8), 1, 3), "4", "1 to 3");
    Misuse.illegalArgument(() -> PatternSchedule.structureDecay(Pattern.P2_4, 0, 9), "0 to 9");
  }

  @Test
  void factorsFall() {
    MaskDecay linear = MaskDecay.linear(11, 21);
    assertEquals(1, linear.factor(1));
    assertEquals(1, linear.factor(11));
    assertEquals(0.7f, linear.factor(14), 1e-7);
    assertEquals(0.1f, linear.factor(20), 1e-7);
    assertEquals(0, linear.factor(21));
    assertEquals(0, linear.factor(Long.MAX_VALUE));
    MaskDecay exponential = MaskDecay.exponential(0.5, 1, 5);
    assertEquals((float) Math.exp(-1.5), exponential.factor(4));
    assertEquals(0, exponential.factor(5));
    MaskDecay steep = new MaskDecay(MaskDecay.Form.LINEAR, 0.4, 1, 100);
    assertEquals(0.2f, steep.factor(3), 1e-7);
    assertEquals(0, steep.factor(4));
    for (MaskDecay decay : List.of(linear, exponential, steep, MaskDecay.exponential(1e-9, 1, 9))) {
      assertEquals(decay, MaskDecay.parse(decay.toString()));
    }
    assertEquals("linear 0.1 from 11 until 21", linear.toString());
    Misuse.illegalArgument(() -> MaskDecay.linear(5, 5), "5");
    Misuse.illegalArgument(() -> MaskDecay.linear(0, 5), "0");
    Misuse.illegalArgument(() -> MaskDecay.exponential(Double.NaN, 1, 5), "NaN");
    Misuse.illegalArgument(() -> MaskDecay.exponential(-1, 1, 5), "-1");
    Misuse.illegalArgument(() -> linear.factor(0), "0");
    for (String text : List.of("", "linear", "cubic 1 from 1 until 2", "linear - from 1 until 2")) {
      Misuse.illegalArgument(() -> MaskDecay.parse(text), "linear");
    }
  }

  @Test
  void aParameterFollowsItsSchedule(Random random) {
    DenseMatrix w = drawn(random);
    PatternSchedule schedule =
        PatternSchedule.parse("1 dense, 3 3:4, 5 1:4, 8 1:4 frozen, 11 dense");
    MaskRule rule = MaskRule.ste().schedule(schedule);
    MaskedParameter p = MaskedParameter.builder("w", w).pattern(Pattern.P1_2).startOf(rule).build();
    for (long step = 1; step <= 12; step++) {
      Mask used = p.mask();
      long kept = step < 3 || step > 10 ? 288 : step < 5 ? 216 : 72;
      assertEquals(kept, used.count(), "step " + step);
      long flips = p.step(drawn(random), Optimizer.sgd(1), rule, CALLER);
      assertEquals(used.distance(p.mask()), flips);
      boolean stays = step == 1 || (step >= 8 && step < 10) || step == 11 || step == 12;
      assertEquals(stays, flips == 0, "step " + step);
    }
  }

  @Test
  void aChangeOfPatternDoesNotWaitForTheRefresh(Random random) {
    DenseMatrix w = drawn(random);
    MaskRule rule =
        MaskRule.ste().refreshEvery(4).schedule(PatternSchedule.parse("1 dense, 2 2:4, 7 1:4"));
    MaskedParameter p = MaskedParameter.builder("w", w).startOf(rule).build();
    boolean[] changed = new boolean[9];
    for (int step = 1; step <= 8; step++) {
      changed[step] = p.step(drawn(random), Optimizer.sgd(1), rule, CALLER) > 0;
    }
    assertArrayEquals(
        new boolean[] {false, true, false, false, true, false, true, false, true}, changed);
  }

  @Test
  void maskedCopiesFollowTheDecay(Random random) {
    DenseMatrix w = drawn(random);
    DenseMatrix masked = DenseMatrix.allocate(6, 48);
    MaskRule rule = MaskRule.ste().decay(MaskDecay.linear(2, 6));
    MaskedParameter p =
        MaskedParameter.builder("w", w).pattern(Pattern.P2_4).masked(masked).startOf(rule).build();
    float[] factors = {0, 1, 1, 0.75f, 0.5f, 0.25f, 0, 0};
    for (int step = 1; step <= 7; step++) {
      Mask mask = p.mask();
      for (int i = 0; i < 6 * 48; i++) {
        float value = w.get(i / 48, i % 48);
        float expected = mask.get(i / 48, i % 48) ? value : factors[step] * value;
        assertEquals(expected, masked.get(i / 48, i % 48), 0f, "step " + step);
      }
      p.step(drawn(random), Optimizer.sgd(0.1f), rule, CALLER);
    }
  }

  @Test
  void savedStatesContinueTheSchedule(Random random) throws IOException {
    MaskRule rule =
        MaskRule.srSte()
            .schedule(PatternSchedule.structureDecay(Pattern.P1_4, 3, 8))
            .decay(MaskDecay.exponential(0.2, 1, 9));
    DenseMatrix w = drawn(random);
    DenseMatrix masked = DenseMatrix.allocate(6, 48);
    MaskedParameter p = MaskedParameter.builder("w", w).masked(masked).startOf(rule).build();
    ByteArrayOutputStream saved = new ByteArrayOutputStream();
    DenseMatrix copy = null;
    DenseMatrix[] grads = new DenseMatrix[10];
    for (int step = 0; step < 10; step++) {
      if (step == 4) {
        p.save(saved);
        copy = DenseMatrix.copyOf(w.toArray(), 6, 48);
      }
      grads[step] = drawn(random);
      p.step(grads[step], Optimizer.sgd(0.5f).momentum(0.9f), rule, CALLER);
    }
    DenseMatrix maskedCopy = DenseMatrix.allocate(6, 48);
    MaskedParameter q = MaskedParameter.builder("w", copy).masked(maskedCopy).build();
    q.load(new ByteArrayInputStream(saved.toByteArray()));
    for (int step = 4; step < 10; step++) {
      q.step(grads[step], Optimizer.sgd(0.5f).momentum(0.9f), rule, CALLER);
    }
    assertArrayEquals(w.toArray(), copy.toArray());
    assertArrayEquals(masked.toArray(), maskedCopy.toArray());
    assertEquals(p.mask(), q.mask());
    assertEquals(72, q.mask().count());
  }

  @Test
  void aStepThatIsRefusedChangesNoPattern(Random random) {
    MaskRule rule = MaskRule.ste().schedule(PatternSchedule.parse("1 dense, 2 2:4"));
    MaskedParameter p = MaskedParameter.builder("w", drawn(random)).startOf(rule).build();
    DenseMatrix nan = drawn(random);
    nan.set(3, 3, Float.NaN);
    Misuse.fails(ErrorCode.NAN, () -> p.step(nan, Optimizer.sgd(1), rule, CALLER), "w");
    assertTrue(p.toString().contains("dense"), p::toString);
    p.step(drawn(random), Optimizer.sgd(1), rule, CALLER);
    assertEquals(144, p.mask().count());
  }

  @Test
  void aFixedMaskFollowsNoSchedule() {
    PatternSchedule schedule = PatternSchedule.constant(Pattern.P2_4);
    assertThrows(IllegalStateException.class, () -> MaskRule.fixedMask().schedule(schedule));
    Misuse.nullPointer(() -> MaskRule.ste().schedule(null));
    Misuse.nullPointer(() -> MaskRule.ste().decay(null));
    assertTrue(MaskRule.ste().schedule(schedule).toString().contains("schedule 1 2:4"));
  }
}
