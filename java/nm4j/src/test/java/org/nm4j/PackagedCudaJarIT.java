/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import packaged.CudaSmoke;

/** The jar of the CUDA backend, made by the profile cuda-jar, as users get it; no GPU needed. */
@EnabledIfSystemProperty(named = "nm4j.cuda.jar", matches = ".+")
class PackagedCudaJarIT {
  @TempDir private Path home;

  private Jvm jvm() {
    return new Jvm().options("-Dorg.bytedeco.javacpp.cachedir=" + home).directory(home);
  }

  private static String jars() {
    return PackagedJarIT.path(PackagedJarIT.jars(Path.of(System.getProperty("nm4j.cuda.jar"))));
  }

  /** Where the program is, which is no part of the jars. */
  private static String program() throws URISyntaxException {
    var source = CudaSmoke.class.getProtectionDomain().getCodeSource();
    return Path.of(source.getLocation().toURI()).toString();
  }

  private void loads(Jvm jvm) throws Exception {
    Jvm.Result result = jvm.run(CudaSmoke.class).succeeded();
    result.printed("library " + home, "simulated false");
    assertFalse(result.output().contains("reason LIBRARY"), result.output());
  }

  @Test
  void theClassPathIsEnough() throws Exception {
    loads(jvm().classPath(program() + File.pathSeparator + jars()));
  }

  @Test
  void theModulePathIsEnough() throws Exception {
    String modules = "org.nm4j,org.nm4j.linux.x86_64,org.nm4j.linux.x86_64.cuda";
    loads(jvm().options("--module-path", jars(), "--add-modules", modules).classPath(program()));
  }

  @Test
  void withoutTheJarThatIsTheReason() throws Exception {
    String others = PackagedJarIT.path(PackagedJarIT.jars());
    jvm()
        .classPath(program() + File.pathSeparator + others)
        .run(CudaSmoke.class)
        .succeeded()
        .printed("reason LIBRARY");
  }
}
