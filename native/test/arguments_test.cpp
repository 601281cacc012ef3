/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
// What the functions on plain weights and masks have in common: how they refuse sizes, leading dimensions, patterns,
// flags and missing buffers.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "nm4j/nm4j.h"
#include "support/matrix.h"
#include "support/status.h"

namespace nm4j_test {
namespace {

constexpr int64_t kHuge = int64_t{1} << 62;

// The arguments of any of the functions; all of them legal to begin with.
struct Arguments {
  float* w;
  uint8_t* mask;
  float* out;  // the second buffer of floats, where there is one
  int64_t rows = 5;
  int64_t cols = 1019;
  int64_t ld = 1021;
  int64_t ld_out = 1021;
  int32_t n = 3;
  int32_t m = 5;
  int32_t flags = 0;
};

struct Function {
  std::string name;
  std::function<int32_t(const Arguments&)> call;
  bool has_pattern = true;
  bool has_flags = false;
  bool has_ld = true;
  bool has_ld_out = false;
  std::vector<std::string> buffers;  // the names of w, mask and out, "" where there is none

  friend std::ostream& operator<<(std::ostream& out, const Function& f) { return out << f.name; }
};

std::vector<Function> Functions() {
  std::vector<Function> functions(8);
  functions[0].name = "nm_mask_magnitude_f32";
  functions[0].call = [](const Arguments& a) {
    return nm_mask_magnitude_f32(a.w, a.rows, a.cols, a.ld, a.n, a.m, a.flags, a.mask);
  };
  functions[0].has_flags = true;
  functions[0].buffers = {"w", "mask", ""};

  functions[1].name = "nm_mask_nonzero_f32";
  functions[1].call = [](const Arguments& a) {
    return nm_mask_nonzero_f32(a.w, a.rows, a.cols, a.ld, a.n, a.m, a.flags, a.mask);
  };
  functions[1].has_flags = true;
  functions[1].buffers = {"w", "mask", ""};

  functions[2].name = "nm_check_f32";
  functions[2].call = [](const Arguments& a) {
    int64_t breaches, row, column;
    return nm_check_f32(a.w, a.rows, a.cols, a.ld, a.n, a.m, &breaches, &row, &column);
  };
  functions[2].buffers = {"w", "", ""};

  functions[3].name = "nm_check_mask";
  functions[3].call = [](const Arguments& a) {
    int64_t breaches, row, column;
    return nm_check_mask(a.mask, a.rows, a.cols, a.n, a.m, &breaches, &row, &column);
  };
  functions[3].has_ld = false;
  functions[3].buffers = {"", "mask", ""};

  functions[4].name = "nm_mask_apply_f32";
  functions[4].call = [](const Arguments& a) {
    return nm_mask_apply_f32(a.w, a.rows, a.cols, a.ld, a.mask, a.out, a.ld_out);
  };
  functions[4].has_pattern = false;
  functions[4].has_ld_out = true;
  functions[4].buffers = {"w", "mask", "out"};

  functions[5].name = "nm_kept_share_f32";
  functions[5].call = [](const Arguments& a) {
    double magnitude, square;
    return nm_kept_share_f32(a.w, a.rows, a.cols, a.ld, a.mask, &magnitude, &square);
  };
  functions[5].has_pattern = false;
  functions[5].buffers = {"w", "mask", ""};

  functions[6].name = "nm_compress_f32";
  functions[6].call = [](const Arguments& a) {
    return nm_compress_f32(a.w, a.rows, a.cols, a.ld, a.mask, a.n, a.m, a.flags, a.out, a.mask);
  };
  functions[6].has_flags = true;
  functions[6].buffers = {"w", "mask", "values"};

  functions[7].name = "nm_decompress_f32";
  functions[7].call = [](const Arguments& a) {
    return nm_decompress_f32(a.out, a.mask, a.rows, a.cols, a.n, a.m, a.w, a.ld);
  };
  functions[7].buffers = {"w", "mask", "values"};
  return functions;
}

class ArgumentsTest : public testing::TestWithParam<Function> {
 protected:
  // Weights that obey 3:5 and their mask, complete and ready to be decompressed.
  ArgumentsTest() : w_(5, 1019, 1021), out_(5, 1019, 1021), mask_(5, 1019) {
    w_.Fill([](int64_t, int64_t c) { return c % 5 < 3 ? 1.0f : 0.0f; });
    out_.Fill([](int64_t, int64_t) { return 1.0f; });
    for (int64_t r = 0; r < 5; ++r) {
      for (int64_t c = 0; c < 1019; ++c) mask_.Set(r, c, c % 5 < 3);
    }
  }

  Arguments Legal() const { return {w_.data(), mask_.data(), out_.data()}; }
  testing::AssertionResult Refused(int32_t status, const Arguments& a, std::initializer_list<std::string> words) {
    return Refuses(status, GetParam().call(a), words);
  }

  FloatMatrix w_, out_;
  BitMask mask_;
};
class PatternArgumentsTest : public ArgumentsTest {};
class FlagsTest : public ArgumentsTest {};
class LeadingDimensionTest : public ArgumentsTest {};
class OutputLeadingDimensionTest : public ArgumentsTest {};

TEST_P(ArgumentsTest, LegalOnesAreAccepted) {
  // The values of the portable format have no padding: they fit into the buffer of dense ones, and overwrite it.
  FloatMatrix plain(5, 1019, 1019);
  plain.Fill([](int64_t, int64_t) { return 1.0f; });
  Arguments a = Legal();
  a.out = plain.data();
  a.ld_out = 1019;
  EXPECT_TRUE(Succeeds(GetParam().call(a)));
}

TEST_P(ArgumentsTest, NegativeSizes) {
  Arguments a = Legal();
  a.rows = -7;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"-7"}));
  a = Legal();
  a.cols = -7;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"-7"}));
  a.rows = INT64_MIN;
  a.cols = INT64_MIN;
  a.ld = INT64_MIN;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"-9223372036854775808"}));
}

TEST_P(LeadingDimensionTest, Short) {
  for (int64_t ld : {int64_t{1018}, int64_t{0}, int64_t{-1019}, INT64_MIN}) {
    Arguments a = Legal();
    a.ld = ld;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"1019", std::to_string(ld)}));
    a.rows = 1;  // even where no second row needs it
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"1019", std::to_string(ld)}));
  }
}

TEST_P(OutputLeadingDimensionTest, Short) {
  Arguments a = Legal();
  a.ld_out = 1018;
  EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"1019", "1018"}));
}

TEST_P(PatternArgumentsTest, Illegal) {
  for (Pattern p : {Pattern{0, 4},
                    {4, 4},
                    {5, 4},
                    {-1, 4},
                    {1, 1},
                    {0, 0},
                    {1, 33},
                    {32, 33},
                    {2, 0},
                    {1, -4},
                    {INT32_MIN, INT32_MAX}}) {
    Arguments a = Legal();
    a.n = p.n;
    a.m = p.m;
    EXPECT_TRUE(Refused(NM_INVALID_PATTERN, a, {std::to_string(p.n) + ":" + std::to_string(p.m), "32"}));
  }
}

TEST_P(FlagsTest, Unknown) {
  for (int32_t flags : {2, 3, -1, INT32_MIN}) {
    Arguments a = Legal();
    a.flags = flags;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {"flags"})) << flags;
  }
}

TEST_P(ArgumentsTest, MissingBuffers) {
  const std::vector<std::string>& names = GetParam().buffers;
  if (!names[0].empty()) {
    Arguments a = Legal();
    a.w = nullptr;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {names[0], "null"}));
  }
  if (!names[1].empty()) {
    Arguments a = Legal();
    a.mask = nullptr;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {names[1], "null"}));
  }
  if (!names[2].empty()) {
    Arguments a = Legal();
    a.out = nullptr;
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {names[2], "null"}));
  }
}

TEST_P(ArgumentsTest, MisalignedFloats) {
  const auto misaligned = [](float* p) { return reinterpret_cast<float*>(reinterpret_cast<uintptr_t>(p) + 2); };
  if (!GetParam().buffers[0].empty()) {
    Arguments a = Legal();
    a.w = misaligned(a.w);
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {GetParam().buffers[0], "aligned"}));
  }
  if (!GetParam().buffers[2].empty()) {
    Arguments a = Legal();
    a.out = misaligned(a.out);
    EXPECT_TRUE(Refused(NM_INVALID_ARGUMENT, a, {GetParam().buffers[2], "aligned"}));
  }
}

TEST_P(ArgumentsTest, NothingNeedsNoBuffers) {
  Arguments a = {nullptr, nullptr, nullptr};
  a.rows = 0;
  EXPECT_TRUE(Succeeds(GetParam().call(a)));
  a = {nullptr, nullptr, nullptr};
  a.cols = 0;
  EXPECT_TRUE(Succeeds(GetParam().call(a)));
}

TEST_P(ArgumentsTest, SizesBeyondMemory) {
  Arguments a = Legal();
  a.rows = kHuge;
  EXPECT_TRUE(Refused(NM_OVERFLOW, a, {"4611686018427387904"}));
  a.rows = INT64_MAX;
  EXPECT_TRUE(Refused(NM_OVERFLOW, a, {"9223372036854775807"}));
  a = Legal();
  a.rows = kHuge;
  a.cols = a.ld = a.ld_out = kHuge;
  EXPECT_TRUE(Refused(NM_OVERFLOW, a, {"4611686018427387904"}));
  a.rows = a.cols = a.ld = a.ld_out = INT64_MAX;
  EXPECT_TRUE(Refused(NM_OVERFLOW, a, {"9223372036854775807"}));
}

TEST_P(LeadingDimensionTest, BeyondMemory) {
  for (int64_t ld : {kHuge / 2, kHuge, INT64_MAX}) {
    Arguments a = Legal();
    a.ld = ld;
    EXPECT_TRUE(Refused(NM_OVERFLOW, a, {std::to_string(ld)}));
  }
}

TEST_P(OutputLeadingDimensionTest, BeyondMemory) {
  Arguments a = Legal();
  a.ld_out = kHuge;
  EXPECT_TRUE(Refused(NM_OVERFLOW, a, {std::to_string(kHuge)}));
}

// The functions that have what a test is about.
auto With(bool Function::*feature) {
  std::vector<Function> having;
  for (const Function& function : Functions()) {
    if (function.*feature) having.push_back(function);
  }
  return testing::ValuesIn(having);
}

std::string Name(const testing::TestParamInfo<Function>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(Functions, ArgumentsTest, testing::ValuesIn(Functions()), Name);
INSTANTIATE_TEST_SUITE_P(Functions, PatternArgumentsTest, With(&Function::has_pattern), Name);
INSTANTIATE_TEST_SUITE_P(Functions, FlagsTest, With(&Function::has_flags), Name);
INSTANTIATE_TEST_SUITE_P(Functions, LeadingDimensionTest, With(&Function::has_ld), Name);
INSTANTIATE_TEST_SUITE_P(Functions, OutputLeadingDimensionTest, With(&Function::has_ld_out), Name);

}  // namespace
}  // namespace nm4j_test
