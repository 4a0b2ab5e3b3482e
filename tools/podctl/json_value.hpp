// SPDX-License-Identifier: Apache-2.0
// A JSON document as a tree, for the few places that look into one or change it. Members are sorted by key, as
// everything that kubectl prints is.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct JsonValue {
    enum class Kind : std::uint8_t { Literal, String, Array, Object };
    Kind kind = Kind::Literal;
    std::string text = "null"; // of a literal (a number, true, false, null) or a string
    std::vector<JsonValue> items;
    std::map<std::string, JsonValue, std::less<>> members;

    const JsonValue* find(std::string_view key) const; // nullptr: no such member, or no object
};

// Follows member after member; nullptr when one is missing.
const JsonValue* find_at(const JsonValue& value, std::initializer_list<std::string_view> path);
// The text of the string or literal there; "" when there is none.
std::string text_at(const JsonValue& value, std::initializer_list<std::string_view> path);
// The same of a number that the API leaves away when it is 0.
std::string number_at(const JsonValue& value, std::initializer_list<std::string_view> path);

JsonValue json_string(std::string_view text);

std::optional<JsonValue> read_json(std::string_view json); // nullopt: not JSON
std::string write_json(const JsonValue& value);            // compact

} // namespace ctl
