/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.LBFGS;
import org.bytedeco.pytorch.Module;
import org.bytedeco.pytorch.Optimizer;
import org.nm4j.CompressedMatrix;
import org.nm4j.DenseMatrix;
import org.nm4j.Device;
import org.nm4j.DeviceStream;
import org.nm4j.Execution;
import org.nm4j.interop.Cuda;
import org.nm4j.train.LayerChoice;
import org.nm4j.train.MaskKind;
import org.nm4j.train.MaskRule;
import org.nm4j.train.Recipe;
import org.nm4j.train.SparsityReport;

/**
 * Trains a network of the JavaCPP presets for PyTorch to an N:M pattern, beside any optimiser.
 *
 * <pre>{@code
 * Module net = new Module();
 * LinearImpl fc1 = net.register_module("fc1", new LinearImpl(64, 128));
 * LinearImpl fc2 = net.register_module("fc2", new LinearImpl(128, 10));
 * SGD sgd = new SGD(net.parameters(), new SGDOptions(0.1));
 *
 * try (Sparsifier sparsifier = Sparsifier.attach(net, Recipe.paper())) {
 *   for (int batch = 0; batch < 10; batch++) {
 *     Tensor x = torch.randn(32, 64);
 *     Tensor label = torch.randint(10, new long[] {32}, new TensorOptions(ScalarType.Long));
 *     sgd.zero_grad();
 *     torch.cross_entropy(fc2.forward(torch.relu(fc1.forward(x))), label).backward();
 *     sparsifier.step(sgd);                    // instead of sgd.step()
 *   }
 *   sparsifier.finish();                       // fc1 is a plain layer again, with 2:4 weights
 * }
 * }</pre>
 *
 * <p>While attached, the parameters of sparse layers show the masked weights: whatever computes
 * with the network computes sparse. The dense master weights stay where the parameters had them;
 * the masked ones are a second memory, to which the parameter tensors point between steps. Nothing
 * is copied to go from one to the other, and optimisers, which know a parameter by its identity,
 * may be made before or after.
 *
 * <p>In a step, first the gradient, which is that of the masked weights (straight-through), gets
 * SR-STE's term (Zhou et al., ICLR 2021, arXiv 2102.04010), once, after whatever accumulation,
 * unscaling and clipping came before; then the optimiser changes the master weights; then the masks
 * and the masked weights follow. A recipe that changes nothing (lambda 0 and M of M) gives the bits
 * of training without.
 *
 * <p>Layers are those of type Linear, Conv1d and Conv2d, contiguous float32 or bfloat16, on the CPU
 * or all on one GPU of CUDA. {@link #report} says which became sparse and why the others did not.
 * Frozen parameters stay dense, as do weights that are shared with anything but such a layer.
 *
 * <p>A bfloat16 weight gets a float32 master of the sparsifier's, and the network computes with the
 * masked bfloat16 copy. In a step the optimiser sees the master and a float32 gradient, and so
 * keeps float32 moments. What stays dense is PyTorch's own affair with an optimiser of PyTorch, and
 * has a float32 master, too, with one of nm4j.
 *
 * <p>On a GPU everything happens there, in the tensors' own memory, by nm4j's CUDA backend; the
 * preset for PyTorch with CUDA is the program's to add. Work is queued on the GPU's default stream,
 * which is PyTorch's current one unless a program changes that, see {@link #execution}. Masks are
 * made by magnitude, or transposable 2:4 of linear layers; others are refused. (Tested with a
 * double of CUDA; it has not run on a GPU yet.)
 *
 * <p>Not safe for use by many threads at once.
 */
public final class Sparsifier implements AutoCloseable {
  private final Module module;
  private final Recipe recipe;
  private final long steps;
  private final List<NetWeights.Entry> entries;
  private final List<LayerChoice> choices;
  private final Map<String, SparseWeight> sparse = new LinkedHashMap<>();
  private final FusedWeights fused;
  private final MaskCurve curve = new MaskCurve();
  private final Device device;
  private final DeviceStream stream; // of a GPU: its default one, which PyTorch uses, too
  private Execution execution;
  private boolean frozen;
  private boolean attached = true;
  private long step;

  private Sparsifier(Module module, Recipe recipe, long steps) {
    this.module = Objects.requireNonNull(module, "module");
    this.recipe = Objects.requireNonNull(recipe, "recipe");
    this.steps = steps;
    this.entries = NetWeights.of(module);
    this.choices = recipe.select(entries.stream().map(NetWeights.Entry::weight).toList());
    this.device = NetWeights.device(choices, entries);
    this.stream = device.isCpu() ? null : Cuda.wrap(null, device);
    this.execution = stream == null ? Execution.caller() : Execution.on(stream);
    try {
      for (int i = 0; i < choices.size(); i++) {
        LayerChoice choice = choices.get(i);
        if (choice.isSparse()) {
          SparseWeight weight = new SparseWeight(choice, entries.get(i).tensor(), recipe, steps);
          sparse.put(weight.name(), weight);
        }
      }
    } catch (RuntimeException e) {
      restore();
      closeStream();
      throw e;
    }
    if (sparse.isEmpty()) {
      throw new IllegalArgumentException("no layer fits the recipe: " + reasons());
    }
    this.fused = new FusedWeights(entries, sparse, device);
    sparse.values().forEach(SparseWeight::useMasked);
  }

  /**
   * Attaches a recipe without warm-up and ending, for training of any length.
   *
   * @param module the network
   * @param recipe what becomes sparse, and how
   * @return the sparsifier
   * @throws IllegalArgumentException as {@link #attach(Module, Recipe, long)}, or when the recipe
   *     needs to know the number of steps
   */
  public static Sparsifier attach(Module module, Recipe recipe) {
    long many = 1_000_000;
    if (!recipe.rule(1, many).toString().equals(recipe.rule(1, 2 * many).toString())) {
      throw new IllegalArgumentException(
          "the recipe has a warm-up or an ending: say how many steps the training has");
    }
    return attach(module, recipe, many);
  }

  /**
   * Attaches a recipe.
   *
   * @param module the network; registered modules and parameters must not change while attached
   * @param recipe what becomes sparse, when and how
   * @param steps how many optimiser steps the whole training has, for warm-up and ending
   * @return the sparsifier
   * @throws IllegalArgumentException when {@code steps} is less than 1, no layer fits the recipe,
   *     or one that does is not contiguous float32 or bfloat16 on the CPU or CUDA, is on another
   *     device than one before, or cannot have its masks there; the message names it
   * @throws org.nm4j.Nm4jException {@link org.nm4j.ErrorCode#UNAVAILABLE} or {@link
   *     org.nm4j.ErrorCode#LIBRARY} when layers are on a GPU that nm4j cannot use
   */
  public static Sparsifier attach(Module module, Recipe recipe, long steps) {
    return new Sparsifier(module, recipe, steps);
  }

  /**
   * Sets where masks are computed: the calling thread to begin with, and for a network on a GPU the
   * GPU's default stream.
   *
   * @param value the execution; on a GPU {@link Execution#on(DeviceStream)} with PyTorch's current
   *     stream ({@link Cuda#wrap}), because nothing else orders the work of both. It must outlast
   *     the sparsifier
   * @return this
   * @throws IllegalArgumentException when the network is on a GPU and the execution is not on a
   *     stream of it
   */
  public Sparsifier execution(Execution value) {
    Objects.requireNonNull(value, "execution");
    boolean there = value.stream() != null && value.stream().device() == device;
    if (!device.isCpu() && !there) {
      throw new IllegalArgumentException(
          "expected an execution on a stream of "
              + device
              + ", the one that PyTorch uses, got "
              + value);
    }
    execution = value;
    return this;
  }

  /**
   * One step with an optimiser of PyTorch, in place of its own {@code step()}.
   *
   * @param optimizer any but LBFGS; made for this module's parameters
   * @return how many mask bits changed
   * @throws IllegalArgumentException when a gradient of a sparse layer is not finite (named, and
   *     nothing has changed), the rule needs an optimiser of nm4j, or the optimiser is LBFGS, which
   *     evaluates the network within a step
   * @throws org.nm4j.Nm4jException {@link org.nm4j.ErrorCode#NAN} when scores for a new mask are
   *     not finite; nothing has changed
   * @throws IllegalStateException when not attached
   */
  public long step(Optimizer optimizer) {
    Objects.requireNonNull(optimizer, "optimizer");
    requireAttached();
    if (optimizer instanceof LBFGS) {
      throw new IllegalArgumentException(
          "LBFGS evaluates the network within its step, which masks cannot follow; use another");
    }
    Map<SparseWeight, MaskRule> rules;
    try (PointerScope scope = new PointerScope()) {
      rules = checkedRules();
      try {
        rules.forEach(
            (weight, rule) -> {
              if (weight.hasGradient()) {
                weight.correctGradient(rule, execution);
              }
            });
        rules.keySet().forEach(SparseWeight::useMaster);
        optimizer.step();
        fused.adopt();
      } finally {
        rules.keySet().forEach(SparseWeight::useMasked);
      }
    }
    long flips = 0;
    for (Map.Entry<SparseWeight, MaskRule> entry : rules.entrySet()) {
      flips += entry.getKey().parameter().adopt(entry.getValue(), execution);
    }
    step++;
    return flips;
  }

  /**
   * One step of all parameters that require gradients with nm4j's own optimiser: step, SR-STE, new
   * mask and masked weights in one pass over memory. Its moments are the sparsifier's. It may
   * change its numbers from step to step (the learning rate, say), but not its kind.
   *
   * @param optimizer the optimiser
   * @return how many mask bits changed
   * @throws IllegalArgumentException when a gradient is not finite (named, and nothing has
   *     changed), or a parameter is not contiguous float32 or bfloat16 where the sparse ones are
   * @throws org.nm4j.Nm4jException {@link org.nm4j.ErrorCode#NAN} when scores for a new mask are
   *     not finite; nothing has changed
   * @throws IllegalStateException when not attached
   */
  public long step(org.nm4j.train.Optimizer optimizer) {
    Objects.requireNonNull(optimizer, "optimizer");
    requireAttached();
    long flips = 0;
    try (PointerScope scope = new PointerScope()) {
      Map<SparseWeight, MaskRule> rules = checkedRules();
      fused.requireFinite();
      for (Map.Entry<SparseWeight, MaskRule> entry : rules.entrySet()) {
        flips += fused.step(entry.getKey(), optimizer, entry.getValue(), execution);
      }
      fused.stepDense(optimizer, execution);
    }
    step++;
    return flips;
  }

  private MaskRule rule(SparseWeight weight) {
    return frozen ? MaskRule.fixedMask() : recipe.rule(weight.parameter().steps() + 1, steps);
  }

  /** The rules of a step, once all that could refuse it has been looked at. */
  private Map<SparseWeight, MaskRule> checkedRules() {
    Map<SparseWeight, MaskRule> rules = new LinkedHashMap<>();
    for (SparseWeight weight : sparse.values()) {
      MaskRule rule = rule(weight);
      weight.parameter().check(rule, execution);
      if (weight.hasGradient()) {
        FusedWeights.requireFinite(weight.name(), weight.tensor().grad());
      }
      rules.put(weight, rule);
    }
    return rules;
  }

  /**
   * Keeps the masks from the next step on: gradients are masked, and pruned weights are 0.
   *
   * @throws IllegalStateException when not attached
   */
  public void freezeMasks() {
    requireAttached();
    frozen = true;
  }

  /**
   * Adds a point to the SAD curve.
   *
   * @return the point
   */
  public MaskChange record() {
    requireAttached();
    return curve.record(step, sparse.values());
  }

  /**
   * All points so far, those of a loaded state included.
   *
   * @return the points, in their order
   */
  public List<MaskChange> curve() {
    return curve.points();
  }

  /**
   * How many steps were made.
   *
   * @return at least 0
   */
  public long steps() {
    return step;
  }

  /**
   * Looks at every parameter: sparse or not, why not, and whether what the network computes with
   * obeys the pattern.
   *
   * @return the report, with a line per parameter in the module's order
   */
  public SparsityReport report() {
    requireAttached();
    List<LayerChoice> now = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      NetWeights.Entry entry = entries.get(i);
      now.add(Verifier.now(choices.get(i), sparse.get(entry.name()), entry.note()));
    }
    SparsityReport.Builder report = SparsityReport.builder(recipe.masks(), now);
    try (PointerScope scope = new PointerScope()) {
      for (NetWeights.Entry entry : entries) {
        Verifier.add(report, entry.weight(), entry.tensor());
      }
    }
    return report.build();
  }

  /**
   * How many mask bits changed so far.
   *
   * @return by name of each sparse layer, in the module's order
   */
  public Map<String, Long> flips() {
    Map<String, Long> flips = new LinkedHashMap<>();
    sparse.forEach((name, weight) -> flips.put(name, weight.parameter().flips()));
    return flips;
  }

  /**
   * What masks of {@link MaskKind#SCORES} or {@link MaskKind#WANDA} are made by: write into it
   * before a step that makes new masks, see {@link org.nm4j.train.MaskedParameter#scores}.
   *
   * @param name a sparse layer's
   * @return outputs x (all else) of that layer, for {@link MaskKind#WANDA} 1 x (all else); saved
   *     with the state
   * @throws IllegalArgumentException when no sparse layer has the name
   * @throws IllegalStateException when not attached, or masks are of another kind
   */
  public DenseMatrix scores(String name) {
    requireAttached();
    SparseWeight weight = sparse.get(name);
    if (weight == null) {
      throw new IllegalArgumentException("expected one of " + sparse.keySet() + ", got " + name);
    }
    return weight.parameter().scores();
  }

  /**
   * Makes new masks of weights and scores as they are, beside all steps: for masks that then stay.
   *
   * @return how many mask bits changed
   * @throws org.nm4j.Nm4jException {@link org.nm4j.ErrorCode#NAN} when scores are not finite
   * @throws IllegalStateException when not attached
   */
  public long refreshMasks() {
    requireAttached();
    long flips = 0;
    for (SparseWeight weight : sparse.values()) {
      flips += weight.parameter().refreshMask(execution);
    }
    return flips;
  }

  /**
   * The sparse weights in portable form: linear layers as outputs x inputs, convolutions with
   * groups of input channels in OHWI order.
   *
   * @return by name
   * @throws IllegalStateException when not attached, or in a dense phase
   */
  public Map<String, CompressedMatrix> export() {
    requireAttached();
    Map<String, CompressedMatrix> exported = new LinkedHashMap<>();
    for (SparseWeight weight : sparse.values()) {
      exported.put(weight.name(), Verifier.compress(weight));
    }
    return exported;
  }

  /**
   * Writes everything with which training goes on, bit for bit: master weights, buffers, masks,
   * moments, the optimiser's state, PyTorch's random numbers (of the CPU, and of the GPU that the
   * network is on) and the SAD curve. The file appears whole or not at all.
   *
   * @param file replaced if it exists
   * @param optimizer PyTorch's optimiser if it steps, even if nm4j's does at times; else null
   * @param extra whatever else you need, an epoch say; may be empty
   * @throws IOException from the file system
   * @throws IllegalStateException when not attached
   */
  public void save(Path file, Optimizer optimizer, byte[] extra) throws IOException {
    requireAttached();
    new TrainingState(this, optimizer).write(file, extra);
  }

  /**
   * Reads what {@link #save} wrote, for the same network and recipe, on the same device.
   *
   * @param file the file
   * @param optimizer of the kind that was saved, made for this module, or null if none was
   * @return what was given as {@code extra}
   * @throws IOException when the file is damaged or of another network, recipe or device; nothing
   *     has changed
   * @throws IllegalStateException when not attached
   */
  public byte[] load(Path file, Optimizer optimizer) throws IOException {
    requireAttached();
    return new TrainingState(this, optimizer).read(file);
  }

  /** Ends training with the masked weights in the module: a plain network with N:M zeros. */
  public void finish() {
    requireAttached();
    sparse.values().forEach(SparseWeight::bake);
    release();
  }

  /**
   * Ends training with the dense master weights in the module, as before {@link #attach}; rounded,
   * if its own are bfloat16.
   */
  public void detach() {
    requireAttached();
    restore();
    release();
  }

  private void restore() {
    sparse.values().forEach(SparseWeight::restore);
  }

  /** {@link #detach}, unless that or {@link #finish} happened before. */
  @Override
  public void close() {
    if (attached) {
      detach();
    }
  }

  private void release() {
    attached = false;
    sparse.values().forEach(SparseWeight::release);
    fused.release();
    closeStream();
  }

  private void closeStream() {
    if (stream != null) {
      stream.close();
    }
  }

  /**
   * A description.
   *
   * @return how many layers are sparse, and the steps
   */
  @Override
  public String toString() {
    return "Sparsifier["
        + recipe.pattern()
        + ", "
        + sparse.size()
        + " of "
        + entries.size()
        + " parameters sparse, "
        + step
        + " steps"
        + (attached ? "]" : ", detached]");
  }

  private void requireAttached() {
    if (!attached) {
      throw new IllegalStateException("this sparsifier is detached");
    }
  }

  private String reasons() {
    List<String> reasons = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      String note = entries.get(i).note();
      reasons.add(entries.get(i).name() + ": " + (note.isEmpty() ? choices.get(i).detail() : note));
    }
    return String.join("; ", reasons);
  }

  Module module() {
    return module;
  }

  Device device() {
    return device;
  }

  String recipeText() {
    return recipe + " " + (steps);
  }

  List<NetWeights.Entry> entries() {
    return entries;
  }

  Map<String, SparseWeight> sparse() {
    return sparse;
  }

  FusedWeights fused() {
    return fused;
  }

  MaskCurve maskCurve() {
    return curve;
  }

  boolean frozen() {
    return frozen;
  }

  void restore(long steps, boolean masksFrozen) {
    step = steps;
    frozen = masksFrozen;
  }
}
