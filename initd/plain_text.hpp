// SPDX-License-Identifier: Apache-2.0
// What a program said, as text that a status or an event can show.
#pragma once

#include <string>
#include <string_view>

namespace initd {

// Valid UTF-8 without U+0000: each byte that is neither becomes U+FFFD, as Go writes it into JSON.
std::string plain_text(std::string_view bytes);

} // namespace initd
