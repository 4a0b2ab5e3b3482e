// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/yaml_write.hpp"

#include "tools/podctl/json_value.hpp"
#include "tools/podctl/yaml_scalar.hpp"

#include <yaml.h>

namespace ctl {

namespace {

int append(void* out, unsigned char* data, std::size_t size) {
    static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), size);
    return 1;
}

class Emitter {
  public:
    explicit Emitter(std::string& out) {
        ok_ = yaml_emitter_initialize(&emitter_) == 1;
        if (!ok_)
            return;
        yaml_emitter_set_output(&emitter_, append, &out);
        yaml_emitter_set_unicode(&emitter_, 1);
        yaml_event_t event;
        emit(event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
        emit(event, yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1));
    }
    Emitter(const Emitter&) = delete;
    Emitter& operator=(const Emitter&) = delete;
    ~Emitter() { yaml_emitter_delete(&emitter_); }

    bool finish() {
        yaml_event_t event;
        emit(event, yaml_document_end_event_initialize(&event, 1));
        emit(event, yaml_stream_end_event_initialize(&event));
        return ok_;
    }

    void value(const JsonValue& value) {
        yaml_event_t event;
        switch (value.kind) {
        case JsonValue::Kind::Literal: return scalar(value.text, YAML_PLAIN_SCALAR_STYLE);
        case JsonValue::Kind::String: return string(value.text);
        case JsonValue::Kind::Array:
            emit(event, yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE));
            for (const JsonValue& item : value.items)
                this->value(item);
            return emit(event, yaml_sequence_end_event_initialize(&event));
        case JsonValue::Kind::Object:
            emit(event, yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE));
            for (const auto& [key, member] : value.members) {
                string(key);
                this->value(member);
            }
            return emit(event, yaml_mapping_end_event_initialize(&event));
        }
    }

  private:
    void string(const std::string& text) {
        // What libyaml cannot write in the style that it is asked for, it puts in quotes by itself.
        scalar(text, text.find('\n') != text.npos ? YAML_LITERAL_SCALAR_STYLE
                     : needs_quotes(text)         ? YAML_DOUBLE_QUOTED_SCALAR_STYLE
                                                  : YAML_PLAIN_SCALAR_STYLE);
    }

    void scalar(const std::string& text, yaml_scalar_style_t style) {
        yaml_event_t event;
        const auto* data = reinterpret_cast<const yaml_char_t*>(text.data());
        emit(event,
             yaml_scalar_event_initialize(&event, nullptr, nullptr, data, static_cast<int>(text.size()), 1, 1, style));
    }

    void emit(yaml_event_t& event, int made) { ok_ = ok_ && made == 1 && yaml_emitter_emit(&emitter_, &event) == 1; }

    yaml_emitter_t emitter_{};
    bool ok_ = false;
};

} // namespace

std::string yaml_of_json(std::string_view json) {
    std::string out;
    const auto value = read_json(json);
    if (!value)
        return out;
    Emitter emitter(out);
    emitter.value(*value);
    if (!emitter.finish())
        out.clear();
    return out;
}

} // namespace ctl
