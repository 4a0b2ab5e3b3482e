// SPDX-License-Identifier: Apache-2.0
#include "initd/children.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sys/wait.h>

namespace initd {

namespace {

template <class T>
void make_room(std::vector<T>& list) {
    if (list.size() == list.capacity())
        list.reserve(2 * list.size() + 8);
}

} // namespace

std::expected<pid_t, ns::Error> Children::launch(ns::Plan&& plan, ChildId who, std::vector<ns::Fd> held) {
    // Room first: once the child exists, nothing may fail.
    make_room(children_);
    make_room(under_way_);
    auto pid = launcher_.launch(std::move(plan), next_serial_);
    if (!pid)
        return pid;
    children_.push_back({*pid, who, next_serial_});
    under_way_.push_back({next_serial_, std::move(held)});
    ++next_serial_;
    return pid;
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
}

Children::Child* Children::find(pid_t pid) noexcept {
    auto child = std::find_if(children_.begin(), children_.end(), [&](const Child& c) { return c.pid == pid; });
    return child == children_.end() ? nullptr : &*child;
}

bool Children::reap(std::vector<ChildExit>& out, std::vector<LaunchReport>& reports, std::size_t limit) {
    for (; limit > 0; --limit) {
        siginfo_t info{};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
            return false;
        // A child that could not be started ends with 127, and why is in the pipe by then.
        if (info.si_code == CLD_EXITED && info.si_status == 127)
            take_reports(reports);
        if (Child* child = find(info.si_pid)) {
            ::kill(-info.si_pid, SIGKILL);
            out.push_back(
                {child->who, info.si_pid, info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status});
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
