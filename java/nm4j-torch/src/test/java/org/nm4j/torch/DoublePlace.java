/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.nm4j.DType;
import org.nm4j.Device;
import org.nm4j.DeviceMemory;
import org.nm4j.interop.Cuda;

/**
 * Tensors of PyTorch's CPU build in memory of the double's GPUs. To PyTorch they are its own; nm4j
 * is told by their addresses that they are on a GPU. The double leaves its memory open to the host,
 * and runs at once what is queued on default streams, as PyTorch's kernels would come after it
 * there; what waits on other streams PyTorch does not see.
 */
final class DoublePlace extends Place implements AutoCloseable {
  private record Block(Device device, DeviceMemory memory, long bytes) {}

  private final TreeMap<Long, Block> blocks = new TreeMap<>();
  private final Map<Long, Tensor> gradients = new HashMap<>(); // by parameter
  private final Map<Device, Generator> generators = new HashMap<>();

  /** Replaces PyTorch's view of where tensors are until it is closed. */
  DoublePlace() {
    Place.set(this);
  }

  /** The tensors that it has moved must not be used after that. */
  @Override
  public void close() {
    Place.set(PYTORCH);
    blocks.values().forEach(block -> block.memory().close());
  }

  @Override
  Device of(Tensor tensor) {
    if (!tensor.is_cpu()) {
      return super.of(tensor);
    }
    long address = tensor.data_ptr().address();
    Map.Entry<Long, Block> block = blocks.floorEntry(address);
    return block != null && address < block.getKey() + block.getValue().bytes()
        ? block.getValue().device()
        : Device.cpu();
  }

  @Override
  Tensor host(Tensor tensor) {
    return tensor.clone();
  }

  @Override
  Tensor copy(Tensor tensor, ScalarType type) {
    Device device = of(tensor);
    Tensor copy = super.copy(tensor, type);
    return device.isCpu() ? copy : move(copy, device);
  }

  @Override
  Generator generator(Device gpu) {
    return generators.computeIfAbsent(gpu, key -> Tensors.keep(torch.make_generator_cpu(1)));
  }

  /** A copy in memory of a GPU, until this is closed. */
  Tensor move(Tensor tensor, Device device) {
    long bytes = Tensors.bytes(tensor);
    DeviceMemory memory = DeviceMemory.allocate(device, bytes);
    Pointer address = Cuda.pointer(memory.matrix(0, DType.U8, 1, bytes, bytes));
    blocks.put(address.address(), new Block(device, memory, bytes));
    Tensor moved = torch.from_blob(address, Tensors.shape(tensor), tensor.detach().options());
    moved.copy_(tensor.detach());
    return moved;
  }

  /** Parameters and buffers. */
  <M extends Module> M move(M module, Device device) {
    for (TensorVector tensors : new TensorVector[] {module.parameters(), module.buffers()}) {
      for (long i = 0; i < tensors.size(); i++) {
        tensors.get(i).set_data(move(tensors.get(i), device));
      }
    }
    return module;
  }

  /** Gradients to where their parameters are: autograd has made them elsewhere. */
  void moveGradients(Module module) {
    TensorVector parameters = module.parameters();
    for (long i = 0; i < parameters.size(); i++) {
      Tensor parameter = parameters.get(i);
      Device device = of(parameter);
      if (!device.isCpu() && parameter.grad().defined()) {
        Tensor grad = parameter.grad();
        Tensor there = gradients.computeIfAbsent(Tensors.id(parameter), id -> move(grad, device));
        parameter.mutable_grad().put(there.copy_(grad));
      }
    }
  }
}
