/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * One warp of the instruction mma.sp, D = A B + C with A of 16 x K in compressed form, lane by lane, on the host. Which
 * lane holds which element is what the PTX ISA says ("Matrix fragments for multiply-accumulate operation with sparse
 * matrix A"); its figures of metadata agree with LLVM's test sparse-mma-2-4-f16.mlir, which runs on cards, and with the
 * order in which CUTLASS stores E for one 32-bit load per lane.
 */
#ifndef NM4J_TEST_CUDA_SUPPORT_MMA_SP_H_
#define NM4J_TEST_CUDA_SUPPORT_MMA_SP_H_

#include <array>
#include <cstdint>
#include <stdexcept>

namespace nm4j_test {

// A shape m16n8kK of the instruction for elements of `bits` bits. Registers have 32 bits.
struct MmaShape {
  int bits, k;

  int per_register() const { return 32 / bits; }
  int group() const { return bits == 32 ? 2 : 4; }  // of which half are kept
  int kept_columns() const { return k / 2; }
  // 16 rows of kept values, and 8 columns of K, over 32 lanes.
  int a_elements() const { return 16 * kept_columns() / 32; }
  int b_elements() const { return 8 * k / 32; }
  // Lanes of a quad that supply metadata: 16 rows x k / group nibbles, 8 to a register.
  int metadata_lanes() const { return 16 * k / group() / 8 / 8; }
};
inline constexpr MmaShape kMmaShapes[] = {{16, 16}, {16, 32}, {32, 8}, {32, 16}, {8, 32}, {8, 64}};

struct Position {
  int row, col;
};

// The element of compressed A (16 x K/2) that is the i-th of a lane. Registers alternate between rows g and g + 8, and
// go on to the next four registers' worth of columns.
inline Position FragmentA(const MmaShape& shape, int lane, int i) {
  const int in_register = i % shape.per_register(), reg = i / shape.per_register();
  return {lane / 4 + reg % 2 * 8, (reg / 2 * 4 + lane % 4) * shape.per_register() + in_register};
}

// The element of B (K x 8) that is the i-th of a lane: four registers' worth of rows at a time.
inline Position FragmentB(const MmaShape& shape, int lane, int i) {
  const int in_register = i % shape.per_register(), reg = i / shape.per_register();
  return {(reg * 4 + lane % 4) * shape.per_register() + in_register, lane / 4};
}

// The element of C and D (16 x 8) that is the i-th of a lane, i < 4.
inline Position FragmentC(int lane, int i) { return {lane / 4 + i / 2 * 8, lane % 4 * 2 + i % 2}; }

// Where the nibble of a row's group lies: in which of the lanes of a quad that supply metadata, and at which bit.
struct MetadataPlace {
  int lane, bit;
};
inline MetadataPlace NibblePlace(const MmaShape& shape, int row, int group) {
  const int quad = row % 8, upper = row / 8;
  if (shape.bits != 8) {  // 16 bits of row g, then 16 of row g + 8; each lane four groups
    return {quad * 4 + group / 4, upper * 16 + group % 4 * 4};
  }
  // 32 bits of one row: lane 0 row g, lane 1 row g + 8, then the next eight groups
  return {quad * 4 + group / 8 * 2 + upper, group % 8 * 4};
}

template <typename Element, typename Sum>
struct Warp {
  std::array<std::array<Element, 16>, 32> a{};
  std::array<std::array<Element, 16>, 32> b{};
  std::array<std::array<Sum, 4>, 32> c{};
  std::array<uint32_t, 32> e{};

  // D over C. The selector says which lanes of each quad supply metadata.
  void MmaSp(const MmaShape& shape, int selector) {
    if (selector < 0 || (selector + 1) * shape.metadata_lanes() > 4) throw std::invalid_argument("selector");
    const auto dense_a = DenseA(shape, selector * shape.metadata_lanes());
    std::array<std::array<Element, 8>, 64> dense_b{};
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < shape.b_elements(); ++i) {
        const Position p = FragmentB(shape, lane, i);
        dense_b[p.row][p.col] = b[lane][i];
      }
    }
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < 4; ++i) {
        const Position p = FragmentC(lane, i);
        for (int k = 0; k < shape.k; ++k) {
          c[lane][i] += static_cast<Sum>(dense_a[p.row][k]) * static_cast<Sum>(dense_b[k][p.col]);
        }
      }
    }
  }

 private:
  std::array<std::array<Element, 64>, 16> DenseA(const MmaShape& shape, int first_lane) const {
    std::array<std::array<Element, 32>, 16> kept{};
    for (int lane = 0; lane < 32; ++lane) {
      for (int i = 0; i < shape.a_elements(); ++i) {
        const Position p = FragmentA(shape, lane, i);
        kept[p.row][p.col] = a[lane][i];
      }
    }
    std::array<std::array<Element, 64>, 16> dense{};
    for (int row = 0; row < 16; ++row) {
      for (int group = 0; group < shape.k / shape.group(); ++group) {
        const MetadataPlace place = NibblePlace(shape, row, group);
        const uint32_t nibble = e[place.lane + first_lane] >> place.bit & 15;
        Element* const to = &dense[row][group * shape.group()];
        if (shape.group() == 2) {
          // Halves of a 32-bit element are selected together.
          if (nibble != 0x4 && nibble != 0xe) throw std::invalid_argument("metadata of TF32");
          to[nibble == 0x4 ? 0 : 1] = kept[row][group];
        } else {
          if ((nibble & 3) >= nibble >> 2) throw std::invalid_argument("metadata is not ordered");
          to[nibble & 3] = kept[row][2 * group];
          to[nibble >> 2] = kept[row][2 * group + 1];
        }
      }
    }
    return dense;
  }
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_CUDA_SUPPORT_MMA_SP_H_
