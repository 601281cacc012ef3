/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// nm_matrix_prune_rows_f32: pruning, compression and packing at once give what they give one after the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/random.h"
#include "support/reference.h"
#include "support/status.h"
#include "support/weights.h"

namespace nm4j_test {
namespace {

constexpr int32_t kDtypes[] = {NM_F32, NM_BF16, NM_S8};

Handle CreateTyped(int32_t dtype, int64_t rows, int64_t cols, Pattern p, int32_t workload) {
  nm_matrix* a = nullptr;
  Require(nm_matrix_create(rows, cols, p.n, p.m, dtype, workload, &a));
  return Handle(a);
}

int32_t Prune(const Handle& a, const FloatMatrix& w, int64_t row0, int64_t count, int32_t flags = 0,
              uint8_t* mask = nullptr) {
  return nm_matrix_prune_rows_f32(a.get(), row0, count, w.Row(row0), w.ld(), flags, mask);
}

// Seals both and compares rows, portable forms and scales.
testing::AssertionResult SameMatrix(const Handle& expected, const Handle& actual, int64_t rows, int64_t cols,
                                    Pattern p) {
  FloatMatrix w[] = {{rows, cols}, {rows, cols}}, scales[] = {{1, rows}, {1, rows}};
  FloatMatrix values[] = {{rows, KeptPerRow(cols, p)}, {rows, KeptPerRow(cols, p)}};
  BitMask mask[] = {{rows, cols}, {rows, cols}};
  for (int i = 0; i < 2; ++i) {
    nm_matrix* a = (i == 0 ? expected : actual).get();
    Require(nm_matrix_seal(a));
    Require(nm_matrix_get_rows_f32(a, 0, rows, w[i].data(), cols));
    Require(nm_matrix_get_compressed_f32(a, 0, rows, values[i].data(), mask[i].data()));
    Require(nm_matrix_get_scales(a, 0, rows, scales[i].data()));
  }
  if (auto same = SameBits(w[0], w[1]); !same) return same;
  if (auto same = SameBits(values[0], values[1]); !same) return same;
  if (auto same = SameBits(mask[0], mask[1]); !same) return same;
  return SameBits(scales[0], scales[1]);
}

// Prunes w whole and compares with the reference's mask, given to nm_matrix_set_rows_f32.
testing::AssertionResult PrunesLikeReference(const FloatMatrix& w, Pattern p, int32_t dtype, int32_t workload,
                                             int32_t flags, Placement placement) {
  const int64_t rows = w.rows(), cols = w.cols();
  const BitMask mask = MagnitudeMask(w, p);
  const Handle expected = CreateTyped(dtype, rows, cols, p, workload);
  Require(nm_matrix_set_rows_f32(expected.get(), 0, rows, w.data(), w.ld(), mask.data(), flags));
  const Handle actual = CreateTyped(dtype, rows, cols, p, workload);
  BitMask found(rows, cols, placement);
  std::fill(found.buffer().begin(), found.buffer().end(), uint8_t{0xff});
  if (auto succeeded = Succeeds(Prune(actual, w, 0, rows, flags, found.data())); !succeeded) return succeeded;
  if (auto same = SameBits(mask, found); !same) return same;
  return SameMatrix(expected, actual, rows, cols, p);
}

TEST(PruneTest, AllPatterns) {
  Random random;
  ForAllPatterns([&](Pattern p) {
    const int64_t rows = random.Int(1, 40), cols = random.Int(1, 9 * p.m);
    const Placement placement = random.Pick(kPlacements);
    FloatMatrix w(rows, cols, cols + random.Int(0, 3), placement);
    w.Fill([&](int64_t, int64_t) { return random.Chance(0.1) ? -0.0f : random.Uniform(); });
    w.buffer().ForbidWrites();
    for (const int32_t dtype : kDtypes) {
      const int32_t workload = random.Pick(kWorkloads);
      ASSERT_TRUE(PrunesLikeReference(w, p, dtype, workload, 0, placement))
          << p.n << ":" << p.m << ", " << rows << " x " << cols << ", type " << dtype << ", workload " << workload;
    }
  });
}

TEST(PruneTest, SpecialValues) {
  Random random;
  float values[] = {0.0f, -0.0f, kTiniest, -kTiniest, 0x1p-126f, kInfinity, -kInfinity, kLargest, 1.0f, 0.0f, 0.0f};
  SetBits(&values[9], kQuietNanBits);
  SetBits(&values[10], kSignallingNanBits);
  for (const Pattern p : kPatterns) {
    FloatMatrix w(19, 131, 140);
    for (int64_t r = 0; r < w.rows(); ++r) {
      for (int64_t c = 0; c < w.cols(); ++c) SetBits(w.Row(r) + c, BitsAt(&random.Pick(values)));
    }
    for (const int32_t workload : kWorkloads) {
      EXPECT_TRUE(PrunesLikeReference(w, p, NM_F32, workload, NM_ALLOW_NAN, Placement::kUnaligned));
    }
  }
}

// Packings of more than 8 MiB are written past the caches, lines that are whole and lines that are not.
TEST(PruneTest, LargeMatrices) {
  Random random;
  for (const Pattern p : {Pattern{2, 4}, Pattern{4, 8}, Pattern{3, 5}}) {
    FloatMatrix w(1030, 4099);
    uint32_t bits = 12345;
    w.Fill([&](int64_t, int64_t) {
      return static_cast<float>(static_cast<int32_t>(bits = bits * 1664525u + 1013904223u));
    });
    EXPECT_TRUE(PrunesLikeReference(w, p, NM_F32, NM_ANY_BATCH, 0, Placement::kBeforeGuard)) << p.n << ":" << p.m;
  }
}

TEST(PruneTest, AnyBlocksAndOrder) {
  Random random;
  FloatMatrix w(75, 100, 103);
  w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
  for (const Pattern p : {Pattern{2, 4}, Pattern{3, 5}}) {
    const BitMask mask = MagnitudeMask(w, p);
    for (const int32_t dtype : kDtypes) {
      for (const int64_t block : {1, 5, 16, 17, 40}) {
        const Handle expected = CreateTyped(dtype, 75, 100, p, NM_ANY_BATCH);
        Require(nm_matrix_set_rows_f32(expected.get(), 0, 75, w.data(), 103, mask.data(), 0));
        const Handle actual = CreateTyped(dtype, 75, 100, p, NM_ANY_BATCH);
        std::vector<int64_t> starts;
        for (int64_t row0 = 0; row0 < 75; row0 += block) starts.push_back(row0);
        std::shuffle(starts.begin(), starts.end(), random.engine());
        for (const int64_t row0 : starts) {
          ASSERT_TRUE(Succeeds(Prune(actual, w, row0, std::min<int64_t>(block, 75 - row0))));
        }
        EXPECT_TRUE(SameMatrix(expected, actual, 75, 100, p)) << "blocks of " << block;
      }
    }
  }
}

TEST(PruneTest, SeveralThreadsShareAPanel) {
  Random random;
  FloatMatrix w(203, 45);
  w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
  const BitMask mask = MagnitudeMask(w, {2, 4});
  constexpr int kThreads = 4;
  for (const int32_t dtype : kDtypes) {
    const Handle expected = CreateTyped(dtype, 203, 45, {2, 4}, NM_ANY_BATCH);
    Require(nm_matrix_set_rows_f32(expected.get(), 0, 203, w.data(), 45, mask.data(), 0));
    const Handle actual = CreateTyped(dtype, 203, 45, {2, 4}, NM_ANY_BATCH);
    std::atomic<int> failures{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int64_t r = t; r < 203; r += kThreads) failures += Prune(actual, w, r, 1) == NM_OK ? 0 : 1;
      });
    }
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(failures, 0);
    EXPECT_TRUE(SameMatrix(expected, actual, 203, 45, {2, 4}));
  }
}

TEST(PruneTest, NanIsFoundAnywhere) {
  for (const int64_t cols : {4, 37, 64}) {
    FloatMatrix w(3, cols);
    for (int64_t r = 0; r < 3; ++r) {
      for (int64_t c = 0; c < cols; ++c) {
        w.Fill([](int64_t, int64_t) { return 1.0f; });
        w(r, c) = kNan;
        const Handle a = CreateTyped(NM_F32, 3, cols, {2, 4}, NM_ANY_BATCH);
        ASSERT_TRUE(Refuses(NM_NAN, Prune(a, w, 0, 3), {std::to_string(r), std::to_string(c)}));
        ASSERT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_seal(a.get()), {"row 0"}));
      }
    }
  }
}

TEST(PruneTest, IntegersNeedFiniteWeights) {
  const float w[] = {1, kInfinity, 0, 0};
  const Handle a = CreateTyped(NM_S8, 1, 4, {2, 4}, NM_ANY_BATCH);
  EXPECT_TRUE(
      Refuses(NM_NAN, nm_matrix_prune_rows_f32(a.get(), 0, 1, w, 4, NM_ALLOW_NAN, nullptr), {"row 0", "column 1"}));
}

TEST(PruneTest, Arguments) {
  float w[64] = {};
  uint8_t mask[2] = {};
  const Handle handle = Create(8, 8, {2, 4}, NM_ANY_BATCH);
  nm_matrix* a = handle.get();
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_prune_rows_f32(nullptr, 0, 1, w, 8, 0, mask), {"matrix", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_prune_rows_f32(a, 0, 1, nullptr, 8, 0, mask), {"w", "null"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_prune_rows_f32(a, 7, 2, w, 8, 0, mask), {"8", "7", "2"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_prune_rows_f32(a, -1, 1, w, 8, 0, mask), {"-1"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_prune_rows_f32(a, 0, 2, w, 7, 0, mask), {"8", "7"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_matrix_prune_rows_f32(a, 0, 1, w, 8, 2, mask), {"flags", "2"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_matrix_prune_rows_f32(a, 0, 8, w, INT64_MAX / 4, 0, nullptr), {"w"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT,
                      nm_matrix_prune_rows_f32(a, 0, 2, w, 8, 0, reinterpret_cast<uint8_t*>(w + 15)), {"w", "mask"}));
  EXPECT_TRUE(Succeeds(nm_matrix_prune_rows_f32(a, 3, 0, nullptr, 8, 0, nullptr)));
  EXPECT_TRUE(Succeeds(nm_matrix_prune_rows_f32(a, 0, 8, w, 8, 0, nullptr)));
  Require(nm_matrix_seal(a));
  EXPECT_TRUE(Refuses(NM_INVALID_STATE, nm_matrix_prune_rows_f32(a, 0, 1, w, 8, 0, nullptr), {"sealed"}));
}

}  // namespace
}  // namespace nm4j_test
