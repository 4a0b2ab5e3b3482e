// SPDX-License-Identifier: Apache-2.0
#include "spec/checker.hpp"

#include "spec/fields.hpp"
#include "spec/names.hpp"
#include "spec/unique.hpp"

#include <algorithm>
#include <limits>

namespace spec {

namespace {

constexpr std::string_view key_hint =
    " is not a qualified name: at most 63 letters, digits, '-', '_' and '.', with a letter "
    "or a digit at both ends, and perhaps a DNS-1123 subdomain and '/' before it";

// Some clients put a document's worth of text where a name belongs.
std::string not_a(std::string_view text, std::string_view hint) {
    return quoted(text).append(hint);
}

} // namespace

std::vector<std::size_t> repeated(const std::vector<std::string_view>& names) {
    std::vector<std::size_t> order(names.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const auto difference = names[a] <=> names[b];
        return difference < 0 || (difference == 0 && a < b);
    });
    std::vector<std::size_t> again;
    for (std::size_t i = 1; i < order.size(); ++i)
        if (names[order[i - 1]] == names[order[i]])
            again.push_back(order[i]);
    return again;
}

std::string Path::pointer() const {
    if (!up)
        return {};
    std::string out = up->pointer();
    json::append_pointer(out, name);
    if (index != no_index)
        json::append_pointer(out, std::to_string(index));
    if (member.data())
        json::append_pointer(out, member);
    return out;
}

void Checker::error(const Path& path, std::string message) const {
    if (fields::is_full(problems_, Severity::Error))
        return;
    std::string pointer = path.pointer();
    for (std::size_t i = 0; i < known_; ++i) {
        const Problem& known = problems_[i];
        const bool within = pointer.starts_with(known.pointer) &&
                            (pointer.size() == known.pointer.size() || pointer[known.pointer.size()] == '/');
        if (known.severity == Severity::Error && within)
            return;
    }
    fields::add_problem(problems_, {std::move(pointer), std::move(message)});
}

void Checker::duplicate(const Path& path, std::string_view value) const {
    error(path, "duplicate value: " + quoted(value));
}

bool Checker::given(const Path& path, std::string_view text) const {
    if (text.empty())
        error(path, "required value");
    return !text.empty();
}

void Checker::dns_label(const Path& path, std::string_view text) const {
    if (!is_dns_label(text) && given(path, text))
        error(path, not_a(text, " is not a DNS-1123 label: at most 63 lower case letters, digits and '-', with a "
                                "letter or a digit at both ends"));
}

void Checker::dns_subdomain(const Path& path, std::string_view text) const {
    if (!is_dns_subdomain(text) && given(path, text))
        error(path, not_a(text, " is not a DNS-1123 subdomain: at most 253 lower case letters, digits, '-' and "
                                "'.', with a letter or a digit at both ends of each part"));
}

void Checker::qualified_name(const Path& path, std::string_view text) const {
    if (!is_label_key(text))
        error(path, not_a(text, key_hint));
}

void Checker::labels(const Path& path, const StringMap& map) const {
    for (const auto& [key, value] : map) {
        qualified_name(path.child(key), key);
        if (!is_label_value(value))
            error(path.child(key),
                  not_a(value, " is not a label's value: at most 63 letters, digits, '-', '_' and '.', with a "
                               "letter or a digit at both ends"));
    }
}

void Checker::relative_path(const Path& path, std::string_view text) const {
    if (text.starts_with('/'))
        error(path, "must be a relative path");
    else if (has_dot_dot(text))
        error(path, "must not contain '..'");
}

void Checker::local_file(const Path& path, std::string_view text) const {
    if (!given(path, text))
        return;
    if (text.starts_with("..") && !has_dot_dot(text)) // "..data" is how a volume's content is exchanged at once
        error(path, "must not start with '..'");
    else
        relative_path(path, text);
}

void Checker::at_least(const Path& path, std::int64_t value, std::int64_t least) const {
    if (value < least)
        error(path, "must be greater than or equal to " + std::to_string(least));
}

void Checker::between(const Path& path, std::int64_t value, std::int64_t least, std::int64_t most) const {
    if (value < least || value > most)
        error(path, "must be between " + std::to_string(least) + " and " + std::to_string(most));
}

void Checker::id(const Path& path, std::optional<std::int64_t> value) const {
    if (value)
        between(path, *value, 0, std::numeric_limits<std::int32_t>::max());
}

void Checker::mode(const Path& path, std::optional<std::int32_t> value) const {
    if (value && (*value < 0 || *value > 0777))
        error(path, "must be between 0 and 0777 octal, which is 511 in decimal");
}

void Checker::port(const Path& path, std::int32_t value) const {
    between(path, value, 1, 65535);
}

void Checker::port(const Path& path, const IntOrString& value) const {
    if (!value.name)
        port(path, value.number);
    else if (!is_port_name(*value.name))
        error(path, not_a(*value.name, " is neither a number between 1 and 65535 nor a port name: at most 15 lower "
                                       "case letters, digits and single '-', with at least one letter"));
}

void Checker::one_of(const Path& path, std::size_t given, std::string_view names) const {
    if (given == 0)
        error(path, std::string("must have one of ").append(names));
    else if (given > 1)
        error(path, std::string("must have only one of ").append(names));
}

} // namespace spec
