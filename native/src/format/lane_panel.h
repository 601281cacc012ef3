// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// "Lane per row": the packing for small batches.
//
// 16 rows side by side, one per vector lane (two AVX2 vectors, one AVX-512 vector). Columns are cut into windows of
// whole groups that one register permute can address: 4 columns when M is 2 or 4, else the most that fit 16. Each row
// keeps `slots` weights in a window. A window's control bits, slots x (2 or 4) per row, are gathered in 32-bit words, a
// step is the windows whose controls share `words` words. One panel of 16 rows is a single stream of steps:
//   step: words x 16 control words (word by word, lane by lane), then the values of windows x slots
// A 32-bit word holds the values of one slot (fp32), two (bf16) or four (int8) of one lane, and 16 words, one for each
// lane, lie side by side: what dot-product instructions consume. The last word of a step may have padding.
// Slot i of the step has its index at bits (i mod per-word) * index_bits of its word: the permute instruction reads the
// low bits only, so a kernel shifts right and never masks. For 2:4: 8 windows a step, 64 bytes of control and 1024 of
// values, 4.25 bytes per kept fp32 weight (bf16: 2.25, int8: 1.25).
//
// Padding slots hold 0.0 and point at columns beyond the last: a kernel must read zeros there, up to padded_cols and
// the 16 columns that a permute's source spans.
#ifndef NM4J_FORMAT_LANE_PANEL_H_
#define NM4J_FORMAT_LANE_PANEL_H_

#include <cstdint>

#include "format/aligned_array.h"
#include "format/packed_store.h"
#include "format/row_codec.h"
#include "nm4j/nm4j.h"

namespace nm {

// What a kernel sees. No member functions: the files of the ISAs must not emit inline code that others may link to.
struct LanePanelView {
  const uint32_t* data;  // words: controls as they are, values in the matrix's type
  int64_t rows, cols;
  int64_t steps;        // per panel
  int64_t step_words;   // 32-bit words per step
  int window_cols;      // columns per window
  int windows;          // per step
  int slots;            // per window and row
  int control_words;    // per step and row
  int slots_per_word;   // control indices per word
  int index_bits;       // 2: window_cols is at most 4; 4: at most 16
  int64_t padded_cols;  // columns of all steps
};

class LanePanel {
 public:
  static constexpr int kLanes = 16;

  // M above 16 has no window; such matrices are packed as row streams alone.
  static bool supports(Pattern pattern) { return pattern.m <= 16; }

  // Windows of 4 columns of which two are kept.
  static bool keeps_pairs(Pattern pattern) { return pattern.m <= 4 && 4 % pattern.m == 0 && pattern.kept(4) == 2; }

  LanePanel() = default;
  LanePanel(nm_dtype dtype, Pattern pattern, int64_t rows, int64_t cols);

  // A panel interleaves the words of 16 rows. These are the words of one: row_words(), and room for kRowSlack more.
  int64_t row_words() const { return view_.steps * view_.step_words / kLanes; }
  void encode(const CompressedRow& row, uint32_t* words) const;

  // Puts rows r .. r + count - 1 of one panel. `rows` are the encoded rows of the panel, `stride` words apart. Rows may
  // be put from several threads at once: no two share a word.
  void put(int64_t r, int64_t count, const uint32_t* rows, int64_t stride, Interleave interleave);
  void get(int64_t r, CompressedRow* row) const;

  nm_dtype dtype() const { return dtype_; }
  bool empty() const { return data_.size() == 0; }
  int64_t bytes() const { return data_.bytes(); }
  const LanePanelView& view() const { return view_; }

 private:
  struct Slot;  // where a slot's value and control lie
  Slot locate(int64_t r, int64_t window, int slot) const;
  float load(int64_t byte) const;
  template <typename Weight, int kBits>
  void encode_as(const CompressedRow& row, uint32_t* words) const;

  nm_dtype dtype_ = NM_F32;
  Pattern pattern_ = {};
  LanePanelView view_ = {};
  AlignedArray<uint32_t> data_;
};

// Collects encoded rows until a panel, or what there is of it, can be written at once.
class LaneWriter {
 public:
  LaneWriter(LanePanel* panel, Interleave interleave)
      : panel_(panel),
        interleave_(interleave),
        // Not a multiple of 4 KiB, so that the rows do not compete for the same lines of the cache.
        stride_((panel->row_words() + kRowSlack) / 16 * 16 + (panel->row_words() / 16 % 2 == 0 ? 16 : 32)),
        rows_(panel->empty() ? 0 : LanePanel::kLanes * stride_) {}

  // Rows come by ascending number, without a gap.
  void add(int64_t r, const CompressedRow& row, bool last) {
    const int64_t lane = r % LanePanel::kLanes;
    panel_->encode(row, rows_.data() + lane * stride_);
    ++count_;
    if (lane + 1 < LanePanel::kLanes && !last) return;
    panel_->put(r + 1 - count_, count_, rows_.data(), stride_, interleave_);
    count_ = 0;
  }

 private:
  LanePanel* panel_;
  Interleave interleave_;
  int64_t stride_;
  AlignedArray<uint32_t> rows_;
  int64_t count_ = 0;
};

}  // namespace nm

#endif  // NM4J_FORMAT_LANE_PANEL_H_
