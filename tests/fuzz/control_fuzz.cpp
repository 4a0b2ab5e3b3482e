// SPDX-License-Identifier: Apache-2.0
// Any bytes from a peer, read as a call and as the reply to each call: no crash, and what is accepted is read from what
// is written of it as the same.
#include "spec/control.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace {

void require(bool holds) {
    if (!holds)
        std::abort();
}

void try_call(std::string_view message) {
    const auto request = spec::read_request(message);
    if (!request)
        return require(!request.error().name.empty() && !spec::write_error(request.error()).empty());
    spec::is_read_only(request->call);
    const std::string written = spec::write_request(*request);
    const auto again = spec::read_request(written);
    require(again && again->call.index() == request->call.index() && spec::write_request(*again) == written);
}

void try_reply(std::string_view message, const spec::Call& call) {
    const auto answer = spec::read_answer(message, call);
    if (answer) {
        const std::string written = spec::write_reply(answer->reply, answer->continues);
        const auto again = spec::read_answer(written, call);
        require(again && spec::write_reply(again->reply, again->continues) == written);
    } else {
        const std::string written = spec::write_error(answer.error());
        const auto again = spec::read_answer(written, call);
        require(!again && spec::write_error(again.error()) == written);
    }
}

template <std::size_t... I>
void try_replies(std::string_view message, std::index_sequence<I...>) {
    (try_reply(message, spec::Call{std::in_place_index<I>}), ...);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message{reinterpret_cast<const char*>(data), size};
    try_call(message);
    try_replies(message, std::make_index_sequence<std::variant_size_v<spec::Call>>{});
    return 0;
}
