/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import packaged.CudaSmoke;

/** The jar of the CUDA backend, made by the profile cuda-jar, as users get it; no GPU needed. */
@EnabledIfSystemProperty(named = "nm4j.cuda.jar", matches = ".+")
class PackagedCudaJarIT {
  @TempDir private Path home;

  private Jvm.Result run(List<Path> jars, String mode) throws Exception {
    String path = jars.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    Path program =
        Path.of(CudaSmoke.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Jvm jvm = new Jvm().options("-Dorg.bytedeco.javacpp.cachedir=" + home).directory(home);
    if (mode.equals("modules")) {
      String modules = "org.nm4j,org.nm4j.linux.x86_64,org.nm4j.linux.x86_64.cuda";
      jvm.options("--module-path", path, "--add-modules", modules).classPath(program.toString());
    } else {
      jvm.classPath(program + File.pathSeparator + path);
    }
    return jvm.run(CudaSmoke.class).succeeded();
  }

  private void loads(String mode) throws Exception {
    Jvm.Result result = run(PackagedJarIT.jars(Path.of(System.getProperty("nm4j.cuda.jar"))), mode);
    result.printed("library " + home, "simulated false");
    assertFalse(result.output().contains("reason LIBRARY"), result.output());
  }

  @Test
  void theClassPathIsEnough() throws Exception {
    loads("classes");
  }

  @Test
  void theModulePathIsEnough() throws Exception {
    loads("modules");
  }

  @Test
  void withoutTheJarThatIsTheReason() throws Exception {
    run(PackagedJarIT.jars(), "classes").printed("reason LIBRARY");
  }
}
