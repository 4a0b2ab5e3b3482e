// SPDX-License-Identifier: Apache-2.0
// Any bytes as what a former podinit has left. An even first byte: edits of a file of sound records, each an offset, a
// length and bytes; whatever is found then can be gone on with. An odd one: bodies with sound checksums of records that
// the core is restored from, and what happens to it next.
#include "initd/state/core_records.hpp"
#include "initd/state/state_file.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>

namespace initd {

namespace {

constexpr std::uint32_t slots = 4;

void require(bool holds) {
    if (!holds)
        std::abort();
}

struct Input {
    const std::uint8_t* data;
    std::size_t size;

    std::uint32_t number(std::size_t bytes) {
        std::uint32_t value = 0;
        for (; bytes > 0 && size > 0; --bytes, ++data, --size)
            value = value << 8 | *data;
        return value;
    }
    std::string_view text(std::size_t length) {
        length = std::min(length, size);
        const std::string_view found{reinterpret_cast<const char*>(data), length};
        data += length;
        size -= length;
        return found;
    }
};

struct Body {
    std::string_view bytes;
};
template <class Archive>
void fields(Archive& a, Of<Body> auto& body) {
    for (const char c : body.bytes)
        a(c);
}

StateFile adopted(const StateFile& state) {
    auto next = StateFile::adopt(ns::keep(ns::Fd(dup(state.fd()))));
    require(next.has_value());
    return std::move(*next);
}

std::vector<std::uint32_t> all_ids(const StateFile& state) {
    std::vector<std::uint32_t> all;
    for (std::uint16_t kind = 0; kind <= static_cast<std::uint16_t>(last_record_kind); ++kind)
        for (const std::uint32_t id : state.ids(static_cast<RecordKind>(kind)))
            all.push_back(id);
    return all;
}

// A file that was written to by whoever has lost his way.
void edit(Input input) {
    StateFile state = std::move(*StateFile::create());
    for (std::uint32_t id = 0; id < 12; ++id)
        state.keep(RecordKind::Pod, id, Body{std::string_view("a sound record, and then some of it more").substr(id)});
    char* const bytes = reinterpret_cast<char*>(&state.control());
    constexpr std::size_t first = control_size + sizeof(FileIdentity); // one of the two identities is left
    while (input.size > 0) {
        const std::size_t at = first + input.number(2) % (8 * control_size - first - 256);
        const std::string_view text = input.text(input.number(1));
        std::memcpy(bytes + at, text.data(), text.size());
    }
    StateFile next = adopted(state);
    for (const std::uint32_t id : next.ids(RecordKind::Pod))
        require(next.body({RecordKind::Pod, id}) ==
                std::string_view("a sound record, and then some of it more").substr(id));
    for (std::uint32_t id = 0; id < 40; ++id)
        require(next.keep(RecordKind::Child, id, Body{std::string_view("another one").substr(id % 11)}));
    const StateFile third = adopted(next);
    require(third.damaged().empty());
    require(all_ids(third) == all_ids(next));
}

void restore_core(Input input) {
    StateFile state = std::move(*StateFile::create());
    while (input.size > 0 && state.ids(RecordKind::Core).size() < slots) {
        const std::uint32_t id = static_cast<std::uint32_t>(state.ids(RecordKind::Core).size());
        state.keep(RecordKind::Core, id, Body{input.text(input.number(2))});
        if (state.body({RecordKind::Core, id}).empty())
            break;
    }
    Core core({});
    core.reserve(slots, slots * 8, slots * 8);
    for (std::uint32_t slot = 0; slot < slots; ++slot) {
        const Restored what = restore(state, core, slot);
        require((what == Restored::Yes) == (core.pod(slot).phase != PodPhase::Free));
    }
    Actions out;
    out.reserve(core.max_actions());
    core.outstanding(out);
    Millis now{1'000'000};
    while (input.size > 0) {
        require(out.size() <= core.max_actions());
        out.clear();
        Event event{.kind = static_cast<Event::Kind>(input.number(1) % 19), .run = {}};
        const std::uint32_t slot = input.number(1) % slots;
        event.run.unit = Unit(slot, input.number(1) % 10);
        event.run.generation = core.pod(slot).generation;
        if (event.run.unit.index() > 0 && event.run.unit.index() <= core.units(slot).size())
            event.run.generation = core.units(slot)[event.run.unit.index() - 1].generation;
        event.exit.code = static_cast<std::int32_t>(input.number(1));
        if (event.kind != Event::Kind::PodAdded)
            core.step(now, event, out);
        now += Millis{input.number(2)};
        if (is_due(core.next_deadline(), now))
            core.tick_one(now, out);
    }
}

} // namespace

} // namespace initd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    initd::Input input{data, size};
    if (input.number(1) % 2 == 0)
        initd::edit(input);
    else
        initd::restore_core(input);
    return 0;
}
