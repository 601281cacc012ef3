/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.torch;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.nm4j.Device;
import org.nm4j.Nm4j;

/**
 * Tests with tensors in memory of the double of CUDA, where PyTorch's CPU kernels stand in for
 * those of a GPU, see {@link DoublePlace}. They run where the system property {@code nm4j.test.gpu}
 * is {@code double}, and fail where there is none then. Every name begins with "simulated": it says
 * nothing about a card.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(DoubleTest.Needed.class)
@DisplayNameGeneration(DoubleTest.Names.class)
@interface DoubleTest {
  /** Skips or fails before anything else. */
  final class Needed implements BeforeAllCallback {
    @Override
    public void beforeAll(ExtensionContext context) {
      boolean expected = System.getProperty("nm4j.test.gpu", "").equals("double");
      Assumptions.assumeTrue(expected, "needs the double of CUDA: nm4j.test.gpu=double");
      assertTrue(Device.cuda(0).availability().isAvailable(), () -> Nm4j.cuda().toString());
      assertTrue(Nm4j.cuda().simulated(), () -> Nm4j.cuda().toString());
    }
  }

  /** Says that a test is simulated. */
  final class Names extends DisplayNameGenerator.Standard {
    private static final String LABEL = "simulated: ";

    @Override
    public String generateDisplayNameForClass(Class<?> type) {
      return LABEL + super.generateDisplayNameForClass(type);
    }

    @Override
    public String generateDisplayNameForMethod(
        List<Class<?>> enclosing, Class<?> type, Method method) {
      return LABEL + super.generateDisplayNameForMethod(enclosing, type, method);
    }
  }
}
