/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_RANDOM_H_
#define NM4J_TEST_SUPPORT_RANDOM_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <random>
#include <string>

namespace nm4j_test {

// A new seed for every run, printed at its start; NM4J_TEST_SEED replays one.
inline uint64_t RunSeed() {
  static const uint64_t seed = [] {
    const char* replay = std::getenv("NM4J_TEST_SEED");
    return replay != nullptr ? std::strtoull(replay, nullptr, 10) : std::random_device{}();
  }();
  return seed;
}

// Seeded by the run's seed and the running test's name: a test draws the same numbers whichever tests run beside it.
class Random {
 public:
  Random() : engine_(RunSeed() ^ std::hash<std::string>{}(RunningTest())) {}

  int64_t Int(int64_t lowest, int64_t highest) {
    return std::uniform_int_distribution<int64_t>(lowest, highest)(engine_);
  }
  bool Chance(double probability) { return std::bernoulli_distribution(probability)(engine_); }
  float Uniform() { return std::uniform_real_distribution<float>(-1.0f, 1.0f)(engine_); }

  // An integer of -4..4 without 0. Sums of products of these stay exact in fp32 up to a million terms.
  float SmallInteger() {
    const int64_t value = Int(1, 8);
    return static_cast<float>(value <= 4 ? value : 4 - value);
  }

  // A finite float of any exponent, subnormal ones included.
  float AnyFinite() {
    const auto bits = static_cast<uint32_t>(Int(0, UINT32_MAX));
    const uint32_t exponent = (bits >> 23) & 0xff;
    const uint32_t finite = exponent == 0xff ? bits & ~(1u << 30) : bits;
    float value;
    static_assert(sizeof value == sizeof finite);
    std::memcpy(&value, &finite, sizeof value);
    return value;
  }

  template <typename Container>
  auto& Pick(Container& from) {
    return from[static_cast<size_t>(Int(0, static_cast<int64_t>(std::size(from)) - 1))];
  }

  std::mt19937_64& engine() { return engine_; }

 private:
  static std::string RunningTest() {
    const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
    return test == nullptr ? "" : std::string(test->test_suite_name()) + "." + test->name();
  }

  std::mt19937_64 engine_;
};

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_RANDOM_H_
