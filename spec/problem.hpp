// SPDX-License-Identifier: Apache-2.0
// What is wrong with a document, in the user's terms: where, what, and what would be right.
//
// A reader returns every problem it finds, not the first one. A document with at least one Error has no value;
// warnings come along with the value and are shown to the user.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spec {

enum class Severity : unsigned char { Error, Warning };

struct Problem {
    std::string pointer; // JSON pointer (RFC 6901) of the offending value; "" is the whole document
    std::string message; // lower case, no full stop: `unknown field "imag"; did you mean "image"?`
    Severity severity = Severity::Error;
    unsigned line = 0; // 1-based position for text that is not JSON at all; 0 when the pointer says it all
    unsigned column = 0;
};

using Problems = std::vector<Problem>;

bool has_errors(const Problems& problems) noexcept;

// "FILE: POINTER: MESSAGE", or "FILE:LINE:COLUMN: MESSAGE" where there is no pointer. A warning has "warning: " before it.
std::string to_text(std::string_view file, const Problem& problem);

} // namespace spec
