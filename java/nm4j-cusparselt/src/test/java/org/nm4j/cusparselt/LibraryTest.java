/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cusparselt;

import static org.bytedeco.cuda.global.cudart.MAJOR_VERSION;
import static org.bytedeco.cuda.global.cudart.MINOR_VERSION;
import static org.bytedeco.cuda.global.cudart.PATCH_LEVEL;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_STATUS_INVALID_VALUE;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_STATUS_NOT_INITIALIZED;
import static org.bytedeco.cuda.global.cusparse.CUSPARSE_STATUS_SUCCESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.nm4j.cusparselt.global.cusparseLt.CUSPARSELT_VER_MAJOR;
import static org.nm4j.cusparselt.global.cusparseLt.CUSPARSELT_VER_MINOR;
import static org.nm4j.cusparselt.global.cusparseLt.CUSPARSELT_VER_PATCH;
import static org.nm4j.cusparselt.global.cusparseLt.cusparseLtDestroy;
import static org.nm4j.cusparselt.global.cusparseLt.cusparseLtGetErrorName;
import static org.nm4j.cusparselt.global.cusparseLt.cusparseLtGetErrorString;
import static org.nm4j.cusparselt.global.cusparseLt.cusparseLtGetProperty;
import static org.nm4j.cusparselt.global.cusparseLt.cusparseLtGetVersion;
import static org.nm4j.cusparselt.global.cusparseLt.cusparseLtInit;

import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.nm4j.cusparselt.cusparseLt.cusparseLtHandle_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatDescriptor_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulAlgSelection_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulDescriptor_t;
import org.nm4j.cusparselt.cusparseLt.cusparseLtMatmulPlan_t;

/** What the library answers on any machine, and what it says where there is no GPU. */
class LibraryTest {
  @Test
  void libraryIsTheOneOfTheHeader() {
    assertEquals(CUSPARSELT_VER_MAJOR, property(MAJOR_VERSION));
    assertEquals(CUSPARSELT_VER_MINOR, property(MINOR_VERSION));
    assertEquals(CUSPARSELT_VER_PATCH, property(PATCH_LEVEL));
  }

  @Test
  void statusesHaveNames() {
    assertEquals(
        "CUSPARSE_STATUS_SUCCESS", cusparseLtGetErrorName(CUSPARSE_STATUS_SUCCESS).getString());
    assertEquals(
        "CUSPARSE_STATUS_NOT_INITIALIZED",
        cusparseLtGetErrorName(CUSPARSE_STATUS_NOT_INITIALIZED).getString());
    assertEquals(
        "initialization error",
        cusparseLtGetErrorString(CUSPARSE_STATUS_NOT_INITIALIZED).getString());
  }

  /** The sizes are those of the header, in bytes, and the library writes that much. */
  @Test
  void structsHaveTheSizesOfTheHeader() {
    for (var struct :
        List.of(
            new cusparseLtHandle_t(),
            new cusparseLtMatDescriptor_t(),
            new cusparseLtMatmulDescriptor_t(),
            new cusparseLtMatmulAlgSelection_t(),
            new cusparseLtMatmulPlan_t())) {
      assertEquals(512, struct.sizeof(), struct.getClass().getSimpleName());
      assertEquals(0, struct.address() % 16, struct.getClass().getSimpleName());
      struct.close();
    }
  }

  @Test
  void withoutGpuInitialisationSaysSo() {
    try (cusparseLtHandle_t handle = new cusparseLtHandle_t()) {
      int status = cusparseLtInit(handle);
      if (status == CUSPARSE_STATUS_SUCCESS) {
        cusparseLtDestroy(handle);
      }
      Assumptions.assumeFalse(status == CUSPARSE_STATUS_SUCCESS, "there is a GPU");
      assertEquals(CUSPARSE_STATUS_NOT_INITIALIZED, status);
      assertEquals(CUSPARSE_STATUS_INVALID_VALUE, cusparseLtGetVersion(handle, new int[1]));
    }
  }

  private static int property(int type) {
    int[] value = {-1};
    assertEquals(CUSPARSE_STATUS_SUCCESS, cusparseLtGetProperty(type, value));
    return value[0];
  }
}
