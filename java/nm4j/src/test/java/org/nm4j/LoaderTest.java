/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the native library comes from, and what is said when it does not come. */
class LoaderTest {
  private static final String FILE = System.mapLibraryName("jninm4j");

  @TempDir private Path temp;

  private static Path library() {
    return Path.of(Nm4j.info().libraryFile());
  }

  /** Prints what is in use, or the exception of two attempts. */
  static final class Load {
    public static void main(String[] args) {
      for (int attempt = 1; attempt <= 2; attempt++) {
        try {
          System.out.println(Nm4j.info());
        } catch (Nm4jException e) {
          System.out.println(attempt + ". " + e.code() + " " + e.getMessage());
          System.out.println("suppressed: " + Arrays.toString(e.getSuppressed()));
        }
      }
    }
  }

  @Test
  void aPropertyMayNameTheFile() throws Exception {
    Path copy = Files.copy(library(), temp.resolve("other-name.so"));
    new Jvm()
        .options("-Dnm4j.library.path=" + copy)
        .run(Load.class)
        .succeeded()
        .printed("library   " + copy + "\n");
  }

  @Test
  void aPropertyMayNameTheDirectory() throws Exception {
    Path copy = Files.copy(library(), temp.resolve(FILE));
    new Jvm()
        .options("-Dnm4j.library.path=.")
        .directory(temp)
        .classPath(absolute(Jvm.classPath()))
        .run(Load.class)
        .succeeded()
        .printed(copy.getFileName() + "\n", temp.toString());
  }

  @Test
  void aPropertyThatNamesNothingIsReportedAndNothingElseTried() throws Exception {
    new Jvm()
        .options("-Dnm4j.library.path=/no/such/place")
        .run(Load.class)
        .succeeded()
        .printed(
            "1. LIBRARY cannot load the native library " + FILE,
            "-Dnm4j.library.path=/no/such/place (no other place is tried): "
                + "no such file: /no/such/place",
            "What to do: correct or remove the system property nm4j.library.path",
            "suppressed: [java.lang.UnsatisfiedLinkError: no such file: /no/such/place]",
            "2. LIBRARY cannot load") // not NoClassDefFoundError
        .didNotPrint("class path resource");
  }

  @Test
  void aDirectoryWithoutTheLibraryIsReported() throws Exception {
    new Jvm()
        .options("-Dnm4j.library.path=" + temp)
        .run(Load.class)
        .succeeded()
        .printed("no such file: " + temp.resolve(FILE));
  }

  @Test
  void aFileThatIsNoLibraryIsReportedWithTheLinkersWords() throws Exception {
    Path text = Files.writeString(temp.resolve(FILE), "no library ".repeat(100));
    new Jvm()
        .options("-Dnm4j.library.path=" + text)
        .run(Load.class)
        .succeeded()
        .printed("1. LIBRARY", text + ": ", "ELF header", "-Dnm4j.library.path=FILE");
  }

  @Test
  void anotherLibraryIsReported() throws Exception {
    Path plain = Path.of("../../native/build/libnm4j.so").toRealPath(); // without JNI
    new Jvm()
        .options("-Dnm4j.library.path=" + plain)
        .run(Load.class)
        .succeeded()
        .printed(
            "1. LIBRARY", "needs its own JNI library, but " + plain + " is none", "2. LIBRARY");
  }

  @Test
  void aMissingClassifierJarIsReportedWithItsName() throws Exception {
    String without =
        Arrays.stream(Jvm.classPath().split(File.pathSeparator))
            .filter(entry -> !Files.exists(Path.of(entry, "org/nm4j/internal/linux-x86_64")))
            .collect(Collectors.joining(File.pathSeparator));
    new Jvm()
        .classPath(without)
        .run(Load.class)
        .succeeded()
        .printed(
            "1. LIBRARY cannot load the native library",
            "class path resource org/nm4j/internal/linux-x86_64/" + FILE + ": not found",
            "-linux-x86_64.jar to the class path",
            "<classifier>linux-x86_64</classifier>",
            "--add-modules org.nm4j.linux.x86_64",
            "2. LIBRARY");
  }

  @Test
  void aPlatformWithoutNativeCodeIsReported() throws Exception {
    new Jvm()
        .options("-Dos.arch=riscv64")
        .run(Load.class)
        .succeeded()
        .printed("1. LIBRARY", "for linux-riscv64", "native code for linux-x86_64 only");
  }

  /** Touches every public class without loading anything. */
  static final class TouchAll {
    public static void main(String[] args) throws Exception {
      for (Class<?> type : PublicApi.classes()) {
        Class.forName(type.getName(), true, type.getClassLoader());
      }
      System.out.println(Pattern.parse("2:4").keptPerRow(10));
      System.out.println(Epilogue.NONE.activation(Activation.RELU).alpha(2));
      System.out.println(Execution.parallel().threads() > 0);
      System.out.println(SparseMatrix.builder(4, 4, Pattern.P2_4).workload(Workload.SMALL_BATCH));
    }
  }

  @Test
  void nothingIsLoadedBeforeItIsNeeded() throws Exception {
    new Jvm()
        .options("-Dnm4j.library.path=/no/such/place", "-Dnm4j.isa=none")
        .run(TouchAll.class)
        .succeeded();
  }

  /** Many first uses at once. */
  static final class LoadAtOnce {
    public static void main(String[] args) throws Exception {
      CountDownLatch start = new CountDownLatch(1);
      List<String> results = Collections.synchronizedList(new ArrayList<>());
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        int kind = i % 4;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    start.await();
                    switch (kind) {
                      case 0 -> Nm4j.info();
                      case 1 -> DenseMatrix.allocate(1, 1);
                      case 2 -> Mask.of(new byte[1], 1, 8);
                      default ->
                          SparseMatrix.prune(DenseMatrix.allocate(1, 4), Pattern.P2_4).close();
                    }
                    results.add("ok");
                  } catch (Throwable e) {
                    results.add(e.toString());
                  }
                });
        thread.start();
        threads.add(thread);
      }
      start.countDown();
      for (Thread thread : threads) {
        thread.join();
      }
      System.out.println(Collections.frequency(results, "ok") + " ok: " + results);
    }
  }

  @Test
  void threadsMayNeedItForTheFirstTimeAtOnce() throws Exception {
    for (int i = 0; i < 5; i++) {
      new Jvm().run(LoadAtOnce.class).succeeded().printed("32 ok");
    }
  }

  @Test
  void theInfoIsComplete() {
    Info info = Nm4j.info();
    assertTrue(info.version().matches("\\d+\\.\\d+\\.\\d+(-SNAPSHOT)?"), info.version());
    assertEquals("linux-x86_64", info.platform());
    assertTrue(Files.isRegularFile(Path.of(info.libraryFile())), info.libraryFile());
    assertTrue(Path.of(info.libraryFile()).isAbsolute());
    assertTrue(!info.cpu().isBlank() && !info.features().isEmpty());
    assertTrue(
        List.of("scalar", "avx2", "avx512", "avx512vnni", "avx512bf16", "amx").contains(info.isa()),
        info.isa());
    assertTrue(info.isaReason().startsWith(info.isa()), info.isaReason());
    assertEquals(
        List.of("cpu: ready", "cuda: see Nm4j.cuda(); this version was never run on a card"),
        info.backends());
    assertEquals(7, info.toString().lines().count());
  }

  private static String absolute(String classPath) {
    return Arrays.stream(classPath.split(File.pathSeparator))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(Collectors.joining(File.pathSeparator));
  }
}
