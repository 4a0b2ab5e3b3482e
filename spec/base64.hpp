// SPDX-License-Identifier: Apache-2.0
// Base64 as JSON carries bytes (RFC 4648, the alphabet with '+' and '/', padded), read as Go's encoding/base64 does:
// line ends are skipped, and the unused bits of the last letter may be anything. Internal to spec.
#pragma once

#include <string>
#include <string_view>

namespace spec {

// Replaces `out` by the bytes; false, with `out` in any state, if `text` is not base64.
bool decode_base64(std::string_view text, std::string& out);

void append_base64(std::string& out, std::string_view bytes);

} // namespace spec
