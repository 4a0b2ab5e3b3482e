// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/injector.hpp"

#include "tests/fault/faults.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

namespace fault {

namespace {

constexpr int call_stop = SIGTRAP | 0x80; // PTRACE_O_TRACESYSGOOD

void nothing(int) {}

} // namespace

std::string why_not(const Injection& what, const Symbols& symbols) {
    if (!known_fault(what.fault))
        return "no such fault: " + what.fault;
    if (what.place.kind == Place::Kind::Call && !call_number(what.place.name))
        return "no such call: " + what.place.name;
    if (what.place.kind == Place::Kind::Function && !symbols.find(what.place.name))
        return "no such function: " + what.place.name;
    for (const auto& [fault, function] :
         {std::pair{"abort", "abort"}, {"terminate", "std::terminate"}, {"throws", "std::__throw_bad_alloc"}})
        if (what.fault == fault && !symbols.find(function))
            return std::string("no such function: ") + function;
    return "";
}

// What the thread does. `alive` is false once the process has gone.
struct Tracer {
    Injector& in;
    pid_t pid = in.pid_;
    const Injection& what = in.what_;
    bool alive = true;
    int status = 0;

    long request(int kind, std::uintptr_t argument = 0) {
        return ::ptrace(static_cast<__ptrace_request>(kind), pid, nullptr, argument);
    }
    bool stopped_by(int signal) const { return WSTOPSIG(status) == signal; }
    bool event() const { return status >> 16 != 0; }
    bool gave_up() const { return in.give_up_; }

    // Waits until it stops; when the test gives up meanwhile, it is made to.
    bool wait() {
        for (bool asked = false; alive;) {
            if (gave_up() && !asked) {
                request(PTRACE_INTERRUPT);
                asked = true;
            }
            const pid_t changed = ::waitpid(pid, &status, __WALL);
            if (changed == pid && WIFSTOPPED(status))
                return true;
            if (changed == pid || (changed < 0 && errno != EINTR))
                alive = false;
        }
        return false;
    }
    // The signal that it has stopped for is its own, unless the stop is one of ours.
    bool go_on(int kind) {
        const int signal = event() || stopped_by(call_stop) || stopped_by(SIGTRAP) ? 0 : WSTOPSIG(status);
        in.armed_ = true;
        request(kind, static_cast<std::uintptr_t>(signal));
        return wait();
    }
    user_regs_struct registers() {
        user_regs_struct registers{};
        request(PTRACE_GETREGS, reinterpret_cast<std::uintptr_t>(&registers));
        return registers;
    }
    void set(user_regs_struct& registers) { request(PTRACE_SETREGS, reinterpret_cast<std::uintptr_t>(&registers)); }
    void commit_here(user_regs_struct now) {
        commit(what.fault, pid, now, in.symbols_);
        set(now);
        ++in.happened_;
    }

    void run() {
        if (::ptrace(PTRACE_SEIZE, pid, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC) != 0) {
            in.trouble_ = std::string("attaching: ") + std::strerror(errno);
            return;
        }
        request(PTRACE_INTERRUPT);
        if (wait()) {
            switch (what.place.kind) {
            case Place::Kind::Moment: at_moment(); break;
            case Place::Kind::Function: at_function(); break;
            case Place::Kind::Call: at_calls(); break;
            }
        }
        if (alive)
            request(PTRACE_DETACH);
    }

    void at_moment() {
        const unsigned calls = what.place.nth / 64, steps = what.place.nth % 64;
        for (unsigned i = 0; i < 2 * calls && !gave_up();)
            if (!go_on(PTRACE_SYSCALL))
                return;
            else if (stopped_by(call_stop))
                ++i;
        for (unsigned i = 0; i < steps && !gave_up(); ++i)
            if (!go_on(PTRACE_SINGLESTEP))
                return;
        if (!gave_up())
            commit_here(registers());
    }

    void at_function() {
        const std::uint64_t at = *in.symbols_.find(what.place.name);
        std::uint8_t code = 0;
        const std::uint8_t breakpoint = 0xcc;
        if (!read_memory(pid, at, &code, 1))
            in.trouble_ = "its memory cannot be read";
        while (!gave_up()) {
            write_memory(pid, at, &breakpoint, 1);
            if (!go_on(PTRACE_CONT))
                return;
            auto now = registers();
            if (event() || !stopped_by(SIGTRAP) || now.rip != at + 1) {
                if (status >> 16 == PTRACE_EVENT_EXEC)
                    continue; // a new image: the breakpoint is put into that
                write_memory(pid, at, &code, 1);
                continue;
            }
            write_memory(pid, at, &code, 1);
            now.rip = at;
            set(now);
            ++in.passed_;
            if (in.passed_ == what.place.nth || (what.repeated && in.passed_ > what.place.nth)) {
                if (what.fault != "null")
                    return commit_here(now);
                return_nothing(now);
                if (!what.repeated)
                    return;
            } else if (!go_on(PTRACE_SINGLESTEP)) {
                return;
            }
        }
        write_memory(pid, at, &code, 1);
    }

    void return_nothing(user_regs_struct now) {
        read_memory(pid, now.rsp, &now.rip, sizeof now.rip);
        now.rsp += sizeof now.rip;
        now.rax = 0;
        set(now);
        ++in.happened_;
    }

    void at_calls() {
        const auto number = static_cast<unsigned long>(*call_number(what.place.name));
        const auto error = error_number(what.fault);
        while (!gave_up()) {
            if (!go_on(PTRACE_SYSCALL))
                return;
            if (!stopped_by(call_stop))
                continue;
            auto now = registers(); // at its entry
            const bool wanted = now.orig_rax == number && ++in.passed_ >= what.place.nth &&
                                (what.repeated || in.passed_ == what.place.nth);
            if (wanted && (error || !what.place.after)) {
                now.orig_rax = ~0ull; // which is no call
                set(now);
                if (!error)
                    return commit_here(now);
            }
            do
                if (!go_on(PTRACE_SYSCALL))
                    return;
            while (!stopped_by(call_stop) && !gave_up());
            if (!wanted)
                continue;
            now = registers();
            if (!error)
                return commit_here(now);
            now.rax = static_cast<unsigned long>(-*error);
            set(now);
            ++in.happened_;
            if (!what.repeated)
                return;
        }
    }
};

Injector::Injector(pid_t pid, const Symbols& symbols, Injection what)
    : pid_(pid)
    , symbols_(symbols)
    , what_(std::move(what)) {
    struct sigaction wakes {};
    wakes.sa_handler = nothing; // without SA_RESTART: it is to end a wait
    ::sigaction(SIGUSR1, &wakes, nullptr);
    thread_ = std::thread([this] {
        Tracer{*this}.run();
        over_ = true;
    });
    while (!armed_ && !over_)
        std::this_thread::yield();
}

void Injector::stop() {
    if (!thread_.joinable())
        return;
    give_up_ = true;
    while (!over_) {
        ::pthread_kill(thread_.native_handle(), SIGUSR1);
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    thread_.join();
}

Injector::~Injector() {
    stop();
}

} // namespace fault
