// SPDX-License-Identifier: Apache-2.0
#include "initd/event_recorder.hpp"

#include "initd/clock.hpp"

#include <sys/utsname.h>

namespace initd {
namespace {

// As a field path; empty for the pod itself.
std::string part_of(Unit unit, const PodRecord& pod) {
    if (unit.index() == 0)
        return "";
    std::string part = unit.index() <= pod.init_containers ? "spec.initContainers{" : "spec.containers{";
    part.append(pod.container_name(unit.index() - 1)) += '}';
    return part;
}

} // namespace

void EventRecorder::take_back(Unit unit, std::string_view reason) const noexcept try {
    const PodRecord& pod = pods_.at(unit.slot());
    log_.take_back({pod.name, pod.uid, part_of(unit, pod)}, reason);
} catch (...) { // out of memory: it stays
}

void EventRecorder::tell(Unit unit, Severity severity, std::string_view reason,
                         std::initializer_list<std::string_view> message) const noexcept try {
    const PodRecord& pod = pods_.at(unit.slot());
    const std::string part = part_of(unit, pod);
    log_.add(boot_time(), {pod.name, pod.uid, part}, severity, reason, message);
} catch (...) { // out of memory: nobody hears of it
}

void EventRecorder::tell_node(Severity severity, std::string_view reason,
                              std::initializer_list<std::string_view> message) const noexcept {
    utsname names{};
    ::uname(&names);
    log_.add(boot_time(), {names.nodename, names.nodename, ""}, severity, reason, message);
}

// Why a container that runs is to be stopped.
void EventRecorder::killing(Unit unit, std::string_view what) const noexcept {
    const std::string_view name = pods_.at(unit.slot()).container_name(unit.index() - 1);
    const UnitFacts& facts = core_.units(unit.slot())[unit.index() - 1].facts;
    const bool regular = facts.role == Role::Regular;
    tell(unit, Severity::Normal, "Killing",
         {regular ? "Container " : "Init container ", name, what,
          regular && facts.restart_policy != spec::RestartPolicy::Never ? ", will be restarted" : ""});
}

void EventRecorder::told(const Action& action) const noexcept {
    const Unit unit = action.run.unit;
    const PodRecord& pod = pods_.at(unit.slot());
    const std::string_view container = unit.index() == 0 ? "" : pod.container_name(unit.index() - 1);
    switch (action.told) {
    case Told::Stopping:
    case Told::RestartingAll: return tell(unit, Severity::Normal, "Killing", {"Stopping container ", container});
    case Told::LivenessFailed: return killing(unit, " failed liveness probe");
    case Told::StartupFailed: return killing(unit, " failed startup probe");
    case Told::WatchdogFailed: return killing(unit, " failed to reset its watchdog");
    case Told::Unkillable:
        return tell(unit, Severity::Warning, "FailedKillPod",
                    {"error killing pod: container ", container, " has not ended 10 s after SIGKILL"});
    case Told::PostStartFailed: return tell(unit, Severity::Normal, "Killing", {"FailedPostStartHook"});
    case Told::BackOff: {
        const std::string_view full = pod.name;
        const std::size_t slash = full.find('/');
        return tell(unit, Severity::Warning, "BackOff",
                    {"Back-off restarting failed container ", container, " in pod ", full.substr(slash + 1), "_",
                     full.substr(0, slash), "(", pod.uid, ")"});
    }
    case Told::SandboxChanged:
        return tell(unit, Severity::Normal, "SandboxChanged",
                    {"Pod sandbox changed, it will be killed and re-created."});
    case Told::DeadlineExceeded:
        return tell(unit, Severity::Normal, "DeadlineExceeded",
                    {"Pod was active on the node longer than the specified deadline"});
    }
}

void EventRecorder::failed(Unit unit, std::string_view image, std::string_view reason,
                           std::string_view message) const noexcept {
    if (reason == "ContainerCreating") // the pod waits for a volume
        return tell(Unit(unit.slot(), 0), Severity::Warning, "FailedMount", {message});
    if (unit.index() == 0)
        return tell(unit, Severity::Warning, "FailedCreatePodSandBox", {"Failed to create pod sandbox: ", message});
    std::string_view error = message;
    if (reason == "ErrImageNeverPull") {
        tell(unit, Severity::Warning, "ErrImageNeverPull",
             {"Container image \"", image, "\" is not present with pull policy of Never"});
        error = reason;
    } else if (reason == "ImageInspectError") {
        tell(unit, Severity::Warning, "InspectFailed", {"Failed to inspect image \"", image, "\": ", message});
        error = reason;
    } else if (reason == "InvalidImageName") {
        tell(unit, Severity::Warning, "InspectFailed",
             {"Failed to apply default image tag \"", image, "\": couldn't parse image name \"", image,
              "\": invalid reference format"});
        error = reason;
    }
    tell(unit, Severity::Warning, "Failed", {"Error: ", error});
}

} // namespace initd
