/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// Metadata in CUTLASS's order.
#include <gtest/gtest.h>

#include <set>

#include "cuda/support/device.h"

namespace nm4j_test {
namespace {

// CUTLASS's reorder_meta and ColumnMajorInterleaved<2> as its sources state them: where the word (m, k) goes.
int64_t CutlassOffset(int64_t rows, int64_t m, int64_t k, int64_t group, int64_t interweave) {
  int64_t row = m / group * group + (m % 8) * interweave + (m % group) / 8, col = k;
  if (row % 2 == 0 && col % 2 == 1) {
    ++row;
    --col;
  } else if (row % 2 == 1 && col % 2 == 0) {
    --row;
    ++col;
  }
  return col / 2 * (rows * 2) + row * 2 + col % 2;
}

template <typename T>
class DeviceMetadataTest : public DeviceTest {
 protected:
  using Word = std::conditional_t<sizeof(T) == 1, uint32_t, uint16_t>;
  static constexpr int64_t kBlock = sizeof(T) == 1 ? 16 : 32, kInterweave = sizeof(T) == 1 ? 2 : 4;

  std::vector<Word> Reorder(const std::vector<Word>& from, int64_t rows, int64_t words, bool back) {
    const DeviceArray<Word> source(stream(), from, 1), target(stream(), std::vector<Word>(from.size()), 3);
    EXPECT_TRUE(CudaOk((back ? nm_cuda_metadata_from_cutlass : nm_cuda_metadata_to_cutlass)(
        stream(), kDtype<T>, rows, words, source.data(), target.data())));
    return target.Read();
  }
};
TYPED_TEST_SUITE(DeviceMetadataTest, AllTypes);

TYPED_TEST(DeviceMetadataTest, FollowsCutlassAndComesBack) {
  using Word = typename TestFixture::Word;
  for (const int64_t rows : {this->kBlock, 2 * this->kBlock, 5 * this->kBlock}) {
    for (const int64_t words : {2, 4, 10, 64}) {
      std::vector<Word> from(static_cast<size_t>(rows * words));
      for (size_t i = 0; i < from.size(); ++i) from[i] = static_cast<Word>(i * 2654435761u);
      const std::vector<Word> reordered = this->Reorder(from, rows, words, false);
      std::set<int64_t> offsets;
      for (int64_t m = 0; m < rows; ++m) {
        for (int64_t k = 0; k < words; ++k) {
          const int64_t offset = CutlassOffset(rows, m, k, this->kBlock, this->kInterweave);
          offsets.insert(offset);
          ASSERT_EQ(from[static_cast<size_t>(m * words + k)], reordered[static_cast<size_t>(offset)]);
        }
      }
      ASSERT_EQ(static_cast<int64_t>(offsets.size()), rows * words) << "every place is used once";
      ASSERT_EQ(from, this->Reorder(reordered, rows, words, true));
    }
  }
}

// The first words for 32 x 2, written out: lane 4g + j of a warp that loads 32 bits has word j of rows g and g + 8 (the
// lower 16 bits first), of rows g + 16 and g + 24 from lane 4g + 2 on.
TEST_F(DeviceTest, MetadataOf32RowsLiesAsALoadOfAWarpWantsIt) {
  std::vector<uint16_t> from(64);
  for (int row = 0; row < 32; ++row) {
    for (int word = 0; word < 2; ++word)
      from[static_cast<size_t>(row * 2 + word)] = static_cast<uint16_t>(row * 10 + word);
  }
  const DeviceArray<uint16_t> source(stream(), from), target(stream(), from);
  ASSERT_TRUE(CudaOk(nm_cuda_metadata_to_cutlass(stream(), NM_CUDA_F16, 32, 2, source.data(), target.data())));
  const std::vector<uint16_t> to = target.Read();
  const std::vector<uint16_t> first(to.begin(), to.begin() + 16),
      expected = {0, 80, 1, 81, 160, 240, 161, 241, 10, 90, 11, 91, 170, 250, 171, 251};
  EXPECT_EQ(expected, first);
}

// int8: words of 32 bits, lanes 4g .. 4g + 3 have rows g and g + 8, word 0, then word 1.
TEST_F(DeviceTest, MetadataOfInt8LiesAsALoadOfAWarpWantsIt) {
  std::vector<uint32_t> from(32);
  for (uint32_t row = 0; row < 16; ++row) {
    for (uint32_t word = 0; word < 2; ++word) from[row * 2 + word] = row * 10 + word;
  }
  const DeviceArray<uint32_t> source(stream(), from), target(stream(), from);
  ASSERT_TRUE(CudaOk(nm_cuda_metadata_to_cutlass(stream(), NM_S8, 16, 2, source.data(), target.data())));
  const std::vector<uint32_t> to = target.Read();
  const std::vector<uint32_t> first(to.begin(), to.begin() + 8), expected = {0, 80, 1, 81, 10, 90, 11, 91};
  EXPECT_EQ(expected, first);
}

}  // namespace
}  // namespace nm4j_test
