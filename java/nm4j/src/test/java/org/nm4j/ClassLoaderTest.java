/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Several class loaders, as in application servers: each has an nm4j of its own. */
class ClassLoaderTest {
  /** What each copy of the classes does; returns the file it loaded. */
  public static final class Guest {
    public static String call() {
      DenseMatrix w = DenseMatrix.copyOf(new float[] {1, 0, 0, 2}, 1, 4);
      try (SparseMatrix matrix = SparseMatrix.prune(w, Pattern.P2_4)) {
        float y = matrix.linear(new float[] {1, 10, 100, 1000}, 1)[0];
        if (y != 2001) {
          throw new AssertionError("got " + y);
        }
      }
      return Nm4j.info().libraryFile();
    }
  }

  /** Arguments: how many loaders, and "shared" if JavaCPP lives in a parent of them all. */
  static final class Program {
    public static void main(String[] args) throws Exception {
      List<URL> javacpp = new ArrayList<>();
      List<URL> all = new ArrayList<>();
      for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
        URL url = Path.of(entry).toUri().toURL();
        (entry.contains("bytedeco") ? javacpp : all).add(url);
      }
      ClassLoader parent = ClassLoader.getPlatformClassLoader();
      if (args[1].equals("shared")) {
        parent = new URLClassLoader(javacpp.toArray(new URL[0]), parent);
      } else {
        all.addAll(javacpp);
      }
      Set<String> files = new HashSet<>();
      List<Object> alive = new ArrayList<>();
      for (int i = 0; i < Integer.parseInt(args[0]); i++) {
        ClassLoader loader = new URLClassLoader(all.toArray(new URL[0]), parent);
        Class<?> guest = loader.loadClass(Guest.class.getName());
        files.add((String) guest.getMethod("call").invoke(null));
        alive.add(loader);
      }
      System.out.println(alive.size() + " loaders, " + files.size() + " files");
    }
  }

  @Test
  void eachLoaderHasALibraryOfItsOwn() throws Exception {
    new Jvm().run(Program.class, "4", "own").succeeded().printed("4 loaders, 4 files");
  }

  @Test
  void loadersMayShareJavaCpp() throws Exception {
    new Jvm().run(Program.class, "3", "shared").succeeded().printed("3 loaders, 3 files");
  }
}
