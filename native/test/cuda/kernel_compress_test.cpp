/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Compression for sparse tensor cores: values and metadata, bit for bit, and what mma.sp makes of them.
#include <gtest/gtest.h>

#include "cuda/support/device.h"
#include "cuda/support/host_matrix.h"
#include "cuda/support/mma_sp.h"

namespace nm4j_test {
namespace {

template <typename T>
struct Compressed {
  std::vector<T> values;
  std::vector<uint8_t> metadata;
};

template <typename T>
constexpr int kGroup = sizeof(T) == 4 ? 2 : 4;
template <typename T>
constexpr int kWordColumns = sizeof(T) == 4   ? 8
                             : sizeof(T) == 2 ? 16
                                              : 32;

// What the header describes.
template <typename T>
Compressed<T> Reference(const HostMatrix<T>& w, const HostMask& mask) {
  constexpr int group = kGroup<T>, kept = group / 2;
  const int64_t columns = (w.cols + kWordColumns<T> - 1) / kWordColumns<T> * kWordColumns<T>;
  Compressed<T> out;
  std::vector<int> nibbles;
  for (int64_t r = 0; r < w.rows; ++r) {
    for (int64_t first = 0; first < columns; first += group) {
      std::vector<int> places;
      const auto keeps = [&](int i) { return first + i < w.cols && mask.get(r, first + i); };
      for (int i = 0; i < group && static_cast<int>(places.size()) < kept; ++i) {
        if (keeps(i)) places.push_back(i);
      }
      for (int i = 0; i < group && static_cast<int>(places.size()) < kept; ++i) {
        if (!keeps(i)) places.push_back(i);
      }
      std::sort(places.begin(), places.end());
      for (const int i : places) out.values.push_back(keeps(i) ? w.at(r, first + i) : T{});
      nibbles.push_back(group == 2 ? (places[0] == 0 ? 0x4 : 0xe) : places[0] | places[1] << 2);
    }
  }
  for (size_t i = 0; i < nibbles.size(); i += 2) {
    out.metadata.push_back(static_cast<uint8_t>(nibbles[i] | nibbles[i + 1] << 4));
  }
  return out;
}

template <typename T>
class DeviceCompressTest : public DeviceTest {
 protected:
  static constexpr Pattern kPattern = {kGroup<T> / 2, kGroup<T>};

  HostMatrix<T> Draw(int64_t rows, int64_t cols, int64_t ld) {
    HostMatrix<T> w(rows, cols, ld);
    w.Fill([&] { return this->random().SmallInteger(); });
    return w;
  }

  Compressed<T> Compress(const HostMatrix<T>& w, const HostMask& mask, int64_t offset, int64_t breaches,
                         int64_t first) {
    int64_t values, metadata;
    Need(nm_cuda_compressed_row(kDtype<T>, w.cols, &values, &metadata));
    const DeviceArray<T> dense(stream(), w.data, offset);
    const DeviceArray<uint8_t> bits(stream(), mask.bytes, offset);
    const DeviceArray<T> out(stream(), std::vector<T>(static_cast<size_t>(w.rows * values)), offset);
    const DeviceArray<uint8_t> e(stream(), std::vector<uint8_t>(static_cast<size_t>(w.rows * metadata)), offset * 4);
    const DeviceFindings findings(stream());
    EXPECT_TRUE(CudaOk(nm_cuda_compress(stream(), kDtype<T>, dense.data(), w.rows, w.cols, w.ld, bits.data(),
                                        out.data(), e.data(), findings.data())));
    EXPECT_TRUE(findings.Are(breaches, first));
    return {out.Read(), e.Read()};
  }

  // And back.
  HostMatrix<T> Decompress(const Compressed<T>& c, int64_t rows, int64_t cols, int64_t offset, int64_t breaches,
                           int64_t first) {
    HostMatrix<T> w(rows, cols, cols + offset);
    std::fill(w.data.begin(), w.data.end(), Round<T>(99.0f));
    const DeviceArray<T> values(stream(), c.values, offset), dense(stream(), w.data, offset);
    const DeviceArray<uint8_t> e(stream(), c.metadata, offset * 4);
    const DeviceFindings findings(stream());
    EXPECT_TRUE(CudaOk(nm_cuda_decompress(stream(), kDtype<T>, values.data(), e.data(), rows, cols, dense.data(), w.ld,
                                          findings.data())));
    EXPECT_TRUE(findings.Are(breaches, first));
    w.data = dense.Read();
    return w;
  }
};
TYPED_TEST_SUITE(DeviceCompressTest, AllTypes);

TYPED_TEST(DeviceCompressTest, ValuesAndMetadataAreThoseOfTheReference) {
  using T = TypeParam;
  for (const int64_t cols : {1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 64, 100}) {
    for (const int64_t offset : {0, 1, 3}) {
      const auto w = this->Draw(5, cols, cols + offset);
      const HostMask mask = SparseMask(5, cols, this->kPattern, this->random());
      const Compressed<T> expected = Reference(w, mask), got = this->Compress(w, mask, offset, 0, -1);
      ASSERT_EQ(0, std::memcmp(expected.values.data(), got.values.data(), expected.values.size() * sizeof(T)));
      ASSERT_EQ(expected.metadata, got.metadata);
      const auto back = this->Decompress(got, 5, cols, offset, 0, -1);
      for (int64_t r = 0; r < 5; ++r) {
        for (int64_t c = 0; c < cols; ++c) ASSERT_TRUE(Same(back.at(r, c), mask.get(r, c) ? w.at(r, c) : T{}));
        for (int64_t c = cols; r + 1 < 5 && c < back.ld; ++c) ASSERT_EQ(99.0f, back.value(r, c)) << "padding";
      }
    }
  }
}

TYPED_TEST(DeviceCompressTest, FindsGroupsThatKeepTooMany) {
  const auto w = this->Draw(4, 48, 48);
  HostMask mask = SparseMask(4, 48, this->kPattern, this->random());
  const int group = kGroup<TypeParam>;
  for (const int64_t first : {2 * 48 + 8, 3 * 48 + 44}) {
    for (int i = 0; i < group; ++i) mask.set(first / 48, first % 48 + i);
  }
  const Compressed<TypeParam> got = this->Compress(w, mask, 0, 2, 2 * 48 + 8);
  EXPECT_EQ(Reference(w, mask).metadata, got.metadata) << "the lowest columns are taken";
}

// Every nibble: the legal ones give their columns, others zeros and a finding.
TYPED_TEST(DeviceCompressTest, DecompressRefusesIllegalMetadata) {
  using T = TypeParam;
  constexpr int group = kGroup<T>, kept = group / 2, columns = kWordColumns<T>;
  for (int nibble = 0; nibble < 16; ++nibble) {
    Compressed<T> c;
    c.values.assign(columns / 2, Round<T>(3.0f));
    c.metadata.assign(static_cast<size_t>(columns / group / 2), group == 2 ? 0xee : 0x44);
    c.metadata[1] = static_cast<uint8_t>(nibble | (group == 2 ? 0xe0 : 0x40));
    const bool legal = group == 2 ? nibble == 0x4 || nibble == 0xe : (nibble & 3) < nibble >> 2;
    const auto w = this->Decompress(c, 1, columns, 0, legal ? 0 : 1, legal ? -1 : 2 * group);
    int found = 0;
    for (int i = 0; i < group; ++i) {
      const bool here = group == 2 ? i == (nibble == 0x4 ? 0 : 1) : i == (nibble & 3) || i == nibble >> 2;
      ASSERT_EQ(legal && here ? 3.0f : 0.0f, w.value(0, 2 * group + i)) << "nibble " << nibble;
      found += w.value(0, 2 * group + i) != 0.0f;
    }
    ASSERT_EQ(legal ? kept : 0, found);
  }
}

TYPED_TEST(DeviceCompressTest, KeepsBitsOfSpecialValues) {
  using T = TypeParam;
  if (std::is_same_v<T, int8_t>) GTEST_SKIP() << "integers have none";
  const float values[] = {-0.0f, kInfinity, -kInfinity, kNan, -kNan, 0x1p-24f};
  HostMatrix<T> w(3, 32, 32);
  w.Fill([&] { return this->random().Pick(values); });
  const HostMask mask = SparseMask(3, 32, this->kPattern, this->random());
  const Compressed<T> expected = Reference(w, mask), got = this->Compress(w, mask, 0, 0, -1);
  EXPECT_EQ(0, std::memcmp(expected.values.data(), got.values.data(), expected.values.size() * sizeof(T)));
}

// --- what the tensor core makes of it ---

// The compressed rows of W in CUTLASS's order of E, tile by tile through mma.sp, against the dense product: exact,
// since values are small integers.
template <typename T>
class MmaSpTest : public DeviceCompressTest<T> {
 protected:
  static constexpr int kRows = 64, kCols = 128;

  std::vector<uint8_t> ToCutlass(const std::vector<uint8_t>& metadata) {
    const int64_t words = kCols / kWordColumns<T>;
    const DeviceArray<uint8_t> e(this->stream(), metadata),
        reordered(this->stream(), std::vector<uint8_t>(metadata.size()));
    EXPECT_TRUE(
        CudaOk(nm_cuda_metadata_to_cutlass(this->stream(), kDtype<T>, kRows, words, e.data(), reordered.data())));
    return reordered.Read();
  }

  // Lane `lane`'s 32-bit word of E for the tile of kShape's full K that begins at this row and column.
  static uint32_t LaneWord(const std::vector<uint8_t>& cutlass, int64_t row, int64_t col, int lane) {
    // A load of 32 words serves two tiles of 16 rows (with the selector), or one of int8.
    constexpr int rows_per_load = sizeof(T) == 1 ? 16 : 32, columns = 2 * kWordColumns<T>;
    const int64_t at = (col / columns * (kRows / rows_per_load) + row / rows_per_load) * 32 + lane;
    uint32_t word;
    std::memcpy(&word, cutlass.data() + at * 4, sizeof word);
    return word;
  }
};
TYPED_TEST_SUITE(MmaSpTest, AllTypes);

TYPED_TEST(MmaSpTest, ComputesTheMaskedProduct) {
  using T = TypeParam;
  const auto w = this->Draw(this->kRows, this->kCols, this->kCols);
  const HostMask mask = SparseMask(this->kRows, this->kCols, this->kPattern, this->random());
  const Compressed<T> c = this->Compress(w, mask, 0, 0, -1);
  const std::vector<uint8_t> cutlass = this->ToCutlass(c.metadata);
  std::vector<double> x(static_cast<size_t>(this->kCols) * 8);
  for (double& value : x) value = this->random().SmallInteger();

  const MmaShape shape = {8 * sizeof(T), 2 * kWordColumns<T>};
  for (int row = 0; row < this->kRows; row += 16) {
    Warp<double, double> warp;
    for (int col = 0; col < this->kCols; col += shape.k) {
      for (int lane = 0; lane < 32; ++lane) {
        warp.e[lane] = this->LaneWord(cutlass, row, col, lane);
        for (int i = 0; i < shape.a_elements(); ++i) {
          const Position p = FragmentA(shape, lane, i);
          warp.a[lane][i] = Value(c.values[static_cast<size_t>((row + p.row) * (this->kCols / 2) + col / 2 + p.col)]);
        }
        for (int i = 0; i < shape.b_elements(); ++i) {
          const Position p = FragmentB(shape, lane, i);
          warp.b[lane][i] = x[static_cast<size_t>((col + p.row) * 8 + p.col)];
        }
      }
      const int tiles_per_load = 4 / shape.metadata_lanes();
      warp.MmaSp(shape, row / 16 % tiles_per_load);
    }
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 4; ++i) {
        const Position p = FragmentC(lane, i);
        double expected = 0;
        for (int k = 0; k < this->kCols; ++k) {
          if (mask.get(row + p.row, k)) expected += w.value(row + p.row, k) * x[static_cast<size_t>(k * 8 + p.col)];
        }
        ASSERT_EQ(expected, warp.c[lane][i]) << "row " << row + p.row << ", column " << p.col;
      }
    }
  }
}

// The short shapes read the same words, one lane of a quad (for int8: two) at a time.
TEST(MmaSpShapesTest, EveryShapeComputesTheMaskedProduct) {
  Random random;
  for (const MmaShape& shape : kMmaShapes) {
    const int selectors = 4 / shape.metadata_lanes();
    for (int selector = 0; selector < selectors; ++selector) {
      const Pattern pattern = {shape.group() / 2, shape.group()};
      HostMask mask(16, shape.k);
      HostMatrix<float> w(16, shape.k, shape.k), x(shape.k, 8, 8);
      w.Fill([&] { return random.SmallInteger(); });
      x.Fill([&] { return random.SmallInteger(); });
      Warp<double, double> warp;
      for (uint32_t& word : warp.e) word = 0;  // illegal: a lane that must not be read is noticed
      std::vector<double> kept;
      for (int row = 0; row < 16; ++row) {
        for (int group = 0; group < shape.k / shape.group(); ++group) {
          std::vector<int> places = {0, 1, 2, 3};
          places.resize(static_cast<size_t>(shape.group()));
          std::shuffle(places.begin(), places.end(), random.engine());
          places.resize(static_cast<size_t>(pattern.n));
          std::sort(places.begin(), places.end());
          for (const int i : places) {
            mask.set(row, group * shape.group() + i);
            kept.push_back(w.at(row, group * shape.group() + i));
          }
          const int nibble = shape.group() == 2 ? (places[0] == 0 ? 0x4 : 0xe) : places[0] | places[1] << 2;
          const MetadataPlace place = NibblePlace(shape, row, group);
          warp.e[place.lane + selector * shape.metadata_lanes()] |= static_cast<uint32_t>(nibble) << place.bit;
        }
      }
      for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < shape.a_elements(); ++i) {
          const Position p = FragmentA(shape, lane, i);
          warp.a[lane][i] = kept[static_cast<size_t>(p.row * shape.kept_columns() + p.col)];
        }
        for (int i = 0; i < shape.b_elements(); ++i) {
          const Position p = FragmentB(shape, lane, i);
          warp.b[lane][i] = x.at(p.row, p.col);
        }
      }
      warp.MmaSp(shape, selector);
      for (int lane = 0; lane < 32; ++lane) {
        for (int i = 0; i < 4; ++i) {
          const Position p = FragmentC(lane, i);
          double expected = 0;
          for (int k = 0; k < shape.k; ++k) expected += mask.get(p.row, k) ? w.at(p.row, k) * x.at(k, p.col) : 0;
          ASSERT_EQ(expected, warp.c[lane][i]) << shape.bits << " bits, k" << shape.k << ", selector " << selector;
        }
      }
      EXPECT_THROW(warp.MmaSp(shape, selectors), std::invalid_argument);
    }
  }
}

// Places that the PTX ISA names: "row = groupID for a0, a1, a4, a5, else groupID + 8", and the first columns.
TEST(MmaSpShapesTest, FragmentsAreThoseOfThePtxIsa) {
  const MmaShape f16 = {16, 32}, tf32 = {32, 16}, s8 = {8, 64};
  const auto is = [](Position p, int row, int col) { return p.row == row && p.col == col; };
  // Lane 6: group 1, thread 2 of its group. Dense columns from 2 * 4 on are kept columns from 2 * 2 on.
  EXPECT_TRUE(is(FragmentA(f16, 6, 0), 1, 4) && is(FragmentA(f16, 6, 1), 1, 5));
  EXPECT_TRUE(is(FragmentA(f16, 6, 2), 9, 4) && is(FragmentA(f16, 6, 3), 9, 5));
  EXPECT_TRUE(is(FragmentA(f16, 6, 4), 1, 12) && is(FragmentA(f16, 6, 7), 9, 13));  // dense 2 * 4 + 16
  EXPECT_TRUE(is(FragmentB(f16, 6, 0), 4, 1) && is(FragmentB(f16, 6, 3), 13, 1) && is(FragmentB(f16, 6, 7), 29, 1));
  // TF32: one of two columns from 2 * 2 on; a2, a3 eight columns later.
  EXPECT_TRUE(is(FragmentA(tf32, 6, 0), 1, 2) && is(FragmentA(tf32, 6, 1), 9, 2));
  EXPECT_TRUE(is(FragmentA(tf32, 6, 2), 1, 6) && is(FragmentA(tf32, 6, 3), 9, 6));
  EXPECT_TRUE(is(FragmentB(tf32, 6, 1), 6, 1));
  // int8: four of eight columns from 2 * 8 on; the second half 32 columns later.
  EXPECT_TRUE(is(FragmentA(s8, 6, 0), 1, 8) && is(FragmentA(s8, 6, 7), 9, 11) && is(FragmentA(s8, 6, 8), 1, 24));
  EXPECT_TRUE(is(FragmentB(s8, 6, 3), 11, 1) && is(FragmentB(s8, 6, 4), 24, 1));
  EXPECT_TRUE(is(FragmentC(6, 1), 1, 5) && is(FragmentC(6, 2), 9, 4));
}

}  // namespace
}  // namespace nm4j_test
