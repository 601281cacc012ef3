// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs of consecutive elements: in one or more accesses of up to 16 bytes where address and length allow, else element
// by element. Nothing outside the run is touched.
#ifndef NM4J_CUDA_KERNELS_ACCESS_H_
#define NM4J_CUDA_KERNELS_ACCESS_H_

#include <cstdint>

#include "cuda/kernels/launch.h"

namespace nm {
namespace cuda {

template <int kBytes>
struct alignas(kBytes) Vector {
  unsigned char bytes[kBytes];
};
template <>
struct alignas(16) Vector<16> {
  uint32_t words[4];
};
template <>
struct alignas(8) Vector<8> {
  uint32_t words[2];
};
template <>
struct alignas(4) Vector<4> {
  uint32_t word;
};
template <>
struct alignas(2) Vector<2> {
  uint16_t half;
};

// The widest access that divides a run of kBytes.
NM_HD constexpr int access_bytes(int bytes) { return bytes % 16 == 0 ? 16 : bytes & -bytes; }

template <int kBytes>
NM_HD bool aligned(const void* p) {
  return reinterpret_cast<uintptr_t>(p) % kBytes == 0;
}

// A whole run, aligned to its widest access: in shared memory, where that is known.
template <typename T, int kCount>
NM_HD void load_aligned(const T* p, T (&out)[kCount]) {
  constexpr int kWide = access_bytes(kCount * sizeof(T)), kEach = kWide / sizeof(T);
  NM_UNROLL
  for (int i = 0; i < kCount; i += kEach) {
    const Vector<kWide> wide = *reinterpret_cast<const Vector<kWide>*>(p + i);
    __builtin_memcpy(out + i, &wide, kWide);
  }
}
template <typename T, int kCount>
NM_HD void store_aligned(T* p, const T (&values)[kCount]) {
  constexpr int kWide = access_bytes(kCount * sizeof(T)), kEach = kWide / sizeof(T);
  NM_UNROLL
  for (int i = 0; i < kCount; i += kEach) {
    Vector<kWide> wide;
    __builtin_memcpy(&wide, values + i, kWide);
    *reinterpret_cast<Vector<kWide>*>(p + i) = wide;
  }
}

// out = p[0 .. count - 1], zeros behind it. count may be anything; it counts as kCount at most.
template <typename T, int kCount>
NM_HD void load_run(const T* p, int64_t count, T (&out)[kCount]) {
  if (count >= kCount && aligned<access_bytes(kCount * sizeof(T))>(p)) return load_aligned(p, out);
  NM_UNROLL
  for (int i = 0; i < kCount; ++i) out[i] = i < count ? p[i] : T{};
}

// p[0 .. count - 1] = values
template <typename T, int kCount>
NM_HD void store_run(T* p, int64_t count, const T (&values)[kCount]) {
  if (count >= kCount && aligned<access_bytes(kCount * sizeof(T))>(p)) return store_aligned(p, values);
  NM_UNROLL
  for (int i = 0; i < kCount; ++i) {
    if (i < count) p[i] = values[i];
  }
}

NM_HD int64_t mask_row_bytes(int64_t cols) { return (cols + 7) / 8; }

// kBits mask bits from the byte `p` on, of which `count` belong to the row; the others are 0.
template <int kBits>
NM_HD uint32_t load_bits(const uint8_t* p, int64_t count) {
  uint8_t bytes[kBits / 8];
  load_run(p, (count + 7) / 8, bytes);
  uint32_t bits = 0;
  NM_UNROLL
  for (int i = 0; i < kBits / 8; ++i) bits |= static_cast<uint32_t>(bytes[i]) << 8 * i;
  return count >= kBits ? bits : bits & ((uint32_t{1} << count) - 1);
}

// Writes the bytes of `count` bits, at most kBits.
template <int kBits>
NM_HD void store_bits(uint8_t* p, int64_t count, uint32_t bits) {
  uint8_t bytes[kBits / 8];
  NM_UNROLL
  for (int i = 0; i < kBits / 8; ++i) bytes[i] = static_cast<uint8_t>(bits >> 8 * i);
  store_run(p, (count + 7) / 8, bytes);
}

}  // namespace cuda
}  // namespace nm

#endif  // NM4J_CUDA_KERNELS_ACCESS_H_
