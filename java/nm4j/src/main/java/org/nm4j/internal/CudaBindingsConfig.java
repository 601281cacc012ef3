/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.internal;

import org.bytedeco.javacpp.annotation.NoException;
import org.bytedeco.javacpp.annotation.Platform;
import org.bytedeco.javacpp.annotation.Properties;
import org.bytedeco.javacpp.tools.Info;
import org.bytedeco.javacpp.tools.InfoMap;
import org.bytedeco.javacpp.tools.InfoMapper;

/**
 * How JavaCPP turns {@code nm4j_cuda.h} into {@code CudaBindings.java}, the twin of {@link
 * BindingsConfig}. What gives back a pointer or takes a struct is skipped in favour of {@code
 * nm4j_cuda_jni.h}.
 */
@NoException
@Properties(
    value =
        @Platform(
            include = {"nm4j/nm4j_cuda.h", "nm4j_cuda_jni.h"},
            library = "jninm4j_cuda"),
    target = "org.nm4j.internal.CudaBindings")
public class CudaBindingsConfig implements InfoMapper {
  private static final String[] REPLACED = {
    "nm_cuda_device_info",
    "nm_cuda_device_get",
    "nm_cuda_device_reason",
    "nm_cuda_product_reason",
    "nm_cuda_gemm_reason",
    "nm_cuda_gemm_problem",
    "nm_cuda_gemm",
    "nm_cuda_lt_path",
    "nm_cuda_stream_create",
    "nm_cuda_stream_wrap",
    "nm_cuda_stream_raw",
    "nm_cuda_event_create",
    "nm_cuda_event_elapsed",
    "nm_cuda_alloc",
    "nm_cuda_host_alloc",
    "nm_cuda_weights_create",
    "nm_cuda_product",
    "nm_cuda_multiply",
    "nm_cuda_product_copies",
    "nm_cuda_algorithm",
    "nm_cuda_search",
    "nm_cuda_algorithm_known",
    "nm_cuda_algorithms_export",
    "nm_cuda_plans",
    "nm_cuda_plan_stats",
    "nm4j_cuda_product",
    "nm_cuda_mask_distance", // counts in device memory
    "nm_cuda_update",
    "nm_cuda_panels_create",
    "nm_cuda_panels_multiply"
  };

  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("NM4J_NM4J_CUDA_H_", "NM4J_CUDA_JNI_H_", "NM_API").cppTypes().annotations())
        .put(new Info("const uint8_t", "uint8_t").cast().valueTypes("byte").pointerTypes("long"))
        .put(new Info("const void", "void").cast().valueTypes("void").pointerTypes("long"))
        .put(new Info("const int8_t", "int8_t").cast().valueTypes("byte").pointerTypes("long"))
        .put(new Info("const float", "float").cast().valueTypes("float").pointerTypes("long"))
        .put(new Info("double").valueTypes("double").pointerTypes("double[]"))
        .put(new Info("int32_t").valueTypes("int").pointerTypes("int[]"))
        .put(new Info("int64_t").cast().valueTypes("long").pointerTypes("long[]"))
        .put(new Info("const char", "char").cast().valueTypes("byte").pointerTypes("String"))
        .put(new Info("nm_conv2d_geometry", "nm_images").skip().cast().pointerTypes("long[]"))
        .put(
            new Info(
                    "nm_cuda_stream",
                    "nm_cuda_event",
                    "nm_cuda_weights",
                    "nm_cuda_panels",
                    "nm_cuda_findings")
                .skip()
                .cast()
                .pointerTypes("long"))
        .put(new Info("nm4j_cuda_address", "Java_org_nm4j_internal_PinnedMemory_buffer").skip())
        .put(new Info(REPLACED).skip());
  }
}
