/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef NM4J_TEST_SUPPORT_STATUS_H_
#define NM4J_TEST_SUPPORT_STATUS_H_

#include <gtest/gtest.h>

#include <cctype>
#include <initializer_list>
#include <stdexcept>
#include <string>

#include "nm4j/nm4j.h"

namespace nm4j_test {

// Whether needle stands in text as a whole number or word, in any case: 13 is not in 1013, nor 3 in -3.
inline bool ContainsWord(std::string text, std::string needle) {
  for (std::string* s : {&text, &needle}) {
    for (char& c : *s) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const auto belongs = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, at + 1)) {
    const size_t end = at + needle.size();
    const bool starts = at == 0 || (!belongs(text[at - 1]) && text[at - 1] != '-') || !belongs(needle.front());
    const bool ends = end == text.size() || !belongs(text[end]) || !belongs(needle.back());
    if (starts && ends) return true;
  }
  return false;
}

inline testing::AssertionResult Succeeds(int32_t status) {
  if (status == NM_OK) return testing::AssertionSuccess();
  return testing::AssertionFailure() << nm_status_name(status) << ": " << nm_last_error();
}

// The documented status, and a message that holds each of the words: what was expected and what was given.
inline testing::AssertionResult Refuses(int32_t expected, int32_t status, std::initializer_list<std::string> words) {
  if (status != expected) {
    return testing::AssertionFailure() << "expected " << nm_status_name(expected) << ", got " << nm_status_name(status)
                                       << (status == NM_OK ? "" : std::string(": ") + nm_last_error());
  }
  const std::string message = nm_last_error();
  if (message.empty()) return testing::AssertionFailure() << "the message is empty";
  for (const std::string& word : words) {
    if (!ContainsWord(message, word)) {
      return testing::AssertionFailure() << "the message \"" << message << "\" does not mention " << word;
    }
  }
  return testing::AssertionSuccess();
}

// For calls that only prepare what a test is about.
inline void Require(int32_t status) {
  if (status != NM_OK) throw std::runtime_error(std::string(nm_status_name(status)) + ": " + nm_last_error());
}

}  // namespace nm4j_test

#endif  // NM4J_TEST_SUPPORT_STATUS_H_
