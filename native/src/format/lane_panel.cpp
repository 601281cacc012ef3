// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/lane_panel.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "format/value_codec.h"

namespace nm {

struct LanePanel::Slot {
  int64_t value;    // byte of the value
  int64_t control;  // word of the control index
  int shift;        // position of the index in it
};

namespace {

constexpr int kMaxStepSlots = 16;  // a step has 32 control bits for each row, or the 15 indices of 15:16

// Eight bytes below 4 (kBits = 2) or 16 (kBits = 4) as fields of so many bits.
template <int kBits>
uint32_t pack_eight(uint64_t bytes) {
  bytes = (bytes | bytes >> (8 - kBits)) & (kBits == 2 ? 0x000f000f000f000fu : 0x00ff00ff00ff00ffu);
  bytes = (bytes | bytes >> (16 - 2 * kBits)) & (kBits == 2 ? 0x000000ff000000ffu : 0x0000ffff0000ffffu);
  return static_cast<uint32_t>(bytes | bytes >> (32 - 4 * kBits));
}

// Packs the columns of a step's slots, within their groups, as its control words.
template <int kBits>
struct IndexPacker {
  int slots;
  uint64_t present[2] = {}, first_col[2] = {};  // bytes: whether the slot exists, and where its group starts

  explicit IndexPacker(int step_slots) : slots(step_slots) { std::memset(present, 0xff, slots); }

  uint32_t* pack(const uint8_t* in_group, uint32_t* words) const {
    uint64_t index[2];
    std::memcpy(index, in_group, sizeof index);
    for (int i = 0; i < 2; ++i) index[i] = (index[i] & present[i]) + first_col[i];
    if (kBits == 2) {
      *words++ = pack_eight<kBits>(index[0]) | pack_eight<kBits>(index[1]) << 16;
      return words;
    }
    *words++ = pack_eight<kBits>(index[0]);
    if (slots > 8) *words++ = pack_eight<kBits>(index[1]);
    return words;
  }
};

// The value words of a step, from 16 values of which `slots` count.
template <typename Weight>
uint32_t* pack_values(const float* values, int slots, uint32_t* words) {
  if constexpr (sizeof(Weight) == sizeof(float)) {
    std::memcpy(words, values, kMaxStepSlots * sizeof(float));  // the next step overwrites what is too much
    return words + slots;
  } else {
    constexpr int kWordSlots = sizeof(uint32_t) / sizeof(Weight);
    Weight narrowed[kMaxStepSlots];
    for (int i = 0; i < kMaxStepSlots; ++i) narrow(i < slots ? values[i] : 0.0f, &narrowed[i]);
    std::memcpy(words, narrowed, sizeof narrowed);
    return words + (slots + kWordSlots - 1) / kWordSlots;
  }
}

}  // namespace

LanePanel::LanePanel(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols) : dtype_(dtype), pattern_(pattern) {
  view_.rows = rows;
  view_.cols = cols;
  const int max_window = pattern.m <= 4 && 4 % pattern.m == 0 ? 4 : 16;
  view_.index_bits = max_window == 4 ? 2 : 4;
  view_.window_cols = max_window / pattern.m * pattern.m;
  view_.slots = static_cast<int>(pattern.kept(view_.window_cols));
  view_.slots_per_word = 32 / view_.index_bits;
  view_.windows = std::max(1, view_.slots_per_word / view_.slots);
  view_.control_words = (view_.windows * view_.slots + view_.slots_per_word - 1) / view_.slots_per_word;
  const int step_slots = view_.windows * view_.slots;
  const int word_slots = static_cast<int>(4 / weight_bytes(dtype));
  view_.step_words = kLanes * (view_.control_words + (step_slots + word_slots - 1) / word_slots);
  const int64_t step_cols = view_.windows * view_.window_cols;
  view_.steps = (cols - 1) / step_cols + 1;
  view_.padded_cols = view_.steps * step_cols;
  const int64_t panels = (rows - 1) / kLanes + 1;
  int64_t words;
  if (__builtin_mul_overflow(view_.steps, view_.step_words, &words) || __builtin_mul_overflow(words, panels, &words)) {
    throw std::bad_alloc();
  }
  data_ = AlignedArray<uint32_t>(words);
  view_.data = data_.data();
  // Lanes beyond the last row stay zero for good.
  const int64_t panel_words = view_.steps * view_.step_words;
  std::memset(data_.data() + words - panel_words, 0, panel_words * sizeof(uint32_t));
}

LanePanel::Slot LanePanel::locate(int64_t r, int64_t window, int slot) const {
  const int64_t step = window / view_.windows;
  const int in_step = static_cast<int>(window % view_.windows) * view_.slots + slot;
  const int64_t base = (r / kLanes * view_.steps + step) * view_.step_words + r % kLanes;
  const int64_t word_bytes = sizeof(uint32_t), bytes = weight_bytes(dtype_), word_slots = word_bytes / bytes;
  const int64_t value_word = base + kLanes * (view_.control_words + in_step / word_slots);
  return {value_word * word_bytes + in_step % word_slots * bytes, base + kLanes * (in_step / view_.slots_per_word),
          in_step % view_.slots_per_word * view_.index_bits};
}

float LanePanel::load(int64_t byte) const {
  const char* const from = reinterpret_cast<const char*>(data_.data()) + byte;
  return visit_weights(
      dtype_, [&](auto* type) { return widen(*reinterpret_cast<const std::remove_pointer_t<decltype(type)>*>(from)); });
}

void LanePanel::encode(const CompressedRow& row, uint32_t* words) const {
  visit_weights(dtype_, [&](auto* type) {
    using Weight = std::remove_pointer_t<decltype(type)>;
    if (view_.index_bits == 2) {
      encode_as<Weight, 2>(row, words);
    } else {
      encode_as<Weight, 4>(row, words);
    }
  });
}

template <typename Weight, int kBits>
void LanePanel::encode_as(const CompressedRow& row, uint32_t* words) const {
  const int step_slots = view_.windows * view_.slots;
  const int64_t step_cols = int64_t{view_.windows} * view_.window_cols;
  const int64_t whole = view_.cols / step_cols;
  uint8_t first_col[kMaxStepSlots] = {};  // of a slot's group, within the window
  for (int i = 0; i < step_slots; ++i) {
    first_col[i] = static_cast<uint8_t>(i % view_.slots / pattern_.n * pattern_.m);
  }
  IndexPacker<kBits> indices(step_slots);
  std::memcpy(indices.first_col, first_col, sizeof first_col);
  const float* values = row.values.data();
  const uint8_t* in_group = row.index.data();
  for (int64_t step = 0; step < whole; ++step) {
    words = indices.pack(in_group, words);
    words = pack_values<Weight>(values, step_slots, words);
    values += step_slots;
    in_group += step_slots;
  }
  if (whole == view_.steps) return;
  // The last step has windows with fewer slots.
  float last_values[kMaxStepSlots] = {};
  uint8_t last_index[kMaxStepSlots] = {};
  for (int slot = 0; slot < step_slots && slot < kMaxStepSlots; ++slot) {
    const int64_t first = whole * step_cols + slot / view_.slots * view_.window_cols;
    const int64_t length = std::max<int64_t>(0, std::min<int64_t>(view_.window_cols, view_.cols - first));
    const int64_t beyond = slot % view_.slots - pattern_.kept(length);
    const bool kept = beyond < 0;
    // Padding columns, each another one: a kernel takes its slots' columns two by two.
    last_index[slot] = static_cast<uint8_t>(kept ? first_col[slot] + *in_group++ : length + beyond);
    if (kept) std::memcpy(&last_values[slot], values++, sizeof(float));
  }
  words = IndexPacker<kBits>(step_slots).pack(last_index, words);
  pack_values<Weight>(last_values, step_slots, words);
}

void LanePanel::put(int64_t r, int64_t count, const uint32_t* rows, int64_t stride, Interleave interleave) {
  const int begin = static_cast<int>(r % kLanes);
  interleave(rows, stride, row_words(), begin, static_cast<int>(begin + count), bytes() > kStreamBytes,
             data_.data() + r / kLanes * kLanes * row_words());
}

void LanePanel::get(int64_t r, CompressedRow* row) const {
  int64_t next = 0;
  for (int64_t window = 0; next < row->kept; ++window) {
    const int64_t first = window * view_.window_cols;
    const int kept = static_cast<int>(pattern_.kept(std::min<int64_t>(view_.window_cols, view_.cols - first)));
    for (int slot = 0; slot < kept; ++slot, ++next) {
      const Slot at = locate(r, window, slot);
      row->values[next] = load(at.value);
      const uint32_t mask = (1u << view_.index_bits) - 1;
      const uint32_t in_window = data_.data()[at.control] >> at.shift & mask;
      row->index[next] = static_cast<uint8_t>(in_window - slot / pattern_.n * pattern_.m);
    }
  }
}

}  // namespace nm
