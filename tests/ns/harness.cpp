// SPDX-License-Identifier: Apache-2.0
#include "tests/ns/harness.hpp"

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ns::test {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds patience{20};

bool wait_readable(int fd, Clock::time_point deadline) {
    pollfd one{fd, POLLIN, 0};
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    return left > 0 && poll(&one, 1, static_cast<int>(left)) > 0;
}

std::string read_all(int fd) {
    std::string text;
    char buffer[4096];
    const auto deadline = Clock::now() + patience;
    while (wait_readable(fd, deadline)) {
        const ssize_t got = read(fd, buffer, sizeof buffer);
        if (got <= 0)
            return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
    FAIL("no end of output within the deadline; so far: " << text);
    return text;
}

Launcher open_launcher() {
    auto launcher = Launcher::open();
    REQUIRE(launcher);
    return std::move(*launcher);
}

std::string temporary_name() {
    char name[] = "/tmp/podinit-ns-XXXXXX";
    REQUIRE(mkdtemp(name));
    REQUIRE(chmod(name, 0755) == 0);
    return name;
}

} // namespace

bool is_root() {
    if (geteuid() == 0)
        return true;
    WARN("skipped: needs root");
    return false;
}

std::string Outcome::line(std::string_view name) const {
    for (std::size_t at = 0; at < output.size();) {
        const std::size_t end = std::min(output.find('\n', at), output.size());
        std::string_view text(output.data() + at, end - at);
        if (text.starts_with(name) && text.size() > name.size() &&
            (text[name.size()] == '=' || text[name.size()] == ':')) {
            text.remove_prefix(name.size() + 1);
            while (!text.empty() && (text[0] == ' ' || text[0] == '\t'))
                text.remove_prefix(1);
            return std::string(text);
        }
        at = end + 1;
    }
    return "(no " + std::string(name) + ")";
}

Machine::Machine()
    : launcher(open_launcher()) {}

Outcome Machine::run(Plan plan) {
    int pipe[2];
    REQUIRE(pipe2(pipe, O_CLOEXEC) == 0);
    Fd out(pipe[0]);
    Fd in(pipe[1]);
    if (plan.stdout_fd < 0)
        plan.stdout_fd = in.get();
    Outcome outcome;
    const auto pid = launcher.launch(std::move(plan), next_++);
    if (!pid) {
        outcome.report = {0, pid.error().step, pid.error().err};
        return outcome;
    }
    outcome.report = reports(1).begin()->second;
    in.reset();
    outcome.output = read_all(out.get());
    outcome.code = wait_for(*pid);
    for (const Report& late : launcher.take_reports())
        outcome.report = late; // an exec that failed
    return outcome;
}

pid_t Machine::start(Plan plan) {
    const auto pid = launcher.launch(std::move(plan), next_++);
    REQUIRE(pid);
    const Report report = reports(1).begin()->second;
    REQUIRE(report.step == Step::Exec);
    REQUIRE(report.err == 0);
    return *pid;
}

std::map<std::uint64_t, Report> Machine::reports(std::size_t count) {
    std::map<std::uint64_t, Report> all;
    const auto deadline = Clock::now() + patience;
    while (all.size() < count) {
        if (!wait_readable(launcher.report_fd(), deadline))
            FAIL("only " << all.size() << " reports of " << count);
        for (const Report& report : launcher.take_reports())
            all[report.cookie] = report;
    }
    return all;
}

Plan plan(std::vector<std::string> verbs) {
    Plan plan;
    plan.programs = {NS_PAYLOAD};
    plan.argv = std::move(verbs);
    plan.argv.insert(plan.argv.begin(), "payload");
    plan.env = {"PATH=/bin"};
    plan.uid = geteuid();
    plan.gid = getegid();
    plan.groups.resize(static_cast<std::size_t>(getgroups(0, nullptr)));
    getgroups(static_cast<int>(plan.groups.size()), plan.groups.data());
    return plan;
}

Plan image_plan(std::string_view image, std::vector<std::string> verbs) {
    Plan in_image = plan(std::move(verbs));
    in_image.programs = {"/payload"};
    in_image.create_mount = true;
    in_image.root_image = image;
    return in_image;
}

int wait_for(pid_t pid) {
    const auto deadline = Clock::now() + patience;
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (pidfd && !wait_readable(pidfd.get(), deadline))
        FAIL("process " << pid << " does not end");
    int status = 0;
    if (waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::vector<int> open_descriptors() {
    std::vector<int> open;
    for (int fd = 0; fd < 8192; ++fd)
        if (fcntl(fd, F_GETFD) >= 0)
            open.push_back(fd);
    return open;
}

TemporaryDirectory::TemporaryDirectory()
    : path(temporary_name()) {}
TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
}

std::string make_image(const TemporaryDirectory& directory) {
    const std::string image = directory / "image";
    std::filesystem::create_directory(image);
    std::filesystem::copy_file(NS_PAYLOAD, image + "/payload");
    return image;
}

void write_file(const std::string& path, std::string_view text) {
    std::ofstream(path) << text;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
}

} // namespace ns::test
