// SPDX-License-Identifier: Apache-2.0
#include "tests/daemon/log_rig.hpp"

#include "tests/nowhere.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <csignal>
#include <fcntl.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace initd {

TempDir::TempDir() {
    char name[] = "/tmp/podinit-test-XXXXXX";
    path_ = ::mkdtemp(name);
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string read_text(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void write_text(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written <= 0)
            return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

std::vector<std::string> names_in(const std::string& dir) {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(dir, ignored))
        names.push_back(entry.path().filename());
    std::ranges::sort(names);
    return names;
}

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

std::optional<std::size_t> heap_in_use() {
#ifdef __SANITIZE_ADDRESS__
    return std::nullopt;
#else
    return ::mallinfo2().uordblks;
#endif
}

std::vector<WrittenLine> lines_in(const std::string& path) {
    std::vector<WrittenLine> lines;
    std::istringstream text(read_text(path));
    for (std::string line; std::getline(text, line);) {
        WrittenLine one;
        std::istringstream parts(line);
        std::getline(parts, one.time, ' ');
        std::getline(parts, one.stream, ' ');
        std::getline(parts, one.tag, ' ');
        std::getline(parts, one.text, '\0');
        lines.push_back(one);
    }
    return lines;
}

LogRig::LogRig(LogLimits limits, std::string log_dir)
    : dir(log_dir.empty() ? temp.path() + "/var/log/pods" : std::move(log_dir))
    , poller(std::move(*Poller::open()))
    , logs(poller, nowhere, dir, limits) {}

LogRig::~LogRig() {
    signal_writer(SIGKILL);
    if (writer)
        ::waitid(P_PIDFD, static_cast<id_t>(writer.get()), nullptr, WEXITED);
}

Millis LogRig::real_time() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return Millis{time.tv_sec * 1000 + time.tv_nsec / 1'000'000};
}

void LogRig::signal_writer(int signal) {
    if (writer)
        ::syscall(SYS_pidfd_send_signal, writer.get(), signal, nullptr, 0);
}

void LogRig::kill_writer() {
    signal_writer(SIGKILL);
    (void)reap(0);
}

// True when the writer's end was seen.
bool LogRig::reap(int flags) {
    siginfo_t info{};
    if (!writer || ::waitid(P_PIDFD, static_cast<id_t>(writer.get()), &info, WEXITED | flags) != 0 || info.si_pid == 0)
        return false;
    writer.reset();
    launch(logs.writer_ended(now));
    return true;
}

// As an exec would: standard streams are all that the writer gets.
void LogRig::launch(std::optional<ns::Plan> plan) {
    if (!plan)
        return;
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::dup2(plan->stdin_fd, STDIN_FILENO);
        ::close_range(3, ~0u, 0);
        ::signal(SIGTERM, SIG_DFL);
        std::vector<char*> argv;
        for (std::string& argument : plan->argv)
            argv.push_back(argument.data());
        ::_exit(log_writer_main(static_cast<int>(argv.size()), argv.data()));
    }
    if (pid < 0)
        std::abort();
    writer.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    ++writers_started;
    logs.writer_started(pid, now);
}

void LogRig::turn() {
    for (const Ready& ready : poller.wait(5)) {
        if (ready.source == Source::LogPipe)
            launch(logs.on_stream(ready.id, now));
        if (ready.source == Source::LogWriter)
            logs.on_writer();
    }
    (void)reap(WNOHANG);
    if (logs.next_deadline() != never) {
        now = std::max(now, logs.next_deadline());
        launch(logs.tick(now));
    }
}

} // namespace initd
