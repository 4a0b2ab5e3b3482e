// SPDX-License-Identifier: Apache-2.0
#include "initd/questions.hpp"

#include "initd/pod_facts.hpp"

#include <algorithm>

namespace initd {

namespace {

constexpr std::uint64_t key_of(Unit unit, ProbeKind kind) {
    return std::uint64_t{unit.value} << 2 | static_cast<std::uint64_t>(kind);
}

void connect(Question& question, Question::Way way, const spec::Container& container, const spec::IntOrString& port,
             const std::string& host) {
    question.way = way;
    question.target.host = host;
    if (!port.name) {
        question.target.port = static_cast<std::uint16_t>(port.number);
        return;
    }
    for (const spec::ContainerPort& each : container.ports)
        if (each.name == *port.name)
            question.target.port = static_cast<std::uint16_t>(each.container_port);
    if (question.target.port == 0)
        question.text = *port.name;
}

void get(Question& question, const spec::Container& container, const spec::HttpGetAction& get, Asker asker) {
    question.text = http_headers(get, asker);
    question.target.tls = get.scheme == spec::UriScheme::Https;
    question.target.path = get.path;
    question.target.host_header = host_header(get);
    connect(question, Question::Way::Http, container, get.port, get.host);
}

} // namespace

Question question_of(const spec::Container& container, const spec::Probe& probe) {
    Question question;
    if (probe.exec) {
        question.way = Question::Way::Command;
        question.command = probe.exec->command;
    } else if (probe.tcp_socket) {
        connect(question, Question::Way::Tcp, container, probe.tcp_socket->port, probe.tcp_socket->host);
    } else if (probe.grpc) {
        question.text = probe.grpc->service.value_or("");
        connect(question, Question::Way::Grpc, container, {probe.grpc->port, {}}, "");
    } else if (probe.http_get) {
        get(question, container, *probe.http_get, Asker::Probe);
    }
    return question;
}

Question question_of(const spec::Container& container, const spec::LifecycleHandler& hook) {
    Question question;
    if (hook.exec) {
        question.way = Question::Way::Command;
        question.command = hook.exec->command;
    } else if (hook.http_get) {
        get(question, container, *hook.http_get, Asker::Hook);
    }
    return question;
}

const Question& Questions::of(PodStore& pods, Unit unit, ProbeKind kind) {
    const std::uint64_t key = key_of(unit, kind);
    auto at = std::ranges::lower_bound(kept_, key, {}, &Kept::key);
    if (at == kept_.end() || at->key != key) {
        const spec::Container& container = spec::container_at(pods.pod(unit.slot()), unit.index() - 1);
        at = kept_.insert(at, {key, question_of(container, *probe_of(container, kind))});
    }
    return at->question;
}

void Questions::forget(std::uint32_t slot) noexcept {
    const auto first = std::ranges::lower_bound(kept_, key_of(Unit(slot, 0), {}), {}, &Kept::key);
    const auto last = std::ranges::lower_bound(kept_, key_of(Unit(slot + 1, 0), {}), {}, &Kept::key);
    kept_.erase(first, last);
}

} // namespace initd
