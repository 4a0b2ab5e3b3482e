// SPDX-License-Identifier: Apache-2.0
#include "initd/pod_facts.hpp"

#include "spec/services.hpp"

#include <algorithm>

namespace initd {

namespace {

Millis sleep_of(const spec::Box<spec::LifecycleHandler>& hook) {
    return hook && hook->sleep ? seconds_of(hook->sleep->seconds) : never;
}

UnitFacts unit_facts(const spec::Container& container, bool init, spec::RestartPolicy pods) {
    UnitFacts facts;
    facts.restart_policy = container.restart_policy.value_or(pods);
    if (init)
        facts.role = container.restart_policy == spec::RestartPolicy::Always ? Role::Sidecar : Role::Init;
    if (container.lifecycle) {
        const spec::Lifecycle& lifecycle = *container.lifecycle;
        facts.post_start = lifecycle.post_start.has_value();
        facts.pre_stop = lifecycle.pre_stop.has_value();
        facts.post_start_sleep = sleep_of(lifecycle.post_start);
        facts.pre_stop_sleep = sleep_of(lifecycle.pre_stop);
    }
    return facts;
}

void add_probe(std::vector<ProbeFacts>& probes, const spec::Box<spec::Probe>& probe, ProbeKind kind, std::size_t unit) {
    if (!probe)
        return;
    ProbeFacts facts;
    facts.unit = static_cast<std::uint8_t>(unit);
    facts.kind = kind;
    facts.initial_delay = seconds_of(probe->initial_delay_seconds);
    facts.period = std::max(seconds_of(probe->period_seconds), Millis{1'000});
    facts.timeout = std::max(seconds_of(probe->timeout_seconds), Millis{1'000});
    facts.success_threshold = probe->success_threshold;
    facts.failure_threshold = probe->failure_threshold;
    if (probe->termination_grace_period_seconds)
        facts.grace = seconds_of(*probe->termination_grace_period_seconds);
    probes.push_back(facts);
}

bool is_plain(const spec::Container& container) {
    return !container.restart_policy && !container.lifecycle;
}

} // namespace

Millis seconds_of(std::int64_t seconds) noexcept {
    constexpr std::int64_t a_century = 100LL * 365 * 24 * 3600; // in milliseconds it still fits
    return std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, a_century));
}

CoreFacts facts_of(const spec::Pod& pod, std::uint32_t after) {
    CoreFacts facts;
    const spec::PodSpec& s = pod.spec;
    facts.pod.restart_policy = s.restart_policy.value_or(spec::RestartPolicy::Always);
    facts.pod.containers = static_cast<std::uint8_t>(spec::container_count(pod));
    // The kubelet takes less than a second for one (calculateEffectiveGracePeriod): hooks run at all.
    facts.pod.grace = seconds_of(std::max<std::int64_t>(s.termination_grace_period_seconds.value_or(30), 1));
    if (s.active_deadline_seconds)
        facts.pod.active_deadline = seconds_of(*s.active_deadline_seconds);
    facts.pod.after = after;
    const std::vector<spec::Services> services = spec::read_services(pod);
    if (!services.empty() || !s.init_containers.empty() || !std::ranges::all_of(s.containers, is_plain)) {
        facts.units.reserve(spec::container_count(pod));
        for (std::size_t i = 0; i < spec::container_count(pod); ++i)
            facts.units.push_back(
                unit_facts(spec::container_at(pod, i), i < s.init_containers.size(), facts.pod.restart_policy));
        for (std::size_t i = 0; i < services.size(); ++i) {
            facts.units[i].notifies = services[i].says_ready();
            if (services[i].watchdog_seconds > 0)
                facts.units[i].watchdog = seconds_of(services[i].watchdog_seconds);
        }
        facts.pod.units = facts.units.data();
    }
    for (std::size_t i = 0; i < spec::container_count(pod); ++i)
        for (const ProbeKind kind : {ProbeKind::Startup, ProbeKind::Liveness, ProbeKind::Readiness})
            add_probe(facts.probes, probe_of(spec::container_at(pod, i), kind), kind, i + 1);
    facts.pod.probes = static_cast<std::uint16_t>(facts.probes.size());
    facts.pod.probe_facts = facts.probes.data();
    return facts;
}

RestartRule rule_of(const spec::Container& container, std::int32_t code) noexcept {
    for (const spec::ContainerRestartRule& rule : container.restart_policy_rules) {
        if (!rule.exit_codes)
            continue;
        const auto& values = rule.exit_codes->values;
        const bool listed = std::ranges::find(values, code) != values.end();
        if (listed == (rule.exit_codes->op == spec::ExitCodesOperator::In))
            return rule.action == spec::RestartRuleAction::RestartAllContainers ? RestartRule::RestartAll
                                                                                : RestartRule::Restart;
    }
    return RestartRule::None;
}

} // namespace initd
