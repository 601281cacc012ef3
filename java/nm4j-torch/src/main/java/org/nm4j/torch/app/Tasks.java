/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.global.torch;
import org.nm4j.torch.data.Cifar10;
import org.nm4j.torch.data.FashionMnist;
import org.nm4j.torch.nets.Mlp;
import org.nm4j.torch.nets.ResNet;
import org.nm4j.torch.nets.SmallCnn;
import org.nm4j.torch.nets.UNet;

/** The tasks by name. Images are read once per process. */
final class Tasks {
  private static final String FASHION = "Fashion-MNIST";

  /** Networks are made last, from the random numbers of the run's seed. */
  private interface Maker {
    Task make(RunConfig config, Path data) throws IOException;
  }

  private record Kind(String name, String dataset, String model, Maker maker) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind(
              "fashion-mlp",
              FASHION,
              "MLP 784-256-128-10",
              (config, data) ->
                  new ImageTask(new Mlp(784, 256, 128, 10), fashion(data), false, 100, config)),
          new Kind(
              "fashion-cnn",
              FASHION,
              "CNN 16-32-32 + 128",
              (config, data) ->
                  new ImageTask(new SmallCnn(16, 10), fashion(data), false, 100, config)),
          new Kind(
              "fashion-unet",
              "Fashion-MNIST with noise",
              "U-Net 16-32-64",
              (config, data) -> new DenoisingTask(new UNet(1, 16), fashion(data), config)),
          new Kind(
              "cifar-resnet20",
              "CIFAR-10 (JPEG)",
              "ResNet-20, half width",
              (config, data) ->
                  new ImageTask(new ResNet(3, 8, 10), cifar(data), true, 128, config)),
          new Kind(
              "multi30k",
              "Multi30k, German to English",
              "Transformer 128, 2 + 2 blocks",
              (config, data) -> TranslationTask.of(required(data, "a folder"), config)),
          new Kind(
              "text",
              "a text, by characters",
              "Transformer 128, 3 blocks",
              (config, data) -> TextTask.of(required(data, "a file"), config)));

  private static final Map<Path, Images> READ = new HashMap<>();

  private Tasks() {}

  /** What a task is trained on: "Fashion-MNIST", .. */
  static String dataset(String task) {
    return kind(task).dataset();
  }

  static String model(String task) {
    return kind(task).model();
  }

  /** Makes a task with weights from the run's seed. */
  static Task make(RunConfig config, Path data) throws IOException {
    torch.manual_seed(config.seed());
    return kind(config.task()).maker().make(config, data);
  }

  private static Kind kind(String task) {
    return KINDS.stream()
        .filter(kind -> kind.name().equals(task))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "expected one of "
                        + KINDS.stream().map(Kind::name).toList()
                        + ", got "
                        + task));
  }

  private static Path required(Path data, String what) {
    if (data == null) {
      throw new IllegalArgumentException("--data must name " + what);
    }
    return data;
  }

  static Images fashion(Path data) throws IOException {
    Path folder = data == null ? FashionMnist.DEBIAN : data;
    if (!FashionMnist.isIn(folder)) {
      throw new NoSuchFileException(
          folder + ": no Fashion-MNIST there; install Debian's dataset-fashion-mnist, or --data");
    }
    Images images = READ.get(folder);
    if (images == null) {
      images =
          new Images(
              FashionMnist.train(folder),
              FashionMnist.test(folder),
              FashionMnist.MEAN,
              FashionMnist.DEVIATION);
      READ.put(folder, images);
    }
    return images;
  }

  private static Images cifar(Path data) throws IOException {
    if (data == null || !Files.isDirectory(data.resolve("train"))) {
      throw new NoSuchFileException(data + ": --data must name a folder with train/ and test/");
    }
    Images images = READ.get(data);
    if (images == null) {
      images =
          new Images(
              Cifar10.read(data, "train"),
              Cifar10.read(data, "test"),
              Cifar10.MEAN,
              Cifar10.DEVIATION);
      READ.put(data, images);
    }
    return images;
  }
}
