// SPDX-License-Identifier: Apache-2.0
// What is mostly text and is to outlive the process is not kept twice: its members are views into its own record in the
// state file, or, when that has no room or keeps nothing, into a body in ordinary memory, `own`.
#pragma once

#include "initd/state/state_file.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace initd {

// Keeps the record and makes its views point into what is kept. A body is longer than what std::string holds within
// itself, so that `own` may move. May throw bad_alloc, and then nothing has changed.
template <class T>
void back(StateFile& state, RecordKind kind, std::uint32_t id, T& record) {
    std::string own; // first: in a file without room the old views are gone
    encode(own, record);
    own.shrink_to_fit();
    const bool kept = state.is_open() && state.keep(kind, id, record);
    record.own = kept ? std::string() : std::move(own);
    Reader reader(kept ? state.body({kind, id}) : std::string_view(record.own));
    fields(reader, record);
}

} // namespace initd
