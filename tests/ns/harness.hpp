// SPDX-License-Identifier: Apache-2.0
// Runs plans through a real launcher and collects what came of them. Everything waits with a deadline, nothing sleeps.
#pragma once

#include "ns/launcher.hpp"
#include "tests/catch.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ns::test {

// Says so in the test's output when not: making namespaces is root's business.
bool is_root();

struct Outcome {
    std::string output;                            // what the program wrote to standard output
    int code = -1;                                 // exit code; 128 + n when signal n ended it
    Report report;                                 // the last one
    std::string line(std::string_view name) const; // "VALUE" of an output line "NAME=VALUE" or "NAME:\tVALUE"
    bool says(std::string_view text) const { return output.find(text) != std::string::npos; }
};

class Machine {
  public:
    Machine();

    Launcher launcher;

    // Launches with standard output into a pipe and sees the child through to its end.
    Outcome run(Plan plan);
    // The same without waiting for the end: a long-lived child.
    pid_t start(Plan plan);
    // Waits until `count` more launches have reported; by cookie.
    std::map<std::uint64_t, Report> reports(std::size_t count);

  private:
    std::uint64_t next_ = 1;
};

// The payload with these verbs, as the root that we are, on the machine's root.
Plan plan(std::vector<std::string> verbs);
// In an image that holds nothing but the payload.
Plan image_plan(std::string_view image, std::vector<std::string> verbs);

int wait_for(pid_t pid); // as Outcome::code

std::vector<int> open_descriptors(); // our own

// A directory of our own, removed with all that is in it.
class TemporaryDirectory {
  public:
    TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory();
    const std::string path;
    std::string operator/(std::string_view name) const { return path + "/" + std::string(name); }
};

// A directory with the payload as /payload.
std::string make_image(const TemporaryDirectory& directory);
void write_file(const std::string& path, std::string_view text);
std::string read_file(const std::string& path);

} // namespace ns::test
