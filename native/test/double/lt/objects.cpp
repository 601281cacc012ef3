// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "lt/objects.h"

#include <cstring>
#include <map>

#include "lt/model.h"

namespace nm4j_double {
namespace {

// At the start of each struct; the rest of its bytes has a pattern, so that a struct that is too small, or that
// somebody writes to, is seen.
struct Stamp {
  uint64_t magic, id;
  const void* self;
};
constexpr uint64_t kAlive = 0x6e6d346a616c6976, kDead = 0x6e6d346a64656164;
constexpr unsigned char kPattern = 0xa7;

template <typename T>
std::map<uint64_t, T>& table() {
  static auto* const all = new std::map<uint64_t, T>;
  return *all;
}

uint64_t ids = 0;

Stamp stamp_of(const void* opaque) {
  Stamp stamp;
  std::memcpy(&stamp, opaque, sizeof stamp);
  return stamp;
}

// Whether it has to be destroyed: there is no call for matmul descriptors, and before 0.8 none for selections.
template <typename T>
int64_t counts() {
  if (std::is_same_v<T, AlgObject>) return kModel.destroys_selections() ? 1 : 0;
  return std::is_same_v<T, MatmulObject> ? 0 : 1;
}

template <typename T>
int64_t children_of(uint64_t handle) {
  int64_t found = 0;
  for (const auto& [id, object] : table<T>()) found += object.handle == handle;
  return found;
}

}  // namespace

template <typename T>
T& create(const void* opaque, const char* kind, T object) {
  const Stamp before = stamp_of(opaque);
  if (before.magic == kAlive && before.self == opaque && table<T>().count(before.id) != 0 && counts<T>() != 0) {
    breach("%s: initialised again without having been destroyed", kind);
  }
  auto* const bytes = static_cast<unsigned char*>(const_cast<void*>(opaque));
  const Stamp stamp = {kAlive, ++ids, opaque};
  std::memset(bytes, kPattern, kModel.struct_bytes);
  std::memcpy(bytes, &stamp, sizeof stamp);
  count_live(counts<T>());
  return table<T>().emplace(stamp.id, std::move(object)).first->second;
}

template <typename T>
T& find(const void* opaque, const char* kind) {
  const Stamp stamp = stamp_of(opaque);
  if (stamp.magic == kDead) breach("%s: used after it was destroyed", kind);
  if (stamp.magic != kAlive) breach("%s: used before it was initialised", kind);
  if (stamp.self != opaque) breach("%s: moved from %p to %p after it was initialised", kind, stamp.self, opaque);
  const auto* const bytes = static_cast<const unsigned char*>(opaque);
  for (size_t i = sizeof stamp; i < kModel.struct_bytes; ++i) {
    if (bytes[i] != kPattern) breach("%s: byte %zu was overwritten", kind, i);
  }
  const auto found = table<T>().find(stamp.id);
  if (found == table<T>().end()) breach("%s: the struct is of another kind", kind);
  return found->second;
}

template <typename T>
void destroy(const void* opaque, const char* kind) {
  find<T>(opaque, kind);
  Stamp stamp = stamp_of(opaque);
  table<T>().erase(stamp.id);
  stamp.magic = kDead;
  std::memcpy(const_cast<void*>(opaque), &stamp, sizeof stamp);
  count_live(-counts<T>());
}

uint64_t identity(const void* opaque) { return stamp_of(opaque).id; }

int64_t children(uint64_t handle) {
  return children_of<MatObject>(handle) + children_of<PlanObject>(handle) +
         (kModel.destroys_selections() ? children_of<AlgObject>(handle) : 0);
}

HandleObject& find_handle(const void* handle) {
  HandleObject& object = find<HandleObject>(handle, "handle");
  if (object.thread != std::this_thread::get_id()) breach("handle: used in another thread than it was made in");
  if (object.device != current_device()) {
    breach("handle: made for device %d, used while device %d is current", object.device, current_device());
  }
  return object;
}

#define NM4J_DOUBLE_OBJECT(T)                         \
  template T& create<T>(const void*, const char*, T); \
  template T& find<T>(const void*, const char*);      \
  template void destroy<T>(const void*, const char*);
NM4J_DOUBLE_OBJECT(HandleObject)
NM4J_DOUBLE_OBJECT(MatObject)
NM4J_DOUBLE_OBJECT(MatmulObject)
NM4J_DOUBLE_OBJECT(AlgObject)
NM4J_DOUBLE_OBJECT(PlanObject)

}  // namespace nm4j_double
