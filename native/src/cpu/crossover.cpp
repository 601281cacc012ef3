// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Constants measured on one core of each family, one thread, 768 x 768 to 4096 x 4096 (native/README.md, "Crossover").
// They are constants, and not measured when the library loads, so that a product is the same bits in every process on
// a machine. Kernels of different packings sum in different orders.
#include "cpu/crossover.h"

#include "cpu/isa.h"

namespace nm {
namespace {

// By what a window of the lane panel costs: one permute for each kept weight, from 4 columns (one or two kept) or
// otherwise (3 of 4 and wider windows, which have costs of their own, shared by their slots).
struct Limits {
  int64_t one_slot, two_slots, few_slots, many_slots;
};
constexpr int kManySlots = 4;

// Zen 5, which also stands for cores nobody has measured. AVX-512: 1:4, 2:4, 1:8 and 1:16, 2:8 and 4:8 were swept;
// otherwise 2:4 alone.
constexpr Limits kZen[] = {{8, 8, 8, 8}, {24, 24, 24, 24}, {28, 24, 12, 24}};

// Granite Rapids (AVX2: with row streams that took the rows one after another). 512-bit permutes and half of the
// multiply-adds share a port, as on Zen 5, but here the row stream is slower: a multiply-add that loads its operand
// runs 4.3 times a ns, one that does not 7.5. With AVX2 a window of 16 columns takes several permutes.
constexpr Limits kIntel[] = {{8, 8, 8, 8}, {12, 15, 4, 4}, {40, 24, 24, 20}};

static_assert(NM_ISA_SCALAR == 0 && NM_ISA_AVX2 == 1 && NM_ISA_AVX512 == 2, "the tables' order");

}  // namespace

int64_t max_lane_batch(nm_isa isa, const LanePanelView& lanes) {
  const Limits& limits = (is_intel() ? kIntel : kZen)[isa < NM_ISA_AVX512 ? isa : NM_ISA_AVX512];
  if (lanes.index_bits == 2 && lanes.slots == 1) return limits.one_slot;
  if (lanes.index_bits == 2 && lanes.slots == 2) return limits.two_slots;
  return lanes.slots < kManySlots ? limits.few_slots : limits.many_slots;
}

// Granite Rapids, 3072 x 768, GOP/s of lane panels and of tiles: int8 at 2:4, batch 4: 549, 382; 6: 533, 555; bf16 at
// 2:4, batch 2: 131, 90; 3: 109, 136; at 1:4 (4096 x 4096), batch 4: 281, 233; 6: 295, 354.
int64_t max_lane_batch_beside_tiles(nm_dtype dtype, const LanePanelView& lanes) {
  if (dtype == NM_S8) return 5;
  return lanes.index_bits == 2 && lanes.slots == 1 ? 4 : 2;
}

}  // namespace nm
