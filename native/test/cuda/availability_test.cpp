/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every way in which the backend can be unavailable, each in a process of its own, since the library looks once.
 */
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include "cuda/support/backend.h"

extern "C" int32_t nm4j_cuda_test_from_c(void);  // header_test.c

namespace nm4j_test {
namespace {

// Prints what the process finds, for EXPECT_EXIT to compare.
[[noreturn]] void TellDevice(int32_t device) {
  int32_t reason = -1;
  const char* text = "";
  const int32_t status = nm_cuda_device_reason(device, &reason, &text);
  std::fprintf(stderr, "status=%d reason=%d text=%s", status, reason, text);
  std::exit(0);
}

[[noreturn]] void TellProduct() {
  int32_t reason = -1;
  const char* text = "";
  const int32_t status = nm_cuda_product_reason(0, &reason, &text);
  std::fprintf(stderr, "status=%d reason=%d text=%s", status, reason, text);
  nm_cuda_weights* weights = nullptr;
  const int32_t created = nm_cuda_weights_create(0, 32, 32, 1, 2, 4, NM_CUDA_F16, &weights);
  if ((created == NM_OK) != (reason == NM_CUDA_AVAILABLE))
    std::fprintf(stderr, " BUT creating weights gave %d", created);
  if (created != NM_OK && created != NM_CUDA_UNAVAILABLE) std::fprintf(stderr, " BUT its status was %d", created);
  nm_cuda_weights_free(weights);
  std::fprintf(stderr, ";end");
  std::exit(0);
}

[[noreturn]] void TellGemm() {
  int32_t reason = -1;
  const char* text = "";
  const int32_t status = nm_cuda_gemm_reason(0, &reason, &text);
  std::fprintf(stderr, "status=%d reason=%d text=%s", status, reason, text);
  nm_cuda_stream* stream = nullptr;
  void* memory = nullptr;
  if (nm_cuda_stream_create(0, &stream) == NM_OK && nm_cuda_alloc(0, 12, &memory) == NM_OK) {
    auto* const x = static_cast<float*>(memory);
    const nm_cuda_gemm_problem p = {NM_F32, NM_F32, 0, 0, 1, 1, 1, x, 1, x + 1, 1, 0, x + 2, 1};
    const int32_t multiplied = nm_cuda_gemm(stream, &p);
    if (multiplied != (reason == NM_CUDA_AVAILABLE ? int32_t{NM_OK} : int32_t{NM_CUDA_UNAVAILABLE})) {
      std::fprintf(stderr, " BUT a product gave %d", multiplied);
    }
    nm_cuda_stream_free(stream);
    nm_cuda_free(0, memory);
  }
  std::fprintf(stderr, ";end");
  std::exit(0);
}

// The double of another version, beside the one that the tests were started with.
std::string DoubleOf(const std::string& version) {
  const char* own = std::getenv("NM4J_CUSPARSELT");
  if (own == nullptr) return "";
  const std::filesystem::path path(own);
  return (path.parent_path().parent_path() / ("cusparselt-" + version) / path.filename()).string();
}

std::string Reason(int reason) { return "status=0 reason=" + std::to_string(reason) + " text=.*"; }

class CudaAvailability : public testing::Test {
 protected:
  void SetUp() override { NM4J_NEEDS_DOUBLE(); }
  void TearDown() override {
    for (const auto& [variable, value] : before_) {
      value ? setenv(variable.c_str(), value->c_str(), 1) : unsetenv(variable.c_str());
    }
  }

  // For this process and those that it starts, until the test ends.
  void Set(const char* variable, const std::string& value) {
    Remember(variable);
    setenv(variable, value.c_str(), 1);
  }
  void Unset(const char* variable) {
    Remember(variable);
    unsetenv(variable);
  }

 private:
  void Remember(const char* variable) {
    const char* value = std::getenv(variable);
    before_.emplace(variable, value == nullptr ? std::nullopt : std::optional<std::string>(value));
  }

  std::map<std::string, std::optional<std::string>> before_;
};

TEST(CudaDevices, AreListedAndUsable) {
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  ASSERT_GE(count, 1);
  int32_t reason = -1;
  const char* text = nullptr;
  ASSERT_TRUE(CudaOk(nm_cuda_device_reason(0, &reason, &text)));
  EXPECT_EQ(reason, NM_CUDA_AVAILABLE) << text;
  ASSERT_TRUE(CudaOk(nm_cuda_product_reason(0, &reason, &text)));
  EXPECT_EQ(reason, NM_CUDA_AVAILABLE) << text;
  nm_cuda_device_info info;
  ASSERT_TRUE(CudaOk(nm_cuda_device_get(0, &info)));
  EXPECT_STRNE(info.name, "");
  EXPECT_GE(info.major, 8);
  EXPECT_GT(info.multiprocessors, 0);
  EXPECT_GT(info.free_bytes, 0);
  EXPECT_GE(info.total_bytes, info.free_bytes);
  int32_t runtime = 0, driver = 0, major = -1, minor = -1, patch = -1;
  ASSERT_TRUE(CudaOk(nm_cuda_runtime_versions(&runtime, &driver)));
  EXPECT_GE(driver, 12000);
  ASSERT_TRUE(CudaOk(nm_cuda_lt_version(&major, &minor, &patch)));
  EXPECT_EQ(major, 0);
  EXPECT_GE(minor, 6);
  const char* path = "";
  ASSERT_TRUE(CudaOk(nm_cuda_lt_path(&path)));
  EXPECT_NE(std::string(path).find("libcusparseLt.so"), std::string::npos);
}

TEST(CudaDevices, AreListedFromC) {
  int32_t count = 0;
  ASSERT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  EXPECT_EQ(nm4j_cuda_test_from_c(), count);
}

TEST(CudaDevices, ThatDoNotExist) {
  int32_t reason = -1;
  const char* text = nullptr;
  for (const int32_t device : {-1, 1000}) {
    ASSERT_TRUE(CudaOk(nm_cuda_device_reason(device, &reason, &text)));
    EXPECT_EQ(reason, NM_CUDA_NO_DEVICE);
    EXPECT_NE(std::string(text).find(std::to_string(device)), std::string::npos) << text;
    nm_cuda_device_info info;
    EXPECT_TRUE(CudaRefuses(NM_CUDA_UNAVAILABLE, nm_cuda_device_get(device, &info), {"device"}));
    nm_cuda_stream* stream = nullptr;
    EXPECT_TRUE(
        CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_stream_create(device, &stream), {"device", std::to_string(device)}));
    EXPECT_EQ(stream, nullptr);
  }
}

TEST(CudaDevices, Null) {
  int32_t value;
  const char* text;
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_device_count(nullptr), {"count"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_device_reason(0, nullptr, &text), {"reason"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_product_reason(0, &value, nullptr), {"text"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_gemm_reason(0, nullptr, nullptr), {"reason"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_device_get(0, nullptr), {"info"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_lt_version(&value, nullptr, &value), {"minor"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_lt_path(nullptr), {"path"}));
  EXPECT_TRUE(CudaRefuses(NM_INVALID_ARGUMENT, nm_cuda_runtime_versions(nullptr, &value), {"runtime"}));
}

TEST(CudaDevices, StatusNames) {
  EXPECT_STREQ(nm_cuda_status_name(NM_CUDA_UNAVAILABLE), "NM_CUDA_UNAVAILABLE");
  EXPECT_STREQ(nm_cuda_status_name(NM_CUDA_FAILURE), "NM_CUDA_FAILURE");
  EXPECT_STREQ(nm_cuda_status_name(NM_CUDA_LT_FAILURE), "NM_CUDA_LT_FAILURE");
  EXPECT_STREQ(nm_cuda_status_name(NM_UNSUPPORTED), "NM_UNSUPPORTED");
  EXPECT_STREQ(nm_cuda_status_name(12345), "NM_UNKNOWN");
}

TEST_F(CudaAvailability, NoDriver) {
  Set("NM4J_DOUBLE_DRIVER", "0");
  EXPECT_EXIT(TellDevice(0), testing::ExitedWithCode(0), Reason(NM_CUDA_NO_DRIVER) + "no NVIDIA driver");
  EXPECT_EXIT(TellProduct(), testing::ExitedWithCode(0), Reason(NM_CUDA_NO_DRIVER) + "no NVIDIA driver.*;end");
  int32_t count = -1;
  EXPECT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  EXPECT_EQ(count, 0);
}

TEST_F(CudaAvailability, OldDriver) {
  Set("NM4J_DOUBLE_DRIVER", "12040");
  EXPECT_EXIT(TellDevice(0), testing::ExitedWithCode(0), Reason(NM_CUDA_DRIVER_TOO_OLD) + "12[.]4.*13[.]0");
  int32_t count = -1;
  EXPECT_TRUE(CudaOk(nm_cuda_device_count(&count)));
  EXPECT_EQ(count, 0);
}

TEST_F(CudaAvailability, NoDevice) {
  Set("NM4J_DOUBLE_DEVICES", "0");
  EXPECT_EXIT(TellDevice(0), testing::ExitedWithCode(0), Reason(NM_CUDA_NO_DEVICE) + "CUDA_VISIBLE_DEVICES");
}

TEST_F(CudaAvailability, DeviceWithoutSparseTensorCores) {
  Set("NM4J_DOUBLE_SM", "7.5");
  EXPECT_EXIT(TellDevice(0), testing::ExitedWithCode(0), Reason(NM_CUDA_OLD_DEVICE) + "device 0 .*7[.]5.*8[.]0");
}

TEST_F(CudaAvailability, DeviceNewerThanTheLibrary) {
  Set("NM4J_DOUBLE_SM", "10.0");
  Set("NM4J_CUSPARSELT", DoubleOf("0.6.2"));
  EXPECT_EXIT(TellProduct(), testing::ExitedWithCode(0),
              Reason(NM_CUDA_LT_LACKS_DEVICE) + "cuSPARSELt 0[.]6[.]2.*no kernels for device 0.*;end");
}

TEST_F(CudaAvailability, VersionsOfTheLibrary) {
  const struct {
    const char* version;
    int reason;
    const char* text;
  } kVersions[] = {{"0.5.2", NM_CUDA_LT_TOO_OLD, "cusparseLtGetProperty.*older than 0[.]6"},
                   {"0.5.9", NM_CUDA_LT_TOO_OLD, "0[.]5[.]9.*older than 0[.]6"},
                   {"0.6.2", NM_CUDA_AVAILABLE, "cuSPARSELt 0[.]6[.]2"},
                   {"0.8.0", NM_CUDA_LT_REFUSED, "0[.]8[.]0.*refused.*0[.]8[.]1"},
                   {"0.8.1", NM_CUDA_AVAILABLE, "cuSPARSELt 0[.]8[.]1"},
                   {"0.9.1", NM_CUDA_LT_BROKEN, "lacks cusparseLt"},
                   {"0.10.0", NM_CUDA_AVAILABLE, "cuSPARSELt 0[.]10[.]0"},
                   {"0.11.0", NM_CUDA_LT_TOO_NEW, "0[.]11[.]0.*newer than 0[.]10"}};
  for (const auto& [version, reason, text] : kVersions) {
    Set("NM4J_CUSPARSELT", DoubleOf(version));
    EXPECT_EXIT(TellProduct(), testing::ExitedWithCode(0), Reason(reason) + text + ".*;end") << version;
  }
}

TEST_F(CudaAvailability, LibraryThatIsMissing) {
  Set("NM4J_CUSPARSELT", "/nowhere/libcusparseLt.so.0");
  EXPECT_EXIT(TellProduct(), testing::ExitedWithCode(0),
              Reason(NM_CUDA_LT_MISSING) + "not found; tried /nowhere/libcusparseLt.so.0;end");
}

TEST_F(CudaAvailability, LibraryThatIsNone) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("nm4j-broken-" + std::to_string(getpid()) + ".so.0");
  std::ofstream(file) << "no library";
  Set("NM4J_CUSPARSELT", file.string());
  EXPECT_EXIT(TellProduct(), testing::ExitedWithCode(0), Reason(NM_CUDA_LT_BROKEN) + "cannot be loaded.*;end");
  std::filesystem::remove(file);
}

TEST_F(CudaAvailability, CublasMayBeMissingOrBroken) {
  EXPECT_EXIT(TellGemm(), testing::ExitedWithCode(0), Reason(NM_CUDA_AVAILABLE) + "cuBLAS 13[.]0 .*libcublas.*;end");
  Set("NM4J_CUBLAS", "/nowhere/libcublas.so");
  EXPECT_EXIT(TellGemm(), testing::ExitedWithCode(0),
              Reason(NM_CUDA_BLAS_MISSING) + "not found; tried /nowhere/libcublas.so;end");
  Set("NM4J_CUBLAS", DoubleOf("0.10.0"));
  EXPECT_EXIT(TellGemm(), testing::ExitedWithCode(0), Reason(NM_CUDA_BLAS_BROKEN) + "lacks cublasGetProperty;end");
  Unset("NM4J_CUBLAS");
  EXPECT_EXIT(TellGemm(), testing::ExitedWithCode(0),
              "reason=(0|13) text=.*(tried libcublas.so.13, .*/usr/local/cuda/|cuBLAS).*;end");
  Set("NM4J_DOUBLE_DRIVER", "0");
  EXPECT_EXIT(TellGemm(), testing::ExitedWithCode(0), Reason(NM_CUDA_NO_DRIVER) + "no NVIDIA driver.*;end");
}

// Without the variable, the loader's own search and the places of NVIDIA's packages.
TEST_F(CudaAvailability, LibraryIsLookedForInSeveralPlaces) {
  Unset("NM4J_CUSPARSELT");
  EXPECT_EXIT(TellProduct(), testing::ExitedWithCode(0),
              "reason=(0|6) text=.*(tried libcusparseLt.so.0, .*/13/|cuSPARSELt)");
}

}  // namespace
}  // namespace nm4j_test
