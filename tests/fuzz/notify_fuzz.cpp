// SPDX-License-Identifier: Apache-2.0
// Any bytes as a datagram of sd_notify(3): no crash, and what is shown of it is short, valid JSON text without
// controls.
#include "spec/notify.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const spec::Notification said = spec::read_notification(text);
    require(!said.status || (said.status->data() >= text.data() &&
                             said.status->data() + said.status->size() <= text.data() + text.size()));
    require(!said.status || said.status->find('\n') == std::string_view::npos);
    // Each line stands for itself: that of all of them is at least that of the last.
    const spec::Notification last = spec::read_notification(text.substr(text.rfind('\n') + 1));
    require(!last.stage || (said.stage && *said.stage >= *last.stage));
    require((!last.alive || said.alive) && (!last.trouble || said.trouble));
    require(!last.status || (said.status && *said.status == *last.status));
    return 0;
}
