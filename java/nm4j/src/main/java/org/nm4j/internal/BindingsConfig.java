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
 * How JavaCPP turns {@code nm4j.h} into {@code Bindings.java}.
 *
 * <p>Addresses and handles cross as {@code long}: a call reads no field of any Java object, and the
 * bindings work whichever class loader JavaCPP itself lives in. Single results come back in arrays
 * of one element; JavaCPP copies those back unless their C type begins with {@code const}.
 */
@NoException
@Properties(
    value =
        @Platform(
            include = {"nm4j/nm4j.h", "nm4j_jni.h"},
            library = "jninm4j"),
    target = "org.nm4j.internal.Bindings")
public class BindingsConfig implements InfoMapper {
  @Override
  public void map(InfoMap infoMap) {
    infoMap
        .put(new Info("NM4J_NM4J_H_", "NM4J_JNI_H_", "NM_API").cppTypes().annotations())
        .put(new Info("const float", "float").cast().valueTypes("float").pointerTypes("long"))
        .put(new Info("const uint8_t", "uint8_t").cast().valueTypes("byte").pointerTypes("long"))
        .put(new Info("const int8_t", "int8_t").cast().valueTypes("byte").pointerTypes("long"))
        .put(new Info("const void", "void").cast().valueTypes("void").pointerTypes("long"))
        .put(new Info("nm_product").skip())
        .put(new Info("nm_product_tiles", "nm_product_kernel", "nm_multiply").skip())
        .put(new Info("nm4j_product").skip())
        .put(new Info("nm_update", "nm_update_rows").skip())
        .put(new Info("int32_t").valueTypes("int").pointerTypes("int[]"))
        .put(new Info("int64_t").cast().valueTypes("long").pointerTypes("long[]"))
        .put(new Info("double").valueTypes("double").pointerTypes("double[]"))
        .put(new Info("const char", "char").cast().valueTypes("byte").pointerTypes("String"))
        .put(new Info("nm_conv2d_geometry", "nm_images").skip().cast().pointerTypes("long[]"))
        .put(new Info("nm_convolution", "nm_convolve", "nm_conv2d_f32").skip())
        .put(new Info("nm_conv2d").skip().cast().pointerTypes("long"))
        .put(
            new Info("nm_conv2d_create_f32")
                .javaText(
                    "public static native int nm_conv2d_create_f32("
                        + "@Cast(\"const nm_conv2d_geometry*\") long[] geometry, int n, int m, "
                        + "int dtype, @Cast(\"const float*\") long w, "
                        + "@Cast(\"const uint8_t*\") long mask, int flags, "
                        + "@Cast(\"nm_conv2d**\") long[] out);"))
        .put(
            new Info("nm_conv2d_create_s8")
                .javaText(
                    "public static native int nm_conv2d_create_s8("
                        + "@Cast(\"const nm_conv2d_geometry*\") long[] geometry, int n, int m, "
                        + "@Cast(\"const int8_t*\") long w, @Cast(\"const uint8_t*\") long mask, "
                        + "@Cast(\"const float*\") long scales, "
                        + "@Cast(\"nm_conv2d**\") long[] out);"))
        .put(
            new Info("nm_conv2d_kernel")
                .javaText(
                    "public static native int nm_conv2d_kernel(@Cast(\"const nm_conv2d*\") long a, "
                        + "int x_dtype, @Cast(\"char const**\") long[] name);"))
        .put(new Info("nm_matrix").skip().cast().pointerTypes("long"))
        .put(
            new Info("nm_matrix_create")
                .javaText(
                    "public static native int nm_matrix_create(long rows, long cols, int n, int m, "
                        + "int dtype, int workload, @Cast(\"nm_matrix**\") long[] out);"))
        .put(
            new Info("nm_matrix_transpose")
                .javaText(
                    "public static native int nm_matrix_transpose("
                        + "@Cast(\"const nm_matrix*\") long a, @Cast(\"nm_matrix**\") long[] out);"))
        .put(
            new Info("nm_matrix_create_transposed")
                .javaText(
                    "public static native int nm_matrix_create_transposed(long rows, long cols, "
                        + "int n, int m, @Cast(\"nm_matrix**\") long[] out);"))
        .put(
            new Info("nm_matrix_restrict")
                .javaText(
                    "public static native int nm_matrix_restrict(@Cast(\"const nm_matrix*\") long a, "
                        + "int workload, @Cast(\"nm_matrix**\") long[] out);"))
        .put(new Info("nm_matrix_kernel").skip())
        .put(
            new Info("nm4j_product_kernel")
                .javaText(
                    "public static native int nm4j_product_kernel("
                        + "@Cast(\"const nm_matrix*\") long a, int layout, long batch, int x_dtype, "
                        + "int y_dtype, @Cast(\"char const**\") long[] name);"))
        .put(
            new Info()
                .javaText(
                    "/** The C string at an address. */\n"
                        + "@Name(\"reinterpret_cast<const char*>\")\n"
                        + "public static native @Cast(\"const char*\") String string(long"
                        + " address);\n"
                        + "/** The address of the first element of a direct buffer. */\n"
                        + "@Name(\"reinterpret_cast<int64_t>\")\n"
                        + "public static native long address(Buffer buffer);"));
  }
}
