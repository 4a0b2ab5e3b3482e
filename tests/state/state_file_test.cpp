// SPDX-License-Identifier: Apache-2.0
#include "tests/allocations.hpp"
#include "tests/catch.hpp"
#include "tests/state/carts.hpp"
#include "tests/state/files.hpp"

#include <cerrno>
#include <map>
#include <random>

namespace initd {

namespace {

using Kind = RecordKind;
using Model = std::map<std::pair<Kind, std::uint32_t>, Cart>;

void check_equal(StateFile& state, const Model& model) {
    for (const auto& [name, value] : model) {
        Cart found;
        REQUIRE(state.recall(name.first, name.second, found));
        REQUIRE(found == value);
    }
    std::size_t count = 0;
    for (const Kind kind : {Kind::Pod, Kind::Core, Kind::Child})
        count += state.ids(kind).size();
    REQUIRE(count == model.size());
    REQUIRE(state.damaged().empty());
}

} // namespace

TEST_CASE("a state file without a file keeps nothing, says so, and has a control block all the same") {
    StateFile none;
    CHECK_FALSE(none.is_open());
    CHECK(none.fd() == -1);
    CHECK(none.keep(Kind::Pod, 1, cart(1)));
    Cart found;
    CHECK_FALSE(none.recall(Kind::Pod, 1, found));
    CHECK(none.ids(Kind::Pod).empty());
    none.drop(Kind::Pod, 1);
    none.trim();
    ControlBlock* const control = &none.control();
    control->turns = 7;
    const StateFile moved = std::move(none);
    CHECK(control->turns == 7);
}

TEST_CASE("records outlive the one that kept them") {
    StateFile state = made();
    CHECK((fcntl(state.fd(), F_GETFD) & FD_CLOEXEC) == 0);
    CHECK(state.fd() >= ns::high_fd);
    state.control().crashes = 3;
    Model model;
    for (std::uint32_t id : {5u, 0u, ~0u, 17u}) {
        CHECK(state.keep(Kind::Pod, id, cart(id)));
        CHECK(state.keep(Kind::Core, id, cart(id + 1)));
        model[{Kind::Pod, id}] = cart(id);
        model[{Kind::Core, id}] = cart(id + 1);
    }
    StateFile next = adopted(state);
    check_equal(next, model);
    CHECK(next.ids(Kind::Pod) == std::vector<std::uint32_t>{0, 5, 17, ~0u});
    CHECK(next.control().crashes == 3);
}

TEST_CASE("the last that was kept under a name counts, and what was dropped is gone") {
    StateFile state = made();
    state.keep(Kind::Pod, 1, cart(1));
    state.keep(Kind::Pod, 2, cart(2));
    state.keep(Kind::Pod, 1, cart(3, 500));
    state.drop(Kind::Pod, 2);
    state.drop(Kind::Pod, 9);
    StateFile next = adopted(state);
    check_equal(next, {{{Kind::Pod, 1}, cart(3, 500)}});
    next.keep(Kind::Pod, 1, cart(4));
    StateFile third = adopted(next);
    check_equal(third, {{{Kind::Pod, 1}, cart(4)}});
}

TEST_CASE("a long random life is known whole at any moment, with little more room than it takes") {
    std::mt19937 random(7);
    StateFile state = made();
    Model model;
    for (int round = 0; round < 20'000; ++round) {
        const Kind kind = std::array{Kind::Pod, Kind::Core, Kind::Child}[random() % 3];
        const std::uint32_t id = random() % 40;
        if (random() % 4 == 0) {
            state.drop(kind, id);
            model.erase({kind, id});
        } else {
            const Cart value = cart(random(), random() % 50 == 0 ? random() % 20'000 : random() % 300);
            REQUIRE(state.keep(kind, id, value));
            model[{kind, id}] = value;
        }
        if (round % 500 == 0) {
            StateFile next = adopted(state);
            check_equal(next, model);
            if (round % 1'000 == 0)
                state = std::move(next);
        }
    }
    check_equal(state, model);
    std::size_t kept = 0;
    for (const auto& [name, value] : model)
        kept += 64 + value.name.size();
    CHECK(memory_of(state.fd()) < 3 * kept + 256 * 1024);
}

TEST_CASE("keeping records of the usual sizes again and again allocates nothing and grows nothing") {
    StateFile state = made();
    std::vector<Cart> carts;
    for (std::uint32_t id = 0; id < 100; ++id)
        carts.push_back(cart(id, 100 + 7 * id));
    for (int round = 0; round < 3; ++round)
        for (std::uint32_t id = 0; id < 100; ++id)
            state.keep(Kind::Core, id, carts[id]);
    const std::size_t before = allocated::times;
    const std::size_t memory = memory_of(state.fd());
    for (std::uint32_t round = 0; round < 10'000; ++round) {
        const std::uint32_t id = round * 37 % 100;
        REQUIRE(state.keep(Kind::Core, id, carts[(id + round) % 100]));
        state.keep(Kind::Child, 1, carts[0]);
        state.drop(Kind::Child, 1);
    }
    CHECK(allocated::times <= before + 1); // the list of children's first place
    CHECK(memory_of(state.fd()) == memory);
}

TEST_CASE("what is too large, or for what there is no room, is gone rather than out of date") {
    StateFile state = made();
    CHECK(state.keep(Kind::Pod, 1, cart(1)));
    CHECK_FALSE(state.keep(Kind::Pod, 1, cart(1, StateFile::max_body)));
    Cart found;
    CHECK_FALSE(state.recall(Kind::Pod, 1, found));
    std::uint32_t id = 0;
    while (state.keep(Kind::Pod, id, cart(id, StateFile::max_body - 1000)))
        REQUIRE(++id < 300);
    CHECK(id > 200);
    CHECK(state.ids(Kind::Pod).size() == id);
    // There is room for what was there before, in its own place.
    CHECK(state.keep(Kind::Pod, 0, cart(3, StateFile::max_body - 1000)));
    state.drop(Kind::Pod, 1);
    CHECK(state.keep(Kind::Pod, 0, cart(4, StateFile::max_body - 1000)));
    StateFile next = adopted(state);
    CHECK(next.ids(Kind::Pod).size() == id - 1);
    CHECK(next.recall(Kind::Pod, 0, found));
    CHECK(found.number == 4);
}

TEST_CASE("room that is no longer needed goes back to the kernel, and comes again") {
    StateFile state = made();
    const std::size_t empty = memory_of(state.fd());
    for (std::uint32_t id = 0; id < 1'000; ++id)
        state.keep(Kind::Pod, id, cart(id, 3'000));
    const std::size_t full = memory_of(state.fd());
    CHECK(full > 3'000'000);
    for (std::uint32_t id = 0; id < 1'000; ++id)
        if (id != 500)
            state.drop(Kind::Pod, id);
    state.trim();
    CHECK(memory_of(state.fd()) < empty + 128 * 1024);
    StateFile next = adopted(state);
    check_equal(next, {{{Kind::Pod, 500}, cart(500, 3'000)}});
    CHECK(memory_of(state.fd()) < empty + 128 * 1024);
    Model model;
    for (std::uint32_t id = 0; id < 1'000; ++id) {
        REQUIRE(next.keep(Kind::Pod, id, cart(id, 3'000)));
        model[{Kind::Pod, id}] = cart(id, 3'000);
    }
    CHECK(memory_of(next.fd()) < full + full / 4);
    StateFile third = adopted(next);
    check_equal(third, model);
}

TEST_CASE("a record that was overwritten is lost alone, and is named when its name can be read") {
    StateFile state = made();
    for (std::uint32_t id = 0; id < 20; ++id)
        state.keep(Kind::Pod, id, cart(id, 100));
    const std::string whole = bytes_of(state.fd());
    const std::size_t at = whole.find(cart(7, 100).name);
    REQUIRE(at != std::string::npos);
    std::size_t named = 0;
    for (std::size_t back = 0; back <= 50 + 14 + 32; ++back) { // from the middle of its text to its header
        std::string bytes = whole;
        bytes[at + 50 - back] ^= 0x10;
        auto next = StateFile::adopt(file_of(bytes));
        REQUIRE(next);
        CHECK(next->ids(Kind::Pod).size() == 19);
        for (const RecordName name : next->damaged())
            CHECK(name == RecordName{Kind::Pod, 7});
        named += next->damaged().size();
        Cart found;
        CHECK_FALSE(next->recall(Kind::Pod, 7, found));
        CHECK(next->recall(Kind::Pod, 8, found));
    }
    CHECK(named > 60);
}

TEST_CASE("a body that cannot be is damage, and is dropped") {
    StateFile state = made();
    state.keep(Kind::Pod, 3, Wheel{-1}); // a bool of 255
    Cart found;
    CHECK_FALSE(state.recall(Kind::Pod, 3, found));
    CHECK(state.damaged() == std::vector{RecordName{Kind::Pod, 3}});
    CHECK(state.ids(Kind::Pod).empty());
}

TEST_CASE("nothing that is written into a body passes for a record") {
    StateFile state = made();
    state.keep(Kind::Pod, 1, cart(1, 30));
    const std::string whole = bytes_of(state.fd());
    const std::size_t at = whole.find(cart(1, 30).name) / 64 * 64;
    std::string copies;
    for (int copy = 0; copy < 40; ++copy)
        copies += whole.substr(at, 128);
    for (std::size_t shift = 0; shift < 64; ++shift) {
        Cart forger = cart(2);
        forger.name = std::string(shift, 'x') + copies;
        state.keep(Kind::Pod, 2, forger);
        state.drop(Kind::Pod, 2);
        StateFile next = adopted(state);
        check_equal(next, {{{Kind::Pod, 1}, cart(1, 30)}});
    }
}

TEST_CASE("only what a podinit has left is taken for it") {
    StateFile state = made();
    state.keep(Kind::Pod, 1, cart(1));
    const std::string whole = bytes_of(state.fd());
    const auto refused = [](ns::Fd file) {
        const auto result = StateFile::adopt(std::move(file));
        return result ? 0 : result.error().err;
    };
    CHECK(refused(file_of(whole)) == 0);
    CHECK(refused(file_of(whole, F_SEAL_SEAL)) == EINVAL);
    CHECK(refused(file_of(whole, F_SEAL_SHRINK)) == EINVAL);
    CHECK(refused(file_of(whole + "x")) == EINVAL);
    CHECK(refused(file_of("")) == EINVAL);
    CHECK(refused(file_of(std::string(65536, '\0'))) == EINVAL);
    CHECK(refused(ns::Fd(open("/proc/self/exe", O_RDONLY))) == EINVAL);
    CHECK(refused(ns::Fd()) == EBADF);
    std::string later = whole;
    later[8] ^= 3; // the version, in both places
    later[4096 + 8] ^= 3;
    CHECK(refused(file_of(later)) == EINVAL);
}

TEST_CASE("what makes a file a state file stands there twice") {
    StateFile state = made();
    state.keep(Kind::Pod, 1, cart(1));
    const std::string whole = bytes_of(state.fd());
    for (const std::size_t page : {0u, 4096u})
        for (std::size_t at = 0; at < sizeof(FileIdentity); ++at) {
            std::string bytes = whole;
            bytes[page + at] ^= 0x40;
            auto next = StateFile::adopt(file_of(bytes));
            REQUIRE(next);
            check_equal(*next, {{{Kind::Pod, 1}, cart(1)}});
            CHECK(bytes_of(next->fd()).substr(page, sizeof(FileIdentity)) == whole.substr(page, sizeof(FileIdentity)));
        }
}

TEST_CASE("a file that was scribbled over is read in bounded time, and what was spared is found") {
    std::mt19937 random(3);
    StateFile state = made();
    for (std::uint32_t id = 0; id < 200; ++id)
        state.keep(Kind::Pod, id, cart(id, 500));
    const std::string whole = bytes_of(state.fd());
    for (int round = 0; round < 200; ++round) {
        std::string bytes = whole;
        for (int hit = 0; hit < 20; ++hit) {
            const std::size_t at = 8192 + random() % (bytes.size() - 8192);
            const std::size_t size = std::min<std::size_t>(random() % 4096, bytes.size() - at);
            switch (random() % 3) {
            case 0:
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, static_cast<char>(random()));
                break;
            case 1: bytes[at] ^= static_cast<char>(1u << random() % 8); break;
            case 2: bytes.replace(at, size, bytes, random() % (bytes.size() - size), size); break;
            }
        }
        auto next = StateFile::adopt(file_of(bytes));
        REQUIRE(next);
        for (const std::uint32_t id : next->ids(Kind::Pod)) {
            Cart found;
            REQUIRE(next->recall(Kind::Pod, id, found));
            REQUIRE(found == cart(id, 500));
        }
        for (std::uint32_t id = 0; id < 200; ++id)
            REQUIRE(next->keep(Kind::Core, id, cart(id, 700)));
        StateFile third = adopted(*next);
        REQUIRE(third.ids(Kind::Core).size() == 200);
        REQUIRE(third.ids(Kind::Pod) == next->ids(Kind::Pod));
    }
}

} // namespace initd
