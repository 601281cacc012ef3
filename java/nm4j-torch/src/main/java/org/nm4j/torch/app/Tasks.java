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
import org.nm4j.torch.app.ImageTask.Normalization;
import org.nm4j.torch.data.Cifar10;
import org.nm4j.torch.data.FashionMnist;
import org.nm4j.torch.data.ImageSet;
import org.nm4j.torch.nets.Mlp;
import org.nm4j.torch.nets.ResNet;
import org.nm4j.torch.nets.SmallCnn;
import org.nm4j.torch.nets.VisionNet;

/** The tasks by name. Data is read once per process. */
final class Tasks {
  static final List<String> NAMES =
      List.of("fashion-mlp", "fashion-cnn", "cifar-resnet20", "multi30k", "text");

  private record Images(ImageSet train, ImageSet test) {}

  private static final Map<Path, Images> READ = new HashMap<>();

  private Tasks() {}

  /** What a task is trained on: "Fashion-MNIST", .. */
  static String dataset(String task) {
    return switch (task) {
      case "cifar-resnet20" -> "CIFAR-10 (JPEG)";
      case "multi30k" -> "Multi30k, German to English";
      case "text" -> "a text, by characters";
      default -> "Fashion-MNIST";
    };
  }

  static String model(String task) {
    return switch (task) {
      case "fashion-mlp" -> "MLP 784-256-128-10";
      case "fashion-cnn" -> "CNN 16-32-32 + 128";
      case "cifar-resnet20" -> "ResNet-20, half width";
      case "multi30k" -> "Transformer 128, 2 + 2 blocks";
      case "text" -> "Transformer 128, 3 blocks";
      default -> throw unknown(task);
    };
  }

  /** Makes a task with weights from the run's seed. */
  static Task make(RunConfig config, Path data) throws IOException {
    torch.manual_seed(config.seed());
    return switch (config.task()) {
      case "fashion-mlp" -> fashion(config, new Mlp(784, 256, 128, 10), data);
      case "fashion-cnn" -> fashion(config, new SmallCnn(16, 10), data);
      case "cifar-resnet20" -> cifar(config, new ResNet(3, 8, 10), data);
      case "multi30k" -> new TranslationTask(required(data, "a folder"), config);
      case "text" -> new TextTask(required(data, "a file"), config);
      default -> throw unknown(config.task());
    };
  }

  private static Path required(Path data, String what) {
    if (data == null) {
      throw new IllegalArgumentException("--data must name " + what);
    }
    return data;
  }

  private static IllegalArgumentException unknown(String task) {
    return new IllegalArgumentException("expected one of " + NAMES + ", got " + task);
  }

  static ImageTask fashion(RunConfig config, VisionNet net, Path data) throws IOException {
    Path folder = data == null ? FashionMnist.DEBIAN : data;
    if (!FashionMnist.isIn(folder)) {
      throw new NoSuchFileException(
          folder + ": no Fashion-MNIST there; install Debian's dataset-fashion-mnist, or --data");
    }
    Images images = READ.get(folder);
    if (images == null) {
      images = new Images(FashionMnist.train(folder), FashionMnist.test(folder));
      READ.put(folder, images);
    }
    Normalization normalization = new Normalization(FashionMnist.MEAN, FashionMnist.DEVIATION);
    return new ImageTask(net, images.train(), images.test(), normalization, false, 100, config);
  }

  private static ImageTask cifar(RunConfig config, VisionNet net, Path data) throws IOException {
    if (data == null || !Files.isDirectory(data.resolve("train"))) {
      throw new NoSuchFileException(data + ": --data must name a folder with train/ and test/");
    }
    Images images = READ.get(data);
    if (images == null) {
      images = new Images(Cifar10.read(data, "train"), Cifar10.read(data, "test"));
      READ.put(data, images);
    }
    Normalization normalization = new Normalization(Cifar10.MEAN, Cifar10.DEVIATION);
    return new ImageTask(net, images.train(), images.test(), normalization, true, 128, config);
  }
}
