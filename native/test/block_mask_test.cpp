/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Masks of blocks: transposable N:M and V:N:M.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/all_patterns.h"
#include "support/isa.h"
#include "support/random.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

// The magnitude that counts, in double; NaN as the header says.
double Counted(float w) { return std::isnan(w) ? 0x1p124 : std::min(std::fabs(static_cast<double>(w)), 0x1p124); }

BitMask Transposable(const FloatMatrix& w, Pattern p, int32_t flags = 0, Placement placement = kPlacements[0]) {
  BitMask mask(w.rows(), w.cols(), placement);
  std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
  Require(nm_mask_transposable_f32(w.data(), w.rows(), w.cols(), w.ld(), p.n, p.m, flags, mask.data()));
  return mask;
}

// All M x M masks that keep exactly two of four in rows and columns, in the order in which ties are decided: first how
// the upper rows use the columns (two columns twice, all once, two once), then the choices within.
std::vector<std::vector<int>> NinetyMasks() {
  const int pairs[6] = {3, 5, 9, 6, 10, 12};  // by columns
  std::vector<std::vector<int>> masks;
  for (const int p : pairs) masks.push_back({p, p, 15 - p, 15 - p});
  for (const int p : pairs) {
    for (const int q : pairs) masks.push_back({p, 15 - p, q, 15 - q});
  }
  for (const int p : pairs) {
    const int low = p & -p, high = p - low;                           // once above, once below
    const int first = (15 - p) & -(15 - p), second = 15 - p - first;  // twice above or below
    for (int choice = 0; choice < 8; ++choice) {
      const int upper = (choice & 4) == 0 ? first : second, lower = 15 - p - upper;
      const int a = (choice & 2) == 0 ? low : high, b = (choice & 1) == 0 ? low : high;
      masks.push_back({upper | a, upper | (p - a), lower | b, lower | (p - b)});
    }
  }
  return masks;
}

double KeptBy(const std::vector<int>& rows, const double (&w)[4][4]) {
  double sum = 0;
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 4; ++c) sum += (rows[static_cast<size_t>(r)] >> c & 1) != 0 ? w[r][c] : 0;
  }
  return sum;
}

void Block(const FloatMatrix& w, int64_t row, int64_t col, double (&block)[4][4]) {
  for (int64_t r = 0; r < 4; ++r) {
    for (int64_t c = 0; c < 4; ++c) {
      block[r][c] = row + r < w.rows() && col + c < w.cols() ? Counted(w(row + r, col + c)) : 0;
    }
  }
}

TEST(TransposableTest, NinetyMasksAreThere) {
  auto masks = NinetyMasks();
  for (const auto& mask : masks) {
    for (int c = 0; c < 4; ++c) {
      int in_row = 0, in_col = 0;
      for (int i = 0; i < 4; ++i) {
        in_row += mask[static_cast<size_t>(c)] >> i & 1;
        in_col += mask[static_cast<size_t>(i)] >> c & 1;
      }
      ASSERT_EQ(in_row, 2);
      ASSERT_EQ(in_col, 2);
    }
  }
  std::sort(masks.begin(), masks.end());
  EXPECT_EQ(std::unique(masks.begin(), masks.end()) - masks.begin(), 90);
}

// Sums of small integers are exact, so that the first of the best masks is known, ties and all.
template <typename Generate>
void ExactSweep(Generate generate, int32_t flags = 0) {
  Random random;
  const auto masks = NinetyMasks();
  for (const int64_t rows : {1, 2, 3, 4, 5, 8, 11}) {
    for (const int64_t cols : {1, 2, 3, 4, 5, 7, 8, 9, 12, 31, 32, 33, 60, 63, 64, 65, 68, 130, 200}) {
      const Placement placement = random.Pick(kPlacements);
      FloatMatrix w(rows, cols, cols + random.Int(0, 3), placement);
      w.Fill([&](int64_t, int64_t) { return generate(random); });
      w.buffer().ForbidWrites();
      const BitMask mask = Transposable(w, {2, 4}, flags, placement);
      BitMask expected(rows, cols);
      for (int64_t r0 = 0; r0 < rows; r0 += 4) {
        for (int64_t c0 = 0; c0 < cols; c0 += 4) {
          double block[4][4];
          Block(w, r0, c0, block);
          const auto best = *std::max_element(masks.begin(), masks.end(), [&](const auto& a, const auto& b) {
            return KeptBy(a, block) < KeptBy(b, block);
          });
          for (int64_t r = r0; r < std::min(r0 + 4, rows); ++r) {
            for (int64_t c = c0; c < std::min(c0 + 4, cols); ++c) {
              expected.Set(r, c, (best[static_cast<size_t>(r - r0)] >> (c - c0) & 1) != 0);
            }
          }
        }
      }
      ASSERT_TRUE(SameBits(expected, mask)) << rows << " x " << cols;
    }
  }
}

TEST(TransposableTest, BestOfTheNinety) {
  ExactSweep([](Random& random) { return static_cast<float>(random.Int(-1000, 1000)); });
}

TEST(TransposableTest, Ties) {
  ExactSweep([](Random& random) { return static_cast<float>(random.Int(-1, 1)); });
}

TEST(TransposableTest, ZerosOnly) {
  ExactSweep([](Random& random) { return random.Chance(0.5) ? 0.0f : -0.0f; });
}

TEST(TransposableTest, HugeNumbersCountAsOne) {
  const float values[] = {kInfinity, -kInfinity, kLargest, 0x1p124f, -0x1p125f, 0.0f, 0x1p122f};
  ExactSweep([&](Random& random) { return random.Pick(values); });
}

TEST(TransposableTest, NanIsHugeWhenAllowed) {
  const float values[] = {kNan, -kNan, 0.0f, 0x1p122f, -0x1p123f, 0.0f};
  ExactSweep([&](Random& random) { return random.Pick(values); }, NM_ALLOW_NAN);
}

// Reals: no mask keeps more than the rounding of fp32 sums explains. A sum of eight passes each term through at most
// four additions.
TEST(TransposableTest, RealsUpToRounding) {
  Random random;
  const auto masks = NinetyMasks();
  FloatMatrix w(64, 256);
  w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
  const BitMask mask = Transposable(w, {2, 4});
  for (int64_t r0 = 0; r0 < 64; r0 += 4) {
    for (int64_t c0 = 0; c0 < 256; c0 += 4) {
      double block[4][4], kept = 0, best = 0;
      Block(w, r0, c0, block);
      for (const auto& candidate : masks) best = std::max(best, KeptBy(candidate, block));
      for (int64_t i = 0; i < 16; ++i) kept += mask.Get(r0 + i / 4, c0 + i % 4) ? block[i / 4][i % 4] : 0;
      ASSERT_GE(kept, best * (1 - 10 * 0x1p-24));
    }
  }
}

int64_t CountInColumn(const BitMask& mask, int64_t c, int64_t first, int64_t length) {
  int64_t count = 0;
  for (int64_t r = first; r < std::min(first + length, mask.rows()); ++r) count += mask.Get(r, c);
  return count;
}

TEST(TransposableTest, EveryRowAndColumnOfEveryPatternKeepsN) {
  Random random;
  ForAllPatterns([&](Pattern p) {
    for (const bool ties : {false, true}) {
      const int64_t rows = 2 * p.m, cols = 3 * p.m;
      FloatMatrix w(rows, cols, cols + 1);
      w.Fill([&](int64_t, int64_t) { return ties ? static_cast<float>(random.Int(-2, 2)) : random.AnyFinite(); });
      w.buffer().ForbidWrites();
      const BitMask mask = Transposable(w, p, 0, random.Pick(kPlacements));
      for (int64_t first = 0; first < cols; first += p.m) {
        for (int64_t r = 0; r < rows; ++r) ASSERT_EQ(mask.CountInGroup(r, first, p.m), p.n) << p.n << ":" << p.m;
      }
      for (int64_t first = 0; first < rows; first += p.m) {
        for (int64_t c = 0; c < cols; ++c) ASSERT_EQ(CountInColumn(mask, c, first, p.m), p.n) << p.n << ":" << p.m;
      }
    }
  });
}

TEST(TransposableTest, ShortBlocksKeepAtMostN) {
  Random random;
  for (const Pattern p : {Pattern{2, 4}, {1, 4}, {3, 4}, {4, 8}, {3, 5}, {8, 16}, {1, 32}, {31, 32}}) {
    for (int64_t rows = 1; rows <= p.m + 1; rows += 3) {
      for (int64_t cols = 1; cols <= 2 * p.m; cols += 5) {
        FloatMatrix w(rows, cols);
        w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
        const BitMask mask = Transposable(w, p);
        int64_t breaches, row, col;
        Require(nm_check_transposable(mask.data(), rows, cols, p.n, p.m, &breaches, &row, &col));
        ASSERT_EQ(breaches, 0);
        // Spare bits, which a reader of whole bytes would count.
        for (int64_t r = 0; r < rows && cols % 8 != 0; ++r) ASSERT_EQ(mask.Row(r)[cols / 8] >> cols % 8, 0);
        // Blocks that are short in one direction only still fill the other's rows or columns up to what crosses them.
        for (int64_t r = 0; r < rows; ++r)
          ASSERT_GE(mask.CountInGroup(r, 0, p.m), p.n - (p.m - std::min<int64_t>(cols, p.m)));
      }
    }
  }
}

// One block, as the header describes it: heaviest first, rows and columns completed, exchanges between pairs of rows.
std::vector<std::vector<bool>> ReferenceBlock(const std::vector<std::vector<float>>& w, Pattern p) {
  const size_t m = static_cast<size_t>(p.m);
  std::vector<std::vector<bool>> keep(m, std::vector<bool>(m));
  std::vector<int> row_room(m, p.n), col_room(m, p.n);
  std::vector<std::pair<size_t, size_t>> order;
  for (size_t r = 0; r < m; ++r) {
    for (size_t c = 0; c < m; ++c) order.emplace_back(r, c);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto& a, const auto& b) { return w[a.first][a.second] > w[b.first][b.second]; });
  for (const auto& [r, c] : order) {
    if (row_room[r] == 0 || col_room[c] == 0) continue;
    keep[r][c] = true;
    --row_room[r];
    --col_room[c];
  }
  for (size_t u = 0; u < m; ++u) {
    for (; row_room[u] > 0; --row_room[u]) {
      const auto v = static_cast<size_t>(
          std::find_if(col_room.begin(), col_room.end(), [](int room) { return room > 0; }) - col_room.begin());
      float best = -HUGE_VALF;
      size_t row = 0, col = 0;
      for (size_t i = 0; i < m; ++i) {
        for (size_t j = 0; j < m; ++j) {
          const float gain = w[u][j] - w[i][j] + w[i][v];
          if (keep[i][v] || !keep[i][j] || keep[u][j] || !(gain > best)) continue;
          best = gain;
          row = i;
          col = j;
        }
      }
      keep[row][col] = false;
      keep[row][v] = keep[u][col] = true;
      --col_room[v];
    }
  }
  bool changed = true;
  for (size_t round = 0; changed && round < 2 * m; ++round) {
    changed = false;
    for (size_t a = 0; a < m; ++a) {
      for (size_t b = a + 1; b < m; ++b) {
        const auto best = [&](size_t from, size_t to) {
          std::pair<float, size_t> found{-HUGE_VALF, 0};
          for (size_t c = 0; c < m; ++c) {
            const float gain = w[to][c] - w[from][c];
            if (keep[from][c] && !keep[to][c] && gain > found.first) found = {gain, c};
          }
          return found;
        };
        const auto down = best(a, b), up = best(b, a);
        if (!(down.first + up.first > 0)) continue;
        keep[a][down.second] = keep[b][up.second] = false;
        keep[b][down.second] = keep[a][up.second] = true;
        changed = true;
      }
    }
  }
  return keep;
}

TEST(TransposableTest, EqualsItsDescription) {
  Random random;
  for (const Pattern p : {Pattern{1, 2},
                          {2, 3},
                          {1, 4},
                          {3, 4},
                          {3, 5},
                          {2, 6},
                          {6, 7},
                          {1, 8},
                          {4, 8},
                          {7, 8},
                          {4, 9},
                          {6, 12},
                          {8, 16}}) {
    for (const bool ties : {false, true}) {
      const int64_t m = p.m, rows = 2 * m + 1, cols = 35 * m - 1;  // blocks in several vectors, and short ones
      FloatMatrix w(rows, cols, cols + 1, random.Pick(kPlacements));
      w.Fill([&](int64_t, int64_t) { return ties ? static_cast<float>(random.Int(-3, 3)) : random.Uniform(); });
      const BitMask mask = Transposable(w, p);
      for (int64_t r0 = 0; r0 < rows; r0 += m) {
        for (int64_t c0 = 0; c0 < cols; c0 += m) {
          std::vector<std::vector<float>> block(static_cast<size_t>(m), std::vector<float>(static_cast<size_t>(m)));
          const auto each = [&](const auto& visit) {
            for (int64_t i = 0; i < m * m; ++i) {
              const int64_t r = r0 + i / m, c = c0 + i % m;
              if (r < rows && c < cols) visit(r, c, static_cast<size_t>(i / m), static_cast<size_t>(i % m));
            }
          };
          each([&](int64_t r, int64_t c, size_t i, size_t j) { block[i][j] = std::fabs(w(r, c)); });
          const auto expected = ReferenceBlock(block, p);
          each([&](int64_t r, int64_t c, size_t i, size_t j) {
            ASSERT_EQ(mask.Get(r, c), expected[i][j]) << p.n << ":" << p.m << " at " << r << ", " << c;
          });
        }
      }
    }
  }
}

double KeptSum(const FloatMatrix& w, const BitMask& mask) {
  double sum = 0;
  for (int64_t r = 0; r < w.rows(); ++r) {
    for (int64_t c = 0; c < w.cols(); ++c) sum += mask.Get(r, c) ? Counted(w(r, c)) : 0;
  }
  return sum;
}

// The best mask of one block: a flow of N units through each row and column at the least cost, by shortest paths.
double OptimalSum(const FloatMatrix& w, int64_t r0, int64_t c0, Pattern p) {
  const int m = p.m, source = 2 * m, sink = 2 * m + 1;
  struct Edge {
    int from, to, capacity;
    double cost;
  };
  std::vector<Edge> edges;  // the reverse of edge e is e ^ 1
  const auto add = [&](int from, int to, int capacity, double cost) {
    edges.push_back({from, to, capacity, cost});
    edges.push_back({to, from, 0, -cost});
  };
  for (int i = 0; i < m; ++i) {
    add(source, i, p.n, 0);
    add(m + i, sink, p.n, 0);
    for (int j = 0; j < m; ++j) add(i, m + j, 1, -Counted(w(r0 + i, c0 + j)));
  }
  double cost = 0;
  for (int unit = 0; unit < m * p.n; ++unit) {
    std::vector<double> distance(static_cast<size_t>(sink + 1), 1e300);
    std::vector<size_t> by(distance.size());
    distance[static_cast<size_t>(source)] = 0;
    for (bool changed = true; changed;) {
      changed = false;
      for (size_t e = 0; e < edges.size(); ++e) {
        const double there = distance[static_cast<size_t>(edges[e].from)] + edges[e].cost;
        if (edges[e].capacity == 0 || there >= distance[static_cast<size_t>(edges[e].to)] - 1e-12) continue;
        distance[static_cast<size_t>(edges[e].to)] = there;
        by[static_cast<size_t>(edges[e].to)] = e;
        changed = true;
      }
    }
    cost += distance[static_cast<size_t>(sink)];
    for (int at = sink; at != source; at = edges[by[static_cast<size_t>(at)]].from) {
      --edges[by[static_cast<size_t>(at)]].capacity;
      ++edges[by[static_cast<size_t>(at)] ^ 1].capacity;
    }
  }
  return -cost;
}

// Measured for normal weights: 99.8 % of the optimum; a uniform distribution is kinder.
TEST(TransposableTest, LongerBlocksComeCloseToTheOptimum) {
  Random random;
  std::normal_distribution<float> normal;
  for (const Pattern p : {Pattern{4, 8}, {2, 8}, {8, 16}}) {
    FloatMatrix w(2 * p.m, 8 * p.m);
    w.Fill([&](int64_t, int64_t) { return normal(random.engine()); });
    double best = 0;
    for (int64_t r = 0; r < w.rows(); r += p.m) {
      for (int64_t c = 0; c < w.cols(); c += p.m) best += OptimalSum(w, r, c, p);
    }
    const double share = KeptSum(w, Transposable(w, p)) / best;
    EXPECT_LE(share, 1 + 1e-9);
    EXPECT_GE(share, 0.985) << p.n << ":" << p.m;
  }
}

// No two rows have columns whose exchange would keep more.
TEST(TransposableTest, NoExchangeIsLeft) {
  Random random;
  const Pattern p{4, 8};
  FloatMatrix w(32, 64);
  w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
  const BitMask mask = Transposable(w, p);
  for (int64_t a = 0; a < 32; ++a) {
    for (int64_t b = a / p.m * p.m; b < a; ++b) {
      for (int64_t i = 0; i < 64; ++i) {
        for (int64_t j = i / p.m * p.m; j < (i / p.m + 1) * p.m; ++j) {
          if (!mask.Get(a, i) || mask.Get(b, i) || mask.Get(a, j) || !mask.Get(b, j)) continue;
          const double gain = Counted(w(b, i)) - Counted(w(a, i)) + Counted(w(a, j)) - Counted(w(b, j));
          ASSERT_LE(gain, 1e-6);
        }
      }
    }
  }
}

TEST(TransposableTest, RowsOfBlocksMayBeMadeApart) {
  Random random;
  for (const Pattern p : {Pattern{2, 4}, {4, 8}, {3, 5}}) {
    const int64_t rows = 4 * p.m + 1, cols = 77;
    FloatMatrix w(rows, cols, 80);
    w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
    const BitMask whole = Transposable(w, p);
    BitMask parts(rows, cols);
    for (const auto& [begin, end] : {std::pair<int64_t, int64_t>{3 * p.m, rows}, {0, p.m}, {p.m, 3 * p.m}}) {
      Require(nm_mask_transposable_f32(w.Row(begin), end - begin, cols, 80, p.n, p.m, 0, parts.Row(begin)));
    }
    EXPECT_TRUE(SameBits(whole, parts));
  }
}

// Every instruction set rounds the same sums.
TEST(TransposableTest, SameBitsOnEveryInstructionSet) {
  Random random;
  for (const bool ties : {false, true}) {
    FloatMatrix w(64, 1000);
    w.Fill([&](int64_t, int64_t) { return ties ? static_cast<float>(random.Int(-3, 3)) : random.AnyFinite(); });
    const BitMask mask = Transposable(w, {2, 4});
    const IsaLimit limit(NM_ISA_SCALAR);
    EXPECT_TRUE(SameBits(Transposable(w, {2, 4}), mask));
  }
}

TEST(TransposableTest, NanIsNamed) {
  for (const Pattern p : {Pattern{2, 4}, {4, 8}}) {
    for (const int64_t c : {0, 5, 63, 64, 70, 76}) {
      FloatMatrix w(11, 77);
      w.Fill([](int64_t, int64_t) { return 1.0f; });
      w(10, c) = kNan;
      BitMask mask(11, 77);
      EXPECT_TRUE(Refuses(NM_NAN, nm_mask_transposable_f32(w.data(), 11, 77, 77, p.n, p.m, 0, mask.data()),
                          {"w", "row 10", "column " + std::to_string(c)}));
    }
  }
}

TEST(TransposableTest, ChecksFindTheFirstBlock) {
  Random random;
  for (const Pattern p : {Pattern{2, 4}, {1, 4}, {4, 8}, {3, 5}, {16, 32}}) {
    const int64_t rows = 3 * p.m + 2, cols = 4 * p.m + 3;
    FloatMatrix w(rows, cols);
    w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
    BitMask mask = Transposable(w, p);
    int64_t breaches = -1, row = -7, col = -7;
    ASSERT_TRUE(Succeeds(nm_check_transposable(mask.data(), rows, cols, p.n, p.m, &breaches, &row, &col)));
    EXPECT_EQ(breaches, 0);
    EXPECT_EQ(row, -1);
    EXPECT_EQ(col, -1);
    // One bit more in a whole block breaks a row and a column.
    const int64_t at_row = 2 * p.m + 1, at_col = 3 * p.m;
    int64_t c = at_col;
    while (mask.Get(at_row, c)) ++c;
    mask.Set(at_row, c);
    Require(nm_check_transposable(mask.data(), rows, cols, p.n, p.m, &breaches, &row, &col));
    EXPECT_EQ(breaches, 1);
    EXPECT_EQ(row, 2 * p.m);
    EXPECT_EQ(col, at_col);
    // Another bit of the row less: the column alone is one too many.
    int64_t other = at_col;
    while (other == c || !mask.Get(at_row, other)) ++other;
    mask.Set(at_row, other, false);
    Require(nm_check_transposable(mask.data(), rows, cols, p.n, p.m, &breaches, &row, &col));
    EXPECT_EQ(breaches, 1);
    // A second, earlier one.
    for (int64_t i = 0; i < p.m; ++i) mask.Set(p.m, i);
    Require(nm_check_transposable(mask.data(), rows, cols, p.n, p.m, &breaches, &row, &col));
    EXPECT_EQ(breaches, 2);
    EXPECT_EQ(row, p.m);
    EXPECT_EQ(col, 0);
  }
}

TEST(TransposableTest, Refusals) {
  FloatMatrix w(8, 8);
  w.Fill([](int64_t, int64_t) { return 1.0f; });
  BitMask mask(8, 8);
  uint8_t* const bits = mask.data();
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_mask_transposable_f32(w.data(), 8, 8, 8, 4, 4, 0, bits), {"4:4"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_transposable_f32(nullptr, 8, 8, 8, 2, 4, 0, bits), {"w", "NULL"}));
  EXPECT_TRUE(
      Refuses(NM_INVALID_ARGUMENT, nm_mask_transposable_f32(w.data(), 8, 8, 8, 2, 4, 0, nullptr), {"mask", "NULL"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_transposable_f32(w.data(), 8, 8, 7, 2, 4, 0, bits), {"8", "7"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_transposable_f32(w.data(), -1, 8, 8, 2, 4, 0, bits), {"-1"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_transposable_f32(w.data(), 8, 8, 8, 2, 4, 2, bits), {"flags", "2"}));
  EXPECT_TRUE(Refuses(NM_OVERFLOW, nm_mask_transposable_f32(w.data(), INT64_MAX / 2, 8, 8, 2, 4, 0, bits), {"w"}));
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT,
                      nm_mask_transposable_f32(w.data(), 8, 8, 8, 2, 4, 0, reinterpret_cast<uint8_t*>(w.data()) + 7),
                      {"w and mask", "overlapping"}));
  EXPECT_TRUE(Succeeds(nm_mask_transposable_f32(nullptr, 0, 8, 8, 2, 4, 0, nullptr)));
  EXPECT_TRUE(Succeeds(nm_mask_transposable_f32(nullptr, 8, 0, 0, 2, 4, 0, nullptr)));
  int64_t n;
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_check_transposable(bits, 8, 8, 2, 4, &n, nullptr, &n), {"first_row"}));
  EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_check_transposable(bits, 8, 8, 2, 33, &n, &n, &n), {"2:33"}));
}

struct Vnm {
  int32_t v, n, m;
};

BitMask VnmMask(const FloatMatrix& w, Vnm p, int32_t flags = 0) {
  BitMask mask(w.rows(), w.cols());
  std::fill(mask.buffer().begin(), mask.buffer().end(), uint8_t{0xff});
  Require(nm_mask_vnm_f32(w.data(), w.rows(), w.cols(), w.ld(), p.v, p.n, p.m, flags, mask.data()));
  return mask;
}

double VnmMagnitude(float w) { return std::isnan(w) ? HUGE_VAL : std::fabs(static_cast<double>(w)); }

BitMask ReferenceVnm(const FloatMatrix& w, Vnm p) {
  BitMask mask(w.rows(), w.cols());
  for (int64_t r0 = 0; r0 < w.rows(); r0 += p.v) {
    const int64_t end = std::min<int64_t>(r0 + p.v, w.rows());
    for (int64_t c0 = 0; c0 < w.cols(); c0 += p.m) {
      std::vector<int64_t> columns(static_cast<size_t>(std::min<int64_t>(p.m, w.cols() - c0)));
      std::iota(columns.begin(), columns.end(), c0);
      const auto norm = [&](int64_t c) {
        double sum = 0;
        for (int64_t r = r0; r < end; ++r) sum += VnmMagnitude(w(r, c));
        return sum;
      };
      std::stable_sort(columns.begin(), columns.end(), [&](int64_t a, int64_t b) { return norm(a) > norm(b); });
      columns.resize(std::min<size_t>(4, columns.size()));
      std::sort(columns.begin(), columns.end());
      for (int64_t r = r0; r < end; ++r) {
        auto kept = columns;
        std::stable_sort(kept.begin(), kept.end(),
                         [&](int64_t a, int64_t b) { return VnmMagnitude(w(r, a)) > VnmMagnitude(w(r, b)); });
        for (size_t i = 0; i < std::min<size_t>(static_cast<size_t>(p.n), kept.size()); ++i) mask.Set(r, kept[i]);
      }
    }
  }
  return mask;
}

constexpr Vnm kVnm[] = {{1, 2, 8}, {3, 2, 5}, {4, 1, 4}, {16, 2, 8}, {64, 2, 16}, {2, 4, 10}, {5, 3, 7}, {8, 2, 32}};

TEST(VnmTest, EqualsTheReference) {
  Random random;
  for (const Vnm p : kVnm) {
    for (const int64_t rows : {1, 2, 7, 64, 67}) {
      for (const int64_t cols : {1, 2, 3, 4, 5, 31, 64, 77}) {
        FloatMatrix w(rows, cols, cols + random.Int(0, 2), random.Pick(kPlacements));
        const bool ties = random.Chance(0.5);
        w.Fill([&](int64_t, int64_t) { return ties ? static_cast<float>(random.Int(-1, 1)) : random.Uniform(); });
        w.buffer().ForbidWrites();
        const BitMask mask = VnmMask(w, p);
        ASSERT_TRUE(SameBits(ReferenceVnm(w, p), mask))
            << p.v << ":" << p.n << ":" << p.m << ", " << rows << " x " << cols;
        int64_t breaches, row, col;
        Require(nm_check_vnm(mask.data(), rows, cols, p.v, p.n, p.m, &breaches, &row, &col));
        ASSERT_EQ(breaches, 0);
        Require(nm_check_mask(mask.data(), rows, cols, p.n, p.m, &breaches, &row, &col));
        ASSERT_EQ(breaches, 0);
      }
    }
  }
}

// Rows are taken in strips of columns.
TEST(VnmTest, WideRows) {
  Random random;
  for (const Vnm p : {Vnm{64, 2, 8}, {64, 2, 5}, {1, 1, 16}, {100000, 3, 31}}) {
    FloatMatrix w(70, 2101);
    w.Fill([&](int64_t, int64_t) { return random.Uniform(); });
    ASSERT_TRUE(SameBits(ReferenceVnm(w, p), VnmMask(w, p))) << p.v << ":" << p.n << ":" << p.m;
  }
}

TEST(VnmTest, NanIsNamedOrTheLargest) {
  FloatMatrix w(4, 16);
  w.Fill([](int64_t, int64_t c) { return static_cast<float>(c); });
  w(2, 1) = kNan;
  BitMask mask(4, 16);
  EXPECT_TRUE(Refuses(NM_NAN, nm_mask_vnm_f32(w.data(), 4, 16, 16, 4, 2, 8, 0, mask.data()), {"row 2", "column 1"}));
  const BitMask allowed = VnmMask(w, {4, 2, 8}, NM_ALLOW_NAN);
  EXPECT_TRUE(SameBits(ReferenceVnm(w, {4, 2, 8}), allowed));
  EXPECT_TRUE(allowed.Get(2, 1));
}

TEST(VnmTest, ChecksFindTheFirstBlock) {
  BitMask mask(8, 32);
  int64_t breaches, row, col;
  // Five columns in one block, one in each row; the same spread over two blocks of rows is none.
  for (int64_t r = 0; r < 5; ++r) mask.Set(r, 16 + r);
  Require(nm_check_vnm(mask.data(), 8, 32, 8, 2, 16, &breaches, &row, &col));
  EXPECT_EQ(breaches, 1);
  EXPECT_EQ(row, 0);
  EXPECT_EQ(col, 16);
  Require(nm_check_vnm(mask.data(), 8, 32, 4, 2, 16, &breaches, &row, &col));
  EXPECT_EQ(breaches, 0);
  // Three in a row.
  for (int64_t c = 0; c < 3; ++c) mask.Set(6, c);
  Require(nm_check_vnm(mask.data(), 8, 32, 4, 2, 16, &breaches, &row, &col));
  EXPECT_EQ(breaches, 1);
  EXPECT_EQ(row, 4);
  EXPECT_EQ(col, 0);
}

TEST(VnmTest, Refusals) {
  FloatMatrix w(4, 8);
  w.Fill([](int64_t, int64_t) { return 1.0f; });
  BitMask mask(4, 8);
  for (const Vnm p : {Vnm{0, 2, 8}, {-1, 2, 8}, {4, 0, 8}, {4, 5, 8}, {4, 2, 3}, {4, 4, 4}, {4, 2, 33}}) {
    const std::string text = std::to_string(p.v) + ":" + std::to_string(p.n) + ":" + std::to_string(p.m);
    EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_mask_vnm_f32(w.data(), 4, 8, 8, p.v, p.n, p.m, 0, mask.data()), {text}));
    int64_t n;
    EXPECT_TRUE(Refuses(NM_INVALID_PATTERN, nm_check_vnm(mask.data(), 4, 8, p.v, p.n, p.m, &n, &n, &n), {text}));
  }
  EXPECT_TRUE(Refuses(NM_INVALID_ARGUMENT, nm_mask_vnm_f32(nullptr, 4, 8, 8, 4, 2, 8, 0, mask.data()), {"w", "NULL"}));
  EXPECT_TRUE(Succeeds(nm_mask_vnm_f32(nullptr, 0, 8, 8, 4, 2, 8, 0, nullptr)));
  EXPECT_TRUE(Succeeds(nm_mask_vnm_f32(nullptr, 4, 0, 0, 4, 2, 8, 0, nullptr)));
}

}  // namespace
}  // namespace nm4j_test
