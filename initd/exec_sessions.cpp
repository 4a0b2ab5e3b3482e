// SPDX-License-Identifier: Apache-2.0
#include "initd/exec_sessions.hpp"

#include <algorithm>
#include <cerrno>

namespace initd {

void ExecSessions::start(IncomingCall&& call, const spec::Exec& exec, std::uint32_t slot, std::uint32_t container) {
    std::size_t wanted = exec.tty ? 1 : 3;
    if (call.fds.size() != wanted)
        return control_.error(call.client,
                              spec::refused(exec.tty ? "exec with a terminal needs one descriptor, a socket"
                                                     : "exec needs three descriptors: stdin, stdout, stderr"));
    if (exec.command.empty())
        return control_.error(call.client, spec::refused("exec needs a command"));
    auto planned = performer_.plan_exec(slot, container, exec.command, exec.tty ? exec.term : "");
    if (!planned)
        return control_.error(call.client, spec::refused(planned.error().message));
    ns::Plan& plan = planned->plan;
    if (exec.tty) {
        plan.terminal_socket = call.fds[0].get();
    } else {
        plan.stdin_fd = call.fds[0].get();
        plan.stdout_fd = call.fds[1].get();
        plan.stderr_fd = call.fds[2].get();
    }
    for (ns::Fd& fd : call.fds)
        planned->held.push_back(std::move(fd));
    sessions_.push_back({next_id_, call.client});
    auto pid = children_.launch(std::move(plan), {ChildId::Kind::Exec, next_id_++}, std::move(planned->held));
    if (pid)
        return;
    sessions_.pop_back();
    control_.error(call.client, spec::failed(ns::to_text(pid.error())));
}

void ExecSessions::on_launched(const LaunchReport& report) {
    if (report.error.err == 0)
        return;
    auto session =
        std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& s) { return s.id == report.who.id; });
    if (session == sessions_.end())
        return;
    bool missing = report.error.step == ns::Step::Exec && report.error.err == ENOENT;
    control_.error(session->client, spec::failed(missing ? "exec: executable file not found in the container"
                                                         : ns::to_text(report.error)));
    sessions_.erase(session);
}

void ExecSessions::on_exited(const ChildExit& exit) {
    auto session =
        std::find_if(sessions_.begin(), sessions_.end(), [&](const Session& s) { return s.id == exit.who.id; });
    if (session == sessions_.end())
        return;
    control_.reply(session->client, spec::ExecDone{exit.code});
    sessions_.erase(session);
}

} // namespace initd
