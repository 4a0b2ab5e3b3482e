// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/json_value.hpp"

#include "spec/text.hpp"

#include <utility>

namespace ctl {

namespace {

class TreeBuilder final : public spec::JsonVisitor {
  public:
    JsonValue root;

    void begin_object() override { open_.push_back(place(JsonValue::Kind::Object, "")); }
    void end_object() override { open_.pop_back(); }
    void begin_array() override { open_.push_back(place(JsonValue::Kind::Array, "")); }
    void end_array() override { open_.pop_back(); }
    void key(std::string_view name) override { key_ = name; }
    void string(std::string_view value) override { place(JsonValue::Kind::String, value); }
    void scalar(std::string_view literal) override { place(JsonValue::Kind::Literal, literal); }

  private:
    JsonValue* place(JsonValue::Kind kind, std::string_view text) {
        JsonValue* value = &root;
        if (!open_.empty()) {
            JsonValue& parent = *open_.back();
            value = parent.kind == JsonValue::Kind::Object ? &parent.members[key_] : &parent.items.emplace_back();
        }
        value->kind = kind;
        value->text = text;
        return value;
    }

    std::vector<JsonValue*> open_; // none moves while it is open: only the innermost one grows
    std::string key_;
};

void append(std::string& out, const JsonValue& value) {
    switch (value.kind) {
    case JsonValue::Kind::Literal: out += value.text; return;
    case JsonValue::Kind::String: spec::append_json_string(out, value.text); return;
    case JsonValue::Kind::Array: {
        const char* separator = "[";
        for (const JsonValue& item : value.items) {
            out += std::exchange(separator, ",");
            append(out, item);
        }
        out += value.items.empty() ? "[]" : "]";
        return;
    }
    case JsonValue::Kind::Object: {
        const char* separator = "{";
        for (const auto& [key, member] : value.members) {
            out += std::exchange(separator, ",");
            spec::append_json_string(out, key);
            out += ':';
            append(out, member);
        }
        out += value.members.empty() ? "{}" : "}";
        return;
    }
    }
}

} // namespace

const JsonValue* JsonValue::find(std::string_view key) const {
    const auto found = members.find(key);
    return found == members.end() ? nullptr : &found->second;
}

const JsonValue* find_at(const JsonValue& value, std::initializer_list<std::string_view> path) {
    const JsonValue* at = &value;
    for (const std::string_view key : path)
        if (at)
            at = at->find(key);
    return at;
}

std::string text_at(const JsonValue& value, std::initializer_list<std::string_view> path) {
    const JsonValue* at = find_at(value, path);
    return at && (at->kind == JsonValue::Kind::String || at->text != "null") ? at->text : "";
}

std::string number_at(const JsonValue& value, std::initializer_list<std::string_view> path) {
    std::string text = text_at(value, path);
    return text.empty() ? "0" : text;
}

JsonValue json_string(std::string_view text) {
    JsonValue value;
    value.kind = JsonValue::Kind::String;
    value.text = text;
    return value;
}

std::optional<JsonValue> read_json(std::string_view json) {
    TreeBuilder builder;
    if (!spec::visit_json(json, builder))
        return std::nullopt;
    return std::move(builder.root);
}

std::string write_json(const JsonValue& value) {
    std::string out;
    append(out, value);
    return out;
}

} // namespace ctl
