// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
#include "format/lane_panel.h"

#include <cstring>
#include <type_traits>

#include "format/value_codec.h"

namespace nm {

struct LanePanel::Slot {
  int64_t value;    // byte of the value
  int64_t control;  // word of the control index
  int shift;        // position of the index in it
};

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
  // Lanes beyond the last row stay zero for good, and so does the padding of steps.
  const int64_t panel_words = view_.steps * view_.step_words;
  const bool padded = step_slots % word_slots != 0;
  const int64_t first = padded ? 0 : (panels - 1) * panel_words;
  std::memset(data_.data() + first, 0, (words - first) * sizeof(uint32_t));
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

void LanePanel::store(int64_t byte, float value) {
  char* const to = reinterpret_cast<char*>(data_.data()) + byte;
  visit_weights(dtype_, [&](auto* type) { narrow(value, reinterpret_cast<decltype(type)>(to)); });
}

float LanePanel::load(int64_t byte) const {
  const char* const from = reinterpret_cast<const char*>(data_.data()) + byte;
  return visit_weights(
      dtype_, [&](auto* type) { return widen(*reinterpret_cast<const std::remove_pointer_t<decltype(type)>*>(from)); });
}

void LanePanel::put(int64_t r, const CompressedRow& row) {
  size_t next = 0;
  const int64_t windows = view_.steps * view_.windows;
  for (int64_t window = 0; window < windows; ++window) {
    const int64_t first = window * view_.window_cols;
    const int64_t length = std::max<int64_t>(0, std::min<int64_t>(view_.window_cols, view_.cols - first));
    const int kept = static_cast<int>(pattern_.kept(length));
    for (int slot = 0; slot < view_.slots; ++slot) {
      float value = 0.0f;
      // Padding columns, each another: kept < slots only if length < window_cols, and by no more than that.
      uint32_t index = static_cast<uint32_t>(length + slot - kept);
      if (slot < kept) {
        value = row.values[next];
        index = static_cast<uint32_t>(row.cols[next++] - first);
      }
      const Slot at = locate(r, window, slot);
      store(at.value, value);
      uint32_t* control = &data_.data()[at.control];
      *control = (at.shift == 0 ? 0 : *control) | index << at.shift;
    }
  }
}

void LanePanel::get(int64_t r, CompressedRow* row) const {
  size_t next = 0;
  for (int64_t window = 0; next < row->cols.size(); ++window) {
    const int64_t first = window * view_.window_cols;
    const int kept = static_cast<int>(pattern_.kept(std::min<int64_t>(view_.window_cols, view_.cols - first)));
    for (int slot = 0; slot < kept; ++slot, ++next) {
      const Slot at = locate(r, window, slot);
      row->values[next] = load(at.value);
      const uint32_t mask = (1u << view_.index_bits) - 1;
      row->cols[next] = first + (data_.data()[at.control] >> at.shift & mask);
    }
  }
}

}  // namespace nm
