// SPDX-License-Identifier: Apache-2.0
// What a program has said as text: JSON holds UTF-8 only, and programs say anything.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace initd {

// Appends at most `limit` bytes of `bytes`. What is no UTF-8 becomes U+FFFD, as Go makes of it; no character is cut.
void append_utf8(std::string& out, std::string_view bytes, std::size_t limit);

} // namespace initd
