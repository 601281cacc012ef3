/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.cusparselt.presets;

import java.util.List;
import org.bytedeco.cuda.presets.cudart;
import org.bytedeco.javacpp.ClassProperties;
import org.bytedeco.javacpp.LoadEnabled;
import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * How JavaCPP turns NVIDIA's {@code cusparseLt.h} into {@code
 * org.nm4j.cusparselt.global.cusparseLt} and the five opaque structs beside it.
 *
 * <p>It builds on the preset of the CUDA runtime for streams and data types. The enumerations that
 * cuSPARSELt shares with cuSPARSE (status, order, operation) are plain {@code int}; their constants
 * are those of {@code org.bytedeco.cuda.global.cusparse}, which javac copies, so that cuSPARSE need
 * not be there at run time.
 */
@NoException
@Properties(
    inherit = cudart.class,
    value = {
      @Platform(
          include = "<cusparseLt.h>",
          // Of no use here: OpenGL, whose headers most servers lack, and half floats, which need
          // CCCL's.
          exclude = {
            "<cudaGL.h>",
            "<cuda_gl_interop.h>",
            "<driver_functions.h>",
            "<cuda_fp16.h>",
            "<cuda_fp16.hpp>",
            "<cuda_bf16.h>",
            "<cuda_bf16.hpp>"
          },
          link = "cusparseLt@.0"),
      @Platform(
          value = "linux-x86_64",
          includepath = "/usr/include/libcusparseLt/13/",
          linkpath = "/usr/lib/x86_64-linux-gnu/libcusparseLt/13/"),
      @Platform(
          value = "linux-arm64",
          includepath = "/usr/include/libcusparseLt/13/",
          linkpath = "/usr/lib/aarch64-linux-gnu/libcusparseLt/13/")
    },
    target = "org.nm4j.cusparselt.cusparseLt",
    global = "org.nm4j.cusparselt.global.cusparseLt")
public class cusparseLt implements LoadEnabled, InfoMapper {
  private static final String[] STRUCTS = {
    "cusparseLtHandle_t",
    "cusparseLtMatDescriptor_t",
    "cusparseLtMatmulDescriptor_t",
    "cusparseLtMatmulAlgSelection_t",
    "cusparseLtMatmulPlan_t"
  };

  /** For JavaCPP. */
  public cusparseLt() {}

  /**
   * Takes the runtime's types alone. cuSPARSELt holds a runtime of its own, and one that is linked
   * would make the driver a condition of loading: without it nobody could be told what is missing.
   */
  @Override
  public void init(ClassProperties properties) {
    properties.get("platform.link").removeAll(List.of("cudart@.13", "cuda@.1#"));
    properties.get("global").remove("org.bytedeco.cuda.global.cudart");
  }

  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("CUSPARSELT_API").cppTypes().annotations().cppText(""))
        .put(
            new Info("cusparseStatus_t", "cusparseOrder_t", "cusparseOperation_t")
                .cast()
                .valueTypes("int"));
    for (String struct : STRUCTS) {
      infoMap.put(new Info(struct + "::data").skip());
    }
    // The verdict is written on the device, where no Java array or buffer lives.
    infoMap
        .put(new Info("cusparseLtSpMMAPruneCheck").javaText(pruneCheck("", "MatmulDescriptor_t")))
        .put(
            new Info("cusparseLtSpMMAPruneCheck2")
                .javaText(
                    pruneCheck("2", "MatDescriptor_t")
                        .replace(
                            "@Const Pointer d_in",
                            "int isSparseA, @Cast(\"cusparseOperation_t\") int op, @Const Pointer"
                                + " d_in")));
  }

  private static String pruneCheck(String suffix, String descriptor) {
    return "public static native @Cast(\"cusparseStatus_t\") int cusparseLtSpMMAPruneCheck"
        + suffix
        + "(@Const cusparseLtHandle_t handle, @Const cusparseLt"
        + descriptor
        + " descr, @Const Pointer d_in, IntPointer d_valid, CUstream_st stream);";
  }
}
