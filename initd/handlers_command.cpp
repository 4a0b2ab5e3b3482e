// SPDX-License-Identifier: Apache-2.0
// Probes and hooks that are commands in their container.
#include "initd/handlers.hpp"

#include "ns/launcher.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace initd {

namespace {

constexpr std::size_t max_output = 10 * 1024; // as the kubelet keeps of a probe's
constexpr int reads_a_turn = 4;               // each as much as a pipe holds

} // namespace

std::optional<Outcome> Handlers::begin_command(Handler& handler, const std::vector<std::string>& command) {
    const Unit unit = handler.run.unit;
    auto planned = performer_.plan_exec(unit.slot(), unit.index() - 1, command, "");
    const Outcome not_run = handler.hook ? Outcome::Failure : Outcome::Unknown;
    if (!planned)
        return say(handler, {planned.error().message}, not_run);
    if (handler.hook)
        state_.keep(RecordKind::Handler, handler.id,
                    HandlerRecord{handler.run.cookie(), handler.serial, handler.which});
    // A hook's output is nobody's business: it may hold secrets.
    if (auto failed = launch(handler, std::move(planned->plan), std::move(planned->held), !handler.hook))
        return say(handler, {ns::to_text(*failed)}, not_run);
    return std::nullopt;
}

std::optional<ns::Error> Handlers::launch(Handler& handler, ns::Plan&& plan, std::vector<ns::Fd> held,
                                          bool keep_output) {
    if (keep_output) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return ns::Error{errno, ns::Step::Pipe};
        handler.stream = ns::raise(ns::Fd(ends[0]));
        held.emplace_back(ends[1]);
        plan.stdout_fd = plan.stderr_fd = ends[1];
        fcntl(handler.stream.get(), F_SETFL, O_NONBLOCK);
        if (auto added = poller_.add(handler.stream.get(), Source::Handler, handler.id, EPOLLIN); !added)
            return added.error();
    }
    auto pid = children_.launch(std::move(plan), {ChildId::Kind::Handler, handler.id}, std::move(held));
    if (!pid)
        return pid.error();
    handler.pid = *pid;
    return std::nullopt;
}

void Handlers::restore() {
    for (const ChildRecord& child : children_.all()) {
        if (child.who.kind != ChildId::Kind::Handler)
            continue;
        const auto id = static_cast<std::uint32_t>(child.who.id);
        next_id_ = std::max(next_id_, id + 1);
        HandlerRecord kept;
        if (!state_.recall(RecordKind::Handler, id, kept)) {
            if (!child.ended)
                children_.signal(child.pid, SIGKILL);
            continue;
        }
        Handler& handler = handlers_.emplace_back();
        handler.id = id;
        handler.run = RunId::from_cookie(kept.run);
        handler.serial = kept.serial;
        handler.hook = true;
        handler.which = kept.which;
        handler.pid = child.ended ? -1 : child.pid;
    }
    for (const std::uint32_t id : state_.ids(RecordKind::Handler)) // whose process was never made
        if (find(id) == handlers_.size())
            state_.drop(RecordKind::Handler, id);
}

// Takes out what there is, so that the command is never held up by it, but not for ever: others may write as fast as
// this reads.
void Handlers::take_output(Handler& handler) noexcept try {
    char buffer[16384];
    for (int i = 0; i < reads_a_turn; ++i) {
        const ssize_t n = ::read(handler.stream.get(), buffer, sizeof buffer);
        if (n == 0) { // nobody holds it any more, or its end would wake us until the command's own
            poller_.remove(handler.stream.get());
            handler.stream.reset();
        }
        if (n <= 0)
            return;
        handler.in.append(buffer, std::min(static_cast<std::size_t>(n), max_output - handler.in.size()));
    }
} catch (...) { // out of memory: it said nothing
}

} // namespace initd
