/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Products: every type, layout, epilogue and awkward shape.
 */
#include "cuda/support/product.h"

#include "cuda/support/numbers.h"

namespace nm4j_test {
namespace {

struct TypePair {
  int32_t dtype, y_dtype;
};
constexpr TypePair kTypes[] = {{NM_F32, NM_F32}, {NM_BF16, NM_BF16}, {NM_CUDA_F16, NM_CUDA_F16},
                               {NM_S8, NM_S8},   {NM_S8, NM_S32},    {NM_S8, NM_CUDA_F16},
                               {NM_S8, NM_BF16}};
constexpr TypePair kFloat8[] = {{NM_CUDA_E4M3, NM_CUDA_E4M3}, {NM_CUDA_E4M3, NM_CUDA_F16},  {NM_CUDA_E4M3, NM_BF16},
                                {NM_CUDA_E4M3, NM_F32},       {NM_CUDA_E5M2, NM_CUDA_E5M2}, {NM_CUDA_E5M2, NM_CUDA_F16},
                                {NM_CUDA_E5M2, NM_BF16},      {NM_CUDA_E5M2, NM_F32}};

bool HasFloat8() {
  nm_cuda_device_info info;
  EXPECT_TRUE(CudaOk(nm_cuda_device_get(0, &info)));
  int32_t major, minor, patch;
  EXPECT_TRUE(CudaOk(nm_cuda_lt_version(&major, &minor, &patch)));
  return info.major >= 9 || (info.major == 8 && info.minor == 9 && minor >= 8);
}

std::vector<TypePair> AllTypes() {
  std::vector<TypePair> all(std::begin(kTypes), std::end(kTypes));
  if (HasFloat8()) all.insert(all.end(), std::begin(kFloat8), std::end(kFloat8));
  return all;
}

template <typename Body>
void ForAllTypes(const Body& body) {
  for (const TypePair& types : AllTypes()) {
    Case c;
    c.dtype = types.dtype;
    c.y_dtype = types.y_dtype;
    body(c);
    if (testing::Test::HasFatalFailure()) return;
  }
}

// 8-bit types take no other X.
std::vector<int32_t> Layouts(const Case& c) {
  if (ElementBytes(c.dtype) == 1) return {NM_BATCH_MAJOR};
  return {NM_FEATURE_MAJOR, NM_BATCH_MAJOR};
}

TEST(CudaProduct, EveryTypeAndLayout) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    for (const int32_t x_layout : Layouts(c)) {
      for (const int32_t y_layout : {NM_FEATURE_MAJOR, NM_BATCH_MAJOR}) {
        c.x_layout = x_layout;
        c.y_layout = y_layout;
        CheckProduct(c, stream);
      }
    }
  });
}

TEST(CudaProduct, LegalShapesAreNotCopied) {
  const Stream stream;
  ForAllTypes([&](const Case& c) {
    ProductTest test(c, stream);
    int32_t copies = -1;
    ASSERT_TRUE(CudaOk(nm_cuda_product_copies(test.weights(), &test.product(), &copies)));
    EXPECT_EQ(copies, 0) << c.Describe();
  });
}

TEST(CudaProduct, OddShapesPassThroughScratchMemory) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    for (const int64_t rows : {1, 33, 64}) {
      for (const int64_t cols : {5, 64}) {
        for (const int64_t batch : {1, 7, 48}) {
          for (const int32_t x_layout : Layouts(c)) {
            c.rows = rows;
            c.cols = cols;
            c.batch = batch;
            c.x_layout = x_layout;
            c.y_layout = rows % 2 ? NM_FEATURE_MAJOR : NM_BATCH_MAJOR;
            c.bias = true;
            c.c = cols == 5 ? CPlace::kApart : CPlace::kNone;
            CheckProduct(c, stream);
          }
        }
      }
    }
  });
}

TEST(CudaProduct, GapsAndMisalignedAddresses) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    for (const int64_t gap : {0, 1, 32}) {
      for (const int64_t offset : {0, 1}) {
        c.x_gap = c.y_gap = gap;
        c.x_offset = c.y_offset = offset;
        c.bias = true;
        CheckProduct(c, stream);
        c.c = CPlace::kInPlace;
        if (CType(c) == c.y_dtype) CheckProduct(c, stream);
        c.c = CPlace::kNone;
      }
    }
  });
}

TEST(CudaProduct, Epilogues) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    for (const int32_t activation : {NM_IDENTITY, NM_RELU}) {
      for (const bool bias : {false, true}) {
        c.activation = activation;
        c.bias = bias;
        c.alpha = -2;
        for (const CPlace place : {CPlace::kNone, CPlace::kInPlace, CPlace::kApart, CPlace::kApartOtherLd}) {
          c.c = place;
          if (place == CPlace::kInPlace && CType(c) != c.y_dtype) continue;
          CheckProduct(c, stream);
        }
        c.scale = true;
        for (const float alpha : {1.0f, -2.0f}) {
          for (const CPlace place : {CPlace::kNone, CPlace::kApart}) {
            c.alpha = alpha;
            c.c = place;
            CheckProduct(c, stream);
          }
        }
        c.scale = false;
      }
    }
  });
}

TEST(CudaProduct, ScalesAndBiasesOfOddShapes) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    c.rows = 19;
    c.bias = c.scale = true;
    c.c = CPlace::kApart;
    for (const int64_t offset : {0, 1}) {
      c.x_offset = offset;
      CheckProduct(c, stream);
    }
  });
}

// Exact, where the result's type is fine enough; over staged, strided and batched results.
TEST(CudaProduct, ExactGelu) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    c.activation = NM_GELU;
    const bool has = c.y_dtype == NM_F32 || c.y_dtype == NM_BF16 || c.y_dtype == NM_CUDA_F16;
    if (!has) {
      ProductTest test(c, stream);
      EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, test.Run(), {"activation", "NM_GELU"}));
      return;
    }
    c.alpha = 0.125f;
    for (const int64_t rows : {32, 21}) {
      for (const int64_t gap : {0, 16, 3}) {
        for (const int64_t count : {1, 2}) {
          c.rows = rows;
          c.y_gap = gap;
          c.count = count;
          c.batch_gap = gap;
          CheckProduct(c, stream);
        }
      }
    }
  });
}

TEST(CudaProduct, GeluWhereCuSparseLtHasIt) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    c.activation = NM_CUDA_GELU_TANH;
    const bool has = (c.dtype == NM_S8 && c.y_dtype == NM_S8) ||
                     ((c.dtype == NM_CUDA_E4M3 || c.dtype == NM_CUDA_E5M2) && c.y_dtype == NM_BF16);
    if (has) {
      ProductTest test(c, stream);
      const int32_t status = test.Run();
      if (status == NM_UNSUPPORTED && !Simulated()) return;  // devices differ
      ASSERT_TRUE(CudaOk(status));
      test.Check();
    } else {
      ProductTest test(c, stream);
      EXPECT_TRUE(CudaRefuses(NM_UNSUPPORTED, test.Run(), {"activation", "NM_CUDA_GELU_TANH"}));
    }
  });
}

TEST(CudaProduct, NumbersThatAreNoIntegers) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    if (c.dtype == NM_S8) return;
    c.integers = false;
    c.cols = 160;
    c.bias = true;
    CheckProduct(c, stream);
  });
}

TEST(CudaProduct, ColumnMajorWeightsMultiplyAsTheirTranspose) {
  const Stream stream;
  for (const int32_t dtype : {int32_t{NM_F32}, int32_t{NM_BF16}, int32_t{NM_CUDA_F16}}) {
    Case c;
    c.dtype = c.y_dtype = dtype;
    c.order = NM_CUDA_COLUMN_MAJOR;
    for (const int64_t rows : {32, 45}) {
      for (const int64_t cols : {64, 50}) {
        for (const int64_t gap : {0, 3}) {
          c.rows = rows;
          c.cols = cols;
          c.x_gap = gap;
          CheckProduct(c, stream);
        }
      }
    }
  }
}

TEST(CudaProduct, Batches) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    for (const int64_t weight_count : {1, 3}) {
      for (const int64_t batch_gap : {0, 16, 1}) {
        for (const int64_t batch : {32, 9}) {
          for (const int32_t x_layout : Layouts(c)) {
            c.weight_count = weight_count;
            c.count = 3;
            c.batch_gap = batch_gap;
            c.batch = batch;
            c.x_layout = x_layout;
            c.bias = true;
            c.c = batch == 9 ? CPlace::kApart : CPlace::kNone;
            CheckProduct(c, stream);
          }
        }
      }
    }
  });
}

// Batch items without gaps are one product: as many plans as one item needs.
TEST(CudaProduct, BatchesWithoutGapsAreJoined) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_BF16;
  c.count = 4;
  CheckProduct(c, stream);
  nm_cuda_plans before, after;
  ASSERT_TRUE(CudaOk(nm_cuda_plan_stats(&before)));
  c.batch *= 4;
  c.count = 1;
  CheckProduct(c, stream);
  ASSERT_TRUE(CudaOk(nm_cuda_plan_stats(&after)));
  EXPECT_EQ(after.misses, before.misses);
  EXPECT_EQ(after.hits, before.hits + 1);
}

// Only x is without gaps: then they are no one product.
TEST(CudaProduct, BatchesWithGapsInYAlone) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    c.count = 3;
    for (const int64_t gap : {16, 1}) {
      c.y_batch_gap = gap;
      CheckProduct(c, stream);
      c.c = CPlace::kApart;
      CheckProduct(c, stream);
      c.c = CPlace::kNone;
    }
  });
}

// Strides shorter than a matrix, which cuSPARSELt does not take.
TEST(CudaProduct, BatchesAsColumnsOfOneBuffer) {
  const Stream stream;
  ForAllTypes([&](Case c) {
    c.count = 3;
    c.beside = true;
    for (const int64_t rows : {32, 21}) {
      c.rows = rows;
      c.c = CPlace::kNone;
      CheckProduct(c, stream);
      c.c = CPlace::kApart;
      CheckProduct(c, stream);
    }
  });
}

// x is the same for all batch items.
TEST(CudaProduct, StrideOfZeroSharesX) {
  const Stream stream;
  Case c;
  c.dtype = NM_S8;
  c.y_dtype = NM_S32;
  c.count = 2;
  c.y_batch_gap = 16;
  ProductTest test(c, stream);
  test.product().x_stride = 0;
  ASSERT_TRUE(CudaOk(test.Run()));
  const int64_t bytes = c.rows * c.batch * 4;
  std::vector<unsigned char> results[2];
  for (int64_t i = 0; i < 2; ++i) {
    results[i].resize(static_cast<size_t>(bytes));
    const void* const y = static_cast<const char*>(test.product().y) + i * test.product().y_stride * 4;
    ASSERT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_FROM_DEVICE, results[i].data(), y, bytes)));
  }
  stream.Synchronize();
  EXPECT_EQ(results[0], results[1]);
}

TEST(CudaProduct, NothingToDo) {
  const Stream stream;
  Case c;
  ProductTest test(c, stream);
  test.product().batch = 0;
  test.product().x = test.product().y = nullptr;
  EXPECT_TRUE(CudaOk(test.Run()));
  test.product().batch = 8;
  test.product().count = 0;
  EXPECT_TRUE(CudaOk(test.Run()));
}

TEST(CudaProduct, SameBitsEachTime) {
  const Stream stream;
  Case c;
  c.dtype = c.y_dtype = NM_F32;
  c.integers = false;
  c.rows = 64;
  c.cols = 512;
  ProductTest test(c, stream);
  const int64_t bytes = c.rows * c.batch * 4;
  std::vector<unsigned char> first(static_cast<size_t>(bytes)), again(static_cast<size_t>(bytes));
  for (std::vector<unsigned char>* to : {&first, &again}) {
    ASSERT_TRUE(CudaOk(test.Run()));
    ASSERT_TRUE(CudaOk(nm_cuda_copy(stream.get(), NM_CUDA_FROM_DEVICE, to->data(), test.product().y, bytes)));
    stream.Synchronize();
  }
  EXPECT_EQ(first, again);
}

}  // namespace
}  // namespace nm4j_test
