// SPDX-License-Identifier: Apache-2.0
// An appliance in QEMU, driven by its console as a person would.
//
// Everything has a deadline, and a machine that misses one is a failed test with the whole console text in its report.
// The machine is gone when its Machine is. login() turns the console's echo off, so what run() gives is a command's
// output and nothing else.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace boot {

using Seconds = std::chrono::seconds;

struct Options {
    std::string appliance;              // the directory that `tools/appliance build` made
    std::vector<std::string> arguments; // of `tools/appliance run`
    std::string append;                 // for the kernel's command line
};

struct Outcome {
    int status = -1;    // the command's exit status
    std::string output; // standard output and error, lines ended by \n
};

class Machine {
  public:
    explicit Machine(const Options& options);
    Machine(const Machine&) = delete;
    Machine& operator=(const Machine&) = delete;
    ~Machine();

    // Waits until the console says `text`, after what earlier waits have found. Throws when it does not come in time.
    void expect(std::string_view text, Seconds patience = Seconds(60));
    // The same without the wrath: false when it did not come.
    [[nodiscard]] bool says(std::string_view text, Seconds patience);

    void type(std::string_view text);

    // Waits for the console's first prompt and makes it ready for run().
    void login(Seconds patience = Seconds(90));
    Outcome run(std::string_view command, Seconds patience = Seconds(30));
    // Runs it every 200 ms until its output contains `text`; the last outcome, good or not.
    Outcome run_until(std::string_view command, std::string_view text, Seconds patience = Seconds(30));

    // A command for QEMU's monitor: system_powerdown, sendkey ctrl-alt-delete, system_reset, ...
    void monitor(std::string_view command);

    // Did the machine turn itself off (QEMU ended) in time?
    [[nodiscard]] bool ends(Seconds patience);

    // All that the console has said, without escape sequences and carriage returns.
    [[nodiscard]] std::string transcript() const;

  private:
    bool read_some(std::chrono::steady_clock::time_point deadline);
    [[noreturn]] void fail(const std::string& what) const;

    pid_t pid_ = -1;
    int input_ = -1;  // to the console
    int output_ = -1; // from it
    std::string monitor_path_;
    std::string text_;         // everything from the console
    std::size_t consumed_ = 0; // what expect() has gone past
    unsigned commands_ = 0;
};

} // namespace boot
