/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.Device;

/**
 * Where tensors lie, and what PyTorch has to do there. Tests without a GPU put another in its
 * place, whose tensors lie in memory of the double of CUDA.
 */
class Place {
  static final Place PYTORCH = new Place();

  private static Place current = PYTORCH;

  static Place current() {
    return current;
  }

  /** For tests. */
  static void set(Place place) {
    current = place;
  }

  /** Null for a device on which nm4j does not compute. */
  Device of(Tensor tensor) {
    if (tensor.is_cpu()) {
      return Device.cpu();
    }
    return tensor.is_cuda() ? Device.cuda(tensor.device().index()) : null;
  }

  /** A copy of a GPU's tensor on the CPU, complete when this returns. */
  Tensor host(Tensor tensor) {
    return tensor.cpu();
  }

  /** A contiguous copy of a type, on the tensor's device. */
  Tensor copy(Tensor tensor, ScalarType type) {
    return tensor.to(type, false, true, new MemoryFormatOptional()).contiguous();
  }

  /** The random numbers of a GPU. */
  Generator generator(Device gpu) {
    return torch
        .globalContext()
        .defaultGenerator(new org.bytedeco.pytorch.Device(DeviceType.CUDA, (byte) gpu.index()));
  }
}
