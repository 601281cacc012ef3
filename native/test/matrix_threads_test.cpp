/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What may run concurrently on a packed matrix.
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/multiplication.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr int kThreads = 4;

// Runs work(thread number) on each thread, released together.
template <typename Work>
void InParallel(Work work) {
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      while (!go) std::this_thread::yield();
      work(t);
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
}

// Neighbouring rows share panels and bitmaps inside a matrix, so single rows by turns are the hardest case.
TEST(ThreadsTest, DisjointRowsMayBeSetAtOnce) {
  Random random;
  const Weights weights = RealWeights(203, 45, {2, 4}, random);
  const FloatMatrix expected = Masked(weights.w, weights.mask);
  for (int32_t workload : kWorkloads) {
    for (int round = 0; round < 20; ++round) {
      const Handle a = Create(203, 45, {2, 4}, workload);
      std::atomic<int> failures{0};
      InParallel([&](int t) {
        for (int64_t r = t; r < 203; r += kThreads) {
          const int32_t status = nm_matrix_set_rows_f32(a.get(), r, 1, weights.w.Row(r), 45, weights.mask.Row(r), 0);
          if (status != NM_OK) ++failures;
        }
      });
      ASSERT_EQ(failures, 0);
      ASSERT_TRUE(Succeeds(nm_matrix_seal(a.get())));
      FloatMatrix back(203, 45);
      Require(nm_matrix_get_rows_f32(a.get(), 0, 203, back.data(), 45));
      ASSERT_TRUE(SameBits(expected, back));
    }
  }
}

TEST(ThreadsTest, TilesOfOneProductMayRunAtOnce) {
  Random random;
  const Weights weights = RealWeights(530, 260, {2, 4}, random);
  for (int32_t workload : kWorkloads) {
    const Handle a = weights.Pack(workload);
    for (int32_t layout : kLayouts) {
      for (int64_t batch : {1, 70, 400}) {
        Multiplication product(layout, 530, 260, batch, {0.5f, 2.0f, true, true, NM_RELU});
        product.FillReals(random);
        ASSERT_TRUE(Succeeds(product.Run(a.get())));
        const FloatMatrix expected = Copy(product.y);
        const int64_t tiles = product.Tiles(a.get());

        product.ResetY();
        std::atomic<int64_t> next{0};
        std::atomic<int> failures{0};
        InParallel([&](int) {
          for (int64_t tile = next++; tile < tiles; tile = next++) {
            if (product.RunTiles(a.get(), tile, tile + 1) != NM_OK) ++failures;
          }
        });
        ASSERT_EQ(failures, 0);
        EXPECT_TRUE(SameBits(expected, product.y)) << product.Describe();
      }
    }
  }
}

TEST(ThreadsTest, DifferentProductsMayRunAtOnce) {
  Random random;
  const Weights weights = IntegerWeights(140, 93, {3, 5}, random);
  const Handle a = weights.Pack(NM_ANY_BATCH);
  std::vector<Multiplication> products;
  for (int t = 0; t < kThreads; ++t) {
    products.emplace_back(kLayouts[t % 2], 140, 93, 1 + 67 * t);
    products.back().FillIntegers(random);
  }
  std::atomic<int> failures{0};
  InParallel([&](int t) {
    for (int round = 0; round < 20; ++round) {
      if (products[static_cast<size_t>(t)].Run(a.get()) != NM_OK) ++failures;
    }
  });
  ASSERT_EQ(failures, 0);
  for (const Multiplication& product : products) EXPECT_TRUE(Matches(product, weights, Accuracy::kExact));
}

int64_t LivingThreads() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

TEST(ThreadsTest, TheLibraryStartsNone) {
  const int64_t before = LivingThreads();
  Random random;
  const Weights weights = RealWeights(600, 256, {2, 4}, random);
  const Handle a = weights.Pack(NM_ANY_BATCH);
  Multiplication product(NM_FEATURE_MAJOR, 600, 256, 600);
  product.FillReals(random);
  ASSERT_TRUE(Succeeds(product.Run(a.get())));
  EXPECT_EQ(LivingThreads(), before);
}

}  // namespace
}  // namespace nm4j_test
