// Copyright 2026 The nm4j authors
// SPDX-License-Identifier: Apache-2.0
//
// TEST TOOL. What code that is compiled with -fsanitize=thread calls: not ThreadSanitizer, but the double's record of
// which device memory a kernel reads and writes. Linked into libnm4j_cuda, and seen there alone.
#include "runtime/observer.h"

extern "C" {

void __tsan_init() {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}

#define NM4J_ACCESS(size)                                                                       \
  void __tsan_read##size(void* address) { nm_double_note_access(address, size, 0); }            \
  void __tsan_write##size(void* address) { nm_double_note_access(address, size, 1); }           \
  void __tsan_unaligned_read##size(void* address) { nm_double_note_access(address, size, 0); }  \
  void __tsan_unaligned_write##size(void* address) { nm_double_note_access(address, size, 1); } \
  void __tsan_volatile_read##size(void* address) { nm_double_note_access(address, size, 0); }   \
  void __tsan_volatile_write##size(void* address) { nm_double_note_access(address, size, 1); }
NM4J_ACCESS(1)
NM4J_ACCESS(2)
NM4J_ACCESS(4)
NM4J_ACCESS(8)
NM4J_ACCESS(16)
#undef NM4J_ACCESS

void __tsan_read_range(void* address, size_t bytes) { nm_double_note_access(address, bytes, 0); }
void __tsan_write_range(void* address, size_t bytes) { nm_double_note_access(address, bytes, 1); }
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}

}  // extern "C"
