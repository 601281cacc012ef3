// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. The functions of cuSPARSELt that concern descriptors, attributes, selections and plans.
#include <cmath>
#include <cstring>
#include <limits>

#include "lt/entry.h"
#include "lt/model.h"
#include "lt/numbers.h"
#include "lt/rules.h"

using namespace nm4j_double;

namespace {

template <typename T>
Status copy_in(const void* data, size_t size, T* to) {
  if (data == nullptr || size != sizeof *to) return INVALID_VALUE;
  std::memcpy(to, data, sizeof *to);
  return SUCCESS;
}

template <typename T>
Status copy_out(const T& from, void* data, size_t size) {
  if (data == nullptr || size != sizeof from) return INVALID_VALUE;
  std::memcpy(data, &from, sizeof from);
  return SUCCESS;
}

Status init_mat(const void* handle, void* mat, int64_t rows, int64_t cols, int64_t ld, uint32_t alignment, int type,
                int order, bool structured) {
  if (handle == nullptr || mat == nullptr) return INVALID_VALUE;
  find_handle(handle);
  if (const Status status = check_mat(rows, cols, ld, alignment, type, order, structured)) return status;
  MatObject object = {identity(handle), rows, cols, ld, type, order, structured, 1, 0, false, 0};
  object.stride = object.lines() * ld;
  create(mat, "matrix descriptor", object);
  return SUCCESS;
}

}  // namespace

NM4J_LT Status cusparseLtInit(void* handle) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr) return INVALID_VALUE;
  int major, minor;
  capability(&major, &minor);
  // Blackwell came with 0.7; from 0.8 on newer devices are taken, too.
  if (major < 8 || (major >= 10 && kModel.number() < 70)) return ARCH_MISMATCH;
  create(handle, "handle", HandleObject{current_device(), std::this_thread::get_id()});
  return SUCCESS;
}

NM4J_LT Status cusparseLtDestroy(const void* handle) {
  const Entry entry;
  if (handle == nullptr) return INVALID_VALUE;
  find_handle(handle);
  if (const int64_t left = children(identity(handle))) {
    breach("handle: destroyed before %lld of its descriptors, selections and plans", static_cast<long long>(left));
  }
  destroy<HandleObject>(handle, "handle");
  return entry.fails() ? INTERNAL_ERROR : SUCCESS;
}

NM4J_LT Status cusparseLtGetVersion(const void* handle, int* version) {
  const Entry entry;
  if (handle == nullptr || version == nullptr) return INVALID_VALUE;
  find_handle(handle);
  *version = kModel.major * 1000 + kModel.minor * 100 + kModel.patch;
  return SUCCESS;
}

NM4J_LT Status cusparseLtGetProperty(int property, int* value) {
  const Entry entry;
  if (value == nullptr || property < 0 || property > 2) return INVALID_VALUE;
  *value = property == 0 ? kModel.major : property == 1 ? kModel.minor : kModel.patch;
  return SUCCESS;
}

NM4J_LT const char* cusparseLtGetErrorName(Status) { return "simulated"; }
NM4J_LT const char* cusparseLtGetErrorString(Status) { return "simulated"; }

NM4J_LT Status cusparseLtDenseDescriptorInit(const void* handle, void* mat, int64_t rows, int64_t cols, int64_t ld,
                                             uint32_t alignment, int type, int order) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  return init_mat(handle, mat, rows, cols, ld, alignment, type, order, false);
}

NM4J_LT Status cusparseLtStructuredDescriptorInit(const void* handle, void* mat, int64_t rows, int64_t cols, int64_t ld,
                                                  uint32_t alignment, int type, int order, int sparsity) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (sparsity != 0) return INVALID_VALUE;
  return init_mat(handle, mat, rows, cols, ld, alignment, type, order, true);
}

NM4J_LT Status cusparseLtMatDescriptorDestroy(const void* mat) {
  const Entry entry;
  if (mat == nullptr) return INVALID_VALUE;
  if (find_mat(mat).plans > 0) breach("matrix descriptor: destroyed before a plan that refers to it");
  destroy<MatObject>(mat, "matrix descriptor");
  return entry.fails() ? INTERNAL_ERROR : SUCCESS;
}

NM4J_LT Status cusparseLtMatDescSetAttribute(const void* handle, void* mat, int attribute, const void* data,
                                             size_t size) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || mat == nullptr) return INVALID_VALUE;
  find_handle(handle);
  MatObject& object = find_mat(mat);
  if (object.used) breach("matrix descriptor: attribute %d set after MatmulDescriptorInit", attribute);
  if (attribute == NUM_BATCHES) {
    int batches;
    if (copy_in(data, size, &batches) != SUCCESS || batches < 1) return INVALID_VALUE;
    object.batches = batches;
    return SUCCESS;
  }
  if (attribute != BATCH_STRIDE) return INVALID_VALUE;
  int64_t stride;
  if (copy_in(data, size, &stride) != SUCCESS || (stride != 0 && stride < object.lines() * object.ld))
    return INVALID_VALUE;
  if (stride * type_bytes(object.type) % 16 != 0) return NOT_SUPPORTED;
  object.stride = stride;
  return SUCCESS;
}

NM4J_LT Status cusparseLtMatDescGetAttribute(const void* handle, const void* mat, int attribute, void* data,
                                             size_t size) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || mat == nullptr) return INVALID_VALUE;
  find_handle(handle);
  const MatObject& object = find_mat(mat);
  if (attribute == NUM_BATCHES) return copy_out(object.batches, data, size);
  return attribute == BATCH_STRIDE ? copy_out(object.stride, data, size) : INVALID_VALUE;
}

NM4J_LT Status cusparseLtMatmulDescriptorInit(const void* handle, void* matmul, int op_a, int op_b, const void* a,
                                              const void* b, const void* c, const void* d, int compute) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || matmul == nullptr || a == nullptr || b == nullptr || c == nullptr || d == nullptr) {
    return INVALID_VALUE;
  }
  find_handle(handle);
  MatmulObject object = {};
  object.handle = identity(handle);
  object.op_a = op_a;
  object.op_b = op_b;
  object.compute = compute;
  object.relu_upper = std::numeric_limits<float>::infinity();
  object.gelu_scaling = 1;
  const void* const mats[] = {a, b, c, d};
  for (int i = 0; i < 4; ++i) {
    object.mats[i] = mats[i];
    object.mat_ids[i] = identity(mats[i]);
  }
  if (const Status status = check_matmul(object, find_mat(a), find_mat(b), find_mat(c), find_mat(d))) return status;
  for (const void* mat : mats) find_mat(mat).used = true;
  create(matmul, "matmul descriptor", object);
  return SUCCESS;
}

NM4J_LT Status cusparseLtMatmulDescSetAttribute(const void* handle, void* matmul, int attribute, const void* data,
                                                size_t size) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || matmul == nullptr) return INVALID_VALUE;
  find_handle(handle);
  MatmulObject& m = find_matmul(matmul);
  if (attribute == SPARSE_MAT_POINTER) {  // NVIDIA's sample sets it after the plan
    const void* ignored;
    return copy_in(data, size, &ignored);
  }
  if (m.used) breach("matmul descriptor: attribute %d set after MatmulAlgSelectionInit", attribute);
  switch (attribute) {
    case RELU:
      return copy_in(data, size, &m.relu);
    case RELU_UPPERBOUND:
      return copy_in(data, size, &m.relu_upper);
    case RELU_THRESHOLD:
      return copy_in(data, size, &m.relu_threshold);
    case GELU:
      if (!has_gelu(find_mat(m.mats[0]).type, find_mat(m.mats[3]).type)) return INVALID_VALUE;
      return copy_in(data, size, &m.gelu);
    case GELU_SCALING:
      return copy_in(data, size, &m.gelu_scaling);
    case ALPHA_VECTOR:
      return copy_in(data, size, &m.alpha_vector);
    case BETA_VECTOR:
      return copy_in(data, size, &m.beta_vector);
    case BIAS_STRIDE:
      if (copy_in(data, size, &m.bias_stride) != SUCCESS || m.bias_stride < 0) return INVALID_VALUE;
      return SUCCESS;
    case BIAS_POINTER:
      return copy_in(data, size, &m.bias);
    default:
      return INVALID_VALUE;
  }
}

NM4J_LT Status cusparseLtMatmulDescGetAttribute(const void* handle, const void* matmul, int attribute, void* data,
                                                size_t size) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || matmul == nullptr) return INVALID_VALUE;
  find_handle(handle);
  const MatmulObject& m = find_matmul(matmul);
  switch (attribute) {
    case RELU:
      return copy_out(m.relu, data, size);
    case RELU_UPPERBOUND:
      return copy_out(m.relu_upper, data, size);
    case RELU_THRESHOLD:
      return copy_out(m.relu_threshold, data, size);
    case GELU:
      return copy_out(m.gelu, data, size);
    case GELU_SCALING:
      return copy_out(m.gelu_scaling, data, size);
    case ALPHA_VECTOR:
      return copy_out(m.alpha_vector, data, size);
    case BETA_VECTOR:
      return copy_out(m.beta_vector, data, size);
    case BIAS_STRIDE:
      return copy_out(m.bias_stride, data, size);
    case BIAS_POINTER:
      return copy_out(m.bias, data, size);
    default:
      return INTERNAL_ERROR;  // measured for SPARSE_MAT_POINTER
  }
}

NM4J_LT Status cusparseLtMatmulAlgSelectionInit(const void* handle, void* alg, const void* matmul, int algorithm) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || alg == nullptr || matmul == nullptr || algorithm != 0) return INVALID_VALUE;
  find_handle(handle);
  MatmulObject& m = find_matmul(matmul);
  const MatObject& a = find_mat(m.mats[0]);
  if (const Status status = check_device(m, a.type)) return status;
  m.used = true;
  create(alg, "algorithm selection", AlgObject{identity(handle), matmul, 0, config_count(a.type), 5, 1, 1, 0, 0});
  return SUCCESS;
}

NM4J_LT Status cusparseLtMatmulAlgSelectionDestroy(const void* alg) {
  const Entry entry;
  if (alg == nullptr) return INVALID_VALUE;
  if (find_alg(alg).plans > 0) breach("algorithm selection: destroyed before a plan that refers to it");
  destroy<AlgObject>(alg, "algorithm selection");
  return entry.fails() ? INTERNAL_ERROR : SUCCESS;
}

NM4J_LT Status cusparseLtMatmulAlgSetAttribute(const void* handle, void* alg, int attribute, const void* data,
                                               size_t size) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || alg == nullptr) return INVALID_VALUE;
  find_handle(handle);
  AlgObject& object = find_alg(alg);
  if (object.plans > 0) breach("algorithm selection: attribute %d set after MatmulPlanInit", attribute);
  int value;
  if (copy_in(data, size, &value) != SUCCESS) return INVALID_VALUE;
  int major, minor;
  capability(&major, &minor);
  const int modes = major >= 9 && kModel.number() >= 70 ? 6 : 2;
  switch (attribute) {
    case CONFIG_ID:
      if (value < 0 || value >= object.max_config) return INVALID_VALUE;
      object.config = value;
      return SUCCESS;
    case SEARCH_ITERATIONS:
      if (value < 1) return INVALID_VALUE;
      object.iterations = value;
      return SUCCESS;
    case SPLIT_K:
      if (value < 1) return INVALID_VALUE;
      object.split_k = value;
      return SUCCESS;
    case SPLIT_K_MODE:
      if (value < 1 || value > modes) return INVALID_VALUE;
      object.split_k_mode = value;
      return SUCCESS;
    case SPLIT_K_BUFFERS:
      if (value < 0) return INVALID_VALUE;
      object.split_k_buffers = value;
      return SUCCESS;
    default:
      return INVALID_VALUE;  // CONFIG_MAX_ID is read only
  }
}

NM4J_LT Status cusparseLtMatmulAlgGetAttribute(const void* handle, const void* alg, int attribute, void* data,
                                               size_t size) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || alg == nullptr) return INVALID_VALUE;
  find_handle(handle);
  const AlgObject& object = find_alg(alg);
  switch (attribute) {
    case CONFIG_ID:
      return copy_out(object.config, data, size);
    case CONFIG_MAX_ID:
      return copy_out(object.max_config, data, size);
    case SEARCH_ITERATIONS:
      return copy_out(object.iterations, data, size);
    case SPLIT_K:
      return copy_out(object.split_k, data, size);
    case SPLIT_K_MODE:
      return copy_out(object.split_k_mode, data, size);
    case SPLIT_K_BUFFERS:
      return copy_out(object.split_k_buffers, data, size);
    default:
      return INVALID_VALUE;
  }
}

NM4J_LT Status cusparseLtMatmulPlanInit(const void* handle, void* plan, const void* matmul, const void* alg) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || plan == nullptr || matmul == nullptr || alg == nullptr) return INVALID_VALUE;
  find_handle(handle);
  AlgObject& selection = find_alg(alg);
  if (selection.matmul != matmul) breach("plan: the selection was made for another matmul descriptor");
  const MatmulObject& m = find_matmul(matmul);
  for (int i = 0; i < 4; ++i) {
    MatObject& mat = find_mat(m.mats[i]);
    if (identity(m.mats[i]) != m.mat_ids[i]) breach("plan: a matrix descriptor is not the one it was made with");
    mat.plans += 1;
  }
  selection.plans += 1;
  create(plan, "plan", PlanObject{identity(handle), matmul, alg, identity(alg)});
  return SUCCESS;
}

NM4J_LT Status cusparseLtMatmulPlanDestroy(const void* plan) {
  const Entry entry;
  if (plan == nullptr) return INVALID_VALUE;
  const PlanObject object = find_plan(plan);
  for (const void* mat : find_matmul(object.matmul).mats) find_mat(mat).plans -= 1;
  find_alg(object.alg).plans -= 1;
  destroy<PlanObject>(plan, "plan");
  return entry.fails() ? INTERNAL_ERROR : SUCCESS;
}

NM4J_LT Status cusparseLtMatmulGetWorkspace(const void* handle, const void* plan, size_t* bytes) {
  const Entry entry;
  if (entry.fails()) return INTERNAL_ERROR;
  if (handle == nullptr || plan == nullptr || bytes == nullptr) return INVALID_VALUE;
  find_handle(handle);
  const PlanObject& object = find_plan(plan);
  const MatObject& d = find_mat(find_matmul(object.matmul).mats[3]);
  *bytes = workspace_bytes(d.rows, d.cols, d.batches, find_alg(object.alg));
  return SUCCESS;
}
