// SPDX-License-Identifier: Apache-2.0
// PID 1's side of the logs with real pipes and a real writer, in a directory of its own.
#pragma once

#include "initd/logs.hpp"
#include "initd/poller.hpp"
#include "ns/fd.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace initd {

class TempDir {
  public:
    TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir(); // with all that is in it
    const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
};

std::string read_text(const std::string& path); // "" when there is no such file
void write_text(int fd, std::string_view text);
std::vector<std::string> names_in(const std::string& dir); // sorted
bool exists(const std::string& path);

// Bytes on the heap; nothing under a sanitizer, whose heap is its own.
std::optional<std::size_t> heap_in_use();

struct WrittenLine { // of a CRI log file
    std::string time, stream, tag, text;
};
std::vector<WrittenLine> lines_in(const std::string& path);

class LogRig {
  public:
    explicit LogRig(LogLimits limits = {}, std::string dir = {});
    LogRig(const LogRig&) = delete;
    LogRig& operator=(const LogRig&) = delete;
    ~LogRig(); // kills the writer

    // Lets PID 1 do what there is to do until `done`; false after 20 seconds.
    template <class Done>
    bool until(Done done) {
        for (const Millis end = real_time() + Millis{20'000}; real_time() < end; turn())
            if (done())
                return true;
        return false;
    }
    bool finished() {
        return until([&] { return logs.unfinished() == 0; });
    }
    // By pidfd: a pid that is not there (-1) would mean every process of the machine.
    void signal_writer(int signal);
    // SIGKILL, and what PID 1 does about it.
    void kill_writer();
    bool writer_runs() const noexcept { return static_cast<bool>(writer); }
    void launch(std::optional<ns::Plan> plan);
    std::string file(const LogTarget& target) const { return log_path(dir, target); }

    TempDir temp;
    std::string dir;
    Poller poller;
    Logs logs;
    Millis now{1'000'000};
    ns::Fd writer; // pidfd
    int writers_started = 0;

  private:
    static Millis real_time() noexcept;
    void turn();
    bool reap(int flags);
};

} // namespace initd
