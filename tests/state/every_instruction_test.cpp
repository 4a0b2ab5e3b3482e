// SPDX-License-Identifier: Apache-2.0
// The promise that the state file lives by, taken literally: whoever writes to it is stopped after each instruction,
// and what a podinit would find then is looked at.
#include "tests/catch.hpp"
#include "tests/state/carts.hpp"
#include "tests/state/files.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace initd {

namespace {

using Kind = RecordKind;
using Change = std::function<void(StateFile&)>;

// A child that is about to make the change to the file that it shares with us, and stops after each instruction.
class Stepper {
  public:
    Stepper(StateFile& state, const Change& change)
        : pid_(fork()) {
        if (pid_ == 0) {
            if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) < 0)
                _exit(2);
            raise(SIGSTOP);
            change(state);
            _exit(0);
        }
        waitpid(pid_, &status_, 0);
    }
    Stepper(const Stepper&) = delete;
    ~Stepper() {
        if (!WIFEXITED(status_)) {
            kill(pid_, SIGKILL);
            waitpid(pid_, &status_, 0);
        }
    }
    bool may_trace() const { return !WIFEXITED(status_) || WEXITSTATUS(status_) != 2; }
    bool ended_well() const { return WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }
    bool step() {
        return WIFSTOPPED(status_) && ptrace(PTRACE_SINGLESTEP, pid_, nullptr, nullptr) == 0 &&
               waitpid(pid_, &status_, 0) == pid_ && WIFSTOPPED(status_) &&
               (WSTOPSIG(status_) == SIGTRAP || WSTOPSIG(status_) == SIGSTOP);
    }

  private:
    pid_t pid_;
    int status_ = 0;
};

struct Seen {
    int states = 0; // of the file's bytes, that differ from the one before
    int old = 0;
    int changed = 0;
};

// What is there under the name: the number of the cart, -1 when there is none.
std::int64_t found_in(StateFile& state, std::uint32_t id) {
    Cart found;
    if (!state.recall(Kind::Core, id, found))
        return -1;
    REQUIRE(found == cart(found.number, found.name.size()));
    return static_cast<std::int64_t>(found.number);
}

void look(const std::string& bytes, std::int64_t before, std::int64_t after, Seen& seen) {
    auto next = StateFile::adopt(file_of(bytes));
    REQUIRE(next);
    REQUIRE(next->damaged().empty());
    REQUIRE(next->ids(Kind::Pod) == std::vector<std::uint32_t>{1, 2, 3});
    for (std::uint32_t id = 1; id <= 3; ++id) {
        Cart other;
        REQUIRE(next->recall(Kind::Pod, id, other));
        REQUIRE(other == cart(id, 90 * id));
    }
    const std::int64_t found = found_in(*next, 7);
    REQUIRE((found == before || found == after));
    REQUIRE((found == after || seen.changed == 0)); // and never back again
    ++(found == after ? seen.changed : seen.old);
    // Whoever finds it so can go on with it.
    REQUIRE(next->keep(Kind::Core, 7, cart(99, 300)));
    StateFile third = adopted(*next);
    REQUIRE(found_in(third, 7) == 99);
    REQUIRE(third.ids(Kind::Pod).size() == 3);
}

// The record of Core 7 goes from one to the other; -1: none.
Seen watch(StateFile& state, std::int64_t before, std::int64_t after, const Change& change) {
    Seen seen;
    Stepper child(state, change);
    if (!child.may_trace()) {
        WARN("skipped: ptrace is not permitted here");
        return {.states = 1, .old = 1, .changed = 1};
    }
    void* const view = mmap(nullptr, 1 << 24, PROT_READ, MAP_SHARED, state.fd(), 0);
    REQUIRE(view != MAP_FAILED);
    std::string last;
    do {
        const auto size = static_cast<std::size_t>(status_of(state.fd()).st_size);
        if (size == last.size() && std::memcmp(last.data(), view, size) == 0)
            continue;
        last.assign(static_cast<const char*>(view), size);
        ++seen.states;
        look(last, before, after, seen);
    } while (child.step());
    munmap(view, 1 << 24);
    CHECK(child.ended_well());
    StateFile end = adopted(state);
    CHECK(found_in(end, 7) == after);
    return seen;
}

StateFile with_three() {
    StateFile state = made();
    for (std::uint32_t id = 1; id <= 3; ++id)
        REQUIRE(state.keep(Kind::Pod, id, cart(id, 90 * id)));
    return state;
}

Change keeping(std::uint64_t number, std::size_t length) {
    return [number, length](StateFile& state) { state.keep(Kind::Core, 7, cart(number, length)); };
}

} // namespace

TEST_CASE(
    "after each instruction of a change the record is the old one or the new one, and the others are as they were") {
    struct Row {
        const char* what;
        std::int64_t before;
        std::size_t length; // of the text before
        std::int64_t after;
        Change change;
    };
    const Row rows[] = {
        {"a record is new", -1, 0, 5, keeping(5, 200)},
        {"a record is replaced by one of its size", 4, 200, 5, keeping(5, 200)},
        {"a record is replaced by a larger one", 4, 20, 5, keeping(5, 700)},
        {"a record is replaced by a smaller one", 4, 700, 5, keeping(5, 20)},
        {"a record is dropped", 4, 200, -1, [](StateFile& state) { state.drop(Kind::Core, 7); }},
    };
    for (const Row& row : rows) {
        INFO(row.what);
        StateFile state = with_three();
        if (row.before >= 0)
            state.keep(Kind::Core, 7, cart(static_cast<std::uint64_t>(row.before), row.length));
        const Seen seen = watch(state, row.before, row.after, row.change);
        CHECK(seen.old > 0);
        CHECK(seen.changed > 0);
    }
}

TEST_CASE("after each instruction while a record takes a place where others have been it is the old or the new one") {
    StateFile state = with_three();
    for (std::uint32_t id = 10; id < 40; ++id)
        state.keep(Kind::Child, id, cart(id, 30));
    state.keep(Kind::Core, 7, cart(4, 100));
    for (std::uint32_t id = 10; id < 40; ++id)
        state.drop(Kind::Child, id);
    const Seen seen = watch(state, 4, 5, keeping(5, 900));
    CHECK(seen.states > 20);
}

TEST_CASE("after each instruction while the file grows for a record it is the old or the new one") {
    StateFile state = with_three();
    state.keep(Kind::Core, 7, cart(4, 100));
    state.keep(Kind::Child, 1, cart(1, 26'900)); // most of what is free at first
    const off_t size = status_of(state.fd()).st_size;
    const Seen seen = watch(state, 4, 5, keeping(5, 900));
    CHECK(status_of(state.fd()).st_size > size);
    CHECK(seen.old > 0);
    CHECK(seen.changed > 0);
}

} // namespace initd
