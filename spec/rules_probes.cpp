// SPDX-License-Identifier: Apache-2.0
// Probes, lifecycle hooks and the stop signal.
#include "spec/names.hpp"
#include "spec/rules_parts.hpp"

namespace spec {

namespace {

void check_exec(const Checker& check, const ExecAction& action, const Path& path) {
    if (action.command.empty())
        check.error(path.child("command"), "required value");
}

void check_http(const Checker& check, const HttpGetAction& action, const Path& path) {
    check.given(path.child("path"), action.path);
    check.port(path.child("port"), action.port);
    for (std::size_t i = 0; i < action.http_headers.size(); ++i)
        if (!is_header_name(action.http_headers[i].name))
            check.error(path.child("httpHeaders", i, "name"),
                        quoted(action.http_headers[i].name) + " is not a header's name: letters, digits and '-'");
}

// What only one of the three kinds of probe may say is checked by the caller.
void check_probe(const Checker& check, const Probe& probe, const Path& path) {
    check.one_of(path,
                 probe.exec.has_value() + probe.http_get.has_value() + probe.tcp_socket.has_value() +
                     probe.grpc.has_value(),
                 "exec, httpGet, tcpSocket, grpc");
    if (probe.exec)
        check_exec(check, *probe.exec, path.child("exec"));
    if (probe.http_get)
        check_http(check, *probe.http_get, path.child("httpGet"));
    if (probe.tcp_socket)
        check.port(path.child("tcpSocket", "port"), probe.tcp_socket->port);
    if (probe.grpc)
        check.port(path.child("grpc", "port"), probe.grpc->port);
    check.at_least(path.child("initialDelaySeconds"), probe.initial_delay_seconds, 0);
    check.at_least(path.child("timeoutSeconds"), probe.timeout_seconds, 0);
    check.at_least(path.child("periodSeconds"), probe.period_seconds, 0);
    check.at_least(path.child("successThreshold"), probe.success_threshold, 0);
    check.at_least(path.child("failureThreshold"), probe.failure_threshold, 0);
}

// Of a probe whose failure restarts the container.
void check_killer(const Checker& check, const Probe& probe, const Path& path) {
    check_probe(check, probe, path);
    if (probe.success_threshold > 1)
        check.error(path.child("successThreshold"), "must be 1");
    if (probe.termination_grace_period_seconds)
        check.at_least(path.child("terminationGracePeriodSeconds"), *probe.termination_grace_period_seconds, 1);
}

void check_hook(const PodChecker& check, const LifecycleHandler& hook, const Path& path) {
    check.one_of(
        path, hook.exec.has_value() + hook.http_get.has_value() + hook.tcp_socket.has_value() + hook.sleep.has_value(),
        "exec, httpGet, sleep");
    if (hook.exec)
        check_exec(check, *hook.exec, path.child("exec"));
    if (hook.http_get)
        check_http(check, *hook.http_get, path.child("httpGet"));
    if (hook.tcp_socket) // the API server takes it, and the kubelet fails at it each time
        check.error(path.child("tcpSocket"), "is not supported: Kubernetes never implemented it; use httpGet or exec");
    if (hook.sleep)
        check.between(path.child("sleep", "seconds"), hook.sleep->seconds, 0,
                      check.spec.termination_grace_period_seconds.value_or(0));
}

void check_lifecycle(const PodChecker& check, const Lifecycle& lifecycle, const Path& path) {
    if (lifecycle.post_start)
        check_hook(check, *lifecycle.post_start, path.child("postStart"));
    if (lifecycle.pre_stop)
        check_hook(check, *lifecycle.pre_stop, path.child("preStop"));
    if (lifecycle.stop_signal.empty())
        return;
    const Path at = path.child("stopSignal");
    if (!check.spec.os)
        check.error(at, "may not be given when spec.os.name is not");
    if (!is_signal_name(lifecycle.stop_signal))
        check.error(at, quoted(lifecycle.stop_signal) + " is not a signal such as \"SIGTERM\" or \"SIGRTMIN+3\"");
}

} // namespace

void check_probes(const PodChecker& check, const Container& container, const Path& path, Role role) {
    const auto allowed = [&](bool given, std::string_view name) {
        if (given && role == Role::Init)
            check.error(path.child(name), "may not be given for an init container without restartPolicy Always");
        return given && role != Role::Init;
    };
    if (allowed(container.lifecycle.has_value(), "lifecycle"))
        check_lifecycle(check, *container.lifecycle, path.child("lifecycle"));
    if (allowed(container.liveness_probe.has_value(), "livenessProbe"))
        check_killer(check, *container.liveness_probe, path.child("livenessProbe"));
    if (allowed(container.startup_probe.has_value(), "startupProbe"))
        check_killer(check, *container.startup_probe, path.child("startupProbe"));
    if (allowed(container.readiness_probe.has_value(), "readinessProbe")) {
        const Path at = path.child("readinessProbe");
        check_probe(check, *container.readiness_probe, at);
        if (container.readiness_probe->termination_grace_period_seconds)
            check.error(at.child("terminationGracePeriodSeconds"), "may not be given for a readiness probe");
    }
}

} // namespace spec
