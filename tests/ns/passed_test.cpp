// SPDX-License-Identifier: Apache-2.0
// What a program is given beside its streams: descriptors under numbers that it knows, and its own pid.
#include "tests/ns/harness.hpp"

#include <fcntl.h>
#include <unistd.h>

using namespace ns;
using namespace ns::test;

namespace {

// A pipe whose write end is at a number of the test's choice, however that is taken now.
class PipeAt {
  public:
    explicit PipeAt(int number)
        : number_(number)
        , saved_(fcntl(number, F_DUPFD_CLOEXEC, 1000)) {
        int ends[2];
        REQUIRE(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
        read_ = Fd(fcntl(ends[0], F_DUPFD_CLOEXEC, 1000));
        close(ends[0]);
        const Fd write_end(fcntl(ends[1], F_DUPFD_CLOEXEC, 1000));
        close(ends[1]);
        REQUIRE(dup3(write_end.get(), number, O_CLOEXEC) == number);
    }
    PipeAt(const PipeAt&) = delete;
    ~PipeAt() {
        if (saved_)
            dup2(saved_.get(), number_);
        else
            close(number_);
    }
    std::string text() const {
        char bytes[64];
        const ssize_t got = read(read_.get(), bytes, sizeof bytes);
        return std::string(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
    }

  private:
    int number_;
    Fd saved_;
    Fd read_;
};

} // namespace

TEST_CASE("descriptors are passed under the numbers asked for, whatever their own, and no other comes along") {
    struct Row {
        int own[3];
        int number[3];
        const char* fds;
    };
    for (const Row& row : {
             Row{{300, 301, 302}, {3, 4, 5}, "0 1 2 3 4 5 "},
             Row{{3, 4, 5}, {5, 3, 4}, "0 1 2 3 4 5 "}, // each stands where another has to go
             Row{{20, 21, 22}, {20, 21, 22}, "0 1 2 20 21 22 "}, Row{{900, 3, 500}, {4, 900, 3}, "0 1 2 3 4 900 "},
             Row{{0, 2, 7}, {7, 5, 6}, "0 1 2 5 6 7 "}, // our own streams, of which the child has others
         }) {
        CAPTURE(row.fds);
        Plan one = plan({"fds"});
        Outcome outcome;
        std::string said;
        {
            PipeAt pipes[] = {PipeAt(row.own[0]), PipeAt(row.own[1]), PipeAt(row.own[2])};
            Machine machine; // its own descriptors, which a child needs too, are the lowest that are free
            for (int i = 0; i < 3; ++i) {
                one.passed.push_back({row.own[i], row.number[i]});
                for (const std::string& word : {std::string("say"), std::to_string(row.number[i]), std::to_string(i)})
                    one.argv.push_back(word);
            }
            outcome = machine.run(std::move(one));
            for (const PipeAt& pipe : pipes)
                said += pipe.text() + " ";
        }
        CHECK(outcome.line("fds") == row.fds);
        CHECK(said == "0 1 2 ");
    }
}

TEST_CASE("a descriptor that is not there fails the start") {
    Machine machine;
    Plan one = plan({"exit", "7"});
    one.passed.push_back({3999, 3});
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.report.step == Step::StandardStreams);
    CHECK(outcome.report.err == EBADF);
}

TEST_CASE("a program finds its own pid in the variables that are to hold it") {
    Machine machine;
    Plan one = plan({"ids", "env"});
    one.env = {"A=1"};
    one.pid_env = {"LISTEN_PID", "WATCHDOG_PID"};
    SECTION("as the machine sees it") {}
    SECTION("as it sees itself in a PID namespace of its own") {
        if (!is_root())
            return;
        one.create_pid = true;
    }
    SECTION("in a copy of our memory") {
        one.oom_score_adj = 100;
    }
    const bool first = one.create_pid;
    const Outcome outcome = machine.run(std::move(one));
    CHECK(outcome.line("LISTEN_PID") == outcome.line("pid"));
    CHECK(outcome.line("WATCHDOG_PID") == outcome.line("pid"));
    CHECK(outcome.line("A") == "1");
    CHECK((outcome.line("pid") == "1") == first);
}
