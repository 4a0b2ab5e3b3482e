// SPDX-License-Identifier: Apache-2.0
// "$(VAR)" in a manifest's strings, as the kubelet reads it (third_party/forked/golang/expansion): a name that is not
// found stays as it is written, "$$" is a "$", a lone "$" stays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace spec {

// `find` gives the value of a name as a const std::string*, or nullptr. Linear in the text, whatever is in it.
template <class Find>
std::string expand(std::string_view text, Find find) {
    std::string out;
    bool closes = true; // is there a ")" left?
    for (;;) {
        const std::size_t dollar = text.find('$');
        if (dollar == std::string_view::npos || dollar + 1 == text.size())
            return out += text;
        out += text.substr(0, dollar);
        const char next = text[dollar + 1];
        text.remove_prefix(dollar + 2);
        if (next == '$') {
            out += '$';
            continue;
        }
        const std::size_t end = next == '(' && closes ? text.find(')') : std::string_view::npos;
        if (end == std::string_view::npos) {
            closes = closes && next != '(';
            out += '$';
            out += next;
            continue;
        }
        const std::string_view name = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (const std::string* value = find(name))
            out += *value;
        else
            out.append("$(").append(name).append(")");
    }
}

} // namespace spec
