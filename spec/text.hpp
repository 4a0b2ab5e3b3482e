// SPDX-License-Identifier: Apache-2.0
// JSON as text for those who show it to people or make it from something else, without Boost.JSON in their hands.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace spec {

// What a JSON document says, in order. Keys come right before their values.
class JsonVisitor {
  public:
    virtual ~JsonVisitor() = default;
    virtual void begin_object() = 0;
    virtual void end_object() = 0;
    virtual void begin_array() = 0;
    virtual void end_array() = 0;
    virtual void key(std::string_view name) = 0;
    virtual void string(std::string_view value) = 0;
    virtual void scalar(std::string_view literal) = 0; // a number, true, false or null, as JSON writes it
};

// Walks valid JSON text; false if it is not valid.
bool visit_json(std::string_view json, JsonVisitor& visitor);

// Indented by four spaces, as `kubectl get -o json` prints it, with a final newline. Keys keep their order.
std::string pretty_json(std::string_view json);

// Appends `value` to `out` as a JSON string, quotes included.
void append_json_string(std::string& out, std::string_view value);

} // namespace spec
