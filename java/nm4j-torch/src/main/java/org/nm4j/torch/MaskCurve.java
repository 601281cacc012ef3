/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nm4j.Mask;
import org.nm4j.train.Sad;

/** SAD and flips from point to point, with the masks of the last one. */
final class MaskCurve {
  private final List<MaskChange> points = new ArrayList<>();
  private final Map<String, Mask> last = new LinkedHashMap<>();
  private long flips;

  MaskChange record(long step, Collection<SparseWeight> weights) {
    Map<String, Sad> sad = new LinkedHashMap<>();
    long total = 0;
    for (SparseWeight weight : weights) {
      Mask mask = weight.parameter().mask();
      Mask before = last.put(weight.name(), mask);
      sad.put(
          weight.name(),
          new Sad(before == null ? 0 : mask.distance(before), mask.rows() * mask.cols()));
      total += weight.parameter().flips();
    }
    MaskChange point = new MaskChange(step, sad, points.isEmpty() ? 0 : total - flips);
    flips = total;
    points.add(point);
    return point;
  }

  List<MaskChange> points() {
    return List.copyOf(points);
  }

  void write(DataOutputStream out) throws IOException {
    out.writeLong(flips);
    out.writeInt(last.size());
    for (Map.Entry<String, Mask> entry : last.entrySet()) {
      Mask mask = entry.getValue();
      out.writeUTF(entry.getKey());
      out.writeLong(mask.rows());
      out.writeLong(mask.cols());
      out.write(mask.toBytes());
    }
    out.writeInt(points.size());
    for (MaskChange point : points) {
      out.writeLong(point.step());
      out.writeLong(point.flips());
      out.writeInt(point.sad().size());
      for (Map.Entry<String, Sad> sad : point.sad().entrySet()) {
        out.writeUTF(sad.getKey());
        out.writeLong(sad.getValue().bits());
        out.writeLong(sad.getValue().weights());
      }
    }
  }

  void read(DataInputStream in) throws IOException {
    points.clear();
    last.clear();
    flips = in.readLong();
    for (int i = in.readInt(); i > 0; i--) {
      String name = in.readUTF();
      long rows = in.readLong();
      long cols = in.readLong();
      byte[] bits = in.readNBytes(Math.toIntExact(rows * ((cols + 7) / 8)));
      last.put(name, Mask.of(bits, rows, cols));
    }
    for (int i = in.readInt(); i > 0; i--) {
      long step = in.readLong();
      long changed = in.readLong();
      Map<String, Sad> sad = new LinkedHashMap<>();
      for (int j = in.readInt(); j > 0; j--) {
        sad.put(in.readUTF(), new Sad(in.readLong(), in.readLong()));
      }
      points.add(new MaskChange(step, sad, changed));
    }
  }
}
