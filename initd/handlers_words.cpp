// SPDX-License-Identifier: Apache-2.0
// What is said of a probe or hook that did not go well, in the words of the kubelet and of Go's net package.
#include "initd/handlers.hpp"

#include "initd/pod_facts.hpp"
#include "initd/references.hpp"

#include <cstring>

namespace initd {

namespace {

// The seconds of a timeout as Go prints a duration: 5s, 1m30s, 1h0m0s.
std::string go_seconds(std::int64_t seconds) {
    std::string text;
    if (seconds >= 3600)
        text.append(std::to_string(seconds / 3600)) += 'h';
    if (seconds >= 60)
        text.append(std::to_string(seconds / 60 % 60)) += 'm';
    return text.append(std::to_string(seconds % 60)) += 's';
}

std::string_view name_of(ProbeKind kind) {
    switch (kind) {
    case ProbeKind::Startup: return "Startup";
    case ProbeKind::Liveness: return "Liveness";
    case ProbeKind::Readiness: break;
    }
    return "Readiness";
}

} // namespace

Outcome Handlers::say(Handler& handler, std::initializer_list<std::string_view> words, Outcome outcome) {
    std::string text;
    for (const std::string_view word : words)
        text += word;
    handler.in = std::move(text);
    return outcome;
}

Outcome Handlers::say_get(Handler& handler, std::string_view words) {
    return say(handler, {"Get \"", url_of(handler.target), "\": ", words});
}

// The local address, which Go shows where something is read or written, is left out: it is another one each time, and
// what is always the same can be counted.
Outcome Handlers::say_network(Handler& handler, std::string_view call, int error) {
    const char* known = strerrordesc_np(error);
    std::string why = known ? known : "unknown error";
    why[0] = static_cast<char>(why[0] | 0x20); // as Go spells it
    say(handler, {call == "connect" ? "dial" : call, " tcp ", authority_of(handler), ": ", call, ": ", why});
    if (handler.way == Way::Http)
        return say_get(handler, handler.in);
    if (handler.way == Way::Grpc) // which tries again until its time is over
        say_timeout(handler);
    return Outcome::Failure;
}

void Handlers::say_timeout(Handler& handler) {
    const Unit unit = handler.run.unit;
    const spec::Container& container = spec::container_at(pods_.pod(unit.slot()), unit.index() - 1);
    const spec::Probe& probe = *probe_of(container, handler.kind);
    const std::string limit = go_seconds(probe.timeout_seconds);
    if (probe.exec) {
        std::string command;
        for (const std::string& word : probe.exec->command)
            command.append(command.empty() ? "" : " ").append(word);
        say(handler, {"command timed out: ", go_quoted(command), " timed out after ", limit});
    } else if (probe.tcp_socket) {
        say(handler, {"dial tcp ", authority_of(handler), ": i/o timeout"});
    } else if (!probe.grpc) {
        say_get(handler, "context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
    } else if (handler.connected) {
        say(handler, {"timeout: health rpc did not complete within ", limit});
    } else {
        say(handler, {"timeout: failed to connect service \"", authority_of(handler), "\" within ", limit,
                      ": context deadline exceeded"});
    }
}

std::string Handlers::authority_of(const Handler& handler) {
    return join_host_port(handler.target.host, handler.target.port);
}

void Handlers::tell(const Handler& handler, Outcome outcome) const noexcept {
    const Unit unit = handler.run.unit;
    const bool warns = handler.way != Way::Command && !handler.in.empty();
    if (handler.hook) {
        const bool start = handler.which == Hook::PostStart;
        if (outcome == Outcome::Success && warns)
            recorder_.tell(unit, Severity::Warning, "LifecycleHTTPFallback", {handler.in});
        if (outcome == Outcome::Failure)
            recorder_.tell(unit, Severity::Warning, start ? "FailedPostStartHook" : "FailedPreStopHook",
                           {start ? "PostStartHook failed" : "PreStopHook failed"});
        return;
    }
    const std::string_view kind = name_of(handler.kind);
    switch (outcome) {
    case Outcome::Success:
        if (warns)
            recorder_.tell(unit, Severity::Warning, "ProbeWarning", {kind, " probe warning: ", handler.in});
        return;
    case Outcome::Failure:
        return recorder_.tell(unit, Severity::Warning, "Unhealthy", {kind, " probe failed: ", handler.in});
    case Outcome::Unknown:
        return recorder_.tell(unit, Severity::Warning, "Unhealthy",
                              {kind, " probe errored and resulted in unknown state: ", handler.in});
    }
}

} // namespace initd
