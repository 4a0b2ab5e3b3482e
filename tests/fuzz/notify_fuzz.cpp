// SPDX-License-Identifier: Apache-2.0
// Any bytes as a datagram of sd_notify(3): no crash, and what is shown of it is short, valid JSON text without
// controls.
#include "spec/notify.hpp"
#include "spec/text.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

struct Nothing : spec::JsonVisitor {
    void begin_object() override {}
    void end_object() override {}
    void begin_array() override {}
    void end_array() override {}
    void key(std::string_view) override {}
    void string(std::string_view) override {}
    void scalar(std::string_view) override {}
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const spec::Notification said = spec::read_notification(text);
    require(!said.status || (said.status->data() >= text.data() &&
                             said.status->data() + said.status->size() <= text.data() + text.size()));
    require(!said.status || said.status->find('\n') == std::string_view::npos);
    constexpr std::size_t limit = 64;
    const std::string shown = spec::printable(said.status.value_or(text), limit);
    require(shown.size() <= limit);
    for (const char c : shown)
        require(static_cast<unsigned char>(c) >= ' ' && c != 0x7f);
    require(spec::printable(shown, limit) == shown);
    std::string json;
    spec::append_json_string(json, shown);
    Nothing nothing;
    require(spec::visit_json(json, nothing)); // which is UTF-8
    return 0;
}
