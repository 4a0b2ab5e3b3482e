// SPDX-License-Identifier: Apache-2.0
#include "initd/exec_sessions.hpp"

#include <algorithm>
#include <cerrno>

namespace initd {

namespace {

std::uint32_t record_id(std::uint64_t session) noexcept {
    return static_cast<std::uint32_t>(session);
}

} // namespace

template <class Archive>
void fields(Archive& a, Of<ExecSession> auto& session) {
    a(session.id);
    a(session.client.index);
    a(session.client.generation);
}

void ExecSessions::restore() {
    std::vector<ClientId> clients;
    for (const std::uint32_t id : state_.ids(RecordKind::Session)) {
        ExecSession session;
        if (!state_.recall(RecordKind::Session, id, session) || record_id(session.id) != id ||
            !children_.find({ChildId::Kind::Exec, session.id})) {
            state_.drop(RecordKind::Session, id);
            continue;
        }
        sessions_.push_back(session);
        clients.push_back(session.client);
    }
    next_id_ = children_.last_id(ChildId::Kind::Exec) + 1;
    control_.restore(clients);
    for (ExecSession& session : sessions_)
        if (!control_.connected(session.client))
            session.client = {~0u, 0}; // its number may be given to another client now
}

void ExecSessions::end(std::vector<ExecSession>::iterator session) noexcept {
    state_.drop(RecordKind::Session, record_id(session->id));
    sessions_.erase(session);
}

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
    state_.keep(RecordKind::Session, record_id(next_id_), sessions_.back());
    control_.keep_call(call.client);
    auto pid = children_.launch(std::move(plan), {ChildId::Kind::Exec, next_id_++}, std::move(planned->held));
    if (pid)
        return;
    end(sessions_.end() - 1);
    control_.error(call.client, spec::failed(ns::to_text(pid.error())));
}

void ExecSessions::on_launched(const LaunchReport& report) {
    if (report.error.err == 0)
        return;
    auto session =
        std::find_if(sessions_.begin(), sessions_.end(), [&](const ExecSession& s) { return s.id == report.who.id; });
    if (session == sessions_.end())
        return;
    bool missing = report.error.step == ns::Step::Exec && report.error.err == ENOENT;
    control_.error(session->client, spec::failed(missing ? "exec: executable file not found in the container"
                                                         : ns::to_text(report.error)));
    end(session);
}

void ExecSessions::on_exited(const ChildExit& exit) {
    auto session =
        std::find_if(sessions_.begin(), sessions_.end(), [&](const ExecSession& s) { return s.id == exit.who.id; });
    if (session == sessions_.end())
        return;
    control_.reply(session->client, spec::ExecDone{exit.code});
    end(session);
}

} // namespace initd
