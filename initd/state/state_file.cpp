// SPDX-License-Identifier: Apache-2.0
// A record stands at a granule: a header, and its body up to the end of its last granule. `head` is a checksum of the
// header and its place and makes it a header at all; `seal` is one of the body too and makes the record valid. Both are
// keyed by a number of the file's own, so that nothing that somebody has written into a body passes for a record.
//
// Given up, a record loses first its seal and then its head: a head with seal 0 is one that was being written, or given
// up, when podinit ended. Of two valid records with a name, the one with the higher order counts.
#include "initd/state/state_file.hpp"

#include "initd/log.hpp"
#include "initd/state/state_space.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <sys/auxv.h>

namespace initd {

namespace {

struct Header {
    std::uint64_t seal;
    std::uint64_t head;
    std::uint64_t order; // over the kind in its low bits
    std::uint32_t id;
    std::uint32_t size;
};
constexpr std::uint32_t kind_bits = 16;
constexpr std::size_t kinds = static_cast<std::size_t>(last_record_kind) + 1;

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t product = (a ^ b) * 0x9e3779b97f4a7c15u;
    return product ^ product >> 32;
}

std::uint64_t checksum(std::uint64_t start, std::string_view bytes) noexcept {
    std::uint64_t sum = mix(start, bytes.size());
    for (; bytes.size() >= sizeof sum; bytes.remove_prefix(sizeof sum)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data(), sizeof word);
        sum = mix(sum, word);
    }
    std::uint64_t word = 0;
    if (!bytes.empty())
        std::memcpy(&word, bytes.data(), bytes.size());
    sum = mix(mix(sum, word), start);
    return sum == 0 ? 1 : sum;
}

std::uint64_t head_of(const Header& header, std::uint64_t key, std::uint32_t at) noexcept {
    const std::uint64_t sum = mix(mix(mix(key, at), header.order), std::uint64_t{header.id} << 32 | header.size);
    return mix(sum, key) | 1;
}

std::uint32_t granules_of(std::size_t size) noexcept {
    return static_cast<std::uint32_t>((sizeof(Header) + size + StateSpace::granule - 1) / StateSpace::granule);
}

std::uint64_t check_of(const FileIdentity& identity) noexcept {
    return mix(mix(identity.magic, identity.version), identity.key);
}

// The one store that makes or ends a record: nothing written before it may come after it, nor the other way round.
void store(std::uint64_t& word, std::uint64_t value) noexcept {
    std::atomic_ref(word).store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
}

} // namespace

struct StateFile::State {
    struct Place {
        std::uint32_t id = 0;
        std::uint32_t at = 0;
        std::uint32_t granules = 0;
    };
    using Places = std::vector<Place>; // by id

    StateSpace space;
    std::uint64_t key = 0;
    std::uint64_t order = 0; // the last one given
    std::array<Places, kinds> places;
    bool said = false; // that there was no room

    ControlBlock& control() noexcept { return *reinterpret_cast<ControlBlock*>(space.at(0)); }
    FileIdentity& second_identity() noexcept {
        return *reinterpret_cast<FileIdentity*>(space.at(StateSpace::granules_a_page));
    }
    Header& header(std::uint32_t at) const noexcept { return *reinterpret_cast<Header*>(space.at(at)); }
    std::string_view body(std::uint32_t at, std::size_t size) const noexcept {
        return {reinterpret_cast<const char*>(space.at(at)) + sizeof(Header), size};
    }
    Places& of(RecordKind kind) noexcept { return places[static_cast<std::size_t>(kind)]; }
    const Places& of(RecordKind kind) const noexcept { return places[static_cast<std::size_t>(kind)]; }
    static Places::iterator seek(Places& all, std::uint32_t id) noexcept {
        return std::ranges::lower_bound(all, id, {}, &Place::id);
    }
    Places::iterator find(RecordName name) noexcept {
        Places& all = of(name.kind);
        const auto found = seek(all, name.id);
        return found != all.end() && found->id == name.id ? found : all.end();
    }

    void identify() noexcept;
    bool believe() noexcept;
    void write(RecordName name, std::uint32_t at, std::string_view bytes) noexcept;
    void end(std::uint32_t at) noexcept {
        store(header(at).seal, 0);
        store(header(at).head, 0);
    }
    void give_up(Place place) noexcept {
        end(place.at);
        space.give_back(place.at, place.granules);
    }
    void scan(std::vector<RecordName>& damaged);
    std::uint32_t look(std::uint32_t at, std::uint32_t limit, std::vector<RecordName>& damaged);
    void note(std::uint32_t at, std::uint32_t granules);
};

// ---- the file ---------------------------------------------------------------------------------------------------

void StateFile::State::identify() noexcept {
    std::memcpy(&key, reinterpret_cast<const void*>(getauxval(AT_RANDOM)), sizeof key);
    FileIdentity identity{.key = key};
    identity.check = check_of(identity);
    control().identity = identity;
    second_identity() = identity;
    space.mark(StateSpace::granules_a_page, 1);
}

bool StateFile::State::believe() noexcept {
    const auto is_right = [](const FileIdentity& identity) {
        return identity.magic == FileIdentity{}.magic && identity.version == FileIdentity{}.version &&
               identity.check == check_of(identity);
    };
    FileIdentity& first = control().identity;
    FileIdentity& second = second_identity();
    if (!is_right(first))
        first = second;
    if (!is_right(first))
        return false;
    second = first;
    key = first.key;
    space.mark(StateSpace::granules_a_page, 1);
    return true;
}

StateFile::StateFile()
    : apart_(std::make_unique<ControlBlock>()) {}
StateFile::StateFile(std::unique_ptr<State> state) noexcept
    : state_(std::move(state)) {}
StateFile::StateFile(StateFile&&) noexcept = default;
StateFile& StateFile::operator=(StateFile&&) noexcept = default;
StateFile::~StateFile() = default;

std::expected<StateFile, ns::Error> StateFile::create() noexcept {
    try {
        auto state = std::make_unique<State>();
        if (!state->space.create())
            return std::unexpected(ns::Error{errno, ns::Step::Open});
        new (&state->control()) ControlBlock;
        state->identify();
        return StateFile(std::move(state));
    } catch (...) {
        return std::unexpected(ns::Error{ENOMEM, ns::Step::Open});
    }
}

std::expected<StateFile, ns::Error> StateFile::adopt(ns::Fd file) noexcept {
    try {
        auto state = std::make_unique<State>();
        if (!state->space.adopt(std::move(file)))
            return std::unexpected(ns::Error{errno, ns::Step::Open});
        if (!state->believe())
            return std::unexpected(ns::Error{EINVAL, ns::Step::Open});
        StateFile result(std::move(state));
        result.state_->scan(result.damaged_);
        return result;
    } catch (...) {
        return std::unexpected(ns::Error{ENOMEM, ns::Step::Open});
    }
}

int StateFile::fd() const noexcept {
    return state_ ? state_->space.fd() : -1;
}

ControlBlock& StateFile::control() noexcept {
    return state_ ? state_->control() : *apart_;
}

void StateFile::trim() noexcept {
    if (scratch_.capacity() > StateSpace::page)
        scratch_ = {};
    if (state_)
        state_->space.trim();
}

// ---- what a podinit before us has left --------------------------------------------------------------------------

void StateFile::State::scan(std::vector<RecordName>& damaged) {
    const std::vector<StateSpace::Pages> holes = space.holes();
    std::uint32_t at = StateSpace::granules_a_page + 1;
    for (const StateSpace::Pages& hole : holes) {
        const std::uint32_t limit = hole.first * StateSpace::granules_a_page;
        while (at < limit)
            at = look(at, limit, damaged);
        at = std::max(at, limit + hole.count * StateSpace::granules_a_page);
    }
    while (at < space.granules())
        at = look(at, space.granules(), damaged);
    // The other one of two with that name may have been whole.
    std::erase_if(damaged, [this](RecordName name) { return find(name) != of(name.kind).end(); });
}

// What is at a granule; where the next thing may be.
std::uint32_t StateFile::State::look(std::uint32_t at, std::uint32_t limit, std::vector<RecordName>& damaged) {
    Header& found = header(at);
    if (found.head == 0 || found.head != head_of(found, key, at))
        return at + 1;
    const std::uint32_t granules = granules_of(found.size);
    const RecordName name{static_cast<RecordKind>(found.order), found.id};
    if (found.seal == 0 || name.kind > last_record_kind || granules > limit - at) {
        end(at);
        return at + 1;
    }
    if (found.seal != checksum(found.head, body(at, found.size))) {
        end(at);
        damaged.push_back(name);
        return at + 1;
    }
    note(at, granules);
    return at + granules;
}

void StateFile::State::note(std::uint32_t at, std::uint32_t granules) {
    const Header& found = header(at);
    order = std::max(order, found.order >> kind_bits);
    Places& all = of(static_cast<RecordKind>(found.order));
    const auto place = seek(all, found.id);
    const Place here{found.id, at, granules};
    if (place == all.end() || place->id != found.id) {
        all.insert(place, here);
        space.mark(at, granules);
    } else if (header(place->at).order < found.order) {
        give_up(*place);
        *place = here;
        space.mark(at, granules);
    } else {
        end(at);
    }
}

// ---- records ----------------------------------------------------------------------------------------------------

void StateFile::State::write(RecordName name, std::uint32_t at, std::string_view bytes) noexcept {
    Header& to = header(at);
    store(to.seal, 0);
    Header next{.seal = 0,
                .head = 0,
                .order = ++order << kind_bits | static_cast<std::uint64_t>(name.kind),
                .id = name.id,
                .size = static_cast<std::uint32_t>(bytes.size())};
    next.head = head_of(next, key, at);
    // To the end of the granule: nothing that was here before must look like a header again.
    char* const to_body = reinterpret_cast<char*>(&to + 1);
    std::memcpy(to_body, bytes.data(), bytes.size());
    std::memset(to_body + bytes.size(), 0, granules_of(bytes.size()) * StateSpace::granule - sizeof to - bytes.size());
    to = next;
    store(to.seal, checksum(next.head, bytes));
}

bool StateFile::put(RecordName name, std::string_view bytes) noexcept {
    State& state = *state_;
    if (bytes.size() > max_body)
        return drop(name.kind, name.id), false;
    const std::uint32_t granules = granules_of(bytes.size());
    std::uint32_t at = state.space.take(granules);
    if (at == 0) {
        drop(name.kind, name.id); // what it took may be enough
        at = state.space.take(granules);
    }
    State::Places& all = state.of(name.kind);
    auto place = State::seek(all, name.id);
    try {
        if (at != 0 && (place == all.end() || place->id != name.id))
            place = all.insert(place, {name.id, 0, 0});
    } catch (...) {
        state.space.give_back(at, granules);
        at = 0;
    }
    if (at == 0) {
        if (!std::exchange(state.said, true))
            log(Level::Warning, {"state: no memory to keep all that is needed after a crash"});
        return false;
    }
    state.write(name, at, bytes);
    if (place->at != 0)
        state.give_up(*place);
    *place = {name.id, at, granules};
    return true;
}

void StateFile::drop(RecordKind kind, std::uint32_t id) noexcept {
    if (!state_)
        return;
    if (const auto place = state_->find({kind, id}); place != state_->of(kind).end()) {
        state_->give_up(*place);
        state_->of(kind).erase(place);
    }
}

void StateFile::damage(RecordName name) {
    damaged_.push_back(name);
    drop(name.kind, name.id);
}

std::vector<std::uint32_t> StateFile::ids(RecordKind kind) const {
    std::vector<std::uint32_t> result;
    if (!state_)
        return result;
    result.reserve(state_->of(kind).size());
    for (const State::Place& place : state_->of(kind))
        result.push_back(place.id);
    return result;
}

std::string_view StateFile::body(RecordName name) const noexcept {
    if (!state_)
        return {};
    const auto place = state_->find(name);
    if (place == state_->of(name.kind).end())
        return {};
    // A header that has been overwritten meanwhile must not lead out of the record.
    const std::size_t room = std::size_t{place->granules} * StateSpace::granule - sizeof(Header);
    return state_->body(place->at, std::min<std::size_t>(state_->header(place->at).size, room));
}

} // namespace initd
