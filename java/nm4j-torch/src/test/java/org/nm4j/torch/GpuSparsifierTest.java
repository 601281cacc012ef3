/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nm4j.CompressedMatrix;
import org.nm4j.DType;
import org.nm4j.Device;
import org.nm4j.DeviceStream;
import org.nm4j.Execution;
import org.nm4j.Pattern;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Recipe;

/** Networks on a GPU, against the same on the CPU. */
@DoubleTest
class GpuSparsifierTest {
  private static final Device GPU = Device.cuda(0);
  private static final Recipe SR_STE = Recipe.builder().rule(MaskRule.srSte(0.01f)).build();

  @TempDir private Path temp;

  private DoublePlace place;

  @BeforeEach
  void open() {
    place = new DoublePlace();
  }

  @AfterEach
  void close() {
    place.close();
  }

  /** A network in training with an optimiser: "adam", "fused sgd", "sgd bf16", ... */
  private final class Training implements AutoCloseable {
    final SmallNet net;
    final Optimizer torchs;
    final org.nm4j.train.Optimizer fused;
    final Sparsifier sparsifier;

    Training(Device device, String optimizer, long seed, Recipe recipe) {
      SmallNet seeded = SmallNet.seeded(seed);
      if (optimizer.endsWith("bf16")) {
        seeded.inBf16();
      }
      net = device.isCpu() ? seeded : place.move(seeded, device);
      boolean adam = optimizer.contains("adam");
      torchs = optimizer.startsWith("fused") ? null : adam ? net.adam() : net.sgd();
      fused =
          adam
              ? org.nm4j.train.Optimizer.adam(1e-3f)
              : org.nm4j.train.Optimizer.sgd(0.05f).momentum(0.9f).weightDecay(1e-3f);
      sparsifier = Sparsifier.attach(net, recipe);
    }

    double backward(long batch) {
      double loss = net.backward(batch);
      place.moveGradients(net);
      return loss;
    }

    long step() {
      return torchs == null ? sparsifier.step(fused) : sparsifier.step(torchs);
    }

    void steps(int from, int to) {
      for (int batch = from; batch < to; batch++) {
        backward(batch);
        step();
        sparsifier.record();
      }
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
    "sgd, 0",
    "sgd, 0.01",
    "adam, 0",
    "adam, 0.01",
    "sgd bf16, 0.01",
    "adam bf16, 0.01",
    "fused sgd, 0",
    "fused sgd, 0.01",
    "fused adam, 0",
    "fused adam, 0.01",
    "fused adam bf16, 0.01"
  })
  void trainsAsOnTheCpu(String optimizer, float lambda) {
    Recipe recipe = Recipe.builder().rule(MaskRule.srSte(lambda)).build();
    try (Training cpu = new Training(Device.cpu(), optimizer, 1, recipe);
        Training gpu = new Training(GPU, optimizer, 1, recipe)) {
      assertEquals(GPU, gpu.sparsifier.device());
      for (int batch = 0; batch < 15; batch++) {
        assertEquals(cpu.backward(batch), gpu.backward(batch));
        assertEquals(cpu.step(), gpu.step());
        assertEquals(cpu.sparsifier.record(), gpu.sparsifier.record());
        assertSame(cpu, gpu);
      }
      assertTrue(gpu.sparsifier.flips().get("fc1.weight") > 0);
      for (SparseWeight weight : gpu.sparsifier.sparse().values()) {
        assertEquals(GPU, place.of(weight.master()));
        assertEquals(GPU, place.of(weight.masked()));
        assertEquals(weight.masked().data_ptr().address(), weight.tensor().data_ptr().address());
      }
    }
  }

  @Test
  void masksMayBeFrozenOrMadeAnew() {
    Recipe late = Recipe.builder().rule(MaskRule.srSte().refreshEvery(100)).build();
    try (Training cpu = new Training(Device.cpu(), "sgd", 2, late);
        Training gpu = new Training(GPU, "sgd", 2, late)) {
      for (Training training : List.of(cpu, gpu)) {
        training.steps(0, 5);
      }
      long flips = cpu.sparsifier.refreshMasks();
      assertTrue(flips > 0);
      assertEquals(flips, gpu.sparsifier.refreshMasks());
      for (Training training : List.of(cpu, gpu)) {
        training.sparsifier.freezeMasks();
        training.steps(5, 8);
      }
      assertSame(cpu, gpu);
      SparseWeight weight = gpu.sparsifier.sparse().get("fc1.weight");
      assertArrayEquals(SmallNet.floats(weight.masked()), SmallNet.floats(weight.master()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"adam", "adam bf16", "fused sgd", "fused adam bf16"})
  void goesOnBitForBit(String optimizer) throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training whole = new Training(GPU, optimizer, 1, SR_STE);
        Training resumed = new Training(GPU, optimizer, 2, SR_STE)) {
      whole.steps(0, 5);
      whole.sparsifier.save(file, whole.torchs, new byte[] {7});
      whole.steps(5, 10);
      assertArrayEquals(new byte[] {7}, resumed.sparsifier.load(file, resumed.torchs));
      resumed.steps(5, 10);
      assertSame(whole, resumed);
    }
  }

  @Test
  void randomNumbersOfTheGpuGoOn() throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training training = new Training(GPU, "sgd", 1, SR_STE)) {
      training.backward(0);
      training.step();
      drawn();
      training.sparsifier.save(file, training.torchs, new byte[0]);
      float next = drawn();
      assertNotEquals(next, drawn());
      training.sparsifier.load(file, training.torchs);
      assertEquals(next, drawn());
    }
  }

  private float drawn() {
    return torch.zeros(1).uniform_(0, 1, generator()).item_float();
  }

  private org.bytedeco.pytorch.GeneratorOptional generator() {
    return new org.bytedeco.pytorch.GeneratorOptional(place.generator(GPU));
  }

  @Test
  void statesOfAnotherDeviceAreRefused() throws IOException {
    Path file = temp.resolve("state.nm4j");
    try (Training gpu = new Training(GPU, "sgd", 1, SR_STE);
        Training cpu = new Training(Device.cpu(), "sgd", 2, SR_STE);
        Training untouched = new Training(Device.cpu(), "sgd", 2, SR_STE)) {
      gpu.sparsifier.save(file, gpu.torchs, new byte[0]);
      IOException e = assertThrows(IOException.class, () -> cpu.sparsifier.load(file, cpu.torchs));
      assertTrue(e.getMessage().contains("on cpu, got Float of "), e.getMessage());
      assertTrue(e.getMessage().endsWith(" on cuda:0"), e.getMessage());
      assertSame(untouched, cpu);
    }
  }

  @Test
  void reportsAndExportsWhatTheCpuDoes() {
    try (Training cpu = new Training(Device.cpu(), "sgd", 3, SR_STE);
        Training gpu = new Training(GPU, "sgd", 3, SR_STE);
        Training half = new Training(GPU, "sgd bf16", 3, SR_STE)) {
      cpu.steps(0, 3);
      gpu.steps(0, 3);
      assertTrue(gpu.sparsifier.report().ok());
      assertEquals(cpu.sparsifier.report().toString(), gpu.sparsifier.report().toString());
      Map<String, CompressedMatrix> expected = cpu.sparsifier.export();
      Map<String, CompressedMatrix> got = gpu.sparsifier.export();
      assertEquals(expected.keySet(), got.keySet());
      expected.forEach(
          (name, matrix) ->
              assertArrayEquals(
                  matrix.decompress().toArray(), got.get(name).decompress().toArray()));
      assertTrue(half.sparsifier.report().ok());
      assertArrayEquals(
          SmallNet.floats(half.net.fc1.weight()),
          half.sparsifier.export().get("fc1.weight").decompress().toArray());
    }
  }

  @Test
  void endsInTheMemoryWhereItBegan() {
    for (boolean finish : new boolean[] {true, false}) {
      Training training = new Training(GPU, "sgd", 4, SR_STE);
      SparseWeight weight = training.sparsifier.sparse().get("fc1.weight");
      long memory = weight.master().data_ptr().address();
      assertNotEquals(memory, training.net.fc1.weight().data_ptr().address());
      training.steps(0, 2);
      float[] expected = SmallNet.floats(finish ? weight.masked() : weight.master());
      if (finish) {
        training.sparsifier.finish();
      } else {
        training.sparsifier.detach();
      }
      training.close();
      assertEquals(memory, training.net.fc1.weight().data_ptr().address());
      assertArrayEquals(expected, SmallNet.floats(training.net.fc1.weight()));
      training.backward(2);
      training.torchs.step();
    }
  }

  @Test
  void badGradientsChangeNothing() {
    try (Training training = new Training(GPU, "fused adam", 5, SR_STE);
        Training untouched = new Training(GPU, "fused adam", 5, SR_STE)) {
      training.backward(0);
      untouched.backward(0);
      training.net.fc1.weight().grad().data_ptr_float().put(7, Float.NaN);
      refused("fc1.weight: the gradient is not finite", training::step);
      assertSame(untouched, training);
    }
  }

  private static void refused(String message, org.junit.jupiter.api.function.Executable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action);
    assertTrue(e.getMessage().startsWith(message), e.getMessage());
  }

  @Test
  void layersOnSeveralDevicesAreRefused() {
    SmallNet net = SmallNet.seeded(6);
    net.fc1.weight().set_data(place.move(net.fc1.weight(), GPU));
    refused(
        "expected all sparse layers on one device, got conv.weight on cpu and fc1.weight on cuda:0",
        () -> Sparsifier.attach(net, SR_STE));
    net.conv.weight().set_data(place.move(net.conv.weight(), Device.cuda(1)));
    refused(
        "expected all sparse layers on one device, got conv.weight on cuda:1 and fc1.weight on",
        () -> Sparsifier.attach(net, SR_STE));
    net.conv.weight().set_data(place.move(net.conv.weight(), GPU));
    try (Sparsifier sparsifier = Sparsifier.attach(net, SR_STE)) {
      net.backward(0);
      place.moveGradients(net);
      sparsifier.step(net.sgd()); // what stays dense is PyTorch's affair
      refused(
          "stem.weight: expected cuda:0, where the sparse layers are, got Float of ",
          () -> sparsifier.step(org.nm4j.train.Optimizer.sgd(0.1f)));
    }
  }

  /** The second GPU has a default stream of its own. */
  @Test
  void anyGpuWillDo() {
    try (Training cpu = new Training(Device.cpu(), "sgd", 7, SR_STE);
        Training gpu = new Training(Device.cuda(1), "sgd", 7, SR_STE)) {
      cpu.steps(0, 3);
      gpu.steps(0, 3);
      assertSame(cpu, gpu);
    }
  }

  @Test
  void masksThatAGpuCannotMakeAreRefused() {
    SmallNet net = place.move(SmallNet.seeded(8), GPU);
    List<float[]> before = net.values();
    for (MaskKind kind : List.of(MaskKind.vnm(4), MaskKind.SCORES, MaskKind.TRANSPOSABLE)) {
      Recipe recipe = Recipe.builder().masks(kind).build();
      refused(
          "conv.weight: masks on a GPU with a stride of 9", () -> Sparsifier.attach(net, recipe));
    }
    for (String kind : List.of("transposable", "vnm 4", "random 3", "scores", "wanda")) {
      Recipe linear = Recipe.builder().include("fc1").masks(MaskKind.parse(kind)).build();
      try (Sparsifier sparsifier = Sparsifier.attach(net, linear)) {
        assertTrue(sparsifier.report().ok());
      }
    }
    SmallNet.assertSame(before, net.values());
  }

  @Test
  void executionsMustBeOnTheGpu() {
    try (Training training = new Training(GPU, "sgd", 9, SR_STE);
        DeviceStream other = DeviceStream.create(Device.cuda(1));
        DeviceStream own = DeviceStream.create(GPU)) {
      Sparsifier sparsifier = training.sparsifier;
      for (Execution wrong : List.of(Execution.caller(), Execution.on(other))) {
        refused(
            "expected an execution on a stream of cuda:0, the one that PyTorch uses",
            () -> sparsifier.execution(wrong));
      }
      sparsifier.execution(Execution.on(own));
      training.backward(0);
      training.step();
      own.synchronize();
    }
  }

  private static final class TwoLayers extends Net {
    final Linear first = linear("first", 32, 32);
    final Linear second = linear("second", 32, 32);

    Tensor forward(Tensor x) {
      return second.forward(first.forward(x));
    }
  }

  @Test
  void compressionIsForTheCpu() {
    SmallNet.seeded(10);
    TwoLayers net = new TwoLayers();
    Sparsifier.attach(net, Recipe.paper()).finish();
    net.eval();
    place.move(net, GPU);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> net.compress(Pattern.P2_4, DType.F32));
    assertTrue(e.getMessage().startsWith("first.weight: expected contiguous float32 on the CPU"));
    assertTrue(
        e.getMessage().contains("on cuda:0; ") && e.getMessage().contains("move the network"),
        e.getMessage());
    TwoLayers here = new TwoLayers();
    Sparsifier.attach(here, Recipe.paper()).finish();
    here.eval();
    assertTrue(here.compress(Pattern.P2_4, DType.F32).get(0).isCompressed());
    try (var guard = new org.bytedeco.pytorch.NoGradGuard()) {
      Tensor x = place.move(torch.randn(2, 32), GPU);
      e = assertThrows(IllegalArgumentException.class, () -> here.forward(x));
      assertTrue(e.getMessage().endsWith("give it x.cpu()"), e.getMessage());
    }
  }
}
