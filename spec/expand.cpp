// SPDX-License-Identifier: Apache-2.0
#include "spec/manifest.hpp"

namespace spec {

namespace {

// A later entry of the same name wins, as in a container's environment.
const std::string* last_of(const StringMap& env, std::string_view name) {
    for (auto entry = env.rbegin(); entry != env.rend(); ++entry)
        if (entry->first == name)
            return &entry->second;
    return nullptr;
}

} // namespace

std::string expand(std::string_view text, const StringMap& env) {
    std::string out;
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
        const std::size_t end = next == '(' ? text.find(')') : std::string_view::npos;
        if (end == std::string_view::npos) {
            out += '$';
            out += next;
            continue;
        }
        const std::string_view name = text.substr(0, end);
        text.remove_prefix(end + 1);
        if (const std::string* value = last_of(env, name))
            out += *value;
        else
            out.append("$(").append(name).append(")");
    }
}

} // namespace spec
