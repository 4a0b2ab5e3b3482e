// SPDX-License-Identifier: Apache-2.0
#include "spec/problem.hpp"

#include <algorithm>

namespace spec {

bool has_errors(const Problems& problems) noexcept {
    return std::ranges::any_of(problems, [](const Problem& problem) { return problem.severity == Severity::Error; });
}

std::string to_text(std::string_view file, const Problem& problem) {
    std::string text(file);
    if (problem.line != 0) {
        text += ':' + std::to_string(problem.line) + ':' + std::to_string(problem.column);
    } else if (!problem.pointer.empty()) {
        text += text.empty() ? "" : ": ";
        text += problem.pointer;
    }
    text += text.empty() ? "" : ": ";
    if (problem.severity == Severity::Warning)
        text += "warning: ";
    return text + problem.message;
}

} // namespace spec
