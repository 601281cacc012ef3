// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL.
#include "runtime/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime/streams.h"

namespace nm4j_double {
namespace {

constexpr size_t kAlignment = 256;       // of what cudaMalloc returns
constexpr unsigned char kPoison = 0xff;  // of fresh memory: NaN in every floating-point type
constexpr unsigned char kCanary = 0x5c;  // behind an allocation, up to its guard page

struct Past {
  std::vector<Run> runs;  // ascending
  bool writes;
  Toucher toucher;
};

struct Allocation {
  int device;
  unsigned char* pages;  // the accessible ones, between two that are not
  size_t page_bytes, bytes;
  std::vector<Past> accesses;  // that something may still conflict with
};

struct Heap {
  std::map<const unsigned char*, Allocation> device, host;  // by first byte
  std::map<int, size_t> used;
  std::map<int, int> unlocked;
};

Heap& heap() {
  static Heap* const all = new Heap;
  return *all;
}

size_t page_size() {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

size_t up(size_t value, size_t multiple) { return (value + multiple - 1) / multiple * multiple; }

size_t capacity() {
  const char* text = std::getenv("NM4J_DOUBLE_MEMORY");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : size_t{1} << 30;
}

// What the host may do with the memory of a device while no work of it runs.
int left_to_host() { return has_guest() ? PROT_READ | PROT_WRITE : PROT_NONE; }

void protect(const Allocation& a, int protection) {
  if (mprotect(a.pages, a.page_bytes, protection) != 0) breach("mprotect failed");
}

std::map<const unsigned char*, Allocation>::iterator find(std::map<const unsigned char*, Allocation>* all,
                                                          const void* memory) {
  const auto* const address = static_cast<const unsigned char*>(memory);
  auto next = all->upper_bound(address);
  if (next == all->begin()) return all->end();
  --next;
  return address < next->first + next->second.bytes ? next : all->end();
}

bool meet(const std::vector<Run>& a, const std::vector<Run>& b) {
  for (size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (a[i].begin < b[j].end && b[j].begin < a[i].end) return true;
    a[i].end <= b[j].end ? ++i : ++j;
  }
  return false;
}

std::vector<Run> runs_of(const Access& a, size_t offset) {
  if (a.rows == 0 || a.width == 0) return {};
  if (a.width == a.pitch || a.rows == 1) return {{offset, offset + a.rows * a.width}};
  std::vector<Run> runs;
  for (size_t row = 0; row < a.rows; ++row) runs.push_back({offset + row * a.pitch, offset + row * a.pitch + a.width});
  return runs;
}

bool covers(const Clock& clock, const Toucher& t) {
  const auto seen = clock.find(t.stream);
  return seen != clock.end() && t.position <= seen->second;
}

std::string describe(const Toucher& t, bool writes) {
  return "stream " + std::to_string(t.stream) + (t.kernel.empty() ? "" : " (kernel " + t.kernel + ")") +
         (writes ? " writes" : " reads");
}

void check_canaries(const unsigned char* begin, const Allocation& a) {
  for (const unsigned char* byte = a.pages; byte < a.pages + a.page_bytes; ++byte) {
    const bool inside = begin <= byte && byte < begin + a.bytes;
    if (!inside && *byte != kCanary) {
      breach("something was written %td bytes from the start of an allocation of %zu bytes", byte - begin, a.bytes);
    }
  }
}

}  // namespace

// The end lies as close to the rear guard page as the alignment allows.
cudaError_t allocate(int device, size_t bytes, void** memory) {
  *memory = nullptr;
  if (bytes == 0) return cudaSuccess;
  if (bytes > capacity() || heap().used[device] + bytes > capacity()) return cudaErrorMemoryAllocation;
  const size_t page_bytes = up(bytes, page_size());
  void* const mapping = mmap(nullptr, page_bytes + 2 * page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED) return cudaErrorMemoryAllocation;
  Allocation a = {device, static_cast<unsigned char*>(mapping) + page_size(), page_bytes, bytes, {}};
  unsigned char* const begin = a.pages + (page_bytes - up(bytes, kAlignment));
  protect(a, PROT_READ | PROT_WRITE);
  std::memset(a.pages, kCanary, page_bytes);
  std::memset(begin, kPoison, bytes);
  if (heap().unlocked[device] == 0) protect(a, left_to_host());
  heap().used[device] += bytes;
  heap().device.emplace(begin, std::move(a));
  count_live(1);
  *memory = begin;
  return cudaSuccess;
}

// cudaFree waits for the device, but is not documented to: whoever relies on it ends here.
cudaError_t release(void* memory) {
  const auto found = heap().device.find(static_cast<unsigned char*>(memory));
  if (found == heap().device.end()) breach("cudaFree: %p was not allocated, or freed before", memory);
  const Allocation& a = found->second;
  for (const Past& p : a.accesses) {
    cudaStream_t stream = find_stream(p.toucher.stream);
    if (stream != nullptr && stream->executed < p.toucher.position) {
      breach("cudaFree: work that is queued on stream %" PRId64 " still uses the memory", p.toucher.stream);
    }
  }
  protect(a, PROT_READ | PROT_WRITE);
  check_canaries(found->first, a);
  munmap(a.pages - page_size(), a.page_bytes + 2 * page_size());
  heap().used[a.device] -= a.bytes;
  heap().device.erase(found);
  count_live(-1);
  return cudaSuccess;
}

cudaError_t allocate_host(size_t bytes, void** memory) {
  *memory = std::aligned_alloc(page_size(), up(bytes, page_size()));
  if (*memory == nullptr) return cudaErrorMemoryAllocation;
  heap().host.emplace(static_cast<unsigned char*>(*memory),
                      Allocation{0, static_cast<unsigned char*>(*memory), 0, bytes, {}});
  count_live(1);
  return cudaSuccess;
}

cudaError_t release_host(void* memory) {
  const auto found = heap().host.find(static_cast<unsigned char*>(memory));
  if (found == heap().host.end()) breach("cudaFreeHost: %p was not allocated, or freed before", memory);
  heap().host.erase(found);
  std::free(memory);
  count_live(-1);
  return cudaSuccess;
}

void memory_info(int device, size_t* free_bytes, size_t* total_bytes) {
  *total_bytes = capacity();
  *free_bytes = capacity() - heap().used[device];
}

Location locate(const void* memory) {
  if (const auto found = find(&heap().device, memory); found != heap().device.end()) {
    return {Where::kDevice, found->second.device, found->first, found->second.bytes};
  }
  if (const auto found = find(&heap().host, memory); found != heap().host.end()) {
    return {Where::kHost, 0, found->first, found->second.bytes};
  }
  return {Where::kNowhere, 0, nullptr, 0};
}

Location locate_with_guards(const void* memory) {
  const auto* const address = static_cast<const unsigned char*>(memory);
  auto next = heap().device.upper_bound(address + page_size());  // of a later one whose front guard may be meant
  for (int candidates = 0; next != heap().device.begin() && candidates < 3; ++candidates) {
    const Allocation& a = (--next)->second;
    if (a.pages - page_size() <= address && address < a.pages + a.page_bytes + page_size()) {
      return {Where::kDevice, a.device, next->first, a.bytes};
    }
  }
  return {Where::kNowhere, 0, nullptr, 0};
}

void require_device_memory(const char* name, const void* memory, size_t bytes, int device) {
  if (bytes == 0) return;
  const Location at = locate(memory);
  if (at.where != Where::kDevice) breach("%s: %p is no device memory", name, memory);
  if (at.device != device) breach("%s: memory of device %d is used on device %d", name, at.device, device);
  const auto left = static_cast<size_t>(at.begin + at.bytes - static_cast<const unsigned char*>(memory));
  if (bytes > left) breach("%s: %zu bytes are used where the allocation has %zu left", name, bytes, left);
}

Unlocked::Unlocked(int device) : device_(device) {
  if (heap().unlocked[device]++ > 0) return;
  for (const auto& [begin, a] : heap().device) {
    if (a.device == device) protect(a, PROT_READ | PROT_WRITE);
  }
}

Unlocked::~Unlocked() {
  if (--heap().unlocked[device_] > 0) return;
  for (const auto& [begin, a] : heap().device) {
    if (a.device == device_) protect(a, left_to_host());
  }
}

void check_race(const Access& access, const Toucher& toucher) {
  const auto found = find(&heap().device, access.data);
  if (found == heap().device.end()) return;  // memory of the host
  const auto offset = static_cast<size_t>(static_cast<const unsigned char*>(access.data) - found->first);
  check_race(found->first, runs_of(access, offset), access.writes, toucher);
}

// Copies are known when they are queued, kernels when they run: either may be the first to get here.
void check_race(const unsigned char* begin, std::vector<Run> runs, bool writes, const Toucher& toucher) {
  if (runs.empty()) return;
  std::vector<Past>& past = heap().device.at(begin).accesses;
  const Clock all = settled();
  past.erase(std::remove_if(past.begin(), past.end(),
                            [&](const Past& p) { return covers(all, p.toucher) && covers(toucher.clock, p.toucher); }),
             past.end());
  for (const Past& p : past) {
    if (p.toucher.stream == toucher.stream || !(p.writes || writes)) continue;
    if (covers(toucher.clock, p.toucher) || covers(p.toucher.clock, toucher) || !meet(p.runs, runs)) continue;
    breach("race: %s memory that %s, and nothing orders them", describe(toucher, writes).c_str(),
           describe(p.toucher, p.writes).c_str());
  }
  past.push_back({std::move(runs), writes, toucher});
}

void report_memory_leaks() {
  for (const auto& [begin, a] : heap().device) {
    std::fprintf(stderr, "  %zu bytes on device %d\n", a.bytes, a.device);
  }
  for (const auto& [begin, a] : heap().host) std::fprintf(stderr, "  %zu bytes of host memory\n", a.bytes);
}

}  // namespace nm4j_double
