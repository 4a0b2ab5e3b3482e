// SPDX-License-Identifier: Apache-2.0
// Real faults in a running process, from outside: ptrace(2) brings it to a place, changes its registers and lets go of
// it before the fault, since the kernel treats an init that is traced otherwise. What makes a call fail stays attached
// until it has.
//
// All of ptrace is done by a thread of the injection's own, so that the test goes on talking to the process meanwhile.
#pragma once

#include "tests/fault/symbols.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <thread>

namespace fault {

struct Place {
    enum class Kind { Moment, Function, Call };
    Kind kind = Kind::Moment;
    std::string name;   // of the function or the system call
    unsigned nth = 1;   // Moment: so many instructions after the nth system call from now
    bool after = false; // Call: once it has been done
};

// What is done there. An errno's name makes a call fail, "null" a function return nothing; see faults.cpp for the rest.
struct Injection {
    Place place;
    std::string fault;
    bool repeated = false; // what fails fails from then on, until it is over
};

class Injector {
  public:
    // Returns when it lies in wait.
    Injector(pid_t pid, const Symbols& symbols, Injection what);
    ~Injector();
    Injector(const Injector&) = delete;
    Injector& operator=(const Injector&) = delete;

    // Waits for nothing: has it happened?
    bool happened() const noexcept { return happened_ > 0; }
    // Nothing of ours is left in the process, whether it has happened or not.
    void stop();
    unsigned passed() const noexcept { return passed_; }             // how often the place was come by
    const std::string& trouble() const noexcept { return trouble_; } // after stop(): why it could not be done

  private:
    friend struct Tracer;
    pid_t pid_;
    const Symbols& symbols_;
    Injection what_;
    std::atomic<unsigned> happened_ = 0, passed_ = 0;
    std::atomic<bool> armed_ = false, give_up_ = false, over_ = false;
    std::string trouble_;
    std::thread thread_;
};

// Is it something that can be done, as far as one can tell without a process? "" or why not.
std::string why_not(const Injection& what, const Symbols& symbols);

} // namespace fault
