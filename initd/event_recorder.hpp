// SPDX-License-Identifier: Apache-2.0
// Tells of pods and containers by the names they have here, in the words of Kubernetes v1.36 (pkg/kubelet/events,
// kuberuntime). Whoever knows that something has happened says so here, once.
#pragma once

#include "initd/core.hpp"
#include "initd/event_log.hpp"
#include "initd/pods.hpp"

#include <initializer_list>
#include <string_view>

namespace initd {

class EventRecorder {
  public:
    EventRecorder(EventLog& log, const Core& core, const PodStore& pods) noexcept
        : log_(log)
        , core_(core)
        , pods_(pods) {}

    // Of a container, or of the pod itself (unit 0).
    void tell(Unit unit, Severity severity, std::string_view reason,
              std::initializer_list<std::string_view> message) const noexcept;

    // Of the machine itself.
    void tell_node(Severity severity, std::string_view reason,
                   std::initializer_list<std::string_view> message) const noexcept;

    // What was told last of that did not happen after all.
    void take_back(Unit unit, std::string_view reason) const noexcept;

    // Action::Kind::Tell: what the core has to say.
    void told(const Action& action) const noexcept;

    // A container could not be started, or a sandbox not be made (unit 0), for a reason that its status shows too.
    void failed(Unit unit, std::string_view image, std::string_view reason, std::string_view message) const noexcept;

  private:
    void killing(Unit unit, std::string_view what) const noexcept;

    EventLog& log_;
    const Core& core_;
    const PodStore& pods_;
};

} // namespace initd
