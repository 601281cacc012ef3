/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.InputArchive;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.OutputArchive;
import org.bytedeco.pytorch.StringTensorDict;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.Device;
import org.nm4j.train.MaskedParameter;

/** What a checkpoint holds, and how it gets there. */
final class TrainingState {
  private final Sparsifier sparsifier;
  private final Optimizer optimizer;
  private boolean fused; // with what nm4j's optimisers know of dense parameters

  TrainingState(Sparsifier sparsifier, Optimizer optimizer) {
    this.sparsifier = sparsifier;
    this.optimizer = optimizer;
    this.fused = optimizer == null || sparsifier.fused().inUse();
  }

  void write(Path file, byte[] extra) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Map<String, Checkpoint.Body> bodies = new LinkedHashMap<>();
      bodies.put("recipe", out -> out.writeUTF(sparsifier.recipeText()));
      bodies.put("extra", out -> out.write(extra));
      bodies.put(
          "progress",
          out -> {
            out.writeLong(sparsifier.steps());
            out.writeBoolean(sparsifier.frozen());
          });
      bodies.put("curve", sparsifier.maskCurve()::write);
      for (Map.Entry<String, Generator> random : generators().entrySet()) {
        bodies.put(random.getKey(), bytes(tensorBytes(random.getValue().get_state())));
      }
      for (Map.Entry<String, Tensor> tensor : tensors().entrySet()) {
        bodies.put("tensor " + tensor.getKey(), out -> write(tensor.getValue(), out));
      }
      for (MaskedParameter parameter : parameters().values()) {
        bodies.put(state(parameter.name()), parameter::save);
      }
      if (optimizer != null) {
        bodies.put("optimizer kind", out -> out.writeUTF(kind()));
        bodies.put("optimizer", bytes(archive(file)));
      }
      Checkpoint.write(file, bodies);
    }
  }

  byte[] read(Path file) throws IOException {
    try (PointerScope scope = new PointerScope()) {
      Checkpoint checkpoint = Checkpoint.open(file);
      fused = sparsifier.fused().names().stream().anyMatch(name -> checkpoint.has(state(name)));
      boolean known = sparsifier.fused().inUse();
      try {
        check(checkpoint, file);
      } catch (IOException | RuntimeException e) {
        if (!known) {
          sparsifier.fused().release(); // what was made to compare
        }
        throw e;
      }
      for (Map.Entry<String, Tensor> tensor : tensors().entrySet()) {
        try (DataInputStream in = checkpoint.section("tensor " + tensor.getKey())) {
          in.readUTF();
          fill(tensor.getValue(), in);
        }
      }
      for (MaskedParameter parameter : parameters().values()) {
        parameter.load(new ByteArrayInputStream(checkpoint.bytes(state(parameter.name()))));
      }
      if (!fused) {
        sparsifier.fused().release(); // made anew when nm4j's optimisers step
      }
      if (optimizer != null) {
        load(checkpoint.bytes("optimizer"), file);
      }
      try (DataInputStream in = checkpoint.section("curve")) {
        sparsifier.maskCurve().read(in);
      }
      try (DataInputStream in = checkpoint.section("progress")) {
        sparsifier.restore(in.readLong(), in.readBoolean());
      }
      for (Map.Entry<String, Generator> random : generators().entrySet()) {
        Generator generator = random.getValue();
        Tensor state = generator.get_state().clone();
        fill(state, checkpoint.bytes(random.getKey()));
        generator.set_state(state);
      }
      return checkpoint.bytes("extra");
    }
  }

  /** Everything that could refuse, ahead of any change. */
  private void check(Checkpoint checkpoint, Path file) throws IOException {
    try (DataInputStream in = checkpoint.section("recipe")) {
      expect(file, "recipe and steps", sparsifier.recipeText(), in.readUTF());
    }
    for (Map.Entry<String, Tensor> tensor : tensors().entrySet()) {
      try (DataInputStream in = checkpoint.section("tensor " + tensor.getKey())) {
        expect(file, tensor.getKey(), Tensors.describe(tensor.getValue()), in.readUTF());
      }
    }
    for (String name : parameters().keySet()) {
      if (!checkpoint.has(state(name))) {
        throw new IOException(file + ": there is no state of " + name + " in it");
      }
    }
    if (checkpoint.has("optimizer") != (optimizer != null)) {
      throw new IOException(
          file
              + ": it was saved "
              + (optimizer == null
                  ? "with an optimiser of PyTorch: give one"
                  : "without an optimiser of PyTorch: give null"));
    }
    if (optimizer != null && checkpoint.has("optimizer kind")) {
      try (DataInputStream in = checkpoint.section("optimizer kind")) {
        expect(file, "optimiser", in.readUTF(), kind());
      }
    }
  }

  private static String state(String parameter) {
    return "state " + parameter;
  }

  private String kind() {
    return optimizer.getClass().getSimpleName();
  }

  private static void expect(Path file, String what, String expected, String got)
      throws IOException {
    if (!expected.equals(got)) {
      throw new IOException(file + ": " + what + ": expected " + expected + ", got " + got);
    }
  }

  /** Parameters by their master weights, and buffers. */
  private Map<String, Tensor> tensors() {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (NetWeights.Entry entry : sparsifier.entries()) {
      tensors.put(entry.name(), entry.tensor().detach());
    }
    sparsifier.sparse().forEach((name, weight) -> tensors.put(name, weight.master()));
    if (fused) {
      tensors.putAll(sparsifier.fused().masters());
    }
    StringTensorDict buffers = sparsifier.module().named_buffers();
    StringVector names = buffers.keys();
    TensorVector values = buffers.values();
    for (long i = 0; i < values.size(); i++) {
      tensors.put(Tensors.string(names, i), new Tensor(values.get(i)));
    }
    return tensors;
  }

  /** PyTorch's random numbers on the CPU, and on the GPU of a network there. */
  private Map<String, Generator> generators() {
    Map<String, Generator> generators = new LinkedHashMap<>();
    generators.put("random", torch.getDefaultCPUGenerator());
    Device device = sparsifier.device();
    if (!device.isCpu()) {
      generators.put("random " + device, Place.current().generator(device));
    }
    return generators;
  }

  private Map<String, MaskedParameter> parameters() {
    Map<String, MaskedParameter> parameters = new LinkedHashMap<>();
    sparsifier.sparse().forEach((name, weight) -> parameters.put(name, weight.parameter()));
    if (fused) {
      parameters.putAll(sparsifier.fused().parameters());
    }
    return parameters;
  }

  private static void write(Tensor tensor, DataOutputStream out) throws IOException {
    out.writeUTF(Tensors.describe(tensor));
    WritableByteChannel channel = Channels.newChannel(out);
    Tensors.chunks(Tensors.onHost(tensor), channel::write);
  }

  private static byte[] tensorBytes(Tensor tensor) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WritableByteChannel channel = Channels.newChannel(bytes);
    Tensors.chunks(tensor, channel::write);
    return bytes.toByteArray();
  }

  private static void fill(Tensor tensor, byte[] bytes) throws IOException {
    fill(tensor, new DataInputStream(new ByteArrayInputStream(bytes)));
  }

  private static void fill(Tensor tensor, DataInputStream in) throws IOException {
    ReadableByteChannel channel = Channels.newChannel(in);
    Tensor plain = Tensors.onHost(tensor);
    Tensors.chunks(
        plain,
        chunk -> {
          while (chunk.hasRemaining()) {
            if (channel.read(chunk) < 0) {
              throw new IOException("a tensor is cut off");
            }
          }
        });
    if (plain != tensor) {
      tensor.copy_(plain);
    }
  }

  private static Checkpoint.Body bytes(byte[] content) {
    return out -> out.write(content);
  }

  private byte[] archive(Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".optimizer");
    try (OutputArchive archive = new OutputArchive()) {
      optimizer.save(archive);
      archive.save_to(part.toString());
      return Files.readAllBytes(part);
    } finally {
      Files.deleteIfExists(part);
    }
  }

  private void load(byte[] content, Path file) throws IOException {
    Path part = file.resolveSibling(file.getFileName() + ".optimizer");
    try (InputArchive archive = new InputArchive()) {
      Files.write(part, content);
      archive.load_from(part.toString());
      optimizer.load(archive);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
