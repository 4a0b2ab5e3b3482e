// SPDX-License-Identifier: Apache-2.0
#include "initd/children.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace initd {

namespace {

bool must_wait(const ns::Error& error) { return error.err == EAGAIN && error.step == ns::Step::None; }

} // namespace

std::expected<pid_t, ns::Error> Children::start(Waiting& waiting) {
    // Room first: once the child exists, nothing may fail.
    children_.reserve(children_.size() + 1);
    under_way_.reserve(under_way_.size() + 1);
    auto pid = launcher_.launch(std::move(waiting.plan), next_serial_);
    if (!pid)
        return pid;
    children_.push_back({*pid, waiting.who, next_serial_});
    under_way_.push_back({next_serial_, std::move(waiting.held)});
    ++next_serial_;
    return pid;
}

std::expected<pid_t, ns::Error> Children::launch(ns::Plan&& plan, ChildId who, std::vector<ns::Fd> held) {
    Waiting waiting{std::move(plan), who, std::move(held)};
    if (waiting_.empty()) {
        auto pid = start(waiting);
        if (pid || !must_wait(pid.error()))
            return pid;
    }
    waiting_.push_back(std::move(waiting));
    return 0;
}

void Children::start_waiting(std::vector<LaunchReport>& out) {
    while (!waiting_.empty()) {
        auto pid = start(waiting_.front());
        if (!pid && must_wait(pid.error()))
            return;
        if (!pid)
            out.push_back({waiting_.front().who, -1, pid.error()});
        waiting_.erase(waiting_.begin());
    }
}

void Children::take_reports(std::vector<LaunchReport>& out) {
    for (auto reports = launcher_.take_reports(); !reports.empty(); reports = launcher_.take_reports())
        for (const ns::Report& report : reports) {
            auto child = std::find_if(children_.begin(), children_.end(),
                                      [&](const Child& c) { return c.serial == report.cookie; });
            if (child != children_.end())
                out.push_back({child->who, child->pid, {report.err, report.step}});
            std::erase_if(under_way_, [&](const UnderWay& u) { return u.serial == report.cookie; });
        }
    start_waiting(out);
}

Children::Child* Children::find(pid_t pid) noexcept {
    auto child = std::find_if(children_.begin(), children_.end(), [&](const Child& c) { return c.pid == pid; });
    return child == children_.end() ? nullptr : &*child;
}

bool Children::reap(std::vector<ChildExit>& out, std::size_t limit) {
    for (; limit > 0; --limit) {
        siginfo_t info{};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
            return false;
        if (Child* child = find(info.si_pid)) {
            ::kill(-info.si_pid, SIGKILL);
            out.push_back({child->who, info.si_pid,
                           info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status});
            std::erase_if(under_way_, [&](const UnderWay& u) { return u.serial == child->serial; });
            *child = children_.back();
            children_.pop_back();
        }
        waitid(P_PID, static_cast<id_t>(info.si_pid), &info, WEXITED | WNOHANG);
    }
    return true;
}

void Children::signal(pid_t pid, int signo) noexcept {
    if (pid <= 0)
        return;
    ::kill(pid, signo);
    if (signo == SIGKILL)
        ::kill(-pid, signo);
}

} // namespace initd
