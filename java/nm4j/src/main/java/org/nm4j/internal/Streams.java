/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.nm4j.Device;
import org.nm4j.DeviceStream;
import org.nm4j.Execution;

/** The door through which the other packages reach the handle of a {@link DeviceStream}. */
public abstract class Streams {
  private static Streams instance;

  /** Called once, by DeviceStream. */
  public static void set(Streams streams) {
    instance = streams;
  }

  /** The one implementation. */
  public static Streams get() {
    if (instance == null) {
      Matrices.initialize(DeviceStream.class);
    }
    return instance;
  }

  /** A stream of a device. */
  public abstract DeviceStream of(Device device, CudaStream handle);

  /** The handle of a stream. */
  public abstract CudaStream handle(DeviceStream stream);

  /** The stream on which an execution queues work of a device. */
  public abstract DeviceStream of(Execution execution, Device device);

  /** Whether a call returns when its work is done, and not before. */
  public abstract boolean blocks(Execution execution);
}
