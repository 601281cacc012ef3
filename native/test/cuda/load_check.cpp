/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Loads the real libnm4j_cuda.so and NVIDIA's cuSPARSELt, and looks at what they say about this machine. Without a
 * driver the library has to work, and to name the driver as what is missing. scripts/cuda.sh runs it.
 */
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "nm4j/nm4j_cuda.h"

namespace {

void expect(bool condition, const char* what) {
  if (condition) return;
  std::printf("FAILED  %s; the last error is \"%s\"\n", what, nm_cuda_last_error());
  std::exit(1);
}

// NVIDIA's library opens without a driver, and has the functions that nm4j asks for; its version is what it says
// itself.
void look_at_cusparselt(const char* path) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    std::printf("FAILED  %s\n", dlerror());
    std::exit(1);
  }
  const auto get = reinterpret_cast<int (*)(int, int*)>(dlsym(library, "cusparseLtGetProperty"));
  expect(get != nullptr, "cusparseLtGetProperty exists");
  int version[3] = {};
  for (int i = 0; i < 3; ++i) expect(get(i, &version[i]) == 0, "cuSPARSELt tells its version");
  std::printf("ok      %s is cuSPARSELt %d.%d.%d\n", path, version[0], version[1], version[2]);
}

}  // namespace

int main() {
  look_at_cusparselt(std::getenv("NM4J_CUSPARSELT"));
  expect(nm_cuda_simulated() == 0, "this is no double");
  int32_t runtime = 0, driver = 0, count = -1, reason = -1, product_reason = -1;
  const char* text = nullptr;
  expect(nm_cuda_runtime_versions(&runtime, &driver) == NM_OK, "nm_cuda_runtime_versions works without a driver");
  expect(nm_cuda_device_count(&count) == NM_OK, "nm_cuda_device_count works without a driver");
  expect(nm_cuda_device_reason(0, &reason, &text) == NM_OK, "nm_cuda_device_reason works without a driver");
  std::printf("ok      nm4j %s, CUDA runtime %d.%d, %d devices: %s\n", nm_cuda_version(), runtime / 1000,
              runtime % 1000 / 10, count, text);
  expect(nm_cuda_product_reason(0, &product_reason, &text) == NM_OK, "nm_cuda_product_reason works without a driver");
  if (driver == 0) {
    expect(count == 0, "no driver, no devices");
    expect(reason == NM_CUDA_NO_DRIVER && product_reason == NM_CUDA_NO_DRIVER, "without a driver, that is the reason");
    nm_cuda_stream* stream;
    expect(nm_cuda_stream_create(0, &stream) == NM_CUDA_UNAVAILABLE && stream == nullptr, "no stream without a driver");
    expect(std::strstr(nm_cuda_last_error(), "driver") != nullptr, "the message names the driver");
    std::printf("ok      without a driver: \"%s\"\n", nm_cuda_last_error());
  }
  return 0;
}
