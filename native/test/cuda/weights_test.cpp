/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Weights: what is taken, from where, and in which order with the products that use them.
 */
#include <algorithm>
#include <cmath>

#include "cuda/support/numbers.h"
#include "cuda/support/product.h"

namespace nm4j_test {
namespace {

class Weights {
 public:
  Weights(int64_t rows, int64_t cols, int32_t n, int32_t m, int32_t dtype, int64_t count = 1) {
    EXPECT_TRUE(CudaOk(nm_cuda_weights_create(0, rows, cols, count, n, m, dtype, &weights_)));
  }
  Weights(const Weights&) = delete;
  Weights& operator=(const Weights&) = delete;
  ~Weights() { EXPECT_TRUE(CudaOk(nm_cuda_weights_free(weights_))); }
  nm_cuda_weights* get() const { return weights_; }

 private:
  nm_cuda_weights* weights_ = nullptr;
};

// W times the identity: the weights as the device has them, rows x cols, as numbers.
std::vector<double> ReadBack(const Weights& weights, int64_t rows, int64_t cols, int32_t dtype, const Stream& stream) {
  const int32_t y_dtype = dtype == NM_CUDA_E4M3 || dtype == NM_CUDA_E5M2 ? int32_t{NM_F32} : dtype;
  const int64_t size = ElementBytes(dtype), y_size = ElementBytes(y_dtype);
  std::vector<unsigned char> identity(static_cast<size_t>(cols * cols * size));
  for (int64_t i = 0; i < cols; ++i) WriteElement(dtype, 1, identity.data() + (i * cols + i) * size);
  const DeviceBytes x(stream, identity), y(rows * cols * y_size);
  nm_cuda_product p = {};
  p.x_layout = NM_BATCH_MAJOR;
  p.y_layout = NM_FEATURE_MAJOR;
  p.y_dtype = y_dtype;
  p.batch = cols;
  p.count = 1;
  p.x = x.data();
  p.ldx = cols;
  p.y = y.data();
  p.ldy = cols;
  p.alpha = 1;
  EXPECT_TRUE(CudaOk(nm_cuda_multiply(weights.get(), &p, stream.get())));
  const std::vector<unsigned char> bytes = y.Download(stream);
  std::vector<double> out;
  for (int64_t i = 0; i < rows * cols; ++i) out.push_back(ReadElement(y_dtype, bytes.data() + i * y_size));
  return out;
}

constexpr int32_t kWeightTypes[] = {NM_F32, NM_BF16, NM_CUDA_F16, NM_S8};

TEST(CudaWeights, EveryPatternThatTheHardwareImplies) {
  const Stream stream;
  Random random;
  const int64_t rows = 21, cols = 44;
  for (const int32_t dtype : kWeightTypes) {
    for (const auto& [n, m] : {std::pair{2, 4}, {1, 4}, {2, 8}, {1, 8}, {2, 16}, {1, 32}, {1, 2}}) {
      const bool fits = dtype == NM_F32 ? n == 1 && m % 2 == 0 : n <= 2 && m % 4 == 0;
      nm_cuda_weights* refused = nullptr;
      if (!fits) {
        EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, nm_cuda_weights_create(0, rows, cols, 1, n, m, dtype, &refused),
                                {"pattern", std::to_string(n) + ":" + std::to_string(m)}));
        EXPECT_EQ(refused, nullptr);
        continue;
      }
      const Weights weights(rows, cols, n, m, dtype);
      std::vector<unsigned char> dense(static_cast<size_t>(rows * cols * ElementBytes(dtype)));
      std::vector<double> expected(static_cast<size_t>(rows * cols));
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t group = 0; group < cols; group += m) {
          for (int i = 0; i < n; ++i) {
            expected[static_cast<size_t>(row * cols + random.Int(group, std::min<int64_t>(group + m, cols) - 1))] =
                random.SmallInteger();
          }
        }
      }
      for (size_t i = 0; i < expected.size(); ++i) {
        WriteElement(dtype, expected[i], dense.data() + static_cast<int64_t>(i) * ElementBytes(dtype));
      }
      ASSERT_TRUE(CudaOk(nm_cuda_weights_set_host(weights.get(), stream.get(), dense.data(), dtype, cols, 0, nullptr)));
      EXPECT_EQ(ReadBack(weights, rows, cols, dtype, stream), expected) << TypeName(dtype) << ' ' << n << ':' << m;
    }
  }
}

// The mask drops what it does not keep; fp32 is rounded to the weights' type, ties to even.
TEST(CudaWeights, FromTheHostUnderAMask) {
  const Stream stream;
  Random random;
  const int64_t rows = 17, cols = 36, ld = 40;
  for (const int32_t dtype : {int32_t{NM_BF16}, int32_t{NM_CUDA_F16}}) {
    const Weights weights(rows, cols, 2, 4, dtype);
    std::vector<float> dense(static_cast<size_t>(rows * ld));
    for (float& w : dense) w = random.Uniform();
    std::vector<uint8_t> mask(static_cast<size_t>(rows * 5));
    std::vector<bool> kept(static_cast<size_t>(rows * cols));
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t group = 0; group < cols; group += 4) {
        for (int i = 0; i < 2; ++i) {
          const int64_t col = group + random.Int(0, 3);
          mask[static_cast<size_t>(row * 5 + col / 8)] |= static_cast<uint8_t>(1 << col % 8);
          kept[static_cast<size_t>(row * cols + col)] = true;
        }
      }
    }
    ASSERT_TRUE(
        CudaOk(nm_cuda_weights_set_host(weights.get(), stream.get(), dense.data(), NM_F32, ld, 0, mask.data())));
    const std::vector<double> found = ReadBack(weights, rows, cols, dtype, stream);
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t col = 0; col < cols; ++col) {
        const auto at = static_cast<size_t>(row * cols + col);
        const double w = kept[at] ? dense[static_cast<size_t>(row * ld + col)] : 0;
        EXPECT_LE(std::fabs(found[at] - w), RoundingError(dtype, w)) << row << ' ' << col;
      }
    }
    // One more bit in a full group.
    mask[2] = 0x0f;
    EXPECT_TRUE(
        CudaRefuses(NM_PATTERN_BREACH,
                    nm_cuda_weights_set_host(weights.get(), stream.get(), dense.data(), NM_F32, ld, 0, mask.data()),
                    {"row", "0", "column", "16", "4"}));
    EXPECT_EQ(ReadBack(weights, rows, cols, dtype, stream), found) << "a breach changed something";
  }
}

TEST(CudaWeights, BreachesAreFoundAndChangeNothing) {
  const Stream stream;
  for (const int32_t dtype : kWeightTypes) {
    const int64_t rows = 33, cols = 64, size = ElementBytes(dtype);
    const Weights weights(rows, cols, dtype == NM_F32 ? 1 : 2, dtype == NM_F32 ? 2 : 4, dtype);
    std::vector<unsigned char> dense(static_cast<size_t>(rows * cols * size));
    const auto put = [&](int64_t row, int64_t col) {
      WriteElement(dtype, 3, dense.data() + (row * cols + col) * size);
    };
    put(32, 60);
    const DeviceBytes good(stream, dense);
    ASSERT_TRUE(CudaOk(nm_cuda_weights_set(weights.get(), stream.get(), good.data(), cols, 0, NM_CUDA_ROW_MAJOR, 0)));
    const std::vector<double> before = ReadBack(weights, rows, cols, dtype, stream);
    put(32, 61);
    put(32, 63);
    const DeviceBytes bad(stream, dense);
    EXPECT_TRUE(CudaRefuses(NM_PATTERN_BREACH,
                            nm_cuda_weights_set(weights.get(), stream.get(), bad.data(), cols, 0, NM_CUDA_ROW_MAJOR, 0),
                            {"group", "row", "32", "column", "60"}));
    EXPECT_TRUE(CudaRefuses(
        NM_PATTERN_BREACH, nm_cuda_weights_set_host(weights.get(), stream.get(), dense.data(), dtype, cols, 0, nullptr),
        {"row", "32", "column", "60"}));
    EXPECT_EQ(ReadBack(weights, rows, cols, dtype, stream), before);
  }
}

// Zeros of both signs are zeros; NaN is kept.
TEST(CudaWeights, SpecialValues) {
  const Stream stream;
  const Weights weights(32, 32, 2, 4, NM_BF16);
  std::vector<float> dense(32 * 32, -0.0f);
  dense[0] = NAN;
  dense[3] = 1;
  ASSERT_TRUE(CudaOk(nm_cuda_weights_set_host(weights.get(), stream.get(), dense.data(), NM_F32, 32, 0, nullptr)));
  const std::vector<double> found = ReadBack(weights, 32, 32, NM_BF16, stream);
  EXPECT_TRUE(std::isnan(found[0]));
  EXPECT_EQ(found[32], 0);
}

// A product queued before new contents uses the old ones, on whichever streams the two are.
TEST(CudaWeights, NewContentsWaitForProductsAndProductsForThem) {
  const Stream first, second;
  const int64_t rows = 32, cols = 32;
  const Weights weights(rows, cols, 2, 4, NM_S8);
  std::vector<unsigned char> ones(static_cast<size_t>(rows * cols), 0), twos = ones,
                                                                        x(static_cast<size_t>(cols * 16), 1);
  for (size_t i = 0; i < ones.size(); i += 4) ones[i] = 1, twos[i + 1] = 2;
  const DeviceBytes old_weights(first, ones), new_weights(first, twos), activations(first, x);
  const DeviceBytes before(rows * 16 * 4), after(rows * 16 * 4);
  nm_cuda_product p = {};
  p.x_layout = p.y_layout = NM_BATCH_MAJOR;
  p.y_dtype = NM_S32;
  p.batch = 16;
  p.count = 1;
  p.x = activations.data();
  p.ldx = cols;
  p.ldy = rows;
  p.alpha = 1;
  const auto set = [&](const Stream& stream, const DeviceBytes& dense) {
    return nm_cuda_weights_set(weights.get(), stream.get(), dense.data(), cols, 0, NM_CUDA_ROW_MAJOR, NM_CUDA_TRUST);
  };
  ASSERT_TRUE(CudaOk(set(first, old_weights)));
  p.y = before.data();
  ASSERT_TRUE(CudaOk(nm_cuda_multiply(weights.get(), &p, second.get())));  // waits for the first stream
  ASSERT_TRUE(CudaOk(set(first, new_weights)));                            // waits for the second
  p.y = after.data();
  ASSERT_TRUE(CudaOk(nm_cuda_multiply(weights.get(), &p, second.get())));
  const std::vector<unsigned char> new_result = after.Download(second), old_result = before.Download(second);
  for (int64_t i = 0; i < rows * 16; ++i) {
    ASSERT_EQ(ReadElement(NM_S32, old_result.data() + i * 4), 8);
    ASSERT_EQ(ReadElement(NM_S32, new_result.data() + i * 4), 16);
  }
}

TEST(CudaWeights, AreFreedBehindTheirProducts) {
  const Stream stream;
  Case c;
  {
    ProductTest test(c, stream);
    ASSERT_TRUE(CudaOk(test.Run()));
  }
  stream.Synchronize();
}

TEST(CudaWeights, TrustSkipsTheCheckAndDoesNotBlock) {
  NM4J_NEEDS_DOUBLE();
  const Stream stream;
  const Weights weights(32, 32, 2, 4, NM_CUDA_F16);
  const DeviceBytes dense(stream, std::vector<unsigned char>(32 * 32 * 2));
  const auto set = [&](int32_t flags) {
    return nm_cuda_weights_set(weights.get(), stream.get(), dense.data(), 32, 0, NM_CUDA_ROW_MAJOR, flags);
  };
  ASSERT_TRUE(CudaOk(set(0)));
  stream.Synchronize();
  ASSERT_TRUE(CudaOk(set(NM_CUDA_TRUST)));
  EXPECT_GT(PendingOperations(), 0);
}

TEST(CudaWeights, Bytes) {
  const Stream stream;
  const Weights weights(64, 64, 2, 4, NM_CUDA_F16);
  int64_t bytes = -1;
  ASSERT_TRUE(CudaOk(nm_cuda_weights_bytes(weights.get(), &bytes)));
  EXPECT_EQ(bytes, 0);
  const std::vector<float> dense(64 * 64);
  ASSERT_TRUE(CudaOk(nm_cuda_weights_set_host(weights.get(), stream.get(), dense.data(), NM_F32, 64, 0, nullptr)));
  ASSERT_TRUE(CudaOk(nm_cuda_weights_bytes(weights.get(), &bytes)));
  EXPECT_GE(bytes, 64 * 64 * 2 * 9 / 16);
  EXPECT_LT(bytes, 64 * 64 * 2);
}

TEST(CudaWeights, ShapesThatAreRefused) {
  nm_cuda_weights* w = nullptr;
  const auto create = [&](int64_t rows, int64_t cols, int64_t count, int32_t dtype) {
    return nm_cuda_weights_create(0, rows, cols, count, dtype == NM_F32 ? 1 : 2, dtype == NM_F32 ? 2 : 4, dtype, &w);
  };
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, create(0, 8, 1, NM_BF16), {"0", "8"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, create(8, -3, 1, NM_BF16), {"8", "-3"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, create(8, 8, 0, NM_BF16), {"0"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, create(int64_t{1} << 16, int64_t{1} << 15, 1, NM_BF16), {"2147483647"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, create(int64_t{1} << 15, int64_t{1} << 15, 1, NM_F32), {"1073741823"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, create(INT64_MAX, INT64_MAX, 1, NM_S8), {"4294967295"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, create(8, 8, 1, NM_U8), {"dtype"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, create(8, 8, 1, 99), {"dtype", "99"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_PATTERN, nm_cuda_weights_create(0, 8, 8, 1, 4, 4, NM_BF16, &w), {"4:4"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_weights_create(0, 8, 8, 1, 2, 4, NM_BF16, nullptr), {"out"}));
  EXPECT_EQ(w, nullptr);
}

TEST(CudaWeights, ContentsThatAreRefused) {
  const Stream stream;
  const Weights half(32, 32, 2, 4, NM_CUDA_F16), bytes(32, 32, 2, 4, NM_S8);
  const DeviceBytes dense(stream, std::vector<unsigned char>(32 * 32 * 2));
  std::vector<float> host(32 * 32);
  const auto set = [&](const Weights& w, const void* data, int64_t ld, int32_t order, int32_t flags) {
    return nm_cuda_weights_set(w.get(), stream.get(), data, ld, 0, order, flags);
  };
  EXPECT_TRUE(
      CudaRefuses(NM_INVALID_ARGUMENT, set(half, dense.data(), 31, NM_CUDA_ROW_MAJOR, 0), {"dense", "32", "31"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, set(half, dense.data(), 32, 2, 0), {"order", "2"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, set(half, dense.data(), 32, 0, 2), {"flags", "2"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, set(half, nullptr, 32, 0, 0), {"dense", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, set(half, host.data(), 32, 0, 0), {"dense", "host"}));
  EXPECT_TRUE(CudaRefuses(NM_OVERFLOW, set(half, dense.data(), INT64_MAX, 0, 0), {"dense"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, set(bytes, dense.data(), 32, NM_CUDA_COLUMN_MAJOR, 0), {"order", "NM_S8"}));
  const auto set_host = [&](const Weights& w, const void* data, int32_t dtype) {
    return nm_cuda_weights_set_host(w.get(), stream.get(), data, dtype, 32, 0, nullptr);
  };
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, set_host(bytes, host.data(), NM_F32), {"dtype", "NM_S8", "NM_F32"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, set_host(half, host.data(), NM_BF16), {"dtype", "NM_F32"}));
  EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, set_host(half, host.data(), 77), {"dtype"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, set_host(half, nullptr, NM_F32), {"dense", "NULL"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, set_host(half, dense.data(), NM_CUDA_F16), {"dense", "device"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_weights_set(nullptr, stream.get(), dense.data(), 32, 0, 0, 0),
                          {"weights"}));
}

}  // namespace
}  // namespace nm4j_test
